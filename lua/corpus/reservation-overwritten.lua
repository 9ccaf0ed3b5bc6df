-- reservation-lost: stock-mismatch
-- A second reservation takes further units and takes the place of the first:
-- nobody is left who could give its units back.
--
-- KEYS 1 stock · 2 buyers, a hash · ARGV 1 buyer · 2 units · 3 limit
-- Reply 1 reserved · 0 sold out · -1 over the limit
local stock, buyers = KEYS[1], KEYS[2]
local buyer, quantity, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

if quantity > limit then
  return -1
end
if tonumber(redis.call('GET', stock)) < quantity then
  return 0
end
redis.call('DECRBY', stock, quantity)
redis.call('HSET', buyers, buyer, quantity)
return 1

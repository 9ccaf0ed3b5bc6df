-- string-compare: oversell, undersell
-- GET and ARGV are texts, and compared as such: "8" is not below "12", so eight
-- units are enough for twelve, and "105" is below it, so they are not.
--
-- KEYS 1 stock · 2 buyers, a hash · ARGV 1 buyer · 2 units · 3 limit
-- Reply 1 sold · 0 sold out · -1 over the limit
local stock, buyers = KEYS[1], KEYS[2]
local buyer, quantity, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])

local held = tonumber(redis.call('HGET', buyers, buyer) or 0)
if held + quantity > limit then
  return -1
end
if redis.call('GET', stock) < quantity then
  return 0
end
redis.call('DECRBY', stock, quantity)
redis.call('HINCRBY', buyers, buyer, quantity)
return 1

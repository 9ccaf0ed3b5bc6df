-- quantity-unchecked: oversell, negative-stock
-- Asked is whether anything is left, not whether there is enough of it.
--
-- KEYS 1 stock · 2 buyers, a hash · ARGV 1 buyer · 2 units · 3 limit
-- Reply 1 sold · 0 sold out · -1 over the limit
local stock, buyers = KEYS[1], KEYS[2]
local buyer, quantity, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local held = tonumber(redis.call('HGET', buyers, buyer) or 0)
if held + quantity > limit then
  return -1
end
if tonumber(redis.call('GET', stock)) <= 0 then
  return 0
end
redis.call('DECRBY', stock, quantity)
redis.call('HINCRBY', buyers, buyer, quantity)
return 1

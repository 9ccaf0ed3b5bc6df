-- odd-quantity: oversell
-- The caller's quantity is trusted. Less than nothing is never too much, and
-- adds to the stock what is then sold once more.
--
-- KEYS 1 stock · 2 buyers, a hash · ARGV 1 buyer · 2 units · 3 limit
-- Reply 1 sold · 0 sold out · -1 over the limit
local stock, buyers = KEYS[1], KEYS[2]
local buyer, quantity, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local held = tonumber(redis.call('HGET', buyers, buyer) or 0)
if held + quantity > limit then
  return -1
end
if tonumber(redis.call('GET', stock)) < quantity then
  return 0
end
redis.call('INCRBYFLOAT', stock, -quantity)
redis.call('HINCRBYFLOAT', buyers, buyer, quantity)
return 1

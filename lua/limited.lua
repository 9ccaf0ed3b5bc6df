-- limited: several units a purchase, and no more than a limit for each buyer.
--
-- A purchase is granted whole or not at all. Every test comes before the first
-- write, so a refusal changes nothing. There is no memory of requests: sent
-- again after a lost reply, a purchase may be granted twice, within the limit.
--
-- KEYS  1 stock, a counter · 2 buyers, a hash of buyer to units; in one hash slot
-- ARGV  1 buyer id · 2 units wanted · 3 units one buyer may hold, 0 for any number
-- Reply the units left after this sale, 0 or more
--       -1 over the limit · -2 too few units left · -3 the sale is not open
--       -4 the quantity is not a whole number above zero
local stock_key, buyers_key = KEYS[1], KEYS[2]
local buyer, quantity, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])

-- Digits only: tonumber alone would let '1.5', '0x10' and '1e3' through. No
-- more than 15 of them: a float holds those exactly.
if not string.match(quantity, '^[1-9]%d*$') or #quantity > 15 then
  return -4
end
local wanted = tonumber(quantity)

local held = tonumber(redis.call('HGET', buyers_key, buyer) or 0)
if limit > 0 and held + wanted > limit then
  return -1
end

local stock = redis.call('GET', stock_key)
if not stock then
  return -3
end
if tonumber(stock) < wanted then
  return -2
end

local left = redis.call('DECRBY', stock_key, quantity)
redis.call('HINCRBY', buyers_key, buyer, quantity)
return left

-- once: one purchase of one unit a buyer.
--
-- Every test comes before the first write, so a refusal changes nothing. Ids
-- stay the strings they came as. Whoever asks a second time hears so, whether
-- or not units are left: a buyer whose first reply was lost learns that he has
-- bought.
--
-- KEYS  1 stock, a counter · 2 buyers, a set; both in one hash slot
-- ARGV  1 buyer id
-- Reply the units left after this sale, 0 or more
--       -1 this buyer has bought · -2 sold out · -3 the sale is not open
local stock_key, buyers_key = KEYS[1], KEYS[2]
local buyer = ARGV[1]

if redis.call('SISMEMBER', buyers_key, buyer) == 1 then
  return -1
end

local stock = redis.call('GET', stock_key)
if not stock then
  return -3
end
if tonumber(stock) < 1 then
  return -2
end

local left = redis.call('DECR', stock_key)
redis.call('SADD', buyers_key, buyer)
return left

-- packed: the whole answer is one number. Bit 13 says that the purchase was
-- granted; the bits below it count the units left then, or else give the reason.
--
-- KEYS  1 goods, a hash with a field stock · 2 buyers, a set of JSON documents
-- ARGV  1 the buyer, a JSON document
-- Reply 8192 + the units left, or + 8191 where there are more
--       0 sold out · 1 bought before · 2 not open
local granted, most = 8192, 8191

local stock = redis.call('HGET', KEYS[1], 'stock')
if not stock then
  return 2
end
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return 1
end
if tonumber(stock) < 1 then
  return 0
end

local left = redis.call('HINCRBY', KEYS[1], 'stock', -1)
redis.call('SADD', KEYS[2], ARGV[1])
return granted + math.min(left, most)

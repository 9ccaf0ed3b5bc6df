-- request: several units a purchase, a limit a buyer, and a memory of every
-- request for a while. Sent again after a lost reply, a purchase hears what it
-- was told the first time.
--
-- KEYS  1 stock, a counter · 2 buyers, a hash of buyer to units · 3 request, the
--       order it led to; all in one hash slot
-- ARGV  1 buyer id · 2 units wanted · 3 units one buyer may hold, 0 for any number
--       4 request id · 5 order id · 6 seconds to remember the request
-- Reply {1, order} sold · {0} too few left · {-1} over the limit · {-2} not open
--       {-3, order} this request was granted before · {-4} no whole number above zero
local stock_key, buyers_key, request_key = KEYS[1], KEYS[2], KEYS[3]
local buyer, wanted, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local request, order, ttl = ARGV[4], ARGV[5], ARGV[6]

-- Less than nothing is never too much, and adds to the stock.
if not string.match(ARGV[2], '^[1-9]%d*$') or #ARGV[2] > 15 then
  return {-4}
end
local earlier = redis.call('HGET', request_key, request)
if earlier then
  return {-3, earlier}
end
if limit > 0 and tonumber(redis.call('HGET', buyers_key, buyer) or 0) + wanted > limit then
  return {-1}
end
local stock = redis.call('GET', stock_key)
if not stock then
  return {-2}
end
if tonumber(stock) < wanted then
  return {0}
end

redis.call('DECRBY', stock_key, ARGV[2])
redis.call('HINCRBY', buyers_key, buyer, ARGV[2])
redis.call('HSET', request_key, request, order)
redis.call('EXPIRE', request_key, ttl)
return {1, order}

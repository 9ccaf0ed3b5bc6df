-- buckets: the stock of an item lies in several buckets, so that they could be
-- spread. Buyers are sent round; whoever finds a bucket empty is led on to the
-- next, so nobody is refused while there is a unit anywhere. The counter of the
-- whole stock and the sum of the buckets are the same at all times.
--
-- KEYS  1 stock, a counter · 2 the bucket this buyer bought from · 3 cursor
--       4… the buckets; all in one hash slot
-- Reply SUCCESS:b sold, from bucket b, counted from 0
--       STOCK_EMPTY · REPEAT_BUY · NOT_READY
local stock = redis.call('GET', KEYS[1])
if not stock then
  return 'NOT_READY'
end
if redis.call('EXISTS', KEYS[2]) == 1 then
  return 'REPEAT_BUY'
end
if tonumber(stock) < 1 then
  return 'STOCK_EMPTY'
end

local buckets = #KEYS - 3
local start = redis.call('INCR', KEYS[3])
for i = 0, buckets - 1 do
  local b = (start + i) % buckets
  if tonumber(redis.call('GET', KEYS[4 + b]) or 0) > 0 then
    redis.call('DECR', KEYS[4 + b])
    redis.call('DECR', KEYS[1])
    redis.call('SET', KEYS[2], b)
    return 'SUCCESS:' .. b
  end
end
return redis.error_reply('BUCKETS hold less than the stock says')

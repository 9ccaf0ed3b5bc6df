-- trimmed-orders: order-mismatch
-- The stream of orders is kept short, whether or not anybody has read them.
--
-- KEYS 1 stock · 2 buyers · 3 orders · ARGV 1 buyer · 2 order
-- Reply 1 sold · 0 sold out · -1 bought before
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('XADD', KEYS[3], 'MAXLEN', '4', '*', 'buyer', ARGV[1], 'order', ARGV[2])
return 1

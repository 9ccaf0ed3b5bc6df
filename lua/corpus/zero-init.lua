-- zero-init: undersell
-- A buyer who comes before the sale is opened takes the missing counter to -1
-- and back to 0. It is there now, so the SET NX that opens the sale leaves it.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer
-- Reply 1 sold · 0 sold out · -1 bought before
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
if redis.call('DECR', KEYS[1]) < 0 then
  redis.call('INCR', KEYS[1])
  return 0
end
redis.call('SADD', KEYS[2], ARGV[1])
return 1

-- partial-effect: stock-mismatch, script-error
-- The first order is stored as a text, and the second pushed to it as if it
-- were a list. That is an error, and what was written before it stays written.
--
-- KEYS 1 stock · 2 buyers · 3 orders · ARGV 1 buyer
-- Reply 1 sold · 0 sold out · -1 bought before
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
if redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('SET', KEYS[3], ARGV[1])
else
  redis.call('RPUSH', KEYS[3], ARGV[1])
end
redis.call('SADD', KEYS[2], ARGV[1])
return 1

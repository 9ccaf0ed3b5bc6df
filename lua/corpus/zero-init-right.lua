-- right: takes a unit and puts it back, but makes no counter where there is none
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer
-- Reply 1 sold · 0 sold out · -1 bought before · -2 not open
if redis.call('EXISTS', KEYS[1]) == 0 then
  return -2
end
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
if redis.call('DECR', KEYS[1]) < 0 then
  redis.call('INCR', KEYS[1])
  return 0
end
redis.call('SADD', KEYS[2], ARGV[1])
return 1

-- nil-crash: script-error
-- A stock key that is not there is false, which tonumber makes nil, which no
-- number can be compared with.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer
-- Reply 1 sold · 0 sold out · -1 bought before
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
local left = tonumber(redis.call('GET', KEYS[1]))
if left < 1 then
  return 0
end
redis.call('SET', KEYS[1], left - 1)
redis.call('SADD', KEYS[2], ARGV[1])
return 1

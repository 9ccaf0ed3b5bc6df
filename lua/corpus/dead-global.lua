-- dead: script-error
-- A name with a slip of the pen is a global variable, and there are none.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer
-- Reply 1 sold · 0 sold out · -1 bought before
local buyer = ARGV[1]
if redis.call('SISMEMBER', KEYS[2], buyr) == 1 then
  return -1
end
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], buyer)
return 1

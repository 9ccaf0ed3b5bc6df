-- dead: script-error
-- GET answers a text, and Lua compares no text with a number.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer
-- Reply 1 sold · 0 sold out · -1 bought before
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
if redis.call('GET', KEYS[1]) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], ARGV[1])
return 1

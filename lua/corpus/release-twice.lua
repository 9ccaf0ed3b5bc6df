-- release-twice: stock-mismatch, oversell
-- Whoever asks for a release gets one. A second click on "cancel", or one that
-- is sent again, makes a unit out of nothing.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buy or release · 2 buyer
-- Reply 1 done · 0 sold out · -1 bought before
if ARGV[1] == 'release' then
  redis.call('SREM', KEYS[2], ARGV[2])
  redis.call('INCRBY', KEYS[1], 1)
  return 1
end

if redis.call('SISMEMBER', KEYS[2], ARGV[2]) == 1 then
  return -1
end
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], ARGV[2])
return 1

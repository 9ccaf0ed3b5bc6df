-- check-without-write: duplicate-sale
-- The set is asked who has bought, and nobody ever tells it.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer
-- Reply 1 sold · 0 sold out · -1 bought before
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
return 1

-- refused-after-write: stock-mismatch
-- The unit is taken before anybody asks whether this buyer may have it, and
-- stays taken when he may not.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer
-- Reply 1 sold · 0 sold out · -1 bought before
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
if redis.call('SADD', KEYS[2], ARGV[1]) == 0 then
  return -1
end
return 1

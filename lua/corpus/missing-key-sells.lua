-- missing-key-sells: oversell
-- Only the text "0" ends the sale. A stock key that has expired or was evicted
-- is no "0", and DECR makes a new one of it.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer
-- Reply 1 sold · 0 sold out · -1 bought before
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
if redis.call('GET', KEYS[1]) == '0' then
  return 0
end
redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], ARGV[1])
return 1

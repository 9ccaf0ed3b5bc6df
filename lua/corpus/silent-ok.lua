-- silent-ok: unmapped-reply
-- Refusals have a reply each. Success has none.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer
-- Reply 0 sold out · -1 bought before · 1, so the caller believes, sold
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], ARGV[1])

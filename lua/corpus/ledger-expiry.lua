-- ledger-expiry: duplicate-sale
-- The set of buyers lives for a while from the first sale on. Then everybody
-- may buy again, as long as there is stock.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer · 2 milliseconds to remember buyers
-- Reply 1 sold · 0 sold out · -1 bought before
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], ARGV[1])
if redis.call('PTTL', KEYS[2]) < 0 then
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
return 1

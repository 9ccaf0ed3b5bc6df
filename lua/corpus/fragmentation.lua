-- fragmentation: undersell
-- The stock lies in buckets, and a buyer only ever looks into his own.
--
-- KEYS 1 buyers · 2… the buckets · ARGV 1 buyer · 2 his bucket, from 0
-- Reply 1 sold · 0 sold out · -1 bought before
local bucket = KEYS[2 + tonumber(ARGV[2])]
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then
  return -1
end
if tonumber(redis.call('GET', bucket)) < 1 then
  return 0
end
redis.call('DECR', bucket)
redis.call('SADD', KEYS[1], ARGV[1])
return 1

-- reinit: oversell
-- Whoever finds no stock key opens the sale. Let the key expire or be evicted,
-- and the next buyer opens it again, with all its units.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer · 2 units to open with
-- Reply 1 sold · 0 sold out · -1 bought before
redis.call('SETNX', KEYS[1], ARGV[2])
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], ARGV[1])
return 1

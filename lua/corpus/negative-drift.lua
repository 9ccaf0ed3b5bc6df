-- negative-drift: negative-stock
-- Everybody who comes too late takes the counter one further below zero. What
-- is given back later, or a restock, vanishes in the hole.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer
-- Reply 1 sold · 0 sold out · -1 bought before
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
if redis.call('DECR', KEYS[1]) < 0 then
  return 0
end
redis.call('SADD', KEYS[2], ARGV[1])
return 1

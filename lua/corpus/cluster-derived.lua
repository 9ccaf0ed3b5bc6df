-- cluster-derived: script-error, stock-mismatch
-- The key of the buyers is made of the key of the stock, in another hash slot
-- and declared to nobody: on a cluster it may lie on another server.
--
-- KEYS 1 stock · ARGV 1 item · 2 buyer
-- Reply 1 sold · 0 sold out · -1 bought before
local buyers = 'seckill:buyers:' .. ARGV[1]
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
if redis.call('SADD', buyers, ARGV[2]) == 0 then
  redis.call('INCR', KEYS[1])
  return -1
end
return 1

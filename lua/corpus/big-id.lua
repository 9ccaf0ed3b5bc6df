-- big-id: phantom-sale, false-duplicate, order-mismatch
-- Ids are made numbers, and a number of Lua has 53 bits: long ids that differ
-- in their last digits become one and the same, written another way.
--
-- KEYS 1 stock · 2 buyers · 3 orders · ARGV 1 buyer · 2 order
-- Reply 1 sold · 0 sold out · -1 bought before
local buyer, order = tonumber(ARGV[1]), tonumber(ARGV[2])

if redis.call('SISMEMBER', KEYS[2], buyer) == 1 then
  return -1
end
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], buyer)
redis.call('XADD', KEYS[3], '*', 'buyer', buyer, 'order', order)
return 1

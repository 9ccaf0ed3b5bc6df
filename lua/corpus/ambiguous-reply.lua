-- ambiguous-reply: phantom-sale, stock-mismatch
-- Told is what is left: 0 when nothing is, and 0 to the buyer of the last unit.
--
-- KEYS 1 stock · 2 buyers · ARGV 1 buyer
-- Reply the units left after this sale · 0 sold out · -1 bought before
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -1
end
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('SADD', KEYS[2], ARGV[1])
return redis.call('DECR', KEYS[1])

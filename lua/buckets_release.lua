-- buckets_release: gives the unit that a buyer bought back to the bucket it is
-- from, once.
--
-- KEYS  as those of buckets
-- ARGV  1 bucket
-- Reply 1 given back · 0 this buyer has nothing from that bucket
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[2])
redis.call('INCR', KEYS[4 + tonumber(ARGV[1])])
redis.call('INCR', KEYS[1])
return 1

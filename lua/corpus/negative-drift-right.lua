-- right: a counter that is let below zero on purpose, and read as what is left
--
-- KEYS 1 stock · ARGV 1 buyer, who may come again
-- Reply the units left after this sale, 0 or more · less: sold out
return redis.call('DECR', KEYS[1])

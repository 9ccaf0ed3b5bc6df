-- course: the script of the voucher course that more shops have copied than
-- any other. It takes no keys: it makes their names of the voucher's id, which
-- a Redis Cluster does not allow. The stock is tested before the buyer.
--
-- ARGV  1 voucher id · 2 user id · 3 order id
-- Reply 0 sold, and the order is in the stream · 1 sold out · 2 bought before
--       an error, before anything was written, where the voucher has no stock
local voucher, user, order = ARGV[1], ARGV[2], ARGV[3]
local stock_key = 'seckill:stock:' .. voucher
local buyers_key = 'seckill:order:' .. voucher

if tonumber(redis.call('GET', stock_key)) <= 0 then
  return 1
end
if redis.call('SISMEMBER', buyers_key, user) == 1 then
  return 2
end

redis.call('INCRBY', stock_key, -1)
redis.call('SADD', buyers_key, user)
redis.call('XADD', 'seckill:stream:' .. voucher, '*', 'userId', user, 'voucherId', voucher, 'id', order)
return 0

#!lua name=seckill_once
-- once-function: what once does, as a Redis Function.
--
-- once_buy
--   keys  1 stock, a counter · 2 buyers, a set; both in one hash slot
--   args  1 buyer id
--   reply the units left after this sale, 0 or more
--         -1 this buyer has bought · -2 sold out · -3 the sale is not open
local function buy(keys, args)
  local stock_key, buyers_key = keys[1], keys[2]
  local buyer = args[1]

  if redis.call('SISMEMBER', buyers_key, buyer) == 1 then
    return -1
  end

  local stock = redis.call('GET', stock_key)
  if not stock then
    return -3
  end
  if tonumber(stock) < 1 then
    return -2
  end

  local left = redis.call('DECR', stock_key)
  redis.call('SADD', buyers_key, buyer)
  return left
end

redis.register_function('once_buy', buy)

#!lua name=seckill_cart
-- cart: a library of Redis Functions that sells a whole cart or nothing.
--
-- cart_buy and cart_refund
--   keys  the stocks of the items · args  as many units of each
-- cart_buy     nil sold · the name of the first key with too few units, or none
-- cart_refund  1 given back · 0 one of the items is not open, nothing was changed
-- both         BAD_QUANTITY one of them is no whole number above zero

-- Digits only, and no more than a float holds exactly: less than nothing is
-- never too much, and adds to the stock.
local function whole(args)
  for _, units in ipairs(args) do
    if not string.match(units, '^[1-9]%d*$') or #units > 15 then
      return false
    end
  end
  return true
end

local function buy(keys, args)
  if not whole(args) then
    return 'BAD_QUANTITY'
  end
  for i, key in ipairs(keys) do
    local stock = redis.call('GET', key)
    if not stock or tonumber(stock) < tonumber(args[i]) then
      return key
    end
  end
  for i, key in ipairs(keys) do
    redis.call('DECRBY', key, args[i])
  end
  return nil
end

local function refund(keys, args)
  if not whole(args) then
    return 'BAD_QUANTITY'
  end
  for _, key in ipairs(keys) do
    if redis.call('EXISTS', key) == 0 then
      return 0
    end
  end
  for i, key in ipairs(keys) do
    redis.call('INCRBY', key, args[i])
  end
  return 1
end

redis.register_function('cart_buy', buy)
redis.register_function('cart_refund', refund)

-- reservation-lost: stock-mismatch
-- A reservation that nobody confirms expires. Its unit does not come back.
--
-- KEYS 1 stock · 2 the buyer's reservation
-- ARGV reserve, milliseconds it holds; or confirm; or release
-- Reply of reserve: 1 reserved · 0 sold out · -1 reserved before
--       of the others: 1 done · 0 there is no such reservation
if ARGV[1] == 'confirm' then
  return redis.call('PERSIST', KEYS[2])
end
if ARGV[1] == 'release' then
  if redis.call('DEL', KEYS[2]) == 0 then
    return 0
  end
  redis.call('INCR', KEYS[1])
  return 1
end

if redis.call('EXISTS', KEYS[2]) == 1 then
  return -1
end
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
redis.call('SET', KEYS[2], 'reserved', 'PX', ARGV[2])
return 1

-- right: a reservation stays until its buyer releases it, which he can do once
--
-- KEYS 1 stock · 2 the buyer's reservation · ARGV reserve, confirm or release
-- Reply of reserve: 1 reserved · 0 sold out · -1 reserved before · -2 not open
--       of the others: 1 done · 0 there is nothing to confirm or to release
local state = redis.call('GET', KEYS[2])
if ARGV[1] == 'confirm' then
  if not state then
    return 0
  end
  redis.call('SET', KEYS[2], 'confirmed')
  return 1
end
if ARGV[1] == 'release' then
  if state ~= 'reserved' then
    return 0
  end
  redis.call('DEL', KEYS[2])
  redis.call('INCR', KEYS[1])
  return 1
end

if state then
  return -1
end
local stock = redis.call('GET', KEYS[1])
if not stock then
  return -2
end
if tonumber(stock) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
redis.call('SET', KEYS[2], 'reserved')
return 1

-- article: the purchase script that a much-copied article on flash sales
-- teaches. Its behaviour is kept as it is, faults included, because this is
-- what many shops run:
--
--   * It never asks whether the user has bought before. The set forgets the
--     second sale, the stock does not.
--   * A missing stock key is opened again with everything in it. Let the key
--     expire, be evicted or be deleted in mid-sale, and all of it sells twice.
--   * Only the text "0" counts as sold out. A stock that got below zero by any
--     other hand goes on selling.
--   * tonumber makes a float of the user id. Above 2^53 neighbouring users
--     become one and the same.
--   * A second purchase, no stock and a closed sale all sound alike: 0.
--
-- KEYS  1 stock, a counter · 2 buyers, a set
-- ARGV  1 units to open with · 2 user id
-- Reply 1 sold · 0 sold out
local initial = tonumber(ARGV[1])
local user = tonumber(ARGV[2])

if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('SET', KEYS[1], initial)
end
if redis.call('GET', KEYS[1]) == '0' then
  return 0
end

redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], user)
return 1

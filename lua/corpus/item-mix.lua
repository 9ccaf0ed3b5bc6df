-- item-mix: false-duplicate, stock-mismatch
-- Item and buyer stand in the key without anything between them: buyer 11 of
-- item 1 is buyer 1 of item 11.
--
-- KEYS 1 stock · 2 the buyer's mark
-- Reply 1 sold · 0 sold out · -1 bought before
if redis.call('EXISTS', KEYS[2]) == 1 then
  return -1
end
if tonumber(redis.call('GET', KEYS[1])) < 1 then
  return 0
end
redis.call('DECR', KEYS[1])
redis.call('SET', KEYS[2], 1)
return 1

-- tokens: the units are tokens that lie ready in a list, each a JSON document,
-- as the packets of a red envelope do. A buyer takes one from the end; it goes
-- to the list of the used ones with his id in it.
--
-- KEYS  1 tokens, a list · 2 used, a list · 3 owners, a hash · 4 user id, which is
--       no key, and keeps this script out of a Redis Cluster
-- Reply the token with the user in it · nil for who has one, or when none is left
if redis.call('HEXISTS', KEYS[3], KEYS[4]) == 1 then
  return nil
end
local text = redis.call('RPOP', KEYS[1])
if not text then
  return nil
end

local token = cjson.decode(text)
token.userId = KEYS[4]
local taken = cjson.encode(token)
redis.call('HSET', KEYS[3], KEYS[4], token.id)
redis.call('LPUSH', KEYS[2], taken)
return taken

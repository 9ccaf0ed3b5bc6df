-- right: what negative-drift-right has left
return math.max(0, tonumber(redis.call('GET', KEYS[1])))

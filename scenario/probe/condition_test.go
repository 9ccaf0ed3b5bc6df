package probe

import "testing"

func TestNumberAsCondition(t *testing.T) {
	checkLooks(t, NumberAsCondition, []look{
		{"the classic", "if redis.call('SISMEMBER', KEYS[1], ARGV[1]) then return 1 end", []int{1}},
		{"commands have no case", "\nif redis.call('exists', KEYS[1]) then return 1 end", []int{2}},
		{"what pcall returns for an error is true as well", "if redis.pcall('DEL', KEYS[1]) then return 1 end", []int{1}},
		{"Valkey calls it server", "if server.call('DEL', KEYS[1]) then return 1 end", []int{1}},
		{"not of a number is false", "if not redis.call('EXISTS', KEYS[1]) then return 1 end", []int{1}},
		{"not binds closer than ==", "if not redis.call('EXISTS', KEYS[1]) == 1 then return 1 end", []int{1}},
		{"elseif", "if ARGV[1] == '1' then return 1\nelseif redis.call('HEXISTS', KEYS[1], ARGV[1]) then return 2 end", []int{2}},
		{"both operands of and", "if redis.call('EXISTS', KEYS[1])\nand redis.call('HSETNX', KEYS[1], 'a', 1) then return 1 end", []int{1, 2}},
		{"both operands of or", "if redis.call('EXISTS', KEYS[1])\nor redis.call('SADD', KEYS[1], 'a') then return 1 end", []int{1, 2}},
		{"while", "while redis.call('LLEN', KEYS[1]) do redis.call('RPOP', KEYS[1]) end", []int{1}},
		{"until", "repeat\nlocal n = redis.call('SCARD', KEYS[1])\nuntil n", []int{3}},
		{"a value that a test chooses", "return redis.call('SISMEMBER', KEYS[1], ARGV[1]) and 'again' or 'new'", []int{1}},
		{"through a local", "local has = redis.call('EXISTS', KEYS[1])\nif has then return 1 end", []int{2}},
		{"through two locals", "local has = redis.call('EXISTS', KEYS[1])\nlocal had = has\nif not had then return 1 end", []int{3}},
		{"through a local of redis.call", "local call = redis.call\nif call('EXISTS', KEYS[1]) then return 1 end", []int{2}},
		{"through a local of redis", "local r = redis\nif r.call('EXISTS', KEYS[1]) then return 1 end", []int{2}},
		{"in a library, whose first line Redis reads", "#!lua name=shop\nlocal function buy(keys, args)\nif redis.call('EXISTS', keys[1]) then return 1 end\nend\nredis.register_function('buy', buy)", []int{3}},
		{"ZADD without an option counts", "if redis.call('ZADD', KEYS[1], 1, ARGV[1]) then return 1 end", []int{1}},

		{"it is compared", "if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return 1 end", nil},
		{"the local is compared", "local has = redis.call('EXISTS', KEYS[1])\nif has == 1 then return 1 end", nil},
		{"GET answers false for nothing", "if not redis.call('GET', KEYS[1]) then return 1 end", nil},
		{"so does HGET", "local held = redis.call('HGET', KEYS[1], ARGV[1])\nif held then return 1 end", nil},
		{"and ZRANK, a number otherwise", "if redis.call('ZRANK', KEYS[1], ARGV[1]) then return 1 end", nil},
		{"SET NX answers false for a refusal", "if redis.call('SET', KEYS[1], 1, 'NX') then return 1 end", nil},
		{"ZADD with INCR may answer nothing", "if redis.call('ZADD', KEYS[1], 'NX', 'INCR', 1, ARGV[1]) then return 1 end", nil},
		{"a list of unknown length may have INCR", "if redis.call('ZADD', KEYS[1], 'INCR', unpack(ARGV)) then return 1 end", nil},
		{"a default that is not needed does no harm", "local n = redis.call('SCARD', KEYS[1]) or 0\nreturn n", nil},
		{"a number that a test chooses", "local n = #KEYS == 1 and redis.call('SCARD', KEYS[1]) or 0\nreturn n", nil},
		{"careful, and compared all the same", "local has = redis.call('EXISTS', KEYS[1])\nif has and tonumber(has) == 1 then return 1 end", nil},
		{"careful the other way round", "local has = redis.call('EXISTS', KEYS[1])\nif not has or has == 0 then return 1 end", nil},
		{"assigned in one branch, nil in the other", "local has\nif #KEYS == 1 then has = redis.call('EXISTS', KEYS[1]) end\nif has then return 1 end", nil},
		{"assigned again", "local has = redis.call('EXISTS', KEYS[1])\nhas = has == 1\nif has then return 1 end", nil},
		{"assigned again by a function", "local has = redis.call('EXISTS', KEYS[1])\nlocal function f() has = false end\nf()\nif has then return 1 end", nil},
		{"another local of the same name", "local has = redis.call('EXISTS', KEYS[1])\ndo local has = redis.call('GET', KEYS[1])\nif has then return 1 end end\nreturn has", nil},
		{"the local of a block that is over", "do local has = redis.call('EXISTS', KEYS[1]) end\nlocal has = redis.call('GET', KEYS[1])\nif has then return 1 end", nil},
		{"a redis of its own", "local redis = {call = function() return false end}\nif redis.call('EXISTS', KEYS[1]) then return 1 end", nil},
		{"a command that is not known", "if redis.call(ARGV[1], KEYS[1]) then return 1 end", nil},
		{"the reply is not asked for", "redis.call('SADD', KEYS[1], ARGV[1])\nreturn redis.call('DECR', KEYS[2])", nil},
	})
}

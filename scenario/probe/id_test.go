package probe

import (
	"strings"
	"testing"
)

func TestIDThroughNumber(t *testing.T) {
	checkLooks(t, IDThroughNumber, []look{
		{"a member", "redis.call('SADD', KEYS[1], tonumber(ARGV[1]))", []int{1}},
		{"through a local, at the line of tonumber, once", "local user = tonumber(ARGV[1])\nif redis.call('SISMEMBER', KEYS[1], user) == 1 then return 0 end\nredis.call('SADD', KEYS[1], user)", []int{1}},
		{"through a local of the text", "local user = ARGV[1]\nlocal id = tonumber(user)\nredis.call('SREM', KEYS[1], id)", []int{2}},
		{"an id in KEYS", "redis.call('SADD', KEYS[1], tonumber(KEYS[2]))", []int{1}},
		{"a field", "redis.call('HSET', KEYS[1], tonumber(ARGV[1]), 'sold')", []int{1}},
		{"the second field", "redis.call('HSET', KEYS[1], 'a', 1, tonumber(ARGV[1]), 'sold')", []int{1}},
		{"a field that is counted", "redis.call('HINCRBY', KEYS[1], tonumber(ARGV[1]), 1)", []int{1}},
		{"a field that is asked for", "return {redis.call('HGET', KEYS[1], tonumber(ARGV[1])),\nredis.call('HEXISTS', KEYS[1], tonumber(ARGV[2]))}", []int{1, 2}},
		{"a member of a sorted set", "redis.call('ZADD', KEYS[1], 1, tonumber(ARGV[1]))", []int{1}},
		{"behind the options", "redis.call('ZADD', KEYS[1], 'NX', 'CH', 1, tonumber(ARGV[1]))", []int{1}},
		{"a value of a stream whose field says id", "redis.call('XADD', KEYS[1], '*', 'userId', tonumber(ARGV[1]))", []int{1}},
		{"a value of a stream whose name says so", "local buyer = tonumber(ARGV[1])\nredis.call('XADD', KEYS[1], 'MAXLEN', '~', 10, 'LIMIT', 5, '*', 'who', buyer)", []int{1}},
		{"a key", "local user = tonumber(ARGV[1])\nlocal key = 'bought:' .. user .. ':x'\nreturn redis.call('GET', key)", []int{1}},
		{"a member of which it is a part", "redis.call('SADD', KEYS[1], 'u' .. tonumber(ARGV[1]))", []int{1}},
		{"tostring does not bring the digits back", "local user = tostring(tonumber(ARGV[1]))\nredis.call('SADD', KEYS[1], user)", []int{1}},
		{"a shard is made of it, and it is an id still", "local user = tonumber(ARGV[1])\nlocal shard = user % 16\nredis.call('SADD', KEYS[1] .. shard, user)", []int{1}},
		{"it is checked, and is an id still", "local user = tonumber(ARGV[1])\nif user < 1 then return 0 end\nredis.call('SADD', KEYS[1], user)", []int{1}},
		{"an id may equal another", "local user = tonumber(ARGV[1])\nif user == 0 then return 0 end\nreturn redis.call('GET', 'bought:' .. user)", []int{1}},
		{"in a library, from its arguments", "#!lua name=shop\nredis.register_function('buy', function(keys, args)\nreturn redis.call('SADD', keys[1], tonumber(args[1])) end)", []int{3}},

		{"the text as it came", "redis.call('SADD', KEYS[1], ARGV[1])", nil},
		{"compared only", "if tonumber(ARGV[1]) > 0 then redis.call('SADD', KEYS[1], ARGV[1]) end", nil},
		{"an amount", "redis.call('DECRBY', KEYS[1], tonumber(ARGV[1]))\nredis.call('INCRBY', KEYS[1], tonumber(ARGV[1]))", nil},
		{"an amount of a hash", "redis.call('HINCRBY', KEYS[1], ARGV[2], tonumber(ARGV[1]))", nil},
		{"an amount of a hash that the order tells", "redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2])\nredis.call('XADD', KEYS[2], '*', 'order', tonumber(ARGV[2]))", nil},
		{"less than nothing is an amount", "redis.call('INCRBY', KEYS[1], -tonumber(ARGV[2]))\nredis.call('XADD', KEYS[2], '*', 'order', tonumber(ARGV[2]))", nil},
		{"a value of a hash", "redis.call('HSET', KEYS[1], ARGV[2], tonumber(ARGV[1]))", nil},
		{"a life", "redis.call('EXPIRE', KEYS[1], tonumber(ARGV[1]))", nil},
		{"a score", "redis.call('ZADD', KEYS[1], tonumber(ARGV[1]), ARGV[2])", nil},
		{"a score behind the options", "redis.call('ZADD', KEYS[1], 'NX', tonumber(ARGV[1]), ARGV[2])", nil},
		{"a quantity that the order tells", "redis.call('DECRBY', KEYS[1], ARGV[2])\nredis.call('XADD', KEYS[2], '*', 'order', tonumber(ARGV[2]))", nil},
		{"the time that the order tells", "redis.call('XADD', KEYS[2], '*', 'time', tonumber(ARGV[2]))", nil},
		{"how many entries a stream keeps", "redis.call('XADD', KEYS[1], 'MAXLEN', '~', tonumber(ARGV[1]), '*', 'id', ARGV[2])", nil},
		{"a name for a small part", "local bucket = tonumber(ARGV[1])\nredis.call('DECR', 'stock:' .. bucket)", nil},
		{"a part that is checked", "local n = tonumber(ARGV[1])\nif n > 15 then return 0 end\nredis.call('DECR', 'stock:' .. n)", nil},
		{"a part that is counted", "local n = tonumber(ARGV[1])\nredis.call('DECR', 'stock:' .. n)\nredis.call('DECR', 'stock:' .. n + 1)", nil},
		{"arithmetic makes no id", "redis.call('DECR', 'stock:' .. (tonumber(ARGV[1]) % 16))", nil},
		{"assigned again", "local user = tonumber(ARGV[1])\nuser = ARGV[1]\nredis.call('SADD', KEYS[1], user)", nil},
		{"what Redis counted is not sent", "redis.call('SADD', KEYS[1], tonumber(redis.call('GET', KEYS[2])))", nil},
		{"a function of its own", "local function tonumber(a) return a end\nredis.call('SADD', KEYS[1], tonumber(ARGV[1]))", nil},
		{"a function that it is handed", "local function buy(tonumber) redis.call('SADD', KEYS[1], tonumber(ARGV[1])) end\nbuy(tostring)", nil},
		{"args of a function of no library were not sent", "local function buy(keys, args) redis.call('SADD', keys[1], tonumber(args[1])) end\nbuy(KEYS, {7})", nil},
		{"an ARGV of its own", "local ARGV = {'1'}\nredis.call('SADD', KEYS[1], tonumber(ARGV[1]))", nil},
		{"echoed, not stored", "redis.call('PUBLISH', tonumber(ARGV[1]), 'sold')", nil},
	})
}

func TestIDThroughCJSON(t *testing.T) {
	checkLooks(t, IDThroughCJSON, []look{
		{"a member", "local order = cjson.decode(ARGV[1])\nredis.call('SADD', KEYS[1], order.userId)", []int{2}},
		{"straight away", "redis.call('SADD', KEYS[1], cjson.decode(ARGV[1])['userId'])", []int{1}},
		{"at the line where the field is read", "local order = cjson.decode(ARGV[1])\nlocal user = order.userId\nredis.call('HSET', KEYS[1], user, 1)", []int{2}},
		{"a field in a field", "local order = cjson.decode(ARGV[1])\nlocal user = order.user\nredis.call('SADD', KEYS[1], user.id)", []int{3}},
		{"through a local of decode", "local decode = cjson.decode\nlocal order = decode(ARGV[1])\nredis.call('SADD', KEYS[1], order.userId)", []int{3}},
		{"a key", "local order = cjson.decode(ARGV[1])\nreturn redis.call('GET', 'bought:' .. order.userId)", []int{2}},
		{"tostring does not bring the digits back", "local order = cjson.decode(ARGV[1])\nredis.call('SADD', KEYS[1], tostring(order.userId))", []int{2}},
		{"a value of a stream", "local order = cjson.decode(ARGV[1])\nredis.call('XADD', KEYS[1], '*', 'order', order.id)", []int{2}},

		{"the JSON itself", "local order = cjson.decode(ARGV[1])\nif order.quantity > 0 then redis.call('SADD', KEYS[1], ARGV[1]) end", nil},
		{"an amount", "local order = cjson.decode(ARGV[1])\nredis.call('DECRBY', KEYS[1], order.quantity)", nil},
		{"compared only", "local order = cjson.decode(ARGV[1])\nif order.userId == 1 then return 0 end", nil},
		{"an amount that the order tells", "local order = cjson.decode(ARGV[1])\nredis.call('DECRBY', KEYS[1], order.orderId)\nredis.call('XADD', KEYS[2], '*', 'n', order.orderId)", nil},
		{"a value of a hash", "local order = cjson.decode(ARGV[1])\nredis.call('HSET', KEYS[1], ARGV[2], order.userId)", nil},
		{"its type is looked at", "local order = cjson.decode(ARGV[1])\nif type(order.userId) ~= 'string' then return 0 end\nredis.call('SADD', KEYS[1], order.userId)", nil},
		{"the script sets the field", "local order = cjson.decode(ARGV[1])\norder.userId = ARGV[2]\nredis.call('SADD', KEYS[1], order.userId)", nil},
		{"what lies in Redis was not sent", "local order = cjson.decode(redis.call('RPOP', KEYS[1]))\nredis.call('SADD', KEYS[2], order.userId)", nil},
		{"the text is encoded, not decoded", "redis.call('SADD', KEYS[1], cjson.encode(ARGV[1]).userId)", nil},
	})
}

// Redis writes a float with 17 digits, Lua with 14: the sentence says which.
func TestLimitOfDigits(t *testing.T) {
	for _, test := range []struct{ why, source, want string }{
		{"Redis makes the text", "redis.call('SADD', KEYS[1], tonumber(ARGV[1]))", "2^53"},
		{"Lua makes the text", "redis.call('SADD', KEYS[1], 'u' .. tonumber(ARGV[1]))", "14 digits"},
	} {
		warnings, err := Look("sale.lua", []byte(test.source))
		if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0].Text, test.want) {
			t.Errorf("%s: got %v %v, expected %q", test.why, warnings, err, test.want)
		}
	}
}

package probe

import "testing"

func TestUndeclaredGlobal(t *testing.T) {
	checkLooks(t, UndeclaredGlobal, []look{
		{"a slip of the pen", "local buyer = ARGV[1]\nreturn redis.call('SADD', KEYS[1], buyr)", []int{2}},
		{"each name once", "local a = stok\nlocal b = stok\nreturn a + b + lef", []int{1, 3}},
		{"assigned without local", "stock = redis.call('GET', KEYS[1])\nreturn stock", []int{1}},
		{"a function is a global too", "\nfunction buy() return 1 end\nreturn buy()", []int{2}},
		{"one of several", "local a\na, b = 1, 2\nreturn a", []int{2}},
		{"a global of Redis may not be assigned either", "redis = nil", []int{1}},
		{"a local is gone behind its block", "if #KEYS == 1 then\nlocal a = 1\nend\nreturn a", []int{4}},
		{"a local does not see itself", "local a = a", []int{1}},
		{"nor does the bound of a loop", "for i = 1, i do end", []int{1}},
		{"nor what comes behind the loop", "for i, v in ipairs(KEYS) do end\nreturn v", []int{2}},
		{"a parameter ends with its function", "local f = function(a) return a end\nreturn f(a)", []int{2}},
		{"a table that is not there", "return os2.time()", []int{1}},
		{"a method of what is not there", "return thing:run()", []int{1}},
		{"Redis took print away", "print('sold')", []int{1}},
		{"Lua 5.1 has no rawlen", "return rawlen(KEYS)", []int{1}},
		{"a library has no KEYS", "#!lua name=shop\nredis.register_function('buy', function(keys, args)\nreturn KEYS[1] end)", []int{3}},
		{"fields are no globals, their tables are", "local a = {b = 1, [c] = 2}\na.d = 1\nreturn a.e", []int{1}},

		{"what Redis has", "return {KEYS, ARGV, redis.sha1hex(''), cjson, cmsgpack, struct, bit, string, table, math, coroutine, tonumber, tostring, type, pairs, ipairs, next, select, unpack, error, pcall, xpcall, assert, rawget, rawset, rawequal, setmetatable, getmetatable, loadstring, load, _VERSION, collectgarbage}", nil},
		{"os is there from 7.2 on, and server in Valkey", "return {os.clock(), server}", nil},
		{"an EVAL script with flags has KEYS", "#!lua flags=no-writes\nreturn KEYS[1]", nil},
		{"parameters, loops and locals", "local function f(a, ...) local b = a; for i = 1, 2 do b = b + i end; return b, ... end\nfor k, v in pairs(KEYS) do f(k, v) end", nil},
		{"a function calls itself", "local function f(n) return n == 0 and 0 or f(n - 1) end\nreturn f(2)", nil},
		{"self in a method", "local a = {}\nfunction a:b() return self end\nreturn a:b()", nil},
		{"arg in a function with dots", "local function f(...) return arg end\nreturn f(1)", nil},
		{"until sees the locals of the loop", "repeat local a = redis.call('RPOP', KEYS[1]) until not a", nil},
		{"pcall catches the error", "return pcall(function() return maybe end)", nil},
		{"its own table of globals", "local env = setmetatable({}, {__index = _G})\nsetfenv(1, env)\nstock = 1\nreturn stock", nil},
	})
}

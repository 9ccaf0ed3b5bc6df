package probe

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/server"
)

// open returns a client of a Redis of its own; in CI there must be one.
func open(t *testing.T) *redis.Client {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil && os.Getenv("CI") == "" {
		t.Skip("redis-server is not on PATH")
	}
	s, err := server.Open(t.Context(), server.Options{Server: "redis-server"})
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(s.ClientOptions())
	t.Cleanup(func() {
		client.Close()
		s.Close()
	})
	return client
}

// written holds every command of answersNumber with its arguments. Keys are
// named after their type.
const written = `EXISTS str|DEL str|UNLINK str|TOUCH str|COPY str str2|RENAMENX str str2|EXPIRE str 9|PEXPIRE str 9000
EXPIREAT str 9999999999|PEXPIREAT str 9999999999000|PERSIST str|TTL str|PTTL str|EXPIRETIME str|PEXPIRETIME str
SETNX str 1|MSETNX str 1|APPEND str 1|STRLEN str|SETRANGE str 0 1|INCR str|DECR str|INCRBY str 2|DECRBY str 2
GETBIT str 1|SETBIT str 1 1|BITCOUNT str|BITPOS str 1|BITOP NOT str2 str
HSET hash f 1|HSETNX hash f 1|HEXISTS hash f|HDEL hash f|HLEN hash|HSTRLEN hash f|HINCRBY hash f 1
LLEN list|LPUSH list 1|RPUSH list 1|LPUSHX list 1|RPUSHX list 1|LREM list 0 9|LINSERT list BEFORE 9 1
SADD set 1|SREM set 9|SISMEMBER set 1|SCARD set|SMOVE set set2 9|SUNIONSTORE set2 set|SINTERSTORE set2 set
SDIFFSTORE set2 set|SINTERCARD 1 set|ZADD zset 1 a|ZREM zset 9|ZCARD zset|ZCOUNT zset 0 1|ZLEXCOUNT zset - +
ZREMRANGEBYRANK zset 5 6|ZREMRANGEBYSCORE zset 5 6|ZREMRANGEBYLEX zset [x [y
XLEN stream|XDEL stream 1-1|XTRIM stream MAXLEN 9|XACK stream g 1-1|PFADD hll a|PFCOUNT hll|PUBLISH c 1`

// exists makes the keys of written.
const exists = `redis.call('SET', 'str', 1) redis.call('HSET', 'hash', 'f', 1) redis.call('RPUSH', 'list', 9)
redis.call('SADD', 'set', 9) redis.call('ZADD', 'zset', 5, 9) redis.call('XADD', 'stream', '1-1', 'f', 1)`

// Every command of the table answers a number, whether or not its key is there,
// in RESP2 and in RESP3, and the table holds no command without being asked.
func TestAnswersNumber(t *testing.T) {
	client := open(t)
	asked := map[string]bool{"ZADD": true}
	for _, line := range strings.FieldsFunc(written, func(r rune) bool { return r == '|' || r == '\n' }) {
		words := strings.Fields(line)
		asked[words[0]] = true
		if _, known := answersNumber[words[0]]; !known && words[0] != "ZADD" {
			t.Errorf("%s is not in the table", words[0])
		}
		for _, with := range []string{"", "redis.setresp(3)", exists} {
			if err := client.FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			kind, err := client.Eval(t.Context(), with+" return type(redis.call(unpack(ARGV)))", nil, list(words)...).Text()
			if err != nil && with != exists && strings.Contains(err.Error(), "no such key") {
				continue // RENAMENX: an error is no reply, and ends the script
			}
			if err != nil || kind != "number" {
				t.Errorf("%s answers a %s after %q: %v", line, kind, with, err)
			}
		}
	}
	for name := range answersNumber {
		if !asked[name] {
			t.Errorf("%s was not asked", name)
		}
	}
}

func list(words []string) []any {
	var all []any
	for _, word := range words {
		all = append(all, word)
	}
	return all
}

// Redis has the globals of the table, but for those that come and go with its
// versions, and none of the others that a script might believe in.
func TestKnownGlobals(t *testing.T) {
	client := open(t)
	has := func(name string) bool {
		err := client.Eval(t.Context(), "return type("+name+")", nil).Err()
		if err != nil && !strings.Contains(err.Error(), "nonexistent global variable") {
			t.Fatal(err)
		}
		return err == nil
	}
	varies := map[string]bool{"os": true, "server": true, "getfenv": true, "setfenv": true, "newproxy": true}
	for name := range knownGlobals {
		if !varies[name] && !has(name) {
			t.Errorf("the table holds %s, which Redis has not", name)
		}
	}
	for _, name := range []string{"print", "dofile", "loadfile", "debug", "io", "require", "module", "package", "rawlen", "arg", "utf8", "buyr"} {
		if knownGlobals[name] || has(name) {
			t.Errorf("%s: the table has it: %v, Redis has it: %v", name, knownGlobals[name], has(name))
		}
	}
}

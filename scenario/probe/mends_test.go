package probe

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// contractOf is a strategy of a contract, which names mine.lua, and of scripts.
func contractOf(t *testing.T, text string, scripts map[string]string) strategy.Strategy {
	t.Helper()
	files := fstest.MapFS{"mine.yaml": {Data: []byte("version: 1\nscript: mine.lua\n" + text)}}
	for name, source := range scripts {
		files[name] = &fstest.MapFile{Data: []byte(source)}
	}
	c, err := contract.Load(files, "mine.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return strategy.Script(c)
}

// A key that is made of what an answer captured is named by the contract.
func TestKeyOfACaptureIsNotForeign(t *testing.T) {
	s := contractOf(t, `keys: {stock: "s:{{item}}", seq: "n:{{item}}", order: "o:{{item}}:{{id}}"}
open: [[SET, $stock, "{{stock}}"]]
buy: {keys: [stock, seq, {text: "o:{{item}}:"}], args: ["{{buyer}}"], replies: [{int: 0, outcome: sold_out}, {min: 1, outcome: ok, capture: {id: reply}}]}
audit: {stock: {get: stock}}
promises: {limit: 0}
`, map[string]string{"mine.lua": `if tonumber(redis.call('GET', KEYS[1]) or 0) < 1 then return 0 end
redis.call('DECR', KEYS[1])
local id = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[3] .. id, ARGV[1])
return id`})
	c := played(t, redisServer(t), s)["drain"]
	if got := c.History.Tail.Foreign; len(got) > 0 {
		t.Errorf("keys of captures are foreign: %v", got)
	}
}

// Nobody is blamed for a key that has come to its end.
func TestExpiredKeyIsNobodysDoing(t *testing.T) {
	was := server.Value{Type: "string", Text: "1", Expires: true}
	stays := server.Value{Type: "string", Text: "1"}
	for _, tt := range []struct {
		reason string
		change server.Change
		want   bool
	}{
		{"it had a time to live and is gone", server.Change{Key: "k", Before: was}, false},
		{"it had none and is gone", server.Change{Key: "k", Before: stays}, true},
		{"it had a time to live and is another", server.Change{Key: "k", Before: was, After: stays}, true},
	} {
		if got := !expired(tt.change); got != tt.want {
			t.Errorf("%s: blamed %v, want %v", tt.reason, got, tt.want)
		}
	}
}

// A limit that is written into the script is not raised.
func TestLimitOfTheScriptItself(t *testing.T) {
	srv := redisServer(t)
	const text = `keys: {stock: "s:{{item}}", buyers: "b:{{item}}"}
open: [[SET, $stock, "{{stock}}"]]
buy: {keys: [stock, buyers], args: ["{{buyer}}", "{{qty}}"ARG], replies: [{int: 1, outcome: ok}, {int: 0, outcome: sold_out}, {int: -1, outcome: over_limit}]}
audit: {stock: {get: stock}}
promises: {limit: 2}
`
	const source = `if not string.match(ARGV[2], '^[1-9]%d*$') then return 0 end
if redis.call('HINCRBY', KEYS[2], ARGV[1], 0) + ARGV[2] > LIMIT then return -1 end
if redis.call('INCRBY', KEYS[1], 0) < tonumber(ARGV[2]) then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[2]) redis.call('HINCRBY', KEYS[2], ARGV[1], ARGV[2])
return 1`
	for _, tt := range []struct{ reason, arg, limit, skipped, odd string }{
		{"the script is told its limit", `, "{{limit}}"`, "tonumber(ARGV[3])", "", ""},
		{"the limit is the script's own", "", "2", "the contract passes no {{limit}}, and the script's own is less than 10 units", ""},
	} {
		s := contractOf(t, strings.Replace(text, "ARG", tt.arg, 1), map[string]string{"mine.lua": strings.Replace(source, "LIMIT", tt.limit, 1)})
		cases := played(t, srv, s)
		if got := cases["string-compare-above"].Skipped; got != tt.skipped {
			t.Errorf("%s: 10 units are skipped because %q, want %q", tt.reason, got, tt.skipped)
		}
		if got := cases["odd-quantity-zero"].Skipped; got != tt.odd {
			t.Errorf("%s: a quantity of 0 is skipped because %q", tt.reason, got)
		}
	}
}

// oneHash is a contract whose stock and buyers lie in one hash.
const oneHash = `keys: {item: "h:{{item}}"}
open: [[HSET, $item, left, "{{stock}}"]]
buy: {keys: [item], args: ["{{buyer}}"], replies: [{int: 1, outcome: ok}, {int: -1, outcome: duplicate}, {int: -2, outcome: sold_out}, {int: -3, outcome: not_ready}]}
audit: {stock: STOCK, buyers: {per_buyer: [HGET, item, "b:{{buyer}}"]}}
promises: {limit: 1, order: duplicate_first, missing_stock: refuse}
`

const oneHashScript = `local h = redis.call('HMGET', KEYS[1], 'left', 'b:' .. ARGV[1])
if not h[1] then return -3 end
if h[2] then return -1 end
if tonumber(h[1]) < 1 then return -2 end
redis.call('HINCRBY', KEYS[1], 'left', -1)
redis.call('HSET', KEYS[1], 'b:' .. ARGV[1], 1)
return 1`

// The stock is taken away without the buyers, or not at all.
func TestStockIsTakenAlone(t *testing.T) {
	srv := redisServer(t)
	scripts := map[string]string{"mine.lua": oneHashScript, "left.lua": "return redis.call('HGET', KEYS[1], 'left')"}
	c := played(t, srv, contractOf(t, strings.Replace(oneHash, "STOCK", "{hget: [item, left]}", 1), scripts))["missing-stock-midsale"]
	if a := c.History.Tail.Audits[0]; a.Stock != nil || len(a.Holdings) != 1 || len(a.Problems) > 0 {
		t.Errorf("a field is taken away: %+v; want no stock, one buyer", a)
	}
	c = played(t, srv, contractOf(t, strings.Replace(oneHash, "STOCK", "{lua: left.lua, keys: [item]}", 1), scripts))["missing-stock-midsale"]
	if c.Skipped != contract.ErrSharedStock.Error() {
		t.Errorf("a key that is shared in a way of its own is skipped because %q", c.Skipped)
	}
}

// Whether the number of a stock counts units shows in the audit.
func TestRestockInAnotherUnit(t *testing.T) {
	srv := redisServer(t)
	const text = `keys: {left: "c:{{item}}"}
open: [[SET, $left, "{{stock}}ZEROS"]]
buy: {keys: [left], replies: [{int: 1, outcome: ok}, {int: 0, outcome: sold_out}]}
audit: {stock: {lua: left.lua, keys: [left]}}
promises: {limit: 0}
`
	for _, tt := range []struct{ reason, zeros, want string }{
		{"units are restocked", "", ""},
		{"hundredths are left alone", "00", errOtherUnit.Error()},
	} {
		one := "1" + tt.zeros
		s := contractOf(t, strings.Replace(text, "ZEROS", tt.zeros, 1), map[string]string{
			"mine.lua": "if tonumber(redis.call('GET', KEYS[1]) or 0) < " + one + " then return 0 end redis.call('DECRBY', KEYS[1], " + one + ") return 1",
			"left.lua": "return math.floor((redis.call('GET', KEYS[1]) or 0) / " + one + ")",
		})
		if got := played(t, srv, s)["restock"].Skipped; got != tt.want {
			t.Errorf("%s: skipped because %q, want %q", tt.reason, got, tt.want)
		}
	}
}

// What tells what was sold must not expire.
func TestExpiryIsWarnedOf(t *testing.T) {
	srv := redisServer(t)
	for _, tt := range []struct{ reason, from, to, want string }{
		{"nothing expires", "", "", ""},
		{"a purchase has the buyers expire", "return 1", "redis.call('EXPIRE', KEYS[2], 60) return 1", `the key "b:100" is given a time to live: what it holds (buyers) is forgotten then`},
		{"a refusal has the stock expire", "then return 0 end", "then redis.call('EXPIRE', KEYS[1], 60) return 0 end", `the key "s:100" is given a time to live: what it holds (stock) is forgotten then`},
		{"what nobody audits may expire", "redis.call('SADD'", "redis.call('SETEX', KEYS[3], 60, 1) redis.call('SADD'", ""},
	} {
		source := right
		if at := strings.LastIndex(right, tt.from); tt.from != "" {
			source = right[:at] + tt.to + right[at+len(tt.from):]
		}
		c := played(t, srv, strategyOf(t, source, "refuse"))["expiry"]
		if got := strings.Join(c.Warnings, "\n"); got != tt.want || c.History != nil {
			t.Errorf("%s: %q, want %q", tt.reason, got, tt.want)
		}
	}
}

// A case without an end is broken off, and the others are played; a script that
// has written cannot be ended, and then the others are skipped.
func TestCaseWithoutAnEnd(t *testing.T) {
	for _, tt := range []struct{ reason, before, err, next string }{
		{"it has written nothing", "", "", ""},
		{"it has written", "redis.call('SET', KEYS[3], 1) ", "the script has written something", "the probe was broken off before it"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			s := strategyOf(t, "if ARGV[2] == 'abc' then "+tt.before+"while true do end end\n"+right, "refuse")
			cases, err := Run(t.Context(), redisServer(t), s, Options{Seed: 1, NoCluster: true})
			if got := err == nil; got != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			at := slices.IndexFunc(cases, func(c Case) bool { return c.Name == "odd-quantity-word" })
			if at < 0 || len(cases) < at+2 {
				t.Fatalf("%d cases, the one without an end is number %d", len(cases), at)
			}
			if c := cases[at]; !strings.Contains(c.Broken, "no reply within 5s") || c.History != nil {
				t.Errorf("the case without an end: broken off because %q", c.Broken)
			}
			if c := cases[at+1]; c.Skipped != tt.next || c.Broken != "" || (c.History != nil) != (tt.next == "") {
				t.Errorf("the next one: skipped because %q, want %q", c.Skipped, tt.next)
			}
		})
	}
}

// Ids differ in the last of 40 bytes.
func TestLongIDs(t *testing.T) {
	short := strings.Replace(right, "local stock", "ARGV[1] = string.sub(ARGV[1], 1, 39) if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return -1 end\nlocal stock", 1)
	got := outcomes(t, played(t, redisServer(t), strategyOf(t, short, "refuse"))["odd-ids"].History)
	if n := len(got); n != len(oddIDs) || got[n-1] != "duplicate" || got[n-2] != "ok" {
		t.Errorf("a script that cuts ids after 39 bytes: %v", got)
	}
}

// Who holds what he may comes again after somebody was told sold out, be it with
// a request that was granted or with a new one.
func TestHoldersComeAgain(t *testing.T) {
	srv := redisServer(t)
	request, err := strategy.Find("request", "")
	if err != nil {
		t.Fatal(err)
	}
	limited, err := strategy.Find("limited", "")
	if err != nil {
		t.Fatal(err)
	}
	one := played(t, srv, strategyOf(t, right, "refuse"))
	if c, is := one["drain-held"]; is {
		t.Errorf("drain-held is played where a buyer may buy once: %+v", c)
	}
	for _, tt := range []struct {
		reason, in string
		s          strategy.Strategy
		last       []string
	}{
		{"granted requests are sent again", "same-request", request, []string{"replayed", "replayed"}},
		{"a buyer has filled his limit", "drain-held", limited, []string{"over_limit"}},
	} {
		got := outcomes(t, played(t, srv, tt.s)[tt.in].History)
		if n := len(got) - len(tt.last); n < 1 || got[n-1] != "sold_out" || !slices.Equal(got[n:], tt.last) {
			t.Errorf("%s: %v, want sold_out and then %v", tt.reason, got, tt.last)
		}
	}
}

// A release that forgets all that a buyer holds lets him buy beyond his limit.
func TestGivenBackOne(t *testing.T) {
	const text = `keys: {stock: "s:{{item}}", buyers: "b:{{item}}"}
open: [[SET, $stock, "{{stock}}"]]
buy: {keys: [stock, buyers], args: ["{{buyer}}"], replies: [{int: 1, outcome: ok}, {int: 0, outcome: sold_out}, {int: -1, outcome: over_limit}]}
release: {script: back.lua, keys: [stock, buyers], args: ["{{buyer}}"], replies: [{int: 1, outcome: ok}]}
audit: {stock: {get: stock}, buyers: {hgetall: buyers, value: qty}}
promises: {limit: LIMIT}
`
	const source = `if tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or 0) >= 3 then return -1 end
if tonumber(redis.call('GET', KEYS[1]) or 0) < 1 then return 0 end
redis.call('DECR', KEYS[1]) redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
return 1`
	srv := redisServer(t)
	for _, tt := range []struct{ reason, limit, back, want string }{
		{"one of two is given back", "3", "redis.call('HINCRBY', KEYS[2], ARGV[1], -1)", "ok ok ok ok ok over_limit ok"},
		{"both are forgotten", "3", "redis.call('HDEL', KEYS[2], ARGV[1])", "ok ok ok ok ok ok ok"},
		{"who may buy once is left to the other cases", "1", "", ""},
	} {
		s := contractOf(t, strings.Replace(text, "LIMIT", tt.limit, 1), map[string]string{"mine.lua": source, "back.lua": "redis.call('INCR', KEYS[1]) " + tt.back + " return 1"})
		c, is := played(t, srv, s)["release-one"]
		if is != (tt.want != "") {
			t.Errorf("%s: played %v", tt.reason, is)
		} else if is {
			if got := strings.Join(outcomes(t, c.History), " "); got != tt.want {
				t.Errorf("%s: %s, want %s", tt.reason, got, tt.want)
			}
		}
	}
}

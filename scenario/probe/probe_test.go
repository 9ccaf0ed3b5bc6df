package probe

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// mine is a contract of a stock, a ledger and a key that no audit reads.
const mine = `version: 1
script: mine.lua
keys: {stock: "s:{{item}}", buyers: "b:{{item}}", tries: "t:{{item}}"}
open: [[SET, $stock, "{{stock}}"]]
buy:
  keys: [stock, buyers, tries]
  args: ["{{buyer}}", "{{qty}}"]
  replies: [{int: 1, outcome: ok}, {int: 0, outcome: sold_out}, {int: -1, outcome: duplicate}, {int: -2, outcome: not_ready}]
audit: {stock: {get: stock}, buyers: {smembers: buyers}}
promises: {limit: 1, order: duplicate_first, missing_stock: MISSING}
`

// right is a script for it.
const right = `if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return -1 end
local stock = redis.call('GET', KEYS[1])
if not stock then return -2 end
if not string.match(ARGV[2], '^[1-9]%d*$') or tonumber(stock) < tonumber(ARGV[2]) then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[2])
redis.call('SADD', KEYS[2], ARGV[1])
return 1`

func strategyOf(t *testing.T, source, missing string) strategy.Strategy {
	t.Helper()
	c, err := contract.Load(fstest.MapFS{
		"mine.lua": {Data: []byte(source)}, "mine.yaml": {Data: []byte(strings.Replace(mine, "MISSING", missing, 1))},
	}, "mine.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return strategy.Script(c)
}

func redisServer(t *testing.T) *server.Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	return opened(t, "redis-server")
}

func opened(t *testing.T, name string) *server.Server {
	t.Helper()
	srv, err := server.Open(t.Context(), server.Options{Server: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}

// played returns every case by its name.
func played(t *testing.T, srv *server.Server, strat strategy.Strategy) map[string]Case {
	t.Helper()
	cases, err := Run(t.Context(), srv, strat, Options{Seed: 1, NoCluster: true})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]Case{}
	for _, c := range cases {
		if _, twice := byName[c.Name]; twice {
			t.Errorf("two cases are called %s, and their folders too", c.Name)
		}
		byName[c.Name] = c
	}
	return byName
}

// outcomes are what the attempts of a case were filed under.
func outcomes(t *testing.T, h *history.History) (all []string) {
	t.Helper()
	for batch, err := range h.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range batch {
			text := a.Outcome.String()
			if a.Defect != sale.NoDefect {
				text = a.Defect.String()
			}
			all = append(all, text)
		}
	}
	return all
}

// What a script changes without having business there is named, and nothing
// else is.
func TestForeignKeys(t *testing.T) {
	srv := redisServer(t)
	for _, tt := range []struct {
		reason, source, in string
		want               []string
	}{
		{"a sale that writes what it may", right, "drain", []string{}},
		{"a key that the contract does not name",
			strings.Replace(right, "return 1", "redis.call('INCR', 'sold') return 1", -1), "first", []string{`"sold"`}},
		{"a refusal that changes a key that nobody audits",
			strings.Replace(right, "return -1 end", "redis.call('INCR', KEYS[3]) return -1 end", 1), "same-again", []string{`"t:100"`}},
		{"a sale that changes the same key",
			strings.Replace(right, "redis.call('SADD'", "redis.call('INCR', KEYS[3]) redis.call('SADD'", 1), "drain", []string{}},
		{"a refusal that changes the stock is for the audit to tell",
			strings.Replace(right, "return -1 end", "redis.call('DECR', KEYS[1]) return -1 end", 1), "same-again", []string{}},
		{"a time to live is a change too",
			strings.Replace(right, "return -1 end", "redis.call('EXPIRE', 'x', 9) redis.call('SETEX', KEYS[3], 99, 1) return -1 end", 1), "same-again", []string{`"t:100"`}},
		{"an odd quantity that adds stock, although the audit tells",
			strings.Replace(right, "not string.match(ARGV[2], '^[1-9]%d*$') or ", "", 1), "odd-quantity-negative", []string{`"b:100"`, `"s:100"`}},
		{"an odd quantity that is refused", right, "odd-quantity-negative", []string{}},
	} {
		c := played(t, srv, strategyOf(t, tt.source, "refuse"))[tt.in]
		if c.History == nil {
			t.Errorf("%s: %s was not played: %s", tt.reason, tt.in, c.Skipped)
		} else if got := c.History.Tail.Foreign; !slices.Equal(got, tt.want) {
			t.Errorf("%s: foreign keys %v, want %v", tt.reason, got, tt.want)
		}
	}
}

// What a script may do without its stock key depends on its promise.
func TestMissingStock(t *testing.T) {
	srv := redisServer(t)
	inits := strings.Replace(right, "if not stock then return -2 end",
		"if not stock then if redis.call('SCARD', KEYS[2]) > 0 then return -2 end redis.call('SET', KEYS[1], 3) stock = 3 end", 1)
	raises := strings.Replace(right, "if not stock then return -2 end", "", 1)
	for _, tt := range []struct{ reason, source, missing, in, want string }{
		{"a refusal, whatever its word, weighs nothing", right, "refuse", "missing-stock", "failed failed failed"},
		{"an error is none", raises, "refuse", "missing-stock", "script-error script-error script-error"},
		{"unless it is promised", raises, "error", "missing-stock", "failed failed failed"},
		{"what was sold before is sold", right, "refuse", "missing-stock-midsale", "ok failed failed failed failed failed failed failed"},
		{"an error before the item is opened is an error, too", raises, "refuse", "early", "script-error ok ok ok sold_out sold_out"},
		{"and a refusal there weighs nothing", right, "refuse", "early", "failed ok ok ok sold_out sold_out"},
		{"what is opened by the first buyer is sold like any other", inits, "init", "missing-stock", "ok ok ok sold_out sold_out"},
		{"and not opened again", inits, "init", "missing-stock-late", "ok ok sold_out failed failed failed"},
		{"a refusal that left something behind keeps its weight",
			strings.Replace(right, "return -2 end", "redis.call('SET', KEYS[1], 0) return 0 end", 1), "refuse", "missing-stock", "sold_out failed failed"},
		{"who sells without a stock is told to have sold",
			strings.Replace(right, "if not stock then return -2 end", "stock = stock or 5", 1), "refuse", "missing-stock", "ok failed failed"},
	} {
		c := played(t, srv, strategyOf(t, tt.source, tt.missing))[tt.in]
		if got := strings.Join(outcomes(t, c.History), " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.reason, got, tt.want)
		}
	}
	h := played(t, srv, strategyOf(t, right, "refuse"))["missing-stock"].History
	if a := h.Tail.Audits[0]; h.Head.Items[0].Stock != 0 || a.Stock != nil || len(a.Problems) > 0 {
		t.Errorf("a stock that was taken away: opened with %d, audited %+v; want 0, and nothing known", h.Head.Items[0].Stock, a)
	}
}

// An error that was asked for is forgiven where it changed nothing; where it
// did, the attempt may have sold.
func TestWrongType(t *testing.T) {
	srv := redisServer(t)
	late := strings.Replace(right, "return 1", "redis.call('RPUSH', KEYS[3], 1) return 1", -1)
	late = strings.Replace(late, "redis.call('RPUSH', KEYS[3], 1) return 1 then", "return 1 then", 1)
	c := played(t, srv, strategyOf(t, late, "refuse"))
	for _, tt := range []struct{ in, want, warning string }{
		{"wrong-type-1", "ok failed ok", ""},
		{"wrong-type-2", "ok failed ok", ""},
		{"wrong-type-3", "ok indeterminate ok", "an error comes after the script has written, and nothing is rolled back: WRONGTYPE Operation against a key holding the wrong kind of value (line 7)"},
	} {
		if got := strings.Join(outcomes(t, c[tt.in].History), " "); got != tt.want || strings.Join(c[tt.in].Warnings, "") != tt.warning {
			t.Errorf("%s (%s): %s, warned of %q; want %s, %q", tt.in, c[tt.in].Title, got, c[tt.in].Warnings, tt.want, tt.warning)
		}
	}
}

// A value of another type is put under a key, and taken away again unless the
// script has put something there itself.
func TestWrongTypeIsPutAway(t *testing.T) {
	srv := redisServer(t)
	over := strings.Replace(right, "redis.call('SADD'", "redis.call('SET', KEYS[3], 1) redis.call('SADD'", 1)
	cases := played(t, srv, strategyOf(t, over, "refuse"))
	for _, tt := range []struct {
		reason, in string
		want       []string
	}{
		{"a list in the place of a text", "wrong-type-1", []string{"redis-cli RENAME s:100 seckill-probe:aside", "redis-cli RPUSH s:100 wrong", "redis-cli DEL s:100", "redis-cli RENAME seckill-probe:aside s:100"}},
		{"a text in the place of a set", "wrong-type-2", []string{"redis-cli RENAME b:100 seckill-probe:aside", "redis-cli SET b:100 wrong", "redis-cli DEL b:100", "redis-cli RENAME seckill-probe:aside b:100"}},
		{"what the script has put there stays", "wrong-type-3", []string{"redis-cli RENAME t:100 seckill-probe:aside", "redis-cli RPUSH t:100 wrong"}},
	} {
		var got []string
		for _, step := range cases[tt.in].Steps[1:] {
			if step.Reply == "" {
				got = append(got, step.Lines...)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.reason, got, tt.want)
		}
	}
}

// The embedded server shows what it can, and the rest is skipped with a reason.
func TestEmbedded(t *testing.T) {
	cases := played(t, opened(t, server.Embedded), strategyOf(t, right, "refuse"))
	for _, name := range []string{"undeclared-keys", "undeclared-keys-confined", "cluster"} {
		if c := cases[name]; !strings.Contains(c.Skipped, "needs a redis-server") || c.History != nil {
			t.Errorf("%s: skipped because %q", name, c.Skipped)
		}
	}
	if c := cases["drain"]; c.Skipped != "" || strings.Join(outcomes(t, c.History), " ") != "ok ok ok sold_out sold_out sold_out duplicate" {
		t.Errorf("drain: %q, %v", c.Skipped, outcomes(t, c.History))
	}
	library, err := strategy.Find("cart", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range played(t, opened(t, server.Embedded), library) {
		if c.Skipped != "Functions need a redis-server" {
			t.Errorf("a library on the embedded server: %+v", c)
		}
	}
}

// The same seed makes the same ids, another one others.
func TestSeed(t *testing.T) {
	srv, strat := redisServer(t), strategyOf(t, right, "refuse")
	var first []string
	for _, seed := range []uint64{1, 2, 1} {
		cases, err := Run(t.Context(), srv, strat, Options{Seed: seed, NoCluster: true})
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, c := range cases {
			for _, step := range c.Steps {
				lines = append(lines, step.Lines...)
			}
		}
		if first == nil {
			first = lines
		} else if slices.Equal(first, lines) != (seed == 1) {
			t.Errorf("with seed %d the lines are the same as with 1: %v", seed, slices.Equal(first, lines))
		}
	}
}

// Whoever gives up is told so, and a script that does not compile is told its
// line.
func TestRunFails(t *testing.T) {
	srv := redisServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, srv, strategyOf(t, right, "refuse"), Options{}); err == nil {
		t.Error("a probe that was given up went on")
	}
	_, err := Run(t.Context(), srv, strategyOf(t, "if true the\nend", "refuse"), Options{NoCluster: true})
	if err == nil || !strings.HasPrefix(err.Error(), "mine.lua:1: ") {
		t.Errorf("a script that does not compile: %v", err)
	}
	_, err = Run(t.Context(), &server.Server{Kind: server.Remote}, strategyOf(t, right, "refuse"), Options{})
	if err == nil || !strings.Contains(err.Error(), "a server of its own") {
		t.Errorf("a server of somebody else is probed: %v", err)
	}
	if _, err := Run(t.Context(), srv, strategy.Strategy{Name: "lock"}, Options{}); err == nil {
		t.Error("what is no script is probed")
	}
}

// Lines reach redis-cli byte for byte through a shell.
func TestLinesAreBytes(t *testing.T) {
	srv := redisServer(t)
	client, err := exec.LookPath("redis-cli")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	port := srv.Address[strings.LastIndex(srv.Address, ":")+1:]
	s := &sheet{client: client + " -p " + port, scripts: []contract.Script{{File: "mine's.lua", Source: []byte("return redis.call('SET', KEYS[1], ARGV[1])"), SHA1: "d8f2fad9f8e86a53d2a6ebd960b33c4972cacc37"}}}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/mine's.lua", s.scripts[0].Source, 0o644); err != nil {
		t.Fatal(err)
	}
	for n, word := range []string{
		"", "plain", "two  words", "it's", `"quoted"`, `back\slash`, `\x41\n`, "$(id) `id` ${HOME} *?[a]~", "line\nbreak", "tab\t", "\x00", "a\x00\xff\xfe",
		"é ✓", "-1", "--help", "%s %d", "'", `\`, "\r\n", "\u202e", "#", "!", "a;b|c&d>e<f",
	} {
		for _, args := range [][]any{
			{"SET", "k" + word, word},
			{"EVALSHA", s.scripts[0].SHA1, 1, "k" + word, word},
			{"EVAL", string(s.scripts[0].Source), 1, "k" + word, word},
		} {
			s.loaded = false
			lines := s.lines(args)
			if !passes(lines) {
				t.Errorf("a person cannot see what is in %q", lines)
			}
			run := exec.Command("sh", "-c", client+" -p "+port+" FLUSHALL && "+strings.Join(lines, "\n"))
			run.Dir = dir
			out, err := run.CombinedOutput()
			keys, lookErr := srv.Keyspace(t.Context())
			want := server.Value{Type: "string", Text: fmt.Sprintf("%q", word)}
			if err != nil || lookErr != nil || len(keys) != 1 || keys["k"+word] != want {
				t.Errorf("word %d %q by %v: %v %v, the server has %v\n%s\n%s", n, word, args[0], err, lookErr, keys, lines, out)
			}
		}
	}
}

// A script is loaded once a case, where it has to be.
func TestLoadedOnce(t *testing.T) {
	library := &sheet{client: "redis-cli", scripts: []contract.Script{{File: "l.lua"}}}
	script := &sheet{client: "redis-cli", scripts: []contract.Script{{File: "s.lua", SHA1: "abc"}}}
	for _, tt := range []struct {
		reason string
		s      *sheet
		args   []any
		want   []string
	}{
		{"a program looks for the library first", library, []any{"FUNCTION", "LIST"}, []string{"redis-cli -x FUNCTION LOAD REPLACE < l.lua"}},
		{"and loads it then", library, []any{"FUNCTION", "LOAD", "text"}, nil},
		{"a word that can be seen goes with the text", script, []any{"EVALSHA", "abc", 0, "a"}, []string{`redis-cli EVAL "$(cat s.lua)" 0 a`}},
		{"one that cannot needs the digest", script, []any{"EVALSHA", "abc", 0, "\x01"},
			[]string{"redis-cli -x SCRIPT LOAD < s.lua", `printf '%s\n' 'EVALSHA abc 0 "\x01"' | redis-cli`}},
		{"which is known by then", script, []any{"EVALSHA", "abc", 0, "\x02"}, []string{`printf '%s\n' 'EVALSHA abc 0 "\x02"' | redis-cli`}},
		{"a person loads no script for a program", script, []any{"SCRIPT", "LOAD", "text"}, nil},
	} {
		if got := tt.s.lines(tt.args); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.reason, got, tt.want)
		}
	}
}

// A quantity that the script is not told cannot be an odd one.
func TestQuantityIsNotTold(t *testing.T) {
	text := strings.Replace(strings.Replace(mine, `, "{{qty}}"]`, "]", 1), "limit: 1", "limit: 2", 1)
	c, err := contract.Load(fstest.MapFS{
		"mine.lua": {Data: []byte("return 0")}, "mine.yaml": {Data: []byte("qty: 2\n" + strings.Replace(text, "MISSING", "refuse", 1))},
	}, "mine.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cases := played(t, redisServer(t), strategy.Script(c))
	for _, name := range []string{"odd-quantity-zero", "above-stock", "string-compare-above"} {
		if got := cases[name].Skipped; got != "the contract passes no {{qty}}" {
			t.Errorf("%s: skipped because %q", name, got)
		}
	}
}

func TestDeclared(t *testing.T) {
	for _, tt := range []struct {
		reason string
		args   []any
		want   []string
	}{
		{"as many as it says", []any{"EVALSHA", "x", "2", "a", "b", "c"}, []string{"a", "b"}},
		{"none", []any{"FCALL", "f", "0", "a"}, nil},
		{"no call of a script", []any{"SET", "k", "1", "a"}, nil},
		{"fewer than it says", []any{"EVAL", "x", "3", "a"}, []string{"a"}},
	} {
		if got := declared(tt.args); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v declares %v, want %v", tt.reason, tt.args, got, tt.want)
		}
	}
}

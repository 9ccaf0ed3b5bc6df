package strategy

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// baselineBehaviours are what strategies in Go do, one buyer at a time, and the
// commands that takes. The sale opens with three units of item 7.
var baselineBehaviours = []struct {
	strategy, reason string
	steps            []step
	stock            string
	holdings         map[string]int64
	sent             string // by the last step
}{
	{"naive", "sells, and tells what is left", []step{buys("1", "ok/2"), buys("2", "ok/1")}, "1", nil, "GET DECR"},
	{"naive", "sells to the same buyer again", []step{buys("1", "ok/2"), buys("1", "ok/1")}, "1", nil, "GET DECR"},
	{"naive", "stops at nothing left", []step{sets("SET", "{seckill:7}:stock", 0), buys("1", "sold_out")}, "0", nil, "GET"},
	{"naive", "sells nothing below zero, and hides nothing", []step{sets("SET", "{seckill:7}:stock", -1), buys("1", "sold_out")}, "-1", nil, "GET"},
	{"naive", "refuses a missing stock", []step{sets("DEL", "{seckill:7}:stock"), buys("1", "not_ready")}, "?", nil, "GET"},
	{"naive", "what is no counter sells nothing", []step{sets("SET", "{seckill:7}:stock", "many"), buys("1", "failed")}, "?", nil, "GET"},

	{"decr", "sells, and tells what is left", []step{buys("1", "ok/2"), buys("1", "ok/1"), buys("2", "ok/0")}, "0", nil, "DECR"},
	{"decr", "a counter below zero is an empty stock", []step{sets("SET", "{seckill:7}:stock", 0), buys("1", "sold_out"), buys("2", "sold_out")}, "0", nil, "DECR"},
	{"decr", "a missing stock looks sold out", []step{sets("DEL", "{seckill:7}:stock"), buys("1", "sold_out")}, "0", nil, "DECR"},
	{"decr", "what is no counter raises an error", []step{sets("SET", "{seckill:7}:stock", "many"), buys("1", "indeterminate")}, "?", nil, "DECR"},

	{"decr-undo", "sells, and tells what is left", []step{buys("1", "ok/2")}, "2", nil, "DECR"},
	{"decr-undo", "gives back what is not there", []step{sets("SET", "{seckill:7}:stock", 1), buys("1", "ok/0"), buys("2", "sold_out"), sets("INCR", "{seckill:7}:stock"), buys("3", "ok/0"), buys("3", "sold_out")}, "0", nil, "DECR INCR"},

	{"sadd-decr", "sells, and tells what is left", []step{buys("1", "ok/2"), buys("2", "ok/1")}, "1", map[string]int64{"1": 1, "2": 1}, "SADD DECR"},
	{"sadd-decr", "refuses a second purchase", []step{buys("1", "ok/2"), buys("1", "duplicate")}, "2", map[string]int64{"1": 1}, "SADD"},
	{"sadd-decr", "strikes out who got none, and gives back", []step{sets("SET", "{seckill:7}:stock", 0), buys("1", "sold_out"), buys("1", "sold_out")}, "0", nil, "SADD DECR INCR SREM"},

	{"watch", "sells, and tells what is left", []step{buys("1", "ok/2"), buys("1", "ok/1")}, "1", nil, "WATCH GET MULTI DECR EXEC"},
	{"watch", "stops at nothing left", []step{sets("SET", "{seckill:7}:stock", 0), buys("1", "sold_out")}, "0", nil, "WATCH GET UNWATCH"},
	{"watch", "refuses a missing stock", []step{sets("DEL", "{seckill:7}:stock"), buys("1", "not_ready")}, "?", nil, "WATCH GET UNWATCH"},
	{"watch", "what is no counter sells nothing", []step{sets("SET", "{seckill:7}:stock", "many"), buys("1", "failed")}, "?", nil, "WATCH GET UNWATCH"},

	{"lock", "sells, and tells what is left", []step{buys("1", "ok/2"), buys("1", "ok/1")}, "1", nil, "SET GET DECR EVAL"},
	{"lock", "stops at nothing left", []step{sets("SET", "{seckill:7}:stock", 0), buys("1", "sold_out"), buys("2", "sold_out")}, "0", nil, "SET GET EVAL"},
	{"lock", "refuses a missing stock", []step{sets("DEL", "{seckill:7}:stock"), buys("1", "not_ready")}, "?", nil, "SET GET EVAL"},
	{"lock", "waits for the lock, and gives up", []step{sets("SET", "{seckill:7}:lock", "another"), buys("1", "failed")}, "3", nil, strings.TrimSpace(strings.Repeat("SET ", lockTries))},

	{"lock-short-lease", "sells, and tells what is left", []step{buys("1", "ok/2"), buys("1", "ok/1")}, "1", nil, "SET GET DECR DEL"},
	{"lock-short-lease", "stops at nothing left", []step{sets("SET", "{seckill:7}:stock", 0), buys("1", "sold_out")}, "0", nil, "SET GET DEL"},

	{"bitfield", "sells, and tells what is left", []step{buys("1", "ok/2"), buys("1", "ok/1"), buys("2", "ok/0")}, "0", nil, "BITFIELD"},
	{"bitfield", "stops at nothing left, and stays there", []step{buys("1", "ok/2"), buys("1", "ok/1"), buys("2", "ok/0"), buys("2", "sold_out"), buys("3", "sold_out")}, "0", nil, "BITFIELD"},
	{"bitfield", "a missing stock looks sold out", []step{sets("DEL", "{seckill:7}:stock"), buys("1", "sold_out")}, "0", nil, "BITFIELD"},
}

func TestBaselines(t *testing.T) {
	onServers(t, func(t *testing.T, c *client) {
		for _, tt := range baselineBehaviours {
			t.Run(tt.strategy+" "+tt.reason, func(t *testing.T) {
				s, item := opened(t, c, tt.strategy)
				last := len(tt.steps) - 1
				takes(t, c, s, item, tt.steps[:last])
				c.sent = nil
				takes(t, c, s, item, tt.steps[last:])
				if got := strings.Join(c.sent, " "); got != tt.sent {
					t.Errorf("sent %s, want %s", got, tt.sent)
				}
				audited(t, s.Audit(t.Context(), c, item), tt.stock, tt.holdings)
				if left, err := s.Stock(t.Context(), c, item); (err != nil) != (tt.stock == "?") {
					t.Errorf("the stock is %d, %v", left, err)
				}
			})
		}
	})
}

// A meddler does something just before a command is sent, or instead of it.
type meddler struct {
	*client
	before func(word string) error
}

func (m meddler) Do(ctx context.Context, args ...any) (any, error) {
	if err := m.before(args[0].(string)); err != nil {
		m.sent = append(m.sent, args[0].(string))
		return nil, err
	}
	return m.client.Do(ctx, args...)
}

var errBroken = errors.New("EOF")

// What an attempt says when its connection breaks, command by command: failed
// only if nothing can have been granted. Nothing that might undo what may yet
// run is sent after.
func TestWhereAnAttemptBreaksOff(t *testing.T) {
	for _, tt := range []struct {
		strategy string
		stock    int
		breaks   string // at this command
		want     string
		sent     string // before and after it
	}{
		{"naive", 3, "GET", "failed", "GET"},
		{"naive", 3, "DECR", "indeterminate", "GET DECR"},
		{"decr", 3, "DECR", "indeterminate", "DECR"},
		{"decr-undo", 3, "DECR", "indeterminate", "DECR"},
		{"decr-undo", 0, "INCR", "failed", "DECR INCR"},
		{"sadd-decr", 3, "SADD", "indeterminate", "SADD"},
		{"sadd-decr", 3, "DECR", "indeterminate", "SADD DECR"},
		{"sadd-decr", 0, "INCR", "indeterminate", "SADD DECR INCR"},
		{"sadd-decr", 0, "SREM", "indeterminate", "SADD DECR INCR SREM"},
		{"watch", 3, "WATCH", "failed", "WATCH"},
		{"watch", 3, "GET", "failed", "WATCH GET UNWATCH"},
		{"watch", 3, "MULTI", "failed", "WATCH GET MULTI DISCARD"},
		{"watch", 3, "DECR", "failed", "WATCH GET MULTI DECR DISCARD"},
		{"watch", 3, "EXEC", "indeterminate", "WATCH GET MULTI DECR EXEC"},
		{"watch", 0, "UNWATCH", "sold_out", "WATCH GET UNWATCH"},
		{"lock", 3, "SET", "failed", "SET"},
		{"lock", 3, "GET", "failed", "SET GET EVAL"},
		{"lock", 3, "DECR", "indeterminate", "SET GET DECR"},
		{"lock", 3, "EVAL", "ok/2", "SET GET DECR EVAL"},
		{"bitfield", 3, "BITFIELD", "indeterminate", "BITFIELD"},
	} {
		onServers(t, func(t *testing.T, c *client) {
			s, item := opened(t, c, tt.strategy)
			if tt.strategy != "bitfield" {
				c.must(t, "SET", "{seckill:7}:stock", tt.stock)
			}
			c.sent = nil
			p := sale.Purchase{Verb: sale.Buy, Item: item, Buyer: "1", Request: "1", Quantity: 1}
			a := s.Call(t.Context(), meddler{c, func(word string) error {
				if word == tt.breaks {
					return errBroken
				}
				return nil
			}}, &p)
			if got := shown(t, a, 1); got != tt.want || strings.Join(c.sent, " ") != tt.sent {
				t.Errorf("%s at %s: %s by %v, want %s by %s", tt.strategy, tt.breaks, got, c.sent, tt.want, tt.sent)
			}
			if tt.want == "failed" || tt.want == "indeterminate" {
				if a.Raw != "EOF" {
					t.Errorf("%s at %s: tells %q", tt.strategy, tt.breaks, a.Raw)
				}
			}
			c.Do(t.Context(), "DISCARD") // the connection is used again
		})
	}
}

// Only the holder of a lock gives it back; the one with the short lease gives
// back whatever lock there is.
func TestWhoseLockIsFreed(t *testing.T) {
	onServers(t, func(t *testing.T, c *client) {
		for name, want := range map[string]any{"lock": "another", "lock-short-lease": nil} {
			s, item := opened(t, c, name)
			p := sale.Purchase{Verb: sale.Buy, Item: item, Buyer: "1", Request: "1", Quantity: 1}
			s.Call(t.Context(), meddler{c, func(word string) error {
				if word == "DECR" { // the lease has ended meanwhile
					c.must(t, "SET", "{seckill:7}:lock", "another")
				}
				return nil
			}}, &p)
			if got := c.must(t, "GET", "{seckill:7}:lock"); got != want {
				t.Errorf("%s leaves the lock %v, want %v", name, got, want)
			}
		}
	})
}

// No two purchases have the same token, not even two clicks of one.
func TestTokensDiffer(t *testing.T) {
	var tokens []any
	s, _ := Find("lock", "")
	p := sale.Purchase{Verb: sale.Buy, Buyer: "1", Request: "1", Quantity: 1}
	for range 2 {
		s.Call(t.Context(), doer(func(args ...any) (any, error) {
			if args[0] == "SET" {
				if !slices.Equal(args[3:], []any{"NX", "PX", lockLease.Milliseconds()}) {
					t.Errorf("takes the lock by %v", args)
				}
				tokens = append(tokens, args[2])
			}
			return nil, errBroken
		}), &p)
	}
	if len(tokens) != 2 || tokens[0] == tokens[1] {
		t.Errorf("tokens %v", tokens)
	}
}

// EXEC that ran nothing sold nothing; of one that cannot be read nobody knows.
func TestWhatExecTells(t *testing.T) {
	for _, tt := range []struct {
		reply   any
		err     error
		want    string
		changed bool
	}{
		{[]any{int64(4)}, nil, "ok/4", false},
		{nil, nil, "outcome(0)/0", true},
		{[]any{errors.New("WRONGTYPE")}, nil, "failed", false},
		{[]any{}, nil, "indeterminate", false},
		{"OK", nil, "indeterminate", false},
		{nil, errBroken, "indeterminate", false},
	} {
		a, changed := executed(tt.reply, tt.err)
		if got := shown(t, a, 1); got != tt.want || changed != tt.changed {
			t.Errorf("%v, %v: %s, changed %v; want %s, %v", tt.reply, tt.err, got, changed, tt.want, tt.changed)
		}
	}
}

// Who watches tries again when others were faster, and gives up in the end,
// which is no refusal.
func TestWatchTriesAgain(t *testing.T) {
	onServers(t, func(t *testing.T, c *client) {
		for _, tt := range []struct {
			others int // how often they are faster
			want   string
			tries  int
		}{{0, "ok/99", 1}, {4, "ok/95", 5}, {5, "failed", 5}, {9, "failed", 5}} {
			_, item := opened(t, c, "watch")
			c.must(t, "SET", "{seckill:7}:stock", 100)
			other := client{redis: connected(t, c.redis.Options().Network, c.redis.Options().Addr).redis}
			c.sent = nil
			faster := 0
			p := sale.Purchase{Verb: sale.Buy, Item: item, Buyer: "1", Request: "1", Quantity: 1}
			a := Watch(5).Call(t.Context(), meddler{c, func(word string) error {
				if word == "MULTI" && faster < tt.others {
					faster++
					other.must(t, "DECR", "{seckill:7}:stock")
				}
				return nil
			}}, &p)
			tries := len(slices.DeleteFunc(slices.Clone(c.sent), func(word string) bool { return word != "WATCH" }))
			if got := shown(t, a, 1); got != tt.want || tries != tt.tries {
				t.Errorf("others were faster %d times: %s after %d tries, want %s after %d; %s", tt.others, got, tries, tt.want, tt.tries, a.Raw)
			}
		}
	})
}

func TestBaselinesSellOneAPurchase(t *testing.T) {
	for i := range baselines {
		s, err := Find(baselines[i].name, "")
		if err != nil {
			t.Fatal(err)
		}
		if s.Contract != nil || s.SHA1 != "" || s.CallBy != CallGo || s.Trips == "" || s.Flaw == "" || s.About == "" || !slices.Contains(Compared, s.Name) {
			t.Errorf("%+v", s)
		}
		if _, err := s.With(2, 2); err == nil || err.Error() != s.Name+" sells 1 a purchase and cannot be told 2" {
			t.Errorf("%s: two at once: %v", s.Name, err)
		}
		if with, err := s.With(1, 3); err != nil || with.Terms.Limit != 3 {
			t.Errorf("%s: another limit: %+v, %v", s.Name, with.Terms, err)
		}
		if _, err := Find(s.Name, "a.yaml"); err == nil || !strings.Contains(err.Error(), "is a strategy in Go") {
			t.Errorf("%s under a contract: %v", s.Name, err)
		}
	}
}

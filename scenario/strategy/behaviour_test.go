package strategy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A step is one thing that happens to a sale and what is seen of it: a
// command (set), or a purchase with the answer it must get.
type step struct {
	set      []any
	buyer    string
	quantity int64
	request  string
	verb     sale.Verb // of what the buyer bought last; Buy if 0
	want     string    // outcome, or outcome/units left
}

func buys(buyer, want string) step { return step{buyer: buyer, quantity: 1, want: want} }

func buysMany(buyer string, quantity int64, want string) step {
	return step{buyer: buyer, quantity: quantity, want: want}
}

func asks(buyer, request string, quantity int64, want string) step {
	return step{buyer: buyer, request: request, quantity: quantity, want: want}
}

func releases(buyer, want string) step {
	return step{buyer: buyer, quantity: 1, verb: sale.Release, want: want}
}

func sets(command ...any) step { return step{set: command} }

// behaviours are what the built-in scripts do, one buyer at a time. The sale
// opens with three units of item 7.
var behaviours = []struct {
	script, reason string
	steps          []step
	stock          string           // as the audit has it; ? for a problem
	holdings       map[string]int64 // likewise
}{
	{"article", "sells to whoever comes, and the first call opens the sale", []step{buys("1", "ok"), buys("2", "ok")}, "1", map[string]int64{"1": 1, "2": 1}},
	{"article", "stops at nothing left", []step{buys("1", "ok"), buys("2", "ok"), buys("3", "ok"), buys("4", "sold_out"), buys("1", "sold_out")}, "0", map[string]int64{"1": 1, "2": 1, "3": 1}},
	{"article", "fault: never asks whether the user has bought", []step{buys("1", "ok"), buys("1", "ok")}, "1", map[string]int64{"1": 1}},
	{"article", "fault: a stock that is lost is opened anew", []step{buys("1", "ok"), sets("DEL", "seckill:7:stock"), buys("2", "ok")}, "2", map[string]int64{"1": 1, "2": 1}},
	{"article", "fault: sells below zero", []step{sets("SET", "seckill:7:stock", "-1"), buys("1", "ok")}, "-2", map[string]int64{"1": 1}},
	{"article", "fault: makes a float of the user id", []step{buys("9007199254740993", "ok")}, "2", map[string]int64{"9007199254740992": 1}},
	{"article", "an item nobody touched has all its units", nil, "3", nil},
	{"article", "what is no counter raises an error, after nothing was written", []step{sets("SET", "seckill:7:stock", "many"), buys("1", "indeterminate!script-error")}, "?", nil},

	{"once", "sells, and tells what is left", []step{buys("1", "ok/2"), buys("2", "ok/1"), buys("3", "ok/0"), buys("4", "sold_out")}, "0", map[string]int64{"1": 1, "2": 1, "3": 1}},
	{"once", "refuses a second purchase", []step{buys("1", "ok/2"), buys("1", "duplicate")}, "2", map[string]int64{"1": 1}},
	{"once", "tells a buyer so also when nothing is left", []step{sets("SET", "{seckill:7}:stock", 1), buys("1", "ok/0"), buys("1", "duplicate"), buys("2", "sold_out")}, "0", map[string]int64{"1": 1}},
	{"once", "refuses a missing stock", []step{sets("DEL", "{seckill:7}:stock"), buys("1", "not_ready")}, "?", nil},
	{"once", "sells nothing below zero", []step{sets("SET", "{seckill:7}:stock", -1), buys("1", "sold_out")}, "-1", nil},
	{"once", "counts ten as more than nine", []step{sets("SET", "{seckill:7}:stock", 10), buys("1", "ok/9"), buys("2", "ok/8")}, "8", map[string]int64{"1": 1, "2": 1}},
	{"once", "keeps neighbouring long ids apart", []step{buys("1234567890123456788", "ok/2"), buys("1234567890123456789", "ok/1")}, "1", map[string]int64{"1234567890123456788": 1, "1234567890123456789": 1}},
	{"once", "an id is a string: 1 is not 01", []step{buys("1", "ok/2"), buys("01", "ok/1")}, "1", map[string]int64{"1": 1, "01": 1}},
	{"once", "what is no counter raises an error, and nothing is sold", []step{sets("SET", "{seckill:7}:stock", "many"), buys("1", "indeterminate!script-error")}, "?", nil},
	{"once", "another type under its set raises an error, and nothing is sold", []step{sets("SET", "{seckill:7}:buyers", "x"), buys("1", "indeterminate!script-error")}, "3", nil},

	{"limited", "sells several at once", []step{buysMany("1", 2, "ok/1"), buysMany("2", 1, "ok/0"), buysMany("3", 1, "sold_out")}, "0", map[string]int64{"1": 2, "2": 1}},
	{"limited", "grants all or nothing", []step{buysMany("1", 2, "ok/1"), buysMany("2", 2, "sold_out"), buysMany("2", 1, "ok/0")}, "0", map[string]int64{"1": 2, "2": 1}},
	{"limited", "stops a buyer at his limit of four", []step{sets("SET", "{seckill:7}:stock", 100), buysMany("1", 3, "ok/97"), buysMany("1", 2, "over_limit"), buysMany("1", 1, "ok/96"), buysMany("1", 1, "over_limit"), buysMany("2", 5, "over_limit")}, "96", map[string]int64{"1": 4}},
	{"limited", "the limit is told before the stock", []step{buysMany("1", 5, "over_limit"), buysMany("1", 4, "sold_out")}, "3", nil},
	{"limited", "refuses a missing stock", []step{sets("DEL", "{seckill:7}:stock"), buysMany("1", 2, "not_ready")}, "?", nil},
	{"limited", "sells nothing for nothing", []step{buysMany("1", 0, "failed")}, "3", nil},
	{"limited", "gives nothing back for less than nothing", []step{buysMany("1", -1, "failed")}, "3", nil},
	{"limited", "refuses more than a float holds", []step{buysMany("1", 9_007_199_254_740_993, "failed")}, "3", nil},
	{"limited", "counts ten as more than nine", []step{sets("SET", "{seckill:7}:stock", 10), buysMany("1", 1, "ok/9")}, "9", map[string]int64{"1": 1}},
	{"limited", "keeps neighbouring long ids apart", []step{buysMany("1234567890123456788", 1, "ok/2"), buysMany("1234567890123456789", 1, "ok/1")}, "1", map[string]int64{"1234567890123456788": 1, "1234567890123456789": 1}},
}

func TestBehaviour(t *testing.T) {
	onServers(t, func(t *testing.T, c *client) {
		for _, tt := range behaviours {
			t.Run(tt.script+" "+tt.reason, func(t *testing.T) {
				s, item := opened(t, c, tt.script)
				took := takes(t, c, s, item, tt.steps)
				audited(t, s.AuditFor(t.Context(), c, item, took), tt.stock, tt.holdings)
			})
		}
	})
}

// takes walks through the steps and returns who took part.
func takes(t *testing.T, c *client, s Strategy, item sale.Item, steps []step) sale.Took {
	t.Helper()
	var bought []sale.Purchase
	receipts := map[string]map[string]string{}
	for i, step := range steps {
		if step.set != nil {
			c.must(t, step.set...)
			continue
		}
		p := sale.Purchase{
			Verb: max(step.verb, sale.Buy), Item: item, Buyer: step.buyer, Request: cmp.Or(step.request, fmt.Sprint("r", i)),
			Quantity: step.quantity, Receipt: receipts[step.buyer],
		}
		a := s.Call(t.Context(), c, &p)
		if got := shown(t, a, step.quantity); got != step.want {
			t.Errorf("step %d, buyer %s: got %s, want %s; %s", i+1, step.buyer, got, step.want, a.Raw)
		}
		if a.Receipt != nil && p.Verb == sale.Buy {
			receipts[step.buyer] = a.Receipt
		}
		if !slices.ContainsFunc(bought, func(b sale.Purchase) bool { return b.Buyer == p.Buyer }) {
			bought = append(bought, p)
		}
	}
	return sale.Took{Buyers: slices.Values(bought), Requests: slices.Values(bought)}
}

// opened returns a built-in strategy with item 7 on sale, on a server that is
// otherwise empty.
func opened(t *testing.T, c *client, script string) (Strategy, sale.Item) {
	t.Helper()
	s, err := Find(script, "")
	if err != nil {
		t.Fatal(err)
	}
	item := sale.Item{ID: "7", Stock: 3}
	if s.CallBy == contract.FCall && c.embedded {
		t.Skip("the embedded server has no Functions")
	}
	if script == "bitfield" && c.embedded {
		t.Skip("the embedded server has no BITFIELD")
	}
	c.must(t, "FLUSHALL")
	if err := s.Load(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := s.Open(t.Context(), c, item); err != nil {
		t.Fatal(err)
	}
	return s, item
}

// shown writes an answer as the table of behaviours does.
func shown(t *testing.T, a sale.Answer, quantity int64) string {
	t.Helper()
	granted := int64(0)
	if a.Outcome == sale.OK {
		granted = quantity
	}
	if a.Granted != granted {
		t.Errorf("%v granted %d of %d", a.Outcome, a.Granted, quantity)
	}
	text := a.Outcome.String()
	if a.Left != sale.Untold {
		text += fmt.Sprintf("/%d", a.Left)
	}
	if a.Defect != sale.NoDefect {
		text += "!" + a.Defect.String()
	}
	return text
}

func audited(t *testing.T, a sale.Audit, stock string, holdings map[string]int64) {
	t.Helper()
	got := "?"
	if a.Stock != nil {
		got = fmt.Sprint(*a.Stock)
	}
	if got != stock {
		t.Errorf("the stock is %s, want %s; %v", got, stock, a.Problems)
	}
	held := map[string]int64{}
	for _, h := range a.Holdings {
		held[h.Buyer] = h.Units
	}
	if len(held) != len(a.Holdings) || !maps.Equal(held, holdings) {
		t.Errorf("the ledger has %v, want %v", a.Holdings, holdings)
	}
}

// No script may touch a key that its contract does not name.
func TestNoOtherKeys(t *testing.T) {
	onServers(t, func(t *testing.T, c *client) {
		for _, name := range Names() {
			t.Run(name, func(t *testing.T) {
				s, item := opened(t, c, name)
				p := sale.Purchase{Verb: sale.Buy, Item: item, Buyer: "1", Request: "r", Quantity: s.Quantity}
				if a := s.Call(t.Context(), c, &p); a.Outcome != sale.OK {
					t.Fatalf("got %+v", a)
				}
				bought := slices.Values([]sale.Purchase{p})
				var named []string
				for key, err := range s.KeysFor(item, sale.Took{Buyers: bought, Requests: bought}) {
					if err != nil {
						t.Fatal(err)
					}
					named = append(named, key)
				}
				var keys []string
				for _, key := range c.must(t, "KEYS", "*").([]any) {
					keys = append(keys, key.(string))
				}
				slices.Sort(keys)
				slices.Sort(named)
				if s.Contract == nil { // a lock is given back
					named = slices.DeleteFunc(named, func(key string) bool { return strings.HasSuffix(key, ":lock") })
				}
				if !slices.Equal(keys, named) {
					t.Errorf("%s made %q, its contract names %q", name, keys, named)
				}
			})
		}
	})
}

// A ledger that takes many steps to read is read whole.
func TestLargeLedger(t *testing.T) {
	const buyers = 5000
	onServers(t, func(t *testing.T, c *client) {
		for script, add := range map[string]string{"once": "SADD", "limited": "HSET"} {
			s, item := opened(t, c, script)
			keys, err := s.Keys(item)
			if err != nil {
				t.Fatal(err)
			}
			command := []any{add, keys[1]}
			for b := range buyers {
				command = append(command, fmt.Sprintf("u%d", b))
				if add == "HSET" {
					command = append(command, "2")
				}
			}
			c.must(t, command...)
			a := s.Audit(t.Context(), c, item)
			if len(a.Holdings) != buyers || len(a.Problems) != 0 {
				t.Errorf("%s: %d buyers, problems %q", script, len(a.Holdings), a.Problems)
			}
		}
	})
}

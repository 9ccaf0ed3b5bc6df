package strategy

import (
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// stockKey is the stock of item 7 as some scripts have it.
const stockKey = "{seckill:7}:stock"

// shapes are the scripts that stand for the ways in which scripts are written,
// one buyer at a time. The sale opens with three units of item 7.
var shapes = []struct {
	script, reason string
	steps          []step
	stock          string
	holdings       map[string]int64
	orders         int // how many there are; -1: none can be read
}{
	{"course", "sells until nothing is left, and tells the stock first", []step{buys("1", "ok"), buys("1", "duplicate"), buys("2", "ok"), buys("3", "ok"), buys("1", "sold_out"), buys("4", "sold_out")}, "0", map[string]int64{"1": 1, "2": 1, "3": 1}, 3},
	{"course", "raises an error without a stock", []step{sets("DEL", "seckill:stock:7"), buys("1", "indeterminate!script-error")}, "?", nil, 0},
	{"course", "an id is its bytes", []step{buys("a b\"\n\x00\xff", "ok")}, "2", map[string]int64{"a b\"\n\x00\xff": 1}, 1},

	{"request", "sells several, up to a limit", []step{asks("1", "a", 2, "ok"), asks("2", "b", 2, "sold_out"), asks("2", "c", 1, "ok"), asks("1", "d", 3, "over_limit")}, "0", map[string]int64{"1": 2, "2": 1}, -1},
	{"request", "a request that was granted hears so again, also when nothing is left", []step{asks("1", "a", 3, "ok"), asks("1", "a", 3, "replayed"), asks("2", "b", 1, "sold_out"), asks("1", "a", 3, "replayed")}, "0", map[string]int64{"1": 3}, -1},
	{"request", "a request that was refused is none", []step{asks("1", "a", 4, "sold_out"), sets("SET", "{shop:7}:stock", 4), asks("1", "a", 4, "ok")}, "0", map[string]int64{"1": 4}, -1},
	{"request", "refuses a missing stock", []step{sets("DEL", "{shop:7}:stock"), asks("1", "a", 2, "not_ready")}, "?", nil, -1},

	{"buckets", "goes round until the last bucket is empty", []step{buys("1", "ok"), buys("2", "ok"), buys("3", "ok"), buys("4", "sold_out"), buys("1", "duplicate")}, "0", map[string]int64{"1": 1, "2": 1, "3": 1}, -1},
	{"buckets", "gives a unit back, once", []step{buys("1", "ok"), releases("1", "ok"), releases("1", "refused"), buys("1", "ok")}, "2", map[string]int64{"1": 1}, -1},
	{"buckets", "refuses a missing stock", []step{sets("DEL", stockKey), buys("1", "not_ready")}, "3", nil, -1},
	{"buckets", "an error where the buckets hold less than the stock", []step{sets("SET", stockKey, 9), buys("1", "ok"), buys("2", "ok"), buys("3", "ok"), buys("4", "indeterminate!script-error")}, "0", map[string]int64{"1": 1, "2": 1, "3": 1}, -1},

	{"tokens", "hands out what lies ready", []step{buys("1", "ok"), buys("1", "refused"), buys("2", "ok"), buys("3", "ok"), buys("4", "refused")}, "0", map[string]int64{"1": 1, "2": 1, "3": 1}, 3},
	{"tokens", "keeps neighbouring long ids apart", []step{buys("9007199254740992", "ok"), buys("9007199254740993", "ok")}, "1", map[string]int64{"9007199254740992": 1, "9007199254740993": 1}, 2},

	{"cart", "sells, and gives back", []step{buysMany("1", 2, "ok"), buysMany("2", 2, "sold_out"), releases("1", "ok"), buysMany("2", 2, "ok")}, "0", nil, -1},
	{"cart", "refuses a missing stock", []step{sets("DEL", "{seckill:cart}:7:stock"), buys("1", "sold_out"), releases("1", "not_ready")}, "?", nil, -1},

	{"packed", "packs its answer into bits", []step{buys("1", "ok"), buys("1", "duplicate"), buys("2", "ok"), buys("3", "ok"), buys("4", "sold_out")}, "0", map[string]int64{"1": 1, "2": 1, "3": 1}, -1},
	{"packed", "more than the bits can count is a sale nevertheless", []step{sets("HSET", "{goods:7}", "stock", 100_000), buys("1", "ok")}, "99999", map[string]int64{"1": 1}, -1},
	{"packed", "refuses a missing stock", []step{sets("DEL", "{goods:7}"), buys("1", "not_ready")}, "?", nil, -1},
}

func TestShapes(t *testing.T) {
	onServers(t, func(t *testing.T, c *client) {
		for _, tt := range shapes {
			t.Run(tt.script+" "+tt.reason, func(t *testing.T) {
				s, item := opened(t, c, tt.script)
				took := takes(t, c, s, item, tt.steps)
				a := s.AuditFor(t.Context(), c, item, took)
				audited(t, a, tt.stock, tt.holdings)
				orders := -1
				if a.Orders != nil {
					orders = len(a.Orders.Rows)
				}
				if orders != tt.orders {
					t.Errorf("%d orders, want %d; %q", orders, tt.orders, a.Problems)
				}
			})
		}
	})
}

// Every order pairs with a granted attempt on all that both know.
func TestOrdersPair(t *testing.T) {
	onServers(t, func(t *testing.T, c *client) {
		for _, script := range []string{"course", "tokens"} {
			s, item := opened(t, c, script)
			var want [][]string
			odd := "a \"b\"\n\xff"
			if c.embedded { // its cjson makes characters of bytes that are none
				odd = "a \"b\"\n"
			}
			for _, buyer := range []string{"1", "9007199254740993", odd} {
				p := sale.Purchase{Verb: sale.Buy, Item: item, Buyer: buyer, Request: "r" + buyer, Quantity: 1}
				a := s.Call(t.Context(), c, &p)
				row := []string{buyer, item.ID, a.Receipt["order"]}
				if script == "tokens" {
					row = []string{buyer, a.Receipt["token"]}
				}
				if a.Outcome != sale.OK || slices.Contains(row, "") {
					t.Fatalf("%s: got %+v", script, a)
				}
				want = append(want, row)
			}
			got := s.Audit(t.Context(), c, item)
			if got.Orders == nil {
				t.Fatalf("%s: %q", script, got.Problems)
			}
			slices.SortFunc(got.Orders.Rows, slices.Compare)
			slices.SortFunc(want, slices.Compare)
			if !slices.EqualFunc(got.Orders.Rows, want, slices.Equal) {
				t.Errorf("%s: orders %q of %q, want %q", script, got.Orders.Rows, got.Orders.Fields, want)
			}
		}
	})
}

// The buckets are read in one transaction, or one after the other where the
// server has none for us.
func TestPartsAreReadTogether(t *testing.T) {
	onServers(t, func(t *testing.T, c *client) {
		s, item := opened(t, c, "buckets")
		c.sent = nil
		if units, err := s.Stock(t.Context(), c, item); units != 3 || err != nil {
			t.Errorf("%d units, %v", units, err)
		}
		if got := strings.Join(c.sent, " "); got != "MULTI" {
			t.Errorf("sent %s", got)
		}
		c.sent = nil
		if units, err := s.Stock(t.Context(), doer(func(args ...any) (any, error) { return c.Do(t.Context(), args...) }), item); units != 3 || err != nil {
			t.Errorf("%d units, %v", units, err)
		}
		if got := strings.Join(c.sent, " "); got != "GET GET GET GET" {
			t.Errorf("sent %s", got)
		}
	})
}

// A cart is sold whole or not at all.
func TestCart(t *testing.T) {
	onServers(t, func(t *testing.T, c *client) {
		s, one := opened(t, c, "cart")
		two := sale.Item{ID: "8", Stock: 1}
		if err := s.Open(t.Context(), c, two); err != nil {
			t.Fatal(err)
		}
		buy := func(ones, twos int64) sale.Answer {
			return s.Call(t.Context(), c, &sale.Purchase{Verb: sale.Buy, Item: one, Buyer: "1", Quantity: 1, Cart: []sale.Line{{Item: one, Quantity: ones}, {Item: two, Quantity: twos}}})
		}
		if a := buy(1, 2); a.Outcome != sale.SoldOut || a.Raw != `"{seckill:cart}:8:stock"` {
			t.Errorf("got %+v", a)
		}
		if a := buy(2, 1); a.Outcome != sale.OK {
			t.Errorf("got %+v", a)
		}
		for item, want := range map[sale.Item]string{one: "1", two: "0"} {
			audited(t, s.Audit(t.Context(), c, item), want, nil)
		}
	})
}

func TestLibrary(t *testing.T) {
	onServers(t, func(t *testing.T, c *client) {
		s, _ := opened(t, c, "cart")
		theirs := "#!lua name=seckill_cart\nredis.register_function('cart_buy', function() return 1 end)"
		c.sent = nil
		if err := s.Load(t.Context(), c); err != nil || len(c.sent) != 1 {
			t.Errorf("what is loaded is loaded again: %v, %v", c.sent, err)
		}
		c.must(t, "FUNCTION", "LOAD", "REPLACE", theirs+ourMark)
		if err := s.Load(t.Context(), c); err != nil {
			t.Errorf("an older one of ours: %v", err)
		}
		c.must(t, "FUNCTION", "LOAD", "REPLACE", theirs)
		if err := s.Load(t.Context(), c); err == nil || !strings.Contains(err.Error(), "not ours to replace") {
			t.Errorf("somebody else's: %v", err)
		}
	})
}

func TestReleaseIsThereWhereTheContractHasIt(t *testing.T) {
	for name, want := range map[string]bool{"buckets": true, "cart": true, "once": false} {
		s, err := Find(name, "")
		if err != nil || (s.Release != nil) != want || s.Confirm != nil {
			t.Errorf("%s: release %v, confirm %v, %v", name, s.Release != nil, s.Confirm != nil, err)
		}
	}
}

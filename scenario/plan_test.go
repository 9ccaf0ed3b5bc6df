package scenario

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// planned is the plan of a spec that was filled in.
func planned(change func(*Spec)) *plan {
	spec := good(change)
	head := &history.Head{Seed: *spec.Seed, Buyers: *spec.Buyers, BuyerIDs: spec.BuyerIDs, Quantity: spec.Quantity.fixed(), Crowd: spec.kinds()}
	head.Items = spec.items(make([]string, *spec.Items))
	return newPlan(&spec, head)
}

func TestEveryRequestIsForOneItem(t *testing.T) {
	for _, when := range []string{"burst", "closed:1,2"} {
		p := planned(func(s *Spec) {
			arrivals(when)(s)
			s.Items, s.Buyers, s.Attempts, s.Quantity, s.Skew = new(int64(7)), new(int64(100)), exactly(3), One(1), Skew{1}
		})
		seen, buyers := map[uint32]int{}, 0
		for item := range 7 {
			for purchase := range p.took(item).Requests {
				seen[purchase.RequestIndex]++
				if purchase.Item.Index != item {
					t.Errorf("%s: request %d of item %d stands under item %d", when, purchase.RequestIndex, purchase.Item.Index, item)
				}
			}
			met := map[uint32]bool{}
			for purchase := range p.took(item).Buyers {
				if buyers++; met[purchase.BuyerIndex] {
					t.Errorf("%s: buyer %d stands twice under item %d", when, purchase.BuyerIndex, item)
				}
				met[purchase.BuyerIndex] = true
			}
		}
		if len(seen) != 300 {
			t.Errorf("%s: %d of 300 requests are for some item", when, len(seen))
		}
		if when != "burst" && buyers != 100 {
			t.Errorf("in turn, 100 buyers come for %d items, want one each", buyers)
		}
	}
}

func TestTurnsCoverEveryBuyerOnce(t *testing.T) {
	p := planned(func(s *Spec) {
		arrivals("closed:1,4")(s)
		s.Items, s.Buyers, s.Quantity = new(int64(5)), new(int64(33)), One(1)
	})
	next, inside := int64(0), []int{}
	for _, turn := range p.turns(0, 5) {
		if turn.first != next {
			t.Errorf("a turn begins with buyer %d, want %d", turn.first, next)
		}
		next, inside = turn.end, append(inside, turn.inside)
	}
	if next != 33 || !slices.Equal(inside, []int{1, 4, 1, 4, 1}) {
		t.Errorf("the turns end with buyer %d of 33, and have %v inside", next, inside)
	}
}

func TestStocksAreDrawn(t *testing.T) {
	p := planned(func(s *Spec) {
		s.Items, s.Buyers, s.Quantity, s.Stock = new(int64(200)), new(int64(1)), One(1), Range{1, 8}
	})
	count := map[int64]int{}
	for _, item := range p.head.Items {
		count[item.Stock]++
	}
	if len(count) != 8 || count[0]+count[9] > 0 {
		t.Errorf("stocks of 1 to 8 are drawn as %v", count)
	}
}

func TestSeveralItems(t *testing.T) {
	for _, when := range []string{"burst", "closed:1,3"} {
		r := run(t, t.Context(), "once", func(s *Spec) {
			arrivals(when)(s)
			s.Items, s.Buyers, s.Stock, s.Attempts = new(int64(5)), new(int64(100)), Range{1, 8}, exactly(2)
		}, nil)
		granted := make([]int64, 5)
		for _, a := range r.attempts {
			if a.Outcome == sale.OK {
				granted[a.Item]++
			}
		}
		for i, item := range r.head.Items {
			audit := r.tail.Audits[i]
			if granted[i] != item.Stock || audit.Stock == nil || *audit.Stock != 0 || int64(len(audit.Holdings)) != item.Stock {
				t.Errorf("%s: item %d of %d units: %d granted, audit %+v", when, i, item.Stock, granted[i], audit)
			}
		}
	}
}

// The article's keys are alike for every item if its contract says so: then
// items are sold one after the other, each opened, audited and removed.
func TestItemsUnderTheSameKeys(t *testing.T) {
	same := func(item sale.Item) sale.Item {
		item.ID = "the only one"
		return item
	}
	r := run(t, t.Context(), "once", func(s *Spec) {
		arrivals("closed:1,3")(s)
		s.Items, s.Buyers, s.Stock = new(int64(4)), new(int64(100)), exactly(3)
	}, func(_ *server.Server, s *strategy.Strategy) {
		plain := *s
		s.Apart = false
		s.KeysFor = func(item sale.Item, took sale.Took) iter.Seq2[string, error] { return plain.KeysFor(same(item), took) }
		s.OpenFor = func(ctx context.Context, do strategy.Doer, item sale.Item, took sale.Took) error {
			return plain.OpenFor(ctx, do, same(item), took)
		}
		s.AuditFor = func(ctx context.Context, do strategy.Doer, item sale.Item, took sale.Took) sale.Audit {
			return plain.AuditFor(ctx, do, same(item), took)
		}
		s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
			one := *p
			one.Item = same(p.Item)
			return plain.Call(ctx, do, &one)
		}
	})
	if r.count(sale.OK) != 12 || r.count(sale.SoldOut) != 88 {
		t.Errorf("%d ok, %d sold out; want 12 and 88", r.count(sale.OK), r.count(sale.SoldOut))
	}
	for i, audit := range r.tail.Audits {
		if audit.Stock == nil || *audit.Stock != 0 || len(audit.Holdings) != 3 {
			t.Errorf("item %d: audit %+v", i, audit)
		}
	}
}

func TestItemsThatCannotBeToldApart(t *testing.T) {
	s, err := strategy.Find("once", "")
	if err != nil {
		t.Fatal(err)
	}
	s.Apart = false
	for _, tt := range []struct {
		reason string
		change func(*Spec)
	}{
		{"two items", func(s *Spec) { s.Items = new(int64(2)) }},
		{"no release in the contract", func(s *Spec) { s.Release = 0.5 }},
		{"no confirm in the contract", func(s *Spec) { s.Abandon = 0.5 }},
	} {
		spec := good(tt.change)
		if err := spec.fill(s); err != nil {
			t.Fatal(err)
		}
		if spec.suits(&s) == nil {
			t.Errorf("%s: accepted", tt.reason)
		}
	}
}

func TestItemIDs(t *testing.T) {
	for _, tt := range []struct {
		item  string
		items int64
		want  []string
	}{
		{"7", 3, []string{"7", "8", "9"}},
		{"007", 2, []string{"007", "007-2"}},
		{"phone", 3, []string{"phone", "phone-2", "phone-3"}},
		{"9223372036854775807", 2, []string{"9223372036854775807", "9223372036854775807-2"}},
		{"", 2, []string{"1000001", "1000002"}},
	} {
		s := good(func(s *Spec) { s.Item, s.Items = tt.item, &tt.items })
		if got := itemIDs(&s, time.UnixMicro(1_000_000)); !slices.Equal(got, tt.want) {
			t.Errorf("item %q, %d items: %q, want %q", tt.item, tt.items, got, tt.want)
		}
	}
}

func TestMixedQuantities(t *testing.T) {
	r := run(t, t.Context(), "limited", func(s *Spec) {
		s.Buyers, s.Stock, s.Quantity = new(int64(200)), exactly(100), new(Mix)
		if err := s.Quantity.UnmarshalText([]byte("1..3")); err != nil {
			t.Fatal(err)
		}
	}, nil)
	asked, units := map[int32]int{}, int64(0)
	for _, a := range r.attempts {
		asked[a.Quantity]++
		units += int64(a.Granted)
		if a.Outcome == sale.OK && a.Granted != a.Quantity {
			t.Errorf("asked for %d, granted %d", a.Quantity, a.Granted)
		}
	}
	if r.head.Quantity != 0 || len(asked) != 3 || units != 100-*r.tail.Audits[0].Stock {
		t.Errorf("quantity %d in the head, quantities %v, %d units granted, %d left", r.head.Quantity, asked, units, *r.tail.Audits[0].Stock)
	}
}

func TestBuyersGiveBack(t *testing.T) {
	r := run(t, t.Context(), "buckets", func(s *Spec) {
		s.Buyers, s.Stock, s.Release, s.Conns = new(int64(100)), exactly(1000), 0.5, conn.Pool(2)
	}, nil)
	released := 0
	for _, a := range r.attempts {
		if a.Verb == sale.Release {
			if released++; a.Outcome != sale.OK {
				t.Errorf("a release is told %s", a.Outcome)
			}
		}
	}
	if left := *r.tail.Audits[0].Stock; released < 30 || released > 70 || left != 900+int64(released) {
		t.Errorf("%d of 100 buyers gave back, %d of 1000 left", released, left)
	}
}

// reserving is a contract whose buyers confirm what they have reserved.
func reserving(t *testing.T) (script string) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"reserve.lua": "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1",
		"confirm.lua": "return redis.call('INCR', KEYS[1])",
		"reserve.yaml": `version: 1
name: reserve
script: reserve.lua
keys:
  stock: "{{{item}}}:stock"
  confirmed: "{{{item}}}:confirmed"
open:
  - [SET, $stock, "{{stock}}"]
restock:
  - [INCRBY, $stock, "{{stock}}"]
buy:
  keys: [stock]
  replies: [{int: 1, outcome: ok}, {int: 0, outcome: sold_out}]
confirm:
  script: confirm.lua
  keys: [confirmed]
  replies: [{min: 1, outcome: ok}]
audit:
  stock: {get: stock}
promises: {limit: 0}
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "reserve.lua")
}

func TestBuyersConfirm(t *testing.T) {
	r := run(t, t.Context(), reserving(t), func(s *Spec) { s.Buyers, s.Abandon = new(int64(100)), 0.5 }, nil)
	confirmed := 0
	for _, a := range r.attempts {
		if a.Verb == sale.Confirm {
			if confirmed++; a.Outcome != sale.OK || a.Granted != 0 {
				t.Errorf("a confirmation is told %s and granted %d", a.Outcome, a.Granted)
			}
		}
	}
	if confirmed == 0 || confirmed >= 10 {
		t.Errorf("%d of 10 buyers who were told ok confirmed, want some", confirmed)
	}
}

// A lost reply is indeterminate, and the request is sent again under the same
// number; the server has run the first.
func TestLostRepliesAreSentAgain(t *testing.T) {
	r := run(t, t.Context(), "once", func(s *Spec) {
		s.Buyers, s.Stock, s.LostReplies, s.Retries, s.Timeout = new(int64(500)), exactly(1000), 0.2, 2, time.Second
	}, nil)
	lost, again := 0, 0
	for _, a := range r.attempts {
		if a.Outcome == sale.Indeterminate {
			lost++
		}
		if a.Try > 0 {
			again++
		}
	}
	if lost < 60 || lost > 200 || again == 0 || r.count(sale.Duplicate) == 0 {
		t.Errorf("%d replies lost of %d, %d sent again, %d told duplicate", lost, len(r.attempts), again, r.count(sale.Duplicate))
	}
	if len(r.tail.Audits[0].Holdings) != 500 || r.tail.AuditsDiffer {
		t.Errorf("%d of 500 buyers in the ledger, audits differ: %v", len(r.tail.Audits[0].Holdings), r.tail.AuditsDiffer)
	}
}

func TestRestockBringsUnits(t *testing.T) {
	r := run(t, t.Context(), reserving(t), func(s *Spec) {
		arrivals("constant:1000/s*400ms")(s)
		s.Stock, s.Restock = exactly(10), Restocks{{7, 100 * time.Millisecond}}
	}, nil)
	sold := 0
	for _, a := range r.attempts {
		if a.Verb == sale.Buy && a.Outcome == sale.OK {
			sold++
		}
	}
	if sold != 17 || len(r.events) != 1 || r.events[0].Kind != "restock" || r.events[0].Units != 7 || r.events[0].At < int64(100*time.Millisecond) {
		t.Errorf("%d sold of 10 and 7 units, events %+v", sold, r.events)
	}
}

// What a script writes beside the keys of its contract is found on a server
// that nobody else uses.
func TestForeignWritesAreFound(t *testing.T) {
	r := run(t, t.Context(), "once", func(s *Spec) { s.Buyers = new(int64(5)) }, func(_ *server.Server, s *strategy.Strategy) {
		call := s.Call
		s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
			if _, err := do.Do(ctx, "SET", "stray", "1"); err != nil {
				t.Error(err)
			}
			return call(ctx, do, p)
		}
	})
	if !slices.Equal(r.tail.Foreign, []string{`"stray"`}) {
		t.Errorf("found %q", r.tail.Foreign)
	}
}

// A key whose name only the script knows, and tells, is one of the contract's:
// it is removed at the end, and no foreign write.
func TestKeysMadeOfAnswers(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"told.lua": "if redis.call('DECR', KEYS[1]) < 0 then return 'none' end local id = redis.sha1hex(ARGV[1]) redis.call('SET', 'told:' .. id, 1) return id",
		"told.yaml": `version: 1
script: told.lua
keys:
  stock: "stock:{{item}}"
  told: "told:{{id}}"
open: [[SET, $stock, "{{stock}}"]]
buy:
  keys: [stock]
  args: ["{{item}}:{{buyer}}"]
  replies: [{str: none, outcome: sold_out}, {any: true, outcome: ok, capture: {id: reply}}]
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := run(t, t.Context(), filepath.Join(dir, "told.lua"), func(s *Spec) { s.Buyers, s.Stock = new(int64(50)), exactly(20) }, nil)
	if r.count(sale.OK) != 20 || r.tail.Foreign == nil || len(r.tail.Foreign) != 0 {
		t.Errorf("%d sold, foreign %q", r.count(sale.OK), r.tail.Foreign)
	}
}

// What comes on top comes before the audit, or not at all, however short the
// sale is.
func TestRestockDoesNotMeetTheAudit(t *testing.T) {
	script := reserving(t)
	came := 0
	for range 20 {
		r := run(t, t.Context(), script, func(s *Spec) {
			arrivals("closed:8")(s)
			s.Items, s.Buyers, s.Stock, s.Restock = new(int64(20)), new(int64(7)), exactly(8), Restocks{{3, time.Millisecond}}
		}, nil)
		brought := map[uint16]int64{}
		for _, e := range r.events {
			brought[e.Item] += e.Units
		}
		came += len(brought)
		sold := map[uint16]int64{}
		for _, a := range r.attempts {
			sold[a.Item] += int64(a.Granted)
		}
		for i, audit := range r.tail.Audits {
			if want := 8 - sold[uint16(i)] + brought[uint16(i)]; *audit.Stock != want {
				t.Fatalf("item %d: %d left, want 8 - %d + %d", i, *audit.Stock, sold[uint16(i)], brought[uint16(i)])
			}
		}
		if len(brought) == 0 && len(r.tail.Warnings) == 0 {
			t.Error("a restock was missed, and nobody said so")
		}
	}
	t.Logf("%d of 400 items were restocked", came)
}

func TestAsManyItemsAsThereMayBe(t *testing.T) {
	p := planned(func(s *Spec) { s.Items, s.Buyers, s.Quantity = new(int64(maxItems)), new(int64(200_000)), One(1) })
	seen := 0
	for item := range maxItems {
		for range p.of(item) {
			seen++
		}
	}
	if seen != 200_000 {
		t.Errorf("%d of 200,000 requests are for some item", seen)
	}
}

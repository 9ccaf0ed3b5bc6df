package check

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// bazaar is many small histories as the items of one: the buyers of each are
// numbered on from the last.
func bazaar(seeds, far uint64, from int) *history.History {
	hd := head(0, small(0).head.Terms)
	hd.Items, hd.Buyers = nil, 0
	h := &history.History{}
	var all attempts
	t := &history.Tail{Ended: history.EndedDone}
	var events []history.Event
	for seed := range seeds {
		s, item := small(uint64(from)+seed), uint16(len(hd.Items))
		hd.Items = append(hd.Items, sale.Item{ID: fmt.Sprint("item", seed), Stock: s.stock})
		for _, a := range s.attempts {
			a.Item, a.Buyer, a.Try = item, a.Buyer+uint32(seed*far), uint8(len(all))
			all = append(all, a)
		}
		for _, e := range s.events {
			e.Item = item
			events = append(events, e)
		}
		t.Audits = append(t.Audits, sale.Audit{Ledger: sale.NoLedger, Stock: s.audit.Stock})
	}
	hd.Quantity = 0
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	h = newHistory(hd, all)
	t.Attempts, h.Tail, h.Events = int64(len(all)), t, events
	return h
}

// Which item is judged first, and by whom, shows nowhere.
func TestVerdictIsIndependentOfScheduling(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for from := range 20 {
		h := bazaar(50, 1000, 50*from)
		runtime.GOMAXPROCS(1)
		want := mustCheck(t, h)
		runtime.GOMAXPROCS(8)
		if got := mustCheck(t, h); !reflect.DeepEqual(got, want) {
			t.Fatalf("%d: %+v\nwith one worker %+v", from, got, want)
		}
		if len(want.Violations) == 0 {
			t.Errorf("%d: nothing broken: the test shows little", from)
		}
	}
}

// Of many items with the same doubt three are named, and the others counted.
func TestDoubtsOfManyItems(t *testing.T) {
	hd := head(1, one)
	var all attempts
	audits := []sale.Audit{}
	hd.Items = nil
	for i := range uint16(150) {
		hd.Items = append(hd.Items, sale.Item{ID: fmt.Sprint(i), Stock: 1})
		a := buy(0, 0, 1, sale.Indeterminate)
		a.Item = i
		all, audits = append(all, a), append(audits, nothing)
	}
	h := newHistory(hd, all)
	h.Tail = &history.Tail{Ended: history.EndedDone, Attempts: 150, Audits: audits}
	v := mustCheck(t, h)
	want := []string{"item 0: nobody was told ok", "item 1: nobody was told ok", "item 2: nobody was told ok", "and 147 more items: nobody was told ok"}
	if !slices.EqualFunc(v.Doubts, want, strings.HasPrefix) {
		t.Errorf("%d doubts: %q", len(v.Doubts), v.Doubts)
	}
}

// Many items cost no more than as many attempts on one: an item with few
// attempts has one shard, whatever the numbers of its buyers.
func TestManyItemsCostLittle(t *testing.T) {
	const items, each = 65_536, 4
	hd := head(1, one)
	hd.Items, hd.Buyers = make([]sale.Item, items), 4_000_000
	all := make(attempts, 0, items*each)
	audits := make([]sale.Audit, items)
	zero := int64(0)
	for i := range items {
		hd.Items[i] = sale.Item{ID: fmt.Sprint(i), Stock: 1}
		audits[i] = sale.Audit{Ledger: sale.NoLedger, Stock: &zero}
		for n := range uint32(each) {
			a := buy((uint32(i)*each+n)*15, int64(n), int64(n)+1, sale.SoldOut)
			if n == 0 {
				a.Outcome = sale.OK
			}
			a.Item = uint16(i)
			all = append(all, a)
		}
	}
	h := newHistory(hd, all)
	h.Tail = &history.Tail{Ended: history.EndedDone, Attempts: items * each, Audits: audits}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	v := mustCheck(t, h)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if v.Opinion != Valid {
		t.Errorf("%s: %v %v", v.Opinion, v.Violations, v.Doubts)
	}
	if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 256 {
		t.Errorf("%d MiB for %d attempts on %d items", mib, len(all), items)
	}
	t.Logf("%d items: %d MiB, %v", items, (after.TotalAlloc-before.TotalAlloc)>>20, took)
	h.Tail.Attempts = 1 << 40 // a claim that would take 8 GiB
	mustCheck(t, h)
	runtime.ReadMemStats(&before)
	if mib := (before.TotalAlloc - after.TotalAlloc) >> 20; mib > 512 {
		t.Errorf("%d MiB for a tail that claims too much", mib)
	}
}

// Items may share a table of orders. A field tells whose an order is; without
// one, what is left over accuses nobody.
func TestOrdersOfSeveralItems(t *testing.T) {
	hd := head(1, one)
	hd.Items = []sale.Item{{ID: "a", Stock: 1}, {ID: "b", Stock: 1}}
	onB := b0
	onB.Item = 1
	h := newHistory(hd, attempts{a0, onB})
	for _, test := range []struct {
		reason string
		orders sale.Audit
		want   Opinion
	}{
		{"each order is its item's", orders([]string{"buyer", "item"}, []string{"100", "a"}, []string{"101", "b"}), Valid},
		{"an order of an item that is not there", orders([]string{"buyer", "item"}, []string{"100", "a"}, []string{"101", "b"}, []string{"101", "c"}), Invalid},
		{"the order is the other item's", orders([]string{"buyer", "item"}, []string{"100", "a"}, []string{"101", "a"}), Invalid},
		{"nothing tells them apart", orders(byBuyer, []string{"100"}, []string{"101"}), Unknown},
	} {
		h.Tail = &history.Tail{Ended: history.EndedDone, Attempts: 2, Audits: []sale.Audit{test.orders, test.orders}}
		if v := mustCheck(t, h); v.Opinion != test.want || test.want == Unknown && v.Undecided[OrderMismatch] == "" {
			t.Errorf("%s: %s %+v %v", test.reason, v.Opinion, v.Violations, v.Doubts)
		}
	}
}

// Where each of two purchases knows what the other does not, a pairing that was
// not found may be there all the same: nobody is accused.
func TestOrdersThatMayPair(t *testing.T) {
	knowsQty, knowsOrder := a0, holding(1, part(1, 2, b0))
	for _, test := range []struct {
		reason string
		rows   [][]string
		want   Opinion
	}{
		{"each finds its own", [][]string{{"1", "o0"}, {"3", "o1"}}, Valid},
		{"the first takes the order of the second", [][]string{{"1", "o1"}, {"1", "o2"}}, Unknown},
		{"none is theirs", [][]string{{"5", "o5"}, {"6", "o6"}}, Unknown},
	} {
		h := newHistory(head(2, free), attempts{knowsQty, knowsOrder})
		h.Receipt, h.Tail = receipt, tail(2, orders([]string{"qty", "order"}, test.rows...))
		if v := mustCheck(t, h); v.Opinion != test.want || test.want == Unknown && v.Undecided[OrderMismatch] == "" {
			t.Errorf("%s: %s %+v %v", test.reason, v.Opinion, v.Violations, v.Doubts)
		}
	}
}

// Orders are not held against anybody where more may be to be known.
func TestOrdersNotUsed(t *testing.T) {
	for reason, spoil := range map[string]func(*history.Tail){
		"nothing is wrong with the record": nil,
		"attempts are missing":             func(t *history.Tail) { t.Attempts++ },
		"something could not be read":      func(t *history.Tail) { t.Audits[0].Problems = []string{"buyers: refused"} },
		"two audits differ":                func(t *history.Tail) { t.AuditsDiffer = true },
	} {
		h := newHistory(head(1, one), attempts{a0})
		h.Tail = tail(1, orders(byBuyer, []string{"100"}, []string{"101"}))
		want := Invalid
		if spoil != nil {
			spoil(h.Tail)
			want = Unknown
		}
		if v := mustCheck(t, h); v.Opinion != want || want == Unknown && v.Undecided[OrderMismatch] == "" {
			t.Errorf("%s: %s %+v %v", reason, v.Opinion, v.Violations, v.Undecided)
		}
	}
}

// An item of which nobody said how many attempts come starts small, and is
// spread when it has grown.
func TestItemsGrow(t *testing.T) {
	h := sold(t, 500, 20, one, false)
	h.Tail = nil
	v := mustCheck(t, h)
	if got := broken(v); !slices.Equal(got, []Rule{DuplicateSale}) || v.Violations[0].Count != 500 {
		t.Errorf("%+v", v.Violations)
	}
}

func TestDamagedRestocksAreErrors(t *testing.T) {
	for reason, e := range map[string]history.Event{
		"fewer than none":               {Kind: "restock", Units: -1},
		"an item that is not there":     {Kind: "restock", Units: 1, Item: 1},
		"it ended before it was called": {Kind: "restock", Units: 1, At: 2, Until: 1},
	} {
		h := newHistory(head(1, one), attempts{a0})
		h.Events = []history.Event{e}
		if v, err := Check(h); err == nil {
			t.Errorf("%s: %s", reason, v.Opinion)
		}
	}
	h := newHistory(head(1, one), attempts{a0})
	h.Events = []history.Event{{Kind: "restock"}, {Kind: "reload", Item: 7}}
	h.Tail = tail(1, withStock(nothing, 0))
	if v := mustCheck(t, h); v.Opinion != Valid {
		t.Errorf("a restock that brought nothing, and another event: %s", v.Opinion)
	}
}

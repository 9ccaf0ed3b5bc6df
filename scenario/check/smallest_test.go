package check

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// count is how many attempts a history holds.
func count(t *testing.T, h *history.History) (n int) {
	t.Helper()
	for batch, err := range h.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		n += len(batch)
	}
	return n
}

// smallest is the smallest history of a rule, judged again.
func smallest(t *testing.T, h *history.History, rule Rule) (small *history.History, v Verdict) {
	t.Helper()
	whole := mustCheck(t, h)
	small, err := Smallest(h, &whole, rule)
	if err != nil {
		t.Fatal(err)
	}
	if small == nil {
		return nil, v
	}
	v = mustCheck(t, small)
	if got := broken(v); !slices.Contains(got, rule) {
		t.Errorf("the smallest history of %s breaks %v", rule, got)
	}
	for _, b := range v.Violations {
		if !slices.Contains(broken(whole), b.Rule) {
			t.Errorf("the smallest history of %s breaks %s, which the whole does not", rule, b.Rule)
		}
	}
	return small, v
}

// everyBroken yields every history of the tests of the rules that breaks some.
func everyBroken(yield func(reason string, h *history.History, want []Rule)) {
	for _, test := range ruleTests {
		h := newHistory(head(test.stock, test.terms), test.attempts)
		h.Tail = tail(int64(len(test.attempts)), test.audit)
		yield(test.reason, h, test.want)
	}
	for _, test := range flowTests {
		h := newHistory(head(test.stock, test.terms), test.attempts)
		h.Events, h.Head.Quantity = test.restocks, test.quantity
		h.Tail = tail(int64(len(test.attempts)), test.audit)
		yield(test.reason, h, test.want)
	}
	for _, test := range orderTests {
		h := test.history()
		if h.Tail == nil {
			h.Tail = tail(int64(len(test.attempts)), test.audit)
		}
		yield(test.reason, h, test.want)
	}
	for _, test := range bookTests {
		yield(test.reason, test.history(), test.want)
	}
}

func TestSmallestOfEveryRule(t *testing.T) {
	everyBroken(func(reason string, h *history.History, want []Rule) {
		for _, rule := range want {
			small, _ := smallest(t, h, rule)
			if small == nil {
				t.Errorf("%s: no smallest history of %s", reason, rule)
			} else if n, all := count(t, small), count(t, h); n > all {
				t.Errorf("%s: %d attempts of %d", reason, n, all)
			}
		}
	})
}

// In a crowd the few attempts are found that a case rests on.
func TestSmallestInACrowd(t *testing.T) {
	const buyers = 3000
	spoilt := func(spoil func(h *history.History, all []history.Attempt)) *history.History {
		h := sold(t, buyers, 1, buyerFirst, true)
		var all []history.Attempt
		for batch := range h.Batches() {
			all = append(all, batch...)
		}
		tail := h.Tail
		h = newHistory(h.Head, all)
		h.Tail = tail
		spoil(h, all)
		h.Tail.Attempts = int64(count(t, h))
		return h
	}
	for _, tt := range []struct {
		reason string
		rule   Rule
		most   int
		spoil  func(h *history.History, all []history.Attempt)
	}{
		{"one is told ok too many", Oversell, 1001, func(_ *history.History, all []history.Attempt) { all[2000].Outcome = sale.OK }},
		{"one ok is not stored", LostSale, 1, func(h *history.History, _ []history.Attempt) {
			a := &h.Tail.Audits[0]
			a.Holdings = slices.DeleteFunc(a.Holdings, func(h sale.Holding) bool { return h.Buyer == "600" })
		}},
		{"one is stored who was refused", PhantomSale, 1001, func(h *history.History, _ []history.Attempt) {
			h.Tail.Audits[0].Holdings = append(h.Tail.Audits[0].Holdings, sale.Holding{Buyer: "2900", Units: 1})
		}},
		{"a stranger is stored", PhantomSale, 0, func(h *history.History, _ []history.Attempt) {
			h.Tail.Audits[0].Holdings = append(h.Tail.Audits[0].Holdings, sale.Holding{Buyer: "7", Units: 1})
		}},
		{"too many units are left", StockMismatch, 1000, func(h *history.History, _ []history.Attempt) {
			one := int64(1)
			h.Tail.Audits[0] = sale.Audit{Ledger: sale.NoLedger, Stock: &one}
		}},
		{"the stock is below zero", NegativeStock, 0, func(h *history.History, _ []history.Attempt) {
			below := int64(-1)
			h.Tail.Audits[0].Stock = &below
		}},
		{"the first of all is told duplicate", FalseDup, 1, func(_ *history.History, all []history.Attempt) { all[2500].Outcome = sale.Duplicate }},
		{"one is sold something late", LateSale, 2, func(h *history.History, all []history.Attempt) {
			all[500].Outcome = sale.SoldOut
		}},
		{"a reply has no name", UnmappedReply, 1, func(_ *history.History, all []history.Attempt) {
			all[2000].Outcome, all[2000].Defect = sale.Indeterminate, sale.UnmappedReply
		}},
		{"a key changed", ForeignWrite, 0, func(h *history.History, _ []history.Attempt) { h.Tail.Foreign = []string{`"x"`, `"y"`} }},
	} {
		small, v := smallest(t, spoilt(tt.spoil), tt.rule)
		switch {
		case small == nil:
			t.Errorf("%s: no smallest history of %s", tt.reason, tt.rule)
		case count(t, small) > tt.most:
			t.Errorf("%s: %d attempts, want %d at most", tt.reason, count(t, small), tt.most)
		case v.Opinion != Invalid:
			t.Errorf("%s: %s", tt.reason, v.Opinion)
		case tt.rule == LostSale && len(small.Tail.Audits[0].Holdings) > 0:
			t.Errorf("%s: entries of others are kept: %d", tt.reason, len(small.Tail.Audits[0].Holdings))
		}
	}
}

// A smaller history accuses nobody of what the whole does not show: of right
// sales none is found, whatever attempts are suspected.
func TestNoSmallestOfARightSale(t *testing.T) {
	sales := int(atLeast(200_000)) / 400
	for seed := range sales {
		r := rand.New(rand.NewPCG(uint64(seed), 77))
		s := simulate(r)
		switch seed % 4 {
		case 0:
			s = simulateFlow(r)
		case 1:
			s = simulateTold(r, 0.7, 0.3)
		}
		h := s.history()
		if v := mustCheck(t, h); len(v.Violations) > 0 {
			t.Fatalf("seed %d: a right sale breaks %v", seed, broken(v))
		}
		for _, rule := range Rules {
			suspect := Case{}
			for range r.IntN(3) {
				suspect.Attempts = append(suspect.Attempts, s.attempts[r.IntN(len(s.attempts))])
			}
			whole := &Verdict{Violations: []Violation{{Rule: rule, Count: 1, Cases: []Case{suspect}}}}
			small, err := Smallest(h, whole, rule)
			if err != nil {
				t.Fatal(err)
			}
			if small != nil {
				v := mustCheck(t, small)
				t.Errorf("seed %d: a right sale of %d attempts was made to break %s by %d: %s", seed, len(s.attempts), rule, count(t, small), fmt.Sprint(v.Violations[0].Cases[0].Message))
			}
		}
	}
}

// Right sales of which a part would look wrong, had it no more to say than what it
// holds.
func TestNoSmallestOfTheseRightSales(t *testing.T) {
	resold := attempts{a0, back(a0, 2, 3, sale.OK), buy(1, 4, 5, sale.OK)}
	unsure := attempts{a0, buy(1, 2, 3, sale.Refused), buy(1, 4, 5, sale.Indeterminate), buy(1, 6, 7, sale.Indeterminate)}
	alone := sale.Audit{Ledger: sale.Presence, Holdings: []sale.Holding{{Buyer: "100", Units: 1}}}
	clicks := append(attempts{a0, back(a0, 4, 5, sale.OK)}, again(buy(1, 2, 3, sale.SoldOut), buy(1, 2, 9, sale.OK))...)
	for _, tt := range []struct {
		reason   string
		terms    sale.Terms
		attempts attempts
		audit    sale.Audit
		rule     Rule
		suspects attempts
	}{
		{"one unit, sold twice because it came back", one, resold, nothing, Oversell, attempts{resold[0], resold[2]}},
		{"the same, of which one sale is suspected", one, resold, nothing, Oversell, attempts{resold[2]}},
		{"refused because another had bought, and perhaps sold later", sale.Terms{Limit: 2}, unsure, alone, FalseDup, attempts{unsure[1]}},
		{"the same, of which the later attempts are suspected", sale.Terms{Limit: 2}, unsure, alone, FalseDup, attempts{unsure[2], unsure[3]}},
		{"a click told sold_out and one told ok, when another had given back", sale.Terms{Limit: 1, RetrySafe: sale.RetryRequest}, clicks, nothing, FalseSoldOut, clicks[2:]},
	} {
		h := newHistory(head(1, tt.terms), tt.attempts)
		h.Tail = tail(int64(len(tt.attempts)), tt.audit)
		if v := mustCheck(t, h); len(v.Violations) > 0 {
			t.Fatalf("%s: it breaks %+v", tt.reason, v.Violations)
		}
		whole := &Verdict{Violations: []Violation{{Rule: tt.rule, Count: 1, Cases: []Case{{Attempts: tt.suspects}}}}}
		small, err := Smallest(h, whole, tt.rule)
		if err != nil || small != nil {
			t.Errorf("%s: a part is made to break %s: %+v, %v", tt.reason, tt.rule, small, err)
		}
	}
}

// Stocks that replies tell mean nothing where the sales between them are left out.
func TestSmallestForgetsStocksBetweenSales(t *testing.T) {
	all := append(attempts{b0}, again(buy(0, 0, 1, sale.NotReady), buy(0, 2, 3, sale.Replayed))...)
	for i := range all {
		all[i].Left = 7
	}
	h := newHistory(head(9, idempotent), all)
	h.Tail = tail(3, nothing)
	small, _ := smallest(t, h, FalseReplay)
	if small == nil {
		t.Fatal("none")
	}
	for batch := range small.Batches() {
		for _, a := range batch {
			if a.Buyer != 0 || a.Left != sale.Untold {
				t.Errorf("%+v", a)
			}
		}
	}
}

// Of wrong sales nearly all violations have one; what has none is told.
func TestSmallestOfWrongSales(t *testing.T) {
	found, all := 0, 0
	for seed := range atLeast(200_000) / 100 {
		r := rand.New(rand.NewPCG(seed, 78))
		s := simulate(r)
		if seed%4 == 0 {
			s = simulateFlow(r)
		}
		s.corrupt(r)
		h := s.history()
		whole, err := Check(h)
		if err != nil {
			continue
		}
		for _, v := range whole.Violations {
			all++
			if small, _ := smallest(t, h, v.Rule); small != nil {
				found++
			}
		}
	}
	if all == 0 || found < all*99/100 {
		t.Errorf("%d of %d violations have a smallest history", found, all)
	}
	t.Logf("%d of %d violations have a smallest history", found, all)
}

// Of more sales than are kept the few that matter are there.
func TestSmallestOfManySales(t *testing.T) {
	const many = maxKept + 1000
	hd := head(many, one)
	hd.Buyers = many + 10
	h := crowd(hd, 1, func(u uint32) sale.Outcome {
		if u >= many {
			return sale.SoldOut
		}
		return sale.OK
	})
	none := int64(0)
	audit := sale.Audit{Ledger: sale.Presence, Stock: &none}
	for u := range uint32(many - 1) { // the last ok is not stored
		audit.Holdings = append(audit.Holdings, sale.Holding{Buyer: hd.BuyerIDs.ID(u), Units: 1})
	}
	audit.Holdings = append(audit.Holdings, sale.Holding{Buyer: "7", Units: 1})
	h.Tail.Audits = []sale.Audit{audit}
	if small, _ := smallest(t, h, LostSale); small == nil || count(t, small) != 1 {
		t.Errorf("the sale that was lost is not found: %v", small)
	}
	r := &reducer{whole: h, rule: StockMismatch, broken: Rules}
	if err := r.read(); err != nil || !r.short || len(r.all) != maxKept {
		t.Errorf("%d attempts are kept, short %v, %v", len(r.all), r.short, err)
	}
	if r.allSales() != nil || r.everything() != nil {
		t.Error("some sales are taken for all")
	}
}

// A record of a million attempts costs no more than the bounds allow.
func TestSmallestIsBounded(t *testing.T) {
	h := sold(t, 2000, 1, one, true)
	whole := mustCheck(t, h)
	whole.Violations = []Violation{{Rule: Oversell, Cases: []Case{{}}}}
	r := &reducer{whole: h, rule: Oversell, first: Case{}, broken: []Rule{Oversell}, work: maxWork - 3000}
	if err := r.read(); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		r.everything()
	}
	if r.work > maxWork {
		t.Errorf("%d attempts were judged, and no more than %d may be", r.work, maxWork)
	}
}

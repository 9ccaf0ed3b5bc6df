package check

import (
	"reflect"
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// packed is a history whose ledger holds by number whom it can.
func packed(h *history.History) (*history.History, int) {
	own, tail := *h, *h.Tail
	own.Tail, tail.Audits = &tail, slices.Clone(tail.Audits)
	n := 0
	for i := range tail.Audits {
		a := &tail.Audits[i]
		singles := sale.Singles{IDs: h.Head.BuyerIDs}
		a.Holdings = slices.DeleteFunc(slices.Clone(a.Holdings), func(one sale.Holding) bool {
			u, known := h.Head.BuyerIDs.Number(one.Buyer)
			if !known || one.Units != 1 {
				return false
			}
			singles.Numbers = append(singles.Numbers, u)
			return true
		})
		a.Singles = singles
		n += len(singles.Numbers)
	}
	return &own, n
}

// How a ledger is held in memory shows nowhere: neither in the verdict nor in the
// smallest part that breaks a rule.
func TestVerdictIsIndependentOfHowTheLedgerIsHeld(t *testing.T) {
	entries, broken := 0, 0
	for seed := range uint64(3000) {
		h := small(seed).history()
		own, n := packed(h)
		entries += n
		want, got := mustCheck(t, h), mustCheck(t, own)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %+v\nand by holdings %+v", seed, got, want)
		}
		for _, v := range want.Violations {
			broken++
			a, err := Smallest(h, &want, v.Rule)
			b, err2 := Smallest(own, &got, v.Rule)
			if err != nil || err2 != nil || (a == nil) != (b == nil) {
				t.Fatalf("seed %d, %s: %v and %v, %v, %v", seed, v.Rule, a, b, err, err2)
			}
			if a != nil && a.Tail != nil && !slices.EqualFunc(a.Tail.Audits, b.Tail.Audits, func(a, b sale.Audit) bool { return a.Equal(&b) }) {
				t.Fatalf("seed %d, %s: %+v and %+v", seed, v.Rule, a.Tail.Audits, b.Tail.Audits)
			}
		}
	}
	if entries < 1000 || broken < 100 {
		t.Errorf("%d entries and %d broken rules: the test shows little", entries, broken)
	}
}

// A stock that a told has no room for is judged as any other.
func TestStocksTooLargeToKeepShort(t *testing.T) {
	for _, stock := range []int64{1 << 31, tooFar - 1, tooFar, tooFar + 1, tooFar + 2, 1 << 40} {
		for _, spoilt := range []int64{0, 1} {
			hd := head(stock, sale.Terms{Limit: 1, Order: sale.DuplicateFirst, Atomic: true})
			var all []history.Attempt
			audit := sale.Audit{Ledger: sale.Presence}
			for u := range uint32(6) {
				a := buy(u, int64(u)*10, int64(u)*10+5, sale.OK)
				a.Left = stock - int64(u) - 1
				all = append(all, a)
				audit.Holdings = append(audit.Holdings, sale.Holding{Buyer: hd.BuyerIDs.ID(u), Units: 1})
			}
			all[2].Left -= 2 * spoilt
			left := stock - 6
			audit.Stock = &left
			h := newHistory(hd, all)
			h.Tail = tail(6, audit)
			v := mustCheck(t, h)
			if broken := slices.ContainsFunc(v.Violations, func(v Violation) bool { return v.Rule == FalseStock }); broken != (spoilt > 0) {
				t.Errorf("stock %d, %d told wrong: %+v", stock, spoilt, v)
			}
		}
	}
}

package check

import (
	"maps"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// Every rule counts the occasions at which a script without the property would
// have shown it, also where units come back.
func TestChancesOfFlows(t *testing.T) {
	for _, test := range []struct {
		reason   string
		stock    int64
		quantity int64
		terms    sale.Terms
		attempts attempts
		audit    sale.Audit
		want     map[Rule]int64 // of those named
	}{
		{"a release makes room for one more sale before an answer is beyond the stock", 1, 1, one,
			attempts{a0, back(a0, 2, 3, sale.OK), buy(1, 4, 5, sale.OK), buy(2, 6, 7, sale.SoldOut)}, withStock(nothing, 0),
			map[Rule]int64{Oversell: 1, NegativeStock: 1, LateSale: 0, Undersell: 1, StockMismatch: 3}},
		{"after his release a buyer is no repeat", 3, 1, one,
			attempts{a0, buy(0, 2, 3, sale.Duplicate), back(a0, 4, 5, sale.OK), buy(0, 6, 7, sale.OK), buy(0, 8, 9, sale.Duplicate)}, held(1),
			map[Rule]int64{DuplicateSale: 2, FalseDup: 2, LostSale: 2, PhantomSale: 2}},
		{"after a sold_out and a release nothing is late", 1, 1, one,
			attempts{a0, buy(1, 2, 3, sale.SoldOut), buy(2, 4, 5, sale.SoldOut), back(a0, 6, 7, sale.OK), buy(1, 8, 9, sale.OK)}, nothing,
			map[Rule]int64{LateSale: 1}},
		{"only a holder can be told falsely that the item is sold out", 1, 1, buyerFirst,
			attempts{a0, buy(1, 2, 3, sale.SoldOut), buy(0, 4, 5, sale.Duplicate), buy(2, 6, 7, sale.SoldOut), back(a0, 8, 9, sale.OK)}, nothing,
			map[Rule]int64{FalseSoldOut: 1, LateSale: 2}},
		{"units asked for, where they differ", 4, 0, free,
			attempts{of(2, a0), of(1, b0), of(3, buy(2, 2, 3, sale.SoldOut)), of(1, buy(3, 4, 5, sale.OK))}, nothing,
			map[Rule]int64{Oversell: 2, LateSale: 1, DuplicateSale: 0, FalseDup: 0}},
		{"resends", 3, 1, idempotent, append(again(buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.Replayed)), b0, back(b0, 2, 3, sale.OK)), nothing,
			map[Rule]int64{FalseReplay: 1, DuplicateSale: 1}},
	} {
		h := newHistory(head(test.stock, test.terms), test.attempts)
		h.Head.Quantity, h.Tail = test.quantity, tail(int64(len(test.attempts)), test.audit)
		v := mustCheck(t, h)
		for r, n := range test.want {
			if v.Exercised[r] != n {
				t.Errorf("%s: %s had %d chances, want %d", test.reason, r, v.Exercised[r], n)
			}
		}
		if v.Opinion != Valid {
			t.Errorf("%s: %s %v %v", test.reason, v.Opinion, v.Violations, v.Doubts)
		}
	}
}

// A script that refuses without a reason never says sold_out: no rule about
// that has a chance, and every refusal of a buyer with room is one for a sale
// that comes too late.
func TestChancesWithoutReasons(t *testing.T) {
	for _, quantity := range []int64{1, 0} { // 0: as a flow
		h := newHistory(head(1, buyerFirst), attempts{a0, buy(0, 2, 3, sale.Refused), buy(1, 2, 3, sale.Refused), buy(2, 4, 5, sale.Refused)})
		h.Head.Quantity, h.Tail = quantity, tail(4, withStock(held(1), 0))
		v := mustCheck(t, h)
		if _, applied := v.Exercised[FalseSoldOut]; applied || v.Exercised[LateSale] != 2 {
			t.Errorf("quantity %d: exercised %v", quantity, v.Exercised)
		}
	}
}

// The chances of several items are the sum of those of each.
func TestChancesOfSeveralItems(t *testing.T) {
	sum := map[Rule]int64{}
	hd := head(1, one)
	hd.Items = nil
	var all attempts
	whole := &history.Tail{Ended: history.EndedDone}
	for i, list := range []attempts{
		{a0, buy(1, 2, 3, sale.SoldOut), buy(0, 4, 5, sale.Duplicate)},
		{a0, back(a0, 2, 3, sale.OK), buy(1, 4, 5, sale.OK), buy(2, 6, 7, sale.SoldOut)},
		{b0},
	} {
		h := newHistory(head(1, one), list)
		h.Tail = tail(int64(len(list)), withStock(nothing, 0))
		for r, n := range mustCheck(t, h).Exercised {
			sum[r] += n
		}
		hd.Items = append(hd.Items, sale.Item{ID: string(rune('a' + i)), Stock: 1})
		for _, a := range list {
			a.Item = uint16(i)
			all = append(all, a)
		}
		whole.Audits = append(whole.Audits, withStock(nothing, 0))
	}
	h := newHistory(hd, all)
	whole.Attempts, h.Tail = int64(len(all)), whole
	if got := mustCheck(t, h).Exercised; !maps.Equal(got, sum) {
		t.Errorf("exercised %v, want %v", got, sum)
	}
}

// More asked for than there was, what came back included, and nobody turned
// away: a doubt. Less: none.
func TestDemandOfFlows(t *testing.T) {
	failed := buy(2, 8, 9, sale.Failed)
	for want, list := range map[Opinion]attempts{
		Valid:   {a0, back(a0, 2, 3, sale.OK), buy(1, 4, 5, sale.OK), failed},
		Unknown: {a0, back(a0, 2, 3, sale.OK), buy(1, 4, 5, sale.OK), buy(2, 8, 9, sale.Indeterminate)},
	} {
		h := newHistory(head(1, one), list)
		h.Tail = tail(int64(len(list)), withStock(nothing, 0))
		if v := mustCheck(t, h); v.Opinion != want {
			t.Errorf("%s, want %s: %v %v", v.Opinion, want, v.Violations, v.Doubts)
		}
	}
}

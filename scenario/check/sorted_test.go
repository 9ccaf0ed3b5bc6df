package check

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// Few and many are sorted alike, and what is equal keeps its order.
func TestSortByTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var scratch []marked
	for _, n := range []int{0, 1, 100, 1 << digit, 10_000} {
		for _, span := range []int64{1, 1000, 1 << 40, math.MaxInt64} {
			all := make([]marked, n)
			for i := range all {
				all[i] = marked{r.Int64N(span) - span/2, uint32(i)}
			}
			want := slices.Clone(all)
			slices.SortStableFunc(want, func(a, b marked) int { return cmp.Compare(a.at, b.at) })
			if scratch = sortByTime(all, scratch); !slices.Equal(all, want) {
				t.Errorf("%d within %d are not sorted", n, span)
			}
		}
	}
}

// Calls that last for hours have their place in the order too.
func TestLongCallsAreConfirmed(t *testing.T) {
	const hour = 3_600_000 // ms
	h := newHistory(head(1, buyerFirst), attempts{buy(0, hour, 2*hour, sale.OK), buy(1, 0, 3*hour, sale.SoldOut), buy(0, 0, 3*hour, sale.Duplicate), buy(2, 0, hour, sale.SoldOut)})
	h.Tail = tail(4, withStock(held(1), 0))
	if v := mustCheck(t, h); v.Opinion != Valid || v.Witness != 4 {
		t.Errorf("%s, an order of %d: %v", v.Opinion, v.Witness, v.Doubts)
	}
}

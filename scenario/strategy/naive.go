package strategy

import (
	"cmp"
	"context"
	"fmt"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// naive reads the stock, compares, and takes a unit: what everybody writes
// first. It is the control: a judge that does not catch it is worth nothing.
//
// Promise: none; one buyer at a time it sells what there is.
// Round trips: 2, and 1 when nothing is left.
// Flaw: it oversells. Between the reading and the taking others read the same
// stock.
var naive = baseline{
	name: "naive", promise: "nothing: the control", trips: "2; 1 sold out",
	flaw:  "oversells: others read the same stock before it takes the unit",
	terms: sale.Terms{RetrySafe: sale.RetryNone, Atomic: true},
	call: func(ctx context.Context, do Doer, p *sale.Purchase) sale.Answer {
		return readAndTake(ctx, do, p, nothing)
	},
}

// readAndTake sells if a unit is left when it looks. Between looking and taking
// it does some work.
func readAndTake(ctx context.Context, do Doer, p *sale.Purchase, work func()) sale.Answer {
	units, found, err := find(ctx, do, stockOf(p.Item))
	switch {
	case err != nil:
		return failed(err)
	case !found:
		return refused(sale.NotReady)
	case units < 1:
		return refused(sale.SoldOut)
	}
	work()
	reply, err := do.Do(ctx, "DECR", stockOf(p.Item))
	if left, isNumber := reply.(int64); err == nil && isNumber {
		return sold(left) // whatever is left: it has looked
	}
	return unsure(cmp.Or(err, fmt.Errorf("DECR: %v", reply)))
}

func nothing() {}

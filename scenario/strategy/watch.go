package strategy

import (
	"context"
	"errors"
	"fmt"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// watchTries is how often a purchase is tried.
const watchTries = 100

// Watch returns the strategy that reads the stock and takes a unit in a
// transaction, which Redis drops if the stock has changed since: then it tries
// again, tries times at most. Who gives up has not bought, and says so: failed.
// To say sold out would be wrong.
//
// Promise: no oversell.
// Round trips: 5 a try, as every command waits for its reply; 3 when nothing is
// left. The connection is the buyer's own meanwhile.
// Flaw: of all who try at the same time one buys, and the others have tried in
// vain.
func Watch(tries int) Strategy { return watch(tries).strategy() }

func watch(tries int) baseline {
	return baseline{
		name: "watch", promise: "no oversell; no limit a buyer; who gives up is told failed", trips: "5 a try; 3 sold out",
		flaw:   "of those who try at the same time one buys: the more come, the more fail",
		terms:  sale.Terms{RetrySafe: sale.RetryNone, Atomic: true},
		pinned: true,
		call: func(ctx context.Context, do Doer, p *sale.Purchase) sale.Answer {
			for range tries {
				if answer, changed := attempt(ctx, do, stockOf(p.Item)); !changed {
					return answer
				}
			}
			return failed(fmt.Errorf("the stock changed during each of %d tries", tries))
		},
	}
}

// attempt tries once to sell. Until EXEC has been sent nothing is granted; if
// others have changed the stock by then, nothing is either.
func attempt(ctx context.Context, do Doer, stock string) (answer sale.Answer, changed bool) {
	if _, err := do.Do(ctx, "WATCH", stock); err != nil {
		return failed(err), false
	}
	units, found, err := find(ctx, do, stock)
	if err != nil || !found || units < 1 {
		do.Do(ctx, "UNWATCH") // or the next transaction of this connection would fail
	}
	switch {
	case err != nil:
		return failed(err), false
	case !found:
		return refused(sale.NotReady), false
	case units < 1:
		return refused(sale.SoldOut), false
	}
	for _, command := range [][]any{{"MULTI"}, {"DECR", stock}} {
		if _, err := do.Do(ctx, command...); err != nil {
			do.Do(ctx, "DISCARD")
			return failed(err), false
		}
	}
	return executed(do.Do(ctx, "EXEC"))
}

// executed reads the reply to EXEC.
func executed(reply any, err error) (answer sale.Answer, changed bool) {
	if reply == nil && err == nil {
		return sale.Answer{}, true
	}
	results, _ := reply.([]any)
	switch {
	case err != nil:
		return unsure(err), false
	case len(results) != 1:
		return unsure(fmt.Errorf("EXEC: %v", reply)), false
	}
	left, isNumber := results[0].(int64)
	if !isNumber {
		return failed(errors.New(fmt.Sprint(results[0]))), false
	}
	return sold(left), false
}

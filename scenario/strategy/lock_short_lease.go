package strategy

import (
	"context"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

const (
	// shortLease ends before the work that it is for, which takes slowWork.
	shortLease = time.Millisecond
	slowWork   = 25 * time.Millisecond
)

// lockShortLease is lock as it is often written: the lock bears no token, and
// its lease ends before the work is done, which has a slow step in the middle.
// Then somebody else gets the lock, and loses it to the first one's DEL, so that
// a third comes in.
//
// Promise: what lock promises, and it does not keep it.
// Round trips: as lock.
// Flaw: it oversells.
var lockShortLease = baseline{
	name: "lock-short-lease", promise: "what lock does, and does not keep it",
	trips: "4, and 1 a wait; 3 sold out", flaw: "oversells: the lease ends before the work, and DEL frees another's lock",
	terms:  sale.Terms{RetrySafe: sale.RetryNone, Atomic: true},
	beside: []string{"lock"},
	call: func(ctx context.Context, do Doer, p *sale.Purchase) sale.Answer {
		held := key(p.Item, "lock")
		if err := acquire(ctx, do, held, "1", shortLease); err != nil {
			return failed(err)
		}
		answer := readAndTake(ctx, do, p, func() { time.Sleep(slowWork) })
		do.Do(ctx, "DEL", held)
		return answer
	},
}

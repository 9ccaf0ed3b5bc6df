package strategy

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

const (
	// lockLease is how long a lock lasts whose holder does not come back. It is
	// longer than any work, and than a request can be under way.
	lockLease = 10 * time.Second
	// A lock that is taken is asked for again after lockPause, lockTries times.
	lockPause = time.Millisecond
	lockTries = 300
)

// unlock deletes a lock if it is still that of the token.
const unlock = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

var errTried = errors.New("the lock was taken each time")

// lock takes a lock on the item, does what naive does, and gives it back. The
// token says whose the lock is, so that nobody gives back another's.
//
// Promise: no oversell, as long as the lease is longer than the work: it is
// 10 s. Who does not get the lock in about a third of a second is told failed.
// Round trips: 4, and one more for each time the lock was taken; 3 when nothing
// is left.
// Flaw: buyers sell one after the other. A holder who dies, or whose reply is
// lost, keeps all others out for the rest of the lease: to give the lock back
// would be wrong, as his request may yet run.
var lock = baseline{
	name: "lock", promise: "no oversell while its lease (10 s) lasts; no limit a buyer; who gives up is told failed",
	trips: "4, and 1 a wait; 3 sold out", flaw: "one sells at a time; a holder who dies stops the sale for a lease",
	terms:  sale.Terms{RetrySafe: sale.RetryNone, Atomic: true},
	beside: []string{"lock"},
	call: func(ctx context.Context, do Doer, p *sale.Purchase) sale.Answer {
		held, token := key(p.Item, "lock"), rand.Text()
		if err := acquire(ctx, do, held, token, lockLease); err != nil {
			return failed(err)
		}
		answer := readAndTake(ctx, do, p, nothing)
		if answer.Outcome != sale.Indeterminate { // what comes of this changes nothing for the buyer
			do.Do(ctx, "EVAL", unlock, 1, held, token)
		}
		return answer
	},
}

// acquire takes a lock, or waits for it.
func acquire(ctx context.Context, do Doer, held, token string, lease time.Duration) error {
	for range lockTries {
		switch reply, err := do.Do(ctx, "SET", held, token, "NX", "PX", lease.Milliseconds()); {
		case err != nil:
			return err
		case reply != nil:
			return nil
		}
		if err := wait(ctx, lockPause); err != nil {
			return err
		}
	}
	return errTried
}

// wait lets some time pass, unless ctx ends first.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

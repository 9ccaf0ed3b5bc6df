package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// waiting returns a strategy whose sales count as told only when n replicas
// have them: WAIT goes over the connection of the sale. One that too few have
// in time is left open, as it may yet be lost.
func waiting(s strategy.Strategy, n int, timeout time.Duration) strategy.Strategy {
	if n == 0 {
		return s
	}
	s.Words, s.Read = nil, nil
	s.Call = waitAfter(s.Call, n, timeout)
	if s.Release != nil {
		s.Release = waitAfter(s.Release, n, timeout)
	}
	if s.Confirm != nil {
		s.Confirm = waitAfter(s.Confirm, n, timeout)
	}
	if s.After != nil {
		s.After = waitAfter(s.After, n, timeout)
	}
	return s
}

type call = func(context.Context, strategy.Doer, *sale.Purchase) sale.Answer

func waitAfter(call call, n int, timeout time.Duration) call {
	return func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
		answer := call(ctx, do, p)
		if answer.Outcome != sale.OK {
			return answer
		}
		// The server counts in milliseconds, and 0 is for ever.
		reply, err := do.Do(ctx, "WAIT", n, max(timeout.Milliseconds(), 1))
		switch have, _ := reply.(int64); {
		case err != nil:
			return sale.Answer{Outcome: sale.Indeterminate, Raw: "WAIT: " + err.Error()}
		case have < int64(n):
			return sale.Answer{Outcome: sale.Indeterminate, Raw: fmt.Sprintf("WAIT: %d of %d replicas", have, n)}
		}
		return answer
	}
}

package scenario

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// canned is a link on which exchanges end as they are told to.
type canned struct {
	ends []error
	sent int
}

func (c *canned) RoundTrip(context.Context, []any) conn.Exchange {
	x := conn.Exchange{Sent: int64(10 * c.sent), Read: int64(10*c.sent + 5), Err: c.ends[c.sent]}
	if errors.Is(x.Err, conn.ErrLeft) {
		x.Sent = conn.Unsent
	}
	c.sent++
	return x
}

// serverError is a reply as the client library has it.
type serverError string

func (e serverError) Error() string { return string(e) }
func (serverError) RedisError()     {}

var _ redis.Error = serverError("")

// An error tells that nothing ran only of an attempt that took no other command.
func TestHowAttemptsOfSeveralCommandsAreFiled(t *testing.T) {
	refused := serverError("READONLY You can't write against a read only replica.")
	dial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for _, tt := range []struct {
		reason   string
		ends     []error // of the commands that the strategy wants to send
		want     sale.Outcome
		sent     int
		from, to int64
	}{
		{"the first was refused", []error{refused}, sale.Failed, 1, 0, 5},
		{"the first could not be sent", []error{dial}, sale.Failed, 1, 0, 5},
		{"nobody waited for the first", []error{conn.ErrLeft}, sale.Dropped, 1, history.Never, history.Never},
		{"the first got no reply", []error{io.EOF}, sale.Indeterminate, 1, 0, 5},
		{"the second was refused", []error{nil, refused}, sale.Indeterminate, 2, 0, 15},
		{"the second could not be sent", []error{nil, dial}, sale.Indeterminate, 2, 0, 15},
		{"nobody waited for the second", []error{nil, conn.ErrLeft}, sale.Indeterminate, 2, 0, 15},
		{"the second got no reply", []error{nil, io.EOF}, sale.Indeterminate, 2, 0, 15},
		{"the first was refused, and the second was not", []error{refused, nil}, sale.Indeterminate, 2, 0, 15},
		{"after an error of the wire nothing is sent", []error{nil, io.EOF, nil, nil}, sale.Indeterminate, 2, 0, 15},
		{"nor after one that kept the first from being sent", []error{dial, nil}, sale.Failed, 1, 0, 5},
		{"after a refusal more may be sent", []error{nil, refused, nil}, sale.Indeterminate, 3, 0, 25},
	} {
		link := &canned{ends: tt.ends}
		r := run(t, t.Context(), "decr", func(s *Spec) { s.Buyers, s.Timeout = new(int64(1)), 20*time.Millisecond }, func(_ *server.Server, s *strategy.Strategy) {
			call := s.Call
			s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
				if p.Buyer == canaryBuyer {
					return call(ctx, do, p)
				}
				do.(*hand).link = link
				answer := sale.Answer{Outcome: sale.Indeterminate, Left: sale.Untold}
				for range tt.ends {
					do.Do(ctx, "ANY")
				}
				return answer
			}
		})
		a := r.attempts[0]
		if a.Outcome != tt.want || link.sent != tt.sent || a.Call != tt.from || a.Return != tt.to {
			t.Errorf("%s: %v of %d commands, %d to %d; want %v of %d, %d to %d", tt.reason, a.Outcome, link.sent, a.Call, a.Return, tt.want, tt.sent, tt.from, tt.to)
		}
	}
}

// What an earlier attempt of the same buyer took is no part of the next.
func TestEachAttemptIsFiledByItsOwnCommands(t *testing.T) {
	link := &canned{ends: []error{nil, serverError("OOM command not allowed when used memory > 'maxmemory'.")}}
	r := run(t, t.Context(), "decr", func(s *Spec) {
		s.Buyers, s.Attempts, s.Timeout = new(int64(1)), exactly(2), 20*time.Millisecond
	}, func(_ *server.Server, s *strategy.Strategy) {
		call := s.Call
		s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
			if p.Buyer == canaryBuyer {
				return call(ctx, do, p)
			}
			do.(*hand).link = link
			do.Do(ctx, "ANY")
			return sale.Answer{Outcome: sale.Indeterminate, Left: sale.Untold}
		}
	})
	if one, two := r.attempts[0], r.attempts[1]; one.Outcome != sale.Indeterminate || two.Outcome != sale.Failed {
		t.Errorf("%v, then %v; want indeterminate, then failed", one.Outcome, two.Outcome)
	}
}

package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// replies is a connection that answers WAIT with what it holds.
type replies struct {
	have  any
	err   error
	asked []string
	ran   bool
}

func (r *replies) Do(_ context.Context, args ...any) (any, error) {
	r.asked = append(r.asked, strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
	return r.have, r.err
}

func (r *replies) Ran() { r.ran = true }

// A sale that too few replicas have is left open; what sold nothing is not
// waited for.
func TestWaiting(t *testing.T) {
	for _, tt := range []struct {
		outcome, want sale.Outcome
		replies       replies
		raw           string
	}{
		{sale.OK, sale.OK, replies{have: int64(2)}, "told"},
		{sale.OK, sale.OK, replies{have: int64(3)}, "told"},
		{sale.OK, sale.Indeterminate, replies{have: int64(1)}, "WAIT: 1 of 2 replicas"},
		{sale.OK, sale.Indeterminate, replies{err: errors.New("EOF")}, "WAIT: EOF"},
		{sale.SoldOut, sale.SoldOut, replies{}, "told"},
		{sale.Indeterminate, sale.Indeterminate, replies{}, "told"},
	} {
		told := sale.Answer{Outcome: tt.outcome, Granted: 1, Raw: "told"}
		if tt.outcome != sale.OK {
			told.Granted = 0
		}
		s := waiting(strategy.Strategy{Call: func(context.Context, strategy.Doer, *sale.Purchase) sale.Answer { return told }}, 2, 500*time.Millisecond)
		got := s.Call(t.Context(), &tt.replies, &sale.Purchase{})
		if got.Outcome != tt.want || got.Raw != tt.raw || (got.Granted > 0) != (tt.want == sale.OK) {
			t.Errorf("%s and %+v: answer %+v, want %s %q", tt.outcome, tt.replies.have, got, tt.want, tt.raw)
		}
		asked := strings.Join(tt.replies.asked, "; ")
		if tt.outcome == sale.OK && (asked != "WAIT 2 500" || !tt.replies.ran) || tt.outcome != sale.OK && asked != "" {
			t.Errorf("%s: asked %q, ran %v", tt.outcome, asked, tt.replies.ran)
		}
	}
	if s := waiting(strategy.Strategy{}, 0, time.Second); s.Call != nil {
		t.Error("without replicas to wait for the strategy is another")
	}
}

// What the wire says of a command that came after the purchase does not make
// the purchase undone.
func TestALateErrorLeavesThePurchaseOpen(t *testing.T) {
	refused := func(ran bool) *ran {
		return run(t, t.Context(), "once", func(s *Spec) { s.Buyers = new(int64(3)) }, func(_ *server.Server, s *strategy.Strategy) {
			call := s.Call
			s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
				answer := call(ctx, do, p)
				if p.Buyer == canaryBuyer {
					return answer
				}
				if ran {
					do.(interface{ Ran() }).Ran()
				}
				_, err := do.Do(ctx, "NOSUCH")
				return sale.Answer{Outcome: sale.Indeterminate, Raw: err.Error()}
			}
		})
	}
	if r := refused(true); r.count(sale.Indeterminate) != 3 {
		t.Errorf("%d of 3 are left open", r.count(sale.Indeterminate))
	}
	if r := refused(false); r.count(sale.Failed) != 3 {
		t.Errorf("%d of 3 failed, where nothing had run", r.count(sale.Failed))
	}
}

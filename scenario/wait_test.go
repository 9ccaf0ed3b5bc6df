package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// replies is a connection that answers WAIT with what it holds.
type replies struct {
	have  any
	err   error
	asked []string
}

func (r *replies) Do(_ context.Context, args ...any) (any, error) {
	r.asked = append(r.asked, strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
	return r.have, r.err
}

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
		if tt.outcome == sale.OK && asked != "WAIT 2 500" || tt.outcome != sale.OK && asked != "" {
			t.Errorf("%s: asked %q", tt.outcome, asked)
		}
	}
	if s := waiting(strategy.Strategy{}, 0, time.Second); s.Call != nil {
		t.Error("without replicas to wait for the strategy is another")
	}
}

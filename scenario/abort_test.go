package scenario

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

func TestParseAbort(t *testing.T) {
	got, err := ParseAbort("p99>1s for 5s, errors > 20% for 2s,p999>250ms for 1m")
	want := []Condition{
		{Expr: "p99>1s for 5s", Quantile: .99, Time: time.Second, For: 5 * time.Second},
		{Expr: "errors>20% for 2s", Share: .2, For: 2 * time.Second},
		{Expr: "p999>250ms for 1m", Quantile: .999, Time: 250 * time.Millisecond, For: time.Minute},
	}
	if err != nil || len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := ParseAbort(""); got != nil || err != nil {
		t.Errorf("nothing: %+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"p99>1s":                      `--abort "p99>1s": want what must hold and for how long`,
		"p99>1s for":                  "and for how long",
		"p99>1s for 5s 6s":            "and for how long",
		"for 5s":                      "want a figure above a limit",
		"p99<1s for 5s":               "want a figure above a limit",
		"p98>1s for 5s":               `unknown figure "p98"; want p50, p90, p99, p999 or errors`,
		">1s for 5s":                  "unknown figure",
		"p99>1 for 5s":                "p99>1: want a time above 0, like 1s",
		"p99>0s for 5s":               "want a time above 0",
		"p99>20% for 5s":              "want a time above 0",
		"errors>1s for 5s":            "want a share from 0 to below 1",
		"errors>100% for 5s":          "want a share from 0 to below 1",
		"errors>-1% for 5s":           "want a share from 0 to below 1",
		"errors>20% for 5":            "for 5: want a time of 1s or more",
		"errors>20% for 900ms":        "for 900ms: want a time of 1s or more",
		"p99>1s for 5s,":              `--abort "": want what must hold`,
		"p99>1s for 5s,,p50>1s for 5": `--abort ""`,
	} {
		spec := good(func(s *Spec) { s.Abort = text })
		if err := spec.Prepare(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// A sale that is aborted ends as one that is interrupted does, by another word.
func TestAbortedEnds(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	r := run(t, ctx, "once", func(s *Spec) {
		arrivals("constant:1000/s")(s)
		s.Buyers = new(int64(100_000))
	}, func(_ *server.Server, s *strategy.Strategy) {
		call := s.Call
		s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
			if p.Buyer != canaryBuyer { // the doors are open
				cancel(&Aborted{Condition{Expr: "errors>20% for 2s"}, "30 of 100 had no business reply"})
			}
			return call(ctx, do, p)
		}
	})
	if r.tail.Ended != history.EndedAborted || r.tail.Reason != "errors>20% for 2s: 30 of 100 had no business reply" {
		t.Errorf("ended %q (%s)", r.tail.Ended, r.tail.Reason)
	}
	if len(r.attempts) == 0 || r.tail.NeverOffered == 0 || len(r.tail.Audits) != 1 || len(r.tail.Audits[0].Problems) > 0 {
		t.Errorf("%d attempts, %d never offered, audits %+v", len(r.attempts), r.tail.NeverOffered, r.tail.Audits)
	}
}

package scenario

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// ran is what a sale on the embedded server left.
type ran struct {
	attempts []history.Attempt
	events   []history.Event
	tail     history.Tail
	head     history.Head
}

func (r *ran) count(o sale.Outcome) (n int) {
	for _, a := range r.attempts {
		if a.Outcome == o {
			n++
		}
	}
	return n
}

// all collects attempts; it is a history.Sink.
type all []history.Attempt

func (s *all) Append(batch []history.Attempt) error {
	*s = append(*s, batch...)
	return nil
}

// run drives a sale of the script, changed on its way by hooks.
func run(t *testing.T, ctx context.Context, script string, change func(*Spec), hook func(*server.Server, *strategy.Strategy)) *ran {
	t.Helper()
	s, err := strategy.Find(script, "")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.Open(t.Context(), server.Options{Server: "embedded"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	planned, err := New(t.Context(), "test", good(change), s, srv)
	if err != nil {
		t.Fatal(err)
	}
	if hook != nil {
		hook(srv, &planned.strategy)
	}
	out := &ran{head: planned.Head}
	rec := history.NewRecorder((*all)(&out.attempts))
	out.tail, err = planned.Run(ctx, rec, func(e history.Event) { out.events = append(out.events, e) })
	if closeErr := rec.Close(); err != nil || closeErr != nil {
		t.Fatal(err, closeErr)
	}
	if int64(len(out.attempts)) != out.tail.Attempts {
		t.Errorf("%d attempts recorded, %d made", len(out.attempts), out.tail.Attempts)
	}
	return out
}

func arrivals(text string) func(*Spec) {
	return func(s *Spec) {
		if err := s.Arrivals.UnmarshalText([]byte(text)); err != nil {
			panic(err)
		}
	}
}

func TestEveryModelSellsTheStock(t *testing.T) {
	for _, text := range []string{"burst", "closed:7", "poisson:20000/s", "ramp:100/s..20000/s*1s"} {
		r := run(t, t.Context(), "once", func(s *Spec) {
			arrivals(text)(s)
			s.Buyers = new(int64(300))
		}, nil)
		if r.count(sale.OK) != 10 || r.count(sale.SoldOut) != 290 || r.tail.Ended != history.EndedDone || r.tail.NeverOffered != 0 {
			t.Errorf("%s: %d ok, %d sold out, %d never offered, ended %q; want 10, 290, 0, done",
				text, r.count(sale.OK), r.count(sale.SoldOut), r.tail.NeverOffered, r.tail.Ended)
		}
		audit := r.tail.Audits[0]
		if audit.Stock == nil || *audit.Stock != 0 || len(audit.Holdings) != 10 {
			t.Errorf("%s: the audit says %+v", text, audit)
		}
	}
}

// The instants of an attempt stand in order, and a buyer's next purchase is
// due when his last returned.
func TestInstants(t *testing.T) {
	r := run(t, t.Context(), "once", func(s *Spec) {
		arrivals("poisson:5000/s")(s)
		s.Buyers, s.Attempts, s.Conns = new(int64(100)), exactly(3), conn.Pool(2)
	}, nil)
	byBuyer := map[uint32][]history.Attempt{}
	for _, a := range r.attempts {
		if start := a.Due + int64(a.Start)*1000; a.Due < 0 || start > a.Call || a.Call > a.Return {
			t.Errorf("due %d, start %d, call %d, return %d are out of order", a.Due, start, a.Call, a.Return)
		}
		byBuyer[a.Buyer] = append(byBuyer[a.Buyer], a)
	}
	for buyer, his := range byBuyer {
		slices.SortFunc(his, func(a, b history.Attempt) int { return int(a.Request) - int(b.Request) })
		if len(his) != 3 || his[1].Due != his[0].Return || his[2].Due != his[1].Return || his[0].Request == his[1].Request {
			t.Errorf("buyer %d: %+v", buyer, his)
		}
	}
}

func TestDoubleClicksShareTheirRequest(t *testing.T) {
	r := run(t, t.Context(), "once", func(s *Spec) { s.Buyers, s.Stock, s.DoubleClick = new(int64(50)), exactly(100), 1 }, nil)
	requests := map[uint32]int{}
	for _, a := range r.attempts {
		requests[a.Request]++
	}
	if len(r.attempts) != 100 || len(requests) != 50 || r.count(sale.OK) != 50 || r.count(sale.Duplicate) != 50 {
		t.Errorf("%d attempts of %d requests, %d ok, %d duplicate; want 100 of 50, 50, 50",
			len(r.attempts), len(requests), r.count(sale.OK), r.count(sale.Duplicate))
	}
}

// slow makes every purchase take a time, and closes done when it is first called.
func slow(d time.Duration) func(*server.Server, *strategy.Strategy) {
	return func(_ *server.Server, s *strategy.Strategy) {
		call := s.Call
		s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
			time.Sleep(d)
			return call(ctx, do, p)
		}
	}
}

func TestDurationDropsWhoWaits(t *testing.T) {
	r := run(t, t.Context(), "once", func(s *Spec) {
		arrivals("constant:1000/s")(s)
		s.Buyers, s.Duration, s.Conns = new(int64(10_000)), 200*time.Millisecond, conn.Pool(1)
	}, slow(20*time.Millisecond))
	dropped := r.count(sale.Dropped)
	if r.tail.Ended != history.EndedDuration || dropped == 0 || r.tail.NeverOffered == 0 {
		t.Errorf("ended %q, %d dropped, %d never offered", r.tail.Ended, dropped, r.tail.NeverOffered)
	}
	if int64(len(r.attempts))+r.tail.NeverOffered != 10_000 {
		t.Errorf("%d attempts and %d never offered are not 10000", len(r.attempts), r.tail.NeverOffered)
	}
	for _, a := range r.attempts {
		if a.Outcome == sale.Dropped && (a.Call != history.Never || a.Return != history.Never) {
			t.Fatalf("a dropped attempt was called at %d and returned at %d", a.Call, a.Return)
		}
	}
}

func TestImpatientBuyersLeave(t *testing.T) {
	r := run(t, t.Context(), "once", func(s *Spec) {
		s.Buyers, s.Patience, s.Conns, s.Attempts = new(int64(20)), 50*time.Millisecond, conn.Pool(1), exactly(2)
	}, slow(20*time.Millisecond))
	if r.count(sale.Dropped) == 0 || len(r.attempts) >= 40 {
		t.Errorf("%d attempts, %d dropped: nobody lost his patience", len(r.attempts), r.count(sale.Dropped))
	}
}

func TestInterruptEndsTheArrivals(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := run(t, ctx, "once", func(s *Spec) {
		arrivals("constant:1000/s")(s)
		s.Buyers = new(int64(100_000))
	}, func(*server.Server, *strategy.Strategy) { time.AfterFunc(100*time.Millisecond, cancel) })
	if r.tail.Ended != history.EndedInterrupted || r.tail.Reason == "" || len(r.attempts) == 0 || len(r.tail.Audits[0].Problems) > 0 {
		t.Errorf("ended %q (%s) with %d attempts and the audit %+v", r.tail.Ended, r.tail.Reason, len(r.attempts), r.tail.Audits)
	}
}

// A script that the server forgets is loaded once, and the click is sent again
// under the same request.
func TestForgottenScriptIsLoadedOnce(t *testing.T) {
	var flushed atomic.Bool
	r := run(t, t.Context(), "once", func(s *Spec) { s.Buyers, s.Stock = new(int64(200)), exactly(1000) },
		func(_ *server.Server, s *strategy.Strategy) {
			call := s.Call
			s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
				answer := call(ctx, do, p)
				if p.Buyer == "100" && flushed.CompareAndSwap(false, true) {
					if _, err := do.Do(ctx, "SCRIPT", "FLUSH"); err != nil {
						t.Error(err)
					}
				}
				return answer
			}
		})
	if r.tail.Reloads != 1 || len(r.events) != 1 || r.events[0].Kind != "reload" {
		t.Errorf("%d reloads, events %v; want 1 of each", r.tail.Reloads, r.events)
	}
	if r.count(sale.OK) != 200 || r.count(sale.Failed) == 0 || len(r.attempts) != 200+r.count(sale.Failed) {
		t.Errorf("%d ok and %d failed of %d attempts; want 200 ok, the failed sent again", r.count(sale.OK), r.count(sale.Failed), len(r.attempts))
	}
	for _, a := range r.attempts {
		if a.Outcome == sale.Failed && a.Try != 0 || a.Try > 0 && a.Outcome != sale.OK {
			t.Errorf("try %d of request %d is %s", a.Try, a.Request, a.Outcome)
		}
	}
}

func TestTheCanaryRefusesWhatCannotSell(t *testing.T) {
	s, err := strategy.Find("once", "")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.Open(t.Context(), server.Options{Server: "embedded"})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	planned, err := New(t.Context(), "test", good(nil), s, srv)
	if err != nil {
		t.Fatal(err)
	}
	planned.strategy.Teach = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
		_, err := do.Do(ctx, "EVAL", "return redis.call('nonsense'", "0")
		return sale.Answer{Outcome: sale.Indeterminate, Defect: sale.ScriptError, Raw: err.Error()}
	}
	rec := history.NewRecorder()
	defer rec.Close()
	if _, err = planned.Run(t.Context(), rec, nil); err == nil || !strings.Contains(err.Error(), "compiling") {
		t.Errorf("a script that does not compile: %v", err)
	}
}

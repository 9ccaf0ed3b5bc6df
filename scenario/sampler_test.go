package scenario

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// The stock of every item is read in turn while buyers are inside, and what is
// read is what was left at that time.
func TestTheStockIsSampled(t *testing.T) {
	r := run(t, t.Context(), "once", func(s *Spec) {
		arrivals("constant:1000/s")(s)
		s.Buyers, s.Items, s.Stock, s.Sample, s.Conns = new(int64(400)), new(int64(2)), exactly(150), time.Millisecond, conn.Pool(2)
	}, nil)
	last := []int64{150, 150}
	seen := []int{0, 0}
	for _, e := range r.events {
		if e.Kind != history.EventStock {
			continue
		}
		if e.Units > last[e.Item] || e.Units < 0 || e.Until < e.At || e.At < 0 {
			t.Errorf("read %+v, after %d", e, last[e.Item])
		}
		last[e.Item] = e.Units
		seen[e.Item]++
	}
	if seen[0] < 10 || seen[1] < 10 || last[0] == 150 {
		t.Errorf("read %v times, last %v", seen, last)
	}
}

// Items that take turns under the same keys have one stock, which is that of
// whichever is on sale: no reading of it is of the item whose turn it is to be read.
func TestNoSampleOfItemsUnderTheSameKeys(t *testing.T) {
	r := run(t, t.Context(), "once", func(s *Spec) {
		arrivals("closed:1,1")(s)
		s.Buyers, s.Items, s.Sample = new(int64(400)), new(int64(2)), time.Nanosecond
	}, func(_ *server.Server, s *strategy.Strategy) { s.Apart = false })
	if len(r.events) > 0 {
		t.Errorf("noted %d readings, %+v first", len(r.events), r.events[0])
	}
}

// A sale that ends between two items leaves nothing going on.
func TestNothingOutlivesASaleThatEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded, InProcess: true})
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		planned, err := New(t.Context(), "early", good(func(s *Spec) {
			arrivals("closed:1,1")(s)
			s.Buyers, s.Items = new(int64(6)), new(int64(3))
		}), scriptOf(t, "once"), srv)
		if err != nil {
			t.Fatal(err)
		}
		open := planned.strategy.OpenFor
		planned.strategy.Apart = false
		planned.strategy.OpenFor = func(ctx context.Context, do strategy.Doer, item sale.Item, took sale.Took) error {
			if item.ID == planned.Head.Items[1].ID {
				return errors.New("no")
			}
			return open(ctx, do, item, took)
		}
		rec := history.NewRecorder(new(history.Memory))
		tail, err := planned.Run(t.Context(), rec, func(history.Event) {})
		if closed := rec.Close(); err != nil || closed != nil {
			t.Fatal(err, closed)
		}
		if tail.Ended != history.EndedInterrupted || len(tail.Audits) != 1 {
			t.Errorf("ended %q, %q, with %d audits", tail.Ended, tail.Reason, len(tail.Audits))
		}
	})
}

func TestNoSampleWhereNoneIsWanted(t *testing.T) {
	r := run(t, t.Context(), "once", func(s *Spec) { s.Buyers = new(int64(50)) }, nil)
	if len(r.events) > 0 {
		t.Errorf("noted %+v", r.events)
	}
}

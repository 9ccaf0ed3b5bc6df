package scenario

import (
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
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

func TestNoSampleWhereNoneIsWanted(t *testing.T) {
	r := run(t, t.Context(), "once", func(s *Spec) { s.Buyers = new(int64(50)) }, nil)
	if len(r.events) > 0 {
		t.Errorf("noted %+v", r.events)
	}
}

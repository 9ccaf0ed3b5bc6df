package scenario

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// queued are links that take turns on one connection, whose server takes its time.
type queued struct {
	now   func() int64
	takes time.Duration
	seat  chan struct{}
	// under and most are how many wait or ask, now and at most.
	under, most atomic.Int64
}

func newQueued(now func() int64, seats int, takes time.Duration) *queued {
	q := &queued{now: now, takes: takes, seat: make(chan struct{}, max(seats, 1))}
	for range seats {
		q.seat <- struct{}{}
	}
	return q
}

// Take waits for the connection.
func (q *queued) Take(ctx context.Context) (conn.Link, error) {
	q.most.Store(max(q.most.Load(), q.under.Add(1)))
	select {
	case <-q.seat:
		return q, nil
	case <-ctx.Done():
		q.under.Add(-1)
		return nil, ctx.Err()
	}
}

// Give lets the next one have it.
func (q *queued) Give(conn.Link) { q.under.Add(-1); q.seat <- struct{}{} }

// RoundTrip takes its time.
func (q *queued) RoundTrip(context.Context, []any) conn.Exchange {
	x := conn.Exchange{Sent: q.now(), Reply: "1"}
	time.Sleep(q.takes)
	x.Read = q.now()
	return x
}

// Sweep does nothing.
func (*queued) Sweep() {}

// Load is nothing.
func (*queued) Load() conn.Load { return conn.Load{} }

// Close does nothing.
func (*queued) Close() error { return nil }

// Declines declines nothing.
func (*queued) Declines(string) error { return nil }

// readsBeside are the reads beside a sale of a second, of a server that answers one
// after the other.
func readsBeside(t *testing.T, rate arrival.Rate, seats int, takes time.Duration) (reads []history.Attempt, dues []int64, q *queued) {
	var seen all
	spec := good(func(s *Spec) {
		arrivals("admit:100/s")(s)
		s.Buyers = new(int64(101)) // the last comes, and leaves, at 1 s
		s.Background = []Background{{"stock", rate}}
	})
	d, stop := driveOf(t, spec, &seen)
	q = newQueued(d.clock.now, seats, takes)
	d.readers = &readers{links: q, questions: []question{
		func(ctx context.Context, do strategy.Doer, _ sale.Item) error {
			_, err := do.Do(ctx, "GET")
			return err
		},
	}}
	d.sell(lot{0, 1})
	stop()
	for _, a := range seen {
		if a.Verb == sale.Read {
			reads = append(reads, a)
		}
	}
	slices.SortFunc(reads, func(a, b history.Attempt) int { return int(a.Due - b.Due) })
	schedule := arrival.Schedule{Model: arrival.Open, Stages: []arrival.Stage{{From: float64(rate), To: float64(rate), Poisson: true}}}
	for at := range schedule.Times(spec.source(streamReads)) {
		if at > time.Second {
			break
		}
		dues = append(dues, int64(at))
	}
	return reads, dues, q
}

// A read is due when the schedule says, however long the ones before it take: its
// response is that of a queue, computed here by Lindley's recursion (The Theory of
// Queues with a Single Server, 1952). Whoever waits when the last buyer has left is
// dropped, and who asks by then is answered.
func TestReadsAreDueWhateverTheServerDoes(t *testing.T) {
	for _, rate := range []arrival.Rate{50, 150} {
		synctest.Test(t, func(t *testing.T) {
			const takes = int64(10 * time.Millisecond)
			reads, dues, _ := readsBeside(t, rate, 1, time.Duration(takes))
			if len(reads) != len(dues) {
				t.Fatalf("%d reads, want %d", len(reads), len(dues))
			}
			free, dropped, late := int64(0), 0, int64(0)
			for i, a := range reads {
				start := max(dues[i], free)
				want := history.Attempt{Due: dues[i], Call: start, Return: start + takes, Outcome: sale.OK}
				if start > int64(time.Second) {
					want.Call, want.Return, want.Outcome = history.Never, history.Never, sale.Dropped
					dropped++
				} else {
					free = start + takes
					late = max(late, start-dues[i])
				}
				if a.Due != want.Due || a.Call != want.Call || a.Return != want.Return || a.Outcome != want.Outcome || a.Start != 0 {
					t.Fatalf("%v, read %d: %+v, want %+v", rate, i, a, want)
				}
			}
			if overloaded := rate > 100; overloaded != (dropped > 20) || overloaded != (late > int64(100*time.Millisecond)) {
				t.Errorf("%v: %d dropped, the last %v late", rate, dropped, time.Duration(late))
			}
		})
	}
}

// A server that does not answer keeps so many waiting and no more: all that are due
// beyond are dropped at once, and counted.
func TestReadsDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads, dues, q := readsBeside(t, 20_000, 0, 0)
		if q.most.Load() != maxReads || q.under.Load() != 0 || len(reads) != len(dues) {
			t.Errorf("%d waited at most, %d still do; %d reads of %d", q.most.Load(), q.under.Load(), len(reads), len(dues))
		}
		for _, a := range reads {
			if a.Outcome != sale.Dropped || a.Call != history.Never || a.Return != history.Never {
				t.Fatalf("%+v", a)
			}
		}
	})
}

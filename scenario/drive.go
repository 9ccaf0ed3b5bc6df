package scenario

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// errDuration closes the doors at --duration.
var errDuration = errors.New("the doors closed")

// A drive sends the buyers through the doors. It shares nothing with what
// comes before and after it but the spec and the record.
type drive struct {
	spec     *Spec
	strategy strategy.Strategy
	item     sale.Item
	ids      sale.BuyerIDs
	quantity int64
	buyers   int64
	links    conn.Links
	rec      *history.Recorder
	note     func(history.Event)
	clock    *clock
	// doors is done when no further attempt may be made; its cause says why.
	doors  context.Context
	close  context.CancelCauseFunc
	health health
	// doubtful is set by the first attempt that may still run.
	doubtful atomic.Bool
	died     <-chan struct{}
	hands    sync.Pool
	script   reloads
}

// run opens the doors and returns when the last buyer inside has left. It
// returns the number of buyers that were never due.
func (d *drive) run(ctx context.Context) (neverOffered int64) {
	d.doors, d.close = context.WithCancelCause(ctx)
	d.hands.New = func() any { return new(hand) }
	switch d.spec.Arrivals.Model {
	case arrival.Burst:
		return d.burst()
	case arrival.Closed:
		return d.closed(int64(d.spec.Arrivals.Inside))
	default:
		return d.open(d.spec.Arrivals.Times(d.spec.source(streamArrivals)))
	}
}

// begin starts the clock, and what ends the run early.
func (d *drive) begin(gate chan struct{}) (end func()) {
	d.clock.start()
	close(gate)
	var watch sync.WaitGroup
	over := make(chan struct{})
	watch.Go(func() { d.watch(over) })
	return func() {
		close(over)
		watch.Wait()
	}
}

// burst parks every buyer before the doors and lets all go at once.
func (d *drive) burst() int64 {
	var inside sync.WaitGroup
	gate := make(chan struct{})
	for n := range d.buyers {
		inside.Go(func() {
			<-gate
			d.play(uint32(n), 0)
		})
	}
	defer d.begin(gate)()
	inside.Wait()
	return 0
}

// closed keeps a fixed number of buyers inside.
func (d *drive) closed(places int64) int64 {
	var next atomic.Int64
	var inside sync.WaitGroup
	gate := make(chan struct{})
	for range min(places, d.buyers) {
		inside.Go(func() {
			<-gate
			for d.doors.Err() == nil {
				n := next.Add(1) - 1
				if n >= d.buyers {
					return
				}
				d.play(uint32(n), d.clock.now())
			}
		})
	}
	defer d.begin(gate)()
	inside.Wait()
	return max(0, d.buyers-next.Load())
}

// open lets buyers in when they are due, whatever the server does.
func (d *drive) open(times arrival.Process) int64 {
	var inside sync.WaitGroup
	var n int64
	defer d.begin(make(chan struct{}))()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for at := range times {
		if n == d.buyers || !d.sleep(timer, at) {
			break
		}
		buyer := uint32(n)
		inside.Go(func() { d.play(buyer, int64(at)) })
		n++
	}
	inside.Wait()
	return d.buyers - n
}

// sleep waits for an instant; false if the doors close first.
func (d *drive) sleep(timer *time.Timer, at time.Duration) bool {
	if wait := at - time.Duration(d.clock.now()); wait > 0 {
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-d.doors.Done():
		}
	}
	return d.doors.Err() == nil
}

// ended closes the doors if they are open still. It says why no more attempts
// were made, and explains an end not planned.
func (d *drive) ended() (word, reason string) {
	defer d.close(nil)
	var lost *serverLost
	switch cause := context.Cause(d.doors); {
	case cause == nil:
		return history.EndedDone, ""
	case errors.As(cause, &lost):
		return history.EndedServerLost, lost.Error()
	case errors.Is(cause, errDuration):
		return history.EndedDuration, ""
	default:
		return history.EndedInterrupted, "the run was interrupted; what was in flight was waited for"
	}
}

// clock counts nanoseconds from the opening of the doors.
type clock struct{ zero time.Time }

func newClock() *clock { return &clock{zero: time.Now()} }

func (c *clock) start()                { c.zero = time.Now() }
func (c *clock) now() int64            { return int64(time.Since(c.zero)) }
func (c *clock) at(ns int64) time.Time { return c.zero.Add(time.Duration(ns)) }

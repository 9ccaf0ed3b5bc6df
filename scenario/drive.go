package scenario

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// errDuration closes the doors at --duration.
var errDuration = errors.New("the doors closed")

// A drive sends the buyers through the doors. It shares nothing with what
// comes before and after it but the spec and the record.
type drive struct {
	spec     *Spec
	plan     *plan
	strategy strategy.Strategy
	links    conn.Links
	server   *server.Server
	rig      *fault.Rig
	meter    *meter
	rec      *history.Recorder
	note     func(history.Event)
	clock    *clock
	// orders takes what was granted; nil: nobody writes it down.
	orders *orders
	// asked is done when the run is to end early; doors is done when no further
	// attempt may be made, and its cause says why.
	asked, doors context.Context
	close        context.CancelCauseFunc
	health       health
	// doubtful is set by the first attempt that may still run.
	doubtful atomic.Bool
	// lost is set by the first answer that never came.
	lost atomic.Bool
	// inside is how many attempts have begun and are not over.
	inside atomic.Int64
	// further counts the exchanges over the buyers' links that are no attempt's first.
	further atomic.Int64
	died    <-chan struct{}
	hands   sync.Pool
	// conducts are those of the kinds of buyers.
	conducts []conduct
	// asks: attempts are left to the connections' goroutines.
	asks   bool
	script reloads
	// came is how many buyers have been due.
	came int64
	// opened is set when the clock runs; beside is what goes on beside the
	// buyers, until over is closed.
	opened bool
	beside sync.WaitGroup
	over   chan struct{}
	// meanwhile is what goes on until the buyers have left, which left is closed
	// for: what comes later would come while the audit looks.
	meanwhile sync.WaitGroup
	left      chan struct{}
	leave     sync.Once
	// missed says which restock the sale did not last for; empty: none.
	missed  string
	readers *readers
}

// begin makes the drive ready; the doors open with the first sell.
func (d *drive) begin(ctx context.Context) {
	d.asked = ctx
	d.doors, d.close = context.WithCancelCause(ctx)
	d.hands.New = func() any { return &hand{drive: d, over: make(chan struct{}, 1)} }
	d.conducts = d.spec.conducts()
	impatient := slices.ContainsFunc(d.spec.everyone(), func(k Kind) bool { return *k.Patience > 0 })
	d.asks = d.spec.Conns.Pipelines() && !d.server.Clustered() && !impatient && d.strategy.Words != nil
	context.AfterFunc(d.doors, d.links.Sweep)
	d.over, d.left = make(chan struct{}), make(chan struct{})
	d.script.turn = make(chan struct{}, 1)
}

// open starts the clock, and what goes on beside the buyers, and lets the
// buyers in who wait at the gate.
func (d *drive) open(gate chan struct{}) {
	d.meter.start(d.doors)
	if !d.opened {
		d.opened = true
		d.clock.start()
		d.beside.Go(d.watch)
		d.meanwhile.Go(d.restock)
		d.meanwhile.Go(d.fork)
		d.meanwhile.Go(d.sample)
		d.read()
		ready := make(chan struct{})
		d.meanwhile.Go(func() { d.harm(ready) })
		<-ready
	}
	close(gate)
}

// end closes the doors and returns when nothing of the drive goes on.
func (d *drive) end() {
	d.empty() // the sale may have ended before its last lot
	close(d.over)
	d.beside.Wait()
	d.close(nil)
}

// sell returns when the last buyer who came for a lot has left.
func (d *drive) sell(of lot) {
	defer d.loseReplies()()
	for _, turn := range d.plan.turns(of.first, of.end) {
		switch {
		case d.spec.Arrivals.Admit > 0:
			d.letIn(turn)
		case d.spec.Arrivals.Model == arrival.Burst:
			d.burst(turn)
		case d.spec.Arrivals.Model == arrival.Closed:
			d.closed(turn)
		default:
			d.arrive(turn, d.spec.Arrivals.Times(d.spec.source(streamArrivals)))
		}
	}
	d.meter.pause()
	if of.end == len(d.plan.head.Items) || d.doors.Err() != nil {
		d.empty()
	}
}

// empty says that the buyers have left, and returns when what went on until
// then has ended.
func (d *drive) empty() {
	d.leave.Do(func() { close(d.left) })
	d.meanwhile.Wait()
}

// plannedStill is how many buyers of the plan were never due.
func (d *drive) plannedStill() int64 { return d.plan.head.Buyers - d.came }

// burst parks every buyer before the doors and lets all go at once.
func (d *drive) burst(t turn) {
	var inside sync.WaitGroup
	gate := make(chan struct{})
	for n := t.first; n < t.end; n++ {
		h := d.hand()
		inside.Go(func() {
			<-gate
			d.play(h, uint32(n), 0)
		})
	}
	d.open(gate)
	inside.Wait()
	d.came += t.end - t.first
}

// closed keeps a fixed number of buyers inside.
func (d *drive) closed(t turn) {
	next := new(atomic.Int64)
	next.Store(t.first)
	var inside sync.WaitGroup
	gate := make(chan struct{})
	for range min(int64(t.inside), t.end-t.first) {
		h := d.hand()
		inside.Go(func() {
			<-gate
			for d.doors.Err() == nil {
				n := next.Add(1) - 1
				if n >= t.end {
					return
				}
				d.play(h, uint32(n), d.clock.now())
			}
		})
	}
	d.open(gate)
	inside.Wait()
	d.came += min(next.Load(), t.end) - t.first
}

// ended says why no more attempts were made, and explains an end not planned.
func (d *drive) ended() (word, reason string) {
	var lost *serverLost
	var refused *refusal
	var aborted *Aborted
	switch cause := context.Cause(d.doors); {
	case cause == nil:
		return history.EndedDone, ""
	case errors.As(cause, &lost):
		return history.EndedServerLost, lost.Error()
	case errors.As(cause, &refused):
		return history.EndedRefused, refused.Error()
	case errors.As(cause, &aborted):
		return history.EndedAborted, aborted.Error()
	case errors.Is(cause, errDuration):
		return history.EndedDuration, ""
	case d.asked.Err() != nil:
		return history.EndedInterrupted, "the run was interrupted; what was in flight was waited for"
	default:
		return history.EndedInterrupted, cause.Error()
	}
}

// clock counts nanoseconds from the opening of the doors. Connections read it at
// any moment, also as the doors open.
type clock struct {
	made time.Time
	zero atomic.Int64 // ns from made to the opening
}

func newClock() *clock { return &clock{made: time.Now()} }

func (c *clock) start()                { c.zero.Store(int64(time.Since(c.made))) }
func (c *clock) now() int64            { return int64(time.Since(c.made)) - c.zero.Load() }
func (c *clock) at(ns int64) time.Time { return c.made.Add(time.Duration(c.zero.Load() + ns)) }

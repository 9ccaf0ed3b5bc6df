package conn

import (
	"context"
	"sync"
	"testing"
	"time"
)

// An alarm that was set for one batch and rings in the next tells nobody of a
// timeout that is not over.
func TestAnAlarmIsThatOfItsBatch(t *testing.T) {
	ls := &lanes{dialer: &dialer{now: func() int64 { return 7 }}}
	l := &lane{lanes: ls}
	told := plain{over: make(chan Exchange, 1)}
	mine := ticket{ls.turn(), 1}
	mine.question = told
	mine.state.Store(1<<phaseBits | out)
	l.out, l.until = []ticket{mine}, time.Now().Add(time.Hour)
	l.expire()
	select {
	case x := <-told.over:
		t.Fatalf("told of a timeout an hour early: %+v", x)
	default:
	}
	l.until = time.Now().Add(-time.Nanosecond)
	l.expire()
	if x := <-told.over; x.Err == nil || FateOf(x.Err) != Maybe {
		t.Errorf("after the timeout: %+v", x)
	}
}

// What is redirected is one exchange, though it is sent twice.
func TestARedirectIsNoFurtherExchange(t *testing.T) {
	tr := &traffic{gauge: newGauge()}
	for range 2 {
		tr.depart(1)
		tr.gauge.over.times.Add(1)
		tr.arrive(1, 0, 0)
	}
	tr.again()
	if load := tr.gauge.load(1); load.Sent != 1 || load.InFlight != 0 {
		t.Errorf("%+v", load)
	}
}

// Whoever has taken a turn before a sweep and asks after it is let go like the
// others; whoever takes one later is not.
func TestASweepMeetsThoseOnTheirWay(t *testing.T) {
	ls := &lanes{dialer: &dialer{now: func() int64 { return 7 }}}
	ls.come = sync.NewCond(&ls.mu)
	shared := &shared{opener: turns{ls}}
	early, _ := shared.Take(context.Background())
	begun, _ := shared.Take(context.Background())
	begun.(*turn).begun.Store(true)
	ls.sweep()
	late, _ := shared.Take(context.Background())
	for _, link := range []Link{early, begun, late} {
		link.(Asker).Ask(plain{over: make(chan Exchange, 1)})
	}
	if x := <-early.(*turn).question.(plain).over; x.Sent != Unsent || x.Err != ErrLeft {
		t.Errorf("who was on his way hears %+v", x)
	}
	if len(ls.queue) != 2 {
		t.Errorf("%d wait, want who has begun and who came later", len(ls.queue))
	}
}

// turns makes turns of lanes.
type turns struct{ ls *lanes }

func (t turns) carrier() carrier { return t.ls.turn() }
func (t turns) Sweep()           { t.ls.sweep() }
func (turns) standing() int      { return 0 }
func (turns) Close() error       { return nil }

func (turns) Declines(string) error { return nil }

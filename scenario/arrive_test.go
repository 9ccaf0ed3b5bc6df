package scenario

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// On a clock that is not real everybody is let in at his instant, however close
// the next one is.
func TestTheAlarmIsExactInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := newClock()
		alarm := newAlarm(clock.now, nil, nap)
		defer alarm.stop()
		rng := rand.New(rand.NewPCG(1, 0))
		for due := int64(0); due < int64(time.Hour); due += 1 + rng.Int64N(int64(time.Second)) {
			if !alarm.until(due) || clock.now() != due {
				t.Fatalf("woken at %d, due at %d", clock.now(), due)
			}
			due += int64(time.Microsecond)
			if !alarm.until(due) || clock.now() != due {
				t.Fatalf("woken at %d, due at %d, a microsecond after another", clock.now(), due)
			}
		}
	})
}

// An alarm that was late naps, and never wakes before its instant.
func TestTheAlarmNaps(t *testing.T) {
	for _, tt := range []struct {
		due, want int64
		late      bool
	}{
		{due: 10, want: 10},
		{due: 10, want: 1000, late: true},
		{due: 5000, want: 5000, late: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			clock := newClock()
			alarm := newAlarm(clock.now, nil, 1000)
			defer alarm.stop()
			alarm.late = tt.late
			if !alarm.until(tt.due) || clock.now() != tt.want {
				t.Errorf("%+v: woken at %d", tt, clock.now())
			}
		})
	}
}

// On a real clock an alarm is late, and what was due meanwhile is told to be due
// without another sleep.
func TestTheAlarmOnARealClock(t *testing.T) {
	clock := newClock()
	alarm := newAlarm(clock.now, nil, nap)
	defer alarm.stop()
	for due := int64(0); due < int64(20*time.Millisecond); due += int64(30 * time.Microsecond) {
		if !alarm.until(due) || alarm.seen < due || clock.now() < alarm.seen {
			t.Fatalf("due at %d, seen at %d", due, alarm.seen)
		}
	}
	if !alarm.late {
		t.Error("no wake-up was late")
	}
}

// Closed doors end the waiting, and only what was due before them has come.
func TestTheAlarmEndsWhenTheDoorsClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, closed := newClock(), make(chan struct{})
		alarm := newAlarm(clock.now, closed, nap)
		defer alarm.stop()
		time.AfterFunc(time.Second, func() { close(closed) })
		if !alarm.until(int64(time.Second) - 1) {
			t.Error("who was due before the doors closed has not come")
		}
		if alarm.until(int64(time.Minute)) || clock.now() != int64(time.Second) {
			t.Errorf("waited until %d for what is due after the doors closed", clock.now())
		}
		time.Sleep(time.Hour)
		if alarm.until(int64(time.Second)+1) || !alarm.until(int64(time.Second)) {
			t.Error("who was due after the doors closed has come, or who was due before has not")
		}
	})
}

// An alarm that is always behind ends as well: whoever is due after it has seen
// the doors closed has not come.
func TestTheAlarmEndsWithoutASleep(t *testing.T) {
	var clock int64
	closed := make(chan struct{})
	alarm := newAlarm(func() int64 { clock += 10; return clock }, closed, nap)
	defer alarm.stop()
	for due := int64(1); due <= 100; due++ {
		if due == 50 {
			close(closed)
		}
		if came := alarm.until(due); came != (due <= 60) {
			t.Errorf("due at %d, the clock at %d: %v", due, clock, came)
		}
	}
}

// A driver that is behind when the doors close has kept people waiting: they
// were due, and are dropped. Those due later never came.
func TestWhoWasDueIsCounted(t *testing.T) {
	for _, tt := range []struct {
		reason   string
		duration time.Duration
		dropped  int
	}{
		{"the doors closed at 1.1 s, when those due from 0.1 s on had not been let in", 0, 1001},
		{"nobody is due from the end of the duration on", 500 * time.Millisecond, 400},
	} {
		synctest.Test(t, func(t *testing.T) {
			var seen all
			d, stop := driveOf(t, good(func(s *Spec) {
				arrivals("constant:1000/s")(s)
				s.Buyers, s.Duration = new(int64(5000)), tt.duration
			}), &seen)
			d.arrive(d.plan.turns(0, 1)[0], func(yield func(time.Duration) bool) {
				for n := 0; yield(time.Duration(n) * time.Millisecond); n++ {
					if n == 99 {
						time.Sleep(time.Second + time.Millisecond)
						d.close(errDuration)
						synctest.Wait()
					}
				}
			})
			stop()
			outcomes := map[sale.Outcome]int{}
			for _, a := range seen {
				outcomes[a.Outcome]++
			}
			if outcomes[sale.Dropped] != tt.dropped || outcomes[sale.SoldOut] != 100 || d.came != int64(100+tt.dropped) {
				t.Errorf("%s: %v, %d came", tt.reason, outcomes, d.came)
			}
		})
	}
}

// What is recorded is what the schedule said, to the nanosecond.
func TestDueInstantsAreKept(t *testing.T) {
	for _, when := range []string{"poisson:20000/s", "constant:30000/s", "ramp:0/s..40000/s*10ms,poisson:9000/s*10ms,constant:7000/s"} {
		spec := good(func(s *Spec) {
			arrivals(when)(s)
			s.Buyers, s.Seed = new(int64(1000)), new(uint64(7))
		})
		recorded := make([]int64, 1000)
		for _, a := range onDisk(t, spec) {
			recorded[a.Buyer] = a.Due
		}
		var want []int64
		for at := range spec.Arrivals.Times(spec.source(streamArrivals)) {
			if want = append(want, int64(at)); len(want) == len(recorded) {
				break
			}
		}
		if !slices.Equal(recorded, want) {
			t.Errorf("%s: the record has other instants than the schedule", when)
		}
	}
}

// onDisk runs a sale on the embedded server and reads its record.
func onDisk(t *testing.T, spec Spec) (attempts []history.Attempt) {
	s, err := strategy.Find("once", "")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	planned, err := New(t.Context(), "test", spec, s, srv)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "history")
	folder, err := history.Create(dir, planned.Head)
	if err != nil {
		t.Fatal(err)
	}
	rec := history.NewRecorder(folder)
	tail, err := planned.Run(context.WithoutCancel(t.Context()), rec, folder.Event)
	for _, err := range []error{err, rec.Close(), folder.Finish(tail)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	h, err := history.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for batch, err := range h.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		attempts = append(attempts, batch...)
	}
	return attempts
}

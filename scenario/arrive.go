package scenario

import (
	"time"

	"github.com/seckill-bench/seckill/scenario/arrival"
)

// arrive lets buyers in when they are due, whatever the server does. Whoever is
// due by now is let in at once, all in one go. Those who were due before the
// doors closed have come, though nobody lets them in any more.
func (d *drive) arrive(t turn, times arrival.Process) {
	d.open(make(chan struct{}))
	crew := &crew{play: d.admit, most: maxIdle}
	defer crew.leave()
	alarm := newAlarm(d.clock.now, d.doors.Done(), nap)
	defer alarm.stop()
	for at := range times {
		if d.came == t.end || d.spec.Duration > 0 && at >= d.spec.Duration || !alarm.until(int64(at)) {
			break
		}
		crew.admit(part{uint32(d.came), int64(at)})
		d.came++
	}
}

// admit plays a buyer with a hand that others used before.
func (d *drive) admit(buyer uint32, due int64) {
	h := d.hand()
	d.play(h, buyer, due)
	d.hands.Put(h)
}

// nap is the least time the alarm sleeps for, in nanoseconds: what is due
// meanwhile is up to that late. A wake-up costs tens of microseconds of CPU,
// which are the server's where both share the machine; arrival/SCHEDULE.md has
// the figures.
const nap = int64(200 * time.Microsecond)

// An alarm wakes the one goroutine that waits for it at one instant after the
// other. It is a timer of Go's, so that a clock that is not real (that of
// testing/synctest) still moves by it.
type alarm struct {
	now    func() int64
	closed <-chan struct{}
	timer  *time.Timer
	nudge  nudge
	// nap is the least time to sleep for.
	nap int64
	// seen is the latest instant that was read off the clock; the last one, when
	// closed has been seen to be.
	seen int64
	over bool
	// late says that the latest wake-up came after its instant, as all do but
	// those of a clock that is not real: there a nap would save nothing, and have
	// buyers come at one instant who are due at two.
	late bool
	// behind counts the instants, since the last sleep or breath, that were long
	// past when they were asked for.
	behind int
}

// newAlarm returns an alarm by the clock now that sleeps no longer once closed
// is.
func newAlarm(now func() int64, closed <-chan struct{}, nap int64) *alarm {
	a := &alarm{now: now, closed: closed, timer: time.NewTimer(time.Hour), nap: nap}
	a.nudge.open()
	return a
}

func (a *alarm) stop() {
	a.timer.Stop()
	a.nudge.close()
}

// until returns when an instant has come; false if closed was first.
func (a *alarm) until(due int64) bool {
	for due > a.seen && !a.over {
		select {
		case <-a.closed:
			a.over = true
		default:
		}
		if a.seen = a.now(); due > a.seen && !a.over {
			a.sleep(due)
		}
	}
	if a.seen-due > behindBy && a.late {
		a.breathe()
	}
	return due <= a.seen
}

const (
	// behindBy is how late whoever never sleeps is, in nanoseconds.
	behindBy = int64(time.Millisecond)
	// breath is how many may be let in who are late before those are heard whom the
	// server has answered.
	breath = 16
)

// breathe has the runtime poll its connections from time to time, although the
// alarm is behind and never sleeps. With goroutines always ready to run it does so
// every 10 ms only (sysmon in runtime/proc.go): ever more buyers would be let in,
// and hardly one be answered.
func (a *alarm) breathe() {
	if a.behind++; a.behind >= breath {
		a.behind = 0
		a.nudge.wait()
	}
}

// sleep returns at an instant, or a nap later, or when closed is.
func (a *alarm) sleep(at int64) {
	if a.late {
		at = max(at, a.seen+a.nap)
	}
	a.timer.Reset(time.Duration(at - a.seen))
	a.nudge.in(time.Duration(at - a.seen))
	select {
	case <-a.timer.C:
	case <-a.closed:
		a.over = true
	}
	a.seen = a.now()
	a.late = a.seen > at
	a.behind = 0
}

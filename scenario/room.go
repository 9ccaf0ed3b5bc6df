package scenario

import (
	"fmt"
	"os"
	"time"
)

// longestWait is how long somebody may be in the waiting room: from due to start a
// record counts microseconds in 32 bits, which is some 71 minutes.
const longestWait = time.Hour

// checkRoom refuses a waiting room that takes longer than a record can hold.
func (s *Spec) checkRoom() error {
	if s.Arrivals.Admit == 0 {
		return nil
	}
	if last := float64(s.planned()) / float64(s.Arrivals.Admit); last > longestWait.Seconds() {
		return fmt.Errorf("--arrivals %s: the last of %d buyers would be let in after %.0f s, and a waiting room is recorded for an hour", s.Arrivals, s.planned(), last)
	}
	return nil
}

// letIn lets in, so many a second, buyers who all were due when the doors opened.
// Whoever is in the waiting room when they close was due like all others, and gets
// nowhere.
func (d *drive) letIn(t turn) {
	d.open(make(chan struct{}))
	crew := &crew{play: d.admit, most: maxIdle}
	defer crew.leave()
	alarm := newAlarm(d.clock.now, d.doors.Done(), nap)
	defer alarm.stop()
	for n := t.first; n < t.end; n++ {
		alarm.until(d.plan.head.Admission(uint32(n)))
		crew.admit(part{uint32(n), 0})
	}
	d.came += t.end - t.first
}

// readCurve reads the curve that arrivals follow, once: from then on they are its
// stages.
func (s *Spec) readCurve() error {
	if s.Arrivals.File == "" {
		return nil
	}
	f, err := os.Open(s.Arrivals.File)
	if err != nil {
		return fmt.Errorf("--arrivals: %w", err)
	}
	defer f.Close()
	if err := s.Arrivals.Follow(f); err != nil {
		return fmt.Errorf("--arrivals: %w", err)
	}
	return nil
}

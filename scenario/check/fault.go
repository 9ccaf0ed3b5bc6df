package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
)

// faults are the events that somebody did harm by, in the order of their begins.
func faults(events []history.Event) (some []history.Event) {
	for _, e := range events {
		if e.Kind == history.EventFault {
			some = append(some, e)
		}
	}
	slices.SortStableFunc(some, func(a, b history.Event) int { return cmp.Compare(a.At, b.At) })
	return some
}

// meet takes out the faults that an attempt was open to.
func (r *reading) meet(a *history.Attempt) {
	if len(r.idle) == 0 || a.Return == history.Never || !a.Timed() {
		return
	}
	r.idle = slices.DeleteFunc(r.idle, func(f history.Event) bool { return hit(&f, a) })
}

// hit reports whether a fault had a chance to matter to an attempt: it was open
// while the fault lasted. What was done in an instant (scripts flushed, a key
// deleted), or never undone, matters to whoever comes after it too. An attempt
// that never got to a connection was open from when it was due: a server that
// is down keeps it there.
func hit(f *history.Event, a *history.Attempt) bool {
	from, to := span(a)
	return to >= f.At && (f.Until == history.Never || f.Until <= f.At || from <= f.Until)
}

// span is when an attempt was open.
func span(a *history.Attempt) (from, to int64) {
	from = a.Call
	if from == history.Never {
		from = a.Due
	}
	return from, max(from, a.Return)
}

// idle doubts a sale in which a fault hit nobody.
func (d *doubts) idle(idle []history.Event) {
	for i := range idle[:min(len(idle), maxAlike)] {
		d.add(fmt.Sprintf("the fault %s hit nobody: no attempt was open", window(&idle[i])))
	}
	if more := len(idle) - maxAlike; more > 0 {
		d.add(fmt.Sprintf("and %s hit nobody", plural(int64(more), "more fault")))
	}
}

// window is a fault with its begin and end.
func window(f *history.Event) string {
	switch {
	case f.Until == history.Never:
		return fmt.Sprintf("%s, from %s on and never healed", f.Text, instant(f.At))
	case f.Until <= f.At:
		return fmt.Sprintf("%s, at %s", f.Text, instant(f.At))
	}
	return fmt.Sprintf("%s, %s – %s", f.Text, instant(f.At), instant(f.Until))
}

// maxFaults is how many faults a case is told to lie in.
const maxFaults = 3

// around returns the faults that a case lies in or, if none, the one nearest to
// it, with a few words for each.
func around(events []history.Event, attempts []history.Attempt) (near []history.Event, told []string) {
	all := faults(events)
	for _, f := range all {
		if slices.ContainsFunc(attempts, func(a history.Attempt) bool { return distance(&f, &a) == 0 }) {
			near = append(near, f)
			if len(told) < maxFaults {
				told = append(told, "during: "+window(&f))
			}
		}
	}
	if more := len(near) - len(told); more > 0 {
		told = append(told, "during "+plural(int64(more), "more fault"))
	}
	if len(near) > 0 {
		return near, told
	}
	best, least := -1, int64(forever)
	for i := range all {
		for k := range attempts {
			if d := distance(&all[i], &attempts[k]); max(d, -d) < max(least, -least) {
				best, least = i, d
			}
		}
	}
	switch {
	case best < 0:
		return nil, nil
	case least > 0:
		return all[best : best+1], []string{fmt.Sprintf("%s after the end of: %s", instant(least), window(&all[best]))}
	}
	return all[best : best+1], []string{fmt.Sprintf("%s before the begin of: %s", instant(-least), window(&all[best]))}
}

// distance is 0 for an attempt that was open while the fault lasted, else how
// long after its end it was called or, below 0, before its begin it returned.
func distance(f *history.Event, a *history.Attempt) int64 {
	from, to := span(a)
	end := max(f.At, f.Until)
	if f.Until == history.Never {
		end = forever
	}
	switch {
	case to < f.At:
		return to - f.At
	case from > end:
		return from - end
	}
	return 0
}

package report

import "time"

// Latest is the latest second of a sale of which there is a whole, or the first
// while it lasts: of the attempts that were over in it.
type Latest struct {
	// All is how many attempts have been over since the opening.
	All int64
	// Attempts were over in the second, Errors of them without a business reply.
	Attempts, Errors int64
	// Times are the quantiles that were asked for, of the purchases: from due for
	// open arrivals, else from call. A negative one falls among those that were
	// never answered: it is longer than any.
	Times []time.Duration
}

// Latest returns the latest second, with quantiles from 0 to 1. Unlike Snapshot
// it does not forget what is old: whoever asks knows whether anything is new.
func (l *Live) Latest(quantiles []float64) Latest {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := l.last()
	now := Latest{All: l.attempts, Attempts: last.attempts + last.left, Errors: last.errors + last.left}
	all := *last.times // with its memory
	all.misses += last.left
	for _, q := range quantiles {
		ns, answered := all.quantile(q)
		if !answered && all.count()+all.missed() > 0 {
			ns = -1
		}
		now.Times = append(now.Times, time.Duration(ns))
	}
	return now
}

// last is the newest whole second, or the one that goes on where the one before
// it was not seen.
func (l *Live) last() *second {
	if l.before.number == l.now.number-1 && l.before.attempts+l.before.left > 0 {
		return &l.before
	}
	return &l.now
}

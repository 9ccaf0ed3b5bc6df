package report

import (
	"sync"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

const (
	// interval is the length of time a live rate and live percentiles are over.
	interval = int64(time.Second)
	// quiet is how long after the last attempt the live figures still stand.
	quiet = 2 * time.Second
)

// Live is a sale in figures while it runs. It is a sink of the recorder, and
// safe for use by many goroutines.
type Live struct {
	stock int64
	open  bool

	mu       sync.Mutex
	arrived  time.Time
	attempts int64
	granted  int64
	counts   [sale.Dropped + 1]int64
	// now is the newest second of the sale seen so far, before the one that
	// ended with it.
	now, before second
}

// A second is what returned in one second of the sale.
type second struct {
	// number counts from the opening; latest is the last instant seen in it.
	number, latest int64
	attempts       int64
	times          *distribution
}

// NewLive returns the live view of a sale that is about to begin.
func NewLive(head *history.Head) *Live {
	s := Summary{Head: *head}
	return &Live{
		stock: s.Stock(), open: head.Model == modelOpen,
		now: second{times: newDistribution(2)}, before: second{number: -1, times: newDistribution(2)},
	}
}

// Append counts a batch. It never fails.
func (l *Live) Append(batch []history.Attempt) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrived = time.Now()
	for i := range batch {
		l.add(&batch[i])
	}
	return nil
}

func (l *Live) add(a *history.Attempt) {
	l.attempts++
	if int(a.Outcome) < len(l.counts) {
		l.counts[a.Outcome]++
	}
	if a.Outcome == sale.OK {
		l.granted += int64(a.Granted)
	}
	if a.Return == history.Never {
		return
	}
	number := max(a.Return, 0) / interval
	if number > l.now.number {
		l.now, l.before = l.before, l.now
		l.now.number, l.now.attempts = number, 0
		l.now.times.reset()
	}
	switch number {
	case l.now.number:
		l.now.add(a, l.open)
	case l.before.number:
		l.before.add(a, l.open)
	}
}

func (s *second) add(a *history.Attempt, fromDue bool) {
	s.attempts++
	s.latest = max(s.latest, a.Return)
	took, answered := a.Service()
	if fromDue {
		took, answered = a.Response()
	}
	if answered {
		s.times.add(int64(took))
	} else {
		s.times.miss()
	}
}

// A Snapshot is the live view of one moment.
type Snapshot struct {
	// Stock is the units on sale; Left those not yet acknowledged as sold,
	// below zero when more were.
	Stock, Left int64
	// Attempts is all attempts so far, Sold those that were granted units,
	// Errors those without a business reply.
	Attempts, Sold, Errors int64
	// Rate is the attempts per second over the last whole second, or over the
	// first while it lasts.
	Rate float64
	// P50 and P99 are over the same attempts: the time from due for open
	// arrivals, else from call. Negative when it was not answered or there is none.
	P50, P99 time.Duration
}

// Snapshot returns the figures of this moment.
func (l *Live) Snapshot() Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Snapshot{
		Stock: l.stock, Left: l.stock - l.granted, Attempts: l.attempts, Sold: l.counts[sale.OK],
		Errors: l.counts[sale.Failed] + l.counts[sale.Indeterminate] + l.counts[sale.Dropped],
		P50:    -1, P99: -1,
	}
	if l.attempts == 0 || time.Since(l.arrived) > quiet {
		return s
	}
	last, length := &l.before, interval
	if l.before.number != l.now.number-1 || l.before.attempts == 0 {
		last, length = &l.now, l.now.latest-l.now.number*interval
	}
	if length > 0 {
		s.Rate = float64(last.attempts) / time.Duration(length).Seconds()
	}
	if v, ok := last.times.quantile(.5); ok {
		s.P50 = time.Duration(v)
	}
	if v, ok := last.times.quantile(.99); ok {
		s.P99 = time.Duration(v)
	}
	return s
}

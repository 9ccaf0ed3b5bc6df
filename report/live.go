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
	sold     int64
	errors   int64
	// ordered is the orders that are over, booked is whether any are written.
	ordered int64
	booked  bool
	// faults counts the faults so far, fault is the latest.
	faults int64
	fault  string
	// items holds what is left of each, by the answers so far.
	items []liveItem
	// released are the purchases whose release was answered ok.
	released map[purchase]bool
	// now is the newest second of the sale seen so far, before the one that
	// ended with it.
	now, before second
}

// A liveItem is the units of an item that are not acknowledged as sold, and
// those that may have come on top.
type liveItem struct{ left, maybe int64 }

// A second is what returned in one second of the sale.
type second struct {
	// number counts from the opening; latest is the last instant seen in it.
	number, latest int64
	attempts       int64
	times          *distribution
	// errors are those of the attempts without a business reply, and left the
	// attempts that were over meanwhile without having been sent.
	errors, left int64
}

// NewLive returns the live view of a sale that is about to begin.
func NewLive(head *history.Head) *Live {
	l := &Live{
		open: head.Model == modelOpen, booked: head.Book != "", items: make([]liveItem, len(head.Items)), released: make(map[purchase]bool),
		now: second{times: newDistribution(2)}, before: second{number: -1, times: newDistribution(2)},
	}
	for i, item := range head.Items {
		l.items[i].left = item.Stock
		l.stock += item.Stock
	}
	return l
}

// Event counts the units that a restock brought, and the faults. Other events it
// leaves alone.
func (l *Live) Event(e history.Event) {
	if e.Kind == history.EventFault {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.faults++
		l.fault = Plain(e.Text)
		return
	}
	if e.Kind != history.EventRestock || int(e.Item) >= len(l.items) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Until == history.Never {
		l.items[e.Item].maybe += e.Units
		return
	}
	l.items[e.Item].left += e.Units
	l.stock += e.Units
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
	if a.Verb.Beside() && a.Verb != sale.After {
		if a.Verb == sale.PlaceOrder {
			l.ordered++
		}
		return
	}
	l.attempts++
	switch {
	case !a.Outcome.Answered():
		l.errors++
	case a.Outcome == sale.OK:
		l.move(a)
	}
	if a.Return == history.Never { // nobody knows when; it was later than it was due
		l.turn(a.Due / interval)
		l.now.left++
		return
	}
	number := max(a.Return, 0) / interval
	l.turn(number)
	switch number {
	case l.now.number:
		l.now.add(a, l.open)
	case l.before.number:
		l.before.add(a, l.open)
	}
}

// turn begins a second, if it is a new one.
func (l *Live) turn(number int64) {
	if number <= l.now.number {
		return
	}
	l.now, l.before = l.before, l.now
	l.now.times.reset()
	l.now = second{number: number, times: l.now.times}
}

// move counts the units of an attempt that was answered ok. What a release
// gives back is what was asked for: to look for the grant would take a second
// reading.
func (l *Live) move(a *history.Attempt) {
	if a.Verb == sale.Buy {
		l.sold++
	}
	if int(a.Item) >= len(l.items) {
		return
	}
	item := &l.items[a.Item]
	switch a.Verb {
	case sale.Buy:
		item.left -= int64(a.Granted)
	case sale.Release:
		if !l.released[purchaseOf(a)] {
			l.released[purchaseOf(a)] = true
			item.left += int64(a.Quantity)
		}
	}
}

// add counts an attempt, and the time of a purchase.
func (s *second) add(a *history.Attempt, fromDue bool) {
	s.attempts++
	s.latest = max(s.latest, a.Return)
	if !a.Outcome.Answered() {
		s.errors++
	}
	if a.Verb != sale.Buy {
		return
	}
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
	// Stock is the units on sale, those come on top among them; Left those not
	// acknowledged as sold or given back since, of all items.
	Stock, Left int64
	// Oversold is the units acknowledged beyond what an item had. It may pass
	// again: a release is sometimes told later than the next sale of its units.
	Oversold int64
	// Attempts is all attempts so far, Sold the purchases that were granted
	// units, Errors the attempts without a business reply.
	Attempts, Sold, Errors int64
	// Faults counts the faults so far, and Fault is the latest in a few words, safe
	// to print.
	Faults int64
	Fault  string
	// Booked is whether orders are written, Ordered how many are over: written, or
	// given up.
	Booked  bool
	Ordered int64
	// Rate is the attempts per second over the last whole second, or over the
	// first while it lasts.
	Rate float64
	// P50 and P99 are over the purchases among them: the time from due for open
	// arrivals, else from call. Negative when it was not answered or there is none.
	P50, P99 time.Duration
}

// Snapshot returns the figures of this moment.
func (l *Live) Snapshot() Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Snapshot{
		Stock: l.stock, Attempts: l.attempts, Sold: l.sold, Errors: l.errors, Faults: l.faults, Fault: l.fault, Booked: l.booked, Ordered: l.ordered, P50: -1, P99: -1,
	}
	for _, item := range l.items {
		s.Left += max(item.left, 0)
		s.Oversold += max(-item.left-item.maybe, 0)
	}
	if l.attempts == 0 || time.Since(l.arrived) > quiet {
		return s
	}
	last, length := l.last(), interval
	if last == &l.now {
		length = l.now.latest - l.now.number*interval
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

// Package trace reads what another tool wrote down of a sale — rows of attempts, and
// what the server had left — into a history, and writes a history for others to
// read. IMPORT.md, in this folder, says how rows are to look.
package trace

import (
	"iter"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A Trace is the rows of one sale. It holds every attempt in memory, in 64 bytes.
type Trace struct {
	// Attempts are in the order of the rows. Their instants are nanoseconds, since
	// 1970 or from whatever the rows count them.
	Attempts []history.Attempt
	// Items are the ids of the items, Buyers those of the buyers, by their numbers.
	Items, Buyers []string
	// Quantity is the units of every purchase; 0: they differ.
	Quantity int64
	// Pending is how many attempts may still run.
	Pending int64
	// Told is what the rows tell about themselves.
	Told history.Trace

	texts *history.Texts
	// itemless: no row told which item it is of, and none was asked for.
	itemless bool
	// ordered: some rows are orders.
	ordered bool
	// requests are the ids of the requests by their numbers; nil where each is the
	// number plus one.
	requests []string
	// receipts are what answers captured.
	receipts []map[string]string
}

// epoch is an instant in ns that no sale counted from its opening lasts to, and all
// since 1973 are past.
const epoch = 100_000_000 * int64(time.Second)

// batch is how many attempts are handed on at once.
const batch = 4096

// Origin is what the instants of the rows count from, in ns since 1970; 0 where they
// do not say.
func (t *Trace) Origin() int64 {
	first := int64(history.Never)
	for i := range t.Attempts {
		for _, at := range instants(&t.Attempts[i]) {
			if at != history.Never && (first == history.Never || at < first) {
				first = at
			}
		}
	}
	if first < epoch {
		return 0
	}
	return first
}

func instants(a *history.Attempt) [3]int64 { return [3]int64{a.Due, a.Call, a.Return} }

// History is the sale of the rows, with the given head and tail and what happened
// beside them, by the clock of the rows. It fills in the head what the rows tell:
// buyers, quantity, start. It may be called once.
//
// An attempt without instants is put over the whole sale: it may have been before
// all others and after them, so nothing can be told from it being early or late.
func (t *Trace) History(head history.Head, tail *history.Tail, events []history.Event) (*history.History, error) {
	ids := sale.BuyerIDs{File: "import"}
	ids, err := ids.Listed(t.Buyers)
	if err != nil {
		return nil, err
	}
	head.BuyerIDs, head.Buyers, head.Quantity = ids, int64(len(t.Buyers)), t.Quantity
	if origin := t.Origin(); origin != 0 {
		head.Started = time.Unix(0, origin).UTC()
		events = slices.Clone(events)
		t.countFrom(origin, events)
	}
	t.fill(events)
	if t.ordered {
		head.Book = "that of the rows"
	}
	told := t.Told
	head.Trace = &told
	if t.requests != nil && tail != nil && wantsRequests(tail.Audits) {
		t.keepRequests()
	}
	h := &history.History{Head: head, Tail: tail, Events: events, Texts: t.texts, Batches: func() iter.Seq2[[]history.Attempt, error] {
		return func(yield func([]history.Attempt, error) bool) {
			for some := range slices.Chunk(t.Attempts, batch) {
				if !yield(some, nil) {
					return
				}
			}
		}
	}}
	if len(t.receipts) > 0 {
		h.Receipt = func(n uint32) map[string]string {
			if n == 0 || int(n) > len(t.receipts) {
				return nil
			}
			return t.receipts[n-1]
		}
	}
	return h, nil
}

// countFrom makes the instants count from the origin.
func (t *Trace) countFrom(origin int64, events []history.Event) {
	for i := range t.Attempts {
		a := &t.Attempts[i]
		for _, at := range []*int64{&a.Due, &a.Call, &a.Return} {
			if *at != history.Never {
				*at -= origin
			}
		}
	}
	for i := range events {
		events[i].At -= origin
		if events[i].Until != history.Never {
			events[i].Until -= origin
		}
	}
}

// fill gives attempts the instants that they lack.
func (t *Trace) fill(events []history.Event) {
	from, to := int64(history.Never), int64(history.Never)
	see := func(at int64) {
		if at == history.Never {
			return
		}
		if from == history.Never || at < from {
			from = at
		}
		to = max(to, at)
	}
	for i := range t.Attempts {
		for _, at := range instants(&t.Attempts[i]) {
			see(at)
		}
	}
	for _, e := range events {
		see(e.At)
		see(e.Until)
	}
	if from == history.Never {
		from, to = 0, 0
	}
	for i := range t.Attempts {
		switch a := &t.Attempts[i]; {
		case !fill(a, from, to):
		case a.Timed():
			t.Told.Timed++
		default:
			t.Told.Untimed++
		}
	}
}

// fill gives one attempt the instants that it lacks, and reports whether it ran or may
// have: nothing rests on when others were. Of what may still run only the begin counts.
func fill(a *history.Attempt, from, to int64) (ran bool) {
	switch {
	case a.Outcome == sale.Dropped || a.Outcome == sale.Failed:
		if a.Due == history.Never {
			a.Due = a.Call
		}
		if a.Due == history.Never {
			a.Due = a.Return
		}
		return false
	case a.Outcome == sale.Indeterminate && a.Call != history.Never && a.Return == history.Never:
		a.Return = a.Call
	}
	if a.Call == history.Never || a.Return == history.Never {
		a.Due = history.Never
		if a.Call == history.Never {
			a.Call = from
		}
		if a.Return == history.Never {
			a.Return = to
		}
		return true
	}
	if a.Due == history.Never || a.Due > a.Call {
		a.Due = a.Call
	}
	return true
}

// wantsRequests reports whether orders tell the request they are for.
func wantsRequests(audits []sale.Audit) bool {
	return slices.ContainsFunc(audits, func(a sale.Audit) bool {
		return a.Orders != nil && slices.Contains(a.Orders.Fields, "request")
	})
}

// keepRequests has every attempt capture the id of its request, as the tool had it.
func (t *Trace) keepRequests() {
	for i := range t.Attempts {
		a := &t.Attempts[i]
		if int(a.Request) >= len(t.requests) {
			continue
		}
		if a.Receipt == 0 {
			t.receipts = append(t.receipts, map[string]string{})
			a.Receipt = uint32(len(t.receipts))
		}
		t.receipts[a.Receipt-1]["request"] = t.requests[a.Request]
	}
}

// Took says who takes part in the sale of an item.
func (t *Trace) Took(item int, of sale.Item) sale.Took {
	each := func(key func(*history.Attempt) uint32) iter.Seq[sale.Purchase] {
		return func(yield func(sale.Purchase) bool) {
			seen := map[uint32]bool{}
			for i := range t.Attempts {
				a := &t.Attempts[i]
				if int(a.Item) != item || seen[key(a)] {
					continue
				}
				seen[key(a)] = true
				if !yield(sale.Purchase{Verb: sale.Buy, Item: of, Buyer: t.Buyers[a.Buyer], Request: t.request(a), Quantity: int64(a.Quantity), BuyerIndex: a.Buyer, RequestIndex: a.Request}) {
					return
				}
			}
		}
	}
	return sale.Took{
		Buyers:   each(func(a *history.Attempt) uint32 { return a.Buyer }),
		Requests: each(func(a *history.Attempt) uint32 { return a.Request }),
	}
}

func (t *Trace) request(a *history.Attempt) string {
	if t.requests != nil && int(a.Request) < len(t.requests) {
		return t.requests[a.Request]
	}
	return (*history.Head)(nil).RequestID(a.Request)
}

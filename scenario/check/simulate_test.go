package check

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A smallSale is a random history of few attempts on one item, small enough
// for an exhaustive search.
type smallSale struct {
	stock, quantity, limit int64 // limit in sales, noLimit for none
	head                   history.Head
	attempts               []history.Attempt
	events                 []history.Event
	audit                  sale.Audit
	// releases: some attempts give back.
	releases bool
	// missing is how many attempts were made beside those recorded, noTail
	// whether the record breaks off.
	missing int64
	noTail  bool
}

const (
	smallBuyers = 4
	smallOps    = 14
	// smallReadings is how often the stock is read.
	smallReadings = 4
)

func (s *smallSale) history() *history.History {
	h := newHistory(s.head, s.attempts)
	h.Events = s.events
	h.Tail = &history.Tail{Ended: history.EndedDone, Attempts: int64(len(s.attempts)) + s.missing, Audits: []sale.Audit{s.audit}}
	if s.noTail {
		h.Tail, h.Events = nil, nil // events are written at the end
	}
	return h
}

// newHistory is a history in memory, one batch.
func newHistory(head history.Head, batches ...[]history.Attempt) *history.History {
	return &history.History{Head: head, Texts: &history.Texts{}, Batches: func() iter.Seq2[[]history.Attempt, error] {
		return func(yield func([]history.Attempt, error) bool) {
			for _, b := range batches {
				if !yield(b, nil) {
					return
				}
			}
		}
	}}
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// simulate plays a right script under concurrency: attempts run one after the
// other, each somewhere between its call and its return.
func simulate(r *rand.Rand) *smallSale { return simulateTold(r, 0, 0) }

// simulateTold plays a right script that tells some buyers what is left, while
// somebody reads the stock now and then.
func simulateTold(r *rand.Rand, tells, reads float64) *smallSale {
	s := &smallSale{quantity: pick(r, int64(1), 1, 2), limit: pick(r, int64(1), 1, 2, 2, noLimit)}
	s.stock = r.Int64N(5*s.quantity + 2)
	s.head = history.Head{Name: "small", Items: []sale.Item{{ID: "i", Stock: s.stock}}, Quantity: s.quantity, Buyers: smallBuyers,
		BuyerIDs: sale.BuyerIDs{From: 100},
		Terms:    sale.Terms{Order: pick(r, sale.OrderUnknown, sale.DuplicateFirst, sale.StockFirst), RetrySafe: pick(r, sale.RetryNone, sale.RetryBuyer, sale.RetryRequest)}}
	if s.limit != noLimit {
		s.head.Terms.Limit = s.limit*s.quantity + r.Int64N(s.quantity)
	}
	p := newShop(s, r)
	s.head.Terms.Atomic = tells+reads > 0
	ops := smallOps
	if reads > 0 {
		ops -= smallReadings
	}
	for range 1 + r.IntN(ops) {
		a := p.serve()
		if tells > 0 && a.Outcome == sale.OK && r.Float64() < tells {
			a.Left = p.free
		}
		s.attempts = append(s.attempts, a)
		if reads > 0 && r.Float64() < reads && len(s.events) < smallReadings {
			p.read()
		}
	}
	s.audit = p.audit()
	return s
}

// simulateFlow plays a right script whose stock goes both ways, or whose
// purchases differ in quantity.
func simulateFlow(r *rand.Rand) *smallSale {
	s := simulate(r)
	s.attempts = nil
	p := newShop(s, r)
	release, restock := pick(r, 0, 0.25, 0.4), pick(r, 0, 0, 0.15)
	s.head.Scenario = fmt.Sprintf("release: %g\nrestock: 2@1s\n", release)
	if p.mixed = r.IntN(3) == 0; p.mixed {
		s.head.Quantity, s.head.Terms.Order = pick(r, int64(0), 0, 1), sale.OrderUnknown
		p.partly = r.IntN(4) == 0
		if s.limit != noLimit {
			s.head.Terms.Limit = 1 + r.Int64N(5)
		}
	}
	for range 1 + r.IntN(smallOps) {
		switch x := r.Float64(); {
		case x < restock && len(s.events) < 2:
			p.restock()
		case x < restock+release && len(p.granted) > 0:
			s.attempts = append(s.attempts, p.giveBack())
		default:
			s.attempts = append(s.attempts, p.serve())
		}
	}
	if len(s.attempts) == 0 {
		s.attempts = append(s.attempts, p.serve())
	}
	s.audit = p.audit()
	return s
}

// A shop is the state of a simulated sale.
type shop struct {
	*smallSale
	r        *rand.Rand
	now      int64
	width    int64
	free     int64 // units
	held     [smallBuyers]int64
	done     map[uint32]bool
	requests uint32
	latest   [smallBuyers]uint32
	wanted   [smallBuyers]int64 // units of the latest request
	// granted are the attempts told ok; releases give one of them back.
	granted  []history.Attempt
	returned map[uint32]bool
	returns  map[uint32]int64 // units of the latest grant of a request
	mixed    bool
	partly   bool    // grants less where there is less
	lose     float64 // replies lost
	vague    float64 // refusals that do not tell why
}

func newShop(s *smallSale, r *rand.Rand) *shop {
	return &shop{smallSale: s, r: r, now: -20, free: s.stock, width: pick(r, int64(0), 2, 5, 12), done: map[uint32]bool{}, returned: map[uint32]bool{}, returns: map[uint32]int64{},
		lose: pick(r, 0, 0, 0.15, 0.4), vague: pick(r, 0, 0, 0, 0.3, 1)}
}

// serve runs one attempt.
func (p *shop) serve() history.Attempt {
	u := uint32(p.r.IntN(smallBuyers))
	// A script that is safe for a buyer alone has no right answer to a resend
	// while its buyer may have more.
	unsafe := p.head.Terms.RetrySafe == sale.RetryBuyer && (p.limit > 1 || p.mixed) && p.done[p.latest[u]]
	if p.latest[u] == 0 || unsafe || p.r.IntN(4) > 0 {
		p.requests++
		p.latest[u] = p.requests
		p.wanted[u] = p.quantity
		if p.mixed {
			p.wanted[u] = 1 + p.r.Int64N(3)
		}
	}
	p.now += p.r.Int64N(4)
	a := history.Attempt{Call: p.now - p.r.Int64N(p.width+1), Return: p.now + p.r.Int64N(p.width+1), Left: sale.Untold,
		Buyer: u, Request: p.latest[u], Quantity: int32(p.wanted[u]), Verb: sale.Buy}
	a.Due = a.Call
	switch x := p.r.Float64(); {
	case x < 0.03:
		a.Outcome = pick(p.r, sale.NotReady, sale.Failed)
	case x < 0.03+p.lose:
		p.loseReply(&a)
	default:
		a.Outcome = p.decide(&a)
		if p.r.Float64() < p.vague && classOf[a.Outcome] != granted && a.Outcome != sale.Replayed {
			a.Outcome = sale.Refused
		}
	}
	if a.Outcome != sale.OK {
		a.Granted = 0
	} else {
		p.granted = append(p.granted, a)
	}
	return a
}

// giveBack releases a purchase, now and then a second time: then nothing comes
// back, whatever the script says.
func (p *shop) giveBack() history.Attempt {
	of := p.granted[p.r.IntN(len(p.granted))]
	p.now = max(p.now+p.r.Int64N(4), of.Return+1)
	a := of
	p.releases = true
	a.Verb, a.Granted, a.Outcome = sale.Release, 0, sale.OK
	a.Call, a.Return = max(p.now-p.r.Int64N(p.width+1), of.Return+1), p.now+p.r.Int64N(p.width+1)
	a.Due = a.Call
	lost := p.r.Float64() < p.lose
	if units := p.returns[of.Request]; units > 0 && !p.returned[of.Request] && !(lost && p.r.IntN(3) == 0) {
		p.free += units
		p.held[of.Buyer] -= units
		p.returned[of.Request] = true
	} else if !lost {
		a.Outcome = pick(p.r, sale.OK, sale.NotReady, sale.Duplicate, sale.Failed)
	}
	if lost {
		a.Outcome = sale.Indeterminate
	}
	return a
}

// restock brings units.
func (p *shop) restock() {
	p.now += p.r.Int64N(4)
	e := history.Event{At: p.now - p.r.Int64N(p.width+1), Until: p.now + p.r.Int64N(p.width+1), Kind: "restock", Units: 1 + p.r.Int64N(3)}
	if p.r.Float64() >= p.lose || p.r.IntN(2) == 0 {
		p.free += e.Units
		if p.r.Float64() < p.lose {
			e.Until = history.Never
		}
	} else {
		e.Until = history.Never
	}
	p.events = append(p.events, e)
}

// read reads the stock.
func (p *shop) read() {
	p.now += p.r.Int64N(4)
	p.events = append(p.events, history.Event{At: p.now - p.r.Int64N(p.width+1), Until: p.now + p.r.Int64N(p.width+1), Kind: history.EventStock, Units: p.free})
}

// loseReply: the attempt ran, or not, and may have been called long before.
func (p *shop) loseReply(a *history.Attempt) {
	if p.r.IntN(3) > 0 {
		// That a lost reply granted less is not to be seen.
		partly := p.partly
		p.partly = false
		p.decide(a)
		p.partly = partly
	}
	if p.r.IntN(3) == 0 {
		a.Call -= p.r.Int64N(15)
	}
	a.Due = a.Call
	a.Outcome, a.Return = sale.Indeterminate, a.Call+p.r.Int64N(5)
}

// decide is the script.
func (p *shop) decide(a *history.Attempt) sale.Outcome {
	units := int64(a.Quantity)
	if room := p.head.Terms.Limit - p.held[a.Buyer]; p.partly && p.limit != noLimit && room > 0 {
		units = min(units, room)
	}
	if p.partly && p.free > 0 {
		units = min(units, p.free)
	}
	full := p.limit != noLimit && p.held[a.Buyer]+units > p.head.Terms.Limit
	empty := p.free < units
	buyerFirst := p.head.Terms.Order == sale.DuplicateFirst || p.head.Terms.Order == sale.OrderUnknown && p.r.IntN(2) == 0
	switch {
	case p.head.Terms.RetrySafe == sale.RetryRequest && p.done[a.Request]:
		return sale.Replayed
	case full && (buyerFirst || !empty):
		return pick(p.r, sale.Duplicate, sale.OverLimit)
	case empty:
		return sale.SoldOut
	}
	p.free -= units
	p.held[a.Buyer] += units
	p.done[a.Request] = true
	p.returns[a.Request] = units
	if p.partly {
		a.Granted = int32(units)
	}
	return sale.OK
}

// audit reads the state with one of the four knowledges.
func (p *shop) audit() sale.Audit {
	a := sale.Audit{Ledger: pick(p.r, sale.NoLedger, sale.Presence, sale.Units)}
	if p.r.IntN(2) == 0 {
		left := p.free
		a.Stock = &left
	}
	for u, n := range p.held {
		if n > 0 && a.Ledger != sale.NoLedger {
			units := n
			if a.Ledger == sale.Presence {
				units = 1
			}
			a.Holdings = append(a.Holdings, sale.Holding{Buyer: p.head.BuyerIDs.ID(uint32(u)), Units: units})
		}
	}
	return a
}

// corrupt changes one thing at random.
func (s *smallSale) corrupt(r *rand.Rand) {
	a := &s.attempts[r.IntN(len(s.attempts))]
	switch r.IntN(12) {
	case 0, 1, 2:
		a.Outcome = pick(r, sale.OK, sale.OK, sale.SoldOut, sale.Duplicate, sale.OverLimit, sale.Refused, sale.Indeterminate, sale.Replayed)
	case 3:
		b := &s.attempts[r.IntN(len(s.attempts))]
		a.Outcome, b.Outcome = b.Outcome, a.Outcome
	case 4:
		a.Call, a.Return = a.Call+r.Int64N(20)-10, a.Return+r.Int64N(20)-10
	case 5:
		b := &s.attempts[r.IntN(len(s.attempts))]
		a.Call, b.Call, a.Return, b.Return = b.Call, a.Call, b.Return, a.Return
	case 6:
		a.Request = 1 + uint32(r.IntN(smallOps))
	case 7:
		a.Buyer = uint32(r.IntN(smallBuyers))
	case 8, 9:
		s.corruptStock(r)
	default:
		s.corruptLedger(r)
	}
	if len(s.events) > 0 && r.IntN(4) == 0 {
		s.corruptRestock(r)
	}
	a.Return = max(a.Return, a.Call)
	for i := range s.attempts {
		a := &s.attempts[i]
		a.Return, a.Due = max(a.Return, a.Call), min(a.Due, a.Call)
		if a.Outcome != sale.OK || a.Verb != sale.Buy {
			a.Granted = 0
		}
	}
}

// corruptTold changes a stock that was told or read, or when it was read.
func (s *smallSale) corruptTold(r *rand.Rand) {
	other := func(left int64) int64 {
		return left + pick(r, s.quantity, -s.quantity, s.quantity, -s.quantity, 2*s.quantity, -2*s.quantity, 1, -1, -left, s.stock-left)
	}
	var oks []*history.Attempt
	for i := range s.attempts {
		if s.attempts[i].Outcome == sale.OK {
			oks = append(oks, &s.attempts[i])
		}
	}
	if len(s.events) > 0 && (len(oks) == 0 || r.IntN(2) == 0) {
		e := &s.events[r.IntN(len(s.events))]
		if r.IntN(3) == 0 {
			shift := r.Int64N(21) - 10
			e.At, e.Until = e.At+shift, e.Until+shift
		} else {
			e.Units = other(e.Units)
		}
		return
	}
	if len(oks) == 0 {
		return
	}
	switch a, b := pick(r, oks...), pick(r, oks...); {
	case a.Left == sale.Untold:
		a.Left = r.Int64N(s.stock+2) - 1
	case r.IntN(3) == 0:
		a.Left, b.Left = b.Left, a.Left
	default:
		a.Left = other(a.Left)
	}
}

func (s *smallSale) corruptRestock(r *rand.Rand) {
	s.events = slices.Clone(s.events)
	e := &s.events[r.IntN(len(s.events))]
	e.Units = max(1, e.Units+pick(r, int64(-1), 1))
	if shift := r.Int64N(21) - 10; e.Until != history.Never {
		e.At, e.Until = e.At+shift, e.Until+shift
	}
}

func (s *smallSale) corruptStock(r *rand.Rand) {
	if s.audit.Stock != nil {
		left := *s.audit.Stock + pick(r, -s.quantity, s.quantity, -1, 1, -2*s.quantity)
		s.audit.Stock = &left
	}
}

func (s *smallSale) corruptLedger(r *rand.Rand) {
	if s.audit.Ledger == sale.NoLedger {
		return
	}
	id := pick(r, s.head.BuyerIDs.ID(uint32(r.IntN(smallBuyers))), strconv.Itoa(r.IntN(200)), fmt.Sprintf("0%d", 100+r.IntN(smallBuyers)))
	if i := slices.IndexFunc(s.audit.Holdings, func(h sale.Holding) bool { return h.Buyer == id }); i >= 0 {
		holdings := slices.Clone(s.audit.Holdings)
		if holdings[i].Units += pick(r, -s.quantity, s.quantity, 1); s.audit.Ledger == sale.Presence || holdings[i].Units == 0 {
			holdings = slices.Delete(holdings, i, i+1)
		}
		s.audit.Holdings = holdings
		return
	}
	n := pick(r, s.quantity, s.quantity, 1)
	if s.audit.Ledger == sale.Presence {
		n = 1
	}
	s.audit.Holdings = append(s.audit.Holdings, sale.Holding{Buyer: id, Units: n})
}

// String prints the sale for a person who has to find out what went wrong.
func (s *smallSale) String() string {
	text := fmt.Sprintf("stock %d, quantity %d, limit %d, order %q, retry_safe %q; ledger %s %v", s.stock, s.quantity, s.head.Terms.Limit,
		s.head.Terms.Order, s.head.Terms.RetrySafe, s.audit.Ledger, s.audit.Holdings)
	if s.audit.Stock != nil {
		text += fmt.Sprintf(", left %d", *s.audit.Stock)
	}
	for _, a := range s.attempts {
		text += fmt.Sprintf("\n  buyer %d request %d [%d, %d] %s %d (%d) %s", a.Buyer, a.Request, a.Call, a.Return, a.Verb, a.Quantity, a.Granted, a.Outcome)
		if a.Left != sale.Untold {
			text += fmt.Sprintf(", %d left", a.Left)
		}
	}
	for _, e := range s.events {
		text += fmt.Sprintf("\n  %s [%d, %d] %d", e.Kind, e.At, e.Until, e.Units)
	}
	return text
}

package report

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A shop is a simulated server with several items, where buyers give back and
// confirm what they bought, replies are lost, and units come on top. It serves
// one attempt at a time, in the order of call.
type shop struct {
	head     history.Head
	left     []int64
	restocks []history.Event
	// gives and confirms say what a buyer does with what he has bought, loses
	// whether the reply to an attempt is lost; nil: nobody, none.
	gives, confirms, loses func(*history.Attempt) bool

	waiting, all []history.Attempt // waiting is in the order of call
	thread       int64
	sold         map[purchase]int64
}

// newShop opens items with the given stocks.
func newShop(model string, stocks ...int64) *shop {
	no := func(*history.Attempt) bool { return false }
	s := &shop{head: testHead(model, model), left: stocks, gives: no, confirms: no, loses: no, sold: make(map[purchase]int64)}
	s.head.Items = nil
	for i, stock := range stocks {
		s.head.Items = append(s.head.Items, sale.Item{ID: fmt.Sprintf("lamp-%d", i), Stock: stock, Index: i})
	}
	s.left = slices.Clone(stocks)
	return s
}

// come puts an attempt into the queue.
func (s *shop) come(a history.Attempt) {
	at, _ := slices.BinarySearchFunc(s.waiting, a.Call, func(w history.Attempt, call int64) int { return cmp.Compare(w.Call, call+1) })
	s.waiting = slices.Insert(s.waiting, at, a)
}

// buyer is a buyer's purchase, due at an instant and called soon after.
func buyer(n uint32, item uint16, quantity int32, due int64) history.Attempt {
	return history.Attempt{
		Due: due, Start: 5, Call: due + 10*us, Buyer: n, Request: n, Item: item, Quantity: quantity, Verb: sale.Buy, Left: sale.Untold,
	}
}

// serve answers everybody who waits, and those who come of it, and returns the
// instant when it is done.
func (s *shop) serve() int64 {
	for len(s.waiting) > 0 {
		a := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.thread = max(s.thread, a.Call+20*us) + 15*us
		for len(s.restocks) > 0 && s.restocks[0].At <= s.thread {
			s.left[s.restocks[0].Item] += s.restocks[0].Units
			s.restocks = s.restocks[1:]
		}
		a.Return = s.thread + 20*us
		s.answer(&a)
		s.all = append(s.all, a)
	}
	return s.thread
}

func (s *shop) answer(a *history.Attempt) {
	who := purchaseOf(a)
	switch held := s.sold[who]; {
	case a.Verb == sale.Release && held > 0:
		s.left[a.Item] += held
		delete(s.sold, who)
		a.Outcome = sale.OK
	case a.Verb != sale.Buy:
		a.Outcome = sale.OK
	case held > 0:
		a.Outcome = sale.Replayed
	case int64(a.Quantity) <= s.left[a.Item]:
		s.left[a.Item] -= int64(a.Quantity)
		s.sold[who] = int64(a.Quantity)
		a.Outcome, a.Granted = sale.OK, a.Quantity
	default:
		a.Outcome = sale.SoldOut
	}
	next := *a
	next.Due, next.Call, next.Outcome, next.Granted = a.Return, a.Return+10*us, 0, 0
	switch holds := a.Verb == sale.Buy && s.sold[who] > 0; {
	case s.loses(a):
		a.Outcome, a.Granted, next.Try = sale.Indeterminate, 0, a.Try+1
		s.come(next)
	case holds && s.gives(a):
		next.Verb = sale.Release
		s.come(next)
	case holds && s.confirms(a):
		next.Verb = sale.Confirm
		s.come(next)
	}
}

// history is the record, when all were served; the audit is right.
func (s *shop) history() *history.History {
	tail := testTail(int64(len(s.all)), 0)
	tail.Audits = nil
	for i := range s.left {
		tail.Audits = append(tail.Audits, sale.Audit{Stock: &s.left[i], Ledger: sale.Units})
	}
	s.head.Buyers = int64(len(s.all))
	return record(s.head, tail, nil, s.all)
}

// lots are 200 items sold one after the other, 1, 2, 4 and 25 buyers wide in
// turn, of 1 to 8 units, with five times the attempts and one or two units each.
func lots() *shop {
	stocks := make([]int64, 200)
	for i := range stocks {
		stocks[i] = int64(1 + i*5%8)
	}
	s := newShop(modelClosed, stocks...)
	s.head.Quantity = 0
	n, now := uint32(0), int64(0)
	for i, stock := range stocks {
		wide := []int64{1, 2, 4, 25}[i%4]
		for come := int64(0); come < 5*stock; come += wide {
			for range min(wide, 5*stock-come) {
				s.come(buyer(n, uint16(i), int32(1+n%3/2), now))
				n++
			}
			now = s.serve()
		}
	}
	return s
}

// returns is a sale whose buyers give back and confirm, with lost replies, a
// restock of both items, one that may have run, and a server that forgot the
// script.
func returns() *history.History {
	s := newShop(modelBurst, 300, 100)
	s.gives = func(a *history.Attempt) bool { return a.Buyer%4 == 0 }
	s.confirms = func(a *history.Attempt) bool { return a.Buyer%4 == 1 }
	s.loses = func(a *history.Attempt) bool { return a.Buyer%50 == 8 && a.Try == 0 }
	for n := range uint32(2000) {
		s.come(buyer(n, uint16(n%3/2), 1, 0))
	}
	for i := range s.left {
		s.restocks = append(s.restocks, history.Event{At: 20 * ms, Until: 20*ms + 90*us, Kind: history.EventRestock, Item: uint16(i), Units: 50, Text: "50 units came on top"})
	}
	events := slices.Clone(s.restocks)
	s.serve()
	h := s.history()
	h.Events = append(events,
		history.Event{At: 21 * ms, Until: history.Never, Kind: history.EventRestock, Units: 7, Text: "7 units may have come on top"},
		history.Event{At: 5 * ms, Until: 6 * ms, Kind: history.EventReload, Text: "the server had forgotten the script"},
	)
	h.Tail.Reloads = 1
	h.Tail.Audits[0].Orders = &sale.Orders{Fields: []string{"buyer"}, Rows: [][]string{{"70001"}, {"70002"}}}
	h.Tail.Audits[1].Orders = &sale.Orders{Fields: []string{"buyer"}, Rows: [][]string{{"70003"}}}
	return h
}

// severalItems is lots, found valid.
func severalItems(t testing.TB) *Summary { return summarize(t, lots().history(), validVerdict()) }

// givenBack is returns, found valid.
func givenBack(t testing.TB) *Summary { return summarize(t, returns(), validVerdict()) }

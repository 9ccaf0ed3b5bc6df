package report

import (
	"fmt"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// Summarize reads a history, and puts it with its verdict into figures. It
// reads it once, and again where units were released: only then it is known
// whose grants to look for. Memory grows with the number of releases and not
// with the number of attempts. It fails when the history cannot be read or holds
// an objective that does not parse.
func Summarize(h *history.History, v check.Verdict) (*Summary, error) {
	objectives, err := ParseObjectives(h.Head.Objective, h.Head.Model)
	if err == nil {
		err = CheckAdmitted(objectives, h.Head.Admit > 0)
	}
	if err != nil {
		return nil, err
	}
	c := newCollector(h, v, objectives)
	if err := eachAttempt(h, c.add); err != nil {
		return nil, err
	}
	if len(c.released) > 0 {
		if err := eachAttempt(h, c.giveBack); err != nil {
			return nil, err
		}
	}
	return c.finish(), nil
}

func eachAttempt(h *history.History, do func(*history.Attempt)) error {
	for batch, err := range h.Batches() {
		if err != nil {
			return fmt.Errorf("reading the attempts: %w", err)
		}
		for i := range batch {
			do(&batch[i])
		}
	}
	return nil
}

// A collector is a Summary in the making.
type collector struct {
	*Summary
	counts [256]int64 // of purchases, by outcome
	// lastBuyer is the buyer that arrived last, due at lastArrival: buyers are
	// numbered as they arrive.
	lastBuyer   uint32
	lastArrival int64
	// released holds when a release was first answered ok, by the purchase it
	// gave back, until its grant is found.
	released map[purchase]int64
	tallies  []tally
	goodput  *goodput
}

// A purchase is one request of a buyer.
type purchase struct{ buyer, request uint32 }

func purchaseOf(a *history.Attempt) purchase { return purchase{a.Buyer, a.Request} }

func newCollector(h *history.History, v check.Verdict, objectives []Objective) *collector {
	c := &collector{
		Summary: &Summary{
			Head: h.Head, Tail: h.Tail, Events: h.Events, Verdict: v, texts: h.Texts,
			Counts: make(map[sale.Outcome]int64), firstDue: history.Never, lastReturn: history.Never, lastSale: history.Never,
			response: newDistribution(digits), service: newDistribution(digits), lateness: newDistribution(digits),
			lag: newDistribution(digits), wait: newDistribution(digits), returns: newDistribution(digits),
			series: newSeries(&h.Head), items: make([]itemSale, len(h.Head.Items)), kinds: newKinds(h),
			reads: make([]readFigures, len(h.Head.Background)),
		},
		lastArrival: history.Never,
		released:    make(map[purchase]int64),
		goodput:     newGoodput(h),
	}
	for i := range c.items {
		c.items[i] = newItemSale()
	}
	if h.Head.Admit > 0 {
		c.room = newRoom()
	}
	for _, o := range objectives {
		c.tallies = append(c.tallies, newTally(o, &c.Head, c.harmed()))
	}
	for i := range h.Events {
		if e := &h.Events[i]; e.Kind == history.EventRestock && int(e.Item) < len(c.items) {
			c.restock(e)
		}
	}
	return c
}

func (c *collector) restock(e *history.Event) {
	c.items[e.Item].restock(e)
	if c.Restocked == nil {
		c.Restocked = ptr(int64(0))
	}
	if e.Until == history.Never {
		c.MaybeRestocked += e.Units
		return
	}
	*c.Restocked += e.Units
	c.series.cameBack(e.Units, e.Until)
}

func (c *collector) add(a *history.Attempt) {
	c.made++
	switch {
	case a.Verb == sale.PlaceOrder:
		c.ordered(a)
		return
	case a.Verb.Beside() && a.Verb != sale.After: // which goes over the buyers' connections
		c.beside(a)
		return
	}
	if !a.Timed() {
		c.untimed(a)
		return
	}
	if c.firstDue == history.Never || a.Due < c.firstDue {
		c.firstDue = a.Due
	}
	c.Recorded++
	c.lastReturn = max(c.lastReturn, a.Return)
	if a.Call != history.Never {
		c.called++
		c.carried += float64(max(a.Return-a.Call, 0))
	}
	answered, defect := a.Outcome.Answered(), a.Defect != sale.NoDefect
	if answered {
		c.returns.add(a.Return)
		c.answers++
		c.answerTime += float64(a.Return - a.Call)
	} else {
		c.silent++
	}
	if answered || defect {
		c.replies++
	}
	if defect || a.Outcome == sale.Dropped || a.Outcome == sale.Failed {
		c.early++
	}
	if a.Outcome == sale.Indeterminate && !defect && a.Call != history.Never {
		c.abandoned++
		c.abandonedAt += float64(a.Return)
	}
	c.series.add(a)
	c.goodput.add(a)
	for i := range c.tallies {
		c.tallies[i].add(a)
	}
	if a.Verb == sale.Buy {
		c.buy(a)
	} else {
		c.after(a)
	}
}

// ordered counts a try to write an order.
func (c *collector) ordered(a *history.Attempt) {
	if c.book == nil {
		c.book = newBookSale()
	}
	c.book.add(a, c.texts.Text(a.Reply))
}

// buy counts a purchase.
func (c *collector) buy(a *history.Attempt) {
	c.Attempts++
	c.counts[a.Outcome]++
	if a.Try > 0 {
		c.Resends++
	}
	if a.Buyer > c.lastBuyer || c.lastArrival == history.Never || a.Buyer == c.lastBuyer && a.Due < c.lastArrival {
		c.lastBuyer, c.lastArrival = a.Buyer, a.Due
	}
	if a.Outcome == sale.OK {
		c.lastSale = max(c.lastSale, a.Return)
	}
	if a.Outcome.Answered() {
		c.answered(a)
	} else {
		c.notAnswered(a)
	}
	c.reached(a)
	if len(c.kinds) > 0 {
		c.kinds[c.Head.Crowd.KindOf(a.Buyer)].add(a)
	}
	if int(a.Item) < len(c.items) {
		c.items[a.Item].buy(a)
	}
}

// after counts what a buyer did with what he had bought.
func (c *collector) after(a *history.Attempt) {
	if int(a.Verb) >= len(c.byVerb) {
		return
	}
	c.byVerb[a.Verb].add(a)
	switch {
	case a.Verb != sale.Release:
	case a.Outcome == sale.OK:
		if at, known := c.released[purchaseOf(a)]; !known || a.Return < at {
			c.released[purchaseOf(a)] = a.Return
		}
	case a.Outcome == sale.Indeterminate && int(a.Item) < len(c.items):
		c.items[a.Item].maybe += int64(a.Quantity)
	}
}

// giveBack counts the units of a grant that was released, once.
func (c *collector) giveBack(a *history.Attempt) {
	if a.Verb != sale.Buy || a.Outcome != sale.OK || int(a.Item) >= len(c.items) {
		return
	}
	if at, known := c.released[purchaseOf(a)]; known {
		delete(c.released, purchaseOf(a))
		c.items[a.Item].released += int64(a.Granted)
		c.series.cameBack(int64(a.Granted), at)
	}
}

func (c *collector) answered(a *history.Attempt) {
	times := &c.byOutcome[a.Outcome]
	if times.response == nil {
		times.response, times.service = newDistribution(digits), newDistribution(digits)
	}
	times.response.add(a.Return - a.Due)
	times.service.add(a.Return - a.Call)
}

// notAnswered: what was never sent has no service time to miss.
func (c *collector) notAnswered(a *history.Attempt) {
	c.response.miss()
	if a.Call != history.Never {
		c.service.miss()
	}
}

// reached counts how long the attempt took to get to a connection.
func (c *collector) reached(a *history.Attempt) {
	waited, in := c.Head.Waited(a)
	if c.room != nil {
		c.room.add(a, waited, in)
	}
	if in {
		c.lag.add(max(int64(a.Start)*1000-int64(waited), 0)) // of those who had no patience left as well
	}
	if a.Call == history.Never {
		c.lateness.miss()
		return
	}
	c.lateness.add(a.Call - a.Due)
	c.wait.add(a.Call - a.Due - int64(a.Start)*1000)
}

func (c *collector) finish() *Summary {
	s := c.Summary
	for _, o := range sale.Outcomes {
		s.Counts[o] = c.counts[o]
		if times := &s.byOutcome[o]; times.response != nil {
			s.response.merge(times.response)
			s.service.merge(times.service)
		}
	}
	s.countKinds(c.lastBuyer)
	s.Left = s.left()
	s.SoldOutAt = c.soldOutAt()
	var released int64
	for i := range c.items {
		s.Granted += c.items[i].granted
		released += c.items[i].released
	}
	if s.byVerb[sale.Release].count > 0 {
		s.Released = &released
	}
	c.rates()
	if sent, due := s.lateness.count(), s.lateness.count()+s.lateness.missed(); due > 0 {
		s.Sent = ptr(float64(sent) / float64(due))
	}
	s.RoundTrips = s.roundTrips()
	s.series.finish()
	s.Recovery = c.goodput.finish()
	if s.book != nil {
		s.book.finish()
	}
	s.setBound()
	s.checks = s.selfChecks()
	for i := range c.tallies {
		s.Objective = append(s.Objective, c.tallies[i].find(s))
	}
	return s
}

func (c *collector) rates() {
	if c.lastReturn == history.Never || c.halfTimed() {
		return
	}
	if c.silent == 0 {
		c.AllAnswered = ptr(c.lastReturn)
	}
	length := c.lastReturn - c.firstDue
	c.Duration = ptr(time.Duration(length))
	if length > 0 {
		c.Throughput = ptr(float64(c.replies) / time.Duration(length).Seconds())
	}
	if arriving := c.lastArrival - c.firstDue; c.Head.Model == modelOpen && arriving > 0 {
		c.Offered = ptr(float64(c.lastBuyer) / time.Duration(arriving).Seconds())
		c.dueRate = ptr(*c.Offered * float64(c.Recorded) / (float64(c.lastBuyer) + 1))
	}
}

// soldOutAt is when the last item was seen to be sold out; nil when one was not.
func (c *collector) soldOutAt() *int64 {
	if c.halfTimed() {
		return nil
	}
	at := int64(history.Never)
	for i := range c.items {
		item := c.itemSoldOutAt(i)
		if item == nil {
			return nil
		}
		at = max(at, *item)
	}
	return unlessNever(at)
}

// left sums the audited stocks; nil when one could not be read.
func (s *Summary) left() *int64 {
	if len(s.Head.Items) == 0 {
		return nil
	}
	var units int64
	for i := range s.Head.Items {
		left := s.leftOf(i)
		if left == nil {
			return nil
		}
		units += *left
	}
	return &units
}

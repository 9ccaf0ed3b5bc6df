package report

import (
	"fmt"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// Summarize reads a history once and puts it, with its verdict, into figures.
// Memory does not grow with the number of attempts. It fails when the history
// cannot be read or holds an objective that does not parse.
func Summarize(h *history.History, v check.Verdict) (*Summary, error) {
	objectives, err := ParseObjectives(h.Head.Objective, h.Head.Model)
	if err != nil {
		return nil, err
	}
	c := newCollector(h, v, objectives)
	for batch, err := range h.Batches() {
		if err != nil {
			return nil, fmt.Errorf("reading the attempts: %w", err)
		}
		for i := range batch {
			c.add(&batch[i])
		}
	}
	return c.finish(), nil
}

// A collector is a Summary in the making.
type collector struct {
	*Summary
	counts  [256]int64 // by outcome
	replies int64
	// lastBuyer is the buyer that arrived last, due at lastArrival: buyers are
	// numbered as they arrive.
	lastBuyer   uint32
	lastArrival int64
	items       []itemSale
	tallies     []tally
}

// An itemSale is what the attempts say about one item.
type itemSale struct {
	granted int64
	refused bool
	// soldOut is the earliest return of a sold_out, lastOK the latest of an ok.
	soldOut, lastOK int64
}

func newCollector(h *history.History, v check.Verdict, objectives []Objective) *collector {
	c := &collector{
		Summary: &Summary{
			Head: h.Head, Tail: h.Tail, Events: h.Events, Verdict: v, texts: h.Texts,
			Counts: make(map[sale.Outcome]int64), firstDue: history.Never, lastReturn: history.Never,
			response: newDistribution(digits), service: newDistribution(digits), lateness: newDistribution(digits),
			lag: newDistribution(digits), wait: newDistribution(digits), returns: newDistribution(digits),
			series: newSeries(&h.Head),
		},
		lastArrival: history.Never,
		items:       make([]itemSale, len(h.Head.Items)),
	}
	for i := range c.items {
		c.items[i] = itemSale{soldOut: history.Never, lastOK: history.Never}
	}
	for _, o := range objectives {
		c.tallies = append(c.tallies, tally{Objective: o})
	}
	return c
}

func (c *collector) add(a *history.Attempt) {
	c.counts[a.Outcome]++
	if c.Attempts == 0 || a.Due < c.firstDue {
		c.firstDue = a.Due
	}
	c.Attempts++
	c.lastReturn = max(c.lastReturn, a.Return)
	if a.Buyer > c.lastBuyer || c.lastArrival == history.Never || a.Buyer == c.lastBuyer && a.Due < c.lastArrival {
		c.lastBuyer, c.lastArrival = a.Buyer, a.Due
	}
	if a.Defect != sale.NoDefect {
		c.defects++
	}
	if a.Outcome.Answered() {
		c.answered(a)
	} else {
		c.notAnswered(a)
	}
	c.reached(a)
	for i := range c.tallies {
		c.tallies[i].add(a)
	}
	c.series.add(a)
}

func (c *collector) answered(a *history.Attempt) {
	c.replies++
	c.returns.add(a.Return)
	times := &c.byOutcome[a.Outcome]
	if times.response == nil {
		times.response, times.service = newDistribution(digits), newDistribution(digits)
	}
	times.response.add(a.Return - a.Due)
	times.service.add(a.Return - a.Call)
	if int(a.Item) < len(c.items) {
		c.items[a.Item].add(a)
	}
}

// notAnswered: what was never sent has no service time to miss.
func (c *collector) notAnswered(a *history.Attempt) {
	c.response.miss()
	if a.Call != history.Never {
		c.service.miss()
	}
	if a.Defect != sale.NoDefect {
		c.replies++
	}
}

// reached counts how long the attempt took to get to a connection.
func (c *collector) reached(a *history.Attempt) {
	if a.Outcome != sale.Dropped {
		c.lag.add(int64(a.Start) * 1000)
	}
	if a.Call == history.Never {
		c.lateness.miss()
		return
	}
	c.lateness.add(a.Call - a.Due)
	c.wait.add(a.Call - a.Due - int64(a.Start)*1000)
}

func (i *itemSale) add(a *history.Attempt) {
	switch a.Outcome {
	case sale.OK:
		i.granted += int64(a.Granted)
		i.lastOK = max(i.lastOK, a.Return)
	case sale.SoldOut:
		if i.soldOut == history.Never || a.Return < i.soldOut {
			i.soldOut = a.Return
		}
	case sale.Refused:
		i.refused = true
	}
}

// soldOutAt is when the item was first seen to be sold out, or history.Never.
func (i *itemSale) soldOutAt(stock, quantity int64) int64 {
	if i.soldOut == history.Never && i.refused && stock-i.granted < max(quantity, 1) {
		return i.lastOK
	}
	return i.soldOut
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
	s.Left = s.left()
	s.SoldOutAt = c.soldOutAt()
	for i := range c.items {
		s.Granted += c.items[i].granted
	}
	c.rates()
	s.series.finish()
	for i := range c.tallies {
		s.Objective = append(s.Objective, c.tallies[i].find(s))
	}
	return s
}

func (c *collector) rates() {
	if c.lastReturn == history.Never {
		return
	}
	if c.NotAnswered() == 0 {
		c.AllAnswered = ptr(c.lastReturn)
	}
	length := c.lastReturn - c.firstDue
	c.Duration = ptr(time.Duration(length))
	if length > 0 {
		c.Throughput = ptr(float64(c.replies) / time.Duration(length).Seconds())
	}
	if arriving := c.lastArrival - c.firstDue; c.Head.Model == modelOpen && arriving > 0 {
		c.Offered = ptr(float64(c.lastBuyer) / time.Duration(arriving).Seconds())
	}
}

// soldOutAt is when the last item was seen to be sold out; nil when one was not.
func (c *collector) soldOutAt() *int64 {
	at := int64(history.Never)
	for i := range c.items {
		item := c.items[i].soldOutAt(c.Head.Items[i].Stock, c.Head.Quantity)
		if item == history.Never {
			return nil
		}
		at = max(at, item)
	}
	if at == history.Never {
		return nil
	}
	return &at
}

// left sums the audited stocks; nil when one could not be read.
func (s *Summary) left() *int64 {
	if s.Tail == nil || len(s.Tail.Audits) == 0 || len(s.Tail.Audits) < len(s.Head.Items) {
		return nil
	}
	var units int64
	for _, a := range s.Tail.Audits {
		if a.Stock == nil {
			return nil
		}
		units += *a.Stock
	}
	return &units
}

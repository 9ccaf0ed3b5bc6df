package report

import (
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func (s *Summary) violations() []violation {
	all := []violation{}
	for _, v := range s.Verdict.Violations {
		cases := []caseOfWrong{}
		for _, c := range v.Cases {
			w := caseOfWrong{Message: c.Message, Attempts: []attempt{}, Faults: listOf(c.Faults), Causes: listOf(c.Causes)}
			if audit := s.auditLine(v.Rule, &c); audit != "" {
				w.Audit = &audit
			}
			for i := range c.Attempts {
				w.Attempts = append(w.Attempts, s.attempt(&c.Attempts[i]))
			}
			cases = append(cases, w)
		}
		one := violation{
			Rule: v.Rule, MustHold: v.Rule.MustHold(), Expected: v.Expected, Count: v.Count, First: unlessNever(v.First), Last: unlessNever(v.Last), Cases: cases,
		}
		if c := s.counterexampleOf(v.Rule); c != nil {
			one.Counterexample = &counterexample{c.Folder, c.Attempts}
		}
		all = append(all, one)
	}
	return all
}

func losses(l *check.Losses) *lossResult {
	if l == nil {
		return nil
	}
	r := &lossResult{Sales: l.Sales, Oldest: l.Oldest, Units: l.Units, Buyers: l.Buyers}
	if l.Orders != nil {
		r.Orders = &l.Orders.Lost
	}
	return r
}

func (s *Summary) attempt(a *history.Attempt) attempt {
	e := attempt{
		Buyer: a.Buyer, BuyerID: s.Head.BuyerIDs.ID(a.Buyer), Request: a.Request, Try: a.Try,
		Verb: a.Verb.String(), Quantity: a.Quantity, Due: unlessNever(a.Due), Start: ptr(a.Due + int64(a.Start)*1000),
		Call: unlessNever(a.Call), Return: unlessNever(a.Return), Outcome: a.Outcome, Granted: a.Granted, Reply: s.texts.Text(a.Reply),
	}
	if !a.Timed() {
		e.Start, e.Call, e.Return = nil, nil, nil
	}
	if int(a.Item) < len(s.Head.Items) {
		e.Item = s.Head.Items[a.Item].ID
	}
	if a.Defect != sale.NoDefect {
		e.Defect = ptr(a.Defect.String())
	}
	if a.Left != sale.Untold {
		e.Left = &a.Left
	}
	return e
}

func (s *Summary) outcomeResults() map[string]outcomeResult {
	all := make(map[string]outcomeResult)
	for o, n := range s.Counts {
		if n == 0 {
			continue
		}
		times := s.byOutcome[o]
		all[o.String()] = outcomeResult{n, times.response.latency(), times.service.latency()}
	}
	return all
}

func (s *Summary) verbResults() map[string]verbResult {
	all := make(map[string]verbResult)
	for _, verb := range s.verbsAfter() {
		v := &s.byVerb[verb]
		all[verb.String()] = verbResult{
			v.count, v.outcomes[sale.OK], v.resends, namedCounts(&v.outcomes), v.response.latency(), v.service.latency(),
		}
	}
	return all
}

// itemResults are the first items.
func (s *Summary) itemResults() []item {
	all := make([]item, min(len(s.items), itemsListed))
	for i := range all {
		from := &s.items[i]
		all[i] = item{
			ID: s.Head.Items[i].ID, Stock: s.Head.Items[i].Stock, Granted: from.granted, Left: s.leftOf(i),
			SoldOutAt: s.itemSoldOutAt(i), Counts: namedCounts(&from.counts),
		}
		all[i].Counts["attempts"] = from.attempts()
		if s.Released != nil {
			all[i].Released = &from.released
		}
		if s.Restocked != nil {
			all[i].Restocked = &from.restocked
		}
	}
	return all
}

// namedCounts are the outcomes that occurred.
func namedCounts(counts *[sale.Dropped + 1]int64) map[string]int64 {
	named := make(map[string]int64)
	for _, o := range sale.Outcomes {
		if n := counts[o]; n > 0 {
			named[o.String()] = n
		}
	}
	return named
}

// orders counts the orders that the audits could read; nil where none could.
func (s *Summary) orders() *orders {
	if s.Tail == nil {
		return nil
	}
	var read *orders
	for i := range s.Tail.Audits {
		if o := s.Tail.Audits[i].Orders; o != nil {
			if read == nil {
				read = new(orders)
			}
			read.Read += len(o.Rows)
		}
	}
	return read
}

// latency is nil for a distribution that is nil.
func (d *distribution) latency() *latency {
	if d == nil {
		return nil
	}
	l := &latency{Count: d.count() + d.missed(), NotAnswered: d.missed(), percentiles: d.percentiles()}
	if d.missed() > 0 {
		l.Max, l.Mean = nil, nil
		l.Answered = ptr(d.answered().percentiles())
	}
	return l
}

func (d *distribution) percentiles() percentiles {
	at := func(q float64) *int64 {
		if v, ok := d.quantile(q); ok && d.told(q) {
			return &v
		}
		return nil
	}
	p := percentiles{P50: at(.5), P90: at(.9), P99: at(.99), P999: at(.999), P9999: at(.9999)}
	if d.count() > 0 {
		p.Max, p.Mean = ptr(d.max()), ptr(int64(d.mean()))
	}
	return p
}

package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A bookSale is what became of the orders that clients wrote of what they were told
// they have.
type bookSale struct {
	outcomes [sale.Dropped + 1]int64
	// lag is from the return of the grant to that of the order, of orders that were
	// written; service is the transaction alone, of those that the database answered.
	lag, service *distribution
	// came and left are the instants at which orders began to wait, and were over.
	// Who was never served has none of the second.
	came, left []int64
	// refused counts what the database said of the orders that failed, by reply.
	refused map[uint16]int64
	died    int64
	last    int64

	backlog
}

// A backlog is how many orders waited or were being written.
type backlog struct {
	// most is the longest, at is when it was that long; none: nobody ever waited.
	most, at int64
	// emptyAt is when the last order was over; nil: some never were.
	emptyAt *int64
	// steps are how it went: the instants at which it changed.
	steps []backlogStep
}

type backlogStep struct{ at, waiting int64 }

func newBookSale() *bookSale {
	return &bookSale{lag: newDistribution(digits), service: newDistribution(digits), refused: map[uint16]int64{}}
}

// add counts a try to write an order.
func (b *bookSale) add(a *history.Attempt, said string) {
	b.outcomes[min(a.Outcome, sale.Dropped)]++
	if a.Outcome == sale.Dropped && said == sale.ClientDied {
		b.died++
		return
	}
	b.came = append(b.came, a.Due)
	b.last = max(b.last, a.Due)
	if a.Return == history.Never {
		return
	}
	b.left = append(b.left, a.Return)
	b.last = max(b.last, a.Return)
	switch {
	case a.Outcome == sale.OK:
		b.lag.add(a.Return - a.Due)
		b.service.add(a.Return - a.Call)
	case a.Outcome.Answered():
		b.service.add(a.Return - a.Call)
	case a.Outcome == sale.Failed:
		b.refused[a.Reply]++
	}
}

// written is the orders that the database says it wrote.
func (b *bookSale) written() int64 { return b.outcomes[sale.OK] }

// finish follows the backlog. Of what comes and goes at one instant, what goes is
// counted first: an order is not in its own way.
func (b *bookSale) finish() {
	slices.Sort(b.came)
	slices.Sort(b.left)
	var waiting int64
	for i, k := 0, 0; i < len(b.came) || k < len(b.left); {
		at := int64(0)
		if i == len(b.came) || k < len(b.left) && b.left[k] <= b.came[i] {
			at = b.left[k]
			waiting--
			k++
		} else {
			at = b.came[i]
			waiting++
			i++
		}
		if n := len(b.steps); n > 0 && b.steps[n-1].at == at {
			b.steps[n-1].waiting = waiting
		} else {
			b.steps = append(b.steps, backlogStep{at, waiting})
		}
		if waiting > b.most {
			b.most, b.at = waiting, at
		}
	}
	if n := len(b.left); n > 0 && n == len(b.came) {
		b.emptyAt = &b.left[n-1]
	}
}

// saidMost is what the database said most often of the orders that failed, behind
// the word for them; empty: it said nothing.
func (s *Summary) saidMost() string {
	if s.book == nil {
		return ""
	}
	var text string
	var most, all int64
	for reply, n := range s.book.refused {
		said := s.texts.Text(reply)
		if n > most || n == most && said < text {
			text, most = said, n
		}
		all += n
	}
	switch {
	case text == "":
		return ""
	case most < all:
		return fmt.Sprintf(", %s of them: %s", thousands(most), text)
	}
	return ": " + text
}

// orderLosses are what the judge says of the orders; nil: there is no book.
func (s *Summary) orderLosses() *check.OrderLosses {
	if s.Verdict.Losses == nil {
		return nil
	}
	return s.Verdict.Losses.Orders
}

// orderedLine says how many orders there are, and what became of the others; empty:
// there is no book.
func (s *Summary) orderedLine() string {
	l := s.orderLosses()
	if l == nil {
		return ""
	}
	text := "the book could not be read"
	if l.Ordered != nil {
		text = fmt.Sprintf("%s of %s", thousands(*l.Ordered), thousands(l.Told))
	} else if s.book != nil {
		text = fmt.Sprintf("%s of %s acknowledged, and the book could not be read", thousands(s.book.written()), thousands(l.Told))
	}
	switch {
	case l.Lost == 0 && l.Ordered != nil:
		return text + "; none lost"
	case l.Lost == 0:
		return text
	}
	text += "; " + thousands(l.Lost) + " paid and lost"
	if why := strings.Join(s.lostOrders(l), ", "); why != "" {
		text += " (" + why + ")"
	}
	return text
}

// lostOrders says what became of the purchases without an order.
func (s *Summary) lostOrders(l *check.OrderLosses) (parts []string) {
	failed := "failed" + s.saidMost()
	for _, p := range []struct {
		n         int64
		one, many string
	}{
		{l.Died, "client died", "clients died"}, {l.Failed, failed, failed},
		{l.Late, "was never got to", "were never got to"}, {l.SoldOut, "found no units in the stock row", "found no units in the stock row"},
		{l.Second, "refused by the unique key", "refused by the unique key"}, {l.Unanswered, "got no answer", "got no answer"},
		{l.Gone, "acknowledged and gone", "acknowledged and gone"}, {l.Untried, "never tried", "never tried"},
	} {
		switch p.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+p.one)
		default:
			parts = append(parts, thousands(p.n)+" "+p.many)
		}
	}
	return parts
}

// bookFacts are the orders in words.
func (s *Summary) bookFacts() []fact {
	var facts []fact
	if line := s.orderedLine(); line != "" {
		facts = append(facts, fact{"Ordered", Plain(line)})
	}
	if s.book == nil || s.book.written() == 0 {
		return facts
	}
	p50, _ := s.book.lag.quantile(.5)
	line := "p50 " + span(p50)
	if p99, ok := s.book.lag.quantile(.99); ok && s.book.lag.told(.99) {
		line += ", p99 " + span(p99)
	} else {
		line += ", at most " + span(s.book.lag.max())
	}
	facts = append(facts, fact{"Order lag", line + ", from the grant's return to the order's"})
	if line := s.backlogLine(); line != "" {
		facts = append(facts, fact{"Orders waiting", line})
	}
	return facts
}

// backlogLine says how long the queue was, and when it was empty.
func (s *Summary) backlogLine() string {
	b := s.book
	if b.most == 0 {
		return ""
	}
	line := fmt.Sprintf("%s at most, at %s", thousands(b.most), span(b.at))
	if b.emptyAt != nil {
		return line + "; all done after " + span(*b.emptyAt)
	}
	return fmt.Sprintf("%s; %s still when the time was over", line, thousands(int64(len(b.came)-len(b.left))))
}

// bookTables are the times of the orders.
func (s *Summary) bookTables() []timeTable {
	if s.book == nil || s.book.service.count() == 0 {
		return nil
	}
	return []timeTable{{name: "order", peers: true, rows: []timeRow{{"transaction", s.book.service}, {"grant to order", s.book.lag}}}}
}

// bookName says where orders were written, and by how many; empty: nowhere.
func (s *Summary) bookName() string {
	if s.Head.Book == "" {
		return ""
	}
	line := s.Head.Book
	if n := s.setting("order_workers"); n != "" {
		line += ", " + n + " at the same time"
	}
	if !strings.Contains(s.Head.Book, "://") {
		line += ", by the process that buys: its CPU time is in the driver's"
	}
	return line
}

// A bookResult is the order book in result.json. Times are in ns.
type bookResult struct {
	Name    string `json:"name"`
	Told    int64  `json:"told"`
	Ordered *int64 `json:"ordered"`
	Lost    int64  `json:"lost"`
	// Causes are the lost ones by what is known of the reason.
	Causes map[string]int64 `json:"causes"`
	// Open is the orders of which nobody knows whether they are there.
	Open int64 `json:"open"`
	// Counts holds the tries to write an order by what came of them.
	Counts map[string]int64 `json:"counts"`
	// Refused is what the database said of orders that failed.
	Refused map[string]int64 `json:"refused"`
	Lag     *latency         `json:"lag"`
	Service *latency         `json:"service"`
	// BacklogMax is the most orders that waited or were being written, DrainedAt is
	// when the last one was over: null where some never were.
	BacklogMax   int64  `json:"backlog_max"`
	BacklogMaxAt *int64 `json:"backlog_max_at"`
	DrainedAt    *int64 `json:"drained_at"`
}

// bookResult is nil where there is no book.
func (s *Summary) bookResult() *bookResult {
	l := s.orderLosses()
	if l == nil {
		return nil
	}
	r := &bookResult{Name: s.Head.Book, Told: l.Told, Ordered: l.Ordered, Lost: l.Lost, Open: l.Open, Causes: orderCauses(l), Counts: map[string]int64{}, Refused: map[string]int64{}}
	if b := s.book; b != nil {
		r.Counts = namedCounts(&b.outcomes)
		for reply, n := range b.refused {
			r.Refused[s.texts.Text(reply)] += n
		}
		r.Lag, r.Service, r.BacklogMax, r.DrainedAt = b.lag.latency(), b.service.latency(), b.most, b.emptyAt
		if b.most > 0 {
			r.BacklogMaxAt = &b.at
		}
	}
	return r
}

// orderCauses names what became of the purchases without an order.
func orderCauses(l *check.OrderLosses) map[string]int64 {
	causes := map[string]int64{}
	for name, n := range map[string]int64{
		"client_died": l.Died, "not_drained": l.Late, "failed": l.Failed, "sold_out": l.SoldOut, "duplicate": l.Second,
		"indeterminate": l.Unanswered, "acknowledged_and_gone": l.Gone, "never_tried": l.Untried,
	} {
		if n > 0 {
			causes[name] = n
		}
	}
	return causes
}

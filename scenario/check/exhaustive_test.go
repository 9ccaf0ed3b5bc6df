package check

import (
	"flag"
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A normal run tries every history of three attempts: go test ./scenario/check
// -run Exhaustive -scope 4 tries every one of four, with every audit of the stock.
var scope = flag.Int("scope", 3, "attempts of the histories that are all tried")

// spans are intervals in every relation: before, after, beside and within.
var spans = [][2]int64{{0, 1}, {2, 3}, {0, 3}}

// A small world is every history of a few attempts of two buyers on an item.
type smallWorld struct {
	attempts []history.Attempt // of which each history takes some
	readings []history.Event   // of which it takes one, or none
}

func newWorld(lefts []int64, readings []history.Event, outcomes ...sale.Outcome) *smallWorld {
	w := &smallWorld{readings: readings}
	for _, span := range spans {
		for buyer := range uint32(2) {
			for _, outcome := range outcomes {
				a := history.Attempt{Due: span[0], Call: span[0], Return: span[1], Buyer: buyer, Quantity: 1, Verb: sale.Buy, Outcome: outcome, Left: sale.Untold}
				w.attempts = append(w.attempts, a)
				for _, n := range lefts {
					if a.Left = n; outcome == sale.OK {
						w.attempts = append(w.attempts, a)
					}
				}
			}
		}
	}
	return w
}

// each calls try with every choice of n attempts, as far as they differ.
func (w *smallWorld) each(n int, try func([]history.Attempt)) {
	chosen := make([]history.Attempt, n)
	var choose func(at, from int)
	choose = func(at, from int) {
		if at == n {
			try(chosen)
			return
		}
		for i := from; i < len(w.attempts); i++ {
			chosen[at] = w.attempts[i]
			chosen[at].Request, chosen[at].Try = uint32(at)+1, uint8(at)
			choose(at+1, i)
		}
	}
	choose(0, 0)
}

// audits are what may be known of the stock at the end.
func audits(stock int64) []sale.Audit {
	all := []sale.Audit{nothing}
	if *scope > 3 {
		for n := range stock + 1 {
			all = append(all, withStock(nothing, n))
		}
	}
	return all
}

func (w *smallWorld) compare(t *testing.T, order sale.Order) (tried, open int) {
	for stock := range int64(3) {
		s := &smallSale{stock: stock, quantity: 1, limit: 1, head: head(stock, sale.Terms{Limit: 1, Order: order, Atomic: true})}
		for _, s.audit = range audits(stock) {
			for i := range len(w.readings) + 1 {
				if s.events = nil; i > 0 {
					s.events = w.readings[i-1 : i]
				}
				w.each(*scope, func(attempts []history.Attempt) {
					s.attempts = attempts
					tried++
					differ, unsettled := disagreement(t, s)
					open += int(bit(unsettled))
					if differ && !t.Failed() {
						v, _ := Check(s.history())
						t.Errorf("judge %s %v, legal %v\n%s", v.Opinion, v.Violations, s.legal(), s)
					}
				})
			}
		}
	}
	return tried, open
}

// Every history of so many attempts of two buyers, in every relation of their
// instants, with a reading of the stock or with replies that tell it, is judged
// as the oracle does.
func TestExhaustive(t *testing.T) {
	var readings []history.Event
	for _, span := range spans {
		for n := range int64(3) {
			readings = append(readings, history.Event{Kind: history.EventStock, At: span[0], Until: span[1], Units: n})
		}
	}
	answers := []sale.Outcome{sale.OK, sale.SoldOut, sale.Duplicate, sale.Refused, sale.Indeterminate}
	told := slices.Concat(answers[:3], answers[4:])
	for name, w := range map[string]*smallWorld{"with a reading": newWorld(nil, readings, answers...), "with the stock left": newWorld([]int64{0, 1}, nil, told...)} {
		orders := []sale.Order{sale.StockFirst, sale.DuplicateFirst}
		if *scope == 3 && len(w.readings) > 0 {
			orders = orders[:1] // the order that readings have to do with
		}
		for _, order := range orders {
			tried, open := w.compare(t, order)
			t.Logf("%s, %s: %d histories, %d left open", name, order, tried, open)
			if open*20 > tried {
				t.Errorf("%d of %d histories left open", open, tried)
			}
		}
	}
}

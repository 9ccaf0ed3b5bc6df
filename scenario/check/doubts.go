package check

import (
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A doubt is a sentence, and the rules it leaves undecided.
type doubt struct {
	// kind is what doubts of several items have in common; empty: it is of no
	// item.
	kind, line string
	rules      []Rule
}

// doubts collects why a history in which nothing is seen broken proves little.
type doubts struct {
	lines     []string
	undecided map[Rule]string
	// kinds are the kinds of doubt in the order they came up, with how many
	// items there are of each.
	kinds []string
	count map[string]int
}

// maxAlike is how many items are named that have the same doubt.
const maxAlike = 3

// add files a doubt and the rules it leaves undecided.
func (d *doubts) add(line string, rules ...Rule) { d.file(doubt{line: line, rules: rules}) }

// file files a doubt. Of many items with the same one the first few are told.
func (d *doubts) file(one doubt) {
	for _, r := range one.rules {
		if _, known := d.undecided[r]; !known {
			d.undecided[r] = one.line
		}
	}
	if one.kind != "" {
		if d.count == nil {
			d.count = map[string]int{}
		}
		if d.count[one.kind]++; d.count[one.kind] == 1 {
			d.kinds = append(d.kinds, one.kind)
		}
		if d.count[one.kind] > maxAlike {
			return
		}
	}
	if !slices.Contains(d.lines, one.line) {
		d.lines = append(d.lines, one.line)
	}
}

// all returns the doubts, and how many more items there are of each kind.
func (d *doubts) all() []string {
	for _, kind := range d.kinds {
		if more := d.count[kind] - maxAlike; more > 0 {
			d.lines = append(d.lines, fmt.Sprintf("and %s: %s", plural(int64(more), "more item"), kind))
		}
	}
	return d.lines
}

// What rests on the audit, and what on every attempt being there.
var (
	needAudit    = []Rule{NegativeStock, LostSale, PhantomSale, StockMismatch, Undersell}
	needAttempts = []Rule{PhantomSale, StockMismatch, Undersell, FalseDup, FalseReplay, LateSale}
	needTerms    = []Rule{Oversell, DuplicateSale, LostSale, PhantomSale, StockMismatch, Undersell, FalseSoldOut, FalseDup, FalseReplay, LateSale}
)

// record doubts the record as a whole. It reports whether every attempt is there.
func (d *doubts) record(h *history.History, attempts int64, idle []history.Event) (complete bool) {
	if h.Tail == nil {
		d.add("the record breaks off: attempts may be missing, and there is no audit", slices.Concat(needAudit, needAttempts)...)
		return false
	}
	orders := h.Head.Book != "" || slices.ContainsFunc(h.Tail.Audits, func(a sale.Audit) bool { return a.Orders != nil || a.Booked != nil })
	if h.Tail.AuditsDiffer {
		d.add("two audits made one after the other differ: something still ran, so neither is used", withOrders(needAudit, orders)...)
	}
	for i := range h.Head.Items {
		d.audit(h, i)
	}
	if attempts != h.Tail.Attempts {
		d.add(fmt.Sprintf("the buyers made %d attempts and the record holds %d", h.Tail.Attempts, attempts), withOrders(needAttempts, orders)...)
	}
	for _, line := range h.Tail.Undone {
		d.add(line + ": what it was to show is not shown")
	}
	if attempts == 0 {
		d.add("no attempt was made")
	}
	if attempts == h.Tail.Attempts { // else somebody who is missing may have been hit
		d.idle(idle)
	}
	return attempts >= h.Tail.Attempts
}

func withOrders(rules []Rule, orders bool) []Rule {
	if orders {
		return slices.Concat(rules, []Rule{OrderMismatch})
	}
	return rules
}

func (d *doubts) audit(h *history.History, i int) {
	item := itemPrefix(&h.Head, uint16(i))
	if i >= len(h.Tail.Audits) {
		d.file(doubt{"there is no audit", item + "there is no audit", needAudit})
		return
	}
	if audit := &h.Tail.Audits[i]; h.Head.Book != "" && audit.Booked == nil && len(audit.Problems) == 0 {
		d.file(doubt{"the order book was not read", item + "the order book was not read", []Rule{OrderMismatch}})
	}
	for _, p := range h.Tail.Audits[i].Problems {
		d.file(doubt{"the audit is incomplete: " + p, fmt.Sprintf("%sthe audit is incomplete: %s", item, p), withOrders(needAudit, true)})
	}
}

// doubts are what makes the attempts on one item prove little.
func (j *judge) doubts(prefix string, tail *history.Tail) (all []doubt) {
	file := func(kind, line string, rules ...Rule) {
		all = append(all, doubt{kind, prefix + line, rules})
	}
	n := &j.record.count
	if j.open && j.complete {
		const line = "quantities differ, or sales overlap with units that came back: no order was found that explains every answer, and none is seen to be impossible"
		file(line, line, needTerms...)
	}
	if j.open && !j.complete {
		const line = "attempts are missing, and units may have come back or quantities differ: the others prove little"
		file(line, line, needTerms...)
	}
	if j.unpaired {
		const line = "orders and purchases may or may not pair: purchases know different fields, or items share their orders"
		file(line, line, OrderMismatch)
	}
	if j.unheard {
		line := "stocks that were read or told may or may not fit: several sales can explain a refusal or a replay"
		if !j.complete {
			line = "attempts are missing, and may explain the stocks that were read or told"
		}
		file(line, line, FalseStock)
	}
	if j.unconfirmed {
		const line = "no rule is seen broken, and the order that should explain every answer does not: the judge cannot confirm its own verdict"
		file(line, line)
	}
	if j.unsettled > 0 {
		file("refusals may or may not be explained", fmt.Sprintf("%d refusals may or may not be explained by attempts of unknown outcome", j.unsettled), Undersell, FalseDup, LateSale)
	}
	if n[granted] == 0 && j.capacity > 0 && j.attempts() > 0 {
		file("nobody was told ok", fmt.Sprintf("nobody was told ok, though there were %s and %d attempts", units(j.stock), j.attempts()))
	}
	if tail != nil && tail.Ended == history.EndedDone && n[soldOut]+n[refused] == 0 {
		if line := j.unmetDemand(); line != "" {
			file("more was asked for than there was, and nobody was told sold_out", line)
		}
	}
	if j.limited() && j.order == sale.DuplicateFirst && j.soonRepeats > 0 && n[duplicate]+n[refused]+n[replayed] == 0 {
		const line = "buyers who held their limit called again before the item was sold out, and nobody was told duplicate"
		file(line, line)
	}
	return all
}

// unmetDemand says that more was asked for than there was; empty: it was not.
func (j *judge) unmetDemand() string {
	if j.flows {
		if j.want > j.supply {
			return fmt.Sprintf("%s were asked for and no more than %d were there, and nobody was told sold_out", units(j.want), j.supply)
		}
		return ""
	}
	if buyers := j.buyerCount(); j.record.attempts() <= j.capacity || j.limited() && buyers <= j.capacity/j.limit {
		return "" // whatever each of them came for
	}
	if demand := j.demand(); demand > j.capacity {
		return fmt.Sprintf("%s were asked for and the stock is good for %d, and nobody was told sold_out", sales(demand), j.capacity)
	}
	return ""
}

func (j *judge) buyerCount() (n int64) {
	for i := range j.shards {
		n += int64(len(j.shards[i].groups))
	}
	return n
}

// demand is the sales the buyers came for: each his purchases, up to the limit.
func (j *judge) demand() (n int64) {
	for b := range j.buyers() {
		requests, last := int64(0), uint32(0)
		for i, o := range b.grouped() {
			if i == 0 || o.request != last {
				requests, last = requests+1, o.request
			}
		}
		n += min(requests, j.limit)
	}
	return n
}

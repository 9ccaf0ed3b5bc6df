package check

import (
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// doubts collects why a history in which nothing is seen broken proves little.
type doubts struct {
	lines     []string
	undecided map[Rule]string
}

// add files a doubt and the rules it leaves undecided.
func (d *doubts) add(line string, rules ...Rule) {
	if !slices.Contains(d.lines, line) {
		d.lines = append(d.lines, line)
	}
	for _, r := range rules {
		if _, known := d.undecided[r]; !known {
			d.undecided[r] = line
		}
	}
}

// What rests on the audit, and what on every attempt being there.
var (
	needAudit    = []Rule{NegativeStock, LostSale, PhantomSale, StockMismatch, Undersell}
	needAttempts = []Rule{PhantomSale, StockMismatch, Undersell, FalseDup, FalseReplay, LateSale}
	needTerms    = []Rule{Oversell, DuplicateSale, LostSale, PhantomSale, StockMismatch, Undersell, FalseSoldOut, FalseDup, FalseReplay, LateSale}
)

// record doubts the record as a whole. It reports whether every attempt is there.
func (d *doubts) record(h *history.History, attempts int64) (complete bool) {
	if h.Tail == nil {
		d.add("the record breaks off: attempts may be missing, and there is no audit", append(needAudit[:len(needAudit):len(needAudit)], needAttempts...)...)
		return false
	}
	if h.Tail.AuditsDiffer {
		d.add("two audits made one after the other differ: something still ran, so neither is used", needAudit...)
	}
	for i := range h.Head.Items {
		d.audit(h, i)
	}
	if attempts != h.Tail.Attempts {
		d.add(fmt.Sprintf("the buyers made %d attempts and the record holds %d", h.Tail.Attempts, attempts), needAttempts...)
	}
	if attempts == 0 {
		d.add("no attempt was made")
	}
	return attempts >= h.Tail.Attempts
}

func (d *doubts) audit(h *history.History, i int) {
	item := itemPrefix(&h.Head, uint16(i))
	if i >= len(h.Tail.Audits) {
		d.add(item+"there is no audit", needAudit...)
		return
	}
	for _, p := range h.Tail.Audits[i].Problems {
		d.add(fmt.Sprintf("%sthe audit is incomplete: %s", item, p), needAudit...)
	}
}

// item doubts what the attempts on one item prove.
func (d *doubts) item(j *judge, prefix string, tail *history.Tail) {
	n := &j.record.count
	if j.beyond > 0 {
		d.add(fmt.Sprintf("%s%d attempts are of another quantity than %d or no plain purchases: the rules do not weigh them", prefix, j.beyond, j.quantity), needTerms...)
		return
	}
	if j.unsettled > 0 {
		d.add(fmt.Sprintf("%s%d refusals may or may not be explained by attempts of unknown outcome", prefix, j.unsettled), Undersell, FalseDup, LateSale)
	}
	if n[granted] == 0 && j.capacity > 0 && j.attempts() > 0 {
		d.add(fmt.Sprintf("%snobody was told ok, though there were %s and %d attempts", prefix, units(j.stock), j.attempts()))
	}
	if tail != nil && tail.Ended == history.EndedDone && n[soldOut]+n[refused] == 0 {
		if demand := j.demand(); demand > j.capacity {
			d.add(fmt.Sprintf("%s%s were asked for and the stock is good for %d, and nobody was told sold_out", prefix, sales(demand), j.capacity))
		}
	}
	if j.limited() && j.order == sale.DuplicateFirst && j.soonRepeats > 0 && n[duplicate]+n[refused]+n[replayed] == 0 {
		d.add(prefix + "buyers who held their limit called again before the item was sold out, and nobody was told duplicate")
	}
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

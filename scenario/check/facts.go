package check

import (
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// facts are what a smaller history keeps of an item's audit.
type facts struct {
	stock, ledger, orders, booked bool
	// of are the buyers whose entries are kept, by their ids; nil: of all.
	of func(id string) bool
}

// noFacts keeps nothing.
func noFacts(selection) []facts { return []facts{{}} }

// allFacts is what may be kept where every sale of the item is there, least first.
func (r *reducer) allFacts(selection) []facts {
	return []facts{{}, {stock: true}, {ledger: true}, {stock: true, ledger: true}, {orders: true}, {ledger: true, orders: true}, {stock: true, ledger: true, orders: true}, {booked: true}}
}

// ownFacts is what may be kept where every attempt of some buyers is there: their
// entries, for the rules that look at each buyer by himself. Where entries are
// summed, a part of them would tell a lie.
func (r *reducer) ownFacts(some selection) []facts {
	of := r.among(some)
	return []facts{{}, {ledger: true, of: of}, {orders: true, of: of}, {ledger: true, orders: true, of: of}, {booked: true, of: of}}
}

// anyFacts is what may be kept where the judge knows that attempts are missing.
func (r *reducer) anyFacts(some selection) []facts {
	if !aboutBuyers[r.rule] {
		return r.allFacts(some)
	}
	return slices.Concat(r.ownFacts(some), r.allFacts(some)[1:])
}

// has reports whether the audit of the item has the facts at all, and tells whose
// its orders are where only those of some buyers are kept.
func (r *reducer) has(f facts) bool {
	var a sale.Audit
	if r.whole.Tail != nil && int(r.first.Item) < len(r.whole.Tail.Audits) {
		a = r.whole.Tail.Audits[r.first.Item]
	}
	if f.orders && a.Orders != nil && f.of != nil && !slices.Contains(a.Orders.Fields, "buyer") {
		return false
	}
	return !(f.stock && a.Stock == nil || f.ledger && (a.Ledger == "" || a.Ledger == sale.NoLedger) || f.orders && a.Orders == nil || f.booked && a.Booked == nil && r.whole.Head.Book == "")
}

// size is how many entries and orders are looked at for the facts.
func (r *reducer) size(f facts) (n int) {
	if r.whole.Tail == nil || int(r.first.Item) >= len(r.whole.Tail.Audits) {
		return 0
	}
	a := &r.whole.Tail.Audits[r.first.Item]
	if f.ledger {
		n += a.Entries()
	}
	if f.orders && a.Orders != nil {
		n += len(a.Orders.Rows)
	}
	if f.booked && a.Booked != nil {
		n += len(a.Booked.Orders.Rows)
	}
	return n
}

// among tells the buyers of some attempts; without any, the first holder who made
// no attempt on the item.
func (r *reducer) among(some selection) func(string) bool {
	ids := map[string]bool{}
	for i := range some {
		ids[r.whole.Head.BuyerIDs.ID(some[i].Buyer)] = true
	}
	if len(ids) > 0 {
		return func(id string) bool { return ids[id] }
	}
	came := map[string]bool{}
	for i := range r.all {
		came[r.whole.Head.BuyerIDs.ID(r.all[i].Buyer)] = true
	}
	stranger := ""
	if r.whole.Tail != nil && !r.lean && int(r.first.Item) < len(r.whole.Tail.Audits) {
		for h := range r.whole.Tail.Audits[r.first.Item].All() {
			if !came[h.Buyer] && h.Units != 0 && (stranger == "" || h.Buyer < stranger) {
				stranger = h.Buyer
			}
		}
	}
	return func(id string) bool { return id == stranger }
}

// audits are those of the whole, of which only the facts of the item are left.
func (r *reducer) audits(f facts) []sale.Audit {
	audits := make([]sale.Audit, len(r.whole.Tail.Audits))
	for i := range audits {
		from, to := &r.whole.Tail.Audits[i], &audits[i]
		to.Ledger = sale.NoLedger
		if f.orders && from.Orders != nil { // all items have them, or none
			to.Orders = &sale.Orders{Fields: from.Orders.Fields, Rows: [][]string{}}
		}
		if f.booked && from.Booked != nil { // likewise
			to.Booked = &sale.Booked{Orders: sale.Orders{Fields: from.Booked.Orders.Fields, Rows: [][]string{}}}
		}
		if uint16(i) != r.first.Item {
			continue
		}
		if f.stock {
			to.Stock = from.Stock
		}
		if f.ledger {
			to.Ledger, to.Holdings = from.Ledger, f.holdings(from)
		}
		if f.orders && from.Orders != nil {
			to.Orders.Rows = f.rows(from.Orders)
		}
		if f.booked && from.Booked != nil {
			if to.Booked.Orders.Rows = f.rows(&from.Booked.Orders); f.of == nil { // of a part the row would tell a lie
				to.Booked.Left = from.Booked.Left
			}
		}
	}
	return audits
}

func (f facts) holdings(a *sale.Audit) (some []sale.Holding) {
	for h := range a.All() {
		if f.of == nil || f.of(h.Buyer) {
			some = append(some, h)
		}
	}
	return some
}

// rows are the orders of the buyers.
func (f facts) rows(o *sale.Orders) [][]string {
	if f.of == nil {
		return o.Rows
	}
	field := slices.Index(o.Fields, "buyer")
	some := [][]string{}
	for _, row := range o.Rows {
		if field >= 0 && field < len(row) && f.of(row[field]) {
			some = append(some, row)
		}
	}
	return some
}

// receiptOf returns what the answer to an attempt of the latest batch captured.
func receiptOf(h *history.History, a *history.Attempt) map[string]string {
	if h.Receipt == nil {
		return nil
	}
	return h.Receipt(a.Receipt)
}

package check

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// bookings are the purchases of an item that a client was told it has, or may have
// been, with the orders that it wrote of them: what is held against the order
// book.
type bookings struct {
	head *history.Head
	// text is that of a kept reply.
	text func(uint16) string
	// booked is what the book holds; nil: it could not be read.
	booked *sale.Booked
	of     map[bookingKey]*booking
}

// A bookingKey is a purchase, by its buyer and request.
type bookingKey struct{ buyer, request uint32 }

// A booking is one purchase.
type booking struct {
	bookingKey
	// told are the attempts that were told ok or, where none was, a replay of one.
	told, replays []tellingOf
	// maybe counts those that may have been told it without our knowing; gone: it
	// was given back, or may have been.
	maybe int
	gone  bool
	// writes are the tries to write an order of it, units are those of the orders
	// that the book holds.
	writes []writing
	units  []int64
}

// A tellingOf is an attempt with the units that were granted.
type tellingOf struct {
	op    op
	units int64
}

// A writing is one try to write an order. Due is when its purchase had been told.
type writing struct {
	op    op
	due   int64
	reply uint16
	fate  fate
}

// A fate is why an order is not in the book, the surest reason first.
type fate uint8

const (
	died       fate = iota // the client did, before it wrote one
	late                   // nobody had got to it when the time was over
	failed                 // the database certainly wrote nothing
	noUnits                // the stock row of the book had too few left
	second                 // there was an order already, by the unique key
	unanswered             // the database did not say, and has not written it
	acked                  // the database said that it had written it
	untried                // nobody tried to write one
	fates
)

// newBookings returns nil where there is no order book.
func newBookings(h *history.History, item int) *bookings {
	b := &bookings{head: &h.Head, text: h.Texts.Text, of: map[bookingKey]*booking{}}
	if h.Tail != nil && item < len(h.Tail.Audits) {
		b.booked = h.Tail.Audits[item].Booked
	}
	if b.booked == nil && h.Head.Book == "" {
		return nil
	}
	return b
}

func (b *bookings) at(a *history.Attempt) *booking {
	k := bookingKey{a.Buyer, a.Request}
	one := b.of[k]
	if one == nil {
		one = &booking{bookingKey: k}
		b.of[k] = one
	}
	return one
}

// add notes an attempt to buy or to release.
func (b *bookings) add(a *history.Attempt, o *op) {
	told := tellingOf{*o, o.units()}
	told.op.next = 0
	switch o.class {
	case granted:
		one := b.at(a)
		one.told = append(one.told, told)
	case replayed:
		one := b.at(a)
		one.replays = append(one.replays, told)
	case maybe:
		b.at(a).maybe++
	case returned, mayReturn:
		b.at(a).gone = true
	}
}

// write notes a try to write an order.
func (b *bookings) write(a *history.Attempt) {
	w := writing{due: a.Due, reply: a.Reply}
	w.op.set(a)
	w.op.next = 0
	switch a.Outcome {
	case sale.OK:
		w.fate = acked
	case sale.Duplicate:
		w.fate = second
	case sale.SoldOut:
		w.fate = noUnits
	case sale.Indeterminate:
		w.fate = unanswered
	case sale.Dropped:
		if w.fate = late; b.text(a.Reply) == sale.ClientDied {
			w.fate = died
		}
	default:
		w.fate = failed
	}
	one := b.at(a)
	one.writes = append(one.writes, w)
}

// sorted are the purchases by buyer and request.
func (b *bookings) sorted() []*booking {
	all := make([]*booking, 0, len(b.of))
	for _, one := range b.of {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b *booking) int {
		return cmp.Or(cmp.Compare(a.buyer, b.buyer), cmp.Compare(a.request, b.request))
	})
	return all
}

// assign gives each purchase its orders. It returns the units of all orders, and
// those orders that are of no purchase.
func (b *bookings) assign() (units int64, strangers [][]string) {
	fields := b.booked.Orders.Fields
	buyer, request, qty := slices.Index(fields, "buyer"), slices.Index(fields, "request"), slices.Index(fields, "qty")
	for _, row := range b.booked.Orders.Rows {
		n, _ := strconv.ParseInt(cell(row, qty), 10, 64) // the record holds whole numbers alone
		units += n
		one := b.of[b.keyOf(cell(row, buyer), cell(row, request))]
		if one == nil {
			strangers = append(strangers, row)
			continue
		}
		one.units = append(one.units, n)
	}
	return units, strangers
}

func cell(row []string, at int) string {
	if at < 0 || at >= len(row) {
		return ""
	}
	return row[at]
}

// noKey is that of no purchase.
var noKey = bookingKey{1<<32 - 1, 1<<32 - 1}

// keyOf is the purchase that an order names.
func (b *bookings) keyOf(buyer, request string) bookingKey {
	n, known := b.head.BuyerIDs.Number(buyer)
	id, err := strconv.ParseUint(request, 10, 32)
	if !known || err != nil || id == 0 || b.head.RequestID(uint32(id-1)) != request {
		return noKey
	}
	return bookingKey{n, uint32(id - 1)}
}

// attempts are those that told the client: where every ok was lost, the replays
// tell it once.
func (o *booking) attempts() []tellingOf {
	if len(o.told) == 0 {
		return o.replays[:min(1, len(o.replays))]
	}
	return o.told
}

// missing are n of the tries to write an order that did not make one: the surest
// first, and those that nobody made last.
func (o *booking) missing(n int) (lost []writing) {
	slices.SortStableFunc(o.writes, func(a, b writing) int {
		return cmp.Or(cmp.Compare(a.fate, b.fate), cmp.Compare(a.due, b.due))
	})
	for i := range n {
		if i < len(o.writes) {
			lost = append(lost, o.writes[i])
		} else {
			lost = append(lost, writing{fate: untried})
		}
	}
	return lost
}

// toldBy is the attempt whose purchase an order is of.
func (o *booking) toldBy(w *writing) op {
	all := o.attempts()
	for i := range all {
		if all[i].op.ret == w.due {
			return all[i].op
		}
	}
	return all[len(all)-1].op
}

// mayBeWritten is how many orders there may be by what the database said.
func (o *booking) mayBeWritten() (n int) {
	for i := range o.writes {
		n += int(bit(o.writes[i].fate == acked || o.writes[i].fate == unanswered))
	}
	return n
}

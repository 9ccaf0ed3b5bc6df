package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// OrderLosses counts the purchases that a client was told it has, and those of
// them that have no order in the order book, by what is known of the reason. A
// purchase that was told ok twice counts twice.
type OrderLosses struct {
	// Told is the purchases that clients were told they have. Ordered is the orders
	// in the book, whosever they are; nil where it could not be read.
	Told    int64
	Ordered *int64
	// Lost is the purchases told and without an order: the sum of those below.
	// Where the book could not be read, those that were certainly not written.
	Lost int64
	// Died: their clients did, before they wrote an order. Late: nobody had got to
	// them when the time to write was over. Failed: the database refused them, or
	// could not be reached. SoldOut: the stock row had too few units left. Second:
	// the unique key refused another order. Unanswered: nobody knows what the
	// database did, and it did not write them. Gone: it said that it had. Untried:
	// nobody tried.
	Died, Late, Failed, SoldOut, Second, Unanswered, Gone, Untried int64
	// Open is the orders of which nobody knows whether they were written: without a
	// book to look into, those that were told ok among them.
	Open int64
}

func (l *OrderLosses) count(f fate) {
	l.Lost++
	*[fates]*int64{&l.Died, &l.Late, &l.Failed, &l.SoldOut, &l.Second, &l.Unanswered, &l.Gone, &l.Untried}[f]++
}

// add adds the losses of another item.
func (l *OrderLosses) add(o *OrderLosses) {
	l.Told, l.Lost, l.Open = l.Told+o.Told, l.Lost+o.Lost, l.Open+o.Open
	l.Died, l.Late, l.Failed, l.SoldOut = l.Died+o.Died, l.Late+o.Late, l.Failed+o.Failed, l.SoldOut+o.SoldOut
	l.Second, l.Unanswered, l.Gone, l.Untried = l.Second+o.Second, l.Unanswered+o.Unanswered, l.Gone+o.Gone, l.Untried+o.Untried
	if l.Ordered == nil || o.Ordered == nil {
		l.Ordered = nil
		return
	}
	l.Ordered = new(*l.Ordered + *o.Ordered)
}

// judgeBook holds the order book against the purchases, both ways, and its stock
// row against its orders. What an order lacks a purchase for rests on every
// attempt being there; what a purchase lacks does not.
func (j *judge) judgeBook() {
	b := j.book
	if b == nil {
		return
	}
	lost := &OrderLosses{}
	j.lost.orders = lost
	if b.booked != nil {
		units, strangers := b.assign()
		lost.Ordered = new(int64(len(b.booked.Orders.Rows)))
		j.judgeStockRow(units)
		if j.complete {
			for _, row := range strangers {
				j.addStranger(row)
			}
		}
	}
	for _, one := range b.sorted() {
		told := one.attempts()
		if one.gone {
			continue // its order may be there, and may be gone
		}
		lost.Told += int64(len(told))
		switch {
		case b.booked != nil:
			j.judgeMissing(one, len(told)-len(one.units), lost)
			if j.complete {
				j.judgeExtra(one)
			}
		case j.complete: // with attempts missing somebody else may have written it
			lost.Open += int64(min(len(told), one.mayBeWritten()))
			j.judgeMissing(one, len(told)-one.mayBeWritten(), lost)
		}
	}
}

// judgeMissing names the purchases of which n have no order.
func (j *judge) judgeMissing(one *booking, n int, lost *OrderLosses) {
	if n <= 0 {
		return
	}
	have := len(one.attempts()) - n
	for _, w := range one.missing(n) {
		lost.count(w.fate)
		ops := []op{one.toldBy(&w)}
		if w.fate != untried {
			ops = append(ops, w.op)
		}
		what := bookMissing
		if w.fate == acked {
			what = bookGone
		}
		j.add(what, func() string {
			if w.fate == acked {
				return fmt.Sprintf("the book acknowledged an order of a buyer and does not hold it (%d < %d)", have, have+n)
			}
			return fmt.Sprintf("no order of a buyer for what he was told he has (%d < %d): %s", have, have+n, j.book.why(&w))
		}, ops...)
	}
}

// why says why there is no order.
func (b *bookings) why(w *writing) string {
	said := b.text(w.reply)
	text := map[fate]string{
		died: "his client died before it wrote one", failed: "the database wrote nothing", noUnits: "the stock row of the book had too few units left",
		second: "the unique key of the book refused it", unanswered: "the database gave no answer, and did not write it", untried: "nobody tried to write one",
		late: "it was not written in time",
	}[w.fate]
	if said != "" && (w.fate == failed || w.fate == unanswered || w.fate == late) {
		text += " (" + said + ")"
	}
	return text
}

// judgeExtra looks for orders too many of a purchase, and for units other than
// were granted.
func (j *judge) judgeExtra(one *booking) {
	told := one.attempts()
	if len(told)+one.maybe == 0 {
		for range one.units {
			j.add(bookNobody, func() string {
				return "the book holds an order of buyer " + strconv.Quote(j.ids.ID(one.buyer)) + ", request " + j.book.head.RequestID(one.request) + ", that nobody was told (1 > 0)"
			})
		}
		return
	}
	may := len(told) + one.maybe
	for n := may + 1; n <= len(one.units); n++ {
		var ops []op
		if len(told) > 0 {
			ops = append(ops, told[0].op)
		}
		j.add(bookTwice, func() string {
			return fmt.Sprintf("the book holds %d orders of a buyer for one request that was granted %s at most (%[1]d > %[3]d)", len(one.units), times(may), may)
		}, ops...)
	}
	if one.maybe == 0 && len(one.told) > 0 {
		j.judgeUnits(one)
	}
}

// judgeUnits holds the units of the orders against those that were granted.
func (j *judge) judgeUnits(one *booking) {
	left := slices.Clone(one.told)
	for _, n := range one.units[:min(len(one.units), len(left))] {
		if at := slices.IndexFunc(left, func(t tellingOf) bool { return t.units == n }); at >= 0 {
			left = slices.Delete(left, at, at+1)
			continue
		}
		j.add(bookUnits, func() string {
			return fmt.Sprintf("the book holds an order of a buyer for %s, and he was granted %d (%[3]d ≠ %[2]d)", units(n), left[0].units, n)
		}, left[0].op)
	}
}

// judgeStockRow holds the stock row of the book against its orders.
func (j *judge) judgeStockRow(ordered int64) {
	left := j.book.booked.Left
	if left == nil || len(j.record.restocks) > 0 || j.record.count[returned]+j.record.count[mayReturn] > 0 {
		return // whether the book was told is not known
	}
	if rest := j.stock - ordered; *left != rest {
		j.add(bookStock, func() string {
			return fmt.Sprintf("by the orders in the book, %s ordered of %d leave %d: its stock row says %d (%[4]d ≠ %[2]d - %[5]d)", units(ordered), j.stock, rest, *left, ordered)
		})
	}
}

// addStranger files an order of somebody who was told nothing.
func (j *judge) addStranger(row []string) {
	j.add(bookNobody, func() string {
		var parts []string
		for i, field := range j.book.booked.Orders.Fields {
			parts = append(parts, field+" "+strconv.Quote(cell(row, i)))
		}
		return "the book holds an order that nobody was told (1 > 0): " + strings.Join(parts, ", ")
	})
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// ofBook reports whether a condition is about the order book.
func (c condition) ofBook() bool { return c >= bookMissing && c <= bookStock }

// bookCauses are what makes a finding about the book likely. The sentence of a
// purchase without an order has the reason.
func bookCauses(c condition) []string {
	switch c {
	case bookGone:
		return []string{"the database lost what it had acknowledged: it was killed or failed over without a synchronous commit", "somebody else removed the order"}
	case bookStock:
		return []string{"the stock row is written in another transaction than the order", "somebody else writes to the row"}
	case bookTwice:
		return []string{"the book has no unique key, and an order was written again after a lost answer"}
	case bookNobody, bookUnits:
		return []string{"somebody else writes to the book"}
	}
	return nil
}

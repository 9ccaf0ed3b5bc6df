package check

import "fmt"

// judgeLimit: no buyer has more sales than the limit allows, by the
// acknowledgements and by the ledger.
func (j *judge) judgeLimit(b *buyer) {
	if n := b.count[granted]; n > j.limit {
		j.add(acknowledgedTwice, func() string {
			return fmt.Sprintf("a buyer was told ok %d times, and the limit allows %s (%d > %d)", n, sales(j.limit), n, j.limit)
		}, b.first(2, (*op).isGranted)...)
	}
	if j.exact && b.held > j.limit {
		j.add(storedTwice, func() string {
			return fmt.Sprintf("the ledger holds %s for a buyer, and the limit allows %d (%d > %d)", sales(b.held), j.limit, b.held, j.limit)
		}, b.first(2, (*op).asked)...)
	}
}

// judgeStored: the ledger holds no less than was acknowledged to the buyer and
// no more than he can have been sold. A ledger that holds a buyer once tells
// only none from some.
func (j *judge) judgeStored(b *buyer) {
	if !j.ledger() {
		return
	}
	ok, asked := b.count[granted], b.asked()
	if j.once {
		ok, asked = min(ok, 1), min(asked, 1)
	}
	if ok > b.held {
		j.add(saleNotStored, func() string {
			return fmt.Sprintf("%s acknowledged to a buyer, and the ledger holds %d for him (%d > %d)", sales(ok), b.held, ok, b.held)
		}, b.first(2, (*op).isGranted)...)
	}
	if asked < b.held && j.complete {
		j.add(saleNotAsked, func() string {
			return fmt.Sprintf("the ledger holds %s for a buyer of whose attempts %d were granted or may have been (%d > %d)",
				sales(b.held), asked, b.held, asked)
		}, b.first(2, func(*op) bool { return true })...)
	}
	if b.units%j.entry != 0 {
		j.add(partStored, func() string {
			return fmt.Sprintf("the ledger holds %d units for a buyer, and every sale is of %d (%[1]d mod %[2]d ≠ 0)", b.units, j.entry)
		}, b.first(2, (*op).asked)...)
	}
}

// judgeDuplicates: whoever is told duplicate has bought all he may before.
func (j *judge) judgeDuplicates(b *buyer) {
	filled := b.filledAt(j.limit)
	for i := range b.ops {
		d := &b.ops[i]
		switch {
		case d.class != duplicate:
		case j.complete && filled > d.ret:
			j.add(duplicateUnasked, func() string {
				return fmt.Sprintf("a buyer was told %s when %d of his attempts that were granted or may have been had been called, and the limit allows %s (%d < %d)",
					d.outcome, b.askedBy(d.ret), sales(j.limit), b.askedBy(d.ret), j.limit)
			}, *d)
		case j.exact && max(b.held, b.sales) < j.limit, j.once && max(b.held, b.sales) == 0:
			j.add(duplicateWithRoom, func() string {
				return fmt.Sprintf("a buyer was told %s and holds %s at the end, and the limit allows %d (%d < %d)",
					d.outcome, sales(b.held), j.limit, b.held, j.limit)
			}, *d)
		case b.lastSale > d.ret && b.sales <= j.limit: // who is sold too much may have been rightly told so in between
			j.add(duplicateTooEarly, func() string {
				return fmt.Sprintf("a buyer was told %s before one of the %s he was allowed had been called (%s < %s)", d.outcome, sales(j.limit), instant(d.ret), instant(b.lastSale))
			}, *d, b.latest())
		}
	}
}

// judgeSoldOut: a script that tests the buyer first tells nobody who holds all
// he may that the item is sold out.
func (j *judge) judgeSoldOut(b *buyer) {
	holds := b.sales
	if j.exact {
		holds = b.held
	}
	if holds < j.limit {
		return
	}
	for i := range b.ops {
		if b.ops[i].class == soldOut {
			j.add(holderToldSoldOut, func() string {
				return fmt.Sprintf("a buyer was told sold_out and holds %s, all that the limit allows (%d ≥ %d); the script promises to test that first", sales(holds), holds, j.limit)
			}, append([]op{b.ops[i]}, b.first(1, (*op).asked)...)...)
		}
	}
}

// judgeLateSales: no sale is called after a sold_out has returned.
func (j *judge) judgeLateSales(b *buyer) {
	for o := range b.effects {
		if o.inv > j.firstSoldOut.ret {
			j.add(soldTooLate, func() string {
				return fmt.Sprintf("an attempt called at %s was sold, after a sold_out had returned at %s (%[1]s > %[2]s)", instant(o.inv), instant(j.firstSoldOut.ret))
			}, *o, j.firstSoldOut)
		}
	}
}

// first returns the first n ops, by call, of which is holds.
func (b *buyer) first(n int, is func(*op) bool) []op {
	ops := make([]op, 0, n)
	for i := range b.ops {
		if len(ops) < n && is(&b.ops[i]) {
			ops = append(ops, b.ops[i])
		}
	}
	return ops
}

// latest returns the sale that was called last.
func (b *buyer) latest() (last op) {
	for o := range b.effects {
		last = *o
	}
	return last
}

// filledAt is the call of the n-th attempt that was granted or may have been,
// or forever: no earlier can the buyer hold n sales.
func (b *buyer) filledAt(n int64) int64 {
	for i := range b.ops {
		if b.ops[i].asked() {
			if n--; n == 0 {
				return b.ops[i].inv
			}
		}
	}
	return forever
}

// askedBy counts the attempts that may have been sold by the given instant.
func (b *buyer) askedBy(t int64) (n int64) {
	for i := range b.ops {
		if b.ops[i].asked() && b.ops[i].inv <= t {
			n++
		}
	}
	return n
}

// grantedBy counts the granted attempts called by the given instant.
func (b *buyer) grantedBy(t int64) (n int64) {
	for i := range b.ops {
		if b.ops[i].class == granted && b.ops[i].inv <= t {
			n++
		}
	}
	return n
}

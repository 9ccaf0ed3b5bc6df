package check

import "fmt"

// An ambiguity is what every refusal that does not tell its reason is weighed
// against: one of the two reasons must have been true when it returned.
type ambiguity struct {
	// empty: the item may be sold out at the end, and from is the earliest
	// instant at which.
	empty bool
	from  int64
	// most is the most sales there can have been.
	most int64
	// late is the sale called last, dup the duplicate called last.
	late, dup op
}

// judgeRefusals weighs the refusals that do not tell whether the item is sold
// out or the buyer has bought.
func (j *judge) judgeRefusals() {
	if j.record.count[refused] == 0 {
		return
	}
	most, known := j.mostSold()
	a := &ambiguity{empty: !known || most >= j.capacity, from: j.emptyFrom(), most: most,
		late: j.saleAt(j.lastSale), dup: j.duplicateAt(j.lastDuplicate)}
	for b := range j.buyers() {
		for i := range b.ops {
			if b.ops[i].class == refused {
				j.judgeRefusal(b, &b.ops[i], a)
			}
		}
	}
}

func (j *judge) judgeRefusal(b *buyer, o *op, a *ambiguity) {
	switch {
	case j.mayHold(b, o.ret) || a.empty && a.from <= o.ret:
		if !j.exact && !j.explained(b, o, a) {
			j.unsettled++
		}
	case a.empty && j.lastSale > o.ret:
		j.add(soldAfterRefusal, func() string {
			return fmt.Sprintf("an attempt called at %s was sold, after a refusal that only an empty stock explains had returned at %s (%[1]s > %[2]s)", instant(a.late.inv), instant(o.ret))
		}, a.late, *o)
	case a.empty:
		j.add(duplicateAfterRefusal, func() string {
			return fmt.Sprintf("an attempt called at %s was told %s, after a refusal that only an empty stock explains had returned at %s (%[1]s > %[3]s); the script promises to test the stock first",
				instant(a.dup.inv), a.dup.outcome, instant(o.ret))
		}, a.dup, *o)
	case j.mayFill(b):
		j.add(refusedTooEarly, func() string {
			return fmt.Sprintf("a buyer was told refused with units left (%d of %s sold at the end, %[1]d < %[4]d), before he had bought the %[3]d he may", a.most, sales(j.capacity), j.limit, j.capacity)
		}, *o)
	default:
		j.addTurnedAway(o, a.most)
	}
}

// mayHold reports whether the buyer can have held his limit at t, and no
// further sale of his was called later.
func (j *judge) mayHold(b *buyer, t int64) bool {
	switch {
	case !j.limited() || b.lastSale > t:
		return false
	case j.exact:
		return max(b.held, b.sales) >= j.limit
	case j.once && b.held == 0:
		return false
	}
	return !j.complete || b.askedBy(t) >= j.limit
}

// mayFill reports whether the buyer can have held his limit at the end.
func (j *judge) mayFill(b *buyer) bool {
	if j.exact {
		return j.limited() && max(b.held, b.sales) >= j.limit
	}
	return j.limited() && (!j.complete || b.asked() >= j.limit)
}

// explained reports whether a refusal is explained without taking one of
// several possible sales for true: his acknowledged sales fill his limit, or
// the stock is sold out by sales that all were called before.
func (j *judge) explained(b *buyer, o *op, a *ambiguity) bool {
	if b.grantedBy(o.ret) >= j.limit {
		return true
	}
	if a.from > o.ret || !j.complete {
		return false
	}
	return j.base >= j.capacity || j.endsEmpty() && j.base+j.spare == j.capacity && j.lastSpare <= o.ret
}

// saleAt returns the sale that was called at t.
func (j *judge) saleAt(t int64) (found op) {
	for b := range j.buyers() {
		for o := range b.effects {
			if o.inv == t && (found.class == notRun || byCall(*o, found) < 0) {
				found = *o
			}
		}
	}
	return found
}

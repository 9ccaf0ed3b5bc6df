package check

import (
	"fmt"
	"slices"
)

// judgeTotals applies the rules about the item as a whole.
func (j *judge) judgeTotals() {
	j.judgeOversell()
	if j.left != nil {
		j.judgeStock(*j.left)
	}
	if most, known := j.mostSold(); known && most < j.capacity {
		j.judgeUndersell(most)
	}
}

// judgeOversell: no more sales than the stock is good for, as acknowledged, as
// stored, or as refusals prove.
func (j *judge) judgeOversell() {
	c, ok := j.capacity, j.record.count[granted]
	if ok > c {
		j.judgeAcknowledged(ok)
	}
	if j.exact && j.stored > c {
		j.add(storedOver, func() string {
			return fmt.Sprintf("the ledger holds %s and a stock of %d is good for %d (%d > %d)", sales(j.stored), j.stock, c, j.stored, c)
		})
	}
	if !j.exact && j.base > c && ok <= c {
		j.add(certainOver, func() string {
			return fmt.Sprintf("%s acknowledged and %d that refusals or the ledger prove are %d, and a stock of %d is good for %d (%d > %d)",
				sales(ok), j.base-ok, j.base, j.stock, c, j.base, c)
		})
	}
}

// judgeAcknowledged names the grants beyond the stock, in the order of their returns.
func (j *judge) judgeAcknowledged(ok int64) {
	grants := make([]*op, 0, ok)
	for o := range j.all() {
		if o.class == granted {
			grants = append(grants, o)
		}
	}
	slices.SortFunc(grants, func(a, b *op) int { return byReturn(*a, *b) })
	for i, o := range grants[j.capacity:] {
		j.add(acknowledgedOver, func() string {
			return fmt.Sprintf("%s acknowledged and a stock of %d is good for %d (%d > %d); this one was number %d",
				sales(ok), j.stock, j.capacity, ok, j.capacity, j.capacity+int64(i)+1)
		}, *o)
	}
}

// judgeStock holds the units left against the ledger and against the history.
func (j *judge) judgeStock(left int64) {
	j.judgeBelowZero()
	gone := j.stock - left
	if j.exact {
		j.judgeLedgerStock(left)
	} else if gone%j.quantity != 0 {
		j.add(stockNotWhole, func() string {
			return fmt.Sprintf("opened with %d and left with %d: the %d gone are no whole number of sales of %d (%[3]d mod %[4]d ≠ 0)", j.stock, left, gone, j.quantity)
		})
	}
	least, most := j.bounds()
	if least*j.quantity > gone {
		j.add(tooMuchLeft, func() string {
			return fmt.Sprintf("by the history, %s certain leave at most %d of %d: %d left (%d > %d)",
				sales(least), j.stock-least*j.quantity, j.stock, left, left, j.stock-least*j.quantity)
		})
	}
	if most*j.quantity < gone && j.complete {
		j.add(tooLittleLeft, func() string {
			return fmt.Sprintf("by the history, at most %s leave at least %d of %d: %d left (%d < %d)",
				sales(most), j.stock-most*j.quantity, j.stock, left, left, j.stock-most*j.quantity)
		})
	}
}

func (j *judge) judgeBelowZero() {
	if j.left != nil && *j.left < 0 {
		j.add(stockBelowZero, func() string { return fmt.Sprintf("the audit read a stock of %d (%d < 0)", *j.left, *j.left) })
	}
}

// bounds are the fewest and the most sales that the attempts tell of. Where a
// ledger is held against the stock the attempts speak for themselves.
func (j *judge) bounds() (least, most int64) {
	if j.exact {
		ok := j.record.count[granted]
		return ok, ok + j.record.count[maybe]
	}
	return j.base, j.base + j.spare
}

func (j *judge) judgeLedgerStock(left int64) {
	sold := j.storedUnits
	if j.once {
		sold *= j.quantity
	}
	if rest := j.stock - sold; left != rest {
		j.add(ledgerAgainstStock, func() string {
			return fmt.Sprintf("by the ledger, %s sold of %d leave %d: %d left (%d ≠ %d - %d)", units(sold), j.stock, rest, left, left, j.stock, sold)
		})
	}
}

// mostSold is the most sales that any account of the end allows: the ledger,
// or the stock, or else the history. What was acknowledged counts as sold:
// that it is missing elsewhere is another rule's finding.
func (j *judge) mostSold() (n int64, known bool) {
	switch {
	case j.exact:
		return j.sold, true
	case j.left != nil:
		return max(j.base, (j.stock-*j.left)/j.quantity), true
	}
	return j.base + j.spare, j.complete
}

// judgeUndersell names the refusals of buyers with room, though fewer were
// sold than the stock is good for.
func (j *judge) judgeUndersell(most int64) {
	if j.turned == 0 {
		return // there is nobody to look for
	}
	for b := range j.buyers() {
		room := b.hasRoom(&j.terms, &j.knowledge)
		for i := range b.ops {
			o := &b.ops[i]
			if o.class == soldOut || o.class == duplicate && room {
				j.addTurnedAway(o, most)
			}
		}
	}
}

func (j *judge) addTurnedAway(o *op, most int64) {
	j.add(turnedAway, func() string {
		return fmt.Sprintf("a buyer with room was told %s, and at the end %s of %d are sold at most (%d < %d)",
			o.outcome, sales(most), j.capacity, most, j.capacity)
	}, *o)
}

// hasRoom reports whether the buyer certainly held less than the limit to the end.
func (b *buyer) hasRoom(t *terms, k *knowledge) bool {
	if !t.limited() {
		return true
	}
	return (k.exact || k.complete) && max(b.held, b.sales) < t.limit
}

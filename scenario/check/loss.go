package check

import (
	"cmp"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
)

// Losses counts what was lost, by the acknowledgements and the audit.
type Losses struct {
	// Sales is the acknowledged sales that the ledgers do not hold; nil where no
	// ledger could be read. Of a buyer who is short of some, those that returned
	// last count as lost; of a ledger that holds a buyer only once, all of a buyer
	// who is not in it.
	Sales *int64
	// Oldest is the longest time, in ns, between the return of a lost sale and the
	// begin of the next fault: how far back it reached. Nil where no lost sale had
	// returned before a fault.
	Oldest *int64
	// Units is the units by which the stocks and ledgers together fall short of
	// what was on sale: more than 0 were lost, fewer were invented. Nil where no
	// item has both. A restock that may have come is taken as it fits best.
	Units *int64
	// Buyers is the buyers who were acknowledged or stored with more than the
	// limit. What they may have released is not held against them.
	Buyers int64
	// Orders is the purchases without an order in the order book; nil: there is no
	// book.
	Orders *OrderLosses
}

// An itemLoss is the losses of one item.
type itemLoss struct {
	told bool // there is a ledger
	// lost are the returns of the sales that were lost.
	lost   []int64
	units  *int64
	buyers int64
	orders *OrderLosses
}

// sumLosses puts the losses of all items together.
func sumLosses(items []itemLoss, events []history.Event) *Losses {
	var sum Losses
	told := false
	add := func(to **int64, n int64) {
		if *to == nil {
			*to = new(int64)
		}
		**to += n
	}
	begins := faultBegins(events)
	for i := range items {
		item := &items[i]
		sum.Buyers += item.buyers
		if item.orders != nil {
			if told = true; sum.Orders == nil {
				sum.Orders = &OrderLosses{Ordered: new(int64(0))}
			}
			sum.Orders.add(item.orders)
		}
		if item.units != nil {
			told = true
			add(&sum.Units, *item.units)
		}
		if !item.told {
			continue
		}
		told = true
		add(&sum.Sales, int64(len(item.lost)))
		for _, ret := range item.lost {
			n, _ := slices.BinarySearch(begins, ret)
			if n < len(begins) && (sum.Oldest == nil || begins[n]-ret > *sum.Oldest) {
				age := begins[n] - ret
				sum.Oldest = &age
			}
		}
	}
	if !told {
		return nil
	}
	return &sum
}

// faultBegins are the begins of the faults, ascending.
func faultBegins(events []history.Event) (begins []int64) {
	for i := range events {
		if events[i].Kind == history.EventFault {
			begins = append(begins, events[i].At)
		}
	}
	slices.Sort(begins)
	return begins
}

// losses counts what was lost of the item, whose stock only went down.
func (j *judge) losses() (l itemLoss) {
	l.told = j.ledger()
	seen := &j.found.lists
	broken := seen[saleNotStored].count + seen[acknowledgedTwice].count + seen[storedTwice].count
	if j.left != nil && j.exact {
		sold := j.storedUnits
		if j.once {
			sold *= j.quantity
		}
		short := j.stock - *j.left - sold
		l.units = &short
	}
	if broken == 0 {
		return l // there is nobody to look for
	}
	for b := range j.buyers() {
		if b.count[granted] > j.limit || j.exact && b.held > j.limit {
			l.buyers++
		}
		missing := min(b.count[granted]-b.held, b.count[granted])
		if l.told && missing > 0 && (!j.once || b.held == 0) {
			l.lost = append(l.lost, b.latestReturns(missing)...)
		}
	}
	return l
}

// latestReturns are the returns of the n granted ops that returned last.
func (b *buyer) latestReturns(n int64) []int64 {
	var returns []int64
	for i := range b.ops {
		if b.ops[i].class == granted {
			returns = append(returns, b.ops[i].ret)
		}
	}
	slices.Sort(returns)
	return returns[int64(len(returns))-n:]
}

// losses counts the same where units came back or quantities differ. What a
// buyer is short of is put down to as few sales as it can be.
func (f *flow) losses() (l itemLoss) {
	if !f.complete {
		return l // what is missing may explain it
	}
	l.told = f.ledger()
	if f.left != nil && f.exact {
		short := outside(*f.left, f.judge.stock+f.restocked[0]-f.units.stored, f.judge.stock+f.restocked[1]-f.units.stored)
		l.units = &short
	}
	for i := range f.buyers {
		c := &f.buyers[i]
		if f.most != noLimit && (c.granted-c.mostBack > f.most || f.exact && c.stored > f.most) {
			l.buyers++
		}
		if missing := c.granted - c.mostBack - c.stored; l.told && missing > 0 && (f.exact || c.stored == 0) {
			l.lost = append(l.lost, c.fewestLost(missing)...)
		}
	}
	return l
}

// outside is how far n lies below least, or above most as a negative number.
func outside(n, least, most int64) int64 {
	switch {
	case n < least:
		return least - n
	case n > most:
		return most - n
	}
	return 0
}

// fewestLost are the returns of the largest sales that together make up the units.
func (c *client) fewestLost(units int64) (returns []int64) {
	grants := byReturns(c.ops)
	slices.SortStableFunc(grants, func(a, b change) int {
		return cmp.Or(cmp.Compare(b.units, a.units), cmp.Compare(b.ret, a.ret))
	})
	for i := 0; i < len(grants) && units > 0; i++ {
		units -= grants[i].units
		returns = append(returns, grants[i].ret)
	}
	return returns
}

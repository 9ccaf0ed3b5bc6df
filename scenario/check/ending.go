package check

import (
	"cmp"
	"fmt"
	"slices"
)

// judgeOversell: when a sale has returned, it and all that returned before fit
// into the stock and what can have come on top by then. That is enough: let
// every sale run at its return and every release at its call.
func (f *flow) judgeOversell() {
	sold, came := int64(0), arrivals(f.back)
	for _, o := range byReturns(f.ops) {
		sold += o.units
		if top := f.judge.stock + came(o.ret); sold > top {
			at := sold
			f.add(acknowledgedOver, func() string {
				return fmt.Sprintf("%s acknowledged by %s, and no more than %d can have been there: %d at the opening, the others released or brought (%d > %d)",
					units(at), instant(o.ret), top, f.judge.stock, at, top)
			}, o.op)
		}
	}
	if top := f.judge.stock + f.restocked[1]; f.exact && f.units.stored > top {
		f.add(storedOver, func() string {
			return fmt.Sprintf("the ledger holds %s and there were %d (%d > %d)", units(f.units.stored), top, f.units.stored, top)
		})
	}
}

// arrivals returns a function that sums what can have come back by an instant;
// the instants it is asked for must not go down.
func arrivals(back []comeback) func(int64) int64 {
	slices.SortFunc(back, func(a, b comeback) int {
		return cmp.Or(cmp.Compare(a.inv, b.inv), cmp.Compare(a.ret, b.ret), cmp.Compare(a.units, b.units))
	})
	next, came := 0, int64(0)
	return func(t int64) int64 {
		for ; next < len(back) && back[next].inv <= t; next++ {
			if !back[next].unsold {
				came += back[next].units
			}
		}
		return came
	}
}

// byReturns returns the granted ops in the order of their returns.
func byReturns(ops []change) (grants []change) {
	for i := range ops {
		if ops[i].class == granted {
			grants = append(grants, ops[i])
		}
	}
	slices.SortFunc(grants, func(a, b change) int { return byReturn(a.op, b.op) })
	return grants
}

// least and most are the units that can be left at the end by the history.
func (f *flow) leftByHistory() (least, most int64) {
	least = f.judge.stock - f.units.granted - f.units.maybe + f.units.leastBack + f.restocked[0]
	return least, f.judge.stock - f.units.granted + f.units.mostBack + f.restocked[1]
}

// judgeEnd holds the units left against the ledger and against the history.
func (f *flow) judgeEnd() {
	if f.left == nil {
		return
	}
	f.judgeBelowZero()
	left := *f.left
	if f.exact {
		f.judgeLedgerEnd(left)
	}
	if gone := f.judge.stock + f.restocked[0] - left; f.fixed > 0 && !f.exact && f.restocked[0] == f.restocked[1] && gone%f.fixed != 0 {
		f.add(stockNotWhole, func() string {
			return fmt.Sprintf("there were %d and %d are left: the %d gone are no whole number of sales of %d (%[3]d mod %[4]d ≠ 0)", f.judge.stock+f.restocked[0], left, gone, f.fixed)
		})
	}
	least, most := f.leftByHistory()
	if left > most {
		f.add(tooMuchLeft, func() string {
			return fmt.Sprintf("by the history, %d at the opening less %d sold and with %d released and %d brought leave at most %d: %d left (%d > %d)",
				f.judge.stock, f.units.granted, f.units.mostBack, f.restocked[1], most, left, left, most)
		})
	}
	if left < least {
		f.add(tooLittleLeft, func() string {
			return fmt.Sprintf("by the history, %d at the opening less %d sold at most and with %d released and %d brought leave at least %d: %d left (%d < %d)",
				f.judge.stock, f.units.granted+f.units.maybe, f.units.leastBack, f.restocked[0], least, left, left, least)
		})
	}
}

func (f *flow) judgeLedgerEnd(left int64) {
	least, most := f.judge.stock+f.restocked[0]-f.units.stored, f.judge.stock+f.restocked[1]-f.units.stored
	if left >= least && left <= most {
		return
	}
	rest := least
	if left > most {
		rest = most
	}
	f.add(ledgerAgainstStock, func() string {
		return fmt.Sprintf("by the ledger, %s held of %d leave %d: %d left (%d ≠ %d - %d)", units(f.units.stored), rest+f.units.stored, rest, left, left, rest+f.units.stored, f.units.stored)
	})
}

// ending is what the audit tells of the stock at the end. What contradicts the
// history is another rule's finding, and used by none.
func (f *flow) ending() ending {
	least, most := f.leftByHistory()
	least = max(least, 0)
	e := ending{known: true, least: least, most: most}
	switch {
	case f.left != nil:
		e.least, e.most = *f.left, *f.left
	case f.exact:
		e.least, e.most = f.judge.stock+f.restocked[0]-f.units.stored, f.judge.stock+f.restocked[1]-f.units.stored
	}
	e.known = e.least >= least && e.most <= most
	return e
}

// soldOuts find, for a sale, the sold_out before it that leaves the least to
// explain it: the one called last of those that had returned.
type soldOuts struct {
	byReturn []change // told sold_out
	latest   []int    // of byReturn up to each, the one called last
	// ends are the comebacks by return; open is the earliest call of those from
	// each on.
	ends []comeback
	open []int64
}

func (s *soldOuts) set(f *flow) {
	for _, o := range f.ops {
		if o.class == soldOut {
			s.byReturn = append(s.byReturn, o)
		}
	}
	slices.SortFunc(s.byReturn, func(a, b change) int { return byReturn(a.op, b.op) })
	for i, o := range s.byReturn {
		if i > 0 && s.byReturn[s.latest[i-1]].inv >= o.inv {
			s.latest = append(s.latest, s.latest[i-1])
		} else {
			s.latest = append(s.latest, i)
		}
	}
	s.ends = slices.Clone(f.back)
	slices.SortFunc(s.ends, func(a, b comeback) int { return cmp.Compare(a.ret, b.ret) })
	s.open = make([]int64, len(s.ends)+1)
	s.open[len(s.ends)] = forever
	for i := len(s.ends) - 1; i >= 0; i-- {
		s.open[i] = min(s.ends[i].inv, s.open[i+1])
	}
}

// refilled is the earliest call of a release or restock that may have run
// after the given instant.
func (s *soldOuts) refilled(t int64) int64 {
	i, _ := slices.BinarySearchFunc(s.ends, t, func(b comeback, t int64) int { return cmp.Compare(b.ret, t) })
	return s.open[i]
}

// before returns the sold_out called last of those that returned before t.
func (s *soldOuts) before(t int64) (o change, found bool) {
	i, _ := slices.BinarySearchFunc(s.byReturn, t, func(o change, t int64) int { return cmp.Compare(o.ret, t) })
	if i == 0 {
		return o, false
	}
	return s.byReturn[s.latest[i-1]], true
}

// judgeLate: between a sold_out and the next release or restock nothing is sold
// that asked for as much. (That all sales after it sum to less, where nothing
// came back, follows from the units left during it.)
func (f *flow) judgeLate() {
	for _, o := range f.ops {
		if o.class != granted {
			continue
		}
		if s, found := f.soldOuts.before(o.inv); found && f.soldOuts.refilled(s.inv) > o.ret && o.units >= s.units {
			f.add(soldTooLate, func() string {
				return fmt.Sprintf("an attempt called at %s was sold, after a sold_out had returned at %s and with nothing released or brought between (%[1]s > %[2]s)", instant(o.inv), instant(s.ret))
			}, o.op, s.op)
		}
	}
}

package check

import (
	"math"
	"slices"
)

// end runs what the audit says has run, and holds the state against it.
func (w *witness) end() bool {
	w.balance(mayReturn)
	w.balance(maybe)
	if left := w.f.left; left != nil {
		w.fill(*left)
		if w.free != *left {
			return false
		}
	}
	strangers := w.f.units.stored
	for i := range w.buyers {
		strangers -= w.f.buyers[i].stored
		if !w.f.holds(&w.f.buyers[i], w.buyers[i].held) {
			return false
		}
	}
	return strangers == 0 && w.turnedRightly()
}

// balance runs uncertain ops of a class until each buyer holds what the ledger
// says, as far as it says so.
func (w *witness) balance(of class) {
	if !w.f.ledger() {
		return
	}
	for _, n := range slices.Clone(w.waiting[inOptional]) {
		o := &w.ops[n]
		if o.class != of || o.holder < 0 {
			continue
		}
		surplus := w.surplus(o.holder)
		switch {
		case of == mayReturn && surplus > 0 && w.of(o).units <= surplus:
			w.try(n)
		case of == maybe && -surplus >= o.units:
			for w.free < o.units && w.pull(inOptional, func(p *turn) bool { return p.class == mayReturn && p.holder < 0 }) {
			}
			w.try(n)
		}
	}
}

// surplus is how much more a buyer holds than the ledger says, or less: where it
// does not say how much, as much as that may be.
func (w *witness) surplus(holder int32) int64 {
	held, stored := w.buyers[holder].held, w.f.buyers[holder].stored
	switch {
	case w.f.exact:
		return held - stored
	case stored == 0:
		return held
	case held == 0:
		return -w.f.most
	}
	return 0
}

// fill runs uncertain ops until as much is free as the audit found.
func (w *witness) fill(left int64) {
	for _, n := range slices.Clone(w.waiting[inOptional]) {
		o := &w.ops[n]
		switch {
		case w.free > left && o.class == maybe && o.units <= w.free-left && !w.f.exact,
			w.free < left && o.class == mayReturn && w.spares(o):
			w.try(n)
		}
	}
}

// spares reports whether the ledger allows that an uncertain release has run.
func (w *witness) spares(o *turn) bool {
	if o.holder < 0 || !w.f.ledger() {
		return true
	}
	return !w.f.exact && w.f.buyers[o.holder].stored > 0 && w.buyers[o.holder].held > w.of(o).units
}

// holds reports whether the ledger agrees that the buyer holds so much.
func (f *flow) holds(c *client, held int64) bool {
	switch {
	case f.exact:
		return c.stored == held
	case f.once:
		return (c.stored > 0) == (held > 0)
	}
	return true
}

// turnedRightly reports whether all who were turned away for a limit that does
// not exist were turned away from too little.
func (w *witness) turnedRightly() bool {
	least := int64(math.MaxInt64)
	for i := range w.ops {
		if w.f.most == noLimit && w.ops[i].class == duplicate {
			least = min(least, w.ops[i].units)
		}
	}
	return w.lowest < least
}

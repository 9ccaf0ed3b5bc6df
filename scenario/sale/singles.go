package sale

import "iter"

// Singles are entries of a ledger that hold one unit each, by the numbers of
// their buyers: so a ledger of millions takes four bytes a buyer. The zero
// Singles are none.
type Singles struct {
	IDs     BuyerIDs
	Numbers []uint32
}

// Entries is how many entries the ledger has.
func (a *Audit) Entries() int { return len(a.Holdings) + len(a.Singles.Numbers) }

// Entry is an entry of the ledger by its place, from 0.
func (a *Audit) Entry(i int) Holding {
	if i < len(a.Holdings) {
		return a.Holdings[i]
	}
	return Holding{Buyer: a.Singles.IDs.ID(a.Singles.Numbers[i-len(a.Holdings)]), Units: 1}
}

// All yields every entry of the ledger.
func (a *Audit) All() iter.Seq[Holding] {
	return func(yield func(Holding) bool) {
		for i := range a.Entries() {
			if !yield(a.Entry(i)) {
				return
			}
		}
	}
}

// Units is how many units an entry holds.
func (a *Audit) Units(i int) int64 {
	if i < len(a.Holdings) {
		return a.Holdings[i].Units
	}
	return 1
}

// Buyer is the number of an entry's buyer in a bijection; false where his id is
// none of its ids.
func (a *Audit) Buyer(i int, ids BuyerIDs) (uint32, bool) {
	if i < len(a.Holdings) {
		return ids.Number(a.Holdings[i].Buyer)
	}
	return a.Singles.Numbers[i-len(a.Holdings)], true
}

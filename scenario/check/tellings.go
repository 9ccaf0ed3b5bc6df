package check

import (
	"cmp"
	"iter"
	"slices"
)

// tellings are the stocks that were told and read, in little room: as good as
// every sale is told another number.
type tellings struct {
	// sales holds, by its number, the sale that was told that it was so many; of
	// several the first, by call. told is how many there are.
	sales []*op
	told  int64
	// rest are what else was told and all that was read, by the sales made.
	rest []telling
	// stock is the units at the opening, quantity those of a sale.
	stock, quantity int64
}

// reset forgets everything, and makes room for n sales.
func (t *tellings) reset(n int) {
	t.sales = slices.Grow(t.sales[:0], n+1)[:n+1]
	clear(t.sales)
	t.told, t.rest = 0, t.rest[:0]
}

// all yields all tellings by the sales made; of as many the sales come first.
func (t *tellings) all(yield func(telling) bool) { t.from(0, yield) }

// beyond yields those of more than n sales.
func (t *tellings) beyond(n int64) iter.Seq[telling] {
	return func(yield func(telling) bool) { t.from(n+1, yield) }
}

// from yields those of as many sales as the given and more.
func (t *tellings) from(first int64, yield func(telling) bool) {
	n, _ := slices.BinarySearchFunc(t.rest, first, func(t telling, n int64) int { return cmp.Compare(t.made, n) })
	rest := t.rest[n:]
	for made := first; made < int64(len(t.sales)); made++ {
		o := t.sales[made]
		if o == nil {
			continue
		}
		for ; len(rest) > 0 && rest[0].made < made; rest = rest[1:] {
			if !yield(rest[0]) {
				return
			}
		}
		if !yield(telling{op: o, inv: o.inv, ret: o.ret, left: t.stock - made*t.quantity, made: made}) {
			return
		}
	}
	for _, one := range rest {
		if !yield(one) {
			return
		}
	}
}

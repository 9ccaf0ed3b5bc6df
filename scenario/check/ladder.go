package check

import (
	"fmt"
	"slices"
	"sort"

	"github.com/seckill-bench/seckill/scenario/history"
)

// A ladder has a rung for each sale in the order of the sales, from 1. What is
// told and read says when the sale of a number was made. That gives each rung an
// interval whose ends only grow, so a sale fits on the rungs of one stretch, and
// to give each its rung is a matching in a convex bipartite graph: the sale
// whose stretch ends first takes the first free rung of it (F. Glover, Maximum
// matching in a convex bipartite graph, 1967).
//
// While it stands, the line's order holds of each rung the begin of its interval
// and the number of the deal on it, from 1.
type ladder struct {
	by    []int64 // the end of each rung's interval
	holes []int32 // the rungs that no telling fills
	free  []int32 // from each hole on, the next that is free
	ends  [][2]int32
}

// seat puts deals on the rungs 1..n. Those that are no spares must all have one,
// and every rung must be taken. The last sale is made at the given instant or
// later.
func (l *line) seat(n int64, tells *tellings, last int64) *misfit {
	wrong := l.trySeat(n, tells, last)
	if wrong != nil {
		// What is said must not depend on the order of reading.
		slices.SortFunc(l.deals, func(a, b deal) int { return byCall(*a.o, *b.o) })
		wrong = l.trySeat(n, tells, last)
	}
	return wrong
}

func (l *line) trySeat(n int64, tells *tellings, last int64) *misfit {
	if n > int64(len(l.deals)) {
		return &misfit{text: fmt.Sprintf("%s were made, and the history tells of %d", sales(n), len(l.deals))}
	}
	if wrong := l.raise(int(n), tells, last); wrong != nil {
		return wrong
	}
	if wrong := l.match(tells); wrong != nil {
		return wrong
	}
	l.climb()
	return nil
}

// raise sets up the rungs and puts the deals on them whose numbers are told.
func (l *line) raise(n int, tells *tellings, last int64) *misfit {
	l.order, l.by = slices.Grow(l.order[:0], n+2)[:n+2], slices.Grow(l.by[:0], n+2)[:n+2]
	for i := range l.order {
		l.order[i], l.by[i] = marked{at: history.Never}, l.end
	}
	l.by[n+1] = forever
	for t := range tells.beyond(int64(n)) {
		return &misfit{fmt.Sprintf("%s: that is after %s, and there were no more than %d (%d > %d)", t.String(), sales(t.made), n, t.made, n), t.ops()}
	}
	for i := range tells.rest {
		if t := &tells.rest[i]; t.op == nil {
			by, above := &l.by[t.made], &l.order[t.made+1]
			*by, above.at = min(*by, t.ret), max(above.at, t.inv)
		}
	}
	l.order[n].at = max(l.order[n].at, last)
	for i := range l.deals {
		d := &l.deals[i]
		more := l.of(d)
		if more.told == 0 {
			continue
		}
		if int(more.told) > n || l.order[more.told].n != 0 || more.early && l.waits && int(more.told) == n {
			return &misfit{fmt.Sprintf("an attempt was told that it was sale number %d of %d, which cannot be", more.told, n), []op{*d.o}}
		}
		rung, by := &l.order[more.told], &l.by[more.told]
		rung.n, rung.at, *by = uint32(i)+1, max(rung.at, d.o.inv), min(*by, more.due)
	}
	return l.spread(n)
}

// spread makes the ends of the rungs grow: none is before one below it.
func (l *line) spread(n int) *misfit {
	for i := 1; i <= n; i++ {
		l.order[i].at = max(l.order[i].at, l.order[i-1].at)
		k := n + 1 - i
		l.by[k] = min(l.by[k], l.by[k+1])
	}
	for i := 1; i <= n; i++ {
		if from := l.order[i].at; from > l.by[i] {
			wrong := &misfit{text: fmt.Sprintf("by the stocks that were told and read, sale number %d of %d was made at %s or later, and by them and the other answers at %s or earlier (%s > %s)",
				i, n, instant(from), instant(l.by[i]), instant(from), instant(l.by[i]))}
			if d := l.order[i].n; d != 0 {
				wrong.ops = []op{*l.deals[d-1].o}
			}
			return wrong
		}
	}
	return nil
}

// match gives every hole a deal.
func (l *line) match(tells *tellings) *misfit {
	n := len(l.order) - 2
	l.holes = l.holes[:0]
	for i := 1; i <= n; i++ {
		if l.order[i].n == 0 {
			l.holes = append(l.holes, int32(i))
		}
	}
	l.free = l.free[:0]
	for i := range len(l.holes) + 1 {
		l.free = append(l.free, int32(i))
	}
	l.ends = l.ends[:0] // the last hole a deal fits into, and its number
	for i := range l.deals {
		if d := &l.deals[i]; l.of(d).told == 0 {
			_, last := l.stretch(d, n)
			l.ends = append(l.ends, [2]int32{int32(last)<<1 | int32(bit(l.of(d).spare)), int32(i)})
		}
	}
	slices.SortStableFunc(l.ends, func(a, b [2]int32) int { return int(a[0] - b[0]) })
	for _, e := range l.ends {
		d := &l.deals[e[1]]
		first, last := l.stretch(d, n)
		hole := l.next(first)
		switch {
		case hole <= last:
			l.order[l.holes[hole]].n = uint32(e[1]) + 1
			l.free[hole] = int32(hole + 1)
		case !l.of(d).spare:
			return l.unplaced(d, tells)
		}
	}
	if hole := l.next(0); hole < len(l.holes) {
		i := l.holes[hole]
		return &misfit{text: fmt.Sprintf("by the stocks that were told and read, sale number %d of %d was made %s, and no attempt that was granted or may have been is left to be it",
			i, n, between(l.order[i].at, l.by[i]))}
	}
	return nil
}

// stretch is the first and the last hole that a deal fits into; none, if the
// last comes first.
func (l *line) stretch(d *deal, n int) (first, last int) {
	more := l.of(d)
	first = sort.Search(len(l.holes), func(h int) bool { return l.by[l.holes[h]] >= d.o.inv })
	last = sort.Search(len(l.holes), func(h int) bool { return l.order[l.holes[h]].at > more.due }) - 1
	if l.waits && more.early && last >= 0 && int(l.holes[last]) == n {
		last--
	}
	return first, last
}

// next is the first free hole from one on.
func (l *line) next(hole int) int {
	root := hole
	for int(l.free[root]) != root {
		root = int(l.free[root])
	}
	for int(l.free[hole]) != root {
		hole, l.free[hole] = int(l.free[hole]), int32(root)
	}
	return root
}

// climb sets the instants of all deals and puts the line in order. A deal in a
// hole is made as soon as it can, and takes the hole that this is due to.
func (l *line) climb() {
	filled := make([]marked, len(l.holes))
	for h, i := range l.holes {
		n := l.order[i].n - 1
		filled[h] = marked{max(l.order[i].at, l.deals[n].o.inv), n}
	}
	l.scratch = sortByTime(filled, l.scratch)
	at, h := int64(history.Never), 0
	for i := 1; i < len(l.order)-1; i++ {
		m := marked{max(l.order[i].at, at), l.order[i].n - 1}
		if h < len(l.holes) && l.holes[h] == int32(i) {
			m = filled[h]
			h++
		}
		l.order[i-1], at = m, m.at
	}
	l.order = l.order[:len(l.order)-2]
}

// unplaced says that a sale must have been made, and which telling leaves no
// place for it.
func (l *line) unplaced(d *deal, tells *tellings) *misfit {
	inv, due := d.o.inv, min(l.of(d).due, l.end)
	m := &misfit{text: fmt.Sprintf("an attempt was sold between %s and %s", instant(inv), instant(due)), ops: []op{*d.o}}
	before := telling{inv: history.Never}
	for t := range tells.all {
		if t.inv > due {
			m.text += fmt.Sprintf(", and after that %s: it has no place among the %s made by then, for others need them all", t.String(), sales(t.made-bit(t.op != nil)))
			m.ops = append(m.ops, t.ops()...)
			return m
		}
		if t.ret < inv {
			before = t
		}
	}
	if before.inv != history.Never {
		m.text += fmt.Sprintf(", and before that %s: that is after %s, and too few of the others had been called", before.String(), sales(before.made))
		m.ops = append(m.ops, before.ops()...)
		return m
	}
	m.text += ", and other sales need all the places that the stocks that were told and read leave for it"
	return m
}

// between says when, within ends that may not be known.
func between(from, by int64) string {
	switch {
	case from == history.Never:
		return "at " + instant(by) + " or earlier"
	case by == forever:
		return "at " + instant(from) + " or later"
	}
	return "between " + instant(from) + " and " + instant(by)
}

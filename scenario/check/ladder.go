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
type ladder struct {
	from, by []int64 // of each rung
	taken    []uint32
	holes    []int32 // the rungs that no telling fills
	free     []int32 // from each hole on, the next that is free
	ends     [][2]int32
}

// seat puts deals on the rungs 1..n. Those that are no spares must all have one,
// and every rung must be taken. The last sale is made at the given instant or
// later.
func (l *line) seat(n int64, tells []telling, last int64) *misfit {
	wrong := l.trySeat(n, tells, last)
	if wrong != nil {
		// What is said must not depend on the order of reading.
		slices.SortFunc(l.deals, func(a, b deal) int { return byCall(*a.o, *b.o) })
		wrong = l.trySeat(n, tells, last)
	}
	return wrong
}

func (l *line) trySeat(n int64, tells []telling, last int64) *misfit {
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
func (l *line) raise(n int, tells []telling, last int64) *misfit {
	l.from, l.by = slices.Grow(l.from[:0], n+2)[:n+2], slices.Grow(l.by[:0], n+2)[:n+2]
	l.taken = slices.Grow(l.taken[:0], n+2)[:n+2]
	for i := range l.from {
		l.from[i], l.by[i], l.taken[i] = history.Never, l.end, 0
	}
	l.by[n+1] = forever
	for i := range tells {
		t := &tells[i]
		if t.made > int64(n) {
			return &misfit{fmt.Sprintf("%s: that is after %s, and there were no more than %d (%d > %d)", t, sales(t.made), n, t.made, n), t.ops()}
		}
		if t.op == nil {
			l.by[t.made], l.from[t.made+1] = min(l.by[t.made], t.ret), max(l.from[t.made+1], t.inv)
		}
	}
	l.from[n] = max(l.from[n], last)
	for i := range l.deals {
		d := &l.deals[i]
		if d.rank == 0 {
			continue
		}
		if int(d.rank) > n || l.taken[d.rank] != 0 || d.early && l.waits && int(d.rank) == n {
			return &misfit{fmt.Sprintf("an attempt was told that it was sale number %d of %d, which cannot be", d.rank, n), []op{*d.o}}
		}
		l.taken[d.rank] = uint32(i) + 1
		l.from[d.rank], l.by[d.rank] = max(l.from[d.rank], d.inv), min(l.by[d.rank], d.due)
	}
	return l.spread(n)
}

// spread makes the ends of the rungs grow: none is before one below it.
func (l *line) spread(n int) *misfit {
	for i := 1; i <= n; i++ {
		l.from[i] = max(l.from[i], l.from[i-1])
		k := n + 1 - i
		l.by[k] = min(l.by[k], l.by[k+1])
	}
	for i := 1; i <= n; i++ {
		if l.from[i] > l.by[i] {
			wrong := &misfit{text: fmt.Sprintf("by the stocks that were told and read, sale number %d of %d was made at %s or later, and by them and the other answers at %s or earlier (%s > %s)",
				i, n, instant(l.from[i]), instant(l.by[i]), instant(l.from[i]), instant(l.by[i]))}
			if d := l.taken[i]; d != 0 {
				wrong.ops = []op{*l.deals[d-1].o}
			}
			return wrong
		}
	}
	return nil
}

// match gives every hole a deal.
func (l *line) match(tells []telling) *misfit {
	n := len(l.from) - 2
	l.holes = l.holes[:0]
	for i := 1; i <= n; i++ {
		if l.taken[i] == 0 {
			l.holes = append(l.holes, int32(i))
		}
	}
	l.free = l.free[:0]
	for i := range len(l.holes) + 1 {
		l.free = append(l.free, int32(i))
	}
	l.ends = l.ends[:0] // the last hole a deal fits into, and its number
	for i := range l.deals {
		if d := &l.deals[i]; d.rank == 0 {
			_, last := l.stretch(d, n)
			l.ends = append(l.ends, [2]int32{int32(last)<<1 | int32(bit(d.spare)), int32(i)})
		}
	}
	slices.SortStableFunc(l.ends, func(a, b [2]int32) int { return int(a[0] - b[0]) })
	for _, e := range l.ends {
		d := &l.deals[e[1]]
		first, last := l.stretch(d, n)
		hole := l.next(first)
		switch {
		case hole <= last:
			l.taken[l.holes[hole]] = uint32(e[1]) + 1
			l.free[hole] = int32(hole + 1)
		case !d.spare:
			return l.unplaced(d, tells)
		}
	}
	if hole := l.next(0); hole < len(l.holes) {
		i := l.holes[hole]
		return &misfit{text: fmt.Sprintf("by the stocks that were told and read, sale number %d of %d was made %s, and no attempt that was granted or may have been is left to be it",
			i, n, between(l.from[i], l.by[i]))}
	}
	return nil
}

// stretch is the first and the last hole that a deal fits into; none, if the
// last comes first.
func (l *line) stretch(d *deal, n int) (first, last int) {
	first = sort.Search(len(l.holes), func(h int) bool { return l.by[l.holes[h]] >= d.inv })
	last = sort.Search(len(l.holes), func(h int) bool { return l.from[l.holes[h]] > d.due }) - 1
	if l.waits && d.early && last >= 0 && int(l.holes[last]) == n {
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
	l.order = l.order[:0]
	for _, i := range l.holes {
		n := l.taken[i] - 1
		l.order = append(l.order, marked{max(l.from[i], l.deals[n].inv), n})
	}
	l.scratch = sortByTime(l.order, l.scratch)
	filled := slices.Clone(l.order)
	l.order = slices.Grow(l.order[:0], len(l.from))
	at := int64(history.Never)
	for i := 1; i < len(l.from)-1; i++ {
		n := l.taken[i] - 1
		if l.deals[n].rank != 0 {
			at = max(l.from[i], at)
		} else {
			at, n = filled[0].at, filled[0].n
			filled = filled[1:]
		}
		l.order = append(l.order, marked{at, n})
	}
}

// unplaced says that a sale must have been made, and which telling leaves no
// place for it.
func (l *line) unplaced(d *deal, tells []telling) *misfit {
	m := &misfit{text: fmt.Sprintf("an attempt was sold between %s and %s", instant(d.inv), instant(d.due)), ops: []op{*d.o}}
	for i := range tells {
		if t := &tells[i]; t.inv > d.due {
			m.text += fmt.Sprintf(", and after that %s: it has no place among the %s made by then, for others need them all", t, sales(t.made-bit(t.op != nil)))
			m.ops = append(m.ops, t.ops()...)
			return m
		}
	}
	for i := len(tells) - 1; i >= 0; i-- {
		if t := &tells[i]; t.ret < d.inv {
			m.text += fmt.Sprintf(", and before that %s: that is after %s, and too few of the others had been called", t, sales(t.made))
			m.ops = append(m.ops, t.ops()...)
			return m
		}
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

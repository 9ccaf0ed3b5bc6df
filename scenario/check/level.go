package check

import (
	"math"
	"slices"
)

// A change is an op with its units: those granted or asked for, or those that
// a release or a restock gives back.
type change struct {
	op
	units int64
}

// A level bounds what can be free at each instant of what sales take and
// releases give back: the units of an item, or the room below a buyer's limit.
// The least is free when every sale that may have run by then has run and no
// release that need not; the most the other way round. Both are known from the
// beginning on and, where the end is known, from the end backwards.
type level struct {
	times []int64
	// least and most are bounds at each of the times, as the leaves of a tree
	// whose inner nodes hold the least of least and the most of most.
	least, most []int64
	// reused from one to the next
	forth, backward steps
}

// ending is what is known of a level at the end.
type ending struct {
	known       bool
	least, most int64
}

// A comeback is units that came back, certainly by ret or perhaps.
type comeback struct {
	inv, ret int64
	units    int64
	sure     bool
	// unsold: they are units of a sale that itself is not certain.
	unsold bool
}

// set computes the bounds. It reuses what l holds.
func (l *level) set(start int64, end ending, ops []change, back []comeback) {
	l.times = l.times[:0]
	for i := range ops {
		l.times = append(l.times, ops[i].inv, ops[i].ret)
	}
	for i := range back {
		l.times = append(l.times, back[i].inv, back[i].ret)
	}
	slices.Sort(l.times)
	l.times = slices.Compact(l.times)
	n := len(l.times)
	forth, backward := l.forth.clear(n), l.backward.clear(n)
	for i := range ops {
		if o := &ops[i]; o.asked() {
			from, to := l.at(o.inv), l.at(o.ret)
			forth.least.add(from, -o.units)
			backward.most.upTo(to, o.units)
			if o.class == granted {
				forth.most.add(to+1, -o.units)
				backward.least.upTo(from-1, o.units)
			}
		}
	}
	for _, b := range back {
		from, to := l.at(b.inv), l.at(b.ret)
		backward.least.upTo(to, -b.units)
		if !b.unsold {
			forth.most.add(from, b.units)
		}
		if b.sure {
			forth.least.add(to+1, b.units)
			backward.most.upTo(from-1, -b.units)
		}
	}
	l.grow(n)
	forth.sum(start, start, func(i int, least, most int64) { l.least[n+i], l.most[n+i] = max(least, 0), most })
	if end.known {
		backward.sum(end.least, end.most, func(i int, least, most int64) {
			l.least[n+i], l.most[n+i] = max(l.least[n+i], least), min(l.most[n+i], most)
		})
	}
	for i := n - 1; i > 0; i-- {
		l.least[i], l.most[i] = min(l.least[2*i], l.least[2*i+1]), max(l.most[2*i], l.most[2*i+1])
	}
}

func (l *level) grow(n int) {
	l.least = slices.Grow(l.least[:0], 2*n)[:2*n]
	l.most = slices.Grow(l.most[:0], 2*n)[:2*n]
}

func (l *level) at(t int64) int {
	i, _ := slices.BinarySearch(l.times, t)
	return i
}

// between returns the least that can have been free at some instant of the
// closed interval, and the most.
func (l *level) between(inv, ret int64) (least, most int64) {
	least, most = math.MaxInt64, math.MinInt64
	n := len(l.times)
	to, exact := slices.BinarySearch(l.times, ret)
	if exact {
		to++
	}
	for i, k := n+l.at(inv), n+to; i < k; i, k = i/2, k/2 {
		if i&1 == 1 {
			least, most = min(least, l.least[i]), max(most, l.most[i])
			i++
		}
		if k&1 == 1 {
			k--
			least, most = min(least, l.least[k]), max(most, l.most[k])
		}
	}
	return least, most
}

// steps are changes of the two bounds at each time.
type steps struct{ least, most stairs }

// stairs hold at each index by how much a sum differs from the one before.
type stairs []int64

// clear makes room for n times, and takes out what was there.
func (s *steps) clear(n int) steps {
	s.least, s.most = slices.Grow(s.least[:0], n+1)[:n+1], slices.Grow(s.most[:0], n+1)[:n+1]
	clear(s.least)
	clear(s.most)
	return *s
}

// add adds n from index i on.
func (s stairs) add(i int, n int64) { s[min(i, len(s)-1)] += n }

// upTo adds n up to index i.
func (s stairs) upTo(i int, n int64) {
	if i >= 0 {
		s[0] += n
		s.add(i+1, -n)
	}
}

func (s steps) sum(least, most int64, yield func(i int, least, most int64)) {
	for i := range len(s.least) - 1 {
		least, most = least+s.least[i], most+s.most[i]
		yield(i, least, most)
	}
}

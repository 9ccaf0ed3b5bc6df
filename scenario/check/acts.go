package check

import (
	"iter"
	"slices"

	"github.com/seckill-bench/seckill/scenario/sale"
)

var deedOf = [classes]deed{granted: sells, maybe: sellsUntold, soldOut: saysSoldOut, duplicate: saysDuplicate, refused: saysRefused,
	replayed: saysReplayed, returned: givesBack, mayReturn: givesBack}

// acts yields the sales in their order, and between them whatever else was
// answered: each as late as it can be, for what is true once of a stock that
// only goes down stays true.
func (j *judge) acts() iter.Seq[*act] {
	l := &j.line
	l.sortEarly()
	return func(yield func(*act) bool) {
		early, read := l.early, j.tells.rest
		for n := range l.order {
			if !j.yieldReadings(&read, n, yield) || !j.yieldEarly(&early, n, yield) || !yield(j.sale(n)) {
				return
			}
		}
		if j.yieldReadings(&read, len(l.order), yield) {
			j.yieldLate(yield)
		}
	}
}

// before reports whether an answer comes before the last sale. A duplicate of a
// script that tests the stock first must.
func (l *line) before(a *rareAnswer, last int64) bool { return a.when() < last || l.first(a) }

func (l *line) first(a *rareAnswer) bool { return l.waits && a.class == duplicate }

// when is when an answer is given: as late as can be. What a replay may rest on
// is there as soon as it can be.
func (a *rareAnswer) when() int64 {
	if a.class == maybe {
		return a.inv
	}
	return a.ret
}

// sortEarly puts in order what comes before the last sale. At the same instant
// the duplicates that must come first do, and what replays may rest on before
// them.
func (l *line) sortEarly() {
	last, n := l.last(), 0
	for range l.beforeLast(last) {
		n++
	}
	l.early = slices.Grow(l.early, n)
	for _, first := range []bool{true, false} {
		for i, a := range l.beforeLast(last) {
			if (l.first(&a) || a.class == maybe) == first {
				l.early = append(l.early, marked{min(a.when(), last), uint32(i)})
			}
		}
	}
	l.scratch = sortByTime(l.early, l.scratch)
}

// beforeLast yields the answers that come before the last sale.
func (l *line) beforeLast(last int64) iter.Seq2[int, rareAnswer] {
	return func(yield func(int, rareAnswer) bool) {
		for i := range l.rare {
			if a := l.rare[i]; l.before(&a, last) && !yield(i, a) {
				return
			}
		}
		for i := range l.answers {
			if a := l.answers[i].full(); l.before(&a, last) && !yield(len(l.rare)+i, a) {
				return
			}
		}
	}
}

// number is an answer by its number among the early ones.
func (l *line) number(i int) rareAnswer {
	if i < len(l.rare) {
		return l.rare[i]
	}
	return l.answers[i-len(l.rare)].full()
}

// yieldReadings yields what was read after n sales.
func (j *judge) yieldReadings(read *[]telling, n int, yield func(*act) bool) bool {
	for ; len(*read) > 0 && (*read)[0].made <= int64(n); *read = (*read)[1:] {
		t := &(*read)[0]
		if t.op != nil {
			continue
		}
		at := t.inv
		if n > 0 {
			at = max(at, j.line.order[n-1].at)
		}
		if !yield(j.line.does(act{at: at, from: t.inv, by: t.ret, does: readsStock, left: t.left})) {
			return false
		}
	}
	return true
}

// yieldEarly yields the answers that come before the sale after n others. Those
// that must come before the last one may be of its instant.
func (j *judge) yieldEarly(early *[]marked, n int, yield func(*act) bool) bool {
	l := &j.line
	for at, last := l.order[n].at, n == len(l.order)-1; len(*early) > 0; *early = (*early)[1:] {
		m := (*early)[0]
		a := l.number(int(m.n))
		if m.at > at || m.at == at && !(last && l.first(&a)) {
			return true
		}
		if !yield(j.answer(&a, m.at)) {
			return false
		}
	}
	return true
}

// yieldLate yields the answers that come after the last sale.
func (j *judge) yieldLate(yield func(*act) bool) {
	l := &j.line
	last := l.last()
	for _, marks := range []bool{true, false} {
		for i := range l.rare {
			if a := &l.rare[i]; (a.class == maybe) == marks && !l.before(a, last) && !yield(j.answer(a, a.when())) {
				return
			}
		}
	}
	for _, answers := range [][]answer{l.answers, l.soldOut} {
		for i := range answers {
			if a := answers[i].full(); (a.class == soldOut || !l.before(&a, last)) && !yield(j.answer(&a, a.ret)) {
				return
			}
		}
	}
}

// does keeps an act until the next one.
func (l *line) does(a act) *act {
	l.act = a
	return &l.act
}

func (j *judge) sale(n int) *act {
	d := &j.line.deals[j.line.order[n].n]
	more := j.line.of(d)
	a := act{at: j.line.order[n].at, from: d.o.inv, by: d.o.ret, does: deedOf[d.o.class], who: d.who, request: more.request, units: j.quantity, left: sale.Untold}
	if more.told > 0 {
		a.left = j.stock - int64(more.told)*j.quantity
	}
	return j.line.does(a)
}

func (j *judge) answer(a *rareAnswer, at int64) *act {
	to := &j.line.act
	to.at, to.from, to.by, to.does, to.who, to.request = at, a.inv, a.ret, deedOf[a.class], a.who, a.request
	to.units, to.left = j.quantity, sale.Untold
	if a.class == maybe {
		to.does = mayHaveSold
	}
	return to
}

// acts yields what ran in its order, and each attempt without an answer also
// when it was called: it may have been granted from then on, as far as its
// replays go.
func (w *witness) acts() iter.Seq[*act] {
	type request struct{ buyer, request uint32 }
	requests := map[request]uint32{}
	number := func(o *turn) uint32 {
		r := request{o.buyer, o.request}
		if requests[r] == 0 {
			requests[r] = uint32(len(requests)) + 1
		}
		return requests[r]
	}
	return func(yield func(*act) bool) {
		next := 0
		for _, m := range w.ran {
			for ; next < len(w.byCall) && w.ops[w.byCall[next]].inv <= m.at; next++ {
				if o := &w.ops[w.byCall[next]]; o.class == maybe &&
					!yield(&act{at: o.inv, from: o.inv, by: o.ret, does: mayHaveSold, who: uint32(o.holder), request: number(o), left: sale.Untold}) {
					return
				}
			}
			o := &w.ops[m.n]
			s := &act{at: m.at, from: o.inv, by: o.ret, does: deedOf[o.class], units: o.units, left: sale.Untold}
			if o.holder < 0 {
				s.does = bringsUnits
			} else {
				s.who, s.request = uint32(o.holder), number(o)
			}
			if !yield(s) {
				return
			}
		}
	}
}

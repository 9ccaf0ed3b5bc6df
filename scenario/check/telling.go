package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
)

// A telling is a stock that somebody read, or that the reply to a sale said was
// left. It tells how many sales had been made at one moment of an interval.
type telling struct {
	// op is the sale that was told; nil: the stock was read.
	op       *op
	inv, ret int64
	left     int64
	// made is the sales made by then. To a sale it is its own number.
	made int64
}

// stocks notes the stocks that were read during the sale.
func (r *reading) stocks(events []history.Event) error {
	for _, e := range events {
		if e.Kind != history.EventStock {
			continue
		}
		if int(e.Item) >= len(r.records) || e.Until < e.At {
			return fmt.Errorf("damaged record: a stock of item %d of %d was read from %d to %d", e.Item, len(r.records), e.At, e.Until)
		}
		if rec := &r.records[e.Item]; rec.atomic {
			rec.readings = append(rec.readings, telling{inv: e.At, ret: e.Until, left: e.Units})
		}
	}
	return nil
}

// judgeStocks holds the stocks that were read and told against the sales: some
// order of the sales must explain them all. sound: no other rule is broken, so
// that what is known of the sales by their refusals and by the audit counts;
// else only calls and returns do.
func (j *judge) judgeStocks(sound bool) {
	if j.heard = j.tellings(); j.heard == 0 {
		return
	}
	clash := j.judgeTellings()
	if clash {
		return
	}
	decided := j.complete && j.unsettled == 0
	var narrow *misfit
	choice := false
	if sound && decided {
		narrow = j.arrange()
		if choice = j.line.choice; narrow == nil {
			j.lined = true
			return
		}
	}
	switch wide := j.arrangeLoosely(); {
	case wide != nil:
		j.addMisfit(wide)
	case narrow != nil && !choice:
		j.addMisfit(narrow)
	case sound:
		j.unheard = true
	}
}

func (j *judge) addMisfit(m *misfit) {
	j.add(toldUnplaced, func() string { return m.text }, m.ops...)
}

// tellings gathers what was told and read, by the sales made, and counts it. As
// good as all tell of different numbers.
func (j *judge) tellings() (n int64) {
	size := len(j.readings)
	for i := range j.shards {
		size += len(j.shards[i].told)
	}
	if size == 0 {
		return 0
	}
	all := append(make([]telling, 0, size), j.readings...)
	for i := range j.shards {
		s := &j.shards[i]
		for _, t := range s.told {
			o := &s.ops[t.number-1]
			all = append(all, telling{op: o, inv: o.inv, ret: o.ret, left: t.left})
		}
	}
	order := make([]marked, len(all))
	for i := range all {
		all[i].made, _ = j.madeBy(all[i].left)
		order[i] = marked{all[i].made, uint32(i)}
	}
	j.line.scratch = sortByTime(order, j.line.scratch)
	j.tells = slices.Grow(j.tells[:0], size)
	for _, m := range order {
		j.tells = append(j.tells, all[m.n])
	}
	for first, i := 0, 1; i <= len(all); i++ {
		if i == len(all) || j.tells[i].made != j.tells[first].made {
			slices.SortFunc(j.tells[first:i], byMade)
			first = i
		}
	}
	return int64(len(j.tells))
}

// byMade orders tellings of as many sales: first the one that was the last of
// them, then what was read after it.
func byMade(a, b telling) int {
	if a.op == nil || b.op == nil {
		return cmp.Or(cmp.Compare(bit(a.op == nil), bit(b.op == nil)), cmp.Compare(a.inv, b.inv), cmp.Compare(a.ret, b.ret), cmp.Compare(a.left, b.left))
	}
	return cmp.Or(byCall(*a.op, *b.op), cmp.Compare(a.left, b.left))
}

// madeBy is how many sales leave so much; whole: no part of one.
func (t *terms) madeBy(left int64) (n int64, whole bool) {
	gone := t.stock - left
	return gone / t.quantity, gone%t.quantity == 0
}

// judgeTellings judges each telling by itself and beside the others. It keeps
// those that can be held against the sales, and reports whether they
// contradict each other.
func (j *judge) judgeTellings() (clash bool) {
	kept := j.tells[:0]
	for i := range j.tells {
		if t := &j.tells[i]; !j.judgeTelling(t) {
			kept = append(kept, *t)
		}
	}
	j.tells = kept
	// last is the latest to begin of those that come before: tellings of fewer
	// sales, and the sale itself. Readings of as many, the latest of which is
	// beside, may come in any order.
	var last, beside, sale *telling
	for i := range kept {
		t := &kept[i]
		if i > 0 && t.made != kept[i-1].made {
			last, beside = later(last, beside), nil
		}
		switch {
		case t.op != nil && sale != nil && sale.made == t.made:
			j.addTwice(t, sale)
			clash = true
		case last != nil && last.inv > t.ret:
			j.addBackwards(last, t)
			clash = true
		}
		if t.op != nil {
			sale, last = t, later(last, t)
		} else {
			beside = later(beside, t)
		}
	}
	return clash
}

func later(a, b *telling) *telling {
	if a == nil || b != nil && b.inv > a.inv {
		return b
	}
	return a
}

// judgeTelling reports whether a telling is wrong whatever was sold.
func (j *judge) judgeTelling(t *telling) (wrong bool) {
	_, whole := j.madeBy(t.left)
	switch {
	case t.left < 0:
		j.add(toldBelowZero, func() string { return fmt.Sprintf("%s (%d < 0)", t, t.left) }, t.ops()...)
	case !whole:
		j.add(toldInPart, func() string {
			gone := j.stock - t.left
			return fmt.Sprintf("%s: the %d gone of %d are no whole number of sales of %d (%d ≠ %d·%d)", t, gone, j.stock, j.quantity, gone, gone/j.quantity, j.quantity)
		}, t.ops()...)
	case t.made < bit(t.op != nil):
		j.add(toldTooMuch, func() string {
			most := j.stock - j.quantity*bit(t.op != nil)
			return fmt.Sprintf("%s, and the item opened with %d (%d > %d)", t, j.stock, t.left, most)
		}, t.ops()...)
	default:
		return false
	}
	return true
}

func (j *judge) addTwice(t, other *telling) {
	j.add(toldTwice, func() string {
		return fmt.Sprintf("%s, and so was another sale: no two sales leave the same stock (%d = %d)", t, t.left, other.left)
	}, *t.op, *other.op)
}

// addBackwards: t, which had ended when other began, tells of as many sales or more.
func (j *judge) addBackwards(other, t *telling) {
	j.add(toldBackwards, func() string {
		return fmt.Sprintf("%s, and after that %s: the stock only goes down (%d ≤ %d)", t, other, t.left, other.left)
	}, append(t.ops(), other.ops()...)...)
}

// ops are the attempts the telling rests on.
func (t *telling) ops() []op {
	if t.op == nil {
		return nil
	}
	return []op{*t.op}
}

// String says what was told.
func (t *telling) String() string {
	if t.op == nil {
		return fmt.Sprintf("the stock read between %s and %s was %d", instant(t.inv), instant(t.ret), t.left)
	}
	return fmt.Sprintf("an attempt sold between %s and %s was told %s left", instant(t.inv), instant(t.ret), units(t.left))
}

// ahead holds the granted sales against each telling in a record that lacks
// attempts: no more can have returned before it than it tells of.
func (j *judge) ahead() *misfit {
	var ends []int64
	for o := range j.all() {
		if o.class == granted {
			ends = append(ends, o.ret)
		}
	}
	slices.Sort(ends)
	for i := range j.tells {
		t := &j.tells[i]
		n, _ := slices.BinarySearch(ends, t.inv)
		if most := t.made - bit(t.op != nil); int64(n) > most {
			return &misfit{fmt.Sprintf("%s, and before that %s had been acknowledged (%d > %d)", t, sales(int64(n)), n, most), t.ops()}
		}
	}
	return nil
}

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

// tellings gathers what was told and read, and counts it. It keeps what can be held
// against the sales.
func (j *judge) tellings() (n int64) {
	for i := range j.shards {
		n += int64(len(j.shards[i].told))
	}
	if n += int64(len(j.readings)); n == 0 {
		return 0
	}
	j.tells.reset(int(j.record.count[granted] + j.record.count[maybe]))
	j.tells.stock, j.tells.quantity = j.stock, j.quantity
	for i := range j.shards {
		s := &j.shards[i]
		for _, t := range s.told {
			j.hear(&s.ops[t.number-1], s.left(t))
		}
	}
	for _, t := range j.readings {
		t.made, _ = j.madeBy(t.left)
		j.keep(t)
	}
	slices.SortFunc(j.tells.rest, byMade)
	return n
}

// hear files what a sale was told: under its number, if it can have that one.
func (j *judge) hear(o *op, left int64) {
	t, own := &j.tells, telling{op: o, inv: o.inv, ret: o.ret, left: left}
	whole := false
	if own.made, whole = j.madeBy(left); !whole || left < 0 || own.made < 1 || own.made >= int64(len(t.sales)) {
		j.keep(own)
		return
	}
	switch first := t.sales[own.made]; {
	case first == nil:
		t.sales[own.made] = o
		t.told++
	case byCall(*o, *first) < 0:
		t.sales[own.made], own.op, own.inv, own.ret = o, first, first.inv, first.ret
		fallthrough
	default:
		j.keep(own)
	}
}

// keep keeps a telling unless it is wrong whatever was sold.
func (j *judge) keep(t telling) {
	if !j.judgeTelling(t) {
		j.tells.rest = append(j.tells.rest, t)
	}
}

// byMade orders tellings by the sales made, and those of as many: first the one
// that was the last of them, then what was read after it.
func byMade(a, b telling) int {
	if a.made != b.made {
		return cmp.Compare(a.made, b.made)
	}
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

// judgeTellings judges each telling beside the others, and reports whether they
// contradict each other.
func (j *judge) judgeTellings() (clash bool) {
	// last is the latest to begin of those that come before: tellings of fewer
	// sales, and the sale itself. Readings of as many, the latest of which is
	// beside, may come in any order.
	last, beside := telling{inv: history.Never}, telling{inv: history.Never}
	sale, made := telling{made: -1}, int64(-1)
	for t := range j.tells.all {
		if t.made != made {
			last, beside, made = later(last, beside), telling{inv: history.Never}, t.made
		}
		switch {
		case t.op != nil && sale.made == t.made:
			j.addTwice(t, sale)
			clash = true
		case last.inv > t.ret:
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

// later is the telling that begins later; the first, if both do.
func later(a, b telling) telling {
	if b.inv > a.inv {
		return b
	}
	return a
}

// judgeTelling reports whether a telling is wrong whatever was sold.
func (j *judge) judgeTelling(t telling) (wrong bool) {
	_, whole := j.madeBy(t.left)
	switch {
	case t.left < 0:
		j.add(toldBelowZero, func() string { return fmt.Sprintf("%s (%d < 0)", t.String(), t.left) }, t.ops()...)
	case !whole:
		j.add(toldInPart, func() string {
			gone := j.stock - t.left
			return fmt.Sprintf("%s: the %d gone of %d are no whole number of sales of %d (%d ≠ %d·%d)", t.String(), gone, j.stock, j.quantity, gone, gone/j.quantity, j.quantity)
		}, t.ops()...)
	case t.made < bit(t.op != nil):
		j.add(toldTooMuch, func() string {
			most := j.stock - j.quantity*bit(t.op != nil)
			return fmt.Sprintf("%s, and the item opened with %d (%d > %d)", t.String(), j.stock, t.left, most)
		}, t.ops()...)
	default:
		return false
	}
	return true
}

func (j *judge) addTwice(t, other telling) {
	j.add(toldTwice, func() string {
		return fmt.Sprintf("%s, and so was another sale: no two sales leave the same stock (%d = %d)", &t, t.left, other.left)
	}, *t.op, *other.op)
}

// addBackwards: t, which had ended when other began, tells of as many sales or more.
func (j *judge) addBackwards(other, t telling) {
	j.add(toldBackwards, func() string {
		return fmt.Sprintf("%s, and after that %s: the stock only goes down (%d ≤ %d)", &t, &other, t.left, other.left)
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
	for t := range j.tells.all {
		n, _ := slices.BinarySearch(ends, t.inv)
		if most := t.made - bit(t.op != nil); int64(n) > most {
			return &misfit{fmt.Sprintf("%s, and before that %s had been acknowledged (%d > %d)", t.String(), sales(int64(n)), n, most), t.ops()}
		}
	}
	return nil
}

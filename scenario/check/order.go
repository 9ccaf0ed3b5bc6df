package check

import (
	"fmt"
	"github.com/seckill-bench/seckill/scenario/sale"
	"slices"
)

// judgeStockFirst: a script that tests the stock first tells nobody duplicate
// once the item is sold out. So the last sale comes after every duplicate, and
// it is the sale of a buyer who was told none. He was not refused before it
// either: he did not hold his limit yet, and there was stock.
func (j *judge) judgeStockFirst() {
	if j.order != sale.StockFirst || !j.limited() || j.record.count[duplicate] == 0 || !j.endsEmpty() {
		return
	}
	if j.lastDuplicate > j.firstSoldOut.ret {
		j.judgeDuplicatesAfter()
		return
	}
	if !j.complete || !j.exact && j.base < j.capacity {
		return // a sale nobody knows of may have been the last
	}
	if last := j.emptyFrom(); j.lastFree < last || !j.anyLast(last) {
		j.add(duplicateUnplaced, func() string {
			return fmt.Sprintf("all %s were sold, and every sale that can have been the last had returned before %s (0 < 1): a duplicate was told when nothing was left; the script promises to test the stock first",
				sales(j.capacity), instant(last))
		}, j.duplicateAt(j.lastDuplicate))
	}
}

// emptyFrom is the earliest instant at which the item can be sold out, if it is.
func (j *judge) emptyFrom() int64 {
	if j.order == sale.StockFirst && j.limited() {
		return max(j.lastSale, j.lastDuplicate)
	}
	return j.lastSale
}

// anyLast reports whether some sale can have been the last one, run at the
// given instant, whatever else its buyer was answered before.
func (j *judge) anyLast(at int64) bool {
	for b := range j.buyers() {
		early := func(o op) bool { return o.class == refused && o.ret < at }
		if b.lastReturn < at || b.count[duplicate] > 0 || slices.ContainsFunc(b.ops, early) {
			continue
		}
		for o := range b.effects {
			if o.ret >= at && !b.replayedBefore(o, at) {
				return true
			}
		}
	}
	return false
}

// replayedBefore reports whether a replay that returned before the given
// instant rests on o alone.
func (b *buyer) replayedBefore(o *op, at int64) bool {
	if b.count[replayed] == 0 || o.class != granted {
		return false
	}
	for i := range b.ops {
		r := &b.ops[i]
		if r.class != replayed || r.request != o.request || r.ret >= at {
			continue
		}
		other := func(p op) bool { return p.asked() && p.request == r.request && p.inv <= r.ret && p != *o }
		if !slices.ContainsFunc(b.ops, other) {
			return true
		}
	}
	return false
}

// endsEmpty reports whether the stock is certainly sold to the last unit and
// no further.
func (j *judge) endsEmpty() bool {
	told := j.record.count[soldOut] > 0
	switch {
	case !j.complete:
		return told
	case j.exact:
		return j.sold == j.capacity
	case j.left != nil:
		return j.stock-*j.left == j.capacity*j.quantity
	}
	return told && j.base <= j.capacity || j.base == j.capacity
}

func (j *judge) judgeDuplicatesAfter() {
	for o := range j.all() {
		if o.class == duplicate && o.inv > j.firstSoldOut.ret {
			j.add(duplicateTooLate, func() string {
				return fmt.Sprintf("an attempt called at %s was told %s, after a sold_out had returned at %s (%[1]s > %[3]s); the script promises to test the stock first",
					instant(o.inv), o.outcome, instant(j.firstSoldOut.ret))
			}, *o, j.firstSoldOut)
		}
	}
}

// duplicateAt returns the op told duplicate that was called at t.
func (j *judge) duplicateAt(t int64) (found op) {
	for o := range j.all() {
		if o.class == duplicate && o.inv == t && (found.class == notRun || byCall(*o, found) < 0) {
			found = *o
		}
	}
	return found
}

package check

import (
	"cmp"
	"slices"
)

// countFlow counts the chances of a flow, and what was asked for.
func (f *flow) countFlow() {
	for i := range f.buyers {
		c := &f.buyers[i]
		asked := f.countClient(c)
		f.want += min(asked, max(f.most, f.most+c.mostBack)) // no limit is no sum
	}
	f.supply = f.judge.stock + f.units.mostBack + f.restocked[1]
	f.drained = f.units.granted >= f.supply
	f.beyond = f.answersBeyond()
}

// countClient counts a buyer's chances, and sums the units of his requests.
func (f *flow) countClient(c *client) (asked int64) {
	crowded := f.most != noLimit && len(c.ops) > 1
	if crowded {
		f.setRoom(c)
	}
	done := map[uint32]int64{} // by request, when it was granted; forever: not
	for i := range c.ops {
		o := &c.ops[i]
		if !o.purchase() {
			continue
		}
		full := false
		if crowded {
			_, room := f.level.between(o.inv, o.inv)
			full = room < o.units
		}
		at, resent := done[o.request]
		if !resent {
			at, asked = forever, asked+o.units
		}
		f.resends += bit(resent)
		f.countOp(o, full, at < o.inv)
		if o.class == granted {
			at = min(at, o.ret)
		}
		if len(c.ops) > 1 {
			done[o.request] = at
		}
	}
	return asked
}

// countOp counts an attempt whose buyer's limit was full when it was called, or
// whose request was granted.
func (f *flow) countOp(o *change, full, told bool) {
	late := f.closedAt(o.inv)
	f.ran++
	f.answers += bit(o.answered())
	f.repeats += bit(full || told && f.onceARequest)
	f.fresh += bit(o.answered() && !full)
	f.late += bit(late)
	f.lateRepeats += bit(late && (full || told && f.perRequest))
	f.turnedAway += bit(o.class == refused && !full)
	f.soonRepeats += bit(full && o.inv < f.firstSoldOut.ret)
}

// closedAt reports whether a sold_out had returned by then, with nothing
// released or brought since.
func (f *flow) closedAt(t int64) bool {
	s, found := f.soldOuts.before(t)
	return found && f.soldOuts.refilled(s.inv) > t
}

// answersBeyond counts the answers that returned after as many units had been
// asked for as can have been there.
func (f *flow) answersBeyond() (n int64) {
	var answers []change
	for _, o := range f.ops {
		if o.answered() {
			answers = append(answers, o)
		}
	}
	slices.SortFunc(answers, func(a, b change) int { return cmp.Compare(a.ret, b.ret) })
	asked, came := int64(0), arrivals(f.back)
	for _, o := range answers {
		asked += o.units
		n += bit(asked > f.judge.stock+came(o.ret))
	}
	return n
}

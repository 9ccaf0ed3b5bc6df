package check

import (
	"fmt"
	"math"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// judgeClient applies the rules about one buyer and about what he was told.
func (f *flow) judgeClient(c *client) {
	f.judgeClientLimit(c)
	if len(c.ops) > 1 || c.ops[0].class == replayed {
		f.judgeClientRequests(c)
	}
	if f.looksAtRoom(c) {
		f.setRoom(c)
	}
	for i := range c.ops {
		switch o := &c.ops[i]; o.class {
		case soldOut:
			f.judgeToldSoldOut(o)
		case duplicate:
			f.judgeToldDuplicate(o)
		case refused:
			f.judgeToldRefused(o)
		}
	}
}

// judgeClientLimit: when a sale has returned, the buyer's sales so far less
// what he can have released by then are within the limit.
func (f *flow) judgeClientLimit(c *client) {
	if c.granted <= f.most {
		return
	}
	sold, came := int64(0), arrivals(c.back)
	for _, o := range byReturns(c.ops) {
		sold += o.units
		if top := came(o.ret); sold-top > f.most {
			at := sold - top
			f.add(acknowledgedTwice, func() string {
				return fmt.Sprintf("a buyer had been granted %s by %s and released %d at most, and the limit allows %d (%d > %d)", units(at+top), instant(o.ret), top, f.most, at, f.most)
			}, o.op, c.first(1, (*op).isGranted)[0])
		}
	}
}

// endingRoom is what is known of the buyer's room below the limit at the end.
func (f *flow) endingRoom(c *client) ending {
	least, most := c.granted-c.mostBack, c.granted+c.maybe-c.leastBack
	if c.least < least || c.most > most {
		return ending{} // another rule's finding
	}
	return ending{known: true, least: f.most - c.most, most: f.most - c.least}
}

// looksAtRoom reports whether some answer to the buyer depends on his room.
func (f *flow) looksAtRoom(c *client) bool {
	for i := range c.ops {
		if o := c.ops[i].class; o == duplicate || o == refused || o == soldOut && f.order == sale.DuplicateFirst {
			return true
		}
	}
	return false
}

func (f *flow) setRoom(c *client) {
	if f.most != noLimit {
		f.level.set(f.most, f.endingRoom(c), c.ops, c.back)
	}
}

// roomFor bounds the room below the limit during an attempt.
func (f *flow) roomFor(o *change) (least, most int64) {
	if f.most == noLimit {
		return math.MaxInt64, math.MaxInt64
	}
	return f.level.between(o.inv, o.ret)
}

func (f *flow) judgeToldSoldOut(o *change) {
	if _, room := f.roomFor(o); f.order == sale.DuplicateFirst && room < o.units {
		f.add(holderToldSoldOut, func() string {
			return fmt.Sprintf("a buyer was told sold_out and had room for %d of %s at most (%d < %d); the script promises to test that first", max(room, 0), units(o.units), room, o.units)
		}, o.op)
	}
	if left, _ := f.stock.between(o.inv, o.ret); left >= o.units {
		f.judgeUnitsLeft(o, left)
	}
}

// judgeUnitsLeft names what is wrong with a refusal while units were left: they
// were left until more came or for ever, or sold later.
func (f *flow) judgeUnitsLeft(o *change, left int64) {
	until := f.soldOuts.refilled(o.inv)
	if later, _ := f.stock.between(o.inv, until); later >= o.units {
		f.add(turnedAway, func() string {
			return fmt.Sprintf("a buyer with room was told %s with at least %s left until his answer and after (%d ≥ %d)", o.outcome, units(later), later, o.units)
		}, o.op)
		return
	}
	f.add(soldAfterRefusal, func() string {
		return fmt.Sprintf("an attempt was told %s with at least %s left, sold only later (%d ≥ %d)", o.outcome, units(left), left, o.units)
	}, o.op)
}

func (f *flow) judgeToldDuplicate(o *change) {
	if f.most == noLimit {
		if left, _ := f.stock.between(math.MinInt64, forever); left >= o.units {
			f.add(turnedAway, func() string {
				return fmt.Sprintf("a buyer with room was told %s with at least %s left at all times (%d ≥ %d)", o.outcome, units(left), left, o.units)
			}, o.op)
		}
		return
	}
	if room, _ := f.roomFor(o); room >= o.units {
		f.add(duplicateWithRoom, func() string {
			return fmt.Sprintf("a buyer was told %s and had room for at least %s until his answer, and asked for %d (%d ≥ %d)", o.outcome, units(room), o.units, room, o.units)
		}, o.op)
	}
	if _, left := f.stock.between(o.inv, o.ret); f.order == sale.StockFirst && left < o.units {
		f.add(duplicateTooLate, func() string {
			return fmt.Sprintf("an attempt was told %s when %d units were left at most (%d < %d); the script promises to test the stock first", o.outcome, max(left, 0), left, o.units)
		}, o.op)
	}
}

func (f *flow) judgeToldRefused(o *change) {
	left, _ := f.stock.between(o.inv, o.ret)
	room, _ := f.roomFor(o)
	if left < o.units || room < o.units {
		return
	}
	if f.most != noLimit {
		if later, _ := f.level.between(o.inv, forever); later < o.units {
			f.add(refusedTooEarly, func() string {
				return fmt.Sprintf("a buyer was told refused with room for %s and %d left (%d ≥ %d), before he had bought what he may", units(room), left, min(room, left), o.units)
			}, o.op)
			return
		}
	}
	f.judgeUnitsLeft(o, left)
}

// judgeClientRequests: a replay needs an earlier attempt of its request that
// was granted or may have been; and what a script promises about resends holds
// for every attempt called after the ok. A release of the request may undo it.
func (f *flow) judgeClientRequests(c *client) {
	type request struct {
		asked    int64 // the earliest call that was granted or may have been
		done     *change
		released int64 // the earliest call of a release
	}
	requests := map[uint32]request{}
	for i := range c.ops {
		o, r := &c.ops[i], request{asked: forever, released: forever}
		if known, is := requests[o.request]; is {
			r = known
		}
		if o.asked() {
			r.asked = min(r.asked, o.inv)
		}
		if o.class == granted && (r.done == nil || byReturn(o.op, r.done.op) < 0) {
			r.done = o
		}
		if o.class >= returned {
			r.released = min(r.released, o.inv)
		}
		requests[o.request] = r
	}
	for i := range c.ops {
		o := &c.ops[i]
		r := requests[o.request]
		if o.class == replayed && r.asked > o.ret {
			f.add(replayOfNothing, func() string {
				return "an attempt was answered as a replay, and no attempt of its request that was granted or may have been had been called before it returned (0 < 1)"
			}, o.op)
		}
		if r.done != nil && r.done != o && max(o.ret, r.done.ret) < r.released {
			f.judgeAgain(o, r.done)
		}
	}
}

// judgeAgain judges an attempt of a request that another was granted.
func (f *flow) judgeAgain(o, done *change) {
	if c, broken := brokenAgain(o.class, f.onceARequest, f.perRequest && o.inv > done.ret); broken {
		f.add(c, o.toldAgain, o.op, done.op)
	}
}

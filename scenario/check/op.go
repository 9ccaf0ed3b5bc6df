package check

import (
	"cmp"
	"math"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// forever is the return of an attempt that may still run, and the instant of
// what never happened and is looked for at its earliest.
const forever = math.MaxInt64

// A class is what the rules see of an outcome.
type class uint8

const (
	notRun    class = iota // certainly without effect; no rule looks at it
	granted                // ok
	soldOut                // sold_out
	duplicate              // duplicate, over_limit
	refused                // refused: one of the two before
	replayed               // replayed
	maybe                  // indeterminate: ran once at some moment from its call on, or never
	returned               // a release told ok
	mayReturn              // an indeterminate release
	classes
	purchases = returned // how many classes purchases have
)

var classOf = [...]class{
	sale.OK: granted, sale.Replayed: replayed, sale.SoldOut: soldOut, sale.Duplicate: duplicate,
	sale.OverLimit: duplicate, sale.Refused: refused, sale.NotReady: notRun, sale.Failed: notRun,
	sale.Indeterminate: maybe, sale.Dropped: notRun,
}

// beside is the class of an attempt that is no purchase: of a release two
// outcomes count, of the others none.
func beside(a *history.Attempt) class {
	switch {
	case a.Verb == sale.Release && a.Outcome == sale.OK:
		return returned
	case a.Verb == sale.Release && a.Outcome == sale.Indeterminate:
		return mayReturn
	}
	return notRun
}

// An op is what the rules need of an attempt. It is kept to 32 bytes: there is
// one for every attempt.
type op struct {
	// inv and ret are the closed interval in which the attempt took effect:
	// its call, and its return or forever.
	inv, ret       int64
	buyer, request uint32
	// next is the units at first: those granted, else those asked for. When the
	// ops of a shard are linked it becomes the number of the buyer's next op in
	// it, from 1; 0: none.
	next    uint32
	class   class
	outcome sale.Outcome
	defect  sale.Defect
	try     uint8
}

// set makes o the op of an attempt. It writes field by field: to build an op
// and copy it costs three times as much.
func (o *op) set(a *history.Attempt) {
	c := classOf[a.Outcome]
	o.inv, o.ret = a.Call, a.Return
	if c == maybe {
		o.ret = forever
	}
	o.buyer, o.request, o.next = a.Buyer, a.Request, uint32(a.Quantity)
	o.class, o.outcome, o.defect, o.try = c, a.Outcome, a.Defect, a.Try
	if a.Verb != sale.Buy || a.Granted != 0 {
		o.amend(a)
	}
}

// amend is what set leaves out to be short: that some attempts are no purchases
// and that what was granted counts, not what was asked for.
func (o *op) amend(a *history.Attempt) {
	if a.Granted != 0 {
		o.next = uint32(a.Granted)
	}
	if a.Verb != sale.Buy {
		o.ret, o.class = a.Return, beside(a)
		if o.class == mayReturn {
			o.ret = forever
		}
	}
}

// afterwards reports whether the attempt was made with what was bought before:
// as a purchase its outcome would weigh something.
func (o *op) afterwards() bool { return o.class == notRun && classOf[o.outcome] != notRun }

// ran reports whether the attempt reached the script, or may have.
func (o *op) ran() bool { return o.class != notRun }

// units is what the op was granted or asked for, until its shard is linked.
func (o *op) units() int64 { return int64(int32(o.next)) }

// purchase reports whether the op is a purchase that ran, or may have.
func (o *op) purchase() bool { return o.class != notRun && o.class < returned }

// answered reports whether the script said what it decided.
func (o *op) answered() bool { return o.class != notRun && o.class < maybe }

// isGranted reports whether units were granted.
func (o *op) isGranted() bool { return o.class == granted }

// asked reports whether the attempt sold, or may have.
func (o *op) asked() bool { return o.class == granted || o.class == maybe }

// byCall orders ops by the beginning of their intervals. Ops equal in all of it are interchangeable.
func byCall(a, b op) int {
	if a.inv != b.inv {
		return cmp.Compare(a.inv, b.inv)
	}
	return cmp.Or(cmp.Compare(a.ret, b.ret), cmp.Compare(a.request, b.request),
		cmp.Compare(a.try, b.try), cmp.Compare(a.outcome, b.outcome), cmp.Compare(a.defect, b.defect), cmp.Compare(a.buyer, b.buyer), cmp.Compare(a.class, b.class))
}

// byRequest orders the ops of a buyer by purchase, and those by call.
func byRequest(a, b op) int {
	return cmp.Or(cmp.Compare(a.request, b.request), byCall(a, b))
}

// byReturn orders ops by the end of their intervals.
func byReturn(a, b op) int {
	return cmp.Or(cmp.Compare(a.ret, b.ret), byCall(a, b))
}

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
	classes
)

var classOf = [...]class{
	sale.OK: granted, sale.Replayed: replayed, sale.SoldOut: soldOut, sale.Duplicate: duplicate,
	sale.OverLimit: duplicate, sale.Refused: refused, sale.NotReady: notRun, sale.Failed: notRun,
	sale.Indeterminate: maybe, sale.Dropped: notRun,
}

// An op is what the rules need of an attempt. It is kept to 32 bytes: there is
// one for every attempt.
type op struct {
	// inv and ret are the closed interval in which the attempt took effect:
	// its call, and its return or forever.
	inv, ret       int64
	buyer, request uint32
	// next is the number of the buyer's next op in its shard, from 1; 0: none.
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
	o.buyer, o.request = a.Buyer, a.Request
	o.class, o.outcome, o.defect, o.try = c, a.Outcome, a.Defect, a.Try
}

// ran reports whether the attempt reached the script, or may have.
func (o *op) ran() bool { return o.class != notRun }

// answered reports whether the script said what it decided.
func (o *op) answered() bool { return o.class != notRun && o.class != maybe }

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
		cmp.Compare(a.try, b.try), cmp.Compare(a.outcome, b.outcome), cmp.Compare(a.defect, b.defect), cmp.Compare(a.buyer, b.buyer))
}

// byRequest orders the ops of a buyer by purchase, and those by call.
func byRequest(a, b op) int {
	return cmp.Or(cmp.Compare(a.request, b.request), byCall(a, b))
}

// byReturn orders ops by the end of their intervals.
func byReturn(a, b op) int {
	return cmp.Or(cmp.Compare(a.ret, b.ret), byCall(a, b))
}

package check

import (
	"fmt"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// chances count the occasions at which a script without a property would have
// shown it.
type chances struct {
	// ran is the attempts that reached the script or may have.
	ran int64
	// answers is those of them that the script decided.
	answers int64
	// repeats were called after their buyer's limit was filled, or after
	// their request was granted where the script promises to replay it.
	repeats int64
	// fresh are the answers that are no repeats.
	fresh int64
	// late were called after a sold_out had returned; lateRepeats are both.
	late, lateRepeats int64
	// turnedAway are the refusals without a reason that are no repeats: only an
	// empty stock explains them, so every later sale is held against them.
	turnedAway int64
	// soonRepeats were called after their buyer's limit was filled and
	// before a sold_out had returned, run or not.
	soonRepeats int64
	// beyond are the answers beyond those that the stock is good for.
	beyond int64
	// drained: everything was sold.
	drained bool
	// resends share their request with an attempt called earlier.
	resends int64
}

func (j *judge) countChances(b *buyer) {
	end := j.firstSoldOut.ret
	for i := range b.ops {
		o := &b.ops[i]
		repeat, late := o.inv > b.holds, o.inv > end
		if repeat && o.inv < end && !o.afterwards() {
			j.soonRepeats++
		}
		if !o.ran() {
			continue
		}
		j.ran++
		j.answers += bit(o.answered())
		j.repeats += bit(repeat)
		j.fresh += bit(o.answered() && !repeat)
		j.late += bit(late)
		j.lateRepeats += bit(repeat && late)
		j.turnedAway += bit(o.class == refused && !repeat)
	}
}

// countResends counts in the attempts of one request, of which number done was
// granted; below 0: none was.
func (j *judge) countResends(b *buyer, ops []op, done int) {
	for i := range ops {
		o := &ops[i]
		if !o.ran() {
			continue
		}
		j.resends += bit(i > 0)
		if j.onceARequest && done >= 0 && i != done && o.inv <= b.holds {
			j.repeats++
			j.lateRepeats += bit(j.perRequest && o.inv > j.firstSoldOut.ret)
		}
	}
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// exercised adds the chances of every rule that was applied to the item.
func (j *judge) exercised(by map[Rule]int64) {
	n := &j.record.count
	by[UnmappedReply] += j.replies
	by[ScriptError] += j.replies
	by[Oversell] += j.beyond
	vague := n[refused] > 0 && n[soldOut] == 0 // it never says sold_out
	by[LateSale] += j.late
	if vague {
		by[LateSale] += j.turnedAway
	}
	by[Undersell] += bit(n[soldOut]+n[refused] > 0 || j.capacity > 0 && j.drained)
	if j.left != nil {
		by[NegativeStock] += j.beyond
		by[StockMismatch] += j.ran
	}
	if j.ledger() {
		by[LostSale] += n[granted]
		by[PhantomSale] += j.ran - n[granted]
	}
	if j.heard > 0 { // where nobody read or told a stock the rule is not applied
		by[FalseStock] += j.heard
	}
	if j.claims != nil {
		by[OrderMismatch] += j.ran
	}
	if j.book != nil {
		by[OrderMismatch] += j.lost.orders.Told
	}
	if j.limited() || j.onceARequest {
		by[DuplicateSale] += j.repeats
		by[FalseDup] += j.fresh
	}
	if !vague && (j.limited() && j.order == sale.DuplicateFirst || j.perRequest) {
		by[FalseSoldOut] += j.lateRepeats
	}
	if j.perRequest || n[replayed] > 0 {
		by[FalseReplay] += j.resends
	}
}

// exercise names the flags that would give a rule its chances.
func exercise(r Rule, t *terms) string {
	stock := fmt.Sprintf("--stock %d", 1000*t.quantity)
	if t.capacity == 0 {
		return stock
	}
	crowd := fmt.Sprintf("--buyers %d", 2*t.capacity)
	if t.comers > 0 { // more do not come, whoever asks for them
		crowd = fmt.Sprintf("--stock %d", max(t.comers/2, 1)*t.quantity)
	}
	repeat, holders := "--double-click 0.1", crowd
	if t.limited() {
		repeat = fmt.Sprintf("--attempts %d", min(t.limit, 1000)+2)
		// One more than fill their limits: the stock ends while all have tries left.
		holders = fmt.Sprintf("--buyers %d", (t.capacity+t.limit-1)/t.limit+1)
	}
	switch r {
	case DuplicateSale:
		if t.onceARequest && t.limit > 1 {
			return "--double-click 0.1"
		}
		if t.limit > 1 {
			return repeat + " " + holders
		}
		return repeat
	case FalseSoldOut:
		return repeat + " " + holders
	case FalseReplay:
		return "--double-click 0.1"
	case LateSale:
		return "--arrivals closed:8 " + crowd
	}
	return crowd
}

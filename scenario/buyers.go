package scenario

import (
	"cmp"
	"context"
	"math"
	"sync"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// maxReloads bounds how often one click is sent again because the server had
// forgotten the script.
const maxReloads = 3

// play is one buyer from due to done.
func (d *drive) play(buyer uint32, due int64) {
	habits := d.spec.habitsOf(buyer)
	first := d.plan.firstRequest(buyer)
	for k := range uint32(habits.purchases) {
		if k > 0 && d.doors.Err() != nil {
			return
		}
		bought := d.click(&request{Verb: sale.Buy, buyer: buyer, number: first + k, due: due}, habits.doubleClicks)
		if bought.stays && bought.holds {
			bought = d.afterwards(buyer, first+k, &bought, &habits)
		}
		if !bought.stays {
			return
		}
		due = bought.done
	}
}

// afterwards is what a buyer does with what he has bought: he gives it back, or
// confirms it where that is asked of him.
func (d *drive) afterwards(buyer, number uint32, bought *result, habits *habits) result {
	next := &request{buyer: buyer, number: number, due: bought.done, receipt: bought.receipt}
	switch {
	case d.doors.Err() != nil:
		return *bought
	case habits.releases:
		next.Verb = sale.Release
	case d.strategy.Confirm != nil && !habits.abandons:
		next.Verb = sale.Confirm
	default:
		return *bought
	}
	return d.click(next, habits.doubleClicks)
}

// A request is what a buyer asks for, in one attempt or several.
type request struct {
	sale.Verb
	buyer, number uint32
	due           int64
	receipt       map[string]string
}

// A result is what came of a request: when it was over, whether the buyer
// stays for more, and whether he was told that he has what he asked for.
type result struct {
	done         int64
	stays, holds bool
	receipt      map[string]string
}

// click makes one request, with two clicks at the same time where twice is
// set. It returns when the last of them was over.
func (d *drive) click(r *request, twice bool) result {
	if !twice {
		return d.send(r)
	}
	var other result
	var wg sync.WaitGroup
	wg.Go(func() { other = d.send(r) })
	one := d.send(r)
	wg.Wait()
	if !one.holds {
		one.holds, one.receipt = other.holds, other.receipt
	}
	one.done, one.stays = max(one.done, other.done), one.stays && other.stays
	return one
}

// send makes one click: it sends the request, again when the server had
// forgotten the script — that attempt certainly did not run — and again, as
// often as the buyer does, when the answer never came.
func (d *drive) send(r *request) result {
	h := d.hands.Get().(*hand)
	defer d.hands.Put(h)
	due, reloads, retries := r.due, 0, 0
	for try := uint8(0); ; try++ {
		h.attempt = history.Attempt{
			Due: due, Start: micros(d.clock.now() - due), Buyer: r.buyer, Request: r.number, Try: try,
			Call: history.Never, Return: history.Never, Left: sale.Untold,
			Item: d.plan.itemOf(r.number), Quantity: int32(d.plan.quantityOf(r.number)), Verb: r.Verb,
		}
		h.wireErr = nil
		d.attempt(h, r)
		d.rec.Put(&h.attempt)
		due = max(h.attempt.Return, due)
		again := false
		switch {
		case d.doors.Err() != nil || d.impatient(h.attempt.Due):
		case conn.IsNoScript(h.wireErr) && reloads < maxReloads:
			reloads++
			again = d.reload(h.attempt.Call)
		case h.attempt.Outcome == sale.Indeterminate && retries < d.spec.Retries:
			retries++
			again = true
		}
		if !again {
			break
		}
	}
	return result{
		done: due, receipt: h.receipt,
		stays: h.attempt.Outcome != sale.Dropped && !d.impatient(h.attempt.Due),
		holds: h.attempt.Outcome == sale.OK || h.attempt.Outcome == sale.Replayed,
	}
}

// micros is a length of time as the record holds it.
func micros(ns int64) uint32 { return uint32(min(max(ns, 0)/1000, 1<<32-1)) }

// impatient reports whether a buyer who was due then has waited long enough.
func (d *drive) impatient(due int64) bool {
	return d.spec.Patience > 0 && d.clock.now()-due >= int64(d.spec.Patience)
}

// A hand is what one attempt needs, reused by the next.
type hand struct {
	attempt  history.Attempt
	purchase sale.Purchase
	link     conn.Link
	wireErr  error
	receipt  map[string]string
	// ran: the purchase has been made, whatever comes of further commands.
	ran bool
}

// Ran says that the purchase has been made.
func (h *hand) Ran() { h.ran = true }

// Do sends one command of the attempt over its link, and keeps the instants
// and the error for the record.
func (h *hand) Do(ctx context.Context, args ...any) (any, error) {
	x := h.link.RoundTrip(ctx, args)
	if h.attempt.Call == history.Never {
		h.attempt.Call = x.Sent
	}
	h.attempt.Return = x.Read
	if h.wireErr = cmp.Or(x.Err, h.wireErr); x.Err != nil && h.ran {
		h.wireErr = &lateError{x.Err}
	}
	return x.Reply, x.Err
}

// A lateError came after the purchase had been made: whatever it says of its
// own command, the attempt has done something.
type lateError struct{ error }

// attempt takes a link, asks, and fills in what came of it.
func (d *drive) attempt(h *hand, r *request) {
	a := &h.attempt
	h.receipt, h.ran = nil, false
	waiting, calling := d.doors, context.Background()
	if d.spec.Patience > 0 {
		leaves := d.clock.at(a.Due + int64(d.spec.Patience))
		var cancelWaiting, cancelCalling context.CancelFunc
		waiting, cancelWaiting = context.WithDeadline(waiting, leaves)
		defer cancelWaiting()
		calling, cancelCalling = context.WithDeadline(calling, leaves)
		defer cancelCalling()
	}
	link, err := d.links.Take(waiting)
	if err != nil {
		d.notSent(a, waiting, err)
		return
	}
	h.link = link
	if wait, left := d.rig.Haste.Cut(a.Request, a.Try); left != nil {
		var leave context.CancelFunc
		calling, leave = context.WithDeadline(calling, time.Now().Add(wait))
		defer leave()
		defer func() {
			if a.Outcome == sale.Indeterminate && calling.Err() != nil {
				left()
			}
		}()
	}
	head := d.plan.head
	h.purchase = sale.Purchase{
		Verb: a.Verb, Item: head.Items[a.Item], Buyer: head.BuyerIDs.ID(a.Buyer), Request: head.RequestID(a.Request),
		Quantity: int64(a.Quantity), Receipt: r.receipt, BuyerIndex: a.Buyer, RequestIndex: a.Request, Attempt: uint32(a.Try),
	}
	answer := d.call(a.Verb)(calling, h, &h.purchase)
	d.links.Give(link)
	h.receipt = answer.Receipt
	d.file(a, answer, h.wireErr)
}

// call is what the strategy does for a verb.
func (d *drive) call(verb sale.Verb) func(context.Context, strategy.Doer, *sale.Purchase) sale.Answer {
	switch verb {
	case sale.Release:
		return d.strategy.Release
	case sale.Confirm:
		return d.strategy.Confirm
	}
	return d.strategy.Call
}

// notSent files an attempt that got no connection: its buyer left or the doors
// closed, or the connection could not be made.
func (d *drive) notSent(a *history.Attempt, waiting context.Context, err error) {
	a.Outcome = sale.Dropped
	if waiting.Err() == nil {
		a.Outcome, a.Return, a.Reply = sale.Failed, d.clock.now(), d.rec.Texts.Keep(err.Error())
		d.health.lost(err)
	}
}

// file writes an answer into the record. What the contract could not name is
// filed by what the wire said.
func (d *drive) file(a *history.Attempt, answer sale.Answer, wireErr error) {
	if answer.Outcome == sale.Indeterminate && wireErr != nil && conn.FateOf(wireErr) == conn.NotRun {
		answer.Outcome, answer.Defect = sale.Failed, sale.NoDefect
	}
	a.Outcome, a.Defect = answer.Outcome, answer.Defect
	if a.Left = answer.Left; a.Verb == sale.Buy {
		a.Granted = int32(min(answer.Granted, math.MaxInt32)) // more than was asked: the judge sees that
	}
	a.Receipt = d.rec.Receipts.Keep(answer.Receipt)
	d.plan.receipts.keep(a.Request, answer.Receipt)
	a.Reply = d.rec.Texts.Keep(answer.Raw)
	if a.Return == history.Never { // the strategy ended before it sent anything
		a.Return = d.clock.now()
	}
	if a.Outcome == sale.Indeterminate {
		d.doubtful.Store(true)
		d.lost.Store(true)
	}
	if wireErr != nil && !conn.IsReply(wireErr) {
		d.health.lost(wireErr)
	} else {
		d.health.answered(a.Return)
	}
}

package scenario

import (
	"cmp"
	"context"
	"errors"
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

// play is one buyer from due to done, by a hand of his own.
func (d *drive) play(h *hand, buyer uint32, due int64) {
	h.as = d.conductOf(buyer)
	habits := d.spec.habitsOf(buyer, h.as.kind)
	first := d.plan.firstRequest(buyer)
	for k, clicked := uint32(0), uint32(0); k < uint32(habits.purchases); {
		number := first + h.as.reach.click(k, clicked)
		bought := d.click(h, request{Verb: sale.Buy, buyer: buyer, number: number, due: due, dies: habits.abandons}, habits.doubleClicks)
		told := bought.outcome
		if bought.holds && d.strategy.After != nil && !habits.abandons { // also when the doors have closed: it is owed
			after := d.click(h, request{Verb: sale.After, buyer: buyer, number: bought.number, due: bought.done, receipt: bought.receipt}, false)
			bought.done, bought.stays = after.done, bought.stays && after.stays
		}
		if bought.stays && bought.holds && d.wants(&habits) {
			bought = d.afterwards(h, request{buyer: buyer, number: bought.number, due: bought.done, receipt: bought.receipt}, &habits)
		}
		if h.as.clicksAgain(told, clicked) {
			clicked++
		} else if k, clicked = k+1, 0; k == uint32(habits.purchases) {
			return
		}
		if due = d.thinks(h, number, bought.done); !bought.stays || !d.waits(h, due) {
			return
		}
	}
}

// wants reports whether a buyer does anything with what he has bought.
func (d *drive) wants(habits *habits) bool {
	return d.doors.Err() == nil && (habits.releases || d.strategy.Confirm != nil && !habits.abandons)
}

// afterwards is what a buyer does with what he has bought: he gives it back, or
// confirms it.
func (d *drive) afterwards(h *hand, next request, habits *habits) result {
	if next.Verb = sale.Confirm; habits.releases {
		next.Verb = sale.Release
	}
	return d.click(h, next, habits.doubleClicks)
}

// A request is what a buyer asks for, in one attempt or several.
type request struct {
	sale.Verb
	buyer, number uint32
	due           int64
	receipt       map[string]string
	// dies: the client that is told ok dies before it does anything about it.
	dies bool
}

// A result is what came of a request: when it was over, whether the buyer
// stays for more, and whether he was told that he has what he asked for: by the
// request with the number, which is another than he began with where a resend is a
// request of its own. replay is the attempt that told it where none was told ok.
type result struct {
	done         int64
	outcome      sale.Outcome
	number       uint32
	stays, holds bool
	receipt      map[string]string
	replay       *history.Attempt
}

// click makes one request, with two clicks at the same time where twice is set.
// Whoever hears of a purchase by a replay alone writes his order now: the ok of
// it was lost, and nobody else will.
func (d *drive) click(h *hand, r request, twice bool) (of result) {
	h.request = r
	h.as.budget.asked()
	if twice {
		of = d.doubleClick(h)
	} else {
		of = d.send(h)
	}
	if of.replay != nil {
		d.orders.told(of.replay, r.dies)
	}
	return of
}

// doubleClick returns when the last of both clicks was over.
func (d *drive) doubleClick(h *hand) result {
	var other result
	var wg sync.WaitGroup
	second := d.hand()
	defer d.hands.Put(second)
	second.request, second.as, second.second = h.request, h.as, true
	defer func() { second.second = false }()
	wg.Go(func() { other = d.send(second) })
	one := d.send(h)
	wg.Wait()
	switch {
	case !one.holds:
		one.holds, one.receipt, one.replay = other.holds, other.receipt, other.replay
		if other.holds {
			one.outcome, one.number = other.outcome, other.number
		}
	case other.holds && other.replay == nil:
		one.replay = nil
	}
	one.done, one.stays = max(one.done, other.done), one.stays && other.stays
	return one
}

// send makes one click: it sends the request, again when the server had
// forgotten the script — that attempt certainly did not run — and again, as
// often as the buyer does, when the answer never came.
func (d *drive) send(h *hand) result {
	r := &h.request
	due, reloads, resends, click := r.due, 0, 0, r.number
	for try := uint8(0); ; {
		d.inside.Add(1)
		d.begins(h, due, try)
		d.attempt(h)
		d.rec.Put(&h.attempt)
		d.inside.Add(-1)
		if h.attempt.Verb == sale.Buy && h.attempt.Outcome == sale.OK {
			d.orders.told(&h.attempt, r.dies)
		}
		due = max(h.attempt.Return, due)
		again := false
		try++
		switch {
		case d.doors.Err() != nil || d.impatient(h):
		case conn.IsNoScript(h.wireErr) && h.asked == 1 && reloads < maxReloads:
			reloads++
			again = d.reload(h, h.attempt.Call)
		case h.attempt.Outcome == sale.Indeterminate && resends < h.as.resends && h.as.budget.take():
			due = d.backsOff(h, resends, due)
			if again = d.waits(h, due); again && h.as.kind.Resend.New && r.Verb == sale.Buy {
				h.renews(click, resends)
				try = 0
			}
			resends++
		}
		if !again {
			break
		}
	}
	of := result{
		done: due, receipt: h.receipt, outcome: h.attempt.Outcome, number: r.number,
		stays: h.attempt.Outcome != sale.Dropped && !d.impatient(h),
		holds: h.attempt.Outcome == sale.OK || h.attempt.Outcome == sale.Replayed,
	}
	if d.orders != nil && r.Verb == sale.Buy && h.attempt.Outcome == sale.Replayed {
		replay := h.attempt
		of.replay = &replay
	}
	return of
}

// begins fills in what an attempt is before anything came of it.
func (d *drive) begins(h *hand, due int64, try uint8) {
	r := &h.request
	h.attempt = history.Attempt{
		Due: due, Start: micros(d.clock.now() - due), Buyer: r.buyer, Request: r.number, Try: try,
		Call: history.Never, Return: history.Never, Left: sale.Untold,
		Item: d.plan.itemOf(r.number), Quantity: int32(d.plan.quantityOf(r.number)), Verb: r.Verb,
	}
	h.wireErr, h.receipt, h.asked = nil, nil, 0
}

// micros is a length of time as the record holds it.
func micros(ns int64) uint32 { return uint32(min(max(ns, 0)/1000, 1<<32-1)) }

// impatient reports whether a buyer has waited long enough since his latest
// attempt was due.
func (d *drive) impatient(h *hand) bool {
	return h.as.patience > 0 && d.clock.now()-h.attempt.Due >= h.as.patience
}

// A hand is what one buyer needs for his attempts, one after the other.
type hand struct {
	drive *drive   // nil: nobody counts
	as    *conduct // of the buyer
	// second: the hand makes the second click of two at the same time.
	second   bool
	timer    *time.Timer // for what is due later; nil until it is used
	request  request
	attempt  history.Attempt
	purchase sale.Purchase
	link     conn.Link
	wireErr  error
	receipt  map[string]string
	// asked is how many commands the attempt has taken so far.
	asked int
	// teaches: the next attempt sends the whole script.
	teaches bool
	// asker has a connection's goroutine make an attempt, and over tells when it
	// has.
	asker conn.Asker
	over  chan struct{}
}

// hand returns a hand, which may be put back into d.hands.
func (d *drive) hand() *hand { return d.hands.Get().(*hand) }

// Do sends one command of the attempt over its link, and keeps the instants
// and the error for the record. When a command got no reply, none is sent after
// it: its connection is gone, and nobody knows what another would meet.
func (h *hand) Do(ctx context.Context, args ...any) (any, error) {
	if h.wireErr != nil && !conn.IsReply(h.wireErr) {
		return nil, h.wireErr
	}
	h.asked++
	x := h.link.RoundTrip(ctx, args)
	h.wireErr = cmp.Or(x.Err, h.wireErr)
	switch first := h.attempt.Call == history.Never; {
	case first && x.Sent == conn.Unsent:
		return nil, x.Err
	case first:
		h.attempt.Call = x.Sent
	case x.Sent != conn.Unsent && h.drive != nil:
		h.drive.further.Add(1)
	}
	h.attempt.Return = x.Read
	return x.Reply, x.Err
}

// attempt makes an attempt, and fills in what came of it.
func (d *drive) attempt(h *hand) {
	if d.asks && !h.teaches && !d.rig.Haste.On() && h.attempt.Verb != sale.After {
		d.ask(h)
		return
	}
	d.perform(h)
}

// ask leaves the attempt to the goroutine of a shared connection. Nothing on
// the way needs much of a stack: a buyer who waits is small.
func (d *drive) ask(h *hand) {
	if h.asker == nil {
		link, err := d.links.Take(d.doors)
		if err != nil {
			d.notSent(&h.attempt, d.doors, err)
			return
		}
		h.asker = link.(conn.Asker) // it holds no connection, and stays with the hand
	}
	h.asker.Ask(h)
	<-h.over
}

// Words renders the purchase.
func (h *hand) Words(room []any) ([]any, error) {
	h.drive.buys(h)
	return h.drive.strategy.Words(room, &h.purchase)
}

// Over reads the answer, and lets the buyer go on.
func (h *hand) Over(x conn.Exchange) {
	h.wireErr, h.asked = x.Err, 1
	if x.Sent == conn.Unsent {
		h.drive.notSent(&h.attempt, h.drive.doors, x.Err)
	} else {
		h.attempt.Call, h.attempt.Return = x.Sent, x.Read
		h.drive.file(h, h.drive.strategy.Read(&h.purchase, x.Reply, x.Err))
	}
	h.over <- struct{}{}
}

// buys fills in what an attempt asks for.
func (d *drive) buys(h *hand) {
	a, head := &h.attempt, d.plan.head
	h.purchase = sale.Purchase{
		Verb: a.Verb, Item: head.Items[a.Item], Buyer: head.BuyerIDs.ID(a.Buyer), Request: head.RequestID(a.Request),
		Quantity: int64(a.Quantity), Receipt: h.request.receipt, BuyerIndex: a.Buyer, RequestIndex: a.Request, Attempt: uint32(a.Try),
	}
}

// perform takes a link and has the strategy do what it does over it.
func (d *drive) perform(h *hand) {
	a := &h.attempt
	waiting, calling := d.doors, context.Background()
	if a.Verb == sale.After { // it is the caller's, who neither leaves nor goes by the doors
		waiting = context.WithoutCancel(waiting)
	} else if h.as.patience > 0 {
		leaves := d.clock.at(a.Due + h.as.patience)
		var cancelWaiting, cancelCalling context.CancelFunc
		waiting, cancelWaiting = context.WithDeadline(waiting, leaves)
		defer cancelWaiting()
		calling, cancelCalling = context.WithDeadline(calling, leaves)
		defer cancelCalling()
	}
	if d.strategy.Own {
		d.own(calling, h)
		return
	}
	link, err := d.links.Take(waiting)
	if err != nil {
		d.notSent(a, waiting, err)
		return
	}
	d.buys(h)
	free, err := h.pin(waiting, link, &d.strategy)
	if err != nil {
		d.links.Give(link)
		d.notSent(a, waiting, err)
		return
	}
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
	call := d.call(a.Verb)
	if h.teaches {
		call, h.teaches = d.strategy.Teach, false
	}
	answer := call(calling, h, &h.purchase)
	free()
	d.links.Give(link)
	if a.Call == history.Never && h.wireErr != nil {
		d.notSent(a, waiting, h.wireErr)
		return
	}
	d.file(h, answer)
}

// own leaves an attempt to a client that is not ours, and takes the time around it.
func (d *drive) own(ctx context.Context, h *hand) {
	ctx, cancel := context.WithTimeout(ctx, d.spec.Timeout)
	defer cancel()
	d.buys(h)
	h.attempt.Call = d.clock.now()
	answer := d.call(h.attempt.Verb)(ctx, h, &h.purchase)
	h.attempt.Return = d.clock.now()
	d.file(h, answer)
}

// pin has the attempt go over a link, or over one connection of it where the
// strategy needs that. The function gives the connection up.
func (h *hand) pin(ctx context.Context, link conn.Link, s *strategy.Strategy) (free func(), err error) {
	if h.link = link; !s.Pinned {
		return func() {}, nil
	}
	keys, err := s.Keys(h.purchase.Item)
	if err == nil {
		h.link, free, err = pinned(ctx, link, []any{"WATCH", keys[0]})
	}
	return free, err
}

// call is what the strategy does for a verb.
func (d *drive) call(verb sale.Verb) func(context.Context, strategy.Doer, *sale.Purchase) sale.Answer {
	switch verb {
	case sale.Release:
		return d.strategy.Release
	case sale.Confirm:
		return d.strategy.Confirm
	case sale.After:
		return d.strategy.After
	}
	return d.strategy.Call
}

// notSent files an attempt that got no connection: its buyer left or the doors
// closed, or the connection could not be made.
func (d *drive) notSent(a *history.Attempt, waiting context.Context, err error) {
	a.Outcome = sale.Dropped
	if waiting.Err() == nil && !errors.Is(err, conn.ErrLeft) {
		a.Outcome, a.Return, a.Reply = sale.Failed, d.clock.now(), d.rec.Texts.Keep(err.Error())
		d.health.lost(err)
	}
}

// file writes an answer into the record. What the contract could not name is
// filed by what the wire said; of an attempt that took several commands that says
// nothing: an earlier one has run.
func (d *drive) file(h *hand, answer sale.Answer) {
	a, wireErr := &h.attempt, h.wireErr
	h.receipt = answer.Receipt
	if answer.Outcome == sale.Indeterminate && wireErr != nil && h.asked == 1 && conn.FateOf(wireErr) == conn.NotRun {
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
		d.heed(wireErr)
		d.health.answered(a.Return)
	}
}

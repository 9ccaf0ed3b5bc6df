package scenario

import (
	"context"
	"math/rand/v2"
	"sync"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// maxReloads bounds how often one click is sent again because the server had
// forgotten the script.
const maxReloads = 3

// habits is what one buyer does: a pure function of the spec and his number.
func (s *Spec) habits(buyer uint32) (purchases int, doubleClicks bool) {
	purchases = s.Attempts.Most
	if s.Attempts.Least == s.Attempts.Most && s.DoubleClick == 0 {
		return purchases, false
	}
	rng := rand.New(rand.NewPCG(*s.Seed, streamBuyers+uint64(buyer)))
	purchases = s.Attempts.Least + rng.IntN(s.Attempts.Most-s.Attempts.Least+1)
	return purchases, rng.Float64() < float64(s.DoubleClick)
}

// play is one buyer from due to done.
func (d *drive) play(buyer uint32, due int64) {
	purchases, doubleClicks := d.spec.habits(buyer)
	for k := range purchases {
		if k > 0 && d.doors.Err() != nil {
			return
		}
		request := buyer*uint32(d.spec.Attempts.Most) + uint32(k)
		done, stays := d.click(buyer, request, due, doubleClicks)
		if !stays {
			return
		}
		due = done
	}
}

// click makes one purchase, with two clicks at the same time where twice is
// set. It returns when the last of them was over, and whether the buyer stays.
func (d *drive) click(buyer, request uint32, due int64, twice bool) (done int64, stays bool) {
	if !twice {
		return d.purchase(buyer, request, due)
	}
	var other int64
	var otherStays bool
	var wg sync.WaitGroup
	wg.Go(func() { other, otherStays = d.purchase(buyer, request, due) })
	done, stays = d.purchase(buyer, request, due)
	wg.Wait()
	return max(done, other), stays && otherStays
}

// purchase sends one click, and again when the server had forgotten the
// script: that attempt certainly did not run.
func (d *drive) purchase(buyer, request uint32, due int64) (done int64, stays bool) {
	h := d.hands.Get().(*hand)
	defer d.hands.Put(h)
	for try := range uint8(maxReloads + 1) {
		h.attempt = history.Attempt{
			Due: due, Start: micros(d.clock.now() - due), Buyer: buyer, Request: request, Try: try,
			Call: history.Never, Return: history.Never, Left: sale.Untold,
			Quantity: int32(d.quantity), Verb: sale.Buy,
		}
		h.wireErr = nil
		d.attempt(h)
		d.rec.Put(&h.attempt)
		due = max(h.attempt.Return, due)
		if !conn.IsNoScript(h.wireErr) || d.doors.Err() != nil || !d.reload(h.attempt.Call) {
			break
		}
	}
	return due, h.attempt.Outcome != sale.Dropped && !d.impatient(h.attempt.Due)
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
}

// Do sends one command of the attempt over its link, and keeps the instants
// and the error for the record.
func (h *hand) Do(ctx context.Context, args ...any) (any, error) {
	x := h.link.RoundTrip(ctx, args)
	if h.attempt.Call == history.Never {
		h.attempt.Call = x.Sent
	}
	h.attempt.Return = x.Read
	if x.Err != nil {
		h.wireErr = x.Err
	}
	return x.Reply, x.Err
}

// attempt takes a link, asks, and fills in what came of it.
func (d *drive) attempt(h *hand) {
	a := &h.attempt
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
	h.purchase = sale.Purchase{
		Verb: sale.Buy, Item: d.item, Buyer: d.ids.ID(a.Buyer), Request: d.ids.ID(a.Request), Quantity: d.quantity,
		BuyerIndex: a.Buyer, RequestIndex: a.Request, Attempt: uint32(a.Try),
	}
	answer := d.strategy.Call(calling, h, &h.purchase)
	d.links.Give(link)
	d.file(a, answer, h.wireErr)
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
	a.Granted, a.Left = int32(answer.Granted), answer.Left
	a.Reply = d.rec.Texts.Keep(answer.Raw)
	if a.Return == history.Never { // the strategy ended before it sent anything
		a.Return = d.clock.now()
	}
	if a.Outcome == sale.Indeterminate {
		d.doubtful.Store(true)
	}
	if wireErr != nil && !conn.IsReply(wireErr) {
		d.health.lost(wireErr)
	} else {
		d.health.answered(a.Return)
	}
}

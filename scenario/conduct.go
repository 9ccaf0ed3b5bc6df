package scenario

import (
	"sync/atomic"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A conduct is how the buyers of a kind go on when they have been told something,
// or nothing.
type conduct struct {
	kind  *Kind
	reach reach
	// resends is how often a request is sent again, patience how long after an
	// attempt was due a buyer waits, in ns; 0: for ever.
	resends  int
	patience int64
	// again has a bit for each outcome after which a buyer clicks again.
	again  uint32
	clicks uint32
	budget budget
	// renewed counts the resends that were requests of their own.
	renewed atomic.Int64
}

// conducts are those of the kinds of a spec, in their order.
func (s *Spec) conducts() []conduct {
	kinds := s.everyone()
	all := make([]conduct, len(kinds))
	for i := range kinds {
		k := &kinds[i]
		all[i].kind, all[i].reach, all[i].resends, all[i].patience = k, k.reach(), *k.Resend.Max, int64(*k.Patience)
		all[i].clicks, all[i].budget.share = uint32(k.Clicks), float64(k.Resend.Budget)
		for _, o := range k.ClickAgain {
			all[i].again |= 1 << o
		}
	}
	return all
}

// conductOf is how a buyer goes on.
func (d *drive) conductOf(buyer uint32) *conduct {
	return &d.conducts[d.plan.head.Crowd.KindOf(buyer)]
}

// clicksAgain reports whether a buyer who has clicked again so often clicks once
// more after an outcome.
func (c *conduct) clicksAgain(after sale.Outcome, clicked uint32) bool {
	return clicked < c.clicks && c.again>>after&1 == 1
}

// A budget bounds the resends of all buyers of a kind by a share of the requests
// that they have made: each request puts that share of a token into it, and each
// resend takes a whole one out (retry budgets, as in Finagle and linkerd). It
// starts empty.
type budget struct {
	share float64
	// requests, resent and withheld are counted only where there is a bound.
	requests, resent, withheld atomic.Int64
}

// asked counts a request.
func (b *budget) asked() {
	if b.share > 0 {
		b.requests.Add(1)
	}
}

// take reports whether a resend may be made, and counts it.
func (b *budget) take() bool {
	for b.share > 0 {
		n := b.resent.Load()
		if float64(n+1) > b.share*float64(b.requests.Load())+1e-9 { // 0.29 × 100 is less than 29
			b.withheld.Add(1)
			return false
		}
		if b.resent.CompareAndSwap(n, n+1) {
			break
		}
	}
	return true
}

// longestBackoff is where a backoff stops to double.
const longestBackoff = time.Minute

// pause is how long a buyer waits before resend n, from 0: the backoff doubled n
// times, of which jitter is drawn. A draw is from 0 to 1.
func (r *Resend) pause(n int, draw float64) time.Duration {
	wait := r.Backoff
	for ; n > 0 && wait < longestBackoff && wait > 0; n-- {
		wait = min(2*wait, longestBackoff)
	}
	return wait - time.Duration(float64(wait)*float64(r.Jitter)*draw)
}

// backsOff is when resend n of a hand's request is due, whose latest attempt was
// over at an instant. Of the same plan it is always as long after it.
func (d *drive) backsOff(h *hand, n int, over int64) int64 {
	r := &h.as.kind.Resend
	if r.Backoff == 0 {
		return over
	}
	draw := 0.0
	if r.Jitter > 0 {
		stream := uint64(streamBackoff)
		if h.second {
			stream = streamSecond
		}
		rng := d.spec.source(stream + uint64(h.request.number))
		for range n {
			rng.Float64()
		}
		draw = rng.Float64()
	}
	return over + int64(r.pause(n, draw))
}

// thinks is when a buyer's next click is due, after that of a request was over at
// an instant.
func (d *drive) thinks(h *hand, request uint32, over int64) int64 {
	think := h.as.kind.Think
	if think.Most == 0 {
		return over
	}
	return over + int64(think.draw(d.spec.source(streamThink+uint64(request))))
}

// waits returns true when what a buyer does next is due. It returns false when
// he has left before that, for want of patience with his latest attempt, or when
// the doors are closed.
func (d *drive) waits(h *hand, due int64) bool {
	if d.doors.Err() != nil {
		return false
	}
	now := d.clock.now()
	if due <= now {
		return true
	}
	until, stays := due, true
	if leaves := h.attempt.Due + h.as.patience; h.as.patience > 0 && leaves <= due {
		until, stays = leaves, false
	}
	if h.timer == nil {
		h.timer = time.NewTimer(time.Duration(until - now))
	} else {
		h.timer.Reset(time.Duration(until - now))
	}
	select {
	case <-h.timer.C:
		return stays
	case <-d.doors.Done():
		h.timer.Stop()
		return false
	}
}

// tellKinds says what the record of the attempts cannot: which resends were
// withheld, and which were requests of their own.
func (d *drive) tellKinds(tail *history.Tail) {
	if len(d.spec.Crowd) == 0 {
		return
	}
	for i := range d.conducts {
		c := &d.conducts[i]
		tail.Kinds = append(tail.Kinds, history.KindCount{Renewed: c.renewed.Load(), Withheld: c.budget.withheld.Load()})
	}
}

// A reach is how a plan numbers the requests of a kind: each purchase of a buyer
// has clicks numbers in a row for each click that he may make, the first for the
// click itself and the others for resends that are requests of their own.
type reach struct{ purchases, clicks, resends uint32 }

func (k *Kind) reach() reach {
	r := reach{purchases: uint32(k.Attempts.Most), clicks: uint32(1 + k.Clicks), resends: 0}
	if k.Resend.New {
		r.resends = uint32(*k.Resend.Max)
		if *k.DoubleClick > 0 { // each of both clicks has its own
			r.resends *= 2
		}
	}
	return r
}

// each is how many requests may become of a purchase, all of how many a buyer may
// make.
func (r reach) each() uint32 { return r.clicks * (1 + r.resends) }
func (r reach) all() uint32  { return r.purchases * r.each() }

// click is the number of a click for a purchase, from that of the first.
func (r reach) click(purchase, clicked uint32) uint32 {
	return purchase*r.each() + clicked*(1+r.resends)
}

// renews gives a hand's request the number of its n-th resend, from 0, that is a
// request of its own; click is the number of the click.
func (h *hand) renews(click uint32, n int) {
	if h.second {
		n += h.as.resends
	}
	h.request.number = click + 1 + uint32(n)
	h.as.renewed.Add(1)
}

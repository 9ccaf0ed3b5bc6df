package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/order"
	"github.com/seckill-bench/seckill/scenario/sale"
)

const (
	// maxOrderWorkers is more than any database of orders likes.
	maxOrderWorkers = 1024
	// maxWaiting bounds the orders that wait to be written, and with them the
	// memory they take: 32 bytes each.
	maxWaiting = 1 << 20
	// writeTimeout is how long one order may take to be written.
	writeTimeout = 10 * time.Second
	// drainTime is how long orders are still written when the last buyer has left.
	drainTime = time.Minute
)

// checkOrders refuses an order book that cannot be kept.
func (s *Spec) checkOrders() error {
	switch {
	case s.Orders == "":
		return nil
	case s.OrderWorkers < 1 || s.OrderWorkers > maxOrderWorkers:
		return fmt.Errorf("--order-workers %d: want from 1 to %d", s.OrderWorkers, maxOrderWorkers)
	case s.Release > 0:
		return errors.New("--orders does not go with --release: the book keeps no cancellations")
	case len(s.Restock) > 0:
		return errors.New("--orders does not go with --restock: the stock row of the book gets no more units")
	}
	return nil
}

// orders hands what was granted to those who write it into the book. The buyers
// put it on a list without a lock, and go on.
type orders struct {
	book  order.Book
	head  *history.Head
	rec   *history.Recorder
	clock *clock

	// newest is the list of what was granted, the latest first.
	newest  atomic.Pointer[grant]
	waiting atomic.Int64
	most    int64 // of waiting
	// wake tells the dealer that there is something on the list, quit that nothing
	// more will come.
	wake, quit chan struct{}
	work       chan *grant
	over       sync.WaitGroup
	// patience is how long one order may take, and drained how long all that are
	// left may take together.
	patience, drained time.Duration
	// late is done when no further order may be written.
	late    context.Context
	giveUp  context.CancelFunc
	dropped atomic.Int64
	// doubtful is set by the first write that may or may not have been made.
	doubtful atomic.Bool
}

// A grant is what a client was told it has, and is to write down.
type grant struct {
	next           *grant
	due            int64
	buyer, request uint32
	quantity       int32
	item           uint16
}

// newOrders starts the workers.
func newOrders(ctx context.Context, book order.Book, workers int, d *drive) *orders {
	o := &orders{
		book: book, head: d.plan.head, rec: d.rec, clock: d.clock, most: maxWaiting, patience: writeTimeout, drained: drainTime,
		wake: make(chan struct{}, 1), quit: make(chan struct{}), work: make(chan *grant),
	}
	for _, text := range []string{sale.ClientDied, sale.NotDrained, sale.QueueFull} {
		o.rec.Texts.Keep(text) // while there is room: a database may say very many different things
	}
	o.late, o.giveUp = context.WithCancel(context.WithoutCancel(ctx)) // an interrupted sale has its orders written
	o.over.Go(o.deal)
	for range workers {
		o.over.Go(o.serve)
	}
	return o
}

// told takes note of an attempt that was told that its buyer has what he asked
// for. Where his client dies no order will ever be written.
func (o *orders) told(a *history.Attempt, dies bool) {
	if o == nil {
		return
	}
	g := &grant{due: a.Return, buyer: a.Buyer, request: a.Request, quantity: a.Granted, item: a.Item}
	if a.Outcome == sale.Replayed { // the answer that was granted something is lost
		g.quantity = a.Quantity
	}
	switch {
	case dies:
		o.never(g, sale.ClientDied)
		return
	case o.waiting.Add(1) > o.most:
		o.waiting.Add(-1)
		o.drop(g, sale.QueueFull)
		return
	}
	for {
		g.next = o.newest.Load()
		if o.newest.CompareAndSwap(g.next, g) {
			break
		}
	}
	select {
	case o.wake <- struct{}{}:
	default: // the dealer has been told already
	}
}

// deal hands the orders to whoever is free, the oldest first.
func (o *orders) deal() {
	defer close(o.work)
	for open := true; open; {
		select {
		case <-o.wake:
		case <-o.quit:
			open = false
		}
		var oldest *grant
		for g := o.newest.Swap(nil); g != nil; {
			before := g.next
			g.next, oldest = oldest, g
			g = before
		}
		for g := oldest; g != nil; g = g.next {
			select {
			case o.work <- g:
			case <-o.late.Done():
				o.waiting.Add(-1)
				o.drop(g, sale.NotDrained)
			}
		}
	}
}

// serve writes one order after another.
func (o *orders) serve() {
	for g := range o.work {
		o.waiting.Add(-1)
		if o.late.Err() != nil {
			o.drop(g, sale.NotDrained)
			continue
		}
		a := o.attempt(g)
		ctx, cancel := context.WithTimeout(o.late, o.patience)
		a.Call = o.clock.now()
		a.Start = micros(a.Call - a.Due)
		var text string
		a.Outcome, text = o.book.Write(ctx, order.Order{
			Item: o.head.Items[g.item].ID, Buyer: o.head.BuyerIDs.ID(g.buyer), Request: o.head.RequestID(g.request), Quantity: int64(g.quantity),
		})
		a.Return = o.clock.now()
		cancel()
		a.Reply = o.rec.Texts.Keep(text)
		if a.Outcome == sale.Indeterminate {
			o.doubtful.Store(true)
		}
		o.rec.Put(&a)
	}
}

// attempt is that of writing an order.
func (o *orders) attempt(g *grant) history.Attempt {
	return history.Attempt{
		Verb: sale.PlaceOrder, Due: g.due, Call: history.Never, Return: history.Never, Left: sale.Untold,
		Buyer: g.buyer, Request: g.request, Item: g.item, Quantity: g.quantity,
	}
}

// never records an order that nobody tries to write.
func (o *orders) never(g *grant, why string) {
	a := o.attempt(g)
	a.Outcome, a.Reply = sale.Dropped, o.rec.Texts.Keep(why)
	o.rec.Put(&a)
}

func (o *orders) drop(g *grant, why string) {
	o.dropped.Add(1)
	o.never(g, why)
}

// drain returns when everything that was told is written, or no time is left for
// it: what is then waiting is dropped, and what is being written is given up.
// Nobody may tell anything any more.
func (o *orders) drain() {
	close(o.quit)
	timer := time.AfterFunc(o.drained, o.giveUp)
	o.over.Wait()
	timer.Stop()
	o.giveUp()
}

// warnings tell of orders that were dropped, to be said beside every figure.
func (o *orders) warnings() []string {
	if n := o.dropped.Load(); n > 0 {
		return []string{fmt.Sprintf("%d orders were never written: the book was too slow for the sale, and they were dropped after %s", n, o.drained)}
	}
	return nil
}

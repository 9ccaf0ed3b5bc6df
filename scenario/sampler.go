package scenario

import (
	"context"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
)

// sample reads the stock of one item after the other beside the sale, over a
// connection of its own, until the buyers have left. What cannot be read at a
// time is not noted.
func (d *drive) sample() {
	if d.spec.Sample == 0 || d.strategy.Stock == nil || d.spec.Arrivals.Turns != nil && !d.strategy.Apart {
		return // of items under the same keys nobody could say whose stock was read
	}
	ctx := context.WithoutCancel(d.doors)
	links, err := conn.Open(ctx, d.server, conn.Options{Mode: conn.Pool(1), Timeout: d.spec.Timeout, Now: d.clock.now})
	if err != nil {
		return
	}
	defer links.Close()
	tick := time.NewTicker(d.spec.Sample)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-tick.C:
		case <-d.left:
			return
		}
		item := n % len(d.plan.head.Items)
		reader := &reader{desk: desk{links}, now: d.clock.now}
		units, err := d.strategy.Stock(ctx, reader, d.plan.head.Items[item])
		if reader.asked > 1 {
			return // what is read in pieces is no reading of one moment
		}
		if err == nil {
			d.note(history.Event{At: reader.sent, Until: reader.read, Kind: history.EventStock, Item: uint16(item), Units: units})
		}
	}
}

// A reader is a desk that keeps the instants of a reading.
type reader struct {
	desk
	now        func() int64
	sent, read int64
	// asked is how many questions came one after the other.
	asked int
}

// Do sends one command and returns its reply.
func (r *reader) Do(ctx context.Context, args ...any) (any, error) {
	r.asked++
	r.sent = r.now()
	reply, err := r.desk.Do(ctx, args...)
	r.read = r.now()
	return reply, err
}

// Multi has several commands run as one.
func (r *reader) Multi(ctx context.Context, commands ...[]any) ([]any, error) {
	r.asked++
	r.sent = r.now()
	replies, err := r.desk.Multi(ctx, commands...)
	r.read = r.now()
	return replies, err
}

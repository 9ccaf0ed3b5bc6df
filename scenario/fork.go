package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
)

// fork has every master save its data and then rewrite its append-only file when
// the spec says so: a production server does both at times of its own, and a
// figure without them is too good. Each is noted, and one that still runs when
// the buyers have left is not waited for.
func (d *drive) fork() {
	if d.spec.ForkAt == 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(d.doors))
	defer cancel()
	go func() {
		select {
		case <-d.left:
			cancel()
		case <-ctx.Done():
		}
	}()
	timer := time.NewTimer(d.spec.ForkAt - time.Duration(d.clock.now()))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.left:
		return
	}
	masters, err := d.server.Primaries(ctx)
	if err != nil {
		return // the record then holds no fork
	}
	for _, n := range masters {
		d.forkOnce(ctx, n.Save, "saved its data ("+n.Name()+", BGSAVE)")
		d.forkOnce(ctx, n.RewriteAOF, "rewrote its append-only file ("+n.Name()+", BGREWRITEAOF)")
	}
}

// forkOnce notes a fork with its begin and its end; that of one whose end was not
// seen is never.
func (d *drive) forkOnce(ctx context.Context, fork func(context.Context) error, text string) {
	event := history.Event{At: d.clock.now(), Kind: history.EventFork, Text: text}
	err := fork(ctx)
	event.Until = d.clock.now()
	if err != nil {
		event.Until, event.Text = history.Never, fmt.Sprintf("it may not have %s: %v", text, err)
	}
	d.note(event)
}

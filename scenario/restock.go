package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
)

// restock brings every item more units when the spec says so, as long as the
// sale goes on.
func (d *drive) restock() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for _, restock := range d.spec.Restock {
		timer.Reset(restock.At - time.Duration(d.clock.now()))
		select {
		case <-timer.C:
		case <-d.left:
			d.missed = fmt.Sprintf("the sale was over before the restock of %d units at %s", restock.Units, restock.At)
			return
		}
		for i := range d.plan.head.Items {
			if d.doors.Err() != nil {
				return
			}
			d.restockItem(i, restock.Units)
		}
	}
}

// restockItem notes what it did as an event. One that may have run, now or
// later, has no end.
func (d *drive) restockItem(item int, units int64) {
	link, err := d.links.Take(d.doors)
	if err != nil {
		return
	}
	defer d.links.Give(link)
	h := &hand{link: link, drive: d}
	event := history.Event{At: d.clock.now(), Kind: history.EventRestock, Item: uint16(item), Units: units}
	err = d.strategy.Restock(context.WithoutCancel(d.doors), h, d.plan.head.Items[item], units)
	event.Until = d.clock.now()
	switch {
	case err == nil:
		event.Text = fmt.Sprintf("%d units came on top", units)
	case conn.FateOf(err) == conn.NotRun:
		event.Units, event.Text = 0, fmt.Sprintf("%d units could not be brought: %v", units, err)
	default:
		event.Until, event.Text = history.Never, fmt.Sprintf("%d units may have come on top: %v", units, err)
		d.doubtful.Store(true)
	}
	d.note(event)
}

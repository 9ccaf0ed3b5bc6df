package check

import (
	"fmt"

	"github.com/seckill-bench/seckill/scenario/history"
)

// restock notes the units that came on top of an item's stock. A restock that
// may have run, now or later, has no end.
func (r *reading) restock(events []history.Event) error {
	for _, e := range events {
		if e.Kind != history.EventRestock || e.Units == 0 {
			continue
		}
		c := change{op{inv: e.At, ret: e.Until, class: returned}, e.Units}
		if e.Until == history.Never {
			c.ret, c.class = forever, mayReturn
		}
		if int(e.Item) >= len(r.records) || e.Units < 0 || c.ret < c.inv {
			return fmt.Errorf("damaged record: a restock of item %d of %d with %d units from %d to %d", e.Item, len(r.records), e.Units, e.At, e.Until)
		}
		rec := &r.records[e.Item]
		rec.restocks = append(rec.restocks, c)
	}
	return nil
}

package check

import (
	"fmt"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// maxHint bounds what is allocated on the word of a tail alone.
const maxHint = 1 << 22

// A record is what one pass over the attempts keeps of one item.
type record struct {
	ops   []op
	count [classes]int64
	// firstSoldOut is the op told sold_out that returned first, or one that
	// returns forever.
	firstSoldOut op
	// replies counts the attempts the script answered, whatever it said.
	replies int64
	// beyond counts the attempts the rules cannot weigh: of another quantity
	// than the head's, granted in part, or no purchase.
	beyond int64
}

// A reading is what one pass keeps of a whole history.
type reading struct {
	records  []record
	attempts int64
	// buyers is one above the largest number of a buyer.
	buyers int64
}

// gather reads all attempts. It fails where the record contradicts itself.
func gather(h *history.History, found *findings) (*reading, error) {
	r := newReading(h)
	for batch, err := range h.Batches() {
		if err != nil {
			return nil, err
		}
		for i := range batch {
			if err := r.add(&batch[i], h.Head.Quantity, found); err != nil {
				return nil, err
			}
		}
	}
	if r.buyers > max(h.Head.Buyers, 16*r.attempts+1<<16) {
		return nil, fmt.Errorf("damaged record: a buyer has number %d among %d attempts", r.buyers-1, r.attempts)
	}
	return r, nil
}

func newReading(h *history.History) *reading {
	r := &reading{records: make([]record, len(h.Head.Items))}
	for i := range r.records {
		r.records[i].firstSoldOut = op{inv: forever, ret: forever}
		if h.Tail != nil {
			r.records[i].ops = make([]op, 0, max(0, min(h.Tail.Attempts, maxHint))/int64(len(r.records)))
		}
	}
	return r
}

func (r *reading) add(a *history.Attempt, quantity int64, found *findings) error {
	if int(a.Item) >= len(r.records) {
		return fmt.Errorf("damaged record: an attempt on item %d of %d", a.Item, len(r.records))
	}
	if int(a.Outcome) >= len(classOf) || a.Outcome == 0 {
		return fmt.Errorf("damaged record: an attempt with %s", a.Outcome)
	}
	o := newOp(a)
	if o.ran() && (o.inv == history.Never || o.ret < o.inv) {
		return fmt.Errorf("damaged record: an attempt of buyer %d with outcome %s returned before it was called", a.Buyer, a.Outcome)
	}
	r.attempts++
	r.buyers = max(r.buyers, int64(a.Buyer)+1)
	rec := &r.records[a.Item]
	rec.add(o)
	if o.ran() && (int64(a.Quantity) != quantity || a.Verb != sale.Buy || a.Granted != 0 && a.Granted != a.Quantity) {
		rec.beyond++
	}
	if a.Defect != sale.NoDefect {
		rec.replies++
		found.defect(a, o)
	}
	return nil
}

func (r *record) add(o op) {
	r.ops = append(r.ops, o)
	r.count[o.class]++
	if o.outcome.Answered() {
		r.replies++
	}
	if o.class == soldOut && o.ret <= r.firstSoldOut.ret && byReturn(o, r.firstSoldOut) < 0 {
		r.firstSoldOut = o
	}
}

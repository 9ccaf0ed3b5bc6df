package check

import (
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A record is what one pass over the attempts keeps of one item.
type record struct {
	shards []shard
	// expected is how many ops a shard is likely to hold.
	expected int
	// read counts the ops so far, reserved those that there is room for.
	read, reserved int
	count          [classes]int64
	// firstSoldOut is the op told sold_out that returned first, or one that
	// returns forever.
	firstSoldOut op
	// replies counts the attempts the script answered, whatever it said.
	replies int64
	// beyond counts the attempts the rules cannot weigh: of another quantity
	// than the head's, granted in part, or no purchase.
	beyond int64
}

// firstRoom is how many ops room is made for on the word of a tail alone.
const firstRoom = 3 << 19

// A reading is what one pass keeps of a whole history.
type reading struct {
	records  []record
	attempts int64
	// buyers is how many buyers the head announces; 0: it does not say.
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
	return r, nil
}

func newReading(h *history.History) *reading {
	r := &reading{records: make([]record, len(h.Head.Items)), buyers: h.Head.Buyers}
	expected := int64(64)
	if h.Tail != nil {
		shards := max(h.Head.Buyers, 1)>>shardBits + 1
		expected = min(max(expected, h.Tail.Attempts/shards/int64(len(r.records))*9/8), 16*shardSize)
	}
	for i := range r.records {
		r.records[i].firstSoldOut = op{inv: forever, ret: forever}
		r.records[i].expected = int(expected)
	}
	return r
}

func (r *reading) add(a *history.Attempt, quantity int64, found *findings) error {
	if wrong := r.contradiction(a); wrong != "" {
		return fmt.Errorf("damaged record: an attempt of buyer %d with outcome %s %s", a.Buyer, a.Outcome, wrong)
	}
	rec := &r.records[a.Item]
	o := rec.add(a)
	r.attempts++
	if a.Defect != sale.NoDefect {
		rec.replies++
		found.defect(a, *o)
	}
	if !o.ran() {
		return nil
	}
	if o.inv == history.Never || o.ret < o.inv {
		return fmt.Errorf("damaged record: an attempt of buyer %d with outcome %s returned before it was called", a.Buyer, a.Outcome)
	}
	if int64(a.Quantity) != quantity || a.Verb != sale.Buy || a.Granted != 0 && a.Granted != a.Quantity {
		rec.beyond++
	}
	return nil
}

// contradiction says what about an attempt cannot be; empty: nothing.
func (r *reading) contradiction(a *history.Attempt) string {
	switch {
	case int(a.Item) >= len(r.records):
		return fmt.Sprintf("is on item %d of %d", a.Item, len(r.records))
	case int(a.Outcome) >= len(classOf) || a.Outcome == 0:
		return "is none of the outcomes"
	case r.buyers > 0 && int64(a.Buyer) >= r.buyers:
		return fmt.Sprintf("is of none of the %d buyers", r.buyers)
	case a.Outcome != sale.OK && a.Granted != 0:
		return fmt.Sprintf("was granted %d units", a.Granted)
	case a.Granted < 0:
		return fmt.Sprintf("was granted %d units", a.Granted)
	case a.Call == history.Never && a.Return != history.Never && a.Due > a.Return:
		return "returned before it was due"
	case a.Call != history.Never && a.Due > a.Call:
		return "was called before it was due"
	}
	return ""
}

func (r *record) add(a *history.Attempt) *op {
	n := int(a.Buyer >> shardBits)
	if n >= len(r.shards) {
		r.shards = append(r.shards, make([]shard, n+1-len(r.shards))...)
	}
	r.read++
	of := &r.shards[n]
	if len(of.ops) == cap(of.ops) {
		of.ops = slices.Grow(of.ops, r.room(len(of.ops)))
	}
	o := of.next()
	o.set(a)
	r.count[classOf[a.Outcome]]++
	if a.Outcome.Answered() {
		r.replies++
	}
	if o.class == soldOut && o.ret <= r.firstSoldOut.ret && byReturn(*o, r.firstSoldOut) < 0 {
		r.firstSoldOut = *o
	}
	return o
}

// room is how many more ops a shard that holds some gets room for: as many as
// are expected, but beyond a start not more than the record has borne out, for
// a tail may claim anything.
func (r *record) room(held int) int {
	more := max(held, r.expected-held)
	if r.reserved+more > firstRoom+8*r.read {
		more = max(held, 64)
	}
	r.reserved += more
	return more
}

func (r *record) attempts() (n int64) {
	for _, c := range r.count {
		n += c
	}
	return n
}

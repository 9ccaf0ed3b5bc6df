package check

import (
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A record is what one pass over the attempts keeps of one item.
type record struct {
	// shards are those of all buyers; while the attempts are few, one.
	shards []shard
	spread bool
	// expected is how many ops a shard is likely to hold, perShard one of many.
	expected, perShard int
	// read counts the ops so far, reserved those that there is room for, and
	// trusted those that there may be room for on the word of a tail.
	read, reserved, trusted int
	count                   [classes]int64
	// firstSoldOut is the op told sold_out that returned first, or one that
	// returns forever.
	firstSoldOut op
	// replies counts the attempts the script answered, whatever it said.
	replies int64
	// asked is the units of every purchase; 0 while there was none. mixed:
	// they differ, or some were granted in part.
	asked int32
	mixed bool
	// atomic: a stock that is told or read is that of one moment; readings are
	// those that were read.
	atomic   bool
	readings []telling
	// restocks are the units that came on top.
	restocks []change
	// claims are what the orders are held against; nil where there are none.
	claims *claims
	// book is what the order book is held against; nil where there is none.
	book *bookings
}

const (
	// firstRoom is how many ops room is made for on the word of a tail alone.
	firstRoom = 3 << 19
	// fewOps is how many ops of an item are kept in one shard.
	fewOps = 4096
)

// A reading is what one pass keeps of a whole history.
type reading struct {
	records  []record
	attempts int64
	// ran is how many of them reached the script, or may have, whatever their verb.
	ran int64
	// buyers is how many buyers the head announces; 0: it does not say.
	buyers int64
	// reads is how many different reads the head announces.
	reads int
	// idle are the faults that no attempt so far was open to.
	idle []history.Event
}

// gather reads all attempts. It fails where the record contradicts itself.
func gather(h *history.History, found *findings) (*reading, error) {
	r := newReading(h)
	wide := marginOf(&h.Head)
	events := wide.events(h.Events)
	if err := r.restock(events); err != nil {
		return nil, err
	}
	if err := r.stocks(events); err != nil {
		return nil, err
	}
	var copied history.Attempt
	for batch, err := range h.Batches() {
		if err != nil {
			return nil, err
		}
		for i := range batch {
			a := &batch[i]
			if wide != 0 {
				copied = *a
				a = &copied
				wide.widen(a)
			}
			if err := r.add(a, found); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func newReading(h *history.History) *reading {
	r := &reading{records: make([]record, len(h.Head.Items)), buyers: h.Head.Buyers, reads: len(h.Head.Background), idle: faults(h.Events)}
	items := int64(len(r.records))
	expected, perShard := int64(64), int64(64)
	if items > 1 {
		expected = 8
	}
	if h.Tail != nil {
		each := h.Tail.Attempts / items * 33 / 32
		perShard = min(max(perShard, each/(max(h.Head.Buyers, 1)>>shardBits+1)), 16*shardSize)
		expected = max(expected, each)
	}
	ids := map[string]bool{}
	for _, item := range h.Head.Items {
		ids[item.ID] = true
	}
	for i := range r.records {
		rec := &r.records[i]
		rec.firstSoldOut = op{inv: forever, ret: forever}
		rec.expected, rec.perShard, rec.trusted = int(min(expected, fewOps)), int(perShard), firstRoom/int(items)
		rec.mixed = h.Head.Terms.Partial && h.Head.Quantity != 1 // also where no ok says so
		rec.asked = int32(min(h.Head.Quantity, 1<<31-1))
		rec.atomic = h.Head.Terms.Atomic
		rec.shards = make([]shard, 1)
		if items == 1 && expected > fewOps { // of several each must show that it grows
			rec.scatter()
		}
		rec.claims, rec.book = newClaims(h, i, ids), newBookings(h, i)
	}
	return r
}

func (r *reading) add(a *history.Attempt, found *findings) error {
	if a.Verb == sale.Read {
		r.attempts++
		return r.beside(a)
	}
	if wrong := r.contradiction(a); wrong != "" {
		return fmt.Errorf("damaged record: an attempt of buyer %d with outcome %s %s", a.Buyer, a.Outcome, wrong)
	}
	rec := &r.records[a.Item]
	if a.Verb == sale.PlaceOrder { // no rule but those about the book looks at it
		r.attempts++
		if a.Call != history.Never && a.Return < a.Call {
			return fmt.Errorf("damaged record: an order of buyer %d with outcome %s returned before it was called", a.Buyer, a.Outcome)
		}
		if rec.book != nil {
			rec.book.write(a)
		}
		return nil
	}
	o := rec.add(a)
	r.attempts++
	r.meet(a)
	if a.Defect != sale.NoDefect {
		rec.replies++
		found.defect(a, *o)
	}
	if classOf[a.Outcome] == notRun {
		return nil
	}
	r.ran++
	if a.Call == history.Never || o.ret < o.inv {
		return fmt.Errorf("damaged record: an attempt of buyer %d with outcome %s returned before it was called", a.Buyer, a.Outcome)
	}
	if a.Quantity != rec.asked || a.Granted != 0 && a.Granted != a.Quantity {
		rec.mix(a)
	}
	if rec.claims != nil {
		rec.claims.add(a, o)
	}
	if rec.book != nil {
		rec.book.add(a, o)
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
	case a.Verb-1 > sale.PlaceOrder-1 && classOf[a.Outcome] != notRun: // 0 wraps round
		return "asks for nothing that is known"
	case r.buyers > 0 && int64(a.Buyer) >= r.buyers:
		return fmt.Sprintf("is of none of the %d buyers", r.buyers)
	case a.Outcome != sale.OK && a.Granted != 0:
		return fmt.Sprintf("was granted %d units", a.Granted)
	case a.Granted < 0 && a.Quantity >= 0: // less than nothing may be asked for, to see what a script says
		return fmt.Sprintf("was granted %d units", a.Granted)
	case a.Call == history.Never && a.Return != history.Never && a.Due > a.Return:
		return "returned before it was due"
	case a.Call != history.Never && a.Due > a.Call:
		return "was called before it was due"
	}
	return ""
}

// mix notes a purchase of another quantity than those before it.
func (r *record) mix(a *history.Attempt) {
	switch {
	case a.Verb != sale.Buy:
	case r.asked == 0 && a.Quantity > 0 && (a.Granted == 0 || a.Granted == a.Quantity):
		r.asked = a.Quantity
	default:
		r.mixed = true
	}
}

func (r *record) add(a *history.Attempt) *op {
	if !r.spread && r.read == fewOps {
		r.scatter()
	}
	n := 0
	if r.spread {
		if n = int(a.Buyer >> shardBits); n >= len(r.shards) {
			r.shards = append(r.shards, make([]shard, n+1-len(r.shards))...)
		}
	}
	r.read++
	of := &r.shards[n]
	if len(of.ops) == cap(of.ops) {
		of.ops = slices.Grow(of.ops, r.room(len(of.ops)))
	}
	o := of.next()
	o.set(a)
	r.count[o.class]++
	if r.atomic && a.Left != sale.Untold && o.class == granted {
		of.tell(a.Left)
	}
	if a.Outcome.Answered() {
		r.replies++
	}
	if o.class == soldOut && o.ret <= r.firstSoldOut.ret && byReturn(*o, r.firstSoldOut) < 0 {
		r.firstSoldOut = *o
	}
	return o
}

// scatter spreads the ops over a shard for each 8,192 buyers.
func (r *record) scatter() {
	one := r.shards[0]
	few, tells := one.ops, one.told
	r.spread, r.expected, r.shards = true, r.perShard, nil
	for i := range few {
		n := int(few[i].buyer >> shardBits)
		if n >= len(r.shards) {
			r.shards = append(r.shards, make([]shard, n+1-len(r.shards))...)
		}
		r.shards[n].ops = append(r.shards[n].ops, few[i])
		if len(tells) > 0 && int(tells[0].number) == i+1 {
			r.shards[n].tell(one.left(tells[0]))
			tells = tells[1:]
		}
	}
}

// shardOf is the number of the shard that a buyer's ops are in.
func (r *record) shardOf(buyer uint32) int {
	if !r.spread {
		return 0
	}
	return int(buyer >> shardBits)
}

// room is how many more ops a shard that holds some gets room for: as many as
// are expected, but beyond a start not more than the record has borne out, for
// a tail may claim anything.
func (r *record) room(held int) int {
	more := max(held/2, r.expected-held)
	if r.reserved+more > r.trusted+8*r.read {
		more = max(held, min(64, r.expected))
	}
	r.reserved += more
	return more
}

// flows reports whether the stock goes both ways, or quantities differ.
func (r *record) flows() bool {
	return r.mixed || r.count[returned]+r.count[mayReturn] > 0 || len(r.restocks) > 0
}

func (r *record) attempts() (n int64) {
	for _, c := range r.count {
		n += c
	}
	return n
}

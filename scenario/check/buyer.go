package check

import (
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A buyer is one buyer's part in the sale of one item.
type buyer struct {
	ops      []op   // by call
	earliest uint32 // the number of the op he had first in the record
	count    [purchases]int64
	// units and held are what the ledger holds for him, and how many sales
	// that is; 0 where there is no ledger.
	units, held int64
	// sales is how many of his attempts took effect at least: every granted
	// one, and of the others as many as the ledger or his refusals prove. They
	// are taken in the order of their calls: whatever an attempt that may run
	// at any time explains, one called earlier explains as well.
	sales int64
	// spare is how many more of them may have taken effect.
	spare int64
	// lastSale is the latest call among the sales, lastReturn the latest
	// return; history.Never without sales.
	lastSale, lastReturn int64
	// lastSpare is the latest call among the spare.
	lastSpare int64
	// holds is the return of the granted op that filled his limit, or forever.
	holds int64
	// reused from buyer to buyer
	copied, sorted []op
	returns        []int64
}

// load fills b with the ops of a group; it reuses what b holds.
func (b *buyer) load(ops []op, g *group) {
	b.count, b.units, b.earliest = [purchases]int64{}, g.units, g.first
	if g.first == g.last {
		b.ops = ops[g.first-1 : g.first]
		b.count[b.ops[0].class] = 1
		return
	}
	b.copied = b.copied[:0]
	ordered, last := true, int64(history.Never)
	for n := g.first; n != 0; n = ops[n-1].next {
		o := &ops[n-1]
		b.copied = append(b.copied, *o)
		b.copied[len(b.copied)-1].next = n // of a copy, its own number
		b.count[o.class]++
		ordered, last = ordered && o.inv > last, o.inv
	}
	b.ops = b.copied
	if !ordered {
		slices.SortFunc(b.ops, byCall)
	}
}

// number is the number in its shard of an op of b.ops.
func (b *buyer) number(o *op) uint32 {
	if len(b.ops) == 1 {
		return b.earliest
	}
	return o.next
}

// asked is how many of the attempts sold or may have.
func (b *buyer) asked() int64 { return b.count[granted] + b.count[maybe] }

// effects yields the attempts that took effect, by call.
func (b *buyer) effects(yield func(*op) bool) {
	left := b.sales - b.count[granted]
	for i := range b.ops {
		o := &b.ops[i]
		if o.class == maybe && left > 0 {
			left--
		} else if o.class != granted {
			continue
		}
		if !yield(o) {
			return
		}
	}
}

// spares yields the attempts that may have taken effect beside those, as far
// as they were called by the given instant.
func (b *buyer) spares(by int64, yield func(*op) bool) {
	skip := b.sales - b.count[granted]
	for i := range b.ops {
		o := &b.ops[i]
		if o.class != maybe {
			continue
		}
		if skip--; skip < 0 && (o.inv > by || !yield(o)) {
			return
		}
	}
}

// settle works out what is certain of the buyer and what is possible.
func (b *buyer) settle(t *terms, k *knowledge, soldOutBy int64) {
	b.held = k.sales(b.units)
	b.sales = min(b.certain(t, k), b.asked())
	b.lastSale, b.lastReturn, b.lastSpare, b.spare = history.Never, history.Never, history.Never, 0
	if b.sales > 0 {
		for o := range b.effects {
			b.lastSale, b.lastReturn = max(b.lastSale, o.inv), max(b.lastReturn, o.ret)
		}
	}
	if room := b.room(t, k); room > 0 {
		b.spares(soldOutBy, func(o *op) bool {
			b.spare++
			b.lastSpare = max(b.lastSpare, o.inv)
			return b.spare < room
		})
	}
	b.holds = b.filled(t.limit)
}

func (b *buyer) certain(t *terms, k *knowledge) int64 {
	switch {
	case !k.complete:
		return b.count[granted] // a missing attempt may explain the rest
	case k.exact:
		return max(b.count[granted], b.held)
	case k.once && b.held == 0:
		return b.count[granted]
	case b.count[duplicate] > 0 && t.limited():
		return max(b.count[granted], t.limit)
	case k.once:
		return max(b.count[granted], b.held)
	}
	return b.count[granted]
}

// room is how many sales the buyer may hold beside those that are certain.
func (b *buyer) room(t *terms, k *knowledge) int64 {
	if b.count[maybe] == 0 || k.exact || !k.complete || k.once && b.held == 0 || b.count[duplicate] > 0 && t.limited() {
		return 0
	}
	most := t.limit
	if t.order == sale.DuplicateFirst && b.count[soldOut] > 0 {
		most-- // he was told sold_out, so he held less
	}
	return most - b.sales
}

// filled is the return of the buyer's n-th granted op, or forever.
func (b *buyer) filled(n int64) int64 {
	if b.count[granted] < n {
		return forever
	}
	b.returns = b.returns[:0]
	for i := range b.ops {
		if b.ops[i].class == granted {
			b.returns = append(b.returns, b.ops[i].ret)
		}
	}
	slices.Sort(b.returns)
	return b.returns[n-1]
}

// grouped returns the ops sorted by request, valid until the next call.
func (b *buyer) grouped() []op {
	b.sorted = append(b.sorted[:0], b.ops...)
	slices.SortFunc(b.sorted, byRequest)
	return b.sorted
}

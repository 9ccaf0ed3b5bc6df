package check

import (
	"iter"

	"github.com/seckill-bench/seckill/scenario/sale"
)

const (
	shardBits = 13
	shardSize = 1 << shardBits
)

// A shard is the attempts of 8,192 buyers with neighbouring numbers: few
// enough to stay in the processor's cache while they are sorted by buyer.
type shard struct {
	ops    []op
	groups []group
	stored []entry
}

// A group is the ops of one buyer, linked in the order they were read, and
// what the ledger holds for him. Ops have numbers from 1.
type group struct {
	first, last uint32
	units       int64
}

// An entry is a holding of the ledger, by its number, and whose it is.
type entry struct {
	buyer   uint32
	holding int
}

// next is the next op to be filled in; there must be room for it.
func (s *shard) next() *op {
	s.ops = s.ops[:len(s.ops)+1]
	return &s.ops[len(s.ops)-1]
}

// link finds the ops of each buyer, and gives him his units of the ledger.
// Holdings without a buyer go to stranger. slots is zero before and after.
func (s *shard) link(slots *[shardSize]uint32, holdings []sale.Holding, stranger func(*sale.Holding)) {
	for i := range s.ops {
		o := &s.ops[i]
		slot := &slots[o.buyer%shardSize]
		if *slot == 0 {
			s.groups = append(s.groups, group{first: uint32(i) + 1, last: uint32(i) + 1})
			*slot = uint32(len(s.groups))
			continue
		}
		g := &s.groups[*slot-1]
		s.ops[g.last-1].next, g.last = uint32(i)+1, uint32(i)+1
	}
	for _, e := range s.stored {
		if slot := slots[e.buyer%shardSize]; slot != 0 {
			s.groups[slot-1].units += holdings[e.holding].Units
		} else {
			stranger(&holdings[e.holding])
		}
	}
	for _, g := range s.groups {
		slots[s.ops[g.first-1].buyer%shardSize] = 0
	}
	s.stored = nil
}

// all yields every op of the item.
func (r *record) all() iter.Seq[*op] {
	return func(yield func(*op) bool) {
		for s := range r.shards {
			for i := range r.shards[s].ops {
				if !yield(&r.shards[s].ops[i]) {
					return
				}
			}
		}
	}
}

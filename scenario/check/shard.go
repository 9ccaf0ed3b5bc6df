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
// enough to stay in the processor's cache while they are sorted by buyer. An
// item with few attempts has one shard for all its buyers.
type shard struct {
	ops    []op
	groups []group
	stored []entry
	told   []told
}

// A told is the stock that the reply to a granted op says is left, by the op's
// number. They are kept apart: few attempts buy, and few scripts tell.
type told struct {
	number uint32
	left   int64
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

// places finds the group of a buyer while a shard is linked: by the low bits of
// his number where all buyers of a shard are neighbours, else by all of it. It
// is empty before and after.
type places struct {
	near *[shardSize]uint32
	far  map[uint32]uint32
}

// neighbours is the table for a shard of neighbours, made when first needed.
func (p *places) neighbours() *[shardSize]uint32 {
	if p.near == nil {
		p.near = new([shardSize]uint32)
	}
	return p.near
}

// next is the next op to be filled in; there must be room for it.
func (s *shard) next() *op {
	s.ops = s.ops[:len(s.ops)+1]
	return &s.ops[len(s.ops)-1]
}

// link finds the ops of each buyer, and gives him his units of the ledger.
// Holdings without a buyer go to stranger.
func (s *shard) link(slots *[shardSize]uint32, holdings []sale.Holding, stranger func(*sale.Holding)) {
	for i := range s.ops {
		o := &s.ops[i]
		o.next = 0
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
		s.give(slots[e.buyer%shardSize], &holdings[e.holding], stranger)
	}
	for _, g := range s.groups {
		slots[s.ops[g.first-1].buyer%shardSize] = 0
	}
	s.stored = nil
}

// linkFar is link for a shard whose buyers are no neighbours.
func (s *shard) linkFar(slots map[uint32]uint32, holdings []sale.Holding, stranger func(*sale.Holding)) {
	for i := range s.ops {
		o := &s.ops[i]
		o.next = 0
		slot := slots[o.buyer]
		if slot == 0 {
			s.groups = append(s.groups, group{first: uint32(i) + 1, last: uint32(i) + 1})
			slots[o.buyer] = uint32(len(s.groups))
			continue
		}
		g := &s.groups[slot-1]
		s.ops[g.last-1].next, g.last = uint32(i)+1, uint32(i)+1
	}
	for _, e := range s.stored {
		s.give(slots[e.buyer], &holdings[e.holding], stranger)
	}
	clear(slots)
	s.stored = nil
}

func (s *shard) give(slot uint32, h *sale.Holding, stranger func(*sale.Holding)) {
	if slot == 0 {
		stranger(h)
		return
	}
	s.groups[slot-1].units += h.Units
}

// tell keeps what the reply to the latest op says is left.
func (s *shard) tell(left int64) { s.told = append(s.told, told{uint32(len(s.ops)), left}) }

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

package check

import (
	"iter"
	"math"

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
	// far are the stocks told that a told has no room for, by the op's number.
	far map[uint32]int64
}

// A told is the stock that the reply to a granted op says is left, by the op's
// number. They are kept apart: few attempts buy, and few scripts tell. Most stocks
// are small; one that is tooFar is kept elsewhere.
type told struct{ number, left uint32 }

const tooFar = math.MaxUint32

// A group is the ops of one buyer, linked in the order they were read, and
// what the ledger holds for him. Ops have numbers from 1.
type group struct {
	first, last uint32
	units       int64
}

// An entry is one of the ledger, by its place, and whose it is.
type entry struct{ buyer, place uint32 }

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
// Entries without a buyer go to stranger.
func (s *shard) link(slots *[shardSize]uint32, ledger *sale.Audit, stranger func(int)) {
	s.groups = make([]group, 0, min(len(s.ops), shardSize))
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
		s.give(slots[e.buyer%shardSize], int(e.place), ledger, stranger)
	}
	for _, g := range s.groups {
		slots[s.ops[g.first-1].buyer%shardSize] = 0
	}
	s.stored = nil
}

// linkFar is link for a shard whose buyers are no neighbours.
func (s *shard) linkFar(slots map[uint32]uint32, ledger *sale.Audit, stranger func(int)) {
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
		s.give(slots[e.buyer], int(e.place), ledger, stranger)
	}
	clear(slots)
	s.stored = nil
}

func (s *shard) give(slot uint32, place int, ledger *sale.Audit, stranger func(int)) {
	if slot == 0 {
		stranger(place)
		return
	}
	s.groups[slot-1].units += ledger.Units(place)
}

// tell keeps what the reply to the latest op says is left. Who begins to tell is
// likely to go on.
func (s *shard) tell(left int64) {
	if s.told == nil {
		s.told = make([]told, 0, cap(s.ops))
	}
	t := told{uint32(len(s.ops)), tooFar}
	if left >= 0 && left < tooFar {
		t.left = uint32(left)
	} else {
		if s.far == nil {
			s.far = map[uint32]int64{}
		}
		s.far[t.number] = left
	}
	s.told = append(s.told, t)
}

// left is the stock that was told.
func (s *shard) left(t told) int64 {
	if t.left == tooFar {
		return s.far[t.number]
	}
	return int64(t.left)
}

// hold keeps an entry of the ledger until the shard is linked: as good as every buyer has one
// or nobody.
func (s *shard) hold(buyer uint32, place int) {
	if s.stored == nil {
		s.stored = make([]entry, 0, min(len(s.ops), shardSize))
	}
	s.stored = append(s.stored, entry{buyer, uint32(place)})
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

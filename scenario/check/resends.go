package check

import "cmp"

// A sharedRequest is one that several attempts of a buyer have in common, and
// its number in the line.
type sharedRequest struct{ request, id uint32 }

// share numbers the requests that several attempts of the buyer have in common.
func (l *line) share(b *buyer) {
	ops := b.grouped()
	for i := 1; i < len(ops); i++ {
		if of := ops[i].request; of == ops[i-1].request && (len(l.ids) == 0 || l.ids[len(l.ids)-1].request != of) {
			l.shared++
			l.ids = append(l.ids, sharedRequest{of, l.shared})
		}
	}
}

// id is the number of an op's request; 0: it shares it with none.
func (l *line) id(o *op) uint32 {
	for _, r := range l.ids {
		if r.request == o.request {
			return r.id
		}
	}
	return 0
}

// support finds what the replays of each request rest on: an attempt without an
// answer, or a sale, which is made in time then. first is the buyer's first deal.
func (l *line) support(b *buyer, first int, who uint32) {
	for _, r := range l.ids {
		by, mark := int64(forever), (*op)(nil)
		for i := range b.ops {
			switch o := &b.ops[i]; {
			case o.request != r.request:
			case o.class == replayed:
				by = min(by, o.ret)
			case o.class == maybe && (mark == nil || cmp.Less(o.inv, mark.inv)):
				mark = o
			}
		}
		if by == forever {
			continue
		}
		if mark != nil {
			l.rare = append(l.rare, rareAnswer{mark.inv, mark.ret, who, r.id, maybe})
		}
		if mark == nil || mark.inv > by {
			l.hurry(l.deals[first:], r.id, by)
		}
	}
}

// hurry sees to it that a granted sale of a request is made by a replay of it.
func (l *line) hurry(deals []deal, request uint32, by int64) {
	var of *deal
	for i := range deals {
		d := &deals[i]
		if d.o.class != granted || d.o.inv > by || l.of(d).request != request {
			continue
		}
		l.choice = l.choice || of != nil
		if of == nil || l.of(d).due < l.of(of).due {
			of = d
		}
	}
	if of != nil {
		l.hasten(of, by)
	}
}

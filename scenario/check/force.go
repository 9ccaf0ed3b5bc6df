package check

import "github.com/seckill-bench/seckill/scenario/sale"

// force runs an op that returns now, after what stands in its way.
func (w *witness) force(n int32) bool {
	o := &w.ops[n]
	if w.try(n) {
		return true
	}
	switch o.class {
	case granted:
		w.makeRoom(o)
		w.refill(o.units)
	case soldOut:
		if w.f.order == sale.DuplicateFirst {
			w.makeRoom(o)
		}
		w.drain(o)
	case duplicate:
		w.crowd(o)
		if w.f.order == sale.StockFirst {
			w.refill(o.units)
		}
	case refused:
		if w.f.most != noLimit {
			w.crowd(o)
		}
		if !o.done && !w.try(n) {
			w.drain(o)
		}
	case returned:
		w.pull(inSales, func(p *turn) bool { return p.holder == o.holder && p.request == o.request })
		w.hollow = true
		w.try(n)
		w.hollow = false
	case replayed:
		w.pull(inSales, func(p *turn) bool { return p.holder == o.holder && p.request == o.request })
	}
	return o.done || w.try(n)
}

// pull runs one of the ops of a queue for which is holds, the one that has to
// return first. It reports whether one ran.
func (w *witness) pull(q int, is func(*turn) bool) bool {
	tried := map[int32]bool{}
	for w.work > 0 {
		best := int32(-1)
		for _, n := range w.waiting[q] {
			w.work--
			o := &w.ops[n]
			if is(o) && !tried[n] && (best < 0 || byReturn(o.op, w.ops[best].op) < 0) {
				best = n
			}
		}
		if best < 0 {
			return false
		}
		if w.try(best) {
			return true
		}
		tried[best] = true
	}
	return false
}

// makeRoom runs releases of the buyer until what he asks for is within the limit.
func (w *witness) makeRoom(o *turn) {
	own := func(p *turn) bool { return p.class >= returned && p.holder == o.holder }
	for w.f.most != noLimit && w.buyers[o.holder].held+o.units > w.f.most {
		if !w.pull(inReturns, own) && !w.pull(inOptional, own) {
			return
		}
	}
}

// refill runs releases and restocks until so many units are free.
func (w *witness) refill(units int64) {
	any := func(p *turn) bool { return p.class >= returned }
	for w.free < units && (w.pull(inReturns, any) || w.pull(inOptional, any)) {
	}
}

// drain runs sales until fewer units are free than were asked for; those of the
// buyer himself last, who must not fill his limit.
func (w *witness) drain(o *turn) {
	others := func(p *turn) bool { return p.class < returned && p.holder != o.holder }
	own := func(p *turn) bool { return p.class < returned && p.holder == o.holder }
	for !o.done && w.free >= o.units {
		if !w.pull(inSales, others) && !w.pull(inSales, own) && !w.pull(inOptional, others) && !w.pull(inOptional, own) {
			return
		}
	}
}

// crowd runs sales of the buyer until what he asks for is beyond the limit.
func (w *witness) crowd(o *turn) {
	own := func(p *turn) bool { return p.class < returned && p.holder == o.holder }
	for !o.done && w.buyers[o.holder].held+o.units <= w.f.most {
		if !w.pull(inSales, own) && !w.pull(inOptional, own) {
			return
		}
	}
}

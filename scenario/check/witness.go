package check

import (
	"cmp"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A witness is an order of the attempts in which a right script gives exactly
// these answers and ends in exactly this state. It is made by running the sale:
// an attempt runs when it can and must run when it returns, and what stands in
// its way then runs before it. Whatever a witness runs it runs by the rules of
// the sale, so one that comes to the end proves that there is an order. One that
// fails proves nothing.
type witness struct {
	f   *flow
	ops []turn
	// byCall and byReturn are the numbers of the ops, in order.
	byCall, byReturn []int32
	habit            habit
	free             int64
	// lowest is the least that was ever free.
	lowest  int64
	buyers  []holder
	request map[[2]uint32]*purchase
	// waiting are the ops that have been called and have not run, and place is
	// where in its list each of them is.
	waiting [queues][]int32
	place   []int32
	// hollow: a release may run before the grant that it is of.
	hollow bool
	// stock and dups count the answers that may wait for the stock to end, and
	// the duplicates; largest is the most units any op asks for.
	stock, dups int32
	largest     int64
	// work bounds the search for what can run.
	work int64
	// now is the instant, and ran what has run by then, in order.
	now int64
	ran []marked
}

// The ops that wait are in one of four queues.
const (
	inSales    = iota // sales told ok
	inReturns         // releases and restocks told ok
	inAnswers         // answers that change nothing
	inOptional        // what may have run, or never
	queues
)

func (o *turn) queue() int {
	switch o.class {
	case granted:
		return inSales
	case returned:
		return inReturns
	case maybe, mayReturn:
		return inOptional
	}
	return inAnswers
}

// A habit is when a witness runs what it may run now or later.
type habit struct{ salesFirst, releasesFirst bool }

// habits are tried one after the other. Where nothing comes back, the first is
// always right: what is sold early explains every refusal.
var habits = []habit{{salesFirst: true}, {}, {releasesFirst: true}, {salesFirst: true, releasesFirst: true}}

// A turn is a change of one buyer, or a restock.
type turn struct {
	change
	holder int32 // number in buyers, -1 for a restock
	done   bool
}

// A holder is a buyer's state.
type holder struct {
	held int64
	// open is the units of uncertain sales the ledger says he holds, or noLimit.
	open int64
	// waiting counts his pending answers and releases.
	waiting int32
}

// A purchase is what is known of a request.
type purchase struct {
	units    int64 // of the latest grant that has not come back
	grants   int64
	waiting  int  // grants that were called and have not run
	granted  bool // or may have been
	told     bool // ok
	turned   bool // away for a limit that does not exist
	released bool
}

// explained reports whether a witness is found. Where attempts are missing
// there is none.
func (f *flow) explained() bool {
	if !f.complete {
		return false
	}
	w := newWitness(f)
	for _, habit := range habits {
		if w.run(habit) {
			f.confirmFlow(w)
			return true
		}
	}
	return false
}

func newWitness(f *flow) *witness {
	w := &witness{f: f, buyers: make([]holder, len(f.buyers))}
	for i := range f.buyers {
		for _, o := range f.buyers[i].ops {
			w.ops = append(w.ops, turn{change: o, holder: int32(i)})
		}
	}
	for _, o := range f.restocks {
		w.ops = append(w.ops, turn{change: o, holder: -1})
	}
	for i := range w.ops {
		w.byCall, w.byReturn = append(w.byCall, int32(i)), append(w.byReturn, int32(i))
	}
	w.place = make([]int32, len(w.ops))
	slices.SortFunc(w.byCall, func(a, b int32) int {
		x, y := &w.ops[a], &w.ops[b]
		if x.inv != y.inv {
			return cmp.Compare(x.inv, y.inv)
		}
		return cmp.Or(byCall(x.op, y.op), cmp.Compare(x.units, y.units))
	})
	slices.SortFunc(w.byReturn, func(a, b int32) int {
		x, y := &w.ops[a], &w.ops[b]
		if x.ret != y.ret {
			return cmp.Compare(x.ret, y.ret)
		}
		return cmp.Or(byReturn(x.op, y.op), cmp.Compare(x.units, y.units))
	})
	return w
}

// run reports whether the sale comes to its end, under the given habit.
func (w *witness) run(h habit) bool {
	w.reset(h)
	next := 0
	for _, n := range w.byReturn {
		for ; next < len(w.byCall) && w.ops[w.byCall[next]].inv <= w.ops[n].ret; next++ {
			w.call(w.byCall[next])
		}
		o := &w.ops[n]
		if o.ret == forever {
			break
		}
		if w.now = max(w.now, o.ret); !o.done && !w.force(n) || w.work < 0 {
			return false
		}
	}
	return w.end()
}

func (w *witness) reset(h habit) {
	w.habit, w.free, w.lowest = h, w.f.judge.stock, w.f.judge.stock
	w.request = map[[2]uint32]*purchase{}
	for q := range w.waiting {
		w.waiting[q] = w.waiting[q][:0]
	}
	w.work = 1<<22 + 256*int64(len(w.ops))
	w.stock, w.dups, w.largest = 0, 0, 0
	w.now, w.ran = history.Never, w.ran[:0]
	for i := range w.ops {
		w.ops[i].done = false
		w.largest = max(w.largest, w.ops[i].units)
	}
	for i := range w.buyers {
		c := &w.f.buyers[i]
		w.buyers[i] = holder{open: noLimit}
		if w.f.exact && c.leastBack == c.mostBack && !c.unsold {
			w.buyers[i].open = max(0, c.stored-(c.granted-c.mostBack))
		}
		if w.f.once && !w.f.exact && c.stored == 0 {
			w.buyers[i].open = 0
		}
	}
}

// call makes an op known: from here on it may run.
func (w *witness) call(n int32) {
	o := &w.ops[n]
	q := o.queue()
	w.now = max(w.now, o.inv)
	w.place[n] = int32(len(w.waiting[q]))
	w.waiting[q] = append(w.waiting[q], n)
	w.count(o, 1)
	now := false
	switch o.class {
	case maybe:
		w.of(o).granted = true
		now = w.habit.salesFirst && w.buyers[o.holder].open != noLimit
	case mayReturn:
	case granted:
		w.of(o).waiting++
		now = w.habit.salesFirst
	case returned:
		now = w.habit.releasesFirst
	default:
		now = true
	}
	if now {
		w.try(n)
	}
}

func (w *witness) of(o *turn) *purchase {
	key := [2]uint32{o.buyer, o.request}
	p := w.request[key]
	if p == nil {
		p = &purchase{}
		w.request[key] = p
	}
	return p
}

// try runs an op if it can run now, and then the answers that have become true.
func (w *witness) try(n int32) bool {
	o := &w.ops[n]
	if o.done || !w.take(o) {
		return false
	}
	w.done(n)
	w.wake(o)
	return true
}

// done notes that an op has run.
func (w *witness) done(n int32) {
	w.ops[n].done = true
	w.ran = append(w.ran, marked{w.now, uint32(n)})
	w.forget(n)
}

// forget takes an op that has run out of its queue.
func (w *witness) forget(n int32) {
	o := &w.ops[n]
	q := &w.waiting[o.queue()]
	last := (*q)[len(*q)-1]
	(*q)[w.place[n]], w.place[last] = last, w.place[n]
	*q = (*q)[:len(*q)-1]
	w.count(o, -1)
}

// count keeps count of what waits for what.
func (w *witness) count(o *turn, by int32) {
	if q := o.queue(); o.holder < 0 || q == inSales || q == inOptional {
		return
	}
	w.buyers[o.holder].waiting += by
	w.stock += by * int32(bit(o.class == soldOut || o.class == refused))
	w.dups += by * int32(bit(o.class == duplicate))
}

// wakes reports whether some op that waits may run now that o has.
func (w *witness) wakes(o *turn) bool {
	own := o.holder >= 0 && w.buyers[o.holder].waiting > 0
	switch {
	case o.class == granted || o.class == maybe:
		return own || w.stock > 0 && w.free < w.largest
	case o.class >= returned:
		return own || w.habit.salesFirst && len(w.waiting[inSales]) > 0 || w.f.order == sale.StockFirst && w.dups > 0
	}
	return false
}

// wake runs what can run since o has run.
func (w *witness) wake(o *turn) {
	for again := w.wakes(o); again; {
		again = w.wakeIn(inAnswers) || w.habit.salesFirst && w.wakeIn(inSales) || w.habit.releasesFirst && w.wakeIn(inReturns)
	}
}

// wakeIn runs what can run of a queue. It stops and reports true when that may
// let others run.
func (w *witness) wakeIn(q int) bool {
	for i := 0; i < len(w.waiting[q]) && w.work > 0; i++ {
		w.work--
		n := w.waiting[q][i]
		if o := &w.ops[n]; w.take(o) {
			w.done(n)
			i--
			if w.wakes(o) {
				return true
			}
		}
	}
	return false
}

// take runs an op in the present state; false: it cannot have this answer.
func (w *witness) take(o *turn) bool {
	if o.holder < 0 {
		w.free += o.units
		return true
	}
	b, p := &w.buyers[o.holder], w.of(o)
	full, empty := w.f.most != noLimit && b.held+o.units > w.f.most, w.free < o.units
	if p.told && w.remembers(o.class) {
		return false
	}
	switch o.class {
	case granted, maybe:
		return !full && !empty && w.sell(o, b, p)
	case replayed:
		return p.granted
	case soldOut:
		return empty && !(full && w.f.order == sale.DuplicateFirst)
	case refused:
		return full || empty
	case returned, mayReturn:
		return w.release(o, b, p)
	}
	if w.f.most == noLimit {
		p.turned = true
		return true
	}
	return full && !(empty && w.f.order == sale.StockFirst)
}

func (w *witness) sell(o *turn, b *holder, p *purchase) bool {
	if o.class == maybe {
		if b.open != noLimit {
			if b.open < o.units {
				return false
			}
			b.open -= o.units
		}
	} else {
		if w.f.perRequest && p.turned {
			return false
		}
		p.granted, p.told = true, true
		p.waiting--
	}
	w.free -= o.units
	w.lowest = min(w.lowest, w.free)
	b.held += o.units
	p.units = o.units
	p.grants++
	return true
}

// release gives a purchase back, once; an uncertain release of nothing is not
// worth running.
func (w *witness) release(o *turn, b *holder, p *purchase) bool {
	if p.released || p.grants == 0 {
		return o.class == returned && (p.waiting == 0 || w.hollow)
	}
	p.released, p.told = true, false
	p.grants--
	b.held -= p.units
	w.free += p.units
	return true
}

// remembers reports whether a script that keeps its promise about resends never
// gives this answer to a request that it has told ok.
func (w *witness) remembers(answer class) bool {
	switch {
	case answer == maybe || answer >= returned || answer == replayed:
		return false
	case w.f.perRequest:
		return true
	}
	return w.f.onceARequest && answer == granted
}

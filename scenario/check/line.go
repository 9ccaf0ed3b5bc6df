package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A line is the sales of an item in an order that explains every answer, and
// the answers, which find their places between them. It is filled while the
// buyers are judged: to look at all of them again would take as long.
type line struct {
	deals    []deal
	specials []special
	// order is the numbers of the deals that were made, in order.
	order []marked
	// soldOut are the answers that come after the last sale whatever their
	// return, answers the others; by buyer.
	soldOut, answers []answer
	// rare are the answers that take more to keep.
	rare []rareAnswer
	// early is the answers that come before the last sale, in order, by number:
	// first the rare ones.
	early []marked
	// buyers counts the buyers, shared the requests that several attempts of a
	// buyer have in common; ids are those of the latest.
	buyers, shared uint32
	ids            []sharedRequest
	// end is when everything must be sold, if something was refused for that.
	end int64
	// moot are the refusals for which it matters whether the spare sales were made.
	moot []mootRefusal
	// waits: the last sale comes after every duplicate.
	waits bool
	// choice: a replay can rest on one of several sales, and one was taken.
	choice bool
	ladder
	act     act
	scratch []marked
}

// An answer is one that changes nothing, to a request of its own. It is kept to
// 16 bytes: most attempts are refused.
type answer struct {
	inv  int64
	took uint32 // from call to return
	what uint32 // who was told, and the class
}

// A rareAnswer took long, or is to a request of several attempts. One of an
// attempt that got none stands for that a replay may rest on it.
type rareAnswer struct {
	inv, ret     int64
	who, request uint32
	class        class
}

const classBits = 4

func (a *answer) full() rareAnswer {
	return rareAnswer{inv: a.inv, ret: a.inv + int64(a.took), who: a.what >> classBits, class: class(a.what % (1 << classBits))}
}

// hear adds an answer.
func (l *line) hear(o *op, who uint32) {
	request := l.id(o)
	if took := o.ret - o.inv; took != int64(uint32(took)) || request != 0 || who != who<<classBits>>classBits {
		l.rare = append(l.rare, rareAnswer{o.inv, o.ret, who, request, o.class})
		return
	}
	a := answer{o.inv, uint32(o.ret - o.inv), who<<classBits | uint32(o.class)}
	if o.class == soldOut {
		l.soldOut = append(l.soldOut, a)
	} else {
		l.answers = append(l.answers, a)
	}
}

// A mootRefusal says that the deals from first to last were made by ret, or
// everything was sold by then.
type mootRefusal struct {
	first, last int
	ret         int64
}

// A misfit says why no line can be made.
type misfit struct {
	text string
	ops  []op
}

func (l *line) reset() {
	l.deals, l.specials, l.order, l.early, l.moot = l.deals[:0], l.specials[:0], l.order[:0], l.early[:0], l.moot[:0]
	l.soldOut, l.answers, l.rare = l.soldOut[:0], l.answers[:0], l.rare[:0]
	l.buyers, l.shared, l.end, l.waits, l.choice = 0, 0, forever, false, false
}

// makeRoom makes room for as many deals and answers as there are likely to be.
func (l *line) makeRoom(n *[classes]int64) {
	l.deals = slices.Grow(l.deals, int(n[granted]+min(n[granted], n[maybe])))
	l.soldOut = slices.Grow(l.soldOut, int(n[soldOut]))
	l.answers = slices.Grow(l.answers, int(n[duplicate]+n[refused]+n[replayed]))
}

// lineUp adds a buyer's sales and answers.
func (j *judge) lineUp(s *shard, b *buyer) {
	l := &j.line
	who := l.buyers
	l.buyers++
	l.ids = l.ids[:0]
	if len(b.ops) == 1 && !b.ops[0].asked() {
		if o := &b.ops[0]; o.answered() {
			l.hear(o, who)
			if o.class == refused {
				l.end = min(l.end, o.ret)
			}
		}
		return
	}
	if len(b.ops) > 1 && (j.onceARequest || b.count[replayed] > 0) {
		l.share(b)
	}
	first := len(l.deals)
	j.addDeals(s, b, who)
	for i := range b.ops {
		if o := &b.ops[i]; o.answered() && o.class != granted {
			l.hear(o, who)
		}
	}
	j.setDue(b, first)
	if b.count[replayed] > 0 {
		l.support(b, first, who)
	}
}

// addDeals adds what the buyer bought or may have.
func (j *judge) addDeals(s *shard, b *buyer, who uint32) {
	l := &j.line
	add := func(o *op, spare bool) {
		n := b.number(o)
		l.addDeal(&s.ops[n-1], who, special{due: o.ret, request: l.id(o), told: j.rank(s, o, n), spare: spare, early: b.count[duplicate] > 0})
	}
	for o := range b.effects {
		add(o, false)
	}
	if left := b.spare; left > 0 {
		b.spares(forever, func(o *op) bool {
			add(o, true)
			left--
			return left > 0
		})
	}
}

// rank is the number of a sale by the stock that it was told; 0: none.
func (j *judge) rank(s *shard, o *op, number uint32) uint32 {
	if len(s.told) == 0 || o.class != granted {
		return 0
	}
	i := int(number) - 1 // where all were told
	if i >= len(s.told) || s.told[i].number != number {
		at, was := slices.BinarySearchFunc(s.told, number, func(t told, n uint32) int { return cmp.Compare(t.number, n) })
		if i = at; !was {
			return 0
		}
	}
	n, whole := j.madeBy(s.left(s.told[i]))
	if !whole || n < 1 || n > j.record.count[granted]+j.record.count[maybe] {
		return 0
	}
	return uint32(n)
}

// setDue sets when the buyer's sales must have been made, as far as he was told
// that he had bought. Whatever refusal that does not explain says that all is
// sold.
func (j *judge) setDue(b *buyer, first int) {
	if b.count[duplicate]+b.count[refused] == 0 {
		return
	}
	l, due := &j.line, int64(forever)
	for i := range b.ops {
		o := &b.ops[i]
		switch {
		case o.class == duplicate && j.limited(), o.class == refused && j.limited() && b.sales >= j.limit:
			due = min(due, o.ret)
		case o.class == refused && j.limited() && b.sales+b.spare >= j.limit:
			l.moot = append(l.moot, mootRefusal{first, len(l.deals), o.ret})
		case o.class == refused:
			l.end = min(l.end, o.ret)
		}
	}
	for i := first; i < len(l.deals); i++ {
		l.hasten(&l.deals[i], due)
	}
}

// arrange puts the sales in a line that every answer agrees with. Where no
// stock was told or read each is made when it was called; that does for all
// other answers, but for the last sale of a script that tests the stock first.
// It answers nil, or why it cannot be done.
func (j *judge) arrange() *misfit {
	l, made := &j.line, j.made()
	for _, m := range l.moot {
		if made < j.base+j.spare {
			l.end = min(l.end, m.ret)
			continue
		}
		for i := m.first; i < m.last; i++ {
			l.hasten(&l.deals[i], m.ret)
		}
	}
	l.end = min(l.end, j.firstSoldOut.ret)
	l.waits = j.order == sale.StockFirst && j.limited() && j.record.count[duplicate] > 0 && made == j.capacity
	switch {
	case l.waits:
		return l.seat(made, &j.tells, max(j.lastSale, j.lastDuplicate))
	case j.tells.told+int64(len(j.tells.rest)) > 0:
		return l.seat(made, &j.tells, history.Never)
	}
	return l.queue(made)
}

// made is how many sales were made, or, where nobody knows, how many can have
// been: one that nobody waits for can come after everything else.
func (j *judge) made() int64 {
	switch {
	case j.exact:
		return j.base
	case j.left != nil:
		return (j.stock - *j.left) / j.quantity
	}
	return min(j.base+j.spare, j.capacity)
}

// arrangeLoosely puts the granted sales in a line by nothing but their calls
// and returns and the stocks that were told and read.
func (j *judge) arrangeLoosely() *misfit {
	if !j.complete {
		return j.ahead()
	}
	l := &j.line
	l.reset()
	for i := range j.shards {
		s := &j.shards[i]
		for k := range s.ops {
			if o := &s.ops[k]; o.asked() {
				l.addDeal(o, 0, special{due: o.ret, told: j.rank(s, o, uint32(k)+1), spare: o.class == maybe})
			}
		}
	}
	return l.seat(int64(len(l.deals)), &j.tells, history.Never)
}

// queue makes n sales, each when it was called.
func (l *line) queue(n int64) *misfit {
	base := int64(0)
	l.order = slices.Grow(l.order[:0], len(l.deals))
	for i := range l.deals {
		base += bit(!l.of(&l.deals[i]).spare)
	}
	spares := n - base
	for i := range l.deals {
		d := &l.deals[i]
		if l.of(d).spare {
			if spares--; spares < 0 {
				continue
			}
		}
		l.order = append(l.order, marked{d.o.inv, uint32(i)})
	}
	if int64(len(l.order)) != n {
		return &misfit{text: fmt.Sprintf("%s were made, and the history tells of %d", sales(n), len(l.order))}
	}
	l.scratch = sortByTime(l.order, l.scratch)
	return nil
}

// last is when the last sale is made.
func (l *line) last() int64 {
	if len(l.order) == 0 {
		return history.Never
	}
	return l.order[len(l.order)-1].at
}

package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A flow judges an item whose stock goes both ways, or whose purchases differ
// in quantity. It counts units. Each rule is a bound that no order of the
// attempts can pass, so whatever it finds is broken; and what it finds nothing
// wrong with it clears only by an order that explains every answer.
type flow struct {
	*judge
	// fixed is the units of every purchase; 0: they differ.
	fixed int64
	// ops are the purchases and releases, by buyer and call.
	ops  []change
	back []comeback // of all buyers, and the restocks
	// restocked is the units that came on top, least and most.
	restocked [2]int64
	units     flowTotals
	stock     level
	buyers    []client
	soldOuts  soldOuts
}

// flowTotals are sums over the buyers, in units.
type flowTotals struct {
	granted, maybe int64
	// leastBack and mostBack are what was released of granted purchases.
	leastBack, mostBack int64
	stored              int64
}

// A client is a buyer's part in a flow.
type client struct {
	ops  []change // by call
	back []comeback
	// least and most are the units the ledger holds for him; where there is
	// none, what he can hold.
	least, most int64
	// stored is the ledger's units.
	stored int64
	// granted and maybe are the units he was granted and may have been.
	granted, maybe int64
	// leastBack and mostBack are what he released of the granted ones.
	leastBack, mostBack int64
	// unsold: some of what he released may never have been sold.
	unsold bool
}

// judgeFlow applies every rule to an item that flows.
func (j *judge) judgeFlow(returns bool) {
	f := &flow{judge: j, fixed: j.quantity}
	j.flows = true
	if j.mixed {
		f.fixed, j.order = 0, sale.OrderUnknown
	}
	f.load()
	before := j.found.total()
	switch {
	case j.complete:
		f.judgeAll()
	case returns: // what is missing may have brought any units
		j.judgeBelowZero()
	default:
		f.judgeOversell()
		for i := range f.buyers {
			f.judgeClientLimit(&f.buyers[i])
		}
	}
	f.countFlow()
	j.lost = f.losses()
	j.open = j.found.total() == before && !f.explained()
}

func (f *flow) judgeAll() {
	f.readLedger()
	f.judgeOversell()
	f.judgeEnd()
	f.stock.set(f.judge.stock, f.ending(), f.ops, f.back)
	f.soldOuts.set(f)
	for i := range f.buyers {
		f.judgeClient(&f.buyers[i])
	}
	f.judgeLate()
}

// load sorts the ops by buyer and finds out what came back.
func (f *flow) load() {
	f.ops = make([]change, 0, f.read)
	for o := range f.all() {
		if c := (change{*o, o.units()}); o.ran() && (c.units > 0 || o.class >= returned) {
			c.next = 0
			f.ops = append(f.ops, c)
		}
	}
	f.shards = nil // a copy is enough
	slices.SortFunc(f.ops, func(a, b change) int {
		if a.buyer != b.buyer {
			return cmp.Compare(a.buyer, b.buyer)
		}
		return cmp.Or(byCall(a.op, b.op), cmp.Compare(a.units, b.units))
	})
	for start := 0; start < len(f.ops); {
		end := start + 1
		for end < len(f.ops) && f.ops[end].buyer == f.ops[start].buyer {
			end++
		}
		c := client{ops: f.ops[start:end]}
		c.sum()
		c.comeBack()
		f.back = append(f.back, c.back...)
		f.units.granted += c.granted
		f.units.maybe += c.maybe
		f.units.leastBack += c.leastBack
		f.units.mostBack += c.mostBack
		f.buyers = append(f.buyers, c)
		start = end
	}
	for _, r := range f.restocks {
		sure := r.class == returned
		f.back = append(f.back, comeback{inv: r.inv, ret: r.ret, units: r.units, sure: sure})
		f.restocked[0] += bit(sure) * r.units
		f.restocked[1] += r.units
	}
}

func (c *client) sum() {
	for i := range c.ops {
		switch o := &c.ops[i]; o.class {
		case granted:
			c.granted += o.units
		case maybe:
			c.maybe += o.units
		}
	}
}

// comeBack works out what the client's releases gave back: of each purchase
// that was granted its units, once, however often its release was told ok.
func (c *client) comeBack() {
	byRequest := map[uint32][]*change{}
	for i := range c.ops {
		if o := &c.ops[i]; o.class >= returned {
			byRequest[o.request] = append(byRequest[o.request], o)
		}
	}
	if len(byRequest) == 0 {
		return
	}
	for i := range c.ops {
		if o := &c.ops[i]; o.asked() && byRequest[o.request] != nil {
			byRequest[o.request] = append(byRequest[o.request], o)
		}
	}
	for i := range c.ops {
		if of := byRequest[c.ops[i].request]; of != nil {
			delete(byRequest, c.ops[i].request)
			c.release(of)
		}
	}
}

// release takes the releases and the purchases of one request.
func (c *client) release(of []*change) {
	grants, told := 0, int64(forever) // the earliest return of a grant
	for _, o := range of {
		grants += int(bit(o.asked()))
		if o.class == granted {
			told = min(told, o.ret)
		}
	}
	for _, o := range of {
		if o.asked() {
			c.giveBack(o, of, told, grants == 1)
		}
	}
}

// giveBack notes what the releases of a purchase gave back. It certainly came
// back if one told ok was called after the purchase had been told ok, and it is
// the only one of its request.
func (c *client) giveBack(o *change, of []*change, told int64, only bool) {
	b := comeback{inv: forever, ret: history.Never, units: o.units, unsold: o.class == maybe}
	surely := int64(forever)
	for _, r := range of {
		if r.class < returned || r.ret < o.inv {
			continue // it came too early to give this back
		}
		b.inv, b.ret = min(b.inv, max(r.inv, o.inv)), max(b.ret, r.ret)
		if r.class == returned && r.inv > told {
			surely = min(surely, r.ret)
		}
	}
	if b.inv == forever {
		return
	}
	if o.class == granted {
		c.mostBack += o.units
		if only && surely < forever {
			b.sure, b.ret = true, surely
			c.leastBack += o.units
		}
	}
	c.unsold = c.unsold || b.unsold
	c.back = append(c.back, b)
}

// readLedger gives each client his units of the ledger.
func (f *flow) readLedger() {
	stored := map[uint32]int64{}
	for i := range f.audit.Entries() {
		units := f.audit.Units(i)
		f.units.stored += f.worth(units)
		n, known := f.audit.Buyer(i, f.ids)
		if _, was := slices.BinarySearchFunc(f.buyers, n, func(c client, n uint32) int { return cmp.Compare(c.ops[0].buyer, n) }); known && was {
			stored[n] += units
		} else if units != 0 {
			f.stranger(i)
		}
	}
	for i := range f.buyers {
		c := &f.buyers[i]
		c.stored = f.worth(stored[c.ops[0].buyer])
		c.least, c.most = f.bounds(c)
		if f.ledger() {
			f.judgeHolding(c, stored[c.ops[0].buyer])
		}
	}
}

// worth is the units that what the ledger says stands for.
func (f *flow) worth(n int64) int64 {
	if f.once && f.exact {
		return n * f.quantity
	}
	return n
}

// bounds are what a client can hold at the end by the ledger, or else by his
// attempts.
func (f *flow) bounds(c *client) (least, most int64) {
	switch {
	case f.exact:
		return c.stored, c.stored
	case f.once && c.stored == 0:
		return 0, 0
	}
	return max(0, c.granted-c.mostBack), min(c.granted+c.maybe-c.leastBack, f.most)
}

// judgeHolding holds the ledger against a client's attempts.
func (f *flow) judgeHolding(c *client, entry int64) {
	least, most := c.granted-c.mostBack, c.granted+c.maybe-c.leastBack
	if f.once && !f.exact {
		least, most = min(least, 1), min(most, 1)
	}
	if least > c.stored {
		f.add(saleNotStored, func() string {
			return fmt.Sprintf("a buyer was granted %s and released %d of them at most, and the ledger holds %d for him (%d > %d)",
				units(c.granted), c.mostBack, c.stored, least, c.stored)
		}, c.first(2, (*op).isGranted)...)
	}
	if most < c.stored {
		f.add(saleNotAsked, func() string {
			return fmt.Sprintf("the ledger holds %s for a buyer who was granted or may have been %d and released %d of them at least (%d > %d)",
				units(c.stored), c.granted+c.maybe, c.leastBack, c.stored, most)
		}, c.first(2, func(*op) bool { return true })...)
	}
	if f.exact && c.stored > f.most {
		f.add(storedTwice, func() string {
			return fmt.Sprintf("the ledger holds %s for a buyer, and the limit allows %d (%d > %d)", units(c.stored), f.most, c.stored, f.most)
		}, c.first(2, (*op).asked)...)
	}
	if f.fixed > 0 && entry%f.entry != 0 {
		f.add(partStored, func() string {
			return fmt.Sprintf("the ledger holds %d units for a buyer, and every sale is of %d (%[1]d mod %[2]d ≠ 0)", entry, f.entry)
		}, c.first(2, (*op).asked)...)
	}
}

// first returns the first n ops, by call, of which is holds.
func (c *client) first(n int, is func(*op) bool) (ops []op) {
	for i := range c.ops {
		if len(ops) < n && is(&c.ops[i].op) {
			ops = append(ops, c.ops[i].op)
		}
	}
	return ops
}

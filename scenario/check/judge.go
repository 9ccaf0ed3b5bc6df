package check

import (
	"fmt"
	"iter"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A judge applies the rules to one item. Every rule is a closed condition on
// the calls and returns of few attempts and on the state at the end; together
// they hold exactly if some order of the attempts explains every reply. So
// one pass over the buyers does, and a second one only where refusals have to
// be weighed against all sales or evidence has to be found.
type judge struct {
	item uint16
	terms
	knowledge
	*record
	ids sale.BuyerIDs
	// imported: the buyers are those of the rows, and where rows are missing so are
	// buyers.
	imported bool
	found    *findings
	totals
	chances
	lost itemLoss
	// unsettled counts refusals that may or may not be explained.
	unsettled int64
	// flows: it was judged as a flow, in which want units were asked for and
	// supply can have been there.
	flows        bool
	want, supply int64
	// open: nothing is seen broken, and no order was found that explains all.
	open bool
	// heard counts the stocks that were read and told; tells are those of them
	// that mean something, by the sales made. unheard: they may or may not fit.
	heard   int64
	unheard bool
	// lined: the sales are in line. witnessed is the steps of the order that was
	// replayed; unconfirmed: there should be one.
	lined, unconfirmed bool
	witnessed          int64
	// unpaired: orders and purchases may or may not pair.
	unpaired bool
	*desk
}

// A desk is what a worker uses again for the next item.
type desk struct {
	buyer  buyer
	places places
	level  level
	line   line
	tells  tellings
}

// totals are sums and extremes over the buyers of an item.
type totals struct {
	// base is the sales that certainly took effect, spare how many more may have.
	base, spare int64
	// sold is the sales that some account knows of: acknowledged, or stored.
	sold int64
	// stored is the sales in the ledger, storedUnits its units.
	stored, storedUnits int64
	// lastSale is the latest call of a sale, lastSpare that of a possible one.
	lastSale, lastSpare int64
	// lastFree is the latest return of a sale whose buyer was never told
	// duplicate: such a sale can be the last one of a stock-first script.
	lastFree int64
	// lastDuplicate is the latest call that was told duplicate.
	lastDuplicate int64
	// turned counts the buyers told sold_out, or duplicate with room to the end.
	turned int64
}

// judge applies every rule.
func (j *judge) judge() {
	j.totals = totals{lastSale: history.Never, lastSpare: history.Never, lastFree: history.Never, lastDuplicate: history.Never}
	j.readLedger()
	if j.line.reset(); j.complete {
		j.line.makeRoom(&j.record.count)
	}
	for i := range j.shards {
		s := &j.shards[i]
		if j.spread {
			s.link(j.places.neighbours(), j.audit, j.stranger)
		} else {
			s.linkFar(j.places.far, j.audit, j.stranger)
		}
		for b := range j.buyersOf(s) {
			j.sum(b)
			j.judgeBuyer(b)
			j.countChances(b)
			if j.complete {
				j.lineUp(s, b)
			}
		}
	}
	j.judgeTotals()
	j.judgeRefusals()
	j.judgeStockFirst()
	j.beyond = max(0, j.answers-j.capacity)
	j.drained = j.base >= j.capacity
	j.lost = j.losses()
}

// readLedger sums the ledger and hands its entries to the shards.
func (j *judge) readLedger() {
	for i := range j.audit.Entries() {
		units := j.audit.Units(i)
		j.storedUnits += units
		j.stored += j.knowledge.sales(units)
		n, known := j.audit.Buyer(i, j.ids)
		if s := j.shardOf(n); known && s < len(j.shards) {
			j.shards[s].hold(n, i)
		} else {
			j.stranger(i)
		}
	}
}

// stranger files an entry of the ledger of somebody who never asked for the item.
func (j *judge) stranger(entry int) {
	h := j.audit.Entry(entry)
	j.sold += j.knowledge.sales(h.Units)
	if _, known := j.ids.Number(h.Buyer); h.Units == 0 || (known || j.imported) && !j.complete {
		return // nothing, or an attempt that is not in the record
	}
	j.add(strangerStored, func() string {
		return fmt.Sprintf("the ledger holds %s for buyer %q, who was not there (%d > 0)", units(h.Units), h.Buyer, h.Units)
	})
}

// buyers yields every buyer of the item, settled. The buyer is reused.
func (j *judge) buyers() iter.Seq[*buyer] {
	return func(yield func(*buyer) bool) {
		for i := range j.shards {
			for b := range j.buyersOf(&j.shards[i]) {
				if !yield(b) {
					return
				}
			}
		}
	}
}

func (j *judge) buyersOf(s *shard) iter.Seq[*buyer] {
	return func(yield func(*buyer) bool) {
		for i := range s.groups {
			b := &j.buyer
			b.load(s.ops, &s.groups[i])
			b.settle(&j.terms, &j.knowledge, j.firstSoldOut.ret)
			if !yield(b) {
				return
			}
		}
	}
}

func (j *judge) sum(b *buyer) {
	j.base += b.sales
	j.spare += b.spare
	j.sold += max(b.count[granted], b.held)
	j.lastSale = max(j.lastSale, b.lastSale)
	j.lastSpare = max(j.lastSpare, b.lastSpare)
	j.turned += bit(b.count[soldOut] > 0 || b.count[duplicate] > 0 && b.hasRoom(&j.terms, &j.knowledge))
	if b.count[duplicate] == 0 {
		j.lastFree = max(j.lastFree, b.lastReturn)
		return
	}
	for i := range b.ops {
		if b.ops[i].class == duplicate {
			j.lastDuplicate = max(j.lastDuplicate, b.ops[i].inv)
		}
	}
}

func (j *judge) judgeBuyer(b *buyer) {
	j.judgeLimit(b)
	j.judgeStored(b)
	if b.count[duplicate] > 0 && j.limited() {
		j.judgeDuplicates(b)
	}
	if b.count[soldOut] > 0 && j.order == sale.DuplicateFirst {
		j.judgeSoldOut(b)
	}
	if b.lastSale > j.firstSoldOut.ret {
		j.judgeLateSales(b)
	}
	if b.count[replayed] > 0 || j.onceARequest && len(b.ops) > 1 {
		j.judgeRequests(b)
	}
}

// add files a finding on this item.
func (j *judge) add(c condition, say func() string, ops ...op) {
	j.found.add(c, j.item, say, ops...)
}

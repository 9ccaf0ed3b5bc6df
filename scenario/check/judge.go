package check

import (
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
	groups []group
	found  *findings
	totals
	chances
	// unsettled counts refusals that may or may not be explained.
	unsettled int64
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
}

// judgeItem applies every rule. slots has room for every buyer's number and is
// zero before and after.
func judgeItem(j *judge, ids sale.BuyerIDs, slots []uint32) {
	j.totals = totals{lastSale: history.Never, lastSpare: history.Never, lastFree: history.Never, lastDuplicate: history.Never}
	j.group(slots)
	j.readLedger(ids, slots)
	j.clear(slots)
	for b := range j.buyers() {
		j.sum(b)
		j.judgeBuyer(b)
		j.countChances(b)
	}
	j.judgeTotals()
	j.judgeRefusals()
	j.judgeStockFirst()
}

// group links the ops of each buyer.
func (j *judge) group(slots []uint32) {
	for i := range j.ops {
		o := &j.ops[i]
		if slots[o.buyer] == 0 {
			j.groups = append(j.groups, group{})
			slots[o.buyer] = uint32(len(j.groups))
		}
		g := &j.groups[slots[o.buyer]-1]
		o.next, g.last = g.last, uint32(i)+1
	}
}

func (j *judge) clear(slots []uint32) {
	for i := range j.groups {
		slots[j.ops[j.groups[i].last-1].buyer] = 0
	}
}

// readLedger gives each buyer his units.
func (j *judge) readLedger(ids sale.BuyerIDs, slots []uint32) {
	for _, h := range j.holdings {
		if h.Units == 0 {
			continue
		}
		j.storedUnits += h.Units
		j.stored += j.knowledge.sales(h.Units)
		n, known := ids.Number(h.Buyer)
		if known && int(n) < len(slots) && slots[n] != 0 {
			j.groups[slots[n]-1].units += h.Units
			continue
		}
		j.sold += j.knowledge.sales(h.Units)
		if !known || j.complete {
			j.stranger(h)
		}
	}
}

// buyers yields every buyer of the item, settled. The buyer is reused.
func (j *judge) buyers() iter.Seq[*buyer] {
	return func(yield func(*buyer) bool) {
		var b buyer
		for i := range j.groups {
			b.load(j.ops, &j.groups[i])
			b.settle(&j.terms, &j.knowledge, j.firstSoldOut.ret)
			if !yield(&b) {
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
	if b.count[replayed] > 0 || j.perRequest && len(b.ops) > 1 {
		j.judgeRequests(b)
	}
}

// add files a finding on this item.
func (j *judge) add(c condition, say func() string, ops ...op) {
	j.found.add(c, j.item, say, ops...)
}

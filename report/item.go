package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// An itemSale is what the record says about one item.
type itemSale struct {
	// counts holds the purchases of each outcome.
	counts [sale.Dropped + 1]int64
	// granted, released and restocked are units; maybe is those that may have
	// come back or on top.
	granted, released, restocked, maybe int64
	// least is the fewest units that a purchase asked for.
	least int64
	// soldOut is the earliest return of a sold_out for as few units as that,
	// lastOK the latest of an ok.
	soldOut, lastOK int64
}

// newItemSale is an item before anybody came.
func newItemSale() itemSale {
	return itemSale{least: math.MaxInt64, soldOut: history.Never, lastOK: history.Never}
}

// buy counts a purchase. Where quantities differ, somebody who asked for many
// is told that the item is sold out while others are still served: only what
// those heard who asked for the fewest tells.
func (i *itemSale) buy(a *history.Attempt) {
	i.counts[min(a.Outcome, sale.Dropped)]++
	if int64(a.Quantity) < i.least {
		i.least, i.soldOut = int64(a.Quantity), history.Never
	}
	switch a.Outcome {
	case sale.OK:
		i.granted += int64(a.Granted)
		i.lastOK = max(i.lastOK, a.Return)
	case sale.SoldOut:
		if int64(a.Quantity) == i.least && (i.soldOut == history.Never || a.Return < i.soldOut) {
			i.soldOut = a.Return
		}
	}
}

// restock counts units that came on top, or may have.
func (i *itemSale) restock(e *history.Event) {
	if e.Until == history.Never {
		i.maybe += e.Units
	} else {
		i.restocked += e.Units
	}
}

// soldOutAt is when the item, opened with a stock, was first seen to be sold
// out, or history.Never.
func (i *itemSale) soldOutAt(stock int64) int64 {
	if i.soldOut != history.Never {
		return i.soldOut
	}
	turnedAway := i.counts[sale.Refused] + i.counts[sale.SoldOut]
	left := stock + i.restocked + i.released + i.maybe - i.granted
	if turnedAway > 0 && left < max(i.least, 1) {
		return i.lastOK
	}
	return history.Never
}

// attempts is the purchases of the item.
func (i *itemSale) attempts() (n int64) {
	for _, of := range i.counts {
		n += of
	}
	return n
}

// itemSoldOutAt is when an item was first seen to be sold out; nil when it was not.
func (s *Summary) itemSoldOutAt(item int) *int64 {
	return unlessNever(s.items[item].soldOutAt(s.Head.Items[item].Stock))
}

// soldOutItems is how many items were seen to be sold out.
func (s *Summary) soldOutItems() (n int64) {
	for i := range s.items {
		if s.itemSoldOutAt(i) != nil {
			n++
		}
	}
	return n
}

// leftOf is the audited stock of an item; nil where it could not be read.
func (s *Summary) leftOf(item int) *int64 {
	if s.Tail == nil || item >= len(s.Tail.Audits) {
		return nil
	}
	return s.Tail.Audits[item].Stock
}

// busiest returns the numbers of at most n items, those with most purchases
// first.
func (s *Summary) busiest(n int) []int {
	order := make([]int, len(s.items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.items[b].attempts(), s.items[a].attempts()) })
	return order[:min(n, len(order))]
}

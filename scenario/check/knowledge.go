package check

import (
	"fmt"
	"math"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// noLimit is the number of sales a buyer may hold where there is no limit.
const noLimit = math.MaxInt64

// terms are the numbers of a sale, counted in sales of a fixed quantity; where
// quantities differ, in units.
type terms struct {
	stock    int64 // units at the opening
	quantity int64 // units a sale
	capacity int64 // sales the stock is good for
	limit    int64 // sales a buyer may hold, or noLimit
	most     int64 // units a buyer may hold, or noLimit
	order    sale.Order
	// onceARequest: a request is granted once. perRequest: and its answer is
	// replayed ever after.
	onceARequest, perRequest bool
	// comers is how many buyers a schedule brings; 0: as many as are asked for.
	comers int64
}

func newTerms(head *history.Head, item sale.Item, r *record) (terms, error) {
	q, limit := head.Quantity, head.Terms.Limit
	if q < 0 || limit < 0 || item.Stock < 0 {
		return terms{}, fmt.Errorf("item %s cannot be judged: stock %d, quantity %d, limit %d", item.ID, item.Stock, q, limit)
	}
	if limit > 0 && limit < q {
		return terms{}, fmt.Errorf("a limit of %d units with %d a purchase: nobody could ever buy", limit, q)
	}
	if limit == 0 {
		limit = noLimit
	}
	q = max(int64(r.asked), 1)
	if r.mixed = r.mixed || limit < q; r.mixed {
		q = 1
	}
	t := terms{stock: item.Stock, quantity: q, capacity: item.Stock / q, limit: noLimit, most: limit, order: head.Terms.Order,
		onceARequest: head.Terms.RetrySafe == sale.RetryBuyer || head.Terms.RetrySafe == sale.RetryRequest,
		perRequest:   head.Terms.RetrySafe == sale.RetryRequest}
	if limit != noLimit {
		t.limit = limit / q
	}
	return t, nil
}

func (t *terms) limited() bool { return t.limit != noLimit }

// knowledge is what the audit tells of an item.
type knowledge struct {
	// complete: every attempt that was made is in the record.
	complete bool
	// left is the units left at the end; nil: not known.
	left *int64
	// exact: the ledger tells how many sales it holds for each buyer.
	exact bool
	// once: a buyer stands in the ledger once, however much he holds.
	once bool
	// audit is where the ledger is; an empty one, where there is none.
	audit *sale.Audit
	// entry is how many of the ledger's units one sale puts there.
	entry int64
}

// ledger reports whether the buyers can be read at all.
func (k *knowledge) ledger() bool { return k.exact || k.once }

// know says what is known of an item. Where buyers may hold one sale, to be in
// the ledger is to hold exactly one.
func know(tail *history.Tail, item int, complete bool, t *terms) knowledge {
	k := knowledge{complete: complete, audit: &sale.Audit{}}
	if tail == nil || item >= len(tail.Audits) || tail.AuditsDiffer {
		return k
	}
	audit := &tail.Audits[item]
	k.left = audit.Stock
	switch audit.Ledger {
	case sale.Units:
		k.exact, k.entry = true, t.quantity
	case sale.Presence:
		k.exact, k.once, k.entry = t.limit == 1, true, 1
	default:
		return k
	}
	k.audit = audit
	return k
}

// sales is how many whole sales the ledger's units stand for, rounded down.
func (k *knowledge) sales(units int64) int64 {
	switch {
	case k.entry == 0:
		return 0
	case units < 0:
		return -((k.entry - 1 - units) / k.entry)
	}
	return units / k.entry
}

package strategy

import (
	"context"
	"fmt"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// saddDecr writes the buyer down, which tells whether he has been there, and
// takes a unit; if there is none it gives it back and strikes the buyer out.
//
// Promise: no oversell, and one unit a buyer, told before the stock.
// Round trips: 2; 1 for who has bought, 4 when nothing is left.
// Flaw: the buyer stands in the ledger before he has bought. His second click is
// told that he has, though the first is about to be refused; and a client that
// dies on the way leaves a buyer without a unit.
var saddDecr = baseline{
	name: "sadd-decr", promise: "no oversell; 1 a buyer", trips: "2; 1 duplicate, 4 sold out",
	flaw:   "a double click during the undo is told duplicate; a client that dies on the way leaves a buyer without a unit",
	terms:  sale.Terms{Limit: 1, Order: sale.DuplicateFirst, RetrySafe: sale.RetryBuyer},
	beside: []string{"buyers"},
	stock:  notBelowZero,
	buyers: members,
	call: func(ctx context.Context, do Doer, p *sale.Purchase) sale.Answer {
		stock, buyers := stockOf(p.Item), key(p.Item, "buyers")
		added, err := do.Do(ctx, "SADD", buyers, p.Buyer)
		switch {
		case err != nil:
			return unsure(err)
		case added != int64(1):
			return refused(sale.Duplicate)
		}
		answer := taken(do.Do(ctx, "DECR", stock))
		if answer.Outcome != sale.SoldOut {
			return answer
		}
		if _, err := do.Do(ctx, "INCR", stock); err != nil {
			return unsure(err) // the ledger says that he has bought
		}
		if _, err := do.Do(ctx, "SREM", buyers, p.Buyer); err != nil {
			return unsure(err)
		}
		return answer
	},
}

// members reads the set of buyers, step by step.
func members(ctx context.Context, do Doer, item sale.Item) (all []sale.Holding, err error) {
	seen := map[string]bool{}
	for cursor := "0"; ; {
		reply, err := do.Do(ctx, "SSCAN", key(item, "buyers"), cursor, "COUNT", 1000)
		if err != nil {
			return nil, err
		}
		part, _ := reply.([]any)
		if len(part) != 2 {
			return nil, fmt.Errorf("SSCAN: want a cursor and members, not %v", reply)
		}
		cursor, _ = part[0].(string)
		found, _ := part[1].([]any)
		for _, member := range found {
			if buyer, _ := member.(string); !seen[buyer] {
				seen[buyer] = true
				all = append(all, sale.Holding{Buyer: buyer, Units: 1})
			}
		}
		if cursor == "0" || cursor == "" {
			return all, nil
		}
	}
}

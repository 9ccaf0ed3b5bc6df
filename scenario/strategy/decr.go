package strategy

import "github.com/seckill-bench/seckill/scenario/sale"

// decr takes a unit and sells if the counter is not below zero: a gate.
//
// Promise: no oversell, whatever happens to its connections.
// Round trips: 1.
// Flaw: the counter goes on falling when nothing is left, so the units left are
// max(0, counter), nothing can be brought back by adding to it, and a purchase
// that takes several could not be told that fewer are left. A missing stock
// looks sold out.
var decr = baseline{
	name: "decr", promise: "no oversell; no limit a buyer", trips: "1",
	flaw:  "the counter falls below zero, so no restock; a missing stock looks sold out",
	terms: sale.Terms{RetrySafe: sale.RetryNone, Atomic: true},
	stock: notBelowZero,
	words: func(room []any, p *sale.Purchase) ([]any, error) {
		return append(room, "DECR", stockOf(p.Item)), nil
	},
	read: taken,
}

package strategy

import (
	"context"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// decrUndo takes a unit, and gives it back when the counter has fallen below
// zero.
//
// Promise: no oversell. It is right as long as all purchases are of one
// quantity: a counter that is below zero, because somebody has yet to give back,
// has nothing for anybody else either.
// Round trips: 1, and 2 when nothing is left.
// Flaw: a client that dies before it has given back leaves the counter below
// zero. No unit is lost by that, but a restock would be swallowed, as it would be
// by a refusal under way. A missing stock looks sold out.
var decrUndo = baseline{
	name: "decr-undo", promise: "no oversell; no limit a buyer", trips: "1; 2 sold out",
	flaw:  "a unit that is brought while somebody gives back may be refused; a missing stock looks sold out",
	terms: sale.Terms{RetrySafe: sale.RetryNone, Atomic: true},
	stock: notBelowZero,
	call: func(ctx context.Context, do Doer, p *sale.Purchase) sale.Answer {
		answer := taken(do.Do(ctx, "DECR", stockOf(p.Item)))
		if answer.Outcome != sale.SoldOut {
			return answer
		}
		if _, err := do.Do(ctx, "INCR", stockOf(p.Item)); err != nil {
			return failed(err) // there was no unit to be had
		}
		return answer
	},
}

package strategy

import (
	"context"
	"fmt"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// The stock is a whole number without a sign, in the first bits of a string:
// what would be below zero overflows.
const bitfieldType, bitfieldAt = "u63", "0"

// bitfield takes a unit from a number that cannot fall below zero: Redis refuses
// what would overflow.
//
// Promise: no oversell, whatever happens to its connections.
// Round trips: 1.
// Flaw: the stock is no text: GET shows bytes. A missing stock looks sold out.
var bitfield = baseline{
	name: "bitfield", promise: "no oversell; no limit a buyer", trips: "1",
	flaw:  "nobody can read the stock with GET; a missing stock looks sold out",
	terms: sale.Terms{RetrySafe: sale.RetryNone, Atomic: true},
	open: func(ctx context.Context, do Doer, stock string, units int64) error {
		_, err := do.Do(ctx, "BITFIELD", stock, "SET", bitfieldType, bitfieldAt, units)
		return err
	},
	stock: func(ctx context.Context, do Doer, stock string) (int64, error) {
		reply, err := do.Do(ctx, "BITFIELD", stock, "GET", bitfieldType, bitfieldAt)
		if err != nil {
			return 0, err
		}
		units, found := only(reply).(int64)
		if !found {
			return 0, fmt.Errorf("BITFIELD: %v", reply)
		}
		return units, nil
	},
	words: func(room []any, p *sale.Purchase) ([]any, error) {
		return append(room, "BITFIELD", stockOf(p.Item), "OVERFLOW", "FAIL", "INCRBY", bitfieldType, bitfieldAt, -1), nil
	},
	read: func(reply any, err error) sale.Answer {
		if list, isList := reply.([]any); err == nil && isList && len(list) == 1 && list[0] == nil {
			return refused(sale.SoldOut) // it would have overflowed
		}
		return taken(only(reply), err)
	},
}

// only returns the one element of a list.
func only(reply any) any {
	if list, _ := reply.([]any); len(list) == 1 {
		return list[0]
	}
	return reply
}

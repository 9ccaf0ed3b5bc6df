package probe

import (
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// ByHand returns the lines that open an item and make purchases of it, one after
// the other, on an empty server: for a POSIX shell with a redis-cli, in the
// folder of the scripts. An error is that of a purchase that cannot be rendered.
func ByHand(c *contract.Contract, item sale.Item, purchases []sale.Purchase) (lines []string, err error) {
	s := &sheet{client: "redis-cli", scripts: c.Scripts()}
	if c.CallBy == contract.FCall {
		lines = s.library()
	}
	took := sale.Took{Buyers: slices.Values(purchases), Requests: slices.Values(purchases)}
	for command, err := range c.Open(item, took) {
		if err != nil {
			return nil, err
		}
		lines = append(lines, s.lines(command)...)
	}
	for i := range purchases {
		command, err := c.Append(nil, &purchases[i])
		if err != nil {
			return nil, fmt.Errorf("purchase %d: %w", i+1, err)
		}
		lines = append(lines, s.lines(command)...)
	}
	return lines, nil
}

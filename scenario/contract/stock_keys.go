package contract

import (
	"slices"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// stockName is what contracts call the key of the stock.
const stockName = "stock"

// StockKeys returns the keys in which the units of an item lie: the one that is
// called stock, and those that the reader of the stock reads. Errors are those
// of Keys.
func (c *Contract) StockKeys(item sale.Item) ([]string, error) {
	p, err := c.prepare(item, c.Quantity)
	if err != nil {
		return nil, err
	}
	var keys []string
	read := c.stock.reads()
	for i := range c.keys {
		if c.keys[i].name == stockName || slices.Contains(read, i) {
			keys = append(keys, p.keys[i]...)
		}
	}
	return keys, nil
}

// reads are the numbers of the keys that a reader reads.
func (r *stockReader) reads() []int {
	if r == nil {
		return nil
	}
	keys := slices.Clone(r.keys)
	for _, part := range r.parts {
		keys = append(keys, part.reads()...)
	}
	return keys
}

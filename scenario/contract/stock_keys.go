package contract

import (
	"errors"
	"slices"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// stockName is what contracts call the key of the stock.
const stockName = "stock"

// ErrSharedStock is for a stock that lies in one key with the buyers or the
// orders: nobody can take it away alone.
var ErrSharedStock = errors.New("the stock lies in one key with the buyers or the orders, and cannot be taken away alone")

// A StockPlace is where units of an item lie.
type StockPlace struct {
	Key string
	// Field is the field of the hash that holds them, where InField is set.
	Field   string
	InField bool
}

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

// StockPlaces returns the places of an item's units that can be emptied without
// a loss of buyers or orders: fields where the reader of the stock reads fields,
// and whole keys. An error is ErrSharedStock, where there is no such place but
// others, or one of Keys.
func (c *Contract) StockPlaces(item sale.Item) (places []StockPlace, err error) {
	p, err := c.prepare(item, c.Quantity)
	if err != nil {
		return nil, err
	}
	v := c.values(item, c.Quantity)
	if places, err = c.stock.fields(nil, p, &v); err != nil {
		return nil, err
	}
	whole, shared := c.stock.wholes(), false
	for i := range c.keys {
		named := c.keys[i].name == stockName && !slices.Contains(c.stock.reads(), i)
		switch {
		case !named && !slices.Contains(whole, i):
		case c.listedIn(i):
			shared = true
		default:
			for _, key := range p.keys[i] {
				places = append(places, StockPlace{Key: key})
			}
		}
	}
	if shared && places == nil {
		err = ErrSharedStock
	}
	return places, err
}

// SoldKeys returns the keys that tell what was sold of an item, those of the
// stock and those of the buyers, each with the name that the contract gives it.
// Of keys that are a buyer's own there are those of who took part. Keys that
// are found by a pattern are left out, as their names are not known.
func (c *Contract) SoldKeys(item sale.Item, took sale.Took) (names map[string]string, err error) {
	p, err := c.prepare(item, c.Quantity)
	if err != nil {
		return nil, err
	}
	names = map[string]string{}
	v := c.values(item, c.Quantity)
	for _, i := range append(c.stock.reads(), c.buyers.reads()...) {
		k := &c.keys[i]
		for _, key := range p.keys[i] {
			names[key] = k.name
		}
		if !k.own() || took.Buyers == nil {
			continue
		}
		for who := range took.Buyers {
			v.p, v.spent = &who, 0
			keys, err := k.append(nil, &v)
			if err != nil {
				return nil, err
			}
			for _, key := range keys {
				names[key] = k.name
			}
		}
	}
	return names, nil
}

// listedIn reports whether the buyers or the orders are read out of a key.
func (c *Contract) listedIn(key int) bool {
	return slices.Contains(c.buyers.reads(), key) || c.orders != nil && c.orders.key == key
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

// wholes are the numbers of the keys of which a reader reads more than a field.
func (r *stockReader) wholes() (keys []int) {
	switch {
	case r == nil:
		return nil
	case r.field == nil:
		keys = slices.Clone(r.keys)
	}
	for _, part := range r.parts {
		keys = append(keys, part.wholes()...)
	}
	return keys
}

// fields adds the fields that a reader reads.
func (r *stockReader) fields(dst []StockPlace, p *preparedItem, v *values) ([]StockPlace, error) {
	if r == nil {
		return dst, nil
	}
	if r.field != nil {
		field, err := r.field.text(v)
		if err != nil {
			return nil, err
		}
		for _, key := range p.keys[r.keys[0]] {
			dst = append(dst, StockPlace{Key: key, Field: field, InField: true})
		}
	}
	for _, part := range r.parts {
		var err error
		if dst, err = part.fields(dst, p, v); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// reads are the numbers of the keys that the buyers are read out of.
func (r *buyersReader) reads() (keys []int) {
	switch {
	case r == nil || r.scan != nil:
		return nil
	case r.collection != nil:
		return []int{r.key}
	}
	for _, word := range r.command {
		if word.key >= 0 {
			keys = append(keys, word.key)
		}
	}
	return keys
}

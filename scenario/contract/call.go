package contract

import (
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A preparedItem is what all purchases of the same quantity of the same item
// share. It is made once and never changed.
type preparedItem struct {
	// keys are the keys of the contract, in its order.
	keys []string
	// words are the keys and arguments of a purchase; nil stands where the
	// purchase decides.
	words []any
}

// An offer is a quantity of an item.
type offer struct {
	item     sale.Item
	quantity int64
}

// prepare returns what purchases of a quantity of an item share. It takes no
// lock but the first time.
func (c *Contract) prepare(item sale.Item, quantity int64) (*preparedItem, error) {
	of := offer{item, quantity}
	if p, found := c.prepared.Load(of); found {
		return p.(*preparedItem), nil
	}
	keys, err := c.keysOf(&values{item: item, quantity: quantity, limit: c.Terms.Limit})
	if err != nil {
		return nil, err
	}
	p := &preparedItem{keys: keys, words: c.sharedWords(keys, item, quantity)}
	c.prepared.Store(of, p)
	return p, nil
}

// keysOf returns the keys of an item, in the contract's order. Two names for
// one key are an error: the script would overwrite what it has just written.
func (c *Contract) keysOf(v *values) ([]string, error) {
	keys := make([]string, len(c.keys))
	names := map[string]string{}
	for i, k := range c.keys {
		keys[i] = k.text.text(v)
		if other, same := names[keys[i]]; same {
			return nil, fmt.Errorf("the contract of %s: the keys %s and %s are both %q for item %q", c.Name, other, k.name, keys[i], v.item.ID)
		}
		names[keys[i]] = k.name
	}
	return keys, nil
}

func (c *Contract) sharedWords(keys []string, item sale.Item, quantity int64) []any {
	v := values{item: item, quantity: quantity, limit: c.Terms.Limit}
	words := make([]any, 0, len(c.buyKeys)+len(c.buyArgs))
	for _, k := range c.buyKeys {
		words = append(words, keys[k])
	}
	for _, t := range c.buyArgs {
		if t.uses(purchaseNames) {
			words = append(words, nil)
		} else {
			words = append(words, t.text(&v))
		}
	}
	return words
}

// Keys returns every key the script may touch for an item, in the contract's
// order. Two names for the same key are an error.
func (c *Contract) Keys(item sale.Item) ([]string, error) {
	p, err := c.prepare(item, c.Quantity)
	if err != nil {
		return nil, err
	}
	return slices.Clone(p.keys), nil
}

// Open returns the commands that open an item, in order. Errors are those of
// Keys.
func (c *Contract) Open(item sale.Item) ([][]any, error) {
	p, err := c.prepare(item, c.Quantity)
	if err != nil {
		return nil, err
	}
	v := values{item: item, quantity: c.Quantity, limit: c.Terms.Limit}
	commands := make([][]any, len(c.open))
	for i, command := range c.open {
		for _, o := range command {
			if o.key >= 0 {
				commands[i] = append(commands[i], p.keys[o.key])
			} else {
				commands[i] = append(commands[i], o.text.text(&v))
			}
		}
	}
	return commands, nil
}

// Append appends the command of a purchase to args, as the contract calls the
// script. The arguments are strings. Errors are those of Keys.
//
// It allocates one interface value for each id or text that is the purchase's
// own, one text where templates mix ids with other text, and args itself if it
// lacks room.
func (c *Contract) Append(args []any, p *sale.Purchase) ([]any, error) {
	if c.CallBy == Eval {
		return c.AppendEval(args, p)
	}
	return c.appendCall(args, c.evalsha, p)
}

// AppendEval appends the command of a purchase that carries the whole script.
// Errors are those of Keys.
func (c *Contract) AppendEval(args []any, p *sale.Purchase) ([]any, error) {
	return c.appendCall(args, c.eval, p)
}

func (c *Contract) appendCall(args, command []any, p *sale.Purchase) ([]any, error) {
	shared, err := c.prepare(p.Item, p.Quantity)
	if err != nil {
		return args, err
	}
	if args == nil {
		args = make([]any, 0, len(command)+len(shared.words))
	}
	args = append(args, command...)
	args = append(args, shared.words...)
	c.fill(args[len(args)-len(c.buyArgs):], p)
	return args, nil
}

// fill puts in the arguments that are the purchase's own. The mixed ones are
// cut from one text, so that they cost one allocation together.
func (c *Contract) fill(args []any, p *sale.Purchase) {
	v := values{item: p.Item, buyer: p.Buyer, request: p.Request, quantity: p.Quantity, limit: c.Terms.Limit}
	var textRoom [128]byte
	var endRoom [8]int
	mixed, ends := textRoom[:0], endRoom[:0]
	for i, t := range c.buyArgs {
		if args[i] != nil {
			continue
		}
		if id, alone := t.alone(&v); alone {
			args[i] = id
			continue
		}
		mixed = t.append(mixed, &v)
		ends = append(ends, len(mixed))
	}
	if len(ends) == 0 {
		return
	}
	text, from := string(mixed), 0
	for i := range args {
		if args[i] == nil {
			args[i] = text[from:ends[0]]
			from, ends = ends[0], ends[1:]
		}
	}
}

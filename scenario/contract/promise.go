package contract

import (
	"math"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

func (l *loader) promises(n *yaml.Node) error {
	c := l.c
	places := map[string]*yaml.Node{}
	at := func(name string, read func(*yaml.Node) error) field {
		return field{name, "", func(n *yaml.Node) error { places[name] = n; return read(n) }}
	}
	err := l.mapping(n, "promises",
		at("limit", l.number(&c.Terms.Limit, "promises.limit", 0, math.MaxInt64)),
		at("order", func(n *yaml.Node) error { return l.one(n, "promises.order", &c.Terms.Order) }),
		at("retry_safe", func(n *yaml.Node) error { return l.one(n, "promises.retry_safe", &c.Terms.RetrySafe) }),
		at("missing_stock", func(n *yaml.Node) error { return l.one(n, "promises.missing_stock", &c.MissingStock) }),
		at("cluster", func(n *yaml.Node) (err error) {
			c.Cluster, err = l.boolean(n, "promises.cluster")
			return err
		}),
	)
	if err != nil {
		return err
	}
	return l.agree(n, places)
}

// agree refuses promises that cannot be kept together, or that the rest of the
// contract rules out.
func (l *loader) agree(n *yaml.Node, places map[string]*yaml.Node) error {
	c := l.c
	switch {
	case c.Terms.Limit > 0 && c.Terms.Limit < c.Quantity:
		return l.errorf(n, "promises.limit: a limit of %d units a buyer allows no purchase of %d (qty); want %d or more, or 0 for no limit",
			c.Terms.Limit, c.Quantity, c.Quantity)
	case c.Terms.Order != "" && c.Terms.Limit == 0:
		return l.errorf(places["order"], "promises.order: without a limit no buyer is ever refused for what he holds; want limit: 1 or more, or no order")
	case c.Terms.RetrySafe == sale.RetryBuyer && c.Terms.Limit == 0:
		return l.errorf(places["retry_safe"], "promises.retry_safe: buyer says that a buyer's second purchase is refused, and without a limit it is not; want limit: 1 or more, none, or request")
	case c.Terms.RetrySafe == sale.RetryRequest && !c.operations[0].uses(c, nameRequest):
		return l.errorf(places["retry_safe"], "promises.retry_safe: request says that a request is recognised, and buy tells the script of none; want {{request}}, or a var made for each request, in its keys or args")
	case c.Cluster:
		return l.oneSlot(places["cluster"])
	}
	return nil
}

// oneSlot refuses the promise of a cluster where a key is not declared, or two
// keys of an item cannot be in one hash slot.
func (l *loader) oneSlot(n *yaml.Node) error {
	c := l.c
	for i := range c.keys {
		declared := slices.ContainsFunc(c.operations, func(o *operation) bool {
			return o.numKeys != 0 && slices.ContainsFunc(o.keys, func(w keyWord) bool { return w.key == i })
		})
		if !declared {
			return l.errorf(n, "promises.cluster: key %s is passed as a key by no operation, and a cluster wants all of them declared", c.keys[i].name)
		}
	}
	sample := sale.Item{ID: "1", Stock: 1}
	v := c.values(sample, c.Quantity)
	v.p = &sale.Purchase{Verb: sale.Buy, Item: sample, Buyer: "2", Request: "3", Quantity: c.Quantity, Receipt: map[string]string{}}
	for _, name := range l.captures {
		v.p.Receipt[name] = "4"
	}
	var first string
	for i := range c.keys {
		texts, err := c.keys[i].append(nil, &v)
		if err != nil {
			continue // it is told when there is an item
		}
		for _, text := range texts {
			if first == "" {
				first = text
			}
			if slotTag(text) != slotTag(first) {
				return l.errorf(n, "promises.cluster: the keys %q and %q of one item are not in one hash slot; want the same {…} in both", first, text)
			}
		}
	}
	return nil
}

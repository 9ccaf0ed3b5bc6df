package contract

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A buyersReader reads the ledger of an item: a collection of buyers, keys
// whose names have the buyers in them, or a command for each who took part.
type buyersReader struct {
	collection *collection
	key        int
	scan       *template
	command    []operand
	// parse finds the buyer in a member, and perhaps his units; nil: the member
	// is the buyer.
	parse *parser
	// value: what stands beside a buyer is his units.
	value bool
}

// buyerCollections are the collections that list buyers.
var buyerCollections = []*collection{&ofSet, &ofFields, &ofHash, &ofSorted, &ofList}

// ledger is what the reader can tell.
func (r *buyersReader) ledger() sale.Ledger {
	if r.value || r.collection == &ofList || r.parse != nil && r.parse.has("qty") {
		return sale.Units
	}
	return sale.Presence
}

// holdings collects what each buyer holds.
type holdings struct {
	list []sale.Holding
	// at is where in the list a buyer stands; nil where each is shown but once: of
	// millions it takes more than the list.
	at map[string]int
}

// add gives a buyer units; where the ledger knows no units, he has but one.
func (h *holdings) add(ledger sale.Ledger, buyer string, units int64) {
	i, known := h.at[buyer]
	switch {
	case h.at == nil:
		h.list = append(h.list, sale.Holding{Buyer: buyer, Units: units})
	case !known:
		h.at[buyer] = len(h.list)
		h.list = append(h.list, sale.Holding{Buyer: buyer, Units: units})
	case ledger == sale.Units:
		h.list[i].Units += units
	}
}

// read returns the buyers of an item, each once.
func (r *buyersReader) read(ctx context.Context, do Doer, c *Contract, p *preparedItem, item sale.Item, took sale.Took) ([]sale.Holding, error) {
	v := c.values(item, c.Quantity)
	if r.command != nil {
		return r.askEach(ctx, do, c, v, p, took.Buyers)
	}
	var h holdings
	reset := func() { h = holdings{} }
	if r.scan != nil || r.parse != nil || r.collection.byPlace || len(p.keys[r.key]) > 1 {
		reset = func() { h = holdings{at: map[string]int{}} }
	}
	reset()
	show := func(m member) error { return r.add(&h, m, c.Quantity) }
	if r.scan != nil {
		pattern, err := r.scan.text(&v)
		if err != nil {
			return nil, err
		}
		seen := map[string]bool{}
		once := func(m member) error {
			name, _ := m[0].(string)
			if seen[name] {
				return nil
			}
			seen[name] = true
			return show(m)
		}
		err = scan(ctx, do, "SCAN", 1, []any{"SCAN"}, []any{"MATCH", pattern, "COUNT", strconv.Itoa(stepSize)}, once)
		return h.list, err
	}
	for _, key := range p.keys[r.key] {
		if err := r.collection.read(ctx, do, key, reset, show); err != nil {
			return nil, err
		}
	}
	return h.list, nil
}

// add reads one member.
func (r *buyersReader) add(h *holdings, m member, quantity int64) error {
	text, isText := m[0].(string)
	if !isText {
		return fmt.Errorf("want members that are texts, not %s", printed(m[0]))
	}
	buyer, units := text, int64(1)
	if r.collection == &ofList { // every entry is a sale
		units = quantity
	}
	var told any
	if r.value && len(m) > 1 {
		told = m[1]
	}
	if r.parse != nil {
		found, err := r.parse.read(text)
		if err != nil {
			return err
		}
		buyer = found[0]
		if len(found) > 1 {
			told = found[1]
		}
	}
	if told != nil {
		number, whole := wholeNumber(told)
		if !whole {
			return fmt.Errorf("the units of buyer %s: %s is not a whole number", strconv.Quote(buyer), printed(told))
		}
		units = number
	}
	h.add(r.ledger(), buyer, units)
	return nil
}

// askEach asks a command of the server for each buyer. Nothing, and the number
// 0, say that he is not in the ledger.
func (r *buyersReader) askEach(ctx context.Context, do Doer, c *Contract, v values, p *preparedItem, buyers iter.Seq[sale.Purchase]) ([]sale.Holding, error) {
	var list []sale.Holding
	for b := range buyers {
		v.p, v.spent = &b, 0
		words := make([]any, 0, len(r.command))
		for i := range r.command {
			var err error
			if words, err = new(opening).word(c, p, &v, &r.command[i], words); err != nil {
				return nil, err
			}
		}
		reply, err := do.Do(ctx, words...)
		if err != nil {
			return nil, fmt.Errorf("%v of buyer %q: %w", words[0], b.Buyer, err)
		}
		units, whole := wholeNumber(reply)
		switch {
		case reply == nil || whole && units == 0:
			continue
		case !r.value:
			units = 1
		case !whole:
			return nil, fmt.Errorf("the units of buyer %s: %s is not a whole number", strconv.Quote(b.Buyer), printed(reply))
		}
		list = append(list, sale.Holding{Buyer: b.Buyer, Units: units})
	}
	return list, nil
}

func (l *loader) auditBuyers(n *yaml.Node) error {
	if isNone(n) {
		return nil
	}
	const what = "audit.buyers"
	r, names, value := new(buyersReader), []string{}, (*yaml.Node)(nil)
	one := func(name string, read func(*yaml.Node) error) field {
		return field{name, "", func(n *yaml.Node) error {
			if names = append(names, name); len(names) > 1 {
				return l.errorf(n, "%s: %s and %s; want one reader", what, names[0], names[1])
			}
			return read(n)
		}}
	}
	var fields []field
	for _, c := range buyerCollections {
		fields = append(fields, one(c.name, func(n *yaml.Node) (err error) {
			r.collection = c
			r.key, err = l.itemKey(n, what+"."+c.name)
			return err
		}))
	}
	fields = append(fields,
		one("per_buyer", func(n *yaml.Node) error { return l.perBuyer(n, r) }),
		one("scan", func(n *yaml.Node) error {
			t, err := l.template(n, what+".scan", l.scope(itemNames))
			r.scan = &t
			return err
		}),
		field{"parse", "", func(n *yaml.Node) error { return l.parser(n, &r.parse, what+".parse") }},
		field{"json", "", func(n *yaml.Node) error { return l.jsonBuyer(n, r, what+".json") }},
		field{"value", "", func(n *yaml.Node) error { value, r.value = n, true; return nil }},
	)
	if err := l.mapping(n, what, fields...); err != nil {
		return err
	}
	l.c.buyers = r
	return l.fitsBuyers(n, r, value, names)
}

// fitsBuyers refuses readers that lack something, or have too much.
func (l *loader) fitsBuyers(n *yaml.Node, r *buyersReader, value *yaml.Node, names []string) error {
	const what = "audit.buyers"
	if r.parse != nil && r.parse.named("buyer") < 0 {
		return l.errorf(n, "%s: want a group or field named buyer: (?P<buyer>[0-9]+)", what)
	}
	if r.parse != nil {
		if err := r.parse.order("buyer", "qty"); err != nil {
			return l.errorf(n, "%s: %v", what, err)
		}
	}
	switch {
	case len(names) == 0:
		return l.errorf(n, "%s: no reader; want {smembers: KEY}, {hkeys: KEY}, {hgetall: KEY, value: qty}, {zrange: KEY}, {lrange: KEY}, {per_buyer: [EXISTS, KEY]}, {scan: PATTERN, parse: …} or none", what)
	case r.collection == &ofHash && (value == nil || value.Value != "qty"):
		return l.errorf(n, "%s: want {hgetall: KEY, value: qty}, for values that are units; {hkeys: KEY} reads only who bought", what)
	case value != nil && (value.Value != "qty" || r.collection != &ofHash && r.command == nil):
		return l.errorf(value, "%s: %s has no values; want value: qty beside hgetall or per_buyer only", what, names[0])
	case r.scan != nil && r.parse == nil:
		return l.errorf(n, "%s: scan finds keys; want parse: \"^…:(?P<buyer>[0-9]+)$\" beside it, for the buyer in their names", what)
	case r.command != nil && r.parse != nil:
		return l.errorf(n, "%s: per_buyer knows the buyer; want no parse or json beside it", what)
	}
	return nil
}

func (l *loader) perBuyer(n *yaml.Node, r *buyersReader) error {
	const what = "audit.buyers.per_buyer"
	words, err := l.list(n, what)
	if err != nil {
		return err
	}
	keys := 0
	for i, n := range words {
		w := operand{key: -1}
		named := func(k key) bool { return k.name == n.Value }
		if w.key = slices.IndexFunc(l.c.keys, named); w.key >= 0 && i > 0 {
			keys++
			if err := l.fitsOpening(n, &l.c.keys[w.key], &opening{per: nameBuyer}); err != nil {
				return err
			}
		} else {
			w.key = -1
			if w.text, err = l.template(n, what, l.scope(itemNames|buyerNames)); err != nil {
				return err
			}
		}
		r.command = append(r.command, w)
	}
	if keys != 1 {
		return l.errorf(n, "%s: want a command on one key of the contract, such as [EXISTS, KEY]; keys has: %s", what, l.keyNames())
	}
	return nil
}

// jsonBuyer reads a path to the buyer, or {buyer: path, qty: path}.
func (l *loader) jsonBuyer(n *yaml.Node, r *buyersReader, what string) error {
	if r.parse != nil {
		return l.errorf(n, "%s: parse and json; want one", what)
	}
	r.parse = new(parser)
	if n.Kind == yaml.ScalarNode {
		p, err := l.path(n, what)
		r.parse.names, r.parse.paths = []string{"buyer"}, []replyPath{p}
		return err
	}
	return l.jsonFields(n, r.parse, what)
}

var errNoBuyer = errors.New("want buyer, and perhaps qty, and nothing else")

package contract

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// An ordersReader reads the orders that a sale leaves behind.
type ordersReader struct {
	// outside is where they are if not on the server; nil: a key holds them.
	outside *outside
	// collection is nil for a stream.
	collection *collection
	key        int
	// fields names the columns: those of named, then those of parse.
	fields []string
	// named are the parts of an entry that have names of their own: the fields
	// of a stream, the field and value of a hash, the member and score of a
	// sorted set, the member of a list, the columns of CSV.
	named []string
	// parse finds more in the text of an entry; nil: there is no more.
	parse *parser
}

// orderParts are the names of the parts of an entry, the last of them the one
// that parse and json look into.
var orderParts = map[*collection][]string{
	&ofList: {"member"}, &ofScored: {"score", "member"}, &ofHash: {"field", "value"},
}

// read returns the orders of an item.
func (r *ordersReader) read(ctx context.Context, do Doer, c *Contract, p *preparedItem, item sale.Item) (*sale.Orders, error) {
	if r.outside != nil {
		return r.readOutside(ctx, c, item)
	}
	orders := &sale.Orders{Fields: r.fields}
	for _, key := range p.keys[r.key] {
		var err error
		if r.collection == nil {
			err = r.readStream(ctx, do, key, orders)
		} else {
			before := len(orders.Rows)
			void := func() { orders.Rows = orders.Rows[:before] }
			err = r.collection.read(ctx, do, key, void, func(m member) error { return r.add(orders, m) })
		}
		if err != nil {
			return nil, err
		}
	}
	return orders, nil
}

// add takes one member.
func (r *ordersReader) add(orders *sale.Orders, m member) error {
	parts := orderParts[r.collection]
	if r.collection == &ofScored {
		m = member{m[1], m[0]}
	}
	entry := make(map[string]string, len(parts))
	for i, name := range parts {
		text, isText := textOf(m[i])
		if score, isFloat := m[i].(float64); isFloat { // a score over RESP3
			text, isText = strconv.FormatFloat(score, 'f', -1, 64), true
		}
		if !isText {
			return fmt.Errorf("want members that are texts, not %s", printed(m[i]))
		}
		entry[name] = text
	}
	return r.row(orders, entry, entry[parts[len(parts)-1]])
}

// row adds an order to the table; text is what parse looks into.
func (r *ordersReader) row(orders *sale.Orders, entry map[string]string, text string) error {
	row := make([]string, 0, len(r.fields))
	for _, name := range r.named {
		value, found := entry[name]
		if !found {
			return fmt.Errorf("the entry %s has no field %q", text, name)
		}
		row = append(row, value)
	}
	if r.parse != nil {
		found, err := r.parse.read(text)
		if err != nil {
			return err
		}
		row = append(row, found...)
	}
	orders.Rows = append(orders.Rows, row)
	return nil
}

// readStream reads a stream, so many entries at a time.
func (r *ordersReader) readStream(ctx context.Context, do Doer, key string, orders *sale.Orders) error {
	from := "-"
	for {
		reply, err := do.Do(ctx, "XRANGE", key, from, "+", "COUNT", strconv.Itoa(stepSize))
		if err != nil {
			return fmt.Errorf("XRANGE %q: %w", key, err)
		}
		entries, isList := reply.([]any)
		if !isList && reply != nil {
			return fmt.Errorf("XRANGE %q: want entries, not %s", key, printed(reply))
		}
		for _, e := range entries {
			id, fields, ok := streamEntry(e)
			if !ok {
				return fmt.Errorf("XRANGE %q: want entries, not %s", key, printed(e))
			}
			if err := r.row(orders, fields, id); err != nil {
				return fmt.Errorf("XRANGE %q: %w", key, err)
			}
			from = "(" + id
		}
		if len(entries) < stepSize {
			return nil
		}
	}
}

// streamEntry takes an entry of a stream apart.
func streamEntry(entry any) (id string, fields map[string]string, ok bool) {
	parts, _ := entry.([]any)
	if len(parts) != 2 {
		return "", nil, false
	}
	id, ok = parts[0].(string)
	words, _ := parts[1].([]any)
	fields = make(map[string]string, len(words)/2)
	for ; len(words) > 1; words = words[2:] {
		name, _ := words[0].(string)
		fields[name], _ = words[1].(string)
	}
	return id, fields, ok
}

func (l *loader) auditOrders(n *yaml.Node) error {
	if isNone(n) {
		return nil
	}
	const what = "audit.orders"
	r, names := new(ordersReader), []string{}
	one := func(name string, read func(*yaml.Node) error) field {
		return field{name, "", func(n *yaml.Node) error {
			if names = append(names, name); len(names) > 1 {
				return l.errorf(n, "%s: %s and %s; want one reader", what, names[0], names[1])
			}
			return read(n)
		}}
	}
	ofKey := func(name string, of *collection) field {
		return one(name, func(n *yaml.Node) (err error) {
			r.collection = of
			r.key, err = l.itemKey(n, what+"."+name)
			return err
		})
	}
	fields := []field{ofKey("xrange", nil), ofKey("lrange", &ofList), ofKey("hgetall", &ofHash), ofKey("zrange", &ofScored)}
	fields = append(append(fields, l.outsideFields(r, one)...),
		field{"map", "", func(n *yaml.Node) error { return l.orderMap(n, r, what+".map") }},
		field{"parse", "", func(n *yaml.Node) error { return l.parser(n, &r.parse, what+".parse") }},
		field{"json", "", func(n *yaml.Node) error {
			if r.parse != nil {
				return l.errorf(n, "%s: parse and json; want one", what)
			}
			r.parse = new(parser)
			return l.jsonFields(n, r.parse, what+".json")
		}},
	)
	err := l.mapping(n, what, fields...)
	if err == nil && r.outside != nil {
		err = l.fitsOutside(n, r, what)
	}
	switch {
	case err != nil:
		return err
	case len(names) == 0:
		return l.errorf(n, "%s: no reader; want {xrange: KEY, map: {buyer: FIELD}}, {lrange: KEY, json: {buyer: $.FIELD}}, {hgetall: KEY, …}, {zrange: KEY, …}, {command: [psql, …], map: …}, {file: …, map: …} or none", what)
	case r.collection == nil && r.outside == nil && r.parse != nil:
		return l.errorf(n, "%s: a stream has fields; want map: {buyer: FIELD}, not parse or json", what)
	}
	l.c.orders = r
	return l.fitsOrders(n, r, what)
}

// fitsOrders joins the columns of a reader and refuses names twice or none.
func (l *loader) fitsOrders(n *yaml.Node, r *ordersReader, what string) error {
	if r.parse != nil {
		r.fields = append(r.fields, r.parse.names...)
	}
	for i, name := range r.fields {
		switch {
		case !keyShape.MatchString(name):
			return l.errorf(n, "%s: the name %q: want letters, digits and underscores", what, name)
		case name == "item_number":
			return l.errorf(n, "%s: the record has a column item_number of its own; want another name", what)
		case slices.Contains(r.fields[:i], name):
			return l.errorf(n, "%s: %q is there twice", what, name)
		}
	}
	if len(r.fields) == 0 {
		return l.errorf(n, "%s: nothing is taken from an order; want map, parse or json: {buyer: …}", what)
	}
	parts := orderParts[r.collection]
	for _, name := range r.named {
		if parts != nil && !slices.Contains(parts, name) {
			return l.errorf(n, "%s: an entry has no part %q; want one of: %s", what, name, strings.Join(parts, ", "))
		}
	}
	return nil
}

func (l *loader) orderMap(n *yaml.Node, r *ordersReader, what string) error {
	entries, err := l.entries(n, what)
	for _, e := range entries {
		name, err := l.text(e.value, what)
		if err != nil {
			return err
		}
		r.fields, r.named = append(r.fields, e.key.Value), append(r.named, name)
	}
	return err
}

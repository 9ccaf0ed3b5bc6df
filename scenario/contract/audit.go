package contract

import (
	"context"
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A stockReader reads the units left of an item.
type stockReader struct {
	// command is GET or HGET; empty: the stock cannot be read.
	command string
	key     int
	// field is the field of a hash.
	field template
	// missing stands for the stock where the key or field is missing; nil:
	// then nothing is known.
	missing template
}

// A buyersReader reads the ledger of an item.
type buyersReader struct {
	collection *collection // nil: there is none
	key        int
}

// A doer sends one command; an error reply is an error.
type doer = func(ctx context.Context, args ...any) (any, error)

// Audit reads the stock and the ledger of an item through do. What should be
// there to read and is not, is named in Problems.
func (c *Contract) Audit(ctx context.Context, do func(ctx context.Context, args ...any) (any, error), item sale.Item) sale.Audit {
	a := sale.Audit{Ledger: sale.NoLedger}
	p, err := c.prepare(item, c.Quantity)
	if err != nil {
		a.Problems = append(a.Problems, err.Error())
		return a
	}
	v := values{item: item, quantity: c.Quantity, limit: c.Terms.Limit}
	if c.stock.command != "" {
		units, err := c.stock.read(ctx, do, p.keys[c.stock.key], &v)
		if err == nil {
			a.Stock = &units
		} else {
			a.Problems = append(a.Problems, "stock: "+err.Error())
		}
	}
	if c.buyers.collection != nil {
		holdings, err := c.buyers.collection.read(ctx, do, p.keys[c.buyers.key])
		if err == nil {
			a.Ledger, a.Holdings = c.buyers.collection.ledger, holdings
		} else {
			a.Problems = append(a.Problems, "buyers: "+err.Error())
		}
	}
	return a
}

func (r *stockReader) read(ctx context.Context, do doer, key string, v *values) (int64, error) {
	where, words := fmt.Sprintf("%s %q", r.command, key), []any{r.command, key}
	if r.field != nil {
		field := r.field.text(v)
		where, words = fmt.Sprintf("%s %q", where, field), append(words, field)
	}
	reply, err := do(ctx, words...)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s: %w", where, err)
	case reply == nil && r.missing == nil:
		return 0, fmt.Errorf("%s: there is nothing, and the contract does not say what that means (missing:)", where)
	case reply == nil:
		reply = r.missing.text(v)
	}
	units, whole := wholeNumber(reply)
	if !whole {
		return 0, fmt.Errorf("%s: %s is not a whole number", where, printed(reply))
	}
	return units, nil
}

// wholeNumber returns a number as Redis counts with it: no sign but minus, no
// leading zero, no fraction.
func wholeNumber(reply any) (int64, bool) {
	switch v := reply.(type) {
	case int64:
		return v, true
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil && strconv.FormatInt(n, 10) == v
	}
	return 0, false
}

func (l *loader) audit(n *yaml.Node) error {
	return l.mapping(n, "audit",
		field{"stock", "", l.auditStock},
		field{"buyers", "", l.auditBuyers},
	)
}

func (l *loader) auditStock(n *yaml.Node) error {
	if isNone(n) {
		return nil
	}
	r := &l.c.stock
	err := l.mapping(n, "audit.stock",
		field{"get", "", func(n *yaml.Node) error { return l.readGet(n, r) }},
		field{"hget", "", func(n *yaml.Node) error { return l.readHGet(n, r) }},
		field{"missing", "", func(n *yaml.Node) error { return l.readMissing(n, r) }},
	)
	if err == nil && r.command == "" {
		return l.errorf(n, "audit.stock: no reader; want {get: KEY}, {hget: [KEY, FIELD]} or none")
	}
	return err
}

func (l *loader) readGet(n *yaml.Node, r *stockReader) (err error) {
	r.command = "GET"
	r.key, err = l.keyNamed(n, "audit.stock.get")
	return err
}

func (l *loader) readHGet(n *yaml.Node, r *stockReader) error {
	if r.command != "" {
		return l.errorf(n, "audit.stock: get and hget; want one reader")
	}
	words, err := l.list(n, "audit.stock.hget")
	if err != nil {
		return err
	}
	if len(words) != 2 {
		return l.errorf(n, "audit.stock.hget: want [KEY, FIELD], not %d words", len(words))
	}
	r.command = "HGET"
	if r.key, err = l.keyNamed(words[0], "audit.stock.hget"); err != nil {
		return err
	}
	r.field, err = l.template(words[1], "audit.stock.hget", itemNames)
	return err
}

func (l *loader) readMissing(n *yaml.Node, r *stockReader) (err error) {
	if r.missing, err = l.template(n, "audit.stock.missing", nameStock); err != nil {
		return err
	}
	if _, whole := wholeNumber(r.missing.text(new(values))); !whole {
		return l.errorf(n, "audit.stock.missing: want a whole number or \"{{stock}}\", not %s", shown(n))
	}
	return nil
}

func (l *loader) auditBuyers(n *yaml.Node) error {
	if isNone(n) {
		return nil
	}
	r, value := &l.c.buyers, (*yaml.Node)(nil)
	fields := []field{}
	for i := range collections {
		fields = append(fields, field{collections[i].name, "", func(n *yaml.Node) error { return l.readMembers(n, r, &collections[i]) }})
	}
	fields = append(fields, field{"value", "", func(n *yaml.Node) error { value = n; return nil }})
	if err := l.mapping(n, "audit.buyers", fields...); err != nil {
		return err
	}
	switch {
	case r.collection == nil:
		return l.errorf(n, "audit.buyers: no reader; want {smembers: KEY}, {hkeys: KEY}, {hgetall: KEY, value: qty} or none")
	case r.collection.ledger == sale.Units && (value == nil || value.Value != "qty"):
		return l.errorf(n, "audit.buyers: want {hgetall: KEY, value: qty}, for values that are units; {hkeys: KEY} reads only who bought")
	case r.collection.ledger != sale.Units && value != nil:
		return l.errorf(value, "audit.buyers: %s has no values; want value: qty beside hgetall only", r.collection.name)
	}
	return nil
}

func (l *loader) readMembers(n *yaml.Node, r *buyersReader, of *collection) (err error) {
	if r.collection != nil {
		return l.errorf(n, "audit.buyers: %s and %s; want one reader", r.collection.name, of.name)
	}
	r.collection = of
	r.key, err = l.keyNamed(n, "audit.buyers."+of.name)
	return err
}

func isNone(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Value == "none" }

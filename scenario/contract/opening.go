package contract

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// An opening is a part of what opens an item: commands, and for what they run.
type opening struct {
	// per is nameUnit or nameBuyer; 0: once.
	per      name
	each     *each
	commands [][]operand
}

// An operand is one word of a command: a key, by its index, or a text.
type operand struct {
	key  int // -1: none
	text template
}

// Open yields the commands that open an item, in order; those that are for
// each buyer need to be told who they are. Errors are those of Keys, or a
// template's; with one it ends.
func (c *Contract) Open(item sale.Item, took sale.Took) iter.Seq2[[]any, error] {
	return c.commands(c.open, item, item.Stock, took)
}

// Restock yields the commands that bring an item on sale more units, in order.
// Errors are those of Open.
func (c *Contract) Restock(item sale.Item, units int64) iter.Seq2[[]any, error] {
	return c.commands(c.restock, item, units, sale.Took{})
}

// commands yields those of some openings, in which {{stock}} is units.
func (c *Contract) commands(openings []opening, item sale.Item, units int64, took sale.Took) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		p, err := c.prepare(item, c.Quantity)
		if err != nil {
			yield(nil, err)
			return
		}
		values := c.values(item, c.Quantity)
		values.item.Stock = units
		for i := range openings {
			for v, err := range openings[i].rounds(values, took) {
				if err != nil {
					yield(nil, err)
					return
				}
				if !openings[i].yield(c, p, v, yield) {
					return
				}
			}
		}
	}
}

// rounds yields what an opening runs for.
func (o *opening) rounds(v values, took sale.Took) iter.Seq2[*values, error] {
	return func(yield func(*values, error) bool) {
		switch o.per {
		case nameUnit:
			for v.unit = range v.item.Stock {
				if !yield(&v, nil) {
					return
				}
			}
		case nameBuyer:
			if took.Buyers == nil {
				yield(nil, errors.New("open: scope: buyer is for everyone who takes part, and who does is not told"))
				return
			}
			for p := range took.Buyers {
				if v.p = &p; !yield(&v, nil) {
					return
				}
			}
		default:
			for i := range o.each.times(&v) {
				if o.each.to(&v, i); !yield(&v, nil) {
					return
				}
			}
		}
	}
}

// yield yields the commands of one round.
func (o *opening) yield(c *Contract, p *preparedItem, v *values, yield func([]any, error) bool) bool {
	for _, command := range o.commands {
		var words []any
		var err error
		v.spent = 0
		for i := range command {
			if words, err = o.word(c, p, v, &command[i], words); err != nil {
				return yield(nil, fmt.Errorf("open: %w", err)) && false
			}
		}
		if !yield(words, nil) {
			return false
		}
	}
	return true
}

func (o *opening) word(c *Contract, p *preparedItem, v *values, w *operand, words []any) ([]any, error) {
	if w.key < 0 {
		text, err := w.text.text(v)
		return append(words, text), err
	}
	k := &c.keys[w.key]
	if k.each == nil && k.own() || k.each != nil && o.each != nil { // of this buyer, or of this round
		text, err := k.text.text(v)
		return append(words, text), err
	}
	for _, text := range p.keys[w.key] {
		words = append(words, text)
	}
	return words, nil
}

func (l *loader) open(n *yaml.Node) (err error) {
	l.c.open, err = l.openings(n, "open")
	return err
}

// restocking reads how an item gets more units: as it is opened, with {{stock}}
// for those that come.
func (l *loader) restocking(n *yaml.Node) (err error) {
	l.c.restock, err = l.openings(n, "restock")
	switch {
	case err != nil:
		return err
	case len(l.c.restock) == 0:
		return l.errorf(n, "restock: want at least one command, such as [INCRBY, $stock, \"{{stock}}\"]")
	case slices.ContainsFunc(l.c.restock, func(o opening) bool { return o.per == nameBuyer }):
		return l.errorf(n, "restock: scope: buyer has no place here; want commands for the item or its units")
	}
	return nil
}

func (l *loader) openings(n *yaml.Node, what string) (openings []opening, err error) {
	parts, err := l.list(n, what)
	for _, n := range parts {
		o := opening{}
		if n.Kind == yaml.MappingNode {
			err = l.opening(n, &o)
		} else {
			err = l.command(n, &o)
		}
		if err != nil {
			return nil, err
		}
		openings = append(openings, o)
	}
	return openings, err
}

// opening reads {scope: …, do: […]} or {each: …, as: …, do: […]}.
func (l *loader) opening(n *yaml.Node, o *opening) error {
	var do *yaml.Node
	e := new(each)
	scoped := false
	err := l.mapping(n, "a part of open",
		field{"scope", "", func(n *yaml.Node) error { scoped = true; return l.openScope(n, o) }},
		field{"each", "", func(n *yaml.Node) error { o.each = e; return l.eachTimes(n, e) }},
		field{"as", "", func(n *yaml.Node) error { return l.eachName(n, e) }},
		field{"do", "do: [[SET, $stock, 1], …]", func(n *yaml.Node) error { do = n; return nil }},
	)
	switch {
	case err != nil:
		return err
	case scoped == (o.each != nil):
		return l.errorf(n, "a part of open: want either scope: item, unit or buyer, or each: N")
	case scoped && e.as != "":
		return l.errorf(n, "a part of open: as is the name of an each; a unit is {{unit}}, a buyer {{buyer}}")
	case o.each != nil:
		if err := l.eachNamed(n, e, nil); err != nil {
			return err
		}
	}
	commands, err := l.list(do, "do")
	switch {
	case err != nil:
		return err
	case len(commands) == 0:
		return l.errorf(do, "do: want at least one command")
	case commands[0].Kind != yaml.SequenceNode:
		return l.command(do, o)
	}
	for _, n := range commands {
		if err := l.command(n, o); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) openScope(n *yaml.Node, o *opening) error {
	text, err := l.choice(n, "scope", "item", "unit", "buyer")
	o.per = map[string]name{"unit": nameUnit, "buyer": nameBuyer}[text]
	return err
}

// command reads a command that opens the sale. One that names no key of the
// contract is refused: nothing else on the server is the harness's to touch.
func (l *loader) command(n *yaml.Node, o *opening) error {
	words, err := l.list(n, "a command of open")
	if err != nil {
		return err
	}
	s := l.scope(itemNames | o.per).with(o.each)
	if o.per == nameBuyer {
		s.names |= buyerNames
	}
	command := make([]operand, len(words))
	for i, word := range words {
		if command[i], err = l.operand(word, o, s); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(command, func(w operand) bool { return w.key >= 0 }) || command[0].key >= 0 {
		return l.errorf(n, "a command of open: want a command on a key of the contract, such as [SET, $stock, \"{{stock}}\"]; keys has: %s", l.keyNames())
	}
	o.commands = append(o.commands, command)
	return nil
}

func (l *loader) operand(n *yaml.Node, o *opening, s scope) (operand, error) {
	text, err := l.text(n, "a command of open")
	if err != nil {
		return operand{}, err
	}
	if name, isKey := strings.CutPrefix(text, "$"); isKey {
		i, err := l.keyIndex(n, "open", name)
		if err != nil {
			return operand{}, err
		}
		return operand{key: i}, l.fitsOpening(n, &l.c.keys[i], o)
	}
	t, err := l.template(n, "open", s)
	return operand{key: -1, text: t}, err
}

// fitsOpening refuses a key that has no value, or too many, where it stands.
func (l *loader) fitsOpening(n *yaml.Node, k *key, o *opening) error {
	allowed := itemNames | eachNames | nameVariable
	if o.per == nameBuyer {
		allowed |= buyerNames
	}
	switch {
	case k.text.names&^allowed != 0:
		return l.errorf(n, "open: key %s is a buyer's or a request's own, and here is none", k.name)
	case k.each != nil && o.each != nil && (k.each.cart != o.each.cart || k.each.n != o.each.n):
		return l.errorf(n, "open: key %s is not as many keys as this each comes round", k.name)
	}
	return nil
}

package contract

import (
	"fmt"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// shared returns the words of a plain call from the number of keys on; nil
// stands where the purchase decides.
func (o *operation) shared(c *Contract, p *preparedItem, item sale.Item, quantity int64) ([]any, error) {
	if !o.plain {
		return nil, nil
	}
	v := c.values(item, quantity)
	words := []any{""}
	var err error
	for i := range o.keys {
		if w := &o.keys[i]; purchaseOwn(&w.text) != 0 {
			words = append(words, nil)
		} else if words, err = w.append(words, c, p, &v); err != nil {
			return nil, err
		}
	}
	words[0] = o.count(len(words) - 1)
	for i := range o.args {
		if a := &o.args[i]; purchaseOwn(&a.text) != 0 {
			words = append(words, nil)
		} else if words, err = a.append(words, &v); err != nil {
			return nil, err
		}
	}
	return words, nil
}

// append adds the words passed as KEYS.
func (w *keyWord) append(words []any, c *Contract, p *preparedItem, v *values) ([]any, error) {
	if w.key < 0 {
		text, err := w.text.text(v)
		return append(words, text), err
	}
	k, texts := &c.keys[w.key], p.keys[w.key]
	if k.own() || k.each != nil && k.each.cart {
		var err error
		if texts, err = k.append(nil, v); err != nil {
			return words, err
		}
	}
	for _, text := range texts {
		words = append(words, text)
	}
	return words, nil
}

// append adds the words of an argument.
func (a *argument) append(words []any, v *values) ([]any, error) {
	for i := range a.each.times(v) {
		a.each.to(v, i)
		if a.when != nil {
			holds, err := a.when.text(v)
			if err != nil {
				return words, err
			}
			if holds == "" {
				continue
			}
		}
		text, err := a.value(v)
		if err != nil {
			return words, err
		}
		words = append(words, text)
	}
	return words, nil
}

func (a *argument) value(v *values) (string, error) {
	if a.json == nil {
		return a.text.text(v)
	}
	var text []byte
	for i := range a.json {
		part := &a.json[i]
		if part.literal != "" {
			text = append(text, part.literal...)
			continue
		}
		value, err := part.text.text(v)
		if err != nil {
			return "", err
		}
		text = appendJSON(text, value)
	}
	return string(text), v.spend(len(text))
}

// Append appends the command of a purchase to args, as the contract calls the
// script for its verb. The arguments are strings. Errors are those of Keys, or
// a template's.
//
// A call of plain values costs one interface value for each id or text that is
// the purchase's own, one text where templates mix ids with other text, and
// args itself if it lacks room.
func (c *Contract) Append(args []any, p *sale.Purchase) ([]any, error) {
	return c.appendCall(args, p, false)
}

// AppendEval appends the command of a purchase that carries the whole script,
// except to a Function. Errors are those of Append.
func (c *Contract) AppendEval(args []any, p *sale.Purchase) ([]any, error) {
	return c.appendCall(args, p, true)
}

func (c *Contract) appendCall(args []any, p *sale.Purchase, carried bool) ([]any, error) {
	i := c.indexOf(p.Verb)
	if i < 0 {
		return args, fmt.Errorf("the contract of %s has no %s", c.Name, p.Verb)
	}
	prepared, err := c.prepare(p.Item, p.Quantity)
	if err != nil {
		return args, err
	}
	o, words := c.operations[i], prepared.calls[i]
	if args == nil {
		args = make([]any, 0, len(o.command)+max(len(words), 16))
	}
	if carried {
		args = append(args, o.carried[:]...)
	} else {
		args = append(args, o.command[:]...)
	}
	v := values{item: p.Item, p: p, quantity: p.Quantity, limit: c.Terms.Limit, born: c.born}
	if !o.plain {
		return o.appendWords(args, c, prepared, &v)
	}
	args = append(args, words...)
	return args, o.fill(args[len(args)-len(words):], &v)
}

// indexOf returns the place of the operation for a verb, or -1. No verb at all
// is to buy.
func (c *Contract) indexOf(verb sale.Verb) int {
	for i, o := range c.operations {
		if o.verb == max(verb, sale.Buy) {
			return i
		}
	}
	return -1
}

// appendWords adds the words of a call that is not plain.
func (o *operation) appendWords(args []any, c *Contract, prepared *preparedItem, v *values) ([]any, error) {
	before := len(args)
	args = append(args, "")
	var err error
	for i := range o.keys {
		if args, err = o.keys[i].append(args, c, prepared, v); err != nil {
			return args[:before], err
		}
	}
	args[before] = o.count(len(args) - before - 1)
	for i := range o.args {
		if args, err = o.args[i].append(args, v); err != nil {
			return args[:before], err
		}
	}
	return args, nil
}

// fill puts in the words that are the purchase's own. The mixed ones are cut
// from one text, so that they cost one allocation together.
func (o *operation) fill(words []any, v *values) error {
	var textRoom [128]byte
	var endRoom [8]int
	mixed, ends := textRoom[:0], endRoom[:0]
	var err error
	for _, h := range o.holes {
		if id, alone := h.text.alone(v); alone {
			words[h.at] = id
			continue
		}
		if mixed, err = h.text.append(mixed, v); err != nil {
			return err
		}
		ends = append(ends, len(mixed))
	}
	if len(ends) == 0 {
		return nil
	}
	text, from := string(mixed), 0
	for _, h := range o.holes {
		if words[h.at] == nil {
			words[h.at] = text[from:ends[0]]
			from, ends = ends[0], ends[1:]
		}
	}
	return nil
}

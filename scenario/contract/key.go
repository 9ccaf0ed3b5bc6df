package contract

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// maxEach is the most an each may come round.
const maxEach = 10_000

// An each is a repetition: n times, or once for each line of a cart.
type each struct {
	as   string
	n    int
	cart bool
}

// times returns how often an each comes round for what v stands for: once
// where there is none.
func (e *each) times(v *values) int {
	switch {
	case e == nil:
		return 1
	case !e.cart:
		return e.n
	case v.p != nil && len(v.p.Cart) > 0:
		return len(v.p.Cart)
	}
	return 1
}

// to moves v to the i-th time.
func (e *each) to(v *values, i int) {
	switch {
	case e == nil:
	case !e.cart:
		v.index = int64(i)
	case v.p != nil && len(v.p.Cart) > 0:
		v.line = v.p.Cart[i]
	default:
		v.line = sale.Line{Item: v.item, Quantity: v.quantity}
	}
}

// A key is one key the script may touch, or as many as its each says.
type key struct {
	name string
	text template
	each *each
}

// own reports whether the key is a buyer's or a request's own.
func (k *key) own() bool { return k.text.uses(purchaseNames | nameCapture) }

// append adds the keys that k stands for.
func (k *key) append(dst []string, v *values) ([]string, error) {
	for i := range k.each.times(v) {
		k.each.to(v, i)
		text, err := k.text.text(v)
		if err != nil {
			return dst, fmt.Errorf("key %s: %w", k.name, err)
		}
		dst = append(dst, text)
	}
	return dst, nil
}

// A preparedItem is what all purchases of the same quantity of the same item
// share. It is made once and never changed.
type preparedItem struct {
	// keys are, for each key of the contract, what it stands for; nothing for
	// one that is a buyer's own.
	keys [][]string
	// calls are, for each operation, the words of its call.
	calls [][]any
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
	keys, err := c.itemKeys(item, quantity)
	if err != nil {
		return nil, err
	}
	p := &preparedItem{keys: keys}
	for _, o := range c.operations {
		words, err := o.shared(c, p, item, quantity)
		if err != nil {
			return nil, err
		}
		p.calls = append(p.calls, words)
	}
	c.prepared.Store(of, p)
	return p, nil
}

func (c *Contract) values(item sale.Item, quantity int64) values {
	return values{item: item, quantity: quantity, limit: c.Terms.Limit, born: c.born}
}

// itemKeys returns what the keys of an item stand for. Two names for one key
// are an error: the script would overwrite what it has just written.
func (c *Contract) itemKeys(item sale.Item, quantity int64) ([][]string, error) {
	keys := make([][]string, len(c.keys))
	v := c.values(item, quantity)
	names := map[string]string{}
	for i := range c.keys {
		k := &c.keys[i]
		if k.own() {
			continue
		}
		texts, err := k.append(nil, &v)
		if err != nil {
			return nil, fmt.Errorf("the contract of %s: %w", c.Name, err)
		}
		keys[i] = texts
		for _, text := range texts {
			if other, same := names[text]; same {
				return nil, fmt.Errorf("the contract of %s: the keys %s and %s are both %q for item %q", c.Name, other, k.name, text, item.ID)
			}
			names[text] = k.name
		}
	}
	return keys, nil
}

// Keys returns every key the script may touch for an item whoever buys, in the
// contract's order. Two names for the same key are an error.
func (c *Contract) Keys(item sale.Item) ([]string, error) {
	p, err := c.prepare(item, c.Quantity)
	if err != nil {
		return nil, err
	}
	return slices.Concat(p.keys...), nil
}

// HasKey returns an error, which lists those there are, where the contract gives
// no key of its own a name: keys of buyers and requests are too many to be named.
func (c *Contract) HasKey(name string) error {
	var names []string
	for i := range c.keys {
		if c.keys[i].own() {
			continue
		}
		if c.keys[i].name == name {
			return nil
		}
		names = append(names, c.keys[i].name)
	}
	return fmt.Errorf("the contract of %s names no key %q of an item; it names: %s", c.Name, name, strings.Join(names, ", "))
}

// KeysNamed returns the keys of an item that have a name in the contract.
// Errors are those of HasKey and Keys.
func (c *Contract) KeysNamed(name string, item sale.Item) ([]string, error) {
	if err := c.HasKey(name); err != nil {
		return nil, err
	}
	p, err := c.prepare(item, c.Quantity)
	if err != nil {
		return nil, err
	}
	return p.keys[slices.IndexFunc(c.keys, func(k key) bool { return k.name == name })], nil
}

// KeysFor yields every key the script may touch for an item: those of Keys,
// and for everyone who took part those that are his or his request's own. A
// key that needs a capture is left out where there is none. It holds no more
// than one purchase at a time. Errors are those of Keys; with one it ends.
func (c *Contract) KeysFor(item sale.Item, took sale.Took) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		keys, err := c.Keys(item)
		if err != nil {
			yield("", err)
			return
		}
		for _, text := range keys {
			if !yield(text, nil) {
				return
			}
		}
		_ = c.yieldOwn(item, took.Buyers, false, yield) && c.yieldOwn(item, took.Requests, true, yield)
	}
}

// yieldOwn yields the keys that are a buyer's own, or a request's.
func (c *Contract) yieldOwn(item sale.Item, who iter.Seq[sale.Purchase], requests bool, yield func(string, error) bool) bool {
	var own []*key
	for i := range c.keys {
		if k := &c.keys[i]; k.own() && k.text.uses(nameRequest|nameAttempt|nameCapture) == requests {
			own = append(own, k)
		}
	}
	if len(own) == 0 || who == nil {
		return true
	}
	var texts []string
	for p := range who {
		v := c.values(item, c.Quantity)
		v.p = &p
		for _, k := range own {
			var err error
			v.spent = 0
			if texts, err = k.append(texts[:0], &v); err != nil {
				continue // a capture that his answer did not set: no key was made of it
			}
			for _, text := range texts {
				if !yield(text, nil) {
					return false
				}
			}
		}
	}
	return true
}

// slotTag is the part of a key that decides its slot in a Redis Cluster.
func slotTag(key string) string {
	if open := strings.IndexByte(key, '{'); open >= 0 {
		if length := strings.IndexByte(key[open+1:], '}'); length > 0 {
			return key[open+1 : open+1+length]
		}
	}
	return key
}

func (l *loader) keys(n *yaml.Node) error {
	entries, err := l.entries(n, "keys")
	if err != nil {
		return err
	}
	texts := map[string]string{}
	for _, e := range entries {
		k := key{name: e.key.Value}
		if !keyShape.MatchString(k.name) {
			return l.errorf(e.key, "key name %q: want letters, digits and underscores, such as stock", k.name)
		}
		text := e.value
		if e.value.Kind == yaml.MappingNode && len(e.value.Content) > 0 && e.value.Content[0].Kind == yaml.ScalarNode {
			if k.each, text, err = l.eachValue(e.value, "key "+k.name); err != nil {
				return err
			}
		}
		if err := l.keyText(text, &k); err != nil {
			return err
		}
		if other, same := texts[text.Value]; same {
			return l.errorf(text, "the keys %s and %s are the same key %q", other, k.name, text.Value)
		}
		texts[text.Value] = k.name
		l.c.keys = append(l.c.keys, k)
	}
	return nil
}

func (l *loader) keyText(n *yaml.Node, k *key) (err error) {
	s := l.scope(itemNames | buyerNames | nameRequest).with(k.each)
	s.captures = l.captures
	if k.text, err = l.template(n, "key "+k.name, s); err != nil {
		return err
	}
	switch {
	case n.Value == "":
		return l.errorf(n, "key %s is empty; want a text such as \"{seckill:{{item}}}:%s\"", k.name, k.name)
	case k.each != nil && !k.text.uses(eachNames):
		return l.errorf(n, "key %s is the same key every time; want {{%s}} in it", k.name, k.each.as)
	}
	return nil
}

// eachValue reads {each: N, as: b, value: …}.
func (l *loader) eachValue(n *yaml.Node, what string) (e *each, value *yaml.Node, err error) {
	e = new(each)
	err = l.mapping(n, what,
		field{"each", "each: N, how often, or cart", func(n *yaml.Node) error { return l.eachTimes(n, e) }},
		field{"as", "", func(n *yaml.Node) error { return l.eachName(n, e) }},
		field{"value", "value: \"…\"", func(n *yaml.Node) error { value = n; return nil }},
	)
	return e, value, l.eachNamed(n, e, err)
}

// eachTimes reads how often an each comes round: a number, a constant of vars
// or cart.
func (l *loader) eachTimes(n *yaml.Node, e *each) error {
	if n.Value == "cart" {
		e.cart, e.n = true, 1
		return nil
	}
	number := *n
	i := slices.IndexFunc(l.c.vars, func(v variable) bool { return v.name == n.Value })
	switch {
	case n.Kind != yaml.ScalarNode:
		return l.errorf(n, "each: want a number, a constant of vars or cart, not %s", kindOf(n))
	case i >= 0 && l.c.vars[i].scope != 0:
		return l.errorf(n, "each: the var %s is made anew all the time; want a constant", n.Value)
	case i >= 0:
		number.Value, number.Tag, number.Style = l.c.vars[i].constant, "!!int", 0
	case keyShape.MatchString(n.Value):
		return l.errorf(n, "each: unknown name %q; want a number, a constant of vars or cart", n.Value)
	}
	times, err := l.integer(&number, "each", 1, maxEach)
	e.n = int(times)
	return err
}

func (l *loader) eachName(n *yaml.Node, e *each) (err error) {
	if e.as, err = l.text(n, "as"); err != nil {
		return err
	}
	return l.newName(n, "as", e.as)
}

// eachNamed gives an each of a cart the name line, and refuses any other
// without a name.
func (l *loader) eachNamed(n *yaml.Node, e *each, err error) error {
	if err == nil && e.as == "" && e.cart {
		e.as = "line"
	}
	if err == nil && e.as == "" {
		return l.errorf(n, "each: want as: b, the name of its number from 0")
	}
	return err
}

// template reads a text with values.
func (l *loader) template(n *yaml.Node, what string, s scope) (template, error) {
	text, err := l.text(n, what)
	if err != nil {
		return template{}, err
	}
	t, err := parseTemplate(text, s)
	if err != nil {
		return template{}, l.errorf(n, "%s: %v", what, err)
	}
	if t.program != nil {
		t.program.place = l.errorf(n, "%s", what)
	}
	return t, nil
}

// scope returns what templates may use that know the given names.
func (l *loader) scope(names name) scope { return scope{names: names, vars: l.c.vars} }

// keyNamed returns the index of a key.
func (l *loader) keyNamed(n *yaml.Node, what string) (int, error) {
	name, err := l.text(n, what)
	if err != nil {
		return 0, err
	}
	return l.keyIndex(n, what, name)
}

func (l *loader) keyIndex(n *yaml.Node, what, name string) (int, error) {
	i := slices.IndexFunc(l.c.keys, func(k key) bool { return k.name == name })
	if i < 0 {
		return 0, l.errorf(n, "%s: unknown key %q; keys has: %s", what, name, l.keyNames())
	}
	return i, nil
}

// itemKey returns the index of a key that is the same for all buyers.
func (l *loader) itemKey(n *yaml.Node, what string) (int, error) {
	i, err := l.keyNamed(n, what)
	if err == nil && l.c.keys[i].own() {
		return 0, l.errorf(n, "%s: key %s is a buyer's or a request's own; want one that is the item's", what, l.c.keys[i].name)
	}
	return i, err
}

// oneKey returns the index of a key that is one key of the item.
func (l *loader) oneKey(n *yaml.Node, what string) (int, error) {
	i, err := l.itemKey(n, what)
	if e := l.c.keysEach(i); err == nil && e != nil && !e.cart {
		return 0, l.errorf(n, "%s: key %s is %d keys; want it in a sum", what, l.c.keys[i].name, e.n)
	}
	return i, err
}

func (c *Contract) keysEach(i int) *each {
	if i < len(c.keys) {
		return c.keys[i].each
	}
	return nil
}

func (l *loader) keyNames() string {
	if len(l.c.keys) == 0 {
		return "none"
	}
	names := make([]string, len(l.c.keys))
	for i, k := range l.c.keys {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}

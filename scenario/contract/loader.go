package contract

import (
	"io/fs"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// What a record can hold.
const (
	maxQuantity = math.MaxInt32
	maxItems    = math.MaxUint16 + 1
)

// A loader fills a contract from its document.
type loader struct {
	document
	fsys fs.FS
	// given: the script came with the call and is not to be read.
	given bool
	c     *Contract
}

func (l *loader) contract(n *yaml.Node) error {
	return l.mapping(n, "the contract",
		field{"version", "version: 1", l.version},
		field{"name", "", l.name},
		field{"script", "script: FILE.lua", l.script},
		field{"call", "", l.call},
		field{"qty", "", l.number(&l.c.Quantity, "qty", 1, maxQuantity)},
		field{"items", "", l.number(&l.c.Items, "items", 1, maxItems)},
		field{"keys", "keys: {stock: \"{seckill:{{item}}}:stock\", …}", l.keys},
		field{"open", "", l.open},
		field{"buy", "buy: {keys: […], args: […], replies: […]}", l.buy},
		field{"audit", "", l.audit},
		field{"promises", "", l.promises},
	)
}

func (l *loader) version(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode || n.Value != "1" {
		return l.errorf(n, "version %s is not known; want version: 1", shown(n))
	}
	return nil
}

func (l *loader) name(n *yaml.Node) (err error) {
	if l.c.Name, err = l.text(n, "name"); err != nil {
		return err
	}
	if !nameShape.MatchString(l.c.Name) {
		return l.errorf(n, "name %q: want up to 64 letters, digits, dots, dashes and underscores", l.c.Name)
	}
	return nil
}

var (
	nameShape = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}._-]{0,63}$`)
	keyShape  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

func (l *loader) script(n *yaml.Node) error {
	file, err := l.text(n, "script")
	if err != nil {
		return err
	}
	if !l.given {
		l.c.Script = file
		l.c.Source, err = read(l.fsys, path.Join(path.Dir(l.file), file), maxScript)
	}
	switch {
	case err != nil:
		return l.errorf(n, "script %q: %v; want a file beside the contract or below it", file, err)
	case len(l.c.Source) == 0:
		return l.errorf(n, "script %q is empty", l.c.Script)
	}
	if l.c.Name == "" {
		l.c.Name = strings.TrimSuffix(path.Base(l.c.Script), path.Ext(l.c.Script))
	}
	return nil
}

func (l *loader) call(n *yaml.Node) (err error) {
	if l.c.CallBy, err = l.text(n, "call"); err != nil {
		return err
	}
	if l.c.CallBy != EvalSHA && l.c.CallBy != Eval {
		return l.errorf(n, "unknown call %q; known: %s, %s", l.c.CallBy, EvalSHA, Eval)
	}
	return nil
}

// number returns the reader of a whole number between low and high.
func (l *loader) number(dst *int64, what string, low, high int64) func(*yaml.Node) error {
	return func(n *yaml.Node) (err error) {
		*dst, err = l.integer(n, what, low, high)
		return err
	}
}

func (l *loader) keys(n *yaml.Node) error {
	entries, err := l.entries(n, "keys")
	if err != nil {
		return err
	}
	texts := map[string]string{}
	for _, e := range entries {
		if !keyShape.MatchString(e.key.Value) {
			return l.errorf(e.key, "key name %q: want letters, digits and underscores, such as stock", e.key.Value)
		}
		text, err := l.text(e.value, "key "+e.key.Value)
		if err != nil {
			return err
		}
		if other, same := texts[text]; same {
			return l.errorf(e.value, "the keys %s and %s are the same key %q", other, e.key.Value, text)
		}
		texts[text] = e.key.Value
		t, err := l.template(e.value, "key "+e.key.Value, itemNames)
		if err != nil {
			return err
		}
		if len(t) == 0 {
			return l.errorf(e.value, "key %s is empty; want a text such as \"{seckill:{{item}}}:%s\"", e.key.Value, e.key.Value)
		}
		l.c.keys = append(l.c.keys, key{e.key.Value, t})
	}
	return nil
}

func (l *loader) template(n *yaml.Node, what string, allowed name) (template, error) {
	text, err := l.text(n, what)
	if err != nil {
		return nil, err
	}
	t, err := parseTemplate(text, allowed)
	if err != nil {
		return nil, l.errorf(n, "%s: %v", what, err)
	}
	return t, nil
}

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

func (l *loader) open(n *yaml.Node) error {
	commands, err := l.list(n, "open")
	if err != nil {
		return err
	}
	for _, n := range commands {
		command, err := l.command(n)
		if err != nil {
			return err
		}
		l.c.open = append(l.c.open, command)
	}
	return nil
}

// command reads a command that opens the sale. One that names no key of the
// contract is refused: nothing else on the server is the harness's to touch.
func (l *loader) command(n *yaml.Node) ([]operand, error) {
	words, err := l.list(n, "a command of open")
	if err != nil {
		return nil, err
	}
	command := make([]operand, len(words))
	for i, word := range words {
		if command[i], err = l.operand(word); err != nil {
			return nil, err
		}
	}
	if !slices.ContainsFunc(command, func(o operand) bool { return o.key >= 0 }) || command[0].key >= 0 {
		return nil, l.errorf(n, "a command of open: want a command on a key of the contract, such as [SET, $stock, \"{{stock}}\"]; keys has: %s", l.keyNames())
	}
	return command, nil
}

func (l *loader) operand(n *yaml.Node) (operand, error) {
	text, err := l.text(n, "a command of open")
	if err != nil {
		return operand{}, err
	}
	if name, isKey := strings.CutPrefix(text, "$"); isKey {
		i, err := l.keyIndex(n, "open", name)
		return operand{key: i}, err
	}
	t, err := l.template(n, "open", itemNames)
	return operand{key: -1, text: t}, err
}

func (l *loader) buy(n *yaml.Node) error {
	return l.mapping(n, "buy",
		field{"keys", "", l.buyKeys},
		field{"args", "", l.buyArgs},
		field{"replies", "replies: [{int: 1, outcome: ok}, …]", l.replies},
	)
}

func (l *loader) buyKeys(n *yaml.Node) error {
	names, err := l.list(n, "buy.keys")
	for _, n := range names {
		i, err := l.keyNamed(n, "buy.keys")
		if err != nil {
			return err
		}
		l.c.buyKeys = append(l.c.buyKeys, i)
	}
	return err
}

func (l *loader) buyArgs(n *yaml.Node) error {
	args, err := l.list(n, "buy.args")
	for _, n := range args {
		t, err := l.template(n, "buy.args", itemNames|purchaseNames)
		if err != nil {
			return err
		}
		l.c.buyArgs = append(l.c.buyArgs, t)
	}
	return err
}

func (l *loader) promises(n *yaml.Node) error {
	c := l.c
	err := l.mapping(n, "promises",
		field{"limit", "", l.number(&c.Terms.Limit, "promises.limit", 0, math.MaxInt64)},
		field{"order", "", func(n *yaml.Node) error { return l.one(n, "promises.order", &c.Terms.Order) }},
		field{"retry_safe", "", func(n *yaml.Node) error { return l.one(n, "promises.retry_safe", &c.Terms.RetrySafe) }},
		field{"missing_stock", "", func(n *yaml.Node) error { return l.one(n, "promises.missing_stock", &c.MissingStock) }},
		field{"cluster", "", func(n *yaml.Node) (err error) {
			c.Cluster, err = l.boolean(n, "promises.cluster")
			return err
		}},
	)
	if err == nil && c.Terms.Limit > 0 && c.Terms.Limit < c.Quantity {
		return l.errorf(n, "promises.limit: a limit of %d units a buyer allows no purchase of %d (qty); want %d or more, or 0 for no limit",
			c.Terms.Limit, c.Quantity, c.Quantity)
	}
	return err
}

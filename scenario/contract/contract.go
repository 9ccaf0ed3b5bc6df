// Package contract is the language in which a purchase script is described:
// its keys, how it is opened, called, read and audited, and what it promises.
// A script runs unmodified; the contract says what it means. CONTRACT.md, in
// this folder, teaches the language.
package contract

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sync"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// How a script is called.
const (
	// EvalSHA: by the digest of the script, loaded beforehand.
	EvalSHA = "evalsha"
	// Eval: by its whole text, every time.
	Eval = "eval"
	// FCall: as a function of a library, loaded beforehand.
	FCall = "fcall"
)

// The largest files that are read, in bytes.
const (
	maxContract = 64 << 10
	maxScript   = 1 << 20
)

// A Contract is a script with what it means. It is safe for use by many
// goroutines, and nobody changes it once it is loaded.
type Contract struct {
	// Name is the name of the strategy in reports.
	Name string
	// Script is the name of the script's file.
	Script string
	// Source is the text of the script.
	Source []byte
	// SHA1 is the hexadecimal digest by which EVALSHA knows the script.
	SHA1 string
	// CallBy is EvalSHA, Eval or FCall.
	CallBy string
	// Library is the name of the script's library; empty unless CallBy is FCall.
	Library string
	// Terms is what the script promises.
	Terms sale.Terms
	// MissingStock is what the script does without a stock key; empty where
	// the contract does not say.
	MissingStock sale.MissingStock
	// Cluster promises that every key is declared and in one hash slot.
	Cluster bool
	// Quantity is the units a purchase, unless a run says otherwise; 1 or more.
	Quantity int64
	// Items is the number of items, unless a run says otherwise; 1 or more.
	Items int64

	vars       []variable
	keys       []key
	open       []opening
	restock    []opening
	operations []*operation // the first is to buy
	stock      *stockReader
	buyers     *buyersReader
	orders     *ordersReader
	// folder is where the contract stands, for orders outside of the server;
	// allowed: a command may be run to read them.
	folder  string
	allowed bool
	// settle is how far apart two audits are that must agree; 0: one is enough.
	settle time.Duration
	// kept are the vars that a receipt holds.
	kept []variable
	// born stands for the start of a sale that has none, in seconds since 1970.
	born     int64
	prepared *sync.Map // offer → *preparedItem
}

// Load reads the contract with the given name, and the script it names, which
// stands beside it or below. An error in the contract is an *Error.
func Load(fsys fs.FS, name string) (*Contract, error) {
	return load(fsys, name, nil)
}

// LoadFor reads the contract with the given name for another script than the
// one it names, which is then not read. An error in the contract is an *Error.
func LoadFor(fsys fs.FS, name, script string, source []byte) (*Contract, error) {
	return load(fsys, name, &Contract{Script: script, Source: source})
}

func load(fsys fs.FS, name string, script *Contract) (*Contract, error) {
	text, err := read(fsys, name, maxContract)
	if err != nil {
		return nil, &Error{File: name, Text: err.Error()}
	}
	l := loader{document: document{file: name}, fsys: fsys, c: &Contract{
		CallBy: EvalSHA, Quantity: 1, Items: 1, Terms: sale.Terms{RetrySafe: sale.RetryNone, Atomic: true}, born: time.Now().Unix(),
	}}
	if script != nil {
		l.given, l.c.Script, l.c.Source = true, script.Script, script.Source
	}
	root, err := l.root(text)
	if err != nil {
		return nil, err
	}
	if err := l.contract(root); err != nil {
		return nil, err
	}
	l.c.finish()
	return l.c, nil
}

// ReadScript returns the text of a script, unless it is larger than any is.
func ReadScript(fsys fs.FS, name string) ([]byte, error) { return read(fsys, name, maxScript) }

// read returns a file that is not larger than limit.
func read(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, reason(err)
	case int64(len(text)) > limit:
		return nil, fmt.Errorf("is larger than %d KiB", limit>>10)
	}
	return text, nil
}

// reason leaves the name of the file out of an error about it: whoever reports
// it has said it.
func reason(err error) error {
	if wrong, ok := err.(*fs.PathError); ok {
		return wrong.Err
	}
	return err
}

func (c *Contract) script() Script { return Script{c.Script, c.Source, c.SHA1} }

// finish computes what every attempt needs.
func (c *Contract) finish() {
	for _, o := range c.operations {
		o.finish(c)
	}
	c.Terms.Partial = slices.ContainsFunc(c.operations[0].replies, func(r rule) bool { return r.granted.given() })
	for _, x := range c.vars {
		if x.scope != 0 && c.keeps(&x) {
			c.kept = append(c.kept, x)
		}
	}
	c.prepared = new(sync.Map)
}

// keeps reports whether a receipt holds a var: the orders are compared with it,
// or a later operation means the one of the purchase.
func (c *Contract) keeps(x *variable) bool {
	if c.orders != nil && slices.Contains(c.orders.fields, x.name) {
		return true
	}
	return x.scope&(nameRequest|nameAttempt) != 0 && len(c.operations) > 1
}

// Scripts returns the scripts that the operations call, each once, the one to
// buy first.
func (c *Contract) Scripts() []Script {
	var scripts []Script
	for _, o := range c.operations {
		if !slices.ContainsFunc(scripts, func(s Script) bool { return s.SHA1 == o.script.SHA1 }) {
			scripts = append(scripts, o.script)
		}
	}
	return scripts
}

// Has reports whether the contract says how to do something.
func (c *Contract) Has(verb sale.Verb) bool { return c.indexOf(verb) >= 0 }

// With returns the contract for a run with another quantity a purchase and
// another limit a buyer (0: none).
func (c *Contract) With(quantity, limit int64) (*Contract, error) {
	switch {
	case quantity < 1 || quantity > maxQuantity:
		return nil, fmt.Errorf("a purchase of %d units: want between 1 and %d", quantity, maxQuantity)
	case limit < 0:
		return nil, fmt.Errorf("a limit of %d units a buyer: want 0 (none) or more", limit)
	case limit > 0 && limit < quantity:
		return nil, fmt.Errorf("a limit of %d units a buyer allows no purchase of %d", limit, quantity)
	case quantity != c.Quantity && !c.takesQuantity():
		return nil, fmt.Errorf("%s sells %d a purchase and cannot be told %d: its contract passes no {{qty}}", c.Name, c.Quantity, quantity)
	}
	with := *c
	with.Quantity, with.Terms.Limit = quantity, limit
	with.prepared = new(sync.Map)
	return &with, nil
}

// Apart reports whether no two items share a key.
func (c *Contract) Apart() bool {
	for i := range c.keys {
		if !c.keys[i].text.uses(nameItem | nameItemIndex | nameLineItem) {
			return false
		}
	}
	return true
}

// KeysFromAnswers reports whether some key is made of what an answer captures:
// then KeysFor needs the receipts of those who took part.
func (c *Contract) KeysFromAnswers() bool {
	return slices.ContainsFunc(c.keys, func(k key) bool { return k.text.uses(nameCapture) })
}

// Audited reports whether the contract can read what was sold: the units that
// are left, or the buyers.
func (c *Contract) Audited() bool { return c.stock != nil || c.buyers != nil }

// Restocks reports whether the contract says how an item gets more units.
func (c *Contract) Restocks() bool { return len(c.restock) > 0 }

func (c *Contract) takesQuantity() bool { return c.operations[0].uses(c, nameQty|nameLineQty) }

// luaFile reads a script that a contract names.
func (l *loader) luaFile(n *yaml.Node, what string) (source []byte, file string, err error) {
	if file, err = l.text(n, what); err != nil {
		return nil, "", err
	}
	source, err = read(l.fsys, path.Join(path.Dir(l.file), file), maxScript)
	if err != nil {
		return nil, "", l.errorf(n, "%s %q: %v; want a file beside the contract or below it", what, file, err)
	}
	return source, file, l.isLua(n, what, file, source)
}

// isLua refuses what cannot be the text of a script.
func (l *loader) isLua(n *yaml.Node, what, file string, source []byte) error {
	switch at := bytes.IndexByte(source, 0); {
	case len(source) == 0:
		return l.errorf(n, "%s %q is empty", what, file)
	case len(source) > maxScript:
		return l.errorf(n, "%s %q: is larger than %d KiB", what, file, maxScript>>10)
	case at >= 0:
		return l.errorf(n, "%s %q is no text: byte %d is 0", what, file, at)
	}
	return nil
}

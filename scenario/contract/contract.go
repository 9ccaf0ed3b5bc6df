// Package contract is the language in which a purchase script is described:
// its keys, how it is opened, called, read and audited, and what it promises.
// A script runs unmodified; the contract says what it means. CONTRACT.md, in
// this folder, teaches the language.
package contract

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"sync"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// How a script is called.
const (
	// EvalSHA: by the digest of the script, loaded beforehand.
	EvalSHA = "evalsha"
	// Eval: by its whole text, every time.
	Eval = "eval"
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
	// CallBy is EvalSHA or Eval.
	CallBy string
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

	keys     []key
	open     [][]operand
	buyKeys  []int // indexes of keys
	buyArgs  []template
	replies  []rule
	stock    stockReader
	buyers   buyersReader
	evalsha  []any     // EVALSHA, the digest, the number of keys
	eval     []any     // EVAL, the text, the number of keys
	prepared *sync.Map // offer → *preparedItem
}

// A key is one key the script may touch.
type key struct {
	name string
	text template
}

// An operand is one word of a command: a key, by its index, or a text.
type operand struct {
	key  int // -1: none
	text template
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
		CallBy: EvalSHA, Quantity: 1, Items: 1, Terms: sale.Terms{RetrySafe: sale.RetryNone},
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

// finish computes what every attempt needs.
func (c *Contract) finish() {
	digest := sha1.Sum(c.Source)
	c.SHA1 = hex.EncodeToString(digest[:])
	count := strconv.Itoa(len(c.buyKeys))
	c.evalsha = []any{"EVALSHA", c.SHA1, count}
	c.eval = []any{"EVAL", string(c.Source), count}
	c.prepared = new(sync.Map)
}

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

func (c *Contract) takesQuantity() bool {
	return slices.ContainsFunc(c.buyArgs, func(t template) bool { return t.uses(nameQty) })
}

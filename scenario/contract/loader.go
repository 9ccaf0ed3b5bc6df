package contract

import (
	"io/fs"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
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
	// captures are the names that an answer to a purchase may set.
	captures []string
	// function is what fcall calls to buy.
	function string
}

func (l *loader) contract(n *yaml.Node) error {
	l.findCaptures(n)
	return l.mapping(n, "the contract",
		field{"version", "version: 1", l.version},
		field{"name", "", l.name},
		field{"script", "script: FILE.lua", l.script},
		field{"call", "", l.call},
		field{"library", "", l.library},
		field{"function", "", func(n *yaml.Node) (err error) { l.function, err = l.functionName(n); return err }},
		field{"qty", "", l.number(&l.c.Quantity, "qty", 1, maxQuantity)},
		field{"items", "", l.number(&l.c.Items, "items", 1, maxItems)},
		field{"vars", "", l.vars},
		field{"keys", "keys: {stock: \"{seckill:{{item}}}:stock\", …}", l.keys},
		field{"open", "", l.open},
		field{"restock", "", l.restocking},
		field{"buy", "buy: {keys: […], args: […], replies: […]}", l.operation(sale.Buy)},
		field{"release", "", l.operation(sale.Release)},
		field{"confirm", "", l.operation(sale.Confirm)},
		field{"after", "", l.operation(sale.After)},
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

func (l *loader) script(n *yaml.Node) (err error) {
	c := l.c
	if l.given {
		err = l.isLua(n, "script", c.Script, c.Source)
	} else {
		c.Source, c.Script, err = l.luaFile(n, "script")
	}
	if err != nil {
		return err
	}
	c.SHA1 = newScript(c.Script, c.Source).SHA1
	if c.Name == "" {
		c.Name = strings.TrimSuffix(path.Base(c.Script), path.Ext(c.Script))
	}
	return nil
}

func (l *loader) call(n *yaml.Node) (err error) {
	l.c.CallBy, err = l.choice(n, "call", EvalSHA, Eval, FCall)
	if err != nil || l.c.CallBy != FCall {
		return err
	}
	named := libraryLine.FindSubmatch(l.c.Source)
	if named == nil {
		return l.errorf(n, "call: fcall wants a library: %s does not begin with #!lua name=…", l.c.Script)
	}
	l.c.Library = string(named[1])
	return nil
}

// libraryLine is how a library begins.
var libraryLine = regexp.MustCompile(`^#!lua[ \t]+name=([A-Za-z0-9_]+)[ \t]*\r?(\n|$)`)

func (l *loader) library(n *yaml.Node) error {
	name, err := l.text(n, "library")
	switch {
	case err != nil:
		return err
	case l.c.CallBy != FCall:
		return l.errorf(n, "library: want it with call: fcall, not with %s", l.c.CallBy)
	case name != l.c.Library:
		return l.errorf(n, "library %q: %s begins with #!lua name=%s", name, l.c.Script, l.c.Library)
	}
	return nil
}

// choice reads one of a few words.
func (l *loader) choice(n *yaml.Node, what string, known ...string) (string, error) {
	text, err := l.text(n, what)
	if err == nil && !slices.Contains(known, text) {
		return "", l.errorf(n, "unknown %s %q; known: %s", what, text, strings.Join(known, ", "))
	}
	return text, err
}

// number returns the reader of a whole number between low and high.
func (l *loader) number(dst *int64, what string, low, high int64) func(*yaml.Node) error {
	return func(n *yaml.Node) (err error) {
		*dst, err = l.integer(n, what, low, high)
		return err
	}
}

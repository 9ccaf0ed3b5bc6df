package contract

import (
	"crypto/sha1"
	"encoding/hex"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// An operation is something the script can be asked for, and how.
type operation struct {
	verb   sale.Verb
	script Script
	// function is what FCALL calls.
	function string
	// numKeys is the number of keys that Redis is told; -1: as many as there are.
	numKeys int
	keys    []keyWord
	args    []argument
	replies []rule
	// plain: every call for the same item has as many words, and what is the
	// purchase's own in them cannot go wrong.
	plain bool
	// holes are the words, of a plain operation, that are the purchase's own.
	holes []hole
	// command and carried are the words before the number of keys; carried has
	// the whole script.
	command, carried [2]any
}

// A Script is a Lua text as Redis knows it.
type Script struct {
	// File is its name.
	File string
	// Source is its text.
	Source []byte
	// SHA1 is the hexadecimal digest by which EVALSHA knows it.
	SHA1 string
}

func newScript(file string, source []byte) Script {
	digest := sha1.Sum(source)
	return Script{File: file, Source: source, SHA1: hex.EncodeToString(digest[:])}
}

// A keyWord is one of the words passed as KEYS: a key by its index, or a text
// that is none.
type keyWord struct {
	key  int // -1: none
	text template
}

// An argument is one of the words passed as ARGV, or none, or several.
type argument struct {
	text template
	json []jsonPart // instead of text
	when *template  // nil: always
	each *each
}

// A hole is a word that the purchase decides.
type hole struct {
	at   int
	text *template
}

// uses reports whether any word of the call uses one of the names.
func (o *operation) uses(c *Contract, names name) bool {
	uses := func(t *template) bool { return t != nil && t.uses(names) }
	for i := range o.keys {
		if uses(&o.keys[i].text) || o.keys[i].key >= 0 && c.keys[o.keys[i].key].text.uses(names) {
			return true
		}
	}
	return slices.ContainsFunc(o.args, func(a argument) bool {
		return uses(&a.text) || uses(a.when) || slices.ContainsFunc(a.json, func(p jsonPart) bool { return uses(&p.text) })
	})
}

// finish computes what every call of the operation needs.
func (o *operation) finish(c *Contract) {
	switch c.CallBy {
	case FCall:
		o.command = [2]any{"FCALL", o.function}
		o.carried = o.command
	case EvalSHA:
		o.command = [2]any{"EVALSHA", o.script.SHA1}
		o.carried = [2]any{"EVAL", string(o.script.Source)}
	default:
		o.carried = [2]any{"EVAL", string(o.script.Source)}
		o.command = o.carried
	}
	o.plain = !slices.ContainsFunc(o.keys, func(w keyWord) bool { return !w.isPlain(c) }) &&
		!slices.ContainsFunc(o.args, func(a argument) bool { return !a.isPlain() })
	if !o.plain {
		return
	}
	at := 1 // after the number of keys
	for i := range o.keys {
		o.hole(at, &o.keys[i].text)
		at += o.keys[i].times(c)
	}
	for i := range o.args {
		a := &o.args[i]
		o.hole(at, &a.text)
		at += a.each.times(nil)
	}
}

// hole notes a word that is the purchase's own.
func (o *operation) hole(at int, t *template) {
	if purchaseOwn(t) != 0 {
		o.holes = append(o.holes, hole{at, t})
	}
}

// purchaseOwn are the names of a template that have no value before there is a
// purchase.
func purchaseOwn(t *template) name { return t.names &^ sharedNames }

// isPlain reports whether the word can be filled in without an error, and is
// one word or the same for all purchases.
func (w *keyWord) isPlain(c *Contract) bool {
	if w.key < 0 {
		return w.text.plain() || purchaseOwn(&w.text) == 0
	}
	k := &c.keys[w.key]
	return !k.own() && (k.each == nil || !k.each.cart)
}

func (w *keyWord) times(c *Contract) int {
	if w.key < 0 {
		return 1
	}
	return c.keys[w.key].each.times(nil)
}

func (a *argument) isPlain() bool {
	own := purchaseOwn(&a.text)
	switch {
	case a.json != nil || a.when != nil || a.each != nil && a.each.cart:
		return false
	case a.each != nil:
		return own == 0
	}
	return own == 0 || a.text.plain()
}

// operation returns the reader of an operation.
func (l *loader) operation(verb sale.Verb) func(*yaml.Node) error {
	what := verb.String()
	return func(n *yaml.Node) error {
		o := &operation{verb: verb, numKeys: -1, script: l.c.script(), function: l.function}
		fields := []field{
			{"function", "", func(n *yaml.Node) (err error) { o.function, err = l.functionName(n); return err }},
			{"numkeys", "", func(n *yaml.Node) error { return l.numKeys(n, o) }},
			{"keys", "", func(n *yaml.Node) error { return l.callKeys(n, o, what+".keys") }},
			{"args", "", func(n *yaml.Node) error { return l.callArgs(n, o, what+".args") }},
			{"replies", "replies: [{int: 1, outcome: ok}, …]", func(n *yaml.Node) error { return l.replies(n, o) }},
		}
		if verb != sale.Buy {
			fields = append(fields, field{"script", "", func(n *yaml.Node) error { return l.ownScript(n, o) }})
		}
		if err := l.mapping(n, what, fields...); err != nil {
			return err
		}
		l.c.operations = append(l.c.operations, o)
		return l.fitsCall(n, o, what)
	}
}

// fitsCall refuses an operation without the function or the script it needs.
func (l *loader) fitsCall(n *yaml.Node, o *operation, what string) error {
	switch {
	case l.c.CallBy == FCall && o.function == "":
		return l.errorf(n, "%s: want function: NAME, which call: fcall calls", what)
	case l.c.CallBy != FCall && o.function != "":
		return l.errorf(n, "%s: a function is called by call: fcall, not by %s", what, l.c.CallBy)
	}
	return nil
}

var functionShape = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

func (l *loader) functionName(n *yaml.Node) (string, error) {
	text, err := l.text(n, "function")
	if err == nil && !functionShape.MatchString(text) {
		return "", l.errorf(n, "function %q: want letters, digits and underscores", text)
	}
	return text, err
}

func (l *loader) numKeys(n *yaml.Node, o *operation) error {
	count, err := l.integer(n, "numkeys", 0, math.MaxInt16)
	o.numKeys = int(count)
	return err
}

func (l *loader) ownScript(n *yaml.Node, o *operation) error {
	if l.c.CallBy == FCall {
		return l.errorf(n, "script: call: fcall calls functions of one library; want function: NAME")
	}
	source, file, err := l.luaFile(n, "script")
	if err == nil {
		o.script = newScript(path.Join(path.Dir(l.c.Script), file), source)
	}
	return err
}

// callScope is what the words of a call may use.
func (l *loader) callScope(o *operation) scope {
	s := l.scope(itemNames | purchaseNames)
	if o.verb != sale.Buy {
		s.captures = l.captures
	}
	return s
}

func (l *loader) callKeys(n *yaml.Node, o *operation, what string) error {
	words, err := l.list(n, what)
	for _, n := range words {
		w := keyWord{key: -1}
		if n.Kind == yaml.MappingNode {
			err = l.mapping(n, what, field{"text", "text: \"{{buyer}}\"", func(n *yaml.Node) (err error) {
				w.text, err = l.template(n, what, l.callScope(o))
				return err
			}})
		} else if w.key, err = l.keyNamed(n, what); err == nil && o.verb == sale.Buy && l.c.keys[w.key].text.uses(nameCapture) {
			err = l.errorf(n, "%s: key %s is made of what the answer captures, and there is none yet", what, l.c.keys[w.key].name)
		}
		if err != nil {
			return err
		}
		o.keys = append(o.keys, w)
	}
	if err == nil && o.numKeys > len(words) && !slices.ContainsFunc(o.keys, func(w keyWord) bool { return w.key >= 0 && l.c.keys[w.key].each != nil }) {
		return l.errorf(n, "%s: numkeys is %d, and there are %d", what, o.numKeys, len(words))
	}
	return err
}

func (l *loader) callArgs(n *yaml.Node, o *operation, what string) error {
	args, err := l.list(n, what)
	for _, n := range args {
		var a argument
		if n.Kind == yaml.MappingNode {
			err = l.argument(n, o, &a, what)
		} else {
			a.text, err = l.template(n, what, l.callScope(o))
		}
		if err != nil {
			return err
		}
		o.args = append(o.args, a)
	}
	return err
}

// argument reads {json: …}, {when: …, value: …} or {each: …, value: …}.
func (l *loader) argument(n *yaml.Node, o *operation, a *argument, what string) error {
	var json, when, value *yaml.Node
	e := new(each)
	keep := func(dst **yaml.Node) func(*yaml.Node) error {
		return func(n *yaml.Node) error { *dst = n; return nil }
	}
	err := l.mapping(n, what,
		field{"json", "", keep(&json)}, field{"when", "", keep(&when)}, field{"value", "", keep(&value)},
		field{"each", "", func(n *yaml.Node) error { a.each = e; return l.eachTimes(n, e) }},
		field{"as", "", func(n *yaml.Node) error { return l.eachName(n, e) }},
	)
	switch {
	case err != nil:
		return err
	case (json == nil) == (value == nil) || json == nil && when == nil && a.each == nil:
		return l.errorf(n, "%s: want a text, {json: {…}}, {when: CONDITION, value: \"…\"} or {each: N, as: b, value: \"…\"}; a template is to be quoted: \"{{item}}\"", what)
	case a.each == nil && e.as != "":
		return l.errorf(n, "%s: as is the name of an each, and there is none", what)
	case a.each != nil:
		if err := l.eachNamed(n, e, nil); err != nil {
			return err
		}
	}
	s := l.callScope(o).with(a.each)
	if when != nil {
		if a.when, err = l.condition(when, what, s); err != nil {
			return err
		}
	}
	if json != nil {
		a.json, err = l.jsonValue(json, nil, what, s)
		return err
	}
	a.text, err = l.template(value, what, s)
	return err
}

// condition reads a pipeline of text/template as one that makes a text where
// it holds.
func (l *loader) condition(n *yaml.Node, what string, s scope) (*template, error) {
	text, err := l.text(n, what)
	if err != nil {
		return nil, err
	}
	t, err := parseTemplate("{{if "+text+"}}1{{end}}", s)
	if err != nil {
		return nil, l.errorf(n, "%s: when %q: %v", what, text, err)
	}
	t.program.place = l.errorf(n, "%s: when", what)
	return &t, nil
}

// A jsonPart is a piece of a JSON text: a literal, or a text to be quoted.
type jsonPart struct {
	literal string
	text    template
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// jsonValue reads a value of YAML as JSON. What is quoted is a text; numbers,
// true, false and null are themselves.
func (l *loader) jsonValue(n *yaml.Node, parts []jsonPart, what string, s scope) ([]jsonPart, error) {
	literal := func(text string) { parts = append(parts, jsonPart{literal: text}) }
	var err error
	switch {
	case n.Kind == yaml.MappingNode:
		entries, wrong := l.entries(n, what)
		if wrong != nil {
			return nil, wrong
		}
		for i, e := range entries {
			literal(map[bool]string{true: "{", false: ","}[i == 0] + string(appendJSON(nil, e.key.Value)) + ":")
			if parts, err = l.jsonValue(e.value, parts, what, s); err != nil {
				return nil, err
			}
		}
		literal(map[bool]string{true: "{}", false: "}"}[len(entries) == 0])
	case n.Kind == yaml.SequenceNode:
		literal("[")
		for i, e := range n.Content {
			if i > 0 {
				literal(",")
			}
			if parts, err = l.jsonValue(e, parts, what, s); err != nil {
				return nil, err
			}
		}
		literal("]")
	case n.Style == 0 && n.Tag == "!!null":
		literal("null")
	case n.Style == 0 && (n.Value == "true" || n.Value == "false" || jsonNumber.MatchString(n.Value)):
		literal(n.Value)
	default:
		t, wrong := l.template(n, what, s)
		parts, err = append(parts, jsonPart{text: t}), wrong
	}
	return parts, err
}

// count is the number of keys as Redis is told it.
func (o *operation) count(keys int) string {
	if o.numKeys >= 0 {
		keys = o.numKeys
	}
	return strconv.Itoa(keys)
}

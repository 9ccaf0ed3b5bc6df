package contract

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// An Error says what is wrong with a contract, where, and what was expected.
// It is one line.
type Error struct {
	// File is the name of the contract's file.
	File string
	// Line and Column count from 1; 0 where the whole file is meant.
	Line, Column int
	// Text is what is wrong.
	Text string
}

// Error returns the error as file:line:column: text.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
}

// maxDepth is how deeply a contract may nest: more than any can need, and
// little enough that a hostile one costs nothing.
const maxDepth = 16

// A document reads the nodes of one YAML file. It takes scalars by their
// source text, so that 007 stays 007.
type document struct {
	file string
}

// root parses the text and returns its one node.
func (d *document) root(text []byte) (*yaml.Node, error) {
	var n yaml.Node
	err := yaml.Load(text, &n, yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	if many := (*yaml.LoadErrors)(nil); errors.As(err, &many) && n.Kind == 0 {
		return nil, &Error{File: d.file, Text: "is empty; want a contract, which begins with version: 1"}
	}
	if wrong := (*yaml.LoadError)(nil); errors.As(err, &wrong) {
		return nil, d.syntax(wrong)
	}
	if err != nil {
		return nil, &Error{File: d.file, Text: oneLine(err.Error())}
	}
	return n.Content[0], d.plain(n.Content[0])
}

// syntax turns what the YAML library found into an Error.
func (d *document) syntax(wrong *yaml.LoadError) error {
	text := strings.TrimPrefix(wrong.Message, "yaml: ")
	if wrong.ContextMsg != "" {
		text += " " + wrong.ContextMsg
	}
	mark := wrong.Mark
	return &Error{File: d.file, Line: mark.Line, Column: max(mark.Column, min(mark.Line, 1)), Text: "not YAML: " + oneLine(text)}
}

// plain refuses what a contract has no use for and what could make a small
// file large: anchors, aliases and tags.
func (d *document) plain(n *yaml.Node) error {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return d.errorf(n, "anchors and aliases have no place in a contract: write it out")
	case n.Style&yaml.TaggedStyle != 0:
		return d.errorf(n, "the tag %q has no place in a contract: quote what is meant as text", n.Tag)
	}
	for _, child := range n.Content {
		if err := d.plain(child); err != nil {
			return err
		}
	}
	return nil
}

func (d *document) errorf(n *yaml.Node, format string, args ...any) error {
	return &Error{File: d.file, Line: n.Line, Column: n.Column, Text: oneLine(fmt.Sprintf(format, args...))}
}

// A field is one entry of a mapping.
type field struct {
	name string
	// want shows, for a field that must be there, what it looks like.
	want string
	read func(*yaml.Node) error
}

// mapping reads the fields of a mapping, in the order given, whatever their
// order in the file. It refuses fields it does not know and fields that stand
// there twice.
func (d *document) mapping(n *yaml.Node, what string, fields ...field) error {
	entries, err := d.entries(n, what)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.name == e.key.Value }) {
			return d.errorf(e.key, "unknown field %q in %s; known: %s", e.key.Value, what, fieldNames(fields))
		}
	}
	for _, f := range fields {
		i := slices.IndexFunc(entries, func(e entry) bool { return e.key.Value == f.name })
		if i < 0 && f.want != "" {
			return d.errorf(n, "%s lacks the field %q; want %s", what, f.name, f.want)
		}
		if i < 0 {
			continue
		}
		if err := f.read(entries[i].value); err != nil {
			return err
		}
	}
	return nil
}

func fieldNames(fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

// An entry is a key of a mapping with its value.
type entry struct{ key, value *yaml.Node }

// entries returns what stands in a mapping; each key is a text and stands
// there once.
func (d *document) entries(n *yaml.Node, what string) ([]entry, error) {
	if n.Kind != yaml.MappingNode {
		return nil, d.errorf(n, "%s: want a mapping (name: value), not %s", what, kindOf(n))
	}
	var entries []entry
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			return nil, d.errorf(key, "%s: want a name before the colon, not %s; a template is to be quoted: \"{{item}}\"", what, kindOf(key))
		}
		if at, twice := first[key.Value]; twice {
			return nil, d.errorf(key, "%s has %q twice; the first is on line %d", what, key.Value, at.Line)
		}
		first[key.Value] = key
		entries = append(entries, entry{key, n.Content[i+1]})
	}
	return entries, nil
}

// list returns the elements of a sequence.
func (d *document) list(n *yaml.Node, what string) ([]*yaml.Node, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, d.errorf(n, "%s: want a list ([a, b]), not %s", what, kindOf(n))
	}
	return n.Content, nil
}

// text returns the source text of a scalar.
func (d *document) text(n *yaml.Node, what string) (string, error) {
	switch {
	case n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0:
		return "", d.errorf(n, "%s: want a text; a template is to be quoted: \"{{item}}\"", what)
	case n.Kind != yaml.ScalarNode:
		return "", d.errorf(n, "%s: want a text, not %s", what, kindOf(n))
	case n.Tag == "!!null":
		return "", d.errorf(n, "%s: want a text, not nothing; an empty text is \"\"", what)
	}
	return n.Value, nil
}

// integer returns a whole number between low and high. It takes neither
// quotes, signs, leading zeros nor fractions: a text is not a number.
func (d *document) integer(n *yaml.Node, what string, low, high int64) (int64, error) {
	v, err := strconv.ParseInt(n.Value, 10, 64)
	switch {
	case n.Kind != yaml.ScalarNode:
		return 0, d.errorf(n, "%s: want a whole number, not %s", what, kindOf(n))
	case n.Tag == "!!str" && n.Style != 0:
		return 0, d.errorf(n, "%s: want a whole number, not the text %q", what, n.Value)
	case err != nil || strconv.FormatInt(v, 10) != n.Value:
		return 0, d.errorf(n, "%s: want a whole number such as 12, not %q", what, n.Value)
	case v < low && high == math.MaxInt64:
		return 0, d.errorf(n, "%s: want %d or more, not %d", what, low, v)
	case v < low || v > high:
		return 0, d.errorf(n, "%s: want a number between %d and %d, not %d", what, low, high, v)
	}
	return v, nil
}

// boolean returns true or false.
func (d *document) boolean(n *yaml.Node, what string) (bool, error) {
	if n.Kind == yaml.ScalarNode && n.Style == 0 && (n.Value == "true" || n.Value == "false") {
		return n.Value == "true", nil
	}
	return false, d.errorf(n, "%s: want true or false, not %s", what, shown(n))
}

// one reads the name of one of a closed list.
func (d *document) one(n *yaml.Node, what string, dst encoding.TextUnmarshaler) error {
	name, err := d.text(n, what)
	if err != nil {
		return err
	}
	if err := dst.UnmarshalText([]byte(name)); err != nil {
		return d.errorf(n, "%v", err)
	}
	return nil
}

func shown(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		return strconv.Quote(n.Value)
	}
	return kindOf(n)
}

func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	}
	return "a text"
}

// oneLine keeps an error on one line, and harmless to a terminal, whatever it
// quotes.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

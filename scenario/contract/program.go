package contract

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	gotemplate "text/template"
	"text/template/parse"
	"time"
)

// maxText is the longest text that a template may make, in bytes.
const maxText = 64 << 10

// A program is a template that is more than names, run by text/template. It
// has neither loops nor templates of its own, and no text it makes is longer
// than maxText: its time and memory are bounded by the length of its source.
type program struct {
	run *gotemplate.Template
	// values are the names that the program uses.
	values map[string]segment
	// place is where the template stands.
	place error
}

var (
	// nameOfValue is how the name of a value looks, or a line's.
	nameOfValue = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.(item|qty))?$`)
	// lineValue finds the two values of a cart's line, which text/template
	// would take for fields.
	lineValue = regexp.MustCompile(`\b([A-Za-z_][A-Za-z0-9_]*)\.(item|qty)\b`)
	// templatePlace is how text/template begins an error.
	templatePlace = regexp.MustCompile(`^template: [^:]*:\d+(:\d+)?: (executing "[^"]*" at |)`)
)

// The braces of a program as text/template sees them: no text in a contract
// has these.
const leftBrace, rightBrace = "\x02{{\x02", "\x03}}\x03"

// isWord reports whether a text that looks like a name is a word of
// text/template.
func isWord(text string) bool {
	switch text {
	case "else", "end", "true", "false", "nil", "break", "continue":
		return true
	}
	return false
}

// isTaken reports whether a var, an each or a capture cannot have a name.
func isTaken(text string) bool {
	_, isFunction := templateFunctions[text]
	_, known := scope{}.lookup(text)
	return isFunction || known || isWord(text) || allowedWords[text] || text == "if" || text == "with"
}

// allowedWords are the functions of text/template itself that a template may
// use. The others print without bound, or call.
var allowedWords = map[string]bool{
	"and": true, "or": true, "not": true, "eq": true, "ne": true, "lt": true, "le": true, "gt": true, "ge": true, "index": true, "len": true, "slice": true,
}

// templateFunctions are the functions of a template. Their arguments are
// numbers and texts; a text of digits is a number of any length.
var templateFunctions = gotemplate.FuncMap{"mod": mod, "hash": hash, "share": share, "join": join, "split": split, "json": jsonOf}

// compile makes a program of the literals and actions of a text.
func compile(parts []string, s scope) (template, error) {
	var text strings.Builder
	for i, part := range parts {
		switch {
		case strings.ContainsAny(part, "\x02\x03"):
			return template{}, errors.New("bad template: the bytes 2 and 3 have no place in it")
		case i%2 == 0:
			text.WriteString(part)
		default:
			text.WriteString(leftBrace + s.lines(part) + rightBrace)
		}
	}
	functions := gotemplate.FuncMap{}
	none := func() string { return "" }
	for _, name := range strings.Split(s.known(), ", ") {
		functions[strings.Replace(name, ".", "__", 1)] = none
	}
	run, err := gotemplate.New("t").Delims(leftBrace, rightBrace).Option("missingkey=error").Funcs(templateFunctions).Funcs(functions).Parse(text.String())
	if err != nil {
		return template{}, s.worded(err)
	}
	p := &program{run: run, values: map[string]segment{}}
	if len(run.Templates()) > 1 {
		return template{}, errors.New("bad template: define and block have no place here")
	}
	t := template{program: p}
	err = t.bind(run.Root, s)
	return t, err
}

// lines writes the values of a cart's line as names that text/template takes.
func (s scope) lines(action string) string {
	if !s.cart {
		return action
	}
	return lineValue.ReplaceAllString(action, "${1}__$2")
}

// undefined is how text/template words a name it does not know.
var undefined = regexp.MustCompile(`function "([^"]*)" not defined`)

func (s scope) worded(err error) error {
	text := templatePlace.ReplaceAllString(err.Error(), "")
	if m := undefined.FindStringSubmatch(text); m != nil {
		text = fmt.Sprintf("unknown name %q; known: %s; and the functions mod, hash, share, join, split, index, json", m[1], s.known())
	}
	return errors.New("bad template: " + strings.NewReplacer(leftBrace, "{{", rightBrace, "}}").Replace(text))
}

// bind makes values of the names in a program and refuses what could take
// more time or room than its length tells.
func (t *template) bind(n parse.Node, s scope) error {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, child := range n.Nodes {
			if err := t.bind(child, s); err != nil {
				return err
			}
		}
		return nil
	case *parse.ActionNode:
		return t.bindPipe(n.Pipe, s)
	case *parse.IfNode:
		return t.bindBranch(&n.BranchNode, s)
	case *parse.WithNode:
		return t.bindBranch(&n.BranchNode, s)
	case *parse.TextNode, *parse.CommentNode:
		return nil
	}
	return errors.New("bad template: want actions, if and with only; each is the loop of a contract")
}

func (t *template) bindBranch(n *parse.BranchNode, s scope) error {
	if err := t.bindPipe(n.Pipe, s); err != nil {
		return err
	}
	if err := t.bind(n.List, s); err != nil {
		return err
	}
	return t.bind(n.ElseList, s)
}

func (t *template) bindPipe(pipe *parse.PipeNode, s scope) error {
	for _, command := range pipe.Cmds {
		for i, arg := range command.Args {
			bound, err := t.bindArg(arg, s)
			if err != nil {
				return err
			}
			command.Args[i] = bound
		}
	}
	return nil
}

// bindArg turns the name of a value, which text/template takes for a function,
// into a field of the values.
func (t *template) bindArg(arg parse.Node, s scope) (parse.Node, error) {
	switch arg := arg.(type) {
	case *parse.PipeNode:
		return arg, t.bindPipe(arg, s)
	case *parse.IdentifierNode:
		if templateFunctions[arg.Ident] != nil || allowedWords[arg.Ident] {
			return arg, nil
		}
		seg, found, err := s.name(strings.Replace(arg.Ident, "__", ".", 1))
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fmt.Errorf("bad template: unknown name %q; known: %s", arg.Ident, s.known())
		}
		t.note(arg.Ident, seg)
		return &parse.VariableNode{NodeType: parse.NodeVariable, Pos: arg.Pos, Ident: []string{"$", arg.Ident}}, nil
	case *parse.VariableNode:
		if len(arg.Ident) > 1 {
			return nil, fmt.Errorf("bad template: unknown name %q; known: %s", arg.String(), s.known())
		}
	case *parse.ChainNode, *parse.FieldNode:
		return nil, fmt.Errorf("bad template: unknown name %q; known: %s", arg.String(), s.known())
	}
	return arg, nil
}

func (t *template) note(ident string, seg segment) {
	t.program.values[ident] = seg
	t.names |= seg.name
	if seg.v != nil {
		t.names |= seg.v.scope
	}
}

// append runs the program and adds what it makes to dst.
func (p *program) append(dst []byte, v *values) ([]byte, error) {
	data := make(map[string]any, len(p.values))
	for ident, seg := range p.values {
		value, err := seg.value(v)
		if err != nil {
			return dst, err
		}
		data[ident] = value
	}
	out := boundedText{room: maxText} // not dst: what the library holds is not the caller's room on the stack
	if err := p.run.Execute(&out, data); err != nil {
		text := strings.NewReplacer(leftBrace, "{{", rightBrace, "}}").Replace(templatePlace.ReplaceAllString(err.Error(), ""))
		return dst, fmt.Errorf("%w: bad template: %s", p.place, oneLine(text))
	}
	return append(dst, out.buffer.Bytes()...), nil
}

// value returns what a name stands for: a text, or a number as an int64.
func (s *segment) value(v *values) (any, error) {
	switch s.name {
	case 0:
		if n, whole := wholeNumber(s.literal); whole {
			return n, nil
		}
		return s.literal, nil
	case nameCapture:
		return captured(v, s.literal)
	case nameItem, nameBuyer, nameRequest, nameLineItem, nameVariable:
		return string(s.append(nil, v)), nil
	}
	return s.number(v), nil
}

// instant returns the value of a name that stands for an instant.
func (s *segment) instant(v *values) int64 {
	const day = 24 * 60 * 60
	switch s.name {
	case nameNowMS:
		return time.Now().UnixMilli()
	case nameNowS:
		return time.Now().Unix()
	case nameSaleStart:
		if v.item.Opens != 0 {
			return v.item.Opens
		}
		return v.born
	}
	if v.item.Closes != 0 {
		return v.item.Closes
	}
	return v.born + day
}

// errLong is what a template that explodes comes to.
var errLong = fmt.Errorf("it makes a text of more than %d KiB", maxText>>10)

// A boundedText takes no more than there is room for.
type boundedText struct {
	buffer bytes.Buffer
	room   int
}

// Write adds to the text while there is room.
func (b *boundedText) Write(p []byte) (int, error) {
	if b.room -= len(p); b.room < 0 {
		return 0, errLong
	}
	return b.buffer.Write(p)
}

// numberOf reads a number of any length.
func numberOf(x any) (*big.Int, error) {
	text := fmt.Sprint(x)
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || len(text) > 100 {
		return nil, fmt.Errorf("want a whole number, not %.100q", text)
	}
	return n, nil
}

func mod(a, b any) (int64, error) {
	x, err := numberOf(a)
	if err != nil {
		return 0, err
	}
	y, err := numberOf(b)
	if err != nil {
		return 0, err
	}
	if y.Sign() <= 0 || !y.IsInt64() {
		return 0, fmt.Errorf("mod: want a divisor above 0, not %s", y)
	}
	return new(big.Int).Mod(x, y).Int64(), nil
}

// hash is FNV-1a of 64 bits, with the bits mixed so that its low ones may be
// used (the finalizer of MurmurHash3).
func hash(x any) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range []byte(fmt.Sprint(x)) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// share is what part b of n parts has of a stock; the first ones have the
// units that do not go into n.
func share(stock, parts, part any) (int64, error) {
	var numbers [3]int64
	for i, x := range []any{stock, parts, part} {
		n, err := numberOf(x)
		if err != nil {
			return 0, fmt.Errorf("share: %w", err)
		}
		numbers[i] = n.Int64()
	}
	units, n, b := numbers[0], numbers[1], numbers[2]
	if n < 1 || b < 0 || b >= n {
		return 0, fmt.Errorf("share: there is no part %d of %d; want parts from 0 to one below their number", b, n)
	}
	if b < units%n {
		return units/n + 1, nil
	}
	return units / n, nil
}

func split(separator string, x any) ([]string, error) {
	return strings.Split(fmt.Sprint(x), separator), nil
}

func join(separator string, parts []string) (string, error) {
	size := len(separator) * max(0, len(parts)-1)
	for _, part := range parts {
		size += len(part)
	}
	if size > maxText {
		return "", errLong
	}
	return strings.Join(parts, separator), nil
}

// jsonOf returns a text as a JSON string, and a number as a JSON number.
func jsonOf(x any) (string, error) {
	switch x := x.(type) {
	case string:
		text := string(appendJSON(nil, x))
		if len(text) > maxText {
			return "", errLong
		}
		return text, nil
	case int64:
		return strconv.FormatInt(x, 10), nil
	case []string:
		texts := make([]string, len(x))
		for i, text := range x {
			texts[i] = string(appendJSON(nil, text))
		}
		list, err := join(",", texts)
		return "[" + list + "]", err
	}
	return "", fmt.Errorf("json: want a text, a number or a list, not %v", x)
}

// appendJSON adds a text as a JSON string. Bytes that are no characters stay
// as they are, as cjson has them: an id is its bytes.
func appendJSON(dst []byte, text string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, b := range []byte(text) {
		switch {
		case b == '"' || b == '\\':
			dst = append(dst, '\\', b)
		case b < ' ':
			dst = append(dst, '\\', 'u', '0', '0', digits[b>>4], digits[b&15])
		default:
			dst = append(dst, b)
		}
	}
	return append(dst, '"')
}

package contract

import (
	"fmt"
	"math"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// maxPattern is the longest regular expression, in bytes.
const maxPattern = 1024

func (l *loader) replies(n *yaml.Node, o *operation) error {
	rules, err := l.list(n, "replies")
	if err != nil {
		return err
	}
	for _, n := range rules {
		r := rule{line: n.Line}
		if err := l.rule(n, &r); err != nil {
			return err
		}
		if err := l.reachable(n, &r, o.replies); err != nil {
			return err
		}
		o.replies = append(o.replies, r)
	}
	if !slices.ContainsFunc(o.replies, func(r rule) bool { return r.outcome == sale.OK }) {
		return l.errorf(n, "replies: none has outcome: ok; want the reply that means %s", meaning[o.verb])
	}
	return nil
}

// meaning is what an ok says.
var meaning = map[sale.Verb]string{sale.Buy: "a sale", sale.Release: "that units came back", sale.Confirm: "that it is final", sale.After: "that it is done"}

func (l *loader) rule(n *yaml.Node, r *rule) error {
	err := l.mapping(n, "a reply",
		field{"at", "", func(n *yaml.Node) error { return l.partAt(n, r) }},
		field{"json", "", func(n *yaml.Node) error { return l.partJSON(n, r) }},
		field{"bits", "", func(n *yaml.Node) error { return l.partBits(n, r) }},
		field{"int", "", func(n *yaml.Node) error { return l.matchInt(n, r, "int") }},
		field{"int_in", "", func(n *yaml.Node) error { return l.matchIntIn(n, r) }},
		field{"min", "", func(n *yaml.Node) error { return l.matchInt(n, r, "min") }},
		field{"max", "", func(n *yaml.Node) error { return l.matchInt(n, r, "max") }},
		field{"str", "", func(n *yaml.Node) error { return l.matchText(n, r) }},
		field{"re", "", func(n *yaml.Node) error { return l.matchPattern(n, r, "re", textReply) }},
		field{"nil", "", func(n *yaml.Node) error { return l.matchTrue(n, r, "nil", nilReply) }},
		field{"empty", "", func(n *yaml.Node) error { return l.matchTrue(n, r, "empty", emptyReply) }},
		field{"any", "", func(n *yaml.Node) error { return l.matchTrue(n, r, "any", anyReply) }},
		field{"error", "", func(n *yaml.Node) error { return l.matchPattern(n, r, "error", errorReply) }},
		field{"outcome", "outcome: ok, or another", func(n *yaml.Node) error { return l.outcome(n, r) }},
		field{"left", "", func(n *yaml.Node) error { return l.told(n, r, &r.left, "left") }},
		field{"granted", "", func(n *yaml.Node) error { return l.told(n, r, &r.granted, "granted") }},
		field{"capture", "", func(n *yaml.Node) error { return l.capture(n, r) }},
	)
	switch {
	case err != nil:
		return err
	case r.kind == 0:
		return l.errorf(n, "a reply: nothing to match; want one of int, int_in, min, max, str, re, nil, empty, any, error")
	case r.kind == numberReply && len(r.numbers) == 0:
		return l.errorf(n, "a reply: no number can match all of its tests")
	case r.text != nil && r.pattern != nil && !r.pattern.MatchString(*r.text):
		return l.errorf(n, "a reply: its str does not match its re; no text can match both")
	case r.part.width > 0 && r.kind != numberReply:
		return l.errorf(n, "a reply: bits are a number; want int, int_in, min or max beside it")
	case r.kind == errorReply && r.part.name != "" && r.part.path == nil:
		return l.errorf(n, "a reply: an error has no parts")
	}
	r.raw = r.only()
	return nil
}

// only returns the reply as redis-cli prints it if the rule matches but one.
func (r *rule) only() string {
	switch {
	case r.part.name != "":
	case r.kind == numberReply && len(r.numbers) == 1 && r.numbers[0].low == r.numbers[0].high:
		return printed(r.numbers[0].low)
	case r.kind == textReply && r.text != nil:
		return printed(*r.text)
	case r.kind == nilReply:
		return printed(nil)
	}
	return ""
}

func (l *loader) partAt(n *yaml.Node, r *rule) error {
	at, err := l.integer(n, "at", 0, math.MaxInt16)
	r.part.name = fmt.Sprintf("at %d", at)
	r.part.path = replyPath{{index: int(at)}}
	return err
}

func (l *loader) partJSON(n *yaml.Node, r *rule) (err error) {
	if r.part.path != nil {
		return l.errorf(n, "a reply: at and json; want one, a path such as $[1].id leads into an element")
	}
	r.part.name, r.part.json = "json "+n.Value, true
	r.part.path, err = l.path(n, "json")
	if err == nil && len(r.part.path) > 0 && r.part.path[0].name == "" {
		r.part.json = false // the first step may be into the array of a reply
	}
	return err
}

func (l *loader) partBits(n *yaml.Node, r *rule) error {
	words, err := l.list(n, "bits")
	if err != nil {
		return err
	}
	if len(words) != 2 {
		return l.errorf(n, "bits: want [OFFSET, WIDTH], not %d numbers", len(words))
	}
	offset, err := l.integer(words[0], "bits: offset", 0, 62)
	if err != nil {
		return err
	}
	width, err := l.integer(words[1], "bits: width", 1, 63-offset)
	if err != nil {
		return err
	}
	r.part.offset, r.part.width = uint(offset), uint(width)
	r.part.name += fmt.Sprintf(" bits %d %d", offset, width)
	return l.within(n, r, span{0, 1<<width - 1})
}

// kind settles the kind of reply a rule matches; all its tests must agree.
func (l *loader) kind(n *yaml.Node, r *rule, k replyKind) error {
	if r.kind != 0 && r.kind != k {
		return l.errorf(n, "a reply: its tests can never hold together, for no reply is of two kinds; want one kind a rule")
	}
	r.kind = k
	return nil
}

func (l *loader) matchInt(n *yaml.Node, r *rule, test string) error {
	v, err := l.integer(n, test, math.MinInt64, math.MaxInt64)
	if err != nil {
		return err
	}
	switch test {
	case "min":
		return l.within(n, r, span{v, math.MaxInt64})
	case "max":
		return l.within(n, r, span{math.MinInt64, v})
	}
	return l.within(n, r, span{v, v})
}

func (l *loader) matchIntIn(n *yaml.Node, r *rule) error {
	values, err := l.list(n, "int_in")
	if err != nil {
		return err
	}
	var in []span
	for _, n := range values {
		v, err := l.integer(n, "int_in", math.MinInt64, math.MaxInt64)
		if err != nil {
			return err
		}
		if !slices.Contains(in, span{v, v}) {
			in = append(in, span{v, v})
		}
	}
	return l.within(n, r, in...)
}

// within narrows the numbers a rule matches to those in the spans.
func (l *loader) within(n *yaml.Node, r *rule, spans ...span) error {
	if err := l.kind(n, r, numberReply); err != nil {
		return err
	}
	if r.numbers == nil {
		r.numbers = []span{{math.MinInt64, math.MaxInt64}}
	}
	both := []span{}
	for _, a := range r.numbers {
		for _, b := range spans {
			if s := (span{max(a.low, b.low), min(a.high, b.high)}); s.low <= s.high {
				both = append(both, s)
			}
		}
	}
	r.numbers = both
	return nil
}

func (l *loader) matchText(n *yaml.Node, r *rule) error {
	text, err := l.text(n, "str")
	if err != nil {
		return err
	}
	r.text = &text
	return l.kind(n, r, textReply)
}

// matchTrue reads a test that is there or not.
func (l *loader) matchTrue(n *yaml.Node, r *rule, test string, k replyKind) error {
	if is, err := l.boolean(n, test); err != nil || !is {
		return l.errorf(n, "%s: want true, not %s", test, shown(n))
	}
	return l.kind(n, r, k)
}

func (l *loader) matchPattern(n *yaml.Node, r *rule, test string, k replyKind) error {
	pattern, err := l.pattern(n, test)
	if err != nil {
		return err
	}
	if err := l.kind(n, r, k); err != nil {
		return err
	}
	r.pattern = pattern
	if k == errorReply {
		return nil
	}
	for group, name := range pattern.SubexpNames() {
		if name == "" {
			continue
		}
		if err := l.newName(n, test, name); err != nil {
			return err
		}
		r.captures = append(r.captures, capture{name, source{group: group}})
	}
	return nil
}

func (l *loader) pattern(n *yaml.Node, what string) (*regexp.Regexp, error) {
	text, err := l.text(n, what)
	if err != nil {
		return nil, err
	}
	if len(text) > maxPattern {
		return nil, l.errorf(n, "%s: want a regular expression of at most %d bytes, not %d", what, maxPattern, len(text))
	}
	if _, err := regexp.Compile(text); err != nil {
		return nil, l.errorf(n, "%s: want a regular expression: %v", what, err)
	}
	return regexp.Compile(dotAll + text)
}

// dotAll stands before every pattern: a line break is a byte like any other.
const dotAll = "(?s)"

func (l *loader) outcome(n *yaml.Node, r *rule) error {
	if err := l.one(n, "outcome", &r.outcome); err != nil {
		return err
	}
	if r.outcome == sale.Dropped {
		return l.errorf(n, "outcome dropped is for what was never sent; no reply means it")
	}
	return nil
}

// told reads where a reply tells a number of units.
func (l *loader) told(n *yaml.Node, r *rule, s *source, what string) (err error) {
	if *s, err = l.source(n, r, what); err != nil {
		return err
	}
	whole := s.path != nil && len(s.path) == 0
	switch {
	case r.outcome != sale.OK:
		return l.errorf(n, "%s: want it beside outcome: ok, for it is told of a sale", what)
	case whole && r.part.name == "" && r.kind != numberReply && r.kind != textReply:
		return l.errorf(n, "%s: reply is a number of units; want it beside a number (int, int_in, min, max) and outcome: ok", what)
	case whole && r.text != nil && r.part.name == "":
		if _, isNumber := wholeNumber(*r.text); !isNumber {
			return l.errorf(n, "%s: the reply %q is no number; want it beside a number (int, int_in, min, max) and outcome: ok", what, *r.text)
		}
	}
	return nil
}

// source reads reply, a path, or the name of a group of the rule's re.
func (l *loader) source(n *yaml.Node, r *rule, what string) (source, error) {
	text, err := l.text(n, what)
	switch {
	case err != nil:
		return source{}, err
	case r.kind == errorReply:
		return source{}, l.errorf(n, "%s: an error is its outcome and nothing else", what)
	case text == "reply":
		return source{path: replyPath{}}, nil
	case isPath(text) && len(parsePath(text)) > 0 && r.part.name == "" && r.kind != textReply && r.kind != anyReply:
		return source{}, l.errorf(n, "%s: the reply has no parts where %s could lead; want reply", what, text)
	case isPath(text):
		return source{path: parsePath(text)}, nil
	case r.pattern != nil && r.pattern.SubexpIndex(text) > 0:
		return source{group: r.pattern.SubexpIndex(text)}, nil
	}
	return source{}, l.errorf(n, "%s: want reply, a path such as $[1] or $.code, or a named group of the re in the same reply, not %q", what, text)
}

func (l *loader) capture(n *yaml.Node, r *rule) error {
	entries, err := l.entries(n, "capture")
	for _, e := range entries {
		name := e.key.Value
		if err := l.newName(e.key, "capture", name); err != nil {
			return err
		}
		if slices.ContainsFunc(r.captures, func(c capture) bool { return c.name == name }) {
			return l.errorf(e.key, "capture: the re has a group of the name %q, which is a capture already", name)
		}
		from, err := l.source(e.value, r, "capture "+name)
		if err != nil {
			return err
		}
		r.captures = append(r.captures, capture{name, from})
	}
	return err
}

// findCaptures lists the names that an answer to a purchase may set, before
// anything else is read: what uses them may stand above them.
func (l *loader) findCaptures(root *yaml.Node) {
	add := func(name string) {
		if name != "" && !slices.Contains(l.captures, name) {
			l.captures = append(l.captures, name)
		}
	}
	replies := child(child(root, "buy"), "replies")
	if replies == nil {
		return
	}
	for _, r := range replies.Content {
		if names := child(r, "capture"); names != nil {
			for i := 0; i+1 < len(names.Content); i += 2 {
				add(names.Content[i].Value)
			}
		}
		if re := child(r, "re"); re != nil && len(re.Value) <= maxPattern {
			if pattern, err := regexp.Compile(re.Value); err == nil {
				for _, name := range pattern.SubexpNames() {
					add(name)
				}
			}
		}
	}
}

// child returns the value of a field, if n is a mapping that has it.
func child(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

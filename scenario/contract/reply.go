package contract

import (
	"errors"
	"math"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A replyKind is a kind of reply that a rule can name.
type replyKind uint8

const (
	numberReply replyKind = iota + 1
	textReply
	nilReply
	errorReply
)

// A rule says what the replies it matches mean.
type rule struct {
	kind replyKind
	// numbers are the ranges a number must be in one of.
	numbers []span
	text    string
	pattern *regexp.Regexp

	outcome sale.Outcome
	// left: the reply is the stock after this sale.
	left bool
	// raw is the reply as redis-cli prints it, where the rule matches but one.
	raw string
	// line is where the rule stands in the contract.
	line int
}

// A span is the whole numbers from low to high, both included.
type span struct{ low, high int64 }

// Answer returns what a reply means: the first rule that matches it says so.
//
// reply is an int64, a string, nil or whatever else go-redis makes of a reply;
// err is an error reply if it has a method RedisError, else what went wrong on
// the wire. A reply or an error reply that no rule names is indeterminate and
// a defect; a wire error is indeterminate. Granted is left to who knows the
// quantity.
func (c *Contract) Answer(reply any, err error) sale.Answer {
	if err != nil && !isErrorReply(err) {
		return sale.Answer{Outcome: sale.Indeterminate, Left: sale.Untold, Raw: err.Error()}
	}
	for i := range c.replies {
		if r := &c.replies[i]; r.matches(reply, err) {
			return r.answer(reply, err)
		}
	}
	if err != nil {
		return sale.Answer{Outcome: sale.Indeterminate, Defect: sale.ScriptError, Left: sale.Untold, Raw: bounded(err.Error())}
	}
	return sale.Answer{Outcome: sale.Indeterminate, Defect: sale.UnmappedReply, Left: sale.Untold, Raw: printed(reply)}
}

// isErrorReply tells what a server answered from what happened to the
// connection.
func isErrorReply(err error) bool {
	var reply interface {
		error
		RedisError()
	}
	return errors.As(err, &reply)
}

func (r *rule) matches(reply any, err error) bool {
	if err != nil {
		return r.kind == errorReply && r.pattern.MatchString(err.Error())
	}
	switch v := reply.(type) {
	case int64:
		return r.kind == numberReply && slices.ContainsFunc(r.numbers, func(s span) bool { return s.low <= v && v <= s.high })
	case string:
		return r.kind == textReply && r.text == v
	case nil:
		return r.kind == nilReply
	}
	return false
}

func (r *rule) answer(reply any, err error) sale.Answer {
	a := sale.Answer{Outcome: r.outcome, Left: sale.Untold, Raw: r.raw}
	switch {
	case err != nil:
		a.Raw = bounded(err.Error())
	case r.left:
		a.Left = reply.(int64)
	case a.Raw == "":
		a.Raw = printed(reply)
	}
	return a
}

func (l *loader) replies(n *yaml.Node) error {
	rules, err := l.list(n, "replies")
	if err != nil {
		return err
	}
	for _, n := range rules {
		r := rule{line: n.Line}
		if err := l.rule(n, &r); err != nil {
			return err
		}
		if err := l.reachable(n, &r); err != nil {
			return err
		}
		l.c.replies = append(l.c.replies, r)
	}
	if !slices.ContainsFunc(l.c.replies, func(r rule) bool { return r.outcome == sale.OK }) {
		return l.errorf(n, "replies: none has outcome: ok; want the reply that means a sale")
	}
	return nil
}

func (l *loader) rule(n *yaml.Node, r *rule) error {
	err := l.mapping(n, "a reply",
		field{"int", "", func(n *yaml.Node) error { return l.matchInt(n, r, "int") }},
		field{"int_in", "", func(n *yaml.Node) error { return l.matchIntIn(n, r) }},
		field{"min", "", func(n *yaml.Node) error { return l.matchInt(n, r, "min") }},
		field{"max", "", func(n *yaml.Node) error { return l.matchInt(n, r, "max") }},
		field{"str", "", func(n *yaml.Node) error { return l.matchText(n, r) }},
		field{"nil", "", func(n *yaml.Node) error { return l.matchNil(n, r) }},
		field{"error", "", func(n *yaml.Node) error { return l.matchError(n, r) }},
		field{"outcome", "outcome: ok, or another", func(n *yaml.Node) error { return l.outcome(n, r) }},
		field{"left", "", func(n *yaml.Node) error { return l.left(n, r) }},
	)
	switch {
	case err != nil:
		return err
	case r.kind == 0:
		return l.errorf(n, "a reply: nothing to match; want one of int, int_in, min, max, str, nil, error")
	case r.kind == numberReply && len(r.numbers) == 0:
		return l.errorf(n, "a reply: no number can match all of its tests")
	}
	r.raw = r.only()
	return nil
}

// only returns the reply as redis-cli prints it if the rule matches but one.
func (r *rule) only() string {
	switch {
	case r.kind == numberReply && len(r.numbers) == 1 && r.numbers[0].low == r.numbers[0].high:
		return printed(r.numbers[0].low)
	case r.kind == textReply:
		return printed(r.text)
	case r.kind == nilReply:
		return printed(nil)
	}
	return ""
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
		in = append(in, span{v, v})
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

func (l *loader) matchText(n *yaml.Node, r *rule) (err error) {
	if r.text, err = l.text(n, "str"); err != nil {
		return err
	}
	return l.kind(n, r, textReply)
}

func (l *loader) matchNil(n *yaml.Node, r *rule) error {
	if is, err := l.boolean(n, "nil"); err != nil || !is {
		return l.errorf(n, "nil: want true, not %s", shown(n))
	}
	return l.kind(n, r, nilReply)
}

func (l *loader) matchError(n *yaml.Node, r *rule) error {
	text, err := l.text(n, "error")
	if err != nil {
		return err
	}
	if r.pattern, err = regexp.Compile(text); err != nil {
		return l.errorf(n, "error: want a regular expression: %v", err)
	}
	return l.kind(n, r, errorReply)
}

func (l *loader) outcome(n *yaml.Node, r *rule) error {
	if err := l.one(n, "outcome", &r.outcome); err != nil {
		return err
	}
	if r.outcome == sale.Dropped {
		return l.errorf(n, "outcome dropped is for what was never sent; no reply means it")
	}
	return nil
}

func (l *loader) left(n *yaml.Node, r *rule) error {
	switch text, err := l.text(n, "left"); {
	case err != nil:
		return err
	case text != "reply":
		return l.errorf(n, "left: want reply, not %q", text)
	case r.kind != numberReply || r.outcome != sale.OK:
		return l.errorf(n, "left: reply is the stock after a sale; want it beside a number (int, int_in, min, max) and outcome: ok")
	}
	r.left = true
	return nil
}

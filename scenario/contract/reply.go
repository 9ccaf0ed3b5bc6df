package contract

import (
	"errors"
	"regexp"
	"slices"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A replyKind is a kind of reply that a rule can name.
type replyKind uint8

const (
	numberReply replyKind = iota + 1
	textReply
	nilReply
	emptyReply
	anyReply
	errorReply
)

// A rule says what the replies it matches mean.
type rule struct {
	// part is what the tests are held against.
	part part
	kind replyKind
	// numbers are the ranges a number must be in one of.
	numbers []span
	text    *string
	pattern *regexp.Regexp

	outcome       sale.Outcome
	left, granted source
	captures      []capture
	// raw is the reply as redis-cli prints it, where the rule matches but one.
	raw string
	// line is where the rule stands in the contract.
	line int
}

// A part is the reply, or something in it.
type part struct {
	// name is how the contract has it; empty: the reply itself.
	name string
	path replyPath
	// json: path leads into JSON, from the reply's own text on.
	json bool
	// offset and width are bits of a number, from the lowest; width 0: all.
	offset, width uint
}

// A span is the whole numbers from low to high, both included.
type span struct{ low, high int64 }

// A source is where a rule takes a value from. The zero source is none.
type source struct {
	// path leads to it; nil: group does.
	path replyPath
	// group is the number of a group in the rule's pattern.
	group int
}

func (s source) given() bool { return s.path != nil || s.group > 0 }

// A capture is a value of the reply with a name.
type capture struct {
	name string
	from source
}

// Answer returns what a reply to a buyer means: the first rule that matches it
// says so.
//
// reply is an int64, a string, nil or whatever else go-redis makes of a reply;
// err is an error reply if it has a method RedisError, else what went wrong on
// the wire. A reply or an error reply that no rule names is indeterminate and
// a defect; a wire error is indeterminate. Granted is left to who knows the
// quantity, unless the contract tells where the reply has it.
func (c *Contract) Answer(reply any, err error) sale.Answer {
	return c.operations[0].answer(reply, err)
}

// Reply returns what the reply to a purchase means, as Answer does, for its
// verb. Granted is the whole quantity where the reply does not tell. The
// receipt of what is not refused has the values of the contract's vars that
// the orders or a later release will need.
func (c *Contract) Reply(p *sale.Purchase, reply any, err error) sale.Answer {
	a := c.operations[max(0, c.indexOf(p.Verb))].answer(reply, err)
	if a.Outcome == sale.OK && a.Granted == 0 {
		a.Granted = p.Quantity
	}
	if len(c.kept) > 0 && (a.Outcome == sale.OK || a.Outcome == sale.Replayed || a.Outcome == sale.Indeterminate) {
		if a.Receipt == nil {
			a.Receipt = make(map[string]string, len(c.kept))
		}
		v := values{item: p.Item, p: p, quantity: p.Quantity, limit: c.Terms.Limit, born: c.born}
		for _, x := range c.kept {
			a.Receipt[x.name] = string(x.append(nil, &v))
		}
	}
	return a
}

func (o *operation) answer(reply any, err error) sale.Answer {
	if err != nil && !isErrorReply(err) {
		return sale.Answer{Outcome: sale.Indeterminate, Left: sale.Untold, Raw: err.Error()}
	}
	for i := range o.replies {
		if a, matches := o.replies[i].match(reply, err); matches {
			return a
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

// match returns what a reply means, if it is one that the rule names. A reply
// that lacks what the rule takes from it is not.
func (r *rule) match(reply any, err error) (sale.Answer, bool) {
	a := sale.Answer{Outcome: r.outcome, Left: sale.Untold, Raw: r.raw}
	if err != nil {
		a.Raw = bounded(err.Error())
		return a, r.kind == errorReply && r.pattern.MatchString(err.Error())
	}
	value, found := r.part.of(reply)
	if !found || !r.matches(value) || !r.take(&a, reply, value) {
		return sale.Answer{}, false
	}
	if a.Raw == "" && !(r.left.given() && r.kind == numberReply) {
		a.Raw = printed(reply)
	}
	return a, true
}

// of returns the part of a reply; false where there is none.
func (p *part) of(reply any) (any, bool) {
	if text, isText := reply.(string); p.json && isText {
		value, ok := parseJSON(text)
		if !ok {
			return nil, false
		}
		reply = value
	}
	if len(p.path) > 0 {
		part, found := p.path.follow(reply)
		if !found {
			return nil, false
		}
		reply = part
	}
	if p.width == 0 {
		return reply, true
	}
	number, whole := reply.(int64)
	if source, isJSON := reply.(jsonSource); isJSON {
		number, whole = wholeNumber(source)
	}
	return int64(uint64(number) >> p.offset & (1<<p.width - 1)), whole
}

func (r *rule) matches(value any) bool {
	switch v := value.(type) {
	case int64:
		return r.kind == numberReply && r.inside(v) || r.kind == anyReply
	case jsonSource:
		number, whole := wholeNumber(v)
		return r.kind == numberReply && whole && r.inside(number) || r.kind == anyReply
	case string:
		return r.matchesText(v)
	case nil:
		return r.kind == nilReply || r.kind == anyReply
	case []any:
		return r.kind == emptyReply && len(v) == 0 || r.kind == anyReply
	case error:
		return r.kind == errorReply && r.pattern.MatchString(v.Error())
	}
	return r.kind == anyReply
}

func (r *rule) matchesText(text string) bool {
	switch r.kind {
	case textReply:
		return (r.text == nil || *r.text == text) && (r.pattern == nil || r.pattern.MatchString(text))
	case emptyReply:
		return text == ""
	}
	return r.kind == anyReply
}

func (r *rule) inside(n int64) bool {
	return slices.ContainsFunc(r.numbers, func(s span) bool { return s.low <= n && n <= s.high })
}

// take fills in what the rule takes from a reply; false if it is not there.
func (r *rule) take(a *sale.Answer, reply, value any) bool {
	if !r.left.given() && !r.granted.given() && len(r.captures) == 0 {
		return true
	}
	var groups []string
	if r.pattern != nil {
		text, _ := value.(string)
		groups = r.pattern.FindStringSubmatch(text)
	}
	ok := true
	if r.left.given() {
		a.Left, ok = r.left.number(reply, groups)
	}
	if r.granted.given() && ok {
		a.Granted, ok = r.granted.number(reply, groups)
		ok = ok && a.Granted > 0
	}
	for i := 0; i < len(r.captures) && ok; i++ {
		var text string
		if text, ok = r.captures[i].from.text(reply, groups); ok {
			if a.Receipt == nil {
				a.Receipt = make(map[string]string, len(r.captures))
			}
			a.Receipt[r.captures[i].name] = text
		}
	}
	return ok
}

func (s source) value(reply any, groups []string) (any, bool) {
	if s.path == nil {
		if s.group >= len(groups) {
			return nil, false
		}
		return groups[s.group], true
	}
	return s.path.follow(reply)
}

func (s source) number(reply any, groups []string) (int64, bool) {
	value, found := s.value(reply, groups)
	if !found {
		return 0, false
	}
	return wholeNumber(value)
}

func (s source) text(reply any, groups []string) (string, bool) {
	value, found := s.value(reply, groups)
	if !found {
		return "", false
	}
	return textOf(value)
}

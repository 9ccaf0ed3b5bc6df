package contract

import (
	"cmp"
	"regexp/syntax"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// reachable refuses a rule that the rules before it leave nothing to match.
func (l *loader) reachable(n *yaml.Node, r *rule, before []rule) error {
	var same []span
	for i := range before {
		earlier := &before[i]
		switch {
		case earlier.hidesAll() && r.kind != errorReply:
			return l.errorf(n, "a reply: can never match, for the one on line %d always matches first; want it after this one, or narrower", earlier.line)
		case earlier.part.name != r.part.name:
		case earlier.equals(r):
			return l.errorf(n, "a reply: the same test stands on line %d; want each once", earlier.line)
		case earlier.picky():
		case earlier.hides(r):
			return l.errorf(n, "a reply: can never match, for the one on line %d always matches first; want it after this one, or narrower", earlier.line)
		default:
			same = append(same, earlier.numbers...)
		}
	}
	if r.kind == numberReply && covers(same, r.numbers) {
		return l.errorf(n, "a reply: can never match, for earlier ones match all of its numbers; want it before them, or them narrower")
	}
	return nil
}

// hidesAll reports whether no reply but an error gets past a rule.
func (r *rule) hidesAll() bool { return r.kind == anyReply && r.part.name == "" && !r.picky() }

// picky reports whether a reply that passes the tests of a rule may still lack
// what the rule takes from it.
func (r *rule) picky() bool {
	sure := func(s source) bool { return s.path != nil && len(s.path) == 0 }
	number := r.kind == numberReply && r.part.name == ""
	return r.left.given() && !(number && sure(r.left)) || r.granted.given() ||
		slices.ContainsFunc(r.captures, func(c capture) bool { return c.from.group == 0 && !(number && sure(c.from)) })
}

// equals reports whether two rules with the same part test the same.
func (r *rule) equals(other *rule) bool {
	if r.kind != other.kind {
		return false
	}
	sameText := r.text == nil && other.text == nil || r.text != nil && other.text != nil && *r.text == *other.text
	samePattern := r.pattern == nil && other.pattern == nil || r.pattern != nil && other.pattern != nil && r.pattern.String() == other.pattern.String()
	return sameText && samePattern && (r.kind != numberReply || covers(r.numbers, other.numbers) && covers(other.numbers, r.numbers))
}

// hides reports whether r matches whatever later, a rule with the same part,
// does. For patterns it knows only the plain cases: a literal text, perhaps
// anchored, before another.
func (r *rule) hides(later *rule) bool {
	switch {
	case r.kind == anyReply:
		return later.kind != errorReply
	case r.kind == emptyReply:
		return later.text != nil && *later.text == ""
	case r.kind != later.kind:
		return false
	case r.kind == numberReply:
		return covers(r.numbers, later.numbers)
	case r.kind == textReply && later.text != nil:
		return r.matchesText(*later.text)
	case r.pattern != nil && later.pattern != nil && r.text == nil:
		return literalOf(strings.TrimPrefix(r.pattern.String(), dotAll)).hides(literalOf(strings.TrimPrefix(later.pattern.String(), dotAll)))
	}
	return false
}

// covers reports whether every number of inner is in one of outer.
func covers(outer, inner []span) bool {
	outer = slices.Clone(outer)
	slices.SortFunc(outer, func(a, b span) int { return cmp.Compare(a.low, b.low) })
	return !slices.ContainsFunc(inner, func(s span) bool { return !coversOne(outer, s) })
}

// coversOne walks from the low end of s through the spans, which are sorted by
// their low ends.
func coversOne(sorted []span, s span) bool {
	for _, o := range sorted {
		switch {
		case o.low > s.low:
			return false
		case o.high >= s.high:
			return true
		case o.high >= s.low:
			s.low = o.high + 1
		}
	}
	return false
}

// A literal is how a pattern begins: with a text that is in whatever it
// matches.
type literal struct {
	anchored bool
	text     string
	// whole: there is nothing else in the pattern.
	whole bool
}

func literalOf(pattern string) literal {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return literal{}
	}
	parts := []*syntax.Regexp{parsed}
	if parsed.Op == syntax.OpConcat {
		parts = parsed.Sub
	}
	var found literal
	if len(parts) > 0 && parts[0].Op == syntax.OpBeginText {
		found.anchored, parts = true, parts[1:]
	}
	if len(parts) > 0 && parts[0].Op == syntax.OpLiteral && parts[0].Flags&syntax.FoldCase == 0 {
		found.text, parts = string(parts[0].Rune), parts[1:]
	}
	found.whole = !slices.ContainsFunc(parts, func(p *syntax.Regexp) bool { return !matchesNothing(p) })
	return found
}

// matchesNothing reports whether a part is content with no text at all.
func matchesNothing(p *syntax.Regexp) bool {
	return p.Op == syntax.OpEmptyMatch || p.Op == syntax.OpStar || p.Op == syntax.OpQuest
}

// hides reports whether whatever matches later matches l as well.
func (l literal) hides(later literal) bool {
	switch {
	case !l.whole:
		return false
	case l.anchored && l.text != "":
		return later.anchored && strings.HasPrefix(later.text, l.text)
	}
	return strings.Contains(later.text, l.text)
}

package contract

import (
	"cmp"
	"regexp/syntax"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// reachable refuses a rule that the rules before it leave nothing to match.
func (l *loader) reachable(n *yaml.Node, r *rule) error {
	var same []span
	for i := range l.c.replies {
		earlier := &l.c.replies[i]
		switch {
		case earlier.kind != r.kind:
		case earlier.equals(r):
			return l.errorf(n, "a reply: the same test stands on line %d; want each once", earlier.line)
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

// equals reports whether two rules of a kind test the same.
func (r *rule) equals(other *rule) bool {
	switch r.kind {
	case numberReply:
		return covers(r.numbers, other.numbers) && covers(other.numbers, r.numbers)
	case textReply:
		return r.text == other.text
	case errorReply:
		return r.pattern.String() == other.pattern.String()
	}
	return true
}

// hides reports whether r matches whatever later, a rule of the same kind,
// does. For error patterns it knows only the plain cases: a literal text,
// perhaps anchored, before another.
func (r *rule) hides(later *rule) bool {
	switch r.kind {
	case numberReply:
		return covers(r.numbers, later.numbers)
	case errorReply:
		return literalOf(r.pattern.String()).hides(literalOf(later.pattern.String()))
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

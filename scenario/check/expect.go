package check

import (
	"fmt"
	"slices"
	"strings"
)

// LossAllowed is the word in an expectation that stands for every rule that
// breaks where acknowledged sales are lost.
const LossAllowed = "loss-allowed"

// losses are those rules: the sale is missing in the ledger or the stock, and
// its units and its buyer's room are there to be sold again.
var losses = []Rule{LostSale, StockMismatch, Oversell, DuplicateSale, LateSale}

// ParseExpect returns the rules that an expectation names, in the order of
// Rules and each once: words are names of rules or LossAllowed. The error names
// the first other word and what is known.
func ParseExpect(words []string) ([]Rule, error) {
	var expected []Rule
	for _, word := range words {
		switch {
		case word == LossAllowed:
			expected = append(expected, losses...)
		case slices.Contains(Rules, Rule(word)):
			expected = append(expected, Rule(word))
		default:
			return nil, fmt.Errorf("%q: want rules (%s) or %s, which stands for %s", word, list(Rules), LossAllowed, list(losses))
		}
	}
	slices.SortFunc(expected, func(a, b Rule) int { return slices.Index(Rules, a) - slices.Index(Rules, b) })
	return slices.Compact(expected), nil
}

func list(rules []Rule) string {
	var names []string
	for _, r := range rules {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// expectedBy returns the rules that a head expects to be broken. A word that
// nobody knows excuses nothing.
func expectedBy(words []string) (expected []Rule) {
	for _, word := range words {
		rules, _ := ParseExpect([]string{word})
		expected = append(expected, rules...)
	}
	return expected
}

// IsLoss reports whether to break the rule is what LossAllowed allows.
func (r Rule) IsLoss() bool { return slices.Contains(losses, r) }

// Unexpected are the violations that make a verdict invalid.
func (v *Verdict) Unexpected() []Violation { return v.those(false) }

// Expected are the violations that the scenario does not promise to prevent.
func (v *Verdict) Expected() []Violation { return v.those(true) }

func (v *Verdict) those(expected bool) (some []Violation) {
	for i := range v.Violations {
		if v.Violations[i].Expected == expected {
			some = append(some, v.Violations[i])
		}
	}
	return some
}

package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/history"
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

// expectedBy returns the rules that a history expects to be broken. A word that
// nobody knows excuses nothing, and neither does LossAllowed where nothing
// happened that could lose anything.
func expectedBy(h *history.History) (expected []Rule) {
	for _, word := range h.Head.Expect {
		rules, _ := ParseExpect([]string{word})
		if word != LossAllowed || mayHaveLost(h) {
			expected = append(expected, rules...)
		}
	}
	return expected
}

// mayHaveLost reports whether a fault happened or the server lost something by
// itself, as far as it tells.
func mayHaveLost(h *history.History) bool {
	if h.Tail == nil || h.Tail.Signs == nil || len(faults(h.Events)) > 0 {
		return true
	}
	signs := h.Tail.Signs
	return signs.Evicted > 0 || signs.Expired > 0 || signs.Restarted
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

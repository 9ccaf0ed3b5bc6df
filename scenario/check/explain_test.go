package check

import (
	"regexp"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
)

// Every case gives the inequality that was broken, with its numbers, but those
// that rest on no number.
func TestEveryCaseHasItsInequality(t *testing.T) {
	inequality := regexp.MustCompile(`\(.* (<|>|≤|≥|≠|=) .*\)`)
	seen := map[condition]bool{}
	look := func(reason string, h *history.History) {
		v, err := Check(h)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range v.Violations {
			for _, c := range b.Cases {
				seen[c.condition] = true
				if c.condition < keyChanged && c.condition != toldUnplaced && !inequality.MatchString(c.Message) {
					t.Errorf("%s: condition %d has no inequality: %s", reason, c.condition, c.Message)
				}
			}
		}
	}
	everyBroken(func(reason string, h *history.History, want []Rule) { look(reason, h) })
	for seed := range uint64(20_000) {
		look("random", small(seed).history())
		look("told", smallTold(seed, 0.7, 0.3).history())
	}
	look("H", lateDuplicate().history())
	for c := range conditions {
		if !seen[c] && c != keyChanged {
			t.Errorf("no history breaks condition %d", c)
		}
	}
}

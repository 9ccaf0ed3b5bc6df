package saletest

import (
	"fmt"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
)

// A Result is what came of an experiment. The package report makes figures, pictures
// and pages of its history and verdict.
type Result struct {
	// Name is large or small.
	Name    string
	History *history.History
	Verdict check.Verdict
}

// casesShown is how many cases of a broken rule the text has.
const casesShown = 2

// String says what was found, with evidence or with doubts, and how to play it again.
func (r *Result) String() string {
	var text strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	say("%s: %s", r.Name, r.Verdict.Opinion)
	for _, broken := range r.Verdict.Violations {
		say("  %s, broken %d times: %s", broken.Rule, broken.Count, broken.Rule.MustHold())
		for _, c := range broken.Cases[:min(casesShown, len(broken.Cases))] {
			say("    %s", c.Message)
			for i := range c.Attempts {
				say("      %s", r.attempt(&c.Attempts[i]))
			}
		}
	}
	for rule, why := range r.Verdict.Undecided {
		say("  %s could not be decided: %s", rule, why)
	}
	for _, doubt := range r.Verdict.Doubts {
		say("  doubt: %s", doubt)
	}
	say("  Seed %d draws the same stocks and buyers again.", r.History.Head.Seed)
	return text.String()
}

func (r *Result) attempt(a *history.Attempt) string {
	head := &r.History.Head
	text := fmt.Sprintf("buyer %s, request %s of item %s: %s", head.BuyerIDs.ID(a.Buyer), head.RequestID(a.Request), head.Items[a.Item].ID, a.Outcome)
	if a.Call != history.Never {
		text += fmt.Sprintf(", from %v to %v", time.Duration(a.Call), time.Duration(a.Return))
	}
	if reply := r.History.Texts.Text(a.Reply); reply != "" {
		text += ": " + reply
	}
	return text
}

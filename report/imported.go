package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// importedClaim is what times mean that another tool wrote down.
const importedClaim = "Another tool made these attempts and took these times: response is from when it says that an attempt was due, or else from its call, and what a slow server kept from being asked is not in them."

// untimed counts an attempt whose instants are not known: all about it but when.
func (c *collector) untimed(a *history.Attempt) {
	c.Recorded++
	answered, defect := a.Outcome.Answered(), a.Defect != sale.NoDefect
	if !answered {
		c.silent++
	}
	if answered || defect {
		c.replies++
	}
	if a.Verb != sale.Buy {
		c.untimedAfter(a)
		return
	}
	c.Attempts++
	c.counts[a.Outcome]++
	if a.Try > 0 {
		c.Resends++
	}
	if int(a.Item) < len(c.items) {
		c.items[a.Item].buyUntimed(a)
	}
}

// buyUntimed counts a purchase and leaves out when it was.
func (i *itemSale) buyUntimed(a *history.Attempt) {
	soldOut, lastOK := i.soldOut, i.lastOK
	i.buy(a)
	i.soldOut, i.lastOK = soldOut, lastOK
}

// untimedAfter counts what a buyer did with what he had bought.
func (c *collector) untimedAfter(a *history.Attempt) {
	if int(a.Verb) >= len(c.byVerb) {
		return
	}
	c.byVerb[a.Verb].count1(a)
	switch {
	case a.Verb != sale.Release:
	case a.Outcome == sale.OK:
		if _, known := c.released[purchaseOf(a)]; !known {
			c.released[purchaseOf(a)] = a.Return
		}
	case a.Outcome == sale.Indeterminate && int(a.Item) < len(c.items):
		c.items[a.Item].maybe += int64(a.Quantity)
	}
}

// rowsLine says what was imported; empty: nothing was.
func (s *Summary) rowsLine() string {
	t := s.Head.Trace
	if t == nil {
		return ""
	}
	files := strings.Join(t.Files[:min(len(t.Files), 3)], ", ")
	if more := len(t.Files) - 3; more > 0 {
		files += fmt.Sprintf(" and %d more files", more)
	}
	line := fmt.Sprintf("%s %s imported from %s", thousands(t.Rows), plural(int(t.Rows), "row"), files)
	if t.Skipped > 0 {
		line += fmt.Sprintf("; %s of other items left out", thousands(t.Skipped))
	}
	if t.Copies > 0 {
		line += fmt.Sprintf("; %s left out that were there before", thousands(t.Copies))
	}
	if t.ClockError > 0 {
		line += fmt.Sprintf("; instants may be off by %s", time.Duration(t.ClockError))
	}
	return line
}

// imported warns of what imported rows cannot show.
func (s *Summary) imported() (lines []string) {
	t := s.Head.Trace
	if t == nil {
		return nil
	}
	switch {
	case t.Unordered():
		lines = append(lines, "no row says when it ran: there are no times, and rules that compare instants were not applied, or only in part: "+strings.Join(s.lessened(), ", "))
	case t.Untimed > 0:
		lines = append(lines, fmt.Sprintf("%s of %s rows do not say when they ran: each may have run at any moment, so that it is no evidence of what came before or after, and it is in no figure of times", thousands(t.Untimed), thousands(t.Rows)))
	}
	if t.ClockError > 0 && !t.Unordered() {
		why := "by their clocks"
		switch {
		case t.Resolution == t.ClockError:
			why = "by how finely they were written down"
		case t.Resolution > 0:
			why = fmt.Sprintf("%s by their clocks, the rest by how finely they were written down", time.Duration(t.ClockError-t.Resolution))
		}
		lines = append(lines, fmt.Sprintf("instants may be off by %s (%s): every attempt was judged as if it began so much earlier and ended so much later, and the sentences of the judge have it so", time.Duration(t.ClockError), why))
	}
	if !t.Audited {
		lines = append(lines, "nobody read what the server had left: --audit URL or --audit audit.json would")
	}
	return lines
}

// lessened are the names of the rules that were not applied, or only in part.
func (s *Summary) lessened() (names []string) {
	for _, r := range inOrder(s.Verdict.Limited) {
		if r == check.LateSale || s.Verdict.Exercised[r] > 0 {
			names = append(names, string(r))
		}
	}
	return names
}

// inPart are the rules that were applied in part, with what of them was.
func (s *Summary) inPart() (lines []string) {
	for _, rule := range inOrder(s.Verdict.Limited) {
		if s.Verdict.Exercised[rule] > 0 && s.violationOf(rule) == nil {
			lines = append(lines, string(rule)+": "+s.Verdict.Limited[rule])
		}
	}
	return slices.Clip(lines)
}

// how is why a rule was not exercised: what would exercise it, or why it was not
// applied.
func (s *Summary) how(rule check.Rule) string {
	flag := s.Verdict.Exercise[rule]
	switch why := s.Verdict.Limited[rule]; {
	case rule == check.LateSale && why != "":
		return "not applied: " + why
	case flag == "":
		return notApplied
	case s.Head.Trace != nil:
		return "no row could have shown it; seckill run does with " + flag
	}
	return flag
}

// seedLine is the seed and what it is good for; imported rows have none.
func (s *Summary) seedLine() string {
	if s.Head.Trace != nil {
		return "none: the rows were imported"
	}
	return fmt.Sprintf("%d (%s)", s.Head.Seed, seedSentence)
}

// timeless reports whether there is no attempt whose times could be shown.
func (s *Summary) timeless() bool { return s.Attempts == 0 || s.Head.Trace.Unordered() }

// halfTimed reports whether some attempts are missing in the times, so that nothing
// can be said of all of them.
func (s *Summary) halfTimed() bool { return s.Head.Trace != nil && s.Head.Trace.Untimed > 0 }

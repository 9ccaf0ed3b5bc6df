package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// notPromised stands beside every violation that was expected.
const notPromised = "the scenario does not promise to prevent it"

// opinionWord is the verdict as a report begins with it.
func opinionWord(v *check.Verdict) string {
	word := strings.ToUpper(string(v.Opinion))
	if what := expectedWhat(v); what != "" && v.Opinion == check.Valid {
		word += ", with expected " + what
	}
	return word
}

// expectedWhat says what was expected and came: losses or other violations;
// empty: nothing.
func expectedWhat(v *check.Verdict) string {
	what := ""
	for _, b := range v.Expected() {
		if what = "losses"; !b.Rule.IsLoss() {
			return "violations"
		}
	}
	return what
}

// noneBroken says that no rule is broken, or none but those that were expected to be.
func noneBroken(v *check.Verdict) string {
	if len(v.Expected()) > 0 {
		return "no rule broken but those that were expected to be"
	}
	return "no rule broken"
}

// moreOf says how many cases there are beside those shown, and when the first
// and the last came.
func moreOf(v *check.Violation, shown int) string {
	more := v.Count - int64(shown)
	if more <= 0 || shown == 0 {
		return ""
	}
	text := "and " + thousands(more) + " more"
	if v.First != history.Never && v.First != v.Last {
		text += fmt.Sprintf("; the first at %s, the last at %s", exact(v.First), exact(v.Last))
	}
	return text
}

// likely says what may have caused a violation, by its first case.
func likely(v *check.Violation) string {
	if len(v.Cases) == 0 || len(v.Cases[0].Causes) == 0 {
		return ""
	}
	return strings.Join(v.Cases[0].Causes, "; or: ")
}

// lossLine says what was lost; empty: nothing, or nobody could tell.
func (s *Summary) lossLine() string { return lossText(s.Verdict.Losses) }

func lossText(l *check.Losses) string {
	if l == nil {
		return ""
	}
	var parts []string
	if l.Sales != nil && *l.Sales > 0 {
		text := thousands(*l.Sales) + " acknowledged sales are not in the ledger"
		if *l.Sales == 1 {
			text = "1 acknowledged sale is not in the ledger"
		}
		if l.Oldest != nil {
			text += fmt.Sprintf(", the oldest acknowledged %s before the next fault began", span(*l.Oldest))
		}
		parts = append(parts, text)
	}
	switch {
	case l.Units == nil || *l.Units == 0:
	case *l.Units > 0:
		parts = append(parts, unitsOf(*l.Units)+" gone that neither stock nor ledger holds")
	default:
		parts = append(parts, unitsOf(-*l.Units)+" there that nobody put there")
	}
	if l.Orders != nil && l.Orders.Lost > 0 {
		text := thousands(l.Orders.Lost) + " purchases told ok have no order"
		if l.Orders.Lost == 1 {
			text = "1 purchase told ok has no order"
		}
		parts = append(parts, text)
	}
	if l.Buyers > 0 {
		parts = append(parts, thousands(l.Buyers)+" buyers served beyond the limit")
		if l.Buyers == 1 {
			parts[len(parts)-1] = "1 buyer served beyond the limit"
		}
	}
	return strings.Join(parts, "; ")
}

func unitsOf(n int64) string {
	if n == 1 {
		return "1 unit"
	}
	return thousands(n) + " units"
}

// witnessLine says what a valid verdict rests on where an order was built.
func (s *Summary) witnessLine() string {
	if s.Verdict.Witness == 0 {
		return ""
	}
	return fmt.Sprintf("an order of %s steps that explains every answer was found and replayed", thousands(s.Verdict.Witness))
}

// withoutAudit are the rules that look at replies or keys alone.
var withoutAudit = []check.Rule{check.FalseReplay, check.LateSale, check.UnmappedReply, check.ScriptError, check.ForeignWrite}

// auditLine is what the audit read of the item that a case is about; empty: the
// rule does not rest on it, or there is none.
func (s *Summary) auditLine(rule check.Rule, c *check.Case) string {
	if s.Tail == nil || int(c.Item) >= len(s.Tail.Audits) || slices.Contains(withoutAudit, rule) {
		return ""
	}
	audit := &s.Tail.Audits[c.Item]
	var parts []string
	if audit.Stock != nil {
		parts = append(parts, "stock "+thousands(*audit.Stock))
	}
	if audit.Ledger != sale.NoLedger && audit.Ledger != "" {
		var held int64
		for i := range audit.Entries() {
			held += audit.Units(i)
		}
		text := thousands(int64(audit.Entries())) + " entries in the ledger"
		if audit.Entries() == 1 {
			text = "1 entry in the ledger"
		}
		if audit.Ledger == sale.Units {
			text += " of " + unitsOf(held)
		}
		parts = append(parts, text)
	}
	if audit.Orders != nil {
		parts = append(parts, thousands(int64(len(audit.Orders.Rows)))+" orders")
	}
	if book := audit.Booked; book != nil && rule == check.OrderMismatch {
		text := thousands(int64(len(book.Orders.Rows))) + " orders in the order book"
		if book.Left != nil {
			text += ", whose stock row says " + thousands(*book.Left)
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return ""
	}
	return "the audit read: " + strings.Join(parts, ", ")
}

// around says what stands around the attempts of a case: what the audit read,
// and the faults it lies in or by.
func (s *Summary) around(rule check.Rule, c *check.Case) (lines []string) {
	if audit := s.auditLine(rule, c); audit != "" {
		lines = append(lines, audit)
	}
	return append(lines, c.Faults...)
}

package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// width is the longest line of the text, in columns.
const width = 100

// casesShown is how many cases of a broken rule the text holds; the other
// reports have all that the judge kept.
const casesShown = 2

// WriteText writes the summary a person reads at the end of a run: the
// verdict, what the model of arrivals may claim, the evidence, the times, and
// under which conditions all that holds. It holds no escape codes, and no line
// is wider than 100 columns but those that are to be pasted.
func WriteText(w io.Writer, s *Summary) error {
	t := &text{s: s}
	t.verdict()
	t.violations()
	t.doubts()
	t.lead()
	t.objectives()
	t.latency()
	t.kinds()
	t.notExercised()
	t.warnings()
	t.conditions()
	_, err := io.WriteString(w, t.out.String())
	return err
}

// text is the summary in the making.
type text struct {
	prose
	s *Summary
}

// prose is a text for a terminal in the making.
type prose struct{ out strings.Builder }

// say writes a paragraph whose first line begins with first.
func (p *prose) say(first, format string, args ...any) {
	p.out.WriteString(wrap(first, fmt.Sprintf(format, args...), width))
}

// paste writes a line that is to be pasted, and so is not broken: beside what
// says so, or below where that makes it too long.
func (p *prose) paste(first, line string) {
	line = Plain(line)
	if utf8.RuneCountInString(first+line) > width {
		indent := len(first) - len(strings.TrimLeft(first, " "))
		first = strings.TrimRight(first, " ") + "\n" + strings.Repeat(" ", indent+2)
	}
	p.out.WriteString(first + line + "\n")
}

// head begins a section.
func (p *prose) head(title string) { p.out.WriteString("\n" + title + "\n") }

func (t *text) verdict() {
	s := t.s
	verdict := opinionWord(&s.Verdict)
	what := fmt.Sprintf("%s, script %s on %s", Plain(s.Head.Name), Plain(s.Head.Script.Name), Plain(s.serverName()))
	switch s.Verdict.Opinion {
	case check.Valid:
		t.say(verdict+"  ", "%s: %s; %s", what, noneBroken(&s.Verdict), s.unitsSold())
	case check.Invalid:
		var rules []string
		for _, v := range s.Verdict.Unexpected() {
			rules = append(rules, string(v.Rule))
		}
		t.say(verdict+"  ", "%s: %s broken; %s", what, strings.Join(rules, ", "), s.unitsSold())
	default:
		t.say(verdict+"  ", "%s: no rule seen broken, and that proves too little; %s", what, s.unitsSold())
	}
	if n := t.s.decided(Missed); n > 0 {
		t.say("MISSED  ", "%d of %d objectives", n, len(t.s.Objective))
	}
	if n := t.s.decided(Inconclusive); n > 0 {
		t.say("INCONCLUSIVE  ", "%d of %d objectives", n, len(t.s.Objective))
	}
	t.ended()
	if witness := s.witnessLine(); witness != "" {
		t.say("  ", "%s.", upperFirst(witness))
	}
	if lost := s.lossLine(); lost != "" {
		t.say("  lost      ", "%s", lost)
	}
	t.expected()
}

// decided is how many objectives have a verdict.
func (s *Summary) decided(verdict string) (n int) {
	for i := range s.Objective {
		if s.Objective[i].Verdict == verdict {
			n++
		}
	}
	return n
}

func (t *text) ended() {
	if sentence := t.s.ended(); sentence != "" {
		t.say("  ", "%s", Plain(sentence))
	}
}

// ended says in a sentence why the run was over where it was not because all
// was done.
func (s *Summary) ended() string {
	tail := s.Tail
	switch {
	case tail == nil:
		return "The record is incomplete: the driver did not end by itself, and there is no audit."
	case tail.Ended == history.EndedDone:
		return ""
	}
	sentence := "Ended early: " + tail.Ended
	if tail.Ended == history.EndedDuration {
		sentence = "Ended when the doors closed at --duration"
	}
	if tail.Reason != "" {
		sentence += " (" + tail.Reason + ")"
	}
	if tail.NeverOffered > 0 {
		sentence += fmt.Sprintf("; %s of %s planned buyers never came", thousands(tail.NeverOffered), thousands(s.Head.Buyers))
	}
	return sentence + "."
}

func (s *Summary) unitsSold() string {
	left := "what is left could not be read"
	if s.Left != nil {
		left = thousands(*s.Left) + " left"
	}
	items, sold, stock := s.itemsOnSale(), thousands(s.Granted), thousands(s.Stock()+s.restocked())
	if s.Released == nil {
		return fmt.Sprintf("%s%s of %s units%s acknowledged as sold, %s", items, sold, stock, s.cameOnTop(), left)
	}
	return fmt.Sprintf("%s%s units acknowledged as sold, %s of them given back, of %s on sale%s; %s",
		items, sold, thousands(*s.Released), stock, s.cameOnTop(), left)
}

// itemsOnSale is how many items there were, where it was more than one.
func (s *Summary) itemsOnSale() string {
	if len(s.Head.Items) < 2 {
		return ""
	}
	return thousands(int64(len(s.Head.Items))) + " items, "
}

// restocked is the units that certainly came on top.
func (s *Summary) restocked() int64 {
	if s.Restocked == nil {
		return 0
	}
	return *s.Restocked
}

// cameOnTop tells of the restocks behind the units on sale.
func (s *Summary) cameOnTop() string {
	var parts []string
	if n := s.restocked(); n > 0 {
		parts = append(parts, thousands(n)+" of them restocked")
	}
	if s.MaybeRestocked > 0 {
		parts = append(parts, thousands(s.MaybeRestocked)+" more may have come on top")
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func (t *text) violations() {
	unexpected := t.s.Verdict.Unexpected()
	for _, v := range unexpected {
		t.head(fmt.Sprintf("  %s, broken %s", v.Rule, times(v.Count)))
		t.say("    ", "Must hold: %s.", v.Rule.MustHold())
		shown := v.Cases[:min(len(v.Cases), casesShown)]
		for i := range shown {
			t.say(fmt.Sprintf("  %3d. ", i+1), "%s", Plain(shown[i].Message))
			t.evidence("         ", v.Rule, &shown[i])
		}
		if more := moreOf(&v, len(shown)); more != "" {
			t.say("       ", "%s", more)
		}
		if why := likely(&v); why != "" {
			t.say("    ", "Likely, not proven: %s.", Plain(why))
		}
		t.smallest("    ", t.s, v.Rule)
	}
	if len(unexpected) > 0 && t.s.Head.Command != "" {
		t.out.WriteByte('\n')
		t.paste("  Repeat it:  ", t.s.Head.Command)
	}
}

// evidence lists the attempts of a case, and what stands around them.
func (t *text) evidence(indent string, rule check.Rule, c *check.Case) {
	for i := range c.Attempts {
		t.say(indent, "%s", Plain(t.s.attemptLine(&c.Attempts[i])))
	}
	for _, line := range t.s.around(rule, c) {
		t.say(indent, "%s", Plain(line))
	}
}

// expected tells in a line or two each what was expected to break and did.
func (t *text) expected() {
	for _, v := range t.s.Verdict.Expected() {
		t.say(fmt.Sprintf("  expected  %s  ", v.Rule), "%s: %s", thousands(v.Count), notPromised)
		if len(v.Cases) == 0 {
			continue
		}
		t.say("            ", "%s", Plain(v.Cases[0].Message))
		for _, fault := range v.Cases[0].Faults {
			t.say("            ", "%s", Plain(fault))
		}
		t.smallest("            ", t.s, v.Rule)
	}
}

// smallest names the record that alone breaks a rule.
func (p *prose) smallest(indent string, s *Summary, rule check.Rule) {
	if what, command := s.smallest(rule); what != "" {
		p.paste(fmt.Sprintf("%sSmallest, %s:  ", indent, what), command)
	}
}

func (t *text) doubts() {
	doubts := t.s.doubts()
	if len(doubts) > 0 {
		t.head("  In doubt")
	}
	for _, doubt := range doubts {
		t.say("    - ", "%s", Plain(doubt))
	}
}

func (t *text) objectives() {
	if len(t.s.Objective) == 0 {
		return
	}
	t.head("  Objectives")
	long := 0
	for _, f := range t.s.Objective {
		long = max(long, len(f.Expr))
	}
	for _, f := range t.s.Objective {
		t.say(fmt.Sprintf("    %-*s  %-12s  ", long, f.Expr, f.Verdict), "%s", f.reading())
	}
}

// notExercised groups the rules without a chance by the flag that gives them
// one. Where no flag does, the rule was not applied at all.
func (t *text) notExercised() {
	byFlag := make(map[string][]string)
	var flags []string
	v, undecided := &t.s.Verdict, t.s.Verdict.Undecided
	for _, rule := range check.Rules {
		if _, is := undecided[rule]; v.Exercised[rule] > 0 || is || t.s.violationOf(rule) != nil {
			continue
		}
		how := Plain(t.s.how(rule))
		if !slices.Contains(flags, how) {
			flags = append(flags, how)
		}
		byFlag[how] = append(byFlag[how], string(rule))
	}
	if len(flags) > 0 {
		t.head("  Not exercised, so not passed either")
	}
	for _, how := range flags {
		t.say("    - ", "%s: %s", strings.Join(byFlag[how], ", "), how)
	}
	if inPart := t.s.inPart(); inPart != nil {
		t.head("  Applied in part")
		for _, line := range inPart {
			t.say("    - ", "%s", line)
		}
	}
}

// notApplied stands beside a rule that no flag would exercise.
const notApplied = "not applied: the run has no record of it, or the contract no promise"

func (t *text) warnings() {
	warnings := t.s.warnings()
	if len(warnings) == 0 {
		return
	}
	t.head("  Warnings")
	for _, warning := range warnings {
		t.say("    - ", "%s", Plain(warning))
	}
}

// attemptLine is an attempt as evidence: who, when to the nanosecond, and what.
func (s *Summary) attemptLine(a *history.Attempt) string {
	var b strings.Builder
	fmt.Fprintf(&b, "buyer %s, request %d", s.Head.BuyerIDs.ID(a.Buyer), a.Request)
	if a.Try > 0 {
		fmt.Fprintf(&b, ", try %d", a.Try+1)
	}
	if asked := s.asked(a); asked != "" {
		fmt.Fprintf(&b, ", %s", asked)
	}
	if !a.Timed() {
		b.WriteString(": nobody knows when")
		return b.String() + s.attemptAnswer(a)
	}
	fmt.Fprintf(&b, ": due %s", exact(a.Due))
	if a.Call != history.Never {
		fmt.Fprintf(&b, ", call %s", exact(a.Call))
	}
	if a.Return != history.Never {
		fmt.Fprintf(&b, ", return %s", exact(a.Return))
	}
	return b.String() + s.attemptAnswer(a)
}

// attemptAnswer is what came of an attempt.
func (s *Summary) attemptAnswer(a *history.Attempt) string {
	var b strings.Builder
	fmt.Fprintf(&b, ": %s", a.Outcome)
	if a.Granted != 0 {
		fmt.Fprintf(&b, ", granted %d", a.Granted)
	}
	if a.Left != sale.Untold {
		fmt.Fprintf(&b, ", left %d", a.Left)
	}
	if a.Defect != sale.NoDefect {
		fmt.Fprintf(&b, ", %s", a.Defect)
	}
	if reply := s.texts.Text(a.Reply); reply != "" {
		fmt.Fprintf(&b, ", reply %s", reply)
	}
	return b.String()
}

// asked is what an attempt was for, as far as the attempts of the sale differ
// in it: the verb, the units, the item.
func (s *Summary) asked(a *history.Attempt) string {
	var parts []string
	if a.Verb != sale.Buy {
		parts = append(parts, a.Verb.String())
	}
	if s.Head.Quantity == 0 {
		parts = append(parts, thousands(int64(a.Quantity)))
	}
	if int(a.Item) < len(s.Head.Items) && len(s.Head.Items) > 1 {
		parts = append(parts, "of "+s.Head.Items[a.Item].ID)
	}
	return strings.Join(parts, " ")
}

// exact writes an instant to the nanosecond.
func exact(ns int64) string { return fmt.Sprintf("%.6f ms", float64(ns)/1e6) }

// times is a count in words.
func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return thousands(n) + " times"
}

// inOrder returns the rules of a map in the order of check.Rules.
func inOrder[V any](of map[check.Rule]V) []check.Rule {
	var rules []check.Rule
	for _, rule := range check.Rules {
		if _, in := of[rule]; in {
			rules = append(rules, rule)
		}
	}
	return rules
}

package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/check"
)

// WriteCollectionText writes what a person reads at the end of several runs:
// the verdict and what it is worth, the evidence, and each run in a line. No
// line is wider than 100 columns.
func WriteCollectionText(w io.Writer, c *Collection) error {
	t := &collectionText{c: c, shown: map[string]check.Rule{}}
	t.verdict()
	t.expected()
	t.violations()
	t.list("  In doubt", c.AllDoubts())
	t.runs()
	t.list("  Warnings", c.Warnings)
	_, err := io.WriteString(w, t.out.String())
	return err
}

type collectionText struct {
	prose
	c *Collection
	// shown is, by the name of a run, the rule under which its lines stand.
	shown map[string]check.Rule
}

func (t *collectionText) list(title string, lines []string) {
	if len(lines) > 0 {
		t.head(title)
	}
	for _, line := range lines {
		t.say("    - ", "%s", Plain(line))
	}
}

func (t *collectionText) verdict() {
	c := t.c
	first := c.word() + "  "
	t.say(first, "%s: %s", c.what(), c.Conclusion())
	if worth := c.Worth(); worth != "" {
		t.say(strings.Repeat(" ", len(first)), "%s", worth)
	}
}

// what names the collection, its script and the server.
func (c *Collection) what() string {
	what := fmt.Sprintf("%s, script %s", Plain(c.Name), Plain(c.Script))
	if len(c.Runs) > 0 {
		what += " on " + Plain(c.Runs[0].Summary.serverName())
	}
	return what
}

// Conclusion says in half a sentence what came of all runs.
func (c *Collection) Conclusion() string {
	var parts []string
	if n := c.Cases(); n > 0 {
		parts = append(parts, thousands(int64(n))+" cases")
	}
	if n := c.Sales(); n > 0 {
		parts = append(parts, thousands(int64(n))+" sales")
	}
	sold := strings.Join(append(parts, thousands(c.Attempts())+" attempts"), ", ")
	switch c.Opinion() {
	case check.Invalid:
		var rules []string
		for _, rule := range inOrder(c.broken()) {
			rules = append(rules, string(rule))
		}
		return fmt.Sprintf("%s broken; %s", strings.Join(rules, ", "), sold)
	case check.Unknown:
		return "no rule seen broken, and that proves too little; " + sold
	}
	if len(c.expected()) > 0 {
		return "no rule broken but those that were expected to be; " + sold
	}
	return "no rule broken; " + sold
}

// Worth says how rare a fault may be that these runs would have missed, by the
// share that none of n independent sales excludes with 95% confidence. It is
// empty where something was broken, expected or not.
func (c *Collection) Worth() string {
	n := c.Sales()
	if n == 0 || c.Opinion() == check.Invalid || len(c.expected()) > 0 {
		return ""
	}
	missed := 1 - math.Pow(0.05, 1/float64(n))
	return fmt.Sprintf("A fault that strikes more than %s of such sales would have shown (95%%). Same seed, same plan; the interleaving is the server's.",
		percent(math.Ceil(missed*1000)/1000))
}

// expected tells in a line each what was expected to break and did.
func (t *collectionText) expected() {
	expected := t.c.expected()
	for _, rule := range inOrder(expected) {
		runs := expected[rule]
		t.say(fmt.Sprintf("  expected  %s  ", rule), "%s in %s: %s", thousands(casesIn(runs, rule)), runsOf(len(runs)), notPromised)
	}
}

// violations tells the first case of each rule, with the lines that repeat it
// by hand where there are any.
func (t *collectionText) violations() {
	broken := t.c.broken()
	for _, rule := range inOrder(broken) {
		runs := broken[rule]
		var count int64
		var seen []string
		for _, run := range runs {
			n := run.Summary.violationOf(rule).Count
			count += n
			seen = append(seen, fmt.Sprintf("%s (%s)", Plain(run.Name), thousands(n)))
		}
		t.head(fmt.Sprintf("  %s, broken %s", rule, times(count)))
		t.say("    ", "Must hold: %s.", rule.MustHold())
		t.say("    ", "Seen in: %s.", strings.Join(seen, ", "))
		t.example(clearest(runs, rule), rule)
	}
}

// clearest is the run whose example is the easiest to follow: one that can be
// repeated by hand, of those the one with the fewest attempts.
func clearest(runs []*CollectedRun, rule check.Rule) *CollectedRun {
	best := runs[0]
	for _, run := range runs[1:] {
		byHand, better := run.ByHand != nil, best.ByHand != nil
		if byHand && !better || byHand == better && run.Summary.Attempts < best.Summary.Attempts {
			best = run
		}
	}
	return best
}

func (t *collectionText) example(run *CollectedRun, rule check.Rule) {
	v := run.Summary.violationOf(rule)
	if len(v.Cases) == 0 {
		return
	}
	c := &v.Cases[0]
	t.say("    ", "%s: %s", Plain(run.title()), Plain(c.Message))
	for i := range c.Attempts {
		t.say("      ", "%s", Plain(run.Summary.attemptLine(&c.Attempts[i])))
	}
	for _, line := range run.Summary.around(rule, c) {
		t.say("      ", "%s", Plain(line))
	}
	if why := likely(v); why != "" {
		t.say("    ", "Likely, not proven: %s.", Plain(why))
	}
	t.smallest("    ", run.Summary, rule)
	lines := run.byHand(c)
	switch above, shown := t.shown[run.Name]; {
	case len(lines) == 0:
		return
	case shown && run.Case:
		t.say("    ", "By hand: the lines under %s.", above)
		return
	}
	t.shown[run.Name] = rule
	t.say("    ", "By hand, %s:", t.c.where())
	for _, line := range lines { // not wrapped: it is to be pasted
		t.out.WriteString("      " + Plain(line) + "\n")
	}
}

// where says where lines are typed that repeat a case by hand.
func (c *Collection) where() string {
	if c.Hand == "" {
		return "on an empty Redis"
	}
	return "in " + Plain(c.Hand) + ", on an empty Redis"
}

// title is the name of a run and what happens in it.
func (r *CollectedRun) title() string {
	if r.About == "" {
		return r.Name
	}
	return r.Name + " (" + r.About + ")"
}

// byHand are the lines that repeat a case on an empty server.
func (r *CollectedRun) byHand(c *check.Case) []string {
	if r.ByHand == nil {
		return nil
	}
	return r.ByHand(c)
}

// runs lists each run in a line.
func (t *collectionText) runs() {
	t.head(fmt.Sprintf("  %-16s %9s %10s %10s  %s", "run", "sales", "attempts", "ok", "verdict"))
	for _, r := range t.c.rows() {
		fmt.Fprintf(&t.out, "  %-16s %9s %10s %10s  %s\n", Plain(r.name), r.sales, r.attempts, r.ok, r.verdict)
	}
	if slices.ContainsFunc(t.c.rows(), func(r runRow) bool { return r.verdict == nothingBroken }) {
		t.say("  ", "Nothing broken: as far as it can be known where replies are lost on purpose.")
	}
	for _, skipped := range t.c.Skipped {
		t.say(fmt.Sprintf("  %-16s ", Plain(skipped.Name)), "not run: %s", Plain(skipped.Why))
	}
}

package report

import (
	"fmt"
	"io"

	"github.com/seckill-bench/seckill/scenario/check"
)

// WriteCollectionMarkdown writes several runs for a page of a CI service, as
// WriteMarkdown does one.
func WriteCollectionMarkdown(w io.Writer, c *Collection) error {
	m := &markdown{}
	m.block("## %s %s: %s", signOf(c.Opinion()), c.word(), inline(c.what()))
	m.block("%s.", opening(c.Conclusion()))
	if worth := c.Worth(); worth != "" {
		m.block("%s", opening(worth))
	}
	c.violationsIn(m)
	m.bullets("In doubt", c.AllDoubts())
	c.runsIn(m)
	m.bullets("Warnings", c.Warnings)
	if c.Command != "" {
		m.block("Repeat it with")
		m.fence(c.Command)
	}
	_, err := io.WriteString(w, m.out.String())
	return err
}

func (m *markdown) bullets(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	m.block("### %s", title)
	for _, line := range lines {
		m.out.WriteString("- " + opening(line) + "\n")
	}
	m.out.WriteByte('\n')
}

func (c *Collection) violationsIn(m *markdown) {
	expected := c.expected()
	for _, rule := range inOrder(expected) {
		runs := expected[rule]
		m.block("**Expected: %s, %s in %s**: %s.", inline(string(rule)), times(casesIn(runs, rule)), runsOf(len(runs)), notPromised)
	}
	broken := c.broken()
	for _, rule := range inOrder(broken) {
		run := clearest(broken[rule], rule)
		v := run.Summary.violationOf(rule)
		m.block("### %s, broken in %s", inline(string(rule)), runsOf(len(broken[rule])))
		m.block("Must hold: %s.", inline(rule.MustHold()))
		if len(v.Cases) == 0 {
			continue
		}
		first := &v.Cases[0]
		m.block("%s: %s", opening(run.title()), inline(first.Message))
		var lines []string
		for i := range first.Attempts {
			lines = append(lines, "# "+run.Summary.attemptLine(&first.Attempts[i]))
		}
		if hand := run.byHand(first); len(hand) > 0 {
			lines = append(append(lines, "# by hand, "+c.where()+":"), hand...)
		}
		if len(lines) > 0 {
			m.fence(lines...)
		}
	}
}

func (c *Collection) runsIn(m *markdown) {
	m.row("run", "sales", "attempts", "ok", "verdict")
	m.row("---", "--:", "--:", "--:", "---")
	for _, r := range c.rows() {
		m.row(inline(r.name), r.sales, r.attempts, r.ok, r.verdict)
	}
	for _, skipped := range c.Skipped {
		m.row(inline(skipped.Name), "", "", "", "not run: "+inline(skipped.Why))
	}
	m.out.WriteByte('\n')
}

// Annotations are the broken rules of a collection, each at the file of its
// script.
func (c *Collection) Annotations(file string) (list []Annotation) {
	broken := c.broken()
	for _, rule := range inOrder(broken) {
		run := clearest(broken[rule], rule)
		text := rule.MustHold()
		if v := run.Summary.violationOf(rule); len(v.Cases) > 0 {
			text = fmt.Sprintf("%s: %s", run.Name, v.Cases[0].Message)
		}
		list = append(list, Annotation{Level: LevelError, File: file, Line: 1, Title: fmt.Sprintf("%s: %s broken", c.Script, rule), Text: text})
	}
	expected := c.expected()
	for _, rule := range inOrder(expected) {
		text := fmt.Sprintf("%s in %s: %s", times(casesIn(expected[rule], rule)), runsOf(len(expected[rule])), notPromised)
		list = append(list, Annotation{Level: LevelNotice, File: file, Line: 1, Title: fmt.Sprintf("%s: %s, as expected", c.Script, rule), Text: text})
	}
	if c.Opinion() == check.Unknown {
		for _, doubt := range c.AllDoubts() {
			list = append(list, Annotation{Level: LevelWarning, File: file, Line: 1, Title: c.Script + ": not proved", Text: doubt})
		}
	}
	return list
}

// signOf is an opinion as a sign.
func signOf(o check.Opinion) string {
	switch o {
	case check.Valid:
		return "✓"
	case check.Invalid:
		return "✗"
	}
	return "?"
}

func runsOf(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

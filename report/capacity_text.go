package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/seckill-bench/seckill/scenario/capacity"
)

// WriteCapacityText writes the answer for a terminal: what holds and what was the
// bound first, then the steps, what happened past the knee, and under which
// conditions all that holds.
func WriteCapacityText(w io.Writer, c *Capacity) error {
	t := &capacityText{c: c}
	t.say(c.word()+"  ", "%s", c.about())
	t.out.WriteByte('\n')
	for i := range c.Searches {
		t.answer(&c.Searches[i])
	}
	t.plan()
	for i := range c.Searches {
		t.steps(&c.Searches[i])
	}
	t.head("  Warnings")
	for _, warning := range c.allWarnings() {
		t.say("    - ", "%s", Plain(warning))
	}
	t.conditions()
	if c.Command != "" {
		t.out.WriteByte('\n')
		t.paste("  Repeat it:  ", c.Command)
	}
	_, err := io.WriteString(w, t.out.String())
	return err
}

type capacityText struct {
	prose
	c *Capacity
}

// answer writes what a search found, under its name.
func (t *capacityText) answer(s *CapacitySearch) {
	name := fmt.Sprintf("  %-10s", s.title()+":")
	indent := strings.Repeat(" ", utf8.RuneCountInString(name)+1)
	t.say(name+" ", "%s.", Plain(s.sentence(t.c.SLO, t.c.Quick)))
	for _, sentence := range []string{s.mixedSentence(), s.boundSentence(), s.pastLine()} {
		if sentence != "" {
			t.say(indent, "%s.", Plain(sentence))
		}
	}
	if len(s.Steps) > 0 {
		t.say(indent, "%s.", upperFirst(s.forkSentence()))
	}
}

// pastLine is pastSentence with the rate.
func (s *CapacitySearch) pastLine() string {
	step := s.past()
	if step == nil {
		return ""
	}
	return fmt.Sprintf("Past the knee, at %s: %s", rate(step.Rate), s.pastSentence())
}

// plan writes what the figures mean for a sale.
func (t *capacityText) plan() {
	p := t.c.Plan
	if p == nil {
		return
	}
	t.head("  Plan")
	for _, line := range p.Lines {
		t.say(fmt.Sprintf("    %-25s %16s  ", line.Name, line.Figure()), "%s", sourceOf(&line))
	}
	for _, note := range p.Notes {
		t.say("    - ", "%s", note)
	}
}

// sourceOf says where a number of a plan comes from.
func sourceOf(l *capacity.Line) string {
	if l.Formula == "" {
		return string(l.Source)
	}
	return string(l.Source) + ": " + l.Formula
}

// steps writes the table of a search, and why steps were not decided.
func (t *capacityText) steps(s *CapacitySearch) {
	if len(s.Steps) == 0 {
		return
	}
	t.head(fmt.Sprintf("  %s, step by step", s.title()))
	if probe := s.probeSentence(); probe != "" {
		t.say("    ", "%s.", probe)
	}
	rows := [][]string{stepColumns}
	for i := range s.Steps {
		cells := s.Steps[i].cells()
		cells[0] = strings.TrimPrefix(cells[0], s.Name+"/")
		rows = append(rows, cells)
	}
	t.table(rows)
	for _, line := range s.reasons() {
		t.say("    ", "%s.", Plain(line))
	}
}

// textColumns is how many of the columns are words, and stand on the left.
const textColumns = 2

// table writes rows of cells: words on the left, figures on the right.
func (t *capacityText) table(rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := "   "
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i < textColumns || i >= len(row)-textColumns {
				line += " " + cell + pad
			} else {
				line += " " + pad + cell
			}
		}
		t.out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// conditions says under which the figures hold.
func (t *capacityText) conditions() {
	s := t.c.Conditions
	if s == nil {
		return
	}
	t.head("  Conditions")
	for _, of := range t.c.conditionFacts() {
		t.say(fmt.Sprintf("    %-6s  ", of.Name), "%s", of.Value)
	}
	if s.Head.Server.Kind == "embedded" {
		t.out.WriteByte('\n')
		t.say("  ", embeddedSentence)
	}
}

// conditionFacts are what was the same in every step.
func (c *Capacity) conditionFacts() []fact {
	s := c.Conditions
	if s == nil {
		return nil
	}
	h := &s.Head.Host
	facts := []fact{
		{"server", s.serverLine()},
		{"script", s.scriptLine()},
		{"load", fmt.Sprintf("%s; every buyer comes once; connections %s, timeout %s", c.arrivalsLine(), s.setting("conns"), s.setting("timeout"))},
		{"driver", fmt.Sprintf("%d CPUs, %s, %s, seckill %s", h.CPUs, h.OS, h.Go, h.Seckill)},
		{"seed", fmt.Sprintf("%d (%s); each step has one of its own", c.Seed, seedSentence)},
	}
	for i := range facts {
		facts[i].Value = Plain(facts[i].Value)
	}
	return facts
}

// arrivalsLine is how buyers came.
func (c *Capacity) arrivalsLine() string {
	if strings.HasPrefix(c.Conditions.setting("arrivals"), "constant:") {
		return "arrivals evenly spread"
	}
	return "Poisson arrivals"
}

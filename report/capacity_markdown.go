package report

import (
	"fmt"
	"io"
)

// WriteCapacityMarkdown writes the answer for a page of a CI service, and as
// capacity.md.
func WriteCapacityMarkdown(w io.Writer, c *Capacity) error {
	m := &markdown{}
	m.block("## %s: %s", c.word(), inline(c.about()))
	for i := range c.Searches {
		s := &c.Searches[i]
		m.block("**%s**: %s.", s.title(), inline(s.sentence(c.SLO, c.Quick)))
		for _, sentence := range []string{s.mixedSentence(), s.boundSentence(), s.pastLine()} {
			if sentence != "" {
				m.block("%s.", opening(sentence))
			}
		}
		if len(s.Steps) > 0 {
			m.block("%s.", opening(upperFirst(s.forkSentence())))
		}
	}
	c.planIn(m)
	for i := range c.Searches {
		c.Searches[i].stepsIn(m)
	}
	m.bullets("Warnings", c.allWarnings())
	m.block("### Conditions")
	for _, of := range c.conditionFacts() {
		fmt.Fprintf(&m.out, "- %s: %s\n", of.Name, inline(of.Value))
	}
	m.out.WriteByte('\n')
	if c.Command != "" {
		m.block("Repeat it with")
		m.fence(c.Command)
	}
	_, err := io.WriteString(w, m.out.String())
	return err
}

func (c *Capacity) planIn(m *markdown) {
	if c.Plan == nil {
		return
	}
	m.block("### Plan")
	m.row("figure", "value", "source")
	m.row("---", "---", "---")
	for _, line := range c.Plan.Lines {
		m.row(inline(line.Name), inline(line.Figure()), inline(sourceOf(&line)))
	}
	m.out.WriteByte('\n')
	for _, note := range c.Plan.Notes {
		m.block("%s.", opening(upperFirst(note)))
	}
}

func (s *CapacitySearch) stepsIn(m *markdown) {
	if len(s.Steps) == 0 {
		return
	}
	m.block("### %s, step by step", s.title())
	m.row(stepColumns...)
	m.row("---", "---", "--:", "--:", "--:", "--:", "--:", "--:", "---", "---")
	for i := range s.Steps {
		var cells []string
		for _, cell := range s.Steps[i].cells() {
			cells = append(cells, inline(cell))
		}
		m.row(cells...)
	}
	m.out.WriteByte('\n')
	m.block("%s", percentilesNote)
	for _, line := range s.reasons() {
		m.block("%s.", opening(line))
	}
}

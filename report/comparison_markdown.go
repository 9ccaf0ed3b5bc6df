package report

import "io"

// WriteComparisonMarkdown writes the same as WriteComparisonText for a page of a CI
// service, as WriteMarkdown does one run.
func WriteComparisonMarkdown(w io.Writer, c *Comparison) error {
	m := &markdown{}
	c.verdictsIn(m)
	m.bullets("Why nothing can be concluded", c.Undecided)
	m.bullets("In doubt", c.collection().AllDoubts())
	c.overviewIn(m)
	for i := range c.Contrasts {
		c.tableIn(m, &c.Contrasts[i])
	}
	if how := c.how(); how != "" {
		m.block("%s", opening(how))
	}
	c.collection().violationsIn(m)
	m.bullets("Warnings", c.Warnings)
	c.repeatIn(m)
	_, err := io.WriteString(w, m.out.String())
	return err
}

func (c *Comparison) verdictsIn(m *markdown) {
	m.block("## %s %s: %s", c.sign(), c.Word(), inline(c.what()))
	if broken := c.Variants[0].brokenIn(); broken != "" {
		m.block("- **%s is %s**: %s", inline(c.Variants[0].Name), wordWrong, inline(broken))
	}
	for i := range c.Contrasts {
		contrast := &c.Contrasts[i]
		m.block("- **%s, %s**: %s.", inline(contrast.Variant), c.headline(contrast), inline(c.sentence(contrast)))
	}
}

// sign is the exit code as a sign.
func (c *Comparison) sign() string {
	switch c.ExitCode() {
	case 0:
		return "✓"
	case 3:
		return "?"
	}
	return "✗"
}

func (c *Comparison) overviewIn(m *markdown) {
	for i, row := range c.overview() {
		rule := []string{"---", "---"}
		for j := range row {
			row[j] = inline(row[j])
			if j > 1 {
				rule = append(rule, "--:")
			}
		}
		m.row(row...)
		if i == 0 {
			m.row(rule...)
		}
	}
	m.out.WriteByte('\n')
}

func (c *Comparison) tableIn(m *markdown, contrast *Contrast) {
	base := c.Variants[0].Name
	m.block("### %s beside %s", inline(contrast.Variant), inline(base))
	if changes := c.variant(contrast.Variant).changes(); changes != "" {
		m.block("%s", opening(changes))
	}
	m.row("figure", inline(base), inline(contrast.Variant), "ratio", "95% interval", "p", "answer")
	m.row("---", "--:", "--:", "--:", "--:", "--:", "---")
	for i := range contrast.Rows {
		cells := c.cells(contrast, i)
		for j := range cells {
			cells[j] = inline(cells[j])
		}
		m.row(cells...)
	}
	m.out.WriteByte('\n')
	if unpaired := contrast.Rows[0].Unpaired; unpaired != "" {
		m.block("Unpaired, as benchstat: %s %s.", inline(contrast.Rows[0].Name), inline(unpaired))
	}
}

func (c *Comparison) repeatIn(m *markdown) {
	s := c.any()
	m.block("%s, seed %d (%s); driver on %d CPUs, %s, seckill %s.", opening(upperFirst(c.roundsLine())), c.Seed, seedSentence, s.Head.Host.CPUs, inline(s.Head.Host.OS), inline(s.Head.Host.Seckill))
	if c.serverNames() != "" {
		m.block("On %s.", inline(s.serverLine()))
	}
	if c.Command != "" {
		m.block("Repeat it with")
		m.fence(c.Command)
	}
}

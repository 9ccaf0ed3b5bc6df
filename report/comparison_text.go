package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// WriteComparisonText writes what the rounds say for a terminal: for each variant
// the answer in a sentence, then its figures beside the base's, what cannot be
// concluded and why, and how to repeat it. It holds no escape codes. The tables are
// 80 columns wide, the sentences 100.
func WriteComparisonText(w io.Writer, c *Comparison) error {
	t := &comparisonText{c: c}
	t.verdicts()
	t.list("  Why nothing can be concluded", c.Undecided)
	t.list("  In doubt", c.collection().AllDoubts())
	t.overview()
	for i := range c.Contrasts {
		if len(c.Contrasts) <= mostTables {
			t.table(&c.Contrasts[i])
		}
	}
	t.how()
	t.evidence()
	t.list("  Warnings", c.Warnings)
	t.conditions()
	_, err := io.WriteString(w, t.out.String())
	return err
}

type comparisonText struct {
	prose
	c *Comparison
}

func (t *comparisonText) list(title string, lines []string) {
	if len(lines) > 0 {
		t.head(title)
	}
	for _, line := range lines {
		t.say("    - ", "%s", Plain(line))
	}
}

func (t *comparisonText) verdicts() {
	c := t.c
	t.say(c.Word()+"  ", "%s", Plain(c.what()))
	if broken := c.Variants[0].brokenIn(); broken != "" {
		t.say("  ", "%s is %s: %s", Plain(c.Variants[0].Name), wordWrong, broken)
	}
	for i := range c.Contrasts {
		contrast := &c.Contrasts[i]
		t.say(t.hang(contrast.Variant), "%s: %s.", c.headline(contrast), Plain(c.sentence(contrast)))
	}
	for i := range c.Variants {
		v := &c.Variants[i]
		if line := v.inRuns(v.expected()); line != "" && (i == 0 || len(c.foreseen(v.Name)) == 0) {
			t.say(t.hang(v.Name), "expected: %s.", line)
		}
	}
}

// hang is a name before its sentences, as wide as the longest, unless that would
// leave them little room.
func (t *comparisonText) hang(name string) string {
	widest := 0
	for i := range t.c.Variants {
		if n := utf8.RuneCountInString(Plain(t.c.Variants[i].Name)); n <= mostHung {
			widest = max(widest, n)
		}
	}
	return "  " + pad(Plain(name), -widest) + "  "
}

const mostHung = 16

// mostTables is how many variants have their tables on a terminal.
const mostTables = 3

// overview is the table of all variants, where there are several.
func (t *comparisonText) overview() {
	rows := t.c.overview()
	if rows == nil {
		return
	}
	t.out.WriteByte('\n')
	for _, row := range rows {
		line := "  " + pad(short(row[0], mostHung+2), -mostHung-2) + " " + pad(row[1], -9)
		for _, cell := range row[2:] {
			line += pad(cell, 12)
		}
		t.out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	if len(t.c.Contrasts) > mostTables {
		t.say("  ", "%s", "Every figure of each beside "+Plain(t.c.Variants[0].Name)+" stands in compare.md and compare.html.")
	}
}

// nameColumn is the most that a variant's name takes of a column.
const nameColumn = 9

func (t *comparisonText) table(contrast *Contrast) {
	c := t.c
	base := c.Variants[0].Name
	t.head(fmt.Sprintf("  %s beside %s", Plain(contrast.Variant), Plain(base)))
	if changes := c.variant(contrast.Variant).changes(); changes != "" {
		t.say("  ", "%s", Plain(changes))
	}
	t.row([]string{"", short(base, nameColumn), short(contrast.Variant, nameColumn), "ratio", "95% interval", "p", ""})
	for i := range contrast.Rows {
		t.row(c.cells(contrast, i))
	}
	if unpaired := contrast.Rows[0].Unpaired; unpaired != "" {
		t.say("  ", "Unpaired, as benchstat: %s %s", contrast.Rows[0].Name, Plain(unpaired))
	}
}

// changes are the fields that a variant sets.
func (v *Variant) changes() string {
	var parts []string
	for _, change := range v.Changes {
		parts = append(parts, change.Name+" "+change.Value)
	}
	return strings.Join(parts, ", ")
}

func (t *comparisonText) row(cells []string) {
	line := "  " + pad(cells[0], -14) + pad(cells[1], 10) + pad(cells[2], 10) + pad(cells[3], 7) + pad(cells[4], 15) + pad(cells[5], 7) + "  " + cells[6]
	t.out.WriteString(strings.TrimRight(line, " ") + "\n")
}

// pad fills a cell up to a number of columns: behind it where the number is below
// 0, else before it, with one space or more.
func pad(cell string, columns int) string {
	n := utf8.RuneCountInString(cell)
	if columns < 0 {
		return cell + strings.Repeat(" ", max(-columns-n, 0))
	}
	return strings.Repeat(" ", max(columns-n, 1)) + cell
}

// short is a name in at most so many columns.
func short(name string, columns int) string {
	runes := []rune(Plain(name))
	if len(runes) <= columns {
		return string(runes)
	}
	return string(runes[:columns-1]) + "…"
}

func (t *comparisonText) how() {
	if how := t.c.how(); how != "" {
		t.out.WriteByte('\n')
		t.say("  ", "%s", how)
	}
}

// evidence tells how each rule was broken, as that of a collection does.
func (t *comparisonText) evidence() {
	of := &collectionText{c: t.c.collection()}
	of.violations()
	t.out.WriteString(of.out.String())
}

// conditions says under which the figures hold, and how to repeat them.
func (t *comparisonText) conditions() {
	c, s := t.c, t.c.any()
	t.head(fmt.Sprintf("  Conditions (of %s, where the variants differ)", Plain(c.Variants[0].Name)))
	if c.serverNames() != "" {
		t.say("    server  ", "%s", Plain(s.serverLine()))
	}
	if load := s.loadLine(); load != "" {
		t.say("    load    ", "%s", Plain(load))
	}
	t.say("    host    ", "%d CPUs, %s, %s, seckill %s", s.Head.Host.CPUs, Plain(s.Head.Host.OS), Plain(s.Head.Host.Go), Plain(s.Head.Host.Seckill))
	t.say("    rounds  ", "%s", c.roundsLine())
	t.say("    seed    ", "%d (%s)", c.Seed, seedSentence)
	if c.Command != "" {
		t.out.WriteByte('\n')
		t.paste("  Repeat it:  ", c.Command)
	}
}

// roundsLine says how many rounds there were and of what.
func (c *Comparison) roundsLine() string {
	line := fmt.Sprintf("%s of %d variants", roundsOf(len(c.roundNumbers())), len(c.Variants))
	for i := range c.Variants {
		if c.Variants[i].Rehearsal != nil {
			return line + ", and a rehearsal before them that does not count"
		}
	}
	return line
}

package report

import (
	"fmt"
	"slices"
)

// overviewMetrics are those that the table of all variants shows beside the one
// that decides, as far as the runs have them.
var overviewMetrics = []string{"service.p99", "response.p99", "round_trips", "sold_out_at"}

// overview is a row for each variant below one of headings: whether it is right,
// what decides and its ratio to the base's, and a few figures more. Nil where there
// is but one variant beside the base: its table says all.
func (c *Comparison) overview() (rows [][]string) {
	if len(c.Contrasts) < 2 {
		return nil
	}
	primary := c.Contrasts[0].Rows[0].Name
	metrics := []string{primary}
	for _, name := range overviewMetrics {
		if name != primary && c.Contrasts[0].row(name) != nil && (name != "service.p99" || c.any().Head.Model != modelOpen) {
			metrics = append(metrics, name)
		}
	}
	rows = append(rows, append([]string{"variant", "right"}, append(metrics, "ratio")...))
	base := []string{c.Variants[0].Name, c.rightness(&c.Variants[0])}
	for _, name := range metrics {
		row := c.Contrasts[0].row(name)
		base = append(base, row.cell(row.Base))
	}
	rows = append(rows, append(base, "1"))
	for i := range c.Contrasts {
		contrast := &c.Contrasts[i]
		line := []string{contrast.Variant, c.rightness(c.variant(contrast.Variant))}
		for _, name := range metrics {
			cell := "-"
			if row := contrast.row(name); row != nil {
				cell = row.cell(row.Figure)
			}
			line = append(line, cell)
		}
		rows = append(rows, append(line, c.cells(contrast, 0)[3]))
	}
	return rows
}

// row is the one of a metric; nil: no run has it.
func (c *Contrast) row(metric string) *ContrastRow {
	at := slices.IndexFunc(c.Rows, func(r ContrastRow) bool { return r.Name == metric })
	if at < 0 {
		return nil
	}
	return &c.Rows[at]
}

// rightness says in how many of a variant's runs no rule was broken, be it
// expected or not.
func (c *Comparison) rightness(v *Variant) string {
	right, runs := 0, v.runs()
	for _, run := range runs {
		if len(run.Summary.Verdict.Violations) == 0 {
			right++
		}
	}
	if right == len(runs) {
		return "yes"
	}
	return fmt.Sprintf("no, %d/%d", len(runs)-right, len(runs))
}

package report

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/compare"
)

// A Comparison is several variants of a scenario, each run once a round, and
// what the rounds say.
type Comparison struct {
	Name    string
	Command string
	Seed    uint64
	// Variants: the first is what the others are compared with.
	Variants []Variant
	Options  ComparisonOptions
	// Undecided are the sentences why nothing can be concluded whatever the
	// figures are: too few rounds, another host, another workload; Warnings are the
	// rest. Decide adds to both what it finds, in place of what it found before.
	Undecided, Warnings []string

	// Contrasts are every other variant beside the first, set by Decide.
	Contrasts []Contrast

	// found are the sentences that Decide added.
	found []string
}

// ComparisonOptions are what is asked of a comparison.
type ComparisonOptions struct {
	// Primary names the metric that decides; empty: the usual one for the model of
	// arrivals.
	Primary string
	// MaxRegression is the share by which a variant may be worse; nil: not asked.
	MaxRegression *float64
	// Until is the width of the interval at which enough rounds were made; nil: not asked.
	Until *float64
	// PassInconclusive: what cannot be decided is no failure.
	PassInconclusive bool
}

// A Variant is one of the ways that are compared.
type Variant struct {
	Name string
	// Changes are the fields of the scenario that it sets, in words.
	Changes []Change
	// Rehearsal is its run in the round that does not count; nil: none was made.
	Rehearsal *VariantRun
	// Runs are in the order of the rounds.
	Runs []VariantRun
}

// A Change is a field of a scenario and its value.
type Change struct{ Name, Value string }

// A VariantRun is one run of a variant.
type VariantRun struct {
	Round int
	// Folder is where its record is, relative to that of the comparison.
	Folder  string
	Summary *Summary
}

// A Contrast is one variant beside the first.
type Contrast struct {
	Variant string
	Rows    []ContrastRow // the primary metric first
	// Answer is that of the primary metric where a limit was asked for and the variant
	// is not wrong.
	Answer compare.Answer
}

// A ContrastRow is one metric of a contrast.
type ContrastRow struct {
	Metric
	compare.Estimate
	// Adjusted is the p-value: that of the primary metric corrected for the other
	// variants, that of another one for the other metrics of its variant.
	Adjusted float64
	// Base and Figure are the medians over the rounds; nil: no run has it. +Inf:
	// it took longer than could be measured.
	Base, Figure *float64
	// Base and variant round by round, NaN where one lacks it, +Inf as above.
	BaseRounds, Rounds []float64
	// Unpaired is what benchmath says of the two samples.
	Unpaired string
}

// errAlone is a comparison of nothing.
var errAlone = errors.New("a comparison needs two variants or more, and a run of one of them")

// Decide fills Contrasts from the runs, and adds to Undecided and Warnings what
// they show. It may be called again after further rounds. It fails where the
// primary metric is not known, or has no meaning for the runs; the error says what
// to give instead.
func (c *Comparison) Decide() error {
	ours := func(sentence string) bool { return slices.Contains(c.found, sentence) }
	c.Undecided, c.Warnings = slices.DeleteFunc(c.Undecided, ours), slices.DeleteFunc(c.Warnings, ours)
	c.found = nil
	if len(c.Variants) < 2 || c.any() == nil {
		return errAlone
	}
	metrics, err := c.metrics()
	if err != nil {
		return err
	}
	rounds := c.roundNumbers()
	base := c.Variants[0].measured(rounds, metrics)
	c.Contrasts = nil
	for i := range c.Variants[1:] {
		v := &c.Variants[i+1]
		c.Contrasts = append(c.Contrasts, Contrast{Variant: v.Name, Rows: contrasted(metrics, base, v.measured(rounds, metrics))})
	}
	c.correct()
	for _, sentence := range slices.Concat(c.tooFew(), c.unlike(), c.apart()) {
		c.Undecided = append(c.Undecided, sentence)
		c.found = append(c.found, sentence)
	}
	for _, sentence := range c.cautions() {
		c.Warnings = append(c.Warnings, sentence)
		c.found = append(c.found, sentence)
	}
	c.answer()
	return nil
}

// any is the first run there is; nil without one.
func (c *Comparison) any() *Summary {
	for i := range c.Variants {
		if runs := c.Variants[i].Runs; len(runs) > 0 {
			return runs[0].Summary
		}
	}
	return nil
}

// roundNumbers are the rounds in which some variant was run, in their order.
func (c *Comparison) roundNumbers() (numbers []int) {
	for i := range c.Variants {
		for _, run := range c.Variants[i].Runs {
			numbers = append(numbers, run.Round)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// in is the variant's run in a round; nil without one.
func (v *Variant) in(round int) *VariantRun {
	for i := range v.Runs {
		if v.Runs[i].Round == round {
			return &v.Runs[i]
		}
	}
	return nil
}

// measured are the figures of each metric round by round, NaN where the variant
// lacks it. What a run that broke off measured is not the figure of what was planned.
func (v *Variant) measured(rounds []int, metrics []Metric) [][]float64 {
	all := make([][]float64, len(metrics))
	for i := range metrics {
		all[i] = make([]float64, len(rounds))
		for j, round := range rounds {
			all[i][j] = math.NaN()
			if run := v.in(round); run != nil && !run.Summary.endedEarly() {
				if figure := metrics[i].of(run.Summary); figure != nil {
					all[i][j] = *figure
				}
			}
		}
	}
	return all
}

// contrasted are the rows of two sets of figures, without those that no run has;
// the first, which decides, is there in any case.
func contrasted(metrics []Metric, base, variant [][]float64) (rows []ContrastRow) {
	for i := range metrics {
		of, beside := finite(variant[i]), finite(base[i])
		if i > 0 && len(of)+len(beside) == 0 {
			continue
		}
		row := ContrastRow{
			Metric: metrics[i], Estimate: compare.Pair(base[i], variant[i]), Base: medianOf(base[i]), Figure: medianOf(variant[i]),
			BaseRounds: base[i], Rounds: variant[i], Unpaired: unpaired(beside, of, metrics[i].Unit),
		}
		row.Adjusted = row.P
		rows = append(rows, row)
	}
	return rows
}

// medianOf is that of the figures there are; nil without any.
func medianOf(figures []float64) *float64 {
	there := slices.DeleteFunc(slices.Clone(figures), math.IsNaN)
	if len(there) == 0 {
		return nil
	}
	slices.Sort(there)
	low, high := there[(len(there)-1)/2], there[len(there)/2]
	if low == high { // both may be +Inf
		return &low
	}
	return ptr((low + high) / 2)
}

func finite(figures []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(figures), func(f float64) bool { return math.IsNaN(f) || math.IsInf(f, 0) })
}

// families are the rows that are tested together: those of the primary metric,
// which was named before and which the variants are judged by; and for each
// variant its others. Figures without an interval are not tested.
func (c *Comparison) families() [][]*ContrastRow {
	all := make([][]*ContrastRow, 1+len(c.Contrasts))
	for i := range c.Contrasts {
		for j := range c.Contrasts[i].Rows {
			family := 0
			if j > 0 {
				family = i + 1
			}
			if row := &c.Contrasts[i].Rows[j]; row.Confidence > 0 {
				all[family] = append(all[family], row)
			}
		}
	}
	return all
}

// correct adjusts the p-values of each family.
func (c *Comparison) correct() {
	for _, family := range c.families() {
		p := make([]float64, len(family))
		for i, row := range family {
			p[i] = row.P
		}
		for i, adjusted := range compare.Holm(p) {
			family[i].Adjusted = adjusted
		}
	}
}

// answer sets the Answer of the contrasts, where a limit was asked for.
func (c *Comparison) answer() {
	if c.Options.MaxRegression == nil {
		return
	}
	for i := range c.Contrasts {
		contrast := &c.Contrasts[i]
		if c.wrong(contrast.Variant) {
			continue // how fast it is answers nothing
		}
		contrast.Answer = compare.Inconclusive
		if len(c.Undecided) == 0 && !c.baseWrong(contrast.Variant) {
			contrast.Answer = contrast.Rows[0].Against(*c.Options.MaxRegression, contrast.Rows[0].Lower)
		}
	}
}

// Settled reports whether the intervals are as narrow as Until asks, as of the
// last Decide: those of the primary metric of every variant that is not wrong. It
// looks at no p-value and no answer. Without Until it never is.
func (c *Comparison) Settled() bool {
	if c.Options.Until == nil || len(c.Contrasts) == 0 {
		return false
	}
	for i := range c.Contrasts {
		if !c.Contrasts[i].Rows[0].Enough(*c.Options.Until) && len(c.Variants[i+1].broken()) == 0 {
			return false
		}
	}
	return true
}

// ExitCode is 1 where a run is invalid, 3 where a run is unknown or something
// cannot be decided, 4 for a regression, else 0. What was expected to be broken is
// left aside, and so are the objectives of the single runs. With PassInconclusive
// what cannot be decided is 0, a run that is unknown is not. Without MaxRegression
// there is no 4, and 3 where nothing could be concluded whatever the figures are.
func (c *Comparison) ExitCode() int {
	var regressed bool
	undecided := len(c.Undecided) > 0
	for i := range c.Contrasts {
		regressed = regressed || c.Contrasts[i].Answer == compare.Regression
		undecided = undecided || c.Contrasts[i].Answer == compare.Inconclusive
	}
	switch worst := c.collection().ExitCode(); {
	case worst != 0:
		return worst
	case undecided && !c.Options.PassInconclusive:
		return 3
	case regressed:
		return 4
	}
	return 0
}

// runs are all runs of the variant, the rehearsal first.
func (v *Variant) runs() (all []*VariantRun) {
	if v.Rehearsal != nil {
		all = append(all, v.Rehearsal)
	}
	for i := range v.Runs {
		all = append(all, &v.Runs[i])
	}
	return all
}

// broken counts, for each rule that was not expected to be broken, the runs of
// the variant in which it was. A variant that breaks one is wrong, however fast.
func (v *Variant) broken() map[check.Rule]int {
	runs := map[check.Rule]int{}
	for _, run := range v.runs() {
		for _, violation := range run.Summary.Verdict.Unexpected() {
			runs[violation.Rule]++
		}
	}
	return runs
}

// expected counts the runs that broke a rule as was expected.
func (v *Variant) expected() map[check.Rule]int {
	runs := map[check.Rule]int{}
	for _, run := range v.runs() {
		for _, violation := range run.Summary.Verdict.Expected() {
			runs[violation.Rule]++
		}
	}
	return runs
}

// collection is all runs, in the order they were made, to be judged together.
func (c *Comparison) collection() *Collection {
	all := &Collection{Name: c.Name, Command: c.Command, Seed: c.Seed}
	for i := range c.Variants {
		v := &c.Variants[i]
		for _, run := range v.runs() {
			all.Runs = append(all.Runs, CollectedRun{Name: run.name(v), Folder: run.Folder, Summary: run.Summary})
		}
	}
	slices.SortStableFunc(all.Runs, func(a, b CollectedRun) int {
		return a.Summary.Head.Started.Compare(b.Summary.Head.Started)
	})
	if s := c.any(); s != nil {
		all.Script = s.Head.Script.Name
	}
	return all
}

// name tells a run from the others.
func (r *VariantRun) name(v *Variant) string { return cmp.Or(r.Folder, v.Name) }

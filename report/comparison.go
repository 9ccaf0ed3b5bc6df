package report

import "github.com/seckill-bench/seckill/scenario/compare"

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
	// rest.
	Undecided, Warnings []string

	// Contrasts are every other variant beside the first, set by Decide.
	Contrasts []Contrast
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

// A Metric is a figure by which variants are compared.
type Metric struct {
	// Name is as in selling, service.p99; Unit is 1/s, ns or share.
	Name, Unit string
	// Lower: less of it is better.
	Lower bool

	of func(*Summary) *float64
}

// A Contrast is one variant beside the first.
type Contrast struct {
	Variant string
	Rows    []ContrastRow // the primary metric first
	// Answer is that of the primary metric where a limit was asked for.
	Answer compare.Answer
}

// A ContrastRow is one metric of a contrast.
type ContrastRow struct {
	Metric
	compare.Estimate
	// Adjusted is the p-value, corrected for the other metrics and variants; of the
	// primary it is corrected for the other variants.
	Adjusted float64
	// Base and Figure are the medians over the rounds; nil: no run has it.
	Base, Figure *float64
	// Base and variant round by round, NaN where one lacks it.
	BaseRounds, Rounds []float64
	// Unpaired is what benchmath says of the two samples.
	Unpaired string
}

// Decide fills Contrasts from the runs.
func (c *Comparison) Decide() error { panic("skeleton") }

// Settled reports whether the intervals are as narrow as Until asks.
func (c *Comparison) Settled() bool { panic("skeleton") }

// ExitCode is 1 where a variant is invalid, 3 where something cannot be
// decided, 4 for a regression, else 0.
func (c *Comparison) ExitCode() int { panic("skeleton") }

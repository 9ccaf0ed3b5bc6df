// Package compare says which of several ways is better, from rounds in which
// each of them was run once. It is pure: no server, no clock, no random source
// but the seed it is given.
package compare

// Confidence is that of every interval.
const Confidence = 0.95

// MinRounds is the fewest rounds from which anything can be concluded: with
// five, the exact signed-rank interval of 95% does not exist.
const MinRounds = 6

// An Estimate is what rounds say of the ratio of a figure with a variant to that
// with the base.
type Estimate struct {
	// Rounds is how many it rests on: those in which both have the figure.
	Rounds int
	// Ratio is the median of the ratios of the rounds; 0 without a round.
	Ratio float64
	// Low and High bound the ratio with the Confidence, exactly or more; 0 and +Inf
	// with fewer than MinRounds.
	Low, High float64
	// Confidence is the exact one of the interval; 0 where there is none.
	Confidence float64
	// P is the exact two-sided p-value of Wilcoxon's signed-rank test of no
	// difference; 1 with fewer than MinRounds.
	P float64
}

// Pair estimates the ratio of variant to base from the figures of each round,
// in the same order, all above 0; a round that lacks one (NaN) is left out.
func Pair(base, variant []float64) Estimate { panic("skeleton") }

// Excludes reports whether the interval lies on one side of a ratio.
func (e Estimate) Excludes(ratio float64) bool { panic("skeleton") }

// Width is that of the interval as a share of the ratio; +Inf without an interval.
func (e Estimate) Width() float64 { panic("skeleton") }

// Holm corrects p-values for being several (Holm 1979), in their order.
func Holm(p []float64) []float64 { panic("skeleton") }

// An Answer is what an estimate says beside a limit.
type Answer string

// The answers.
const (
	Regression   Answer = "regression"    // the interval lies beyond the limit
	NoRegression Answer = "no regression" // the interval lies within the limit
	Inconclusive Answer = "inconclusive"  // it straddles the limit, or there is none
)

// Against says whether the variant is worse than the base by more than limit, a
// share from 0 to 1; lower: less of the figure is better.
func (e Estimate) Against(limit float64, lower bool) Answer { panic("skeleton") }

// More is about how many further rounds would decide an estimate that is
// Inconclusive against a limit; 0 where no number of them can be told.
func (e Estimate) More(limit float64, lower bool) int { panic("skeleton") }

// Order is the order in which n variants are run in a round, drawn from a seed.
func Order(seed uint64, round, n int) []int { panic("skeleton") }

// A Trend is how a figure moved over the rounds.
type Trend struct {
	// Change is its ratio from the first round to the last by the Theil–Sen line.
	Change float64
	// P is the two-sided p-value of Kendall's test of no trend.
	P float64
}

// Drift finds the trend of a figure over rounds.
func Drift(figures []float64) Trend { panic("skeleton") }

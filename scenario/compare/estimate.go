// Package compare says which of several ways is better, from rounds in which
// each of them was run once. It is pure: no server, no clock, no random source
// but the seed it is given.
package compare

import (
	"math"
	"slices"
)

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
	// Widened: the ratios are so skewed that their median lies outside the
	// signed-rank interval, which was widened to take it in.
	Widened bool
}

// boundless stands for the logarithm of something beside nothing, or of what is
// beyond all measure. It lies beyond that of every number, also when it is halved.
const boundless = 1e6

// Pair estimates the ratio of variant to base from the figures of each round,
// in the same order. A round that lacks one (NaN or below 0) is left out. A figure
// of +Inf is one beyond all measure, as a time that nobody lived to see the end of:
// beside another the ratio is +Inf or 0, and where both are nobody knows it, so the
// round is left out. Two figures of 0 are equal, and 0 beside anything else is a ratio
// of 0 or +Inf. The estimate rests on the ranks of the ratios, which all these have.
//
// The interval is that of Hodges and Lehmann: it lies between the k-th smallest
// and the k-th largest mean of two log ratios, each with itself among them, with k
// from the exact distribution of Wilcoxon's statistic (Hodges and Lehmann, Ann.
// Math. Statist. 34, 1963; Hollander and Wolfe, Nonparametric Statistical Methods,
// 3.1 to 3.3). What holds it up is that a log ratio is as likely to lie as far above
// the true one as below. Where the order of each round is drawn that is so whatever
// the machine does meanwhile: had the draw been the other one, the sign would be.
//
// Its ends belong to it, which makes it cover as often as it says, or more often,
// where ratios are equal (Noether, J. Amer. Statist. Assoc. 62, 1967). P is the
// other side of the same: a mean of exactly 0 speaks against a difference, so P is
// at most 1 - Confidence exactly where the interval lies on one side of 1. Without
// ties both are the textbook's.
//
// The median of the ratios is the estimate, since half of the rounds were better
// than it. It is not the middle of the interval, the pseudomedian, and where the
// ratios are skewed it may lie outside. The interval then is widened to it, which
// can only make it cover more often; if that takes in 1, P is 1: two middles that
// disagree about the side show nothing.
func Pair(base, variant []float64) Estimate {
	d := logRatios(base, variant)
	n := len(d)
	e := Estimate{Rounds: n, High: math.Inf(1), P: 1}
	if n == 0 {
		return e
	}
	slices.Sort(d)
	middle := (d[(n-1)/2] + d[n/2]) / 2
	e.Ratio = math.Exp(middle)
	if n < MinRounds {
		return e
	}
	walsh, null := walshMeans(d), signedRank(n)
	k, tail := rankWithin(null, (1-Confidence)/2)
	low, high := walsh[k-1], walsh[len(walsh)-k]
	e.Widened = middle < low || middle > high
	e.Low, e.High = math.Exp(min(low, middle)), math.Exp(max(high, middle))
	e.Confidence, e.P = 1-2*tail, twoSided(null, walsh)
	if e.Widened && !e.Excludes(1) {
		e.P = 1
	}
	return e
}

// logRatios are those of the rounds that have both figures.
func logRatios(base, variant []float64) (d []float64) {
	for i := range min(len(base), len(variant)) {
		b, v := base[i], variant[i]
		switch {
		case !(b >= 0) || !(v >= 0) || math.IsInf(b, 1) && math.IsInf(v, 1):
		case b == v: // both may be 0
			d = append(d, 0)
		case b == 0 || math.IsInf(v, 1):
			d = append(d, boundless)
		case v == 0 || math.IsInf(b, 1):
			d = append(d, -boundless)
		default:
			d = append(d, math.Log(v)-math.Log(b)) // the other way round it is as much below 0
		}
	}
	return d
}

// Excludes reports whether the interval lies on one side of a ratio.
func (e Estimate) Excludes(ratio float64) bool { return e.Low > ratio || e.High < ratio }

// Width is that of the interval as a share of the ratio; +Inf without an interval.
func (e Estimate) Width() float64 {
	if e.Confidence == 0 || e.Ratio == 0 || math.IsInf(e.High, 1) {
		return math.Inf(1)
	}
	return (e.High - e.Low) / e.Ratio
}

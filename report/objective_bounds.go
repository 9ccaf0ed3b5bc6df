package report

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

const (
	// doubt is how often, by chance, a figure lies beyond each end of its interval.
	doubt = .05
	// normal and student are the quantiles at 1 − doubt of the normal and of
	// Student's distribution with nine degrees of freedom: the variance is known
	// from five to forty batches.
	normal  = 1.6449
	student = 1.8331
)

// Bounds are what a figure may be by chance. Each end is wrong once in
// twenty times at most, where the run was like the others.
type bounds struct{ low, high float64 }

// shareBounds are those of the share bad of n attempts. Attempts that wait in one
// queue are slow together, so they count for fewer than they are, by the design
// effect: the variance of the share between batches over that of independent
// attempts. With what is left it is the exact interval for independent ones
// (Clopper and Pearson 1934), as in Korn and Graubard, Confidence Intervals for
// Proportions With Small Expected Number of Positive Counts, 1998.
//
// The effect is the largest of batches of four lengths: long ones hold a stall
// whole, short ones tell more often how far they differ. Without any batches
// attempts are taken to be independent.
func shareBounds(bad, n int64, all []batch) bounds {
	if n == 0 {
		return bounds{0, 1}
	}
	share, count := float64(bad)/float64(n), float64(n)
	if len(all) > 0 && bad > 0 && bad < n {
		var between float64
		for ; len(all) >= fewestBatches; all = merge(all) {
			between = max(between, shareVariance(all, share))
		}
		alone := share * (1 - share) / count
		count /= max(between/alone, 1) * (student / normal) * (student / normal)
	}
	return clopperPearson(share*count, count)
}

// shareVariance is the variance of a share by how batches differ: that of a ratio,
// for they hold different numbers of attempts.
func shareVariance(all []batch, share float64) float64 {
	var sum, n float64
	for _, b := range all {
		off := float64(b.bad) - share*float64(b.n)
		sum += off * off
		n += float64(b.n)
	}
	count := float64(len(all))
	return sum * count / (count - 1) / (n * n)
}

// merge makes one batch of each two; the last may be left alone.
func merge(all []batch) []batch {
	merged := make([]batch, (len(all)+1)/2)
	for i, b := range all {
		merged[i/2].n += b.n
		merged[i/2].bad += b.bad
	}
	return merged
}

// rateBounds are those of a rate per second, by how the rates of batches differ;
// false with too few of them.
func rateBounds(perSecond float64, all []batch, lengths []float64) (bounds, bool) {
	if len(all) < fewestBatches {
		return bounds{}, false
	}
	var variance float64
	for ; len(all) >= fewestBatches; all, lengths = merge(all), pairSums(lengths) {
		variance = max(variance, rateVariance(all, lengths))
	}
	off := student * math.Sqrt(variance)
	return bounds{max(perSecond-off, 0), perSecond + off}, true
}

// rateVariance is the variance of the mean rate by how those of batches differ.
func rateVariance(all []batch, lengths []float64) float64 {
	var n, time float64
	for i, b := range all {
		n += float64(b.n)
		time += lengths[i]
	}
	var sum float64
	for i, b := range all {
		off := float64(b.n) - n/time*lengths[i]
		sum += off * off
	}
	count, seconds := float64(len(all)), time/1e9
	return sum * count / (count - 1) / (seconds * seconds)
}

func pairSums(values []float64) []float64 {
	sums := make([]float64, (len(values)+1)/2)
	for i, v := range values {
		sums[i/2] += v
	}
	return sums
}

// clopperPearson is the exact interval for a share of which bad of n were seen;
// both may be fractions.
func clopperPearson(bad, n float64) bounds {
	whole := bounds{0, 1}
	if bad > 0 {
		whole.low = distuv.Beta{Alpha: bad, Beta: n - bad + 1}.Quantile(doubt)
	}
	if bad < n {
		whole.high = distuv.Beta{Alpha: bad + 1, Beta: n - bad}.Quantile(1 - doubt)
	}
	return whole
}

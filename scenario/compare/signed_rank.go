package compare

import (
	"math"
	"slices"
)

// signedRank is the distribution of Wilcoxon's signed-rank statistic for n
// differences without ties, when there is no difference: the sum of those of the
// ranks 1 to n that n fair coins choose. Entry t is its probability to be t. They
// are built up rank by rank.
func signedRank(n int) []float64 {
	p := make([]float64, n*(n+1)/2+1)
	p[0] = 1
	for rank, sum := 1, 0; rank <= n; rank++ {
		sum += rank
		for t := sum; t >= 0; t-- { // from above: what is read is that of the ranks below
			if p[t] /= 2; t >= rank {
				p[t] += p[t-rank] / 2
			}
		}
	}
	return p
}

// rankWithin is the largest k for which fewer than k has at most the given
// probability, and that probability. There is one from 6 differences and 0.025 on.
func rankWithin(null []float64, most float64) (k int, tail float64) {
	for k < len(null) && tail+null[k] <= most {
		tail += null[k]
		k++
	}
	return k, tail
}

// twoSided is how often no difference would be as clear as this one or clearer.
// The statistic is the number of means below 0, or above, whichever are fewer;
// those of exactly 0 count on both sides.
func twoSided(null, walsh []float64) float64 {
	var notAbove, notBelow int
	for _, w := range walsh {
		if w <= 0 {
			notAbove++
		}
		if w >= 0 {
			notBelow++
		}
	}
	var tail float64
	for _, p := range null[:min(notAbove, notBelow)+1] {
		tail += p
	}
	return min(2*tail, 1)
}

// rounding is what a mean that should be 0 may be off by, from logarithms of
// figures that were added and taken away.
const rounding = 1e-12

// walshMeans are the means of every two of d, each with itself among them,
// in order.
func walshMeans(d []float64) []float64 {
	means := make([]float64, 0, len(d)*(len(d)+1)/2)
	for i := range d {
		for _, other := range d[i:] {
			mean := (d[i] + other) / 2
			if math.Abs(mean) < rounding {
				mean = 0
			}
			means = append(means, mean)
		}
	}
	slices.Sort(means)
	return means
}

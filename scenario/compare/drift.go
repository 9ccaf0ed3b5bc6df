package compare

import (
	"math"
	"slices"
)

// A Trend is how a figure moved over the rounds.
type Trend struct {
	// Change is its ratio from the first round to the last by the Theil–Sen line.
	Change float64
	// P is the two-sided p-value of Kendall's test of no trend.
	P float64
}

// Drift finds the trend of a figure over rounds; those in which it is not above 0
// are left out. With fewer than two there is none: Change and P are 1.
//
// The line goes through the logarithms (Theil, Proc. Kon. Ned. Akad. Wetensch. A 53,
// 1950; Sen, J. Amer. Statist. Assoc. 63, 1968). P is exact where no two figures are
// equal (Kendall, Biometrika 30, 1938); equal ones count for no side, which makes
// it larger than it need be.
func Drift(figures []float64) Trend {
	var rounds, logs []float64
	for i, figure := range figures {
		if figure > 0 && !math.IsInf(figure, 1) {
			rounds, logs = append(rounds, float64(i)), append(logs, math.Log(figure))
		}
	}
	n := len(logs)
	if n < 2 {
		return Trend{Change: 1, P: 1}
	}
	var slopes []float64
	up, down := 0, 0
	for i := range logs {
		for j := range i {
			slope := (logs[i] - logs[j]) / (rounds[i] - rounds[j])
			slopes = append(slopes, slope)
			switch {
			case slope > 0:
				up++
			case slope < 0:
				down++
			}
		}
	}
	slices.Sort(slopes)
	slope := (slopes[(len(slopes)-1)/2] + slopes[len(slopes)/2]) / 2
	return Trend{Change: math.Exp(slope * (rounds[n-1] - rounds[0])), P: kendall(n, up, down)}
}

// kendall is the two-sided p-value of as many pairs that go up and down, of n
// values in an order that means nothing.
func kendall(n, up, down int) float64 {
	pairs := n * (n - 1) / 2
	against := (pairs - max(up-down, down-up) + 1) / 2 // where ties leave half a pair it is against
	var tail float64
	for _, p := range inversions(n)[:against+1] {
		tail += p
	}
	return min(2*tail, 1)
}

// inversions is the distribution of the number of pairs of n values that stand in
// the wrong order, when every order is as likely: value by value, the k-th is
// put before 0 to k-1 of the earlier ones.
func inversions(n int) []float64 {
	p := []float64{1}
	for k := 2; k <= n; k++ {
		next := make([]float64, len(p)+k-1)
		sum := 0.0
		for t := range next {
			if t < len(p) {
				sum += p[t]
			}
			if t >= k {
				sum -= p[t-k]
			}
			next[t] = max(sum, 0) / float64(k)
		}
		p = next
	}
	return p
}

package compare

import (
	"cmp"
	"slices"
)

// Holm corrects p-values for being several, and returns them in their order: the
// chance that any of those at most α is one without a difference is at most α
// (Holm, Scand. J. Statist. 6, 1979).
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted, atLeast := make([]float64, len(p)), 0.0
	for done, i := range order {
		atLeast = max(atLeast, min(float64(len(p)-done)*p[i], 1))
		adjusted[i] = atLeast
	}
	return adjusted
}

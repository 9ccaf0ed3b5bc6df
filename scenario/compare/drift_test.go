package compare

import (
	"math"
	"testing"
)

func TestDrift(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		reason    string
		figures   []float64
		change, p float64
	}{
		{"nothing", nil, 1, 1},
		{"one round", []float64{5}, 1, 1},
		{"two rounds show nothing", []float64{1, 2}, 2, 1},
		{"doubling five times: 2 of 6! orders are as clear", []float64{1, 2, 4, 8, 16, 32}, 32, 2.0 / 720},
		{"halving", []float64{32, 16, 8, 4, 2, 1}, 1.0 / 32, 2.0 / 720},
		{"all equal", []float64{3, 3, 3, 3, 3, 3}, 1, 1},
		{"a round without one: the line goes on", []float64{1, 2, nan, 8, 16, 32}, 32, 2.0 / 120},
		{"one far off does not bend the line", []float64{1, 2, 4, 8, 16, 32, 64, 128, 1e9}, 256, 2.0 / 362880},
		{"the line is the middle of two slopes", []float64{1, 2, 8, 16}, math.Exp2(4.25), 2.0 / 24},
		{"equal ones count for no side", []float64{1, 1, 2}, 2, 1},
		{"what has no end has no trend", []float64{1, 2, 4, math.Inf(1)}, 4, 2.0 / 6},
		{"nothing and less is no figure", []float64{0, -1, 1, 2, 4}, 4, 2.0 / 6},
	} {
		got := Drift(tt.figures)
		if !near(got.Change, tt.change) || !near(got.P, tt.p) {
			t.Errorf("%s: %+v, want %v, p %v", tt.reason, got, tt.change, tt.p)
		}
	}
}

// Canned tuna, from Hollander and Wolfe, 8.1: R's cor.test has T = 26 and
// p = 0.05972 on one side.
func TestKendallIsR(t *testing.T) {
	byLightness := []float64{2.5, 4.0, 2.6, 3.6, 2.8, 3.1, 5.2, 5.0, 3.8}
	if got := Drift(byLightness); math.Abs(got.P-2*0.05972) > 1e-5 {
		t.Errorf("%+v", got)
	}
}

// The numbers of orders of four values with 0 to 6 inversions (Kendall's table).
func TestInversions(t *testing.T) {
	for i, want := range []float64{1, 3, 5, 6, 5, 3, 1} {
		if got := inversions(4)[i] * 24; !near(got, want) {
			t.Errorf("%d inversions: %v orders, want %v", i, got, want)
		}
	}
}

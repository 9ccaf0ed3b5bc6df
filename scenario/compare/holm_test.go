package compare

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
func TestHolm(t *testing.T) {
	for _, tt := range []struct {
		reason  string
		p, want []float64
	}{
		{"none", nil, nil},
		{"one is as it is", []float64{.03}, []float64{.03}},
		{"R's p.adjust", []float64{.01, .04, .03, .005}, []float64{.03, .06, .06, .02}},
		{"never above 1", []float64{.6, .7}, []float64{1, 1}},
		{"equal ones", []float64{.02, .02}, []float64{.04, .04}},
	} {
		if got := Holm(tt.p); !slices.EqualFunc(got, tt.want, near) {
			t.Errorf("%s: %v, want %v", tt.reason, got, tt.want)
		}
	}
}

func TestHolmProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 12).Draw(t, "p")
		for i, adjusted := range Holm(p) {
			if adjusted < p[i] || adjusted > min(float64(len(p))*p[i], 1)+1e-12 {
				t.Fatalf("%v of %v became %v: Holm lies between it and Bonferroni's", p[i], p, adjusted)
			}
			for j, other := range Holm(p) {
				if p[i] < p[j] && adjusted > other {
					t.Fatalf("%v changed its order", p)
				}
			}
		}
	})
}

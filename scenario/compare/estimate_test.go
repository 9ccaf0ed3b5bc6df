package compare

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// ofDifferences estimates from log ratios.
func ofDifferences(d ...float64) Estimate {
	base, variant := make([]float64, len(d)), make([]float64, len(d))
	for i := range d {
		base[i], variant[i] = 1, math.Exp(d[i])
	}
	return Pair(base, variant)
}

func near(a, b float64) bool { return a == b || math.Abs(a-b) < 1e-9*max(1, math.Abs(a)) }

// The textbook's example of nine patients before and after a tranquillizer
// (Hollander and Wolfe, tables 3.1 and example 3.3), which is that of R's
// wilcox.test too: V = 40 and two-sided p = 0.03906, the interval of 96.1% from
// 0.010 to 0.786.
func TestHollanderAndWolfe(t *testing.T) {
	before := []float64{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30}
	after := []float64{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}
	exp := func(of []float64) (e []float64) {
		for _, v := range of {
			e = append(e, math.Exp(v))
		}
		return e
	}
	e := Pair(exp(after), exp(before))
	if !near(e.P, 0.0390625) || !near(e.Confidence, 1-0.0390625) {
		t.Errorf("p %v, confidence %v", e.P, e.Confidence)
	}
	if !near(math.Log(e.Low), 0.010) || !near(math.Log(e.High), 0.786) || !near(math.Log(e.Ratio), 0.490) || e.Widened {
		t.Errorf("%v in %v to %v", math.Log(e.Ratio), math.Log(e.Low), math.Log(e.High))
	}
}

// Darwin's fifteen pairs of maize, for which SciPy's wilcoxon documents a
// statistic of 24 and p = 0.041259765625.
func TestDarwin(t *testing.T) {
	e := ofDifferences(.6, .8, 1.4, 1.6, 2.3, 2.4, 2.8, 2.9, 4.1, -4.8, 4.9, 5.6, 6.0, -6.7, 7.5)
	if !near(e.P, 0.041259765625) || e.Low <= 1 {
		t.Errorf("%+v", e)
	}
}

func TestPair(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, tt := range []struct {
		reason        string
		base, variant []float64
		want          Estimate
	}{
		{"nothing", nil, nil, Estimate{High: inf, P: 1}},
		{"one round has a ratio and no interval", []float64{2}, []float64{3}, Estimate{Rounds: 1, Ratio: 1.5, High: inf, P: 1}},
		{"five are too few, however clear", []float64{1, 1, 1, 1, 1}, []float64{2, 2, 2, 2, 2}, Estimate{Rounds: 5, Ratio: 2, High: inf, P: 1}},
		{"six are enough: the interval is all of them, p is 2 in 64", []float64{1, 1, 1, 1, 1, 1}, []float64{1.1, 1.2, 1.3, 1.4, 1.5, 1.6},
			Estimate{Rounds: 6, Ratio: math.Sqrt(1.3 * 1.4), Low: 1.1, High: 1.6, Confidence: 1 - 2.0/64, P: 2.0 / 64}},
		{"all equal: no difference in any round is none at all", []float64{1, 2, 3, 4, 5, 6}, []float64{1, 2, 3, 4, 5, 6},
			Estimate{Rounds: 6, Ratio: 1, Low: 1, High: 1, Confidence: 1 - 2.0/64, P: 1}},
		{"always three to one", []float64{1, 1, 1, 1, 1, 1}, []float64{3, 3, 3, 3, 3, 3},
			Estimate{Rounds: 6, Ratio: 3, Low: 3, High: 3, Confidence: 1 - 2.0/64, P: 2.0 / 64}},
		{"one round without a difference keeps six from being clear", []float64{1, 1, 1, 1, 1, 1}, []float64{3, 3, 3, 3, 3, 1},
			Estimate{Rounds: 6, Ratio: 3, Low: 1, High: 3, Confidence: 1 - 2.0/64, P: 4.0 / 64}},
		{"what is not there is left out", []float64{1, nan, 1, 1, 1, 1, 1, 1, inf, 1, -1}, []float64{2, 2, nan, 2, 2, 2, 2, 2, inf, -1, 2},
			Estimate{Rounds: 6, Ratio: 2, Low: 2, High: 2, Confidence: 1 - 2.0/64, P: 2.0 / 64}},
		{"0 beside 0 is equal, and something beside 0 is more than any number", []float64{0, 0, 0, 0, 0, 0}, []float64{0, 1, 1, 1, 1, 0},
			Estimate{Rounds: 6, Ratio: inf, Low: 1, High: inf, Confidence: 1 - 2.0/64, P: 10.0 / 64}},
		{"some never end: they are the longest", []float64{1, 1, 1, 1, 1, 1, 1}, []float64{inf, 2, 3, inf, 4, 5, 6},
			Estimate{Rounds: 7, Ratio: 5, Low: math.Sqrt(8), High: inf, Confidence: 1 - 6.0/128, P: 2.0 / 128}},
		{"and those of the base", []float64{inf, 2, 3, inf, 4, 5, 6}, []float64{1, 1, 1, 1, 1, 1, 1},
			Estimate{Rounds: 7, Ratio: .2, Low: 0, High: math.Sqrt(1.0 / 8), Confidence: 1 - 6.0/128, P: 2.0 / 128}},
		{"as many of the one as of the other never end", []float64{1, 1, 1, inf, inf, inf}, []float64{inf, inf, inf, 1, 1, 1},
			Estimate{Rounds: 6, Ratio: 1, Low: 0, High: inf, Confidence: 1 - 2.0/64, P: 1}},
		{"0 beside something", []float64{1, 1, 1, 1, 1, 1}, []float64{0, 0, 0, 0, 0, 0},
			Estimate{Rounds: 6, Ratio: 0, Low: 0, High: 0, Confidence: 1 - 2.0/64, P: 2.0 / 64}},
	} {
		got := Pair(tt.base, tt.variant)
		same := got.Rounds == tt.want.Rounds && got.Widened == tt.want.Widened
		for _, f := range [][2]float64{{got.Ratio, tt.want.Ratio}, {got.Low, tt.want.Low}, {got.High, tt.want.High}, {got.Confidence, tt.want.Confidence}, {got.P, tt.want.P}} {
			same = same && near(f[0], f[1])
		}
		if !same {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.reason, got, tt.want)
		}
	}
}

// Many small ratios above the middle and a few far below: the pseudomedian is
// on the other side of 1 than the median.
func TestSkewWidens(t *testing.T) {
	d := slices.Repeat([]float64{.010, .011, .012}, 20)
	d = append(d, slices.Repeat([]float64{-.9, -1.0, -1.1}, 13)...)
	e := ofDifferences(d...)
	if !e.Widened || e.Ratio != e.High || e.Excludes(1) || e.P != 1 {
		t.Errorf("%+v", e)
	}
	if e := ofDifferences(.1, .2, .3, .4, .5, .6, .7); e.Widened {
		t.Errorf("no skew, and yet %+v", e)
	}
}

// Three times as much in one unit and a third in another leave no trace of how
// logarithms are rounded.
func TestRoundingDecidesNothing(t *testing.T) {
	want := Pair([]float64{1, 3, 1, 3, 1, 3, 1}, []float64{3, 1, 3, 1, 3, 1, 3})
	for unit := 2.0; unit < 50; unit++ {
		got := Pair([]float64{1, 3 * unit, 1, 3 * unit, 1, 3 * unit, 1}, []float64{3, unit, 3, unit, 3, unit, 3})
		if got.P != want.P {
			t.Fatalf("in units of %v: p %v, want %v", unit, got.P, want.P)
		}
	}
}

func TestWidth(t *testing.T) {
	if w := (Estimate{Ratio: 2, Low: 1.9, High: 2.2, Confidence: .95}).Width(); !near(w, .15) {
		t.Errorf("%v, want 15%% of 2", w)
	}
	for _, e := range []Estimate{{}, ofDifferences(1, 2), Pair([]float64{0, 0, 0, 0, 0, 0}, []float64{1, 1, 1, 1, 1, 1}), Pair([]float64{1, 1, 1, 1, 1, 1}, []float64{0, 0, 0, 0, 0, 0})} {
		if !math.IsInf(e.Width(), 1) {
			t.Errorf("%+v is %v wide", e, e.Width())
		}
	}
	if e := ofDifferences(make([]float64, 8)...); e.Width() != 0 {
		t.Errorf("%+v is %v wide", e, e.Width())
	}
}

// figures are those of some rounds, with ties now and then.
func figures(n int) *rapid.Generator[[]float64] {
	return rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(1e-3, 1e6), rapid.SampledFrom([]float64{1, 2, 4})), n, n)
}

func TestPairProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 25).Draw(t, "n")
		base, variant := figures(n).Draw(t, "base"), figures(n).Draw(t, "variant")
		e := Pair(base, variant)
		if e.Low > e.Ratio || e.Ratio > e.High || e.P <= 0 || e.P > 1 {
			t.Fatalf("not in its interval: %+v", e)
		}
		if n >= MinRounds && (e.Confidence < Confidence || (e.P <= 1-e.Confidence+1e-12) != e.Excludes(1)) {
			t.Fatalf("p and interval disagree: %+v", e)
		}
		swapped := Pair(variant, base)
		if !near(swapped.P, e.P) || !near(swapped.Ratio*e.Ratio, 1) || n >= MinRounds && (!near(swapped.Low*e.High, 1) || !near(swapped.High*e.Low, 1)) {
			t.Fatalf("%+v the other way round is %+v", e, swapped)
		}
		unit := rapid.Float64Range(1e-3, 1e3).Draw(t, "unit")
		times := func(of []float64, by float64) (scaled []float64) {
			for _, f := range of {
				scaled = append(scaled, f*by)
			}
			return scaled
		}
		if other := Pair(times(base, unit), times(variant, unit)); !near(other.Ratio, e.Ratio) || !near(other.Low, e.Low) || !near(other.High, e.High) {
			t.Fatalf("in another unit %+v is %+v", e, other)
		}
		if by := Pair(base, times(variant, 8)); !near(by.Ratio, 8*e.Ratio) || !near(by.Low, 8*e.Low) {
			t.Fatalf("eight times as much: %+v is %+v", e, by)
		}
		shuffled := rapid.Permutation(indices(n)).Draw(t, "order")
		var b, v []float64
		for _, i := range shuffled {
			b, v = append(b, base[i]), append(v, variant[i])
		}
		if other := Pair(b, v); other != e {
			t.Fatalf("in another order %+v is %+v", e, other)
		}
	})
}

func indices(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

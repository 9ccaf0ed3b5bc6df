package compare

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestAgainst(t *testing.T) {
	of := func(low, ratio, high float64) Estimate {
		return Estimate{Rounds: 10, Ratio: ratio, Low: low, High: high, Confidence: .95}
	}
	for _, tt := range []struct {
		reason string
		e      Estimate
		lower  bool
		want   Answer
	}{
		{"all of it is less than 95%", of(.88, .91, .94), false, Regression},
		{"all of it is more", of(.96, .98, 1.02), false, NoRegression},
		{"better by far is no regression", of(1.2, 1.4, 1.5), false, NoRegression},
		{"it straddles 95%", of(.90, .96, 1.01), false, Inconclusive},
		{"it straddles, and the middle is beyond", of(.90, .93, 1.01), false, Inconclusive},
		{"to the limit is not beyond it", of(.95, .97, .99), false, NoRegression},
		{"its end on the other side touches", of(.91, .93, .95), false, Inconclusive},
		{"a time that is longer", of(1.06, 1.1, 1.2), true, Regression},
		{"a time that is shorter", of(.7, .8, .9), true, NoRegression},
		{"a time up to the limit", of(1.01, 1.02, 1.05), true, NoRegression},
		{"a time that straddles", of(1.01, 1.04, 1.08), true, Inconclusive},
		{"a time whose near end touches", of(1.05, 1.06, 1.08), true, Inconclusive},
		{"a time a little beyond 1.05, which is less than 1 in 0.95", of(1.01, 1.02, 1.0505), true, Inconclusive},
		{"no interval", Estimate{Rounds: 3, Ratio: .5, High: math.Inf(1), P: 1}, false, Inconclusive},
		{"no interval of a time", Estimate{Rounds: 3, Ratio: 5, High: math.Inf(1), P: 1}, true, Inconclusive},
		{"no round", Estimate{High: math.Inf(1), P: 1}, false, Inconclusive},
	} {
		if got := tt.e.Against(.05, tt.lower); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.reason, got, tt.want)
		}
	}
}

// Without an interval not even the loosest limit is kept.
func TestAgainstWithoutAnInterval(t *testing.T) {
	if got := ofDifferences(1, 2, 3).Against(1, false); got != Inconclusive {
		t.Error(got)
	}
}

func TestMoreIsNotTold(t *testing.T) {
	for _, tt := range []struct {
		reason string
		e      Estimate
		want   int
	}{
		{"up to the sixth it is what is missing", Estimate{Rounds: 2, Ratio: .5, High: math.Inf(1)}, 4},
		{"nobody has the figure", Estimate{High: math.Inf(1)}, 0},
		{"it lies on the limit", Estimate{Rounds: 10, Ratio: .95, Low: .9, High: 1, Confidence: .95}, 0},
		{"it would take for ever", Estimate{Rounds: 10, Ratio: .951, Low: .9, High: 1, Confidence: .95}, 0},
		{"something beside nothing", Estimate{Rounds: 10, Ratio: math.Inf(1), Low: .5, High: math.Inf(1), Confidence: .95}, 0},
	} {
		if got := tt.e.More(.05, false); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.reason, got, tt.want)
		}
	}
}

// Half as far away takes four times as many rounds, and the near end counts.
func TestMoreGrowsWithTheSquare(t *testing.T) {
	at := func(ratio float64) int {
		return Estimate{Rounds: 10, Ratio: ratio, Low: ratio * .9, High: ratio * 1.5, Confidence: .95}.More(.05, false)
	}
	far, close := at(.95*math.Exp(.08))+10, at(.95*math.Exp(.04))+10
	if want := math.Ceil(10 * math.Pow(likely80*math.Log(.9)/.08, 2)); float64(far) != want || math.Abs(float64(close)-4*want) > 4 {
		t.Errorf("%d and %d rounds, want %v and 4 times as many", far, close, want)
	}
	if below := (Estimate{Rounds: 10, Ratio: .9, Low: .5, High: .97, Confidence: .95}).More(.05, false); below < 10 || below > 40 {
		t.Errorf("from below the far end counts: %d", below)
	}
}

// When as many rounds are made as More says for what is really there, about
// four of five comparisons are decided.
func TestMoreDecides(t *testing.T) {
	const noise, limit = .05, .05
	r := rand.New(rand.NewPCG(7, 1))
	// What ten rounds would say of a variant that is 2% worse, in the mean.
	half := 1.96 * noise / math.Sqrt(10*3/math.Pi) // 3/π is the efficiency of signed ranks beside means
	e := Estimate{Rounds: 10, Ratio: .98, Low: .98 * math.Exp(-half), High: .98 * math.Exp(half), Confidence: .95}
	more, decided := e.More(limit, false), 0
	if more < 5 {
		t.Fatalf("%d more", more)
	}
	const comparisons = 1000
	for range comparisons {
		d := make([]float64, 10+more)
		for i := range d {
			d[i] = math.Log(.98) + noise*r.NormFloat64()
		}
		if ofDifferences(d...).Against(limit, false) == NoRegression {
			decided++
		}
	}
	t.Logf("%d more rounds: %d of %d decided", more, decided, comparisons)
	if decided < comparisons*70/100 || decided > comparisons*90/100 {
		t.Errorf("%d of %d", decided, comparisons)
	}
}

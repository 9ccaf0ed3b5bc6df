package report

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestQuantilesAreWithinATenthOfAPercent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Int64Range(0, longest), 1, 2000).Draw(t, "times")
		misses := rapid.IntRange(0, 50).Draw(t, "misses")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		d := newDistribution(digits)
		for _, ns := range times {
			d.add(ns)
		}
		for range misses {
			d.miss()
		}
		slices.Sort(times)
		rank := max(int(math.Ceil(q*float64(len(times)+misses)-1e-6)), 1)
		got, ok := d.quantile(q)
		if ok != (rank <= len(times)) {
			t.Fatalf("rank %d of %d answered: ok = %v", rank, len(times), ok)
		}
		if !ok {
			return
		}
		if want := times[rank-1]; got < want || float64(got-want) > 0.001*float64(want) {
			t.Fatalf("quantile %v = %d, want %d to %.0f", q, got, want, 1.001*float64(want))
		}
	})
}

func TestQuantileBeyondTheAnswered(t *testing.T) {
	for _, test := range []struct {
		reason           string
		answered, missed int64
		q                float64
		ok, told         bool
	}{
		{"nothing was due", 0, 0, .5, false, false},
		{"nobody was answered", 0, 100, .5, false, true},
		{"the last answered attempt still is a percentile", 990, 10, .99, true, true},
		{"one more not answered, and the percentile is among them", 989, 11, .99, false, true},
		{"nine attempts lie beyond", 99, 0, .91, true, false},
		{"ten attempts lie beyond", 100, 0, .9, true, true},
		{"p99.9 from 10,000", 10000, 0, .999, true, true},
		{"p99.9 not from 9,999", 9999, 0, .999, true, false},
	} {
		d := newDistribution(digits)
		for i := range test.answered {
			d.add(i)
		}
		for range test.missed {
			d.miss()
		}
		if _, ok := d.quantile(test.q); ok != test.ok || d.told(test.q) != test.told {
			t.Errorf("%s: ok = %v, told = %v", test.reason, ok, d.told(test.q))
		}
	}
}

func TestDistributionEdges(t *testing.T) {
	d := newDistribution(digits)
	if d.max() != 0 || d.mean() != 0 {
		t.Errorf("empty: max %d, mean %v", d.max(), d.mean())
	}
	d.add(-5) // clocks that disagree
	d.add(3 * longest)
	if d.count() != 2 || d.max() != 3*longest {
		t.Errorf("count %d, max %d", d.count(), d.max())
	}
	if got, ok := d.quantile(.5); got != 0 || !ok {
		t.Errorf("p50 = %d, %v", got, ok)
	}
	if n := d.within(0); n != 1 {
		t.Errorf("%d within 0 ns, want 1", n)
	}
	other := newDistribution(digits)
	other.add(100)
	other.miss()
	d.merge(other)
	if d.count() != 3 || d.missed() != 1 || d.max() != 3*longest {
		t.Errorf("merged: count %d, missed %d, max %d", d.count(), d.missed(), d.max())
	}
	d.reset()
	if d.count() != 0 || d.missed() != 0 || d.max() != 0 || d.mean() != 0 {
		t.Errorf("reset left something")
	}
}

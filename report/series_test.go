package report

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// anyAttempt is an attempt with instants from nanoseconds to hours apart.
func anyAttempt(t *rapid.T) history.Attempt {
	scale := rapid.SampledFrom([]int64{1, 1e3, 1e6, 1e9, 1e12}).Draw(t, "scale")
	due := scale * rapid.Int64Range(-1, 100).Draw(t, "due")
	wait, took := rapid.Int64Range(0, 1e9).Draw(t, "wait"), rapid.Int64Range(1, 1e9).Draw(t, "took")
	a := history.Attempt{
		Due: due, Call: due + wait, Return: due + wait + took, Verb: sale.Buy, Quantity: 1,
		Outcome: rapid.SampledFrom(sale.Outcomes).Draw(t, "outcome"),
	}
	switch a.Outcome {
	case sale.OK:
		a.Granted = rapid.Int32Range(1, 3).Draw(t, "granted")
	case sale.Dropped:
		a.Call, a.Return = history.Never, history.Never
	}
	return a
}

func fill(model string, attempts []history.Attempt) *series {
	s := newSeries(&history.Head{Model: model})
	for i := range attempts {
		s.add(&attempts[i])
	}
	s.finish()
	return s
}

// sums adds up the bins of a series: what merging must not change.
func sums(s *series) (all bin, latencies int64) {
	for _, b := range s.filled() {
		all.due += b.due
		all.answered += b.answered
		all.taken += b.taken
		all.back += b.back
		for o, n := range b.outcomes {
			all.outcomes[o] += n
		}
		if b.latency != nil {
			latencies += b.latency.count() + b.latency.missed()
		}
	}
	return all, latencies
}

func TestSeriesLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		attempts := rapid.SliceOfN(rapid.Custom(anyAttempt), 1, 60).Draw(t, "attempts")
		var want bin
		for _, a := range attempts {
			want.due++
			want.outcomes[a.Outcome]++
			want.taken += int64(a.Granted)
			if a.Outcome.Answered() {
				want.answered++
			}
		}
		s := fill(rapid.SampledFrom([]string{modelBurst, modelOpen}).Draw(t, "model"), attempts)
		for _, s := range []*series{s, s.coarse()} {
			got, latencies := sums(s)
			if got != want || latencies != want.due {
				t.Fatalf("bins add up to %+v with %d latencies, want %+v with %d", got, latencies, want, want.due)
			}
			if s.used > maxBins || s.last > int64(s.used)*s.width() {
				t.Fatalf("%d bins of %d ns do not reach %d", s.used, s.width(), s.last)
			}
		}
	})
}

func TestSeriesDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		attempts := rapid.SliceOfN(rapid.Custom(anyAttempt), 1, 40).Draw(t, "attempts")
		forth := fill(modelOpen, attempts)
		slices.Reverse(attempts)
		back := fill(modelOpen, attempts)
		for i := range forth.bins {
			f, b := forth.bins[i], back.bins[i]
			f.latency, b.latency = nil, nil
			if f != b {
				t.Fatalf("bin %d is %+v, in the other order %+v", i, f, b)
			}
		}
	})
}

func TestCoarseLeavesTheSeriesAlone(t *testing.T) {
	s := fill(modelOpen, poisson(500, 1000, 10).attempts())
	before, n := sums(s)
	if s.coarse().used >= s.used {
		t.Fatalf("500 attempts stay in %d bins", s.used)
	}
	if after, m := sums(s); after != before || n != m {
		t.Errorf("the bins add up to %+v before and %+v after", before, after)
	}
}

func TestSeriesPercentilesAreNearExact(t *testing.T) {
	attempts := poisson(60_000, 20_000, 1000).attempts()
	s := fill(modelOpen, attempts)
	middle := s.used / 2
	var exactly []int64
	for _, a := range attempts {
		if a.Due>>s.shift == int64(middle) {
			exactly = append(exactly, a.Return-a.Due)
		}
	}
	slices.Sort(exactly)
	for _, q := range []float64{.5, .99} {
		got, ok := s.bins[middle].latency.quantile(q)
		want := exactly[int(math.Ceil(q*float64(len(exactly))))-1]
		if !ok || math.Abs(float64(got-want)) > .02*float64(want) {
			t.Errorf("p%g of the middle bin is %d, want %d within 2%%", 100*q, got, want)
		}
	}
}

func TestSeriesCountsWhereItsModelSays(t *testing.T) {
	late := []history.Attempt{{Verb: sale.Buy, Due: 0, Call: 50 * ms, Return: 60 * ms, Outcome: sale.OK, Granted: 1}}
	for _, row := range []struct {
		model      string
		at, passed int64
		reason     string
	}{
		{modelOpen, 0, 60 * ms, "a stall is a mountain of response at the due instant"},
		{modelClosed, 0, 60 * ms, "as open"},
		{modelBurst, 60 * ms, 10 * ms, "all are due at once: service, where the reply came back"},
	} {
		s := fill(row.model, late)
		b := s.at(row.at)
		if b.latency == nil || b.outcomes[sale.OK] != 1 || b.latency.max() != row.passed {
			t.Errorf("%s: not %d ns at %d: %s", row.model, row.passed, row.at, row.reason)
		}
	}
}

func TestRanksAreAnEvenSample(t *testing.T) {
	for _, n := range []int{0, 1, 10, maxRanked, maxRanked + 1, 7919, 100_000} {
		r := newRanks()
		for i := range n {
			// Called in the opposite order of the record.
			r.add(&history.Attempt{Call: int64(n - i), Return: int64(n-i) + 5, Outcome: sale.OK})
		}
		r.finish()
		if len(r.kept) > maxRanked || n <= maxRanked && len(r.kept) != n || n > maxRanked && len(r.kept) < maxRanked/2 {
			t.Errorf("%d of %d attempts are kept", len(r.kept), n)
		}
		for _, a := range r.kept {
			if off := a.call - 1 - a.rank; off < 0 || off >= r.stride {
				t.Fatalf("of %d, the attempt called as number %d has rank %d, more than a stride of %d away", n, a.call-1, a.rank, r.stride)
			}
		}
	}
}

func TestRanksLeaveOutWhatWasNeverSent(t *testing.T) {
	r := newRanks()
	r.add(&history.Attempt{Call: history.Never, Return: history.Never, Outcome: sale.Dropped})
	if r.finish(); len(r.kept) != 0 {
		t.Errorf("kept %+v", r.kept)
	}
}

func BenchmarkSeriesAdd(b *testing.B) {
	attempts := poisson(1_000_000, 20_000, 1000).attempts()
	s := newSeries(&history.Head{Model: modelOpen})
	i := 0
	for b.Loop() {
		s.add(&attempts[i%len(attempts)])
		i++
	}
}

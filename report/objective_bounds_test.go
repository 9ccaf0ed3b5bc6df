package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/seckill-bench/seckill/scenario/history"
)

func TestClopperPearson(t *testing.T) {
	for _, test := range []struct {
		bad, n, low, high float64
		reason            string
	}{
		{0, 3000, 0, 1 - math.Pow(.05, 1./3000), "none: the rule of three, exactly"},
		{7, 7, math.Pow(.05, 1./7), 1, "all"},
		{1, 1, .05, 1, "one"},
		{0, 1, 0, .95, "not one"},
		{50, 5000, binomialBound(50, 5000, true), binomialBound(50, 5000, false), "by the sums of the binomial distribution"},
		{120, 200, binomialBound(120, 200, true), binomialBound(120, 200, false), "more than half"},
		{1e5, 1e7, .01 - 5.1755e-5, .01 + 5.1755e-5, "so many that it is the normal one"},
	} {
		got := clopperPearson(test.bad, test.n)
		if math.Abs(got.low-test.low) > 2e-7 || math.Abs(got.high-test.high) > 2e-7 {
			t.Errorf("%g of %g, %s: %.9f to %.9f, want %.9f to %.9f", test.bad, test.n, test.reason, got.low, got.high, test.low, test.high)
		}
	}
}

// binomialBound is an end of the interval by adding up the distribution: where
// that many or more, or that many or fewer, of n are seen once in twenty times.
func binomialBound(bad, n int, lower bool) float64 {
	tail := func(p float64) (sum float64) {
		from, to := bad, n
		if !lower {
			from, to = 0, bad
		}
		for k := from; k <= to; k++ {
			whole, _ := math.Lgamma(float64(n + 1))
			some, _ := math.Lgamma(float64(k + 1))
			rest, _ := math.Lgamma(float64(n - k + 1))
			sum += math.Exp(whole - some - rest + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
		}
		return sum
	}
	low, high := 0.0, 1.0
	for range 60 {
		if p := (low + high) / 2; (tail(p) < doubt) == lower {
			low = p
		} else {
			high = p
		}
	}
	return low
}

// TestBatches: whatever the instants are, nothing is lost, and batches are of
// about one length.
func TestBatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBatches()
		instants := rapid.SliceOfN(rapid.Int64Range(-5, int64(3600e9)), 1, 200).Draw(t, "instants")
		var spoilt int64
		for i, at := range instants {
			b.add(at, i%3 == 0)
			if i%3 == 0 {
				spoilt++
			}
		}
		all, lengths := b.until(history.Never)
		if all == nil && b.last-b.first >= fewestBatches {
			t.Fatalf("no batches of %d bins", b.last-b.first)
		}
		var n, bad int64
		shortest, longest := math.Inf(1), 0.0
		for i, batch := range all {
			n, bad = n+batch.n, bad+batch.bad
			shortest, longest = min(shortest, lengths[i]), max(longest, lengths[i])
		}
		if all != nil && (n != int64(len(instants)) || bad != spoilt || longest > 2*shortest || len(all) > mostBatches) {
			t.Fatalf("%d batches of %g to %g ns hold %d of %d, bad %d of %d", len(all), shortest, longest, n, len(instants), bad, spoilt)
		}
	})
}

func TestBatchesUntil(t *testing.T) {
	b := newBatches()
	for i := range int64(1000) {
		b.add(i*ms, false)
	}
	all, lengths := b.until(500 * ms)
	var n int64
	var length float64
	for i := range all {
		n, length = n+all[i].n, length+lengths[i]
	}
	if n < 490 || n > 501 || math.Abs(length/float64(n)/float64(ms)-1) > .01 {
		t.Errorf("half a second holds %d of 500, over %g ns", n, length)
	}
	if all, _ := b.until(2 * ms); all != nil {
		t.Errorf("%d batches of two bins", len(all))
	}
}

func TestMerge(t *testing.T) {
	merged := merge([]batch{{1, 0}, {2, 1}, {4, 2}})
	if len(merged) != 2 || merged[0] != (batch{3, 1}) || merged[1] != (batch{4, 2}) {
		t.Errorf("%v", merged)
	}
}

// A stalling is a server with one thread that serves in a fixed time and stands
// still now and then, asked by Poisson arrivals: M/D/1 with vacations.
type stalling struct {
	random        *rand.Rand
	service       float64 // seconds
	load          float64
	stalls, stall float64 // a second, and how long each is
	now, free     float64
	next          float64
}

// serve returns when the next attempt was due and how long it took.
func (s *stalling) serve() (due, took float64) {
	s.now += s.random.ExpFloat64() * s.service / s.load
	for s.stalls > 0 && s.next < s.now {
		s.free = max(s.free, s.next) + s.stall*(.5+s.random.Float64())
		s.next += s.random.ExpFloat64() / s.stalls
	}
	s.free = max(s.free, s.now) + s.service
	return s.now, s.free - s.now
}

// TestErrorsOfTheInterval runs a server at its limit exactly, where every verdict
// but inconclusive is an error: the share of slow attempts over all runs is
// what the objective allows. Beside it stands what the interval for independent
// attempts would say.
func TestErrorsOfTheInterval(t *testing.T) {
	const runs = 150
	for _, test := range []struct {
		server            stalling
		limit, seconds    float64
		mostMet, mostMiss float64
		reason            string
	}{
		{stalling{service: 250e-6, load: .8}, 2.9e-3, 10, .10, .05, "no stalls: queues come and go at once"},
		{stalling{service: 250e-6, load: .7, stalls: 5, stall: 10e-3}, 14e-3, 10, .16, .05, "fifty short stalls"},
		{stalling{service: 250e-6, load: .7, stalls: 1, stall: 40e-3}, 47e-3, 10, .20, .05, "ten long ones, of which a run has more or fewer"},
	} {
		server := test.server
		server.random = rand.New(rand.NewPCG(7, 11))
		counts := make([]*batches, runs)
		var bad, n int64
		for i := range counts {
			counts[i] = newBatches()
			for begin := server.now; server.now < begin+test.seconds; {
				due, took := server.serve()
				counts[i].add(int64((due-begin)*1e9), took >= test.limit)
			}
			for range 2000 { // until the next run knows nothing of this one
				server.serve()
			}
			some := counts[i].sum()
			bad, n = bad+some.bad, n+some.n
		}
		truth := float64(bad) / float64(n)
		var met, missed, naive float64
		for _, c := range counts {
			some := c.sum()
			all, _ := c.until(history.Never)
			ours, alone := shareBounds(some.bad, some.n, all), shareBounds(some.bad, some.n, nil)
			met += count(ours.high < truth)
			missed += count(ours.low > truth)
			naive += count(alone.high < truth || alone.low > truth)
		}
		said := fmt.Sprintf("%s: %.2f%% are slow; met %.1f%%, missed %.1f%% in error; as if independent %.1f%%", test.reason, 100*truth, 100*met/runs, 100*missed/runs, 100*naive/runs)
		t.Log(said)
		if met/runs > test.mostMet || missed/runs > test.mostMiss || naive/runs < .3 {
			t.Error(said)
		}
	}
}

// sum is all that was counted.
func (b *batches) sum() (sum batch) {
	for _, bin := range b.bins {
		sum.n, sum.bad = sum.n+bin.n, sum.bad+bin.bad
	}
	return sum
}

func count(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// TestRateBounds: by chance a rate lies beyond an end of its interval about as
// often as it says.
func TestRateBounds(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const runs, perSecond = 400, 3000.
	var above, below float64
	for range runs {
		b, n, last := newBatches(), 0, 0.0
		for at := random.ExpFloat64() / perSecond; at < 1; at += random.ExpFloat64() / perSecond {
			b.add(int64(at*1e9), false)
			n, last = n+1, at
		}
		all, lengths := b.until(history.Never)
		found, enough := rateBounds(float64(n)/last, all, lengths)
		if !enough {
			t.Fatal("too few batches")
		}
		above += count(found.low > perSecond)
		below += count(found.high < perSecond)
	}
	if t.Logf("%.1f%% above, %.1f%% below", 100*above/runs, 100*below/runs); above/runs > .09 || below/runs > .09 || above+below == 0 {
		t.Errorf("%g above, %g below of %d", above, below, runs)
	}
}

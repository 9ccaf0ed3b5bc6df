package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// departures are when purchases leave a server that serves them one by one, in
// order, by the recursion of Lindley (The theory of queues with a single server,
// 1952): each begins when it is due and the one before it has left. The server
// stands still during the stall, so what it works is counted on a clock that
// stands still with it.
func departures(due []time.Duration, cost func(int) time.Duration, s stall) []time.Duration {
	left := make([]time.Duration, len(due))
	var free time.Duration // by the server's own clock
	for k, at := range due {
		worked := at - min(max(at-s.at, 0), s.length)
		free = max(worked, free) + cost(k)
		left[k] = free
		if free > s.at {
			left[k] += s.length
		}
	}
	return left
}

// calls are when purchases get one of n connections, in order: each when it is
// due and the n-th before it has left. Without a bound on connections (0) it is
// when they are due.
func calls(due, left []time.Duration, n int) []time.Duration {
	at := slices.Clone(due)
	if n > 0 {
		for k := n; k < len(at); k++ {
			at[k] = max(at[k], left[k-n])
		}
	}
	return at
}

// between are the lengths of time from some instants to others, sorted.
func between(from, to []time.Duration) []time.Duration {
	lengths := make([]time.Duration, len(from))
	for k := range from {
		lengths[k] = to[k] - from[k]
	}
	slices.Sort(lengths)
	return lengths
}

// quantile is the value that a share q of sorted values does not exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[max(int(math.Ceil(q*float64(len(sorted))-1e-6)), 1)-1]
}

func mean(values []time.Duration) float64 {
	var sum float64
	for _, v := range values {
		sum += float64(v)
	}
	return sum / float64(len(values))
}

// Costs of a purchase, each drawn by its number, so that the same seed gives the
// same costs to whoever asks.
func constantly(length time.Duration) func(int) time.Duration {
	return func(int) time.Duration { return length }
}

// twoHumped: most are quick, and every tenth takes ten times as long.
func twoHumped(quick time.Duration) func(int) time.Duration {
	return func(n int) time.Duration {
		if rand.New(rand.NewPCG(1, uint64(n))).Float64() < 0.1 {
			return 10 * quick
		}
		return quick
	}
}

func exponentially(mean time.Duration) func(int) time.Duration {
	return func(n int) time.Duration {
		return time.Duration(rand.New(rand.NewPCG(2, uint64(n))).ExpFloat64() * float64(mean))
	}
}

// poisson is n instants of a Poisson process.
func poisson(n int, perSecond float64) []time.Duration {
	random, at := rand.New(rand.NewPCG(3, 0)), 0.0
	due := make([]time.Duration, n)
	for k := range due {
		at += random.ExpFloat64() / perSecond
		due[k] = time.Duration(at * 1e9)
	}
	return due
}

// The recursion gives what the formulas of queueing theory do, so that it may
// stand for the truth where there is no formula.
func TestTheRecursionIsTheTheory(t *testing.T) {
	const n, rate = 1_000_000, 500.0
	due := poisson(n, rate)
	for _, tt := range []struct {
		name         string
		cost         func(int) time.Duration
		mean, square float64 // of a cost, in s and s²
	}{
		{"M/D/1", constantly(time.Millisecond), 1e-3, 1e-6},
		{"M/M/1", exponentially(time.Millisecond), 1e-3, 2e-6},
		{"M/G/1, two-humped", twoHumped(500 * time.Microsecond), 0.95e-3, 0.9*0.25e-6 + 0.1*25e-6},
	} {
		responses := between(due, departures(due, tt.cost, stall{}))
		// Pollaczek and Khinchine: the mean wait is λE[S²] / 2(1-ρ).
		want := tt.mean + rate*tt.square/(2*(1-rate*tt.mean))
		if got := mean(responses) / 1e9; math.Abs(got-want) > .02*want {
			t.Errorf("%s: mean response %.4g s, by theory %.4g s", tt.name, got, want)
		}
		if tt.name != "M/M/1" {
			continue
		}
		for _, q := range []float64{.5, .9, .99, .999} { // the response is exponential, with rate μ-λ
			want := -math.Log(1-q) / (1000 - rate)
			if got := quantile(responses, q).Seconds(); math.Abs(got-want) > .04*want {
				t.Errorf("%s: p%g is %.4g s, by theory %.4g s", tt.name, 100*q, got, want)
			}
		}
	}
}

// stalledQuantile is the response time that a share q of constant arrivals does
// not exceed. During a stall of length D, and while the queue is worked off
// after it, the x-th second's arrival waits D - x(1-ρ); so the slow ones last
// D/(1-ρ), and evenly fill the times from a service time to D and that more. Of a
// run of length T those beyond a time r are (D - r)/((1-ρ)T).
func stalledQuantile(q float64, s stall, service time.Duration, rate float64, run time.Duration) (r time.Duration, slow bool) {
	free := 1 - rate*service.Seconds()
	r = s.length - time.Duration((1-q)*float64(run)*free)
	return r + service, r > 0
}

func TestTheRecursionIsTheFormulaOfAStall(t *testing.T) {
	const rate, run = 1000.0, 10 * time.Second
	due := make([]time.Duration, int(rate*run.Seconds()))
	for k := range due {
		due[k] = time.Duration(k) * time.Millisecond
	}
	for _, service := range []time.Duration{10 * time.Microsecond, 400 * time.Microsecond} {
		for _, length := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second} {
			s := stall{4 * time.Second, length}
			responses := between(due, departures(due, constantly(service), s))
			wait := float64(length) * length.Seconds() / (2 * run.Seconds() * (1 - rate*service.Seconds()))
			if got := mean(responses) - float64(service); math.Abs(got-wait) > .02*wait {
				t.Errorf("stall %v, service %v: mean wait is %.0f ns, by the formula %.0f", length, service, got, wait)
			}
			for _, q := range []float64{.5, .9, .99, .999} {
				want, slow := stalledQuantile(q, s, service, rate, run)
				if !slow {
					want = service
				}
				// One arrival more or less is a millisecond.
				if got := quantile(responses, q); (got - want).Abs() > time.Millisecond {
					t.Errorf("stall %v, service %v: p%g is %v, by the formula %v", length, service, 100*q, got, want)
				}
			}
		}
	}
}

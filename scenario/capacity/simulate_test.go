package capacity

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The model of stalls has the figures that it is meant to have.
func TestStallsMakeLongStepsFail(t *testing.T) {
	m := stalls
	m.noise = 0
	rng := rand.New(rand.NewPCG(1, 0))
	for _, tt := range []struct {
		length time.Duration
		want   float64
	}{{2 * time.Second, .68}, {30 * time.Second, .07}} {
		if got := m.passingAt(.95, tt.length); math.Abs(got-tt.want) > .005 {
			t.Errorf("at a load of 95%% a step of %v passes with probability %.3f, not %.2f", tt.length, got, tt.want)
		}
		const steps = 20_000
		passed, of := 0, m.answer(rng)
		for range steps {
			if of(Step{Rate: .95 * m.saturation, Length: tt.length}) == Passed {
				passed++
			}
		}
		if got := float64(passed) / steps; math.Abs(got-tt.want) > .02 {
			t.Errorf("of steps of %v %.3f pass, not %.2f", tt.length, got, tt.want)
		}
	}
}

// A method answers with a rate, after some time.
type method struct {
	name string
	step time.Duration // the truth is what steps of this length pass four times in five
	find func(of server, rng *rand.Rand) (held float64, length time.Duration)
}

const lowest, highest = 100, 1e6

func ours(confirm time.Duration, quick bool) func(server, *rand.Rand) (float64, time.Duration) {
	return func(of server, rng *rand.Rand) (float64, time.Duration) {
		start := lowest * math.Pow(highest/lowest, rng.Float64())
		a, steps := search(Options{Least: lowest, Most: highest, Start: start, Confirm: confirm, Quick: quick}, of)
		var length time.Duration
		for _, s := range steps {
			length += s.Length
		}
		return a.Held, length
	}
}

// bisection tries each rate once, and believes what it sees.
func bisection(step time.Duration) func(server, *rand.Rand) (float64, time.Duration) {
	return func(of server, rng *rand.Rand) (float64, time.Duration) {
		low, high, length := float64(lowest), highest*(1+rng.Float64())/2, time.Duration(0)
		for high > width*low {
			middle := math.Sqrt(low * high)
			length += step
			if of(Step{Rate: middle, Length: step}) == Passed {
				low = middle
			} else {
				high = middle
			}
		}
		return low, length
	}
}

// outcome is what many searches by a method found, as shares of the truth.
type outcome struct {
	ratios  []float64 // sorted
	lengths []float64 // in seconds, sorted
}

func simulate(m *stalling, by method, searches int) outcome {
	var o outcome
	truth := m.rate(.8, by.step)
	for seed := range uint64(searches) {
		rng := rand.New(rand.NewPCG(seed, 0))
		held, length := by.find(m.answer(rng), rng)
		o.ratios, o.lengths = append(o.ratios, held/truth), append(o.lengths, length.Seconds())
	}
	slices.Sort(o.ratios)
	slices.Sort(o.lengths)
	return o
}

// within is the share of searches that came as close to the truth.
func (o *outcome) within(share float64) float64 {
	n := 0
	for _, r := range o.ratios {
		if math.Abs(r-1) <= share {
			n++
		}
	}
	return float64(n) / float64(len(o.ratios))
}

func (o *outcome) tell(t testing.TB, noise float64, name string) {
	t.Helper()
	n := len(o.ratios)
	t.Logf("| %g%% | %s | %.1f%% | %.2f | %.2f | %.2f | %.0f s |", 100*noise, name, 100*o.within(.15), o.ratios[0], o.ratios[n/2], o.ratios[n-1], o.lengths[n/2])
}

// Of 200 searches on a server with stalls and 5% of noise from step to step, nine
// in ten end within 15% of the rate that passes four times in five, and none below
// half of it. To try each rate once is not enough, however long.
func TestSimulatedSearches(t *testing.T) {
	const searches, confirm = 200, 15 * time.Second
	m := stalls
	full := simulate(&m, method{"", confirm, ours(confirm, false)}, searches)
	full.tell(t, m.noise, "search")
	if full.within(.15) < .9 || full.ratios[0] < .5 {
		t.Errorf("%.1f%% lie within 15%%, the lowest at %.2f", 100*full.within(.15), full.ratios[0])
	}
	for _, step := range []time.Duration{2 * time.Second, confirm} {
		o := simulate(&m, method{"", confirm, bisection(step)}, searches)
		o.tell(t, m.noise, "bisection, once "+step.String())
		if o.within(.15) > full.within(.15)-.1 {
			t.Errorf("bisection with steps of %v is as good", step)
		}
	}
}

// BenchmarkSearches makes the table of CAPACITY.md, of 2,000 searches a line.
func BenchmarkSearches(b *testing.B) {
	const s = time.Second
	methods := []method{
		{"search, confirming 10 s", 10 * s, ours(10*s, false)}, {"search, confirming 15 s", 15 * s, ours(15*s, false)},
		{"search, confirming 30 s", 30 * s, ours(30*s, false)}, {"search, quick", 15 * s, ours(0, true)},
		{"bisection, once 2 s", 15 * s, bisection(2 * s)}, {"bisection, once 15 s", 15 * s, bisection(15 * s)}, {"bisection, once 30 s", 30 * s, bisection(30 * s)},
	}
	for b.Loop() {
		b.Log("noise, method, within 15%, lowest, median, highest, time")
		for _, noise := range []float64{0, .05, .1} {
			m := stalls
			m.noise = noise
			b.Logf("a step of 15 s passes four times in five at %.0f/s of %.0f/s", m.rate(.8, 15*s), m.saturation)
			for _, by := range methods {
				o := simulate(&m, by, 2000)
				o.tell(b, noise, by.name)
			}
		}
	}
}

package arrival

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A fit is how well instants fit a Poisson process of a rate: the chances that
// a true one is further away, by the lengths of its gaps and by the counts of
// its bins. Gaps alone do not tell whether they follow one another at random,
// and counts alone not what happens within a bin.
type fit struct{ gaps, counts float64 }

// perBin arrivals are expected in each of bins bins: enough for a count to be
// nearly normal, and an even number of bins for chiSquare.
const (
	perBin = 25
	bins   = 200
)

// fitOf tests perBin·bins arrivals, and no more than the instants before the
// last bin ends.
func fitOf(at []time.Duration, rate float64) fit {
	n := perBin * bins
	gaps := make([]float64, n)
	for i := range gaps {
		gaps[i] = (at[i+1] - at[i]).Seconds() * rate
	}
	counts := make([]float64, bins)
	for _, t := range at {
		if bin := int(t.Seconds() * rate / perBin); bin < bins {
			counts[bin]++
		}
	}
	var dispersion float64
	for _, c := range counts {
		dispersion += (c - perBin) * (c - perBin) / perBin
	}
	above := chiSquare(dispersion, bins)
	return fit{gaps: kolmogorov(gaps), counts: 2 * min(above, 1-above)}
}

// kolmogorov is the chance that as many draws of the unit exponential
// distribution are further from it than xs, which it sorts: the Kolmogorov
// distribution with Stephens' correction for finite samples (Press et al.,
// Numerical Recipes, section 14.3).
func kolmogorov(xs []float64) float64 {
	slices.Sort(xs)
	n := float64(len(xs))
	var distance float64
	for i, x := range xs {
		f := -math.Expm1(-x)
		distance = max(distance, f-float64(i)/n, float64(i+1)/n-f)
	}
	lambda := (math.Sqrt(n) + 0.12 + 0.11/math.Sqrt(n)) * distance
	var p float64
	for j, sign := 1.0, 2.0; j <= 100; j, sign = j+1, -sign {
		p += sign * math.Exp(-2*j*j*lambda*lambda)
	}
	return min(max(p, 0), 1)
}

// chiSquare is the chance that a chi-square variable of an even number of
// degrees of freedom is above x: the chance of a Poisson variable of mean x/2 to
// be below half that number.
func chiSquare(x float64, freedom int) float64 {
	var p float64
	for i := range freedom / 2 {
		log, _ := math.Lgamma(float64(i + 1))
		p += math.Exp(float64(i)*math.Log(x/2) - x/2 - log)
	}
	return p
}

func TestTheTestsAreTables(t *testing.T) {
	for _, tt := range []struct {
		x       float64
		freedom int
		want    float64
	}{{5.991, 2, .05}, {18.307, 10, .05}, {233.994, 200, .05}, {168.279, 200, .95}} {
		if got := chiSquare(tt.x, tt.freedom); math.Abs(got-tt.want) > 1e-4 {
			t.Errorf("chi-square %v of %d: %.5f, want %v", tt.x, tt.freedom, got, tt.want)
		}
	}
	// Quantiles of the distribution, moved up by a distance of 1.358/√n: 5%.
	const n = 100_000
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = -math.Log1p(-max(0, (float64(i)+.5)/n-1.358/math.Sqrt(n)))
	}
	if p := kolmogorov(xs); math.Abs(p-.05) > 2e-3 {
		t.Errorf("Kolmogorov: %.4f, want 0.05", p)
	}
}

// Of many seeds as many are rejected as chance would have it, at every level,
// on every stretch of a schedule whose rate stays.
func TestPoissonFits(t *testing.T) {
	const seeds, rate = 200, 20_000.0
	for _, text := range []string{"poisson:20000/s", "poisson:20000/s*30ms,poisson:20000/s*70ms,poisson:20000/s"} {
		var gaps, counts []float64
		for seed := range uint64(seeds) {
			f := fitOf(take(schedule(t, text).Times(source(seed)), perBin*bins*2), rate)
			gaps, counts = append(gaps, f.gaps), append(counts, f.counts)
		}
		for name, ps := range map[string][]float64{"gaps": gaps, "counts": counts} {
			for _, level := range []float64{.01, .05, .2, .5} {
				rejected := 0.0
				for _, p := range ps {
					if p < level {
						rejected++
					}
				}
				mean, deviation := seeds*level, math.Sqrt(seeds*level*(1-level))
				t.Logf("%s, %s: %v of %d below %v", text, name, rejected, seeds, level)
				if math.Abs(rejected-mean) > 3*deviation {
					t.Errorf("%s: the %s of %v of %d seeds have a p below %v, want %.0f ± %.0f", text, name, rejected, seeds, level, mean, 3*deviation)
				}
			}
		}
	}
}

// What is not a Poisson process of the rate is rejected, whatever the seed.
func TestOtherProcessesDoNotFit(t *testing.T) {
	const rate, n = 20_000.0, perBin * bins * 2
	// gaps are in units of the mean gap.
	process := func(gap func(*rand.Rand) float64, seed uint64) (at []time.Duration) {
		rng, sum := source(seed), 0.0
		for range n {
			sum += gap(rng)
			at = append(at, time.Duration(sum/rate*1e9))
		}
		return at
	}
	exponential := (*rand.Rand).ExpFloat64
	for name, times := range map[string]func(seed uint64) []time.Duration{
		"evenly spread": func(seed uint64) []time.Duration { return take(schedule(t, "constant:20000/s").Times(source(seed)), n) },
		"evenly spread with jitter": func(seed uint64) []time.Duration {
			return process(func(rng *rand.Rand) float64 { return .5 + rng.Float64() }, seed)
		},
		"gamma of shape 2": func(seed uint64) []time.Duration {
			return process(func(rng *rand.Rand) float64 { return (exponential(rng) + exponential(rng)) / 2 }, seed)
		},
		"a fifth too fast": func(seed uint64) []time.Duration {
			return process(func(rng *rand.Rand) float64 { return exponential(rng) / 1.2 }, seed)
		},
		"on a grid of 200 µs": func(seed uint64) []time.Duration {
			return onGrid(take(schedule(t, "poisson:20000/s").Times(source(seed)), n))
		},
		"the right gaps sorted": func(seed uint64) []time.Duration {
			return sortedGaps(take(schedule(t, "poisson:20000/s").Times(source(seed)), n))
		},
	} {
		for seed := range uint64(50) {
			if f := fitOf(times(seed), rate); min(f.gaps, f.counts) > 1e-6 {
				t.Errorf("%s, seed %d: passes with p %.6f by gaps and %.6f by counts", name, seed, f.gaps, f.counts)
			}
		}
	}
}

func onGrid(at []time.Duration) []time.Duration {
	for i := range at {
		at[i] = at[i].Truncate(200 * time.Microsecond)
	}
	return at
}

// sortedGaps puts the gaps of the first arrivals into the order of their length.
func sortedGaps(at []time.Duration) []time.Duration {
	gaps := make([]time.Duration, len(at)-1)
	for i := range gaps {
		gaps[i] = at[i+1] - at[i]
	}
	slices.Sort(gaps)
	for i, gap := range gaps {
		at[i+1] = at[i] + gap
	}
	return at
}

// The instants of a Poisson process are sums of many draws. After a hundred
// million of them the sum is still right to less than a nanosecond, at rates
// that anybody asks for: it is compared with one that does not round (Neumaier).
func TestPoissonDoesNotDrift(t *testing.T) {
	const before, n, rate = 100e6, 1_000_000, 20_000.0
	stage := Stage{From: rate, To: rate, Poisson: true}
	exact := source(3)
	var sum, rest float64
	i := 0
	stage.times(source(3), before, before/rate, func(at time.Duration) bool {
		x := exact.ExpFloat64()
		next := sum + x
		rest += (sum - next) + x // sum is the larger, but for the first
		sum = next
		want := before/rate*1e9 + (sum+rest)/rate*1e9
		if math.Abs(float64(at)-want) > 1 {
			t.Fatalf("arrival %d of those after a hundred million is due at %v, want %.1f ns", i, at, want)
		}
		i++
		return i < n
	})
	if i != n {
		t.Errorf("%d arrivals", i)
	}
}

// As many come as the rates say, to the last one.
func TestCounts(t *testing.T) {
	for text, want := range map[string]int{
		"constant:50000/s*10s":                    500_000,
		"constant:0.1/s*30s":                      3,
		"ramp:0/s..1000/s*10s":                    5000,
		"ramp:1000/s..0/s*10s":                    5000,
		"ramp:100/s..300/s*5s,constant:300/s*5s":  2500,
		"constant:7/s*1s,constant:7/s*1s":         14,
		"constant:333.5/s*1s,constant:333.5/s*1s": 667,
	} {
		if got := len(take(schedule(t, text).Times(nil), 1<<20)); got != want {
			t.Errorf("%s: %d arrivals, want %d", text, got, want)
		}
	}
	// The number of a Poisson stage varies by its square root, and the mean of
	// many seeds by a hundredth of that.
	const seeds, mean = 10_000, 400.0
	var sum, squares float64
	for seed := range uint64(seeds) {
		n := float64(len(take(schedule(t, "poisson:500/s*400ms,poisson:1000/s*200ms").Times(source(seed)), 1000)))
		sum += n
		squares += (n - mean) * (n - mean)
	}
	if got := sum / seeds; math.Abs(got-mean) > 4*math.Sqrt(mean/seeds) {
		t.Errorf("%.2f arrivals on average, want %v", got, mean)
	}
	if got := squares / seeds; math.Abs(got/mean-1) > 4*math.Sqrt(2.0/seeds) {
		t.Errorf("the number of arrivals has a variance of %.1f, want %v", got, mean)
	}
}

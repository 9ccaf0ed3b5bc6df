package compare

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"
)

var long = flag.Bool("long", false, "simulate ten times as many comparisons")

// A machine is one that changes while it is measured: from run to run its speed
// drifts as an autoregressive process, has a trend, and each run some noise of its
// own that now and then is large.
type machine struct {
	r     *rand.Rand
	drift float64
	runs  int
}

const (
	kept  = 0.8    // of its drift from one run to the next
	shock = 0.03   // the standard deviation of what is added to it
	trend = -0.002 // a run
	noise = 0.02
)

// figure is what the machine measures of something with a true speed.
func (m *machine) figure(speed float64) float64 {
	m.drift = kept*m.drift + shock*m.r.NormFloat64()
	m.runs++
	own := noise * m.r.NormFloat64()
	if m.r.Float64() < .05 {
		own -= .1 * m.r.ExpFloat64() // a stall
	}
	return speed * math.Exp(m.drift+trend*float64(m.runs)+own)
}

// A simulation runs variants with known speeds, in drawn order, round by round.
type simulation struct {
	machine
	seed   uint64
	speeds []float64
	rounds [][]float64 // of each variant
}

func simulate(seed uint64, speeds ...float64) *simulation {
	s := &simulation{machine: machine{r: rand.New(rand.NewPCG(seed, 99))}, seed: seed, speeds: speeds, rounds: make([][]float64, len(speeds))}
	for range 20 {
		s.figure(1) // what was before the first round
	}
	return s
}

func (s *simulation) round(n int) *simulation {
	for range n {
		for _, v := range Order(s.seed, len(s.rounds[0]), len(s.speeds)) {
			// Each is run once in the round, so appending keeps the rounds side by side.
			s.rounds[v] = append(s.rounds[v], s.figure(s.speeds[v]))
		}
	}
	return s
}

func (s *simulation) estimate(variant int) Estimate { return Pair(s.rounds[0], s.rounds[variant]) }

func comparisons() int {
	if *long {
		return 20000
	}
	return 2000
}

// percentOf is how many of the simulations something holds of, in percent.
func percentOf(holds func(seed uint64) bool) float64 {
	hits := 0
	for i := range comparisons() {
		if holds(uint64(i + 1)) {
			hits++
		}
	}
	return 100 * float64(hits) / float64(comparisons())
}

// Two that are the same are told apart in 3 to 7% of the comparisons, however
// the machine drifts.
func TestNoDifferenceIsSeldomAlarmed(t *testing.T) {
	for _, rounds := range []int{8, 10, 20} {
		alarms := percentOf(func(seed uint64) bool { return simulate(seed, 1, 1).round(rounds).estimate(1).Excludes(1) })
		t.Logf("%d rounds: %.2f%% of %d comparisons without a difference are alarms", rounds, alarms, comparisons())
		if alarms < 3 || alarms > 7 {
			t.Errorf("%d rounds: %.2f%%, want 3 to 7", rounds, alarms)
		}
	}
}

// Without the drawn order the same rounds would not bear the trend: what holds
// the interval up is the draw.
func TestWithoutADrawATrendIsTaken(t *testing.T) {
	const slope = .05
	fixed, drawn := 0, 0
	for i := range 200 {
		r := rand.New(rand.NewPCG(uint64(i), 5))
		d := make([][]float64, 4)
		for round := range 20 {
			for variant := range 2 {
				d[variant] = append(d[variant], math.Exp(slope*float64(2*round+variant)+noise*r.NormFloat64()))
			}
			for place, variant := range Order(uint64(i), round, 2) {
				d[2+variant] = append(d[2+variant], math.Exp(slope*float64(2*round+place)+noise*r.NormFloat64()))
			}
		}
		if Pair(d[0], d[1]).Excludes(1) {
			fixed++
		}
		if Pair(d[2], d[3]).Excludes(1) {
			drawn++
		}
	}
	if fixed < 190 || drawn > 20 {
		t.Errorf("%d of 200 alarms in a fixed order, %d in a drawn one", fixed, drawn)
	}
}

// The interval holds the true ratio in 93 to 97% of the comparisons.
func TestCoverage(t *testing.T) {
	for _, tt := range []struct {
		rounds int
		ratio  float64
	}{{10, .9}, {20, 1.1}, {20, 3}} {
		covered := percentOf(func(seed uint64) bool {
			return !simulate(seed, 1, tt.ratio).round(tt.rounds).estimate(1).Excludes(tt.ratio)
		})
		t.Logf("%d rounds, a true ratio of %v: %.2f%% covered", tt.rounds, tt.ratio, covered)
		if covered < 93 || covered > 97 {
			t.Errorf("%d rounds of %v: %.2f%%, want 93 to 97", tt.rounds, tt.ratio, covered)
		}
	}
}

// How often 10% less is found; more rounds find it more often.
func TestPower(t *testing.T) {
	last := 0.0
	for _, rounds := range []int{6, 10, 20} {
		found := percentOf(func(seed uint64) bool { return simulate(seed, 1, .9).round(rounds).estimate(1).High < 1 })
		t.Logf("%d rounds: 10%% less is found in %.1f%% of the comparisons", rounds, found)
		if found <= last {
			t.Errorf("%d rounds find it in %.1f%%, fewer in %.1f%%", rounds, found, last)
		}
		last = found
	}
	if last < 90 {
		t.Errorf("twenty rounds find it in %.1f%%", last)
	}
}

// Rounds that go on until the interval is narrow cover less often than it
// says, for those end that happen to agree. From UntilRounds on it is a little
// more than a point.
func TestUntilCovers(t *testing.T) {
	const ratio, most = .95, 60
	for _, width := range []float64{.04, .06, .10} {
		var made float64
		covered := percentOf(func(seed uint64) bool {
			s := simulate(seed, 1, ratio).round(UntilRounds)
			for !s.estimate(1).Enough(width) && len(s.rounds[0]) < most {
				s.round(1)
			}
			made += float64(len(s.rounds[0]))
			return !s.estimate(1).Excludes(ratio)
		})
		t.Logf("until %v%%: %.2f%% covered, %.1f rounds in the mean", 100*width, covered, made/float64(comparisons()))
		if covered < 92.5 || covered > 97.5 {
			t.Errorf("until %v%%: %.2f%% covered, want 92.5 to 97.5", 100*width, covered)
		}
	}
}

func TestEnough(t *testing.T) {
	narrow := func(rounds int) Estimate {
		return Estimate{Rounds: rounds, Ratio: 1, Low: .98, High: 1.02, Confidence: .95}
	}
	if narrow(UntilRounds - 1).Enough(.1) {
		t.Error("too few rounds are enough")
	}
	if !narrow(UntilRounds).Enough(.041) || narrow(UntilRounds).Enough(.03) {
		t.Error("the width does not decide")
	}
}

// Of five variants that are all the same as the base, one or more is told from
// it in at most 5% of the comparisons, and each by itself more often.
func TestHolmKeepsAllTogether(t *testing.T) {
	var together, any int
	n := comparisons()
	for i := range n {
		s := simulate(uint64(i+1), 1, 1, 1, 1, 1, 1).round(20)
		p := make([]float64, 5)
		alone := false
		for v := range p {
			p[v] = s.estimate(v + 1).P
			alone = alone || p[v] <= .05
		}
		if alone {
			any++
		}
		for _, adjusted := range Holm(p) {
			if adjusted <= .05 {
				together++
				break
			}
		}
	}
	rate := 100 * float64(together) / float64(n)
	t.Logf("five variants without a difference: %.2f%% of %d comparisons find one, %.2f%% without the correction", rate, n, 100*float64(any)/float64(n))
	if rate > 6 || any <= 2*together {
		t.Errorf("%.2f%% find one, %d without the correction of %d", rate, any, n)
	}
}

// Kendall's test finds no trend in rounds that have none, and a real one.
func TestDriftIsSeldomAlarmed(t *testing.T) {
	alarms := percentOf(func(seed uint64) bool {
		r := rand.New(rand.NewPCG(seed, 3))
		f := make([]float64, 20)
		for i := range f {
			f[i] = math.Exp(noise * r.NormFloat64())
		}
		return Drift(f).P <= .05
	})
	if alarms < 3 || alarms > 6 {
		t.Errorf("%.2f%% alarms without a trend", alarms)
	}
}

package capacity

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// From a hundred a second to a million, wherever the search begins: what it says
// held lies at most 5% below a knee without noise, and what broke above it.
func TestAKnownKneeIsFound(t *testing.T) {
	const least, most = 10, 1e7
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 0))
		for decade := 100.0; decade < 1e6; decade *= 10 {
			knee := decade * math.Pow(10, rng.Float64())
			o := Options{Least: least, Most: most, Start: least * math.Pow(most/least, rng.Float64())}
			a, steps := search(o, holds(knee))
			name := fmt.Sprintf("seed %d, knee %.1f/s, start %.1f/s", seed, knee, o.Start)
			if a.Held > knee || a.Held < knee/1.05 || a.Broke <= knee || a.Broke > 1.1*knee {
				t.Errorf("%s: held %g/s, broke at %g/s", name, a.Held, a.Broke)
			}
			if !a.Confirmed || a.Ended != AtKnee || a.Why != "" {
				t.Errorf("%s: confirmed %v, ended at %s %q", name, a.Confirmed, a.Ended, a.Why)
			}
			last := steps[len(steps)-1]
			if last.Phase != Beyond || math.Abs(last.Rate-1.5*a.Held) > .01*last.Rate {
				t.Errorf("%s: the last step is %+v", name, last)
			}
			if len(steps) > 75 { // 14 rates of climbing at most, twice each, and a few of confirming
				t.Errorf("%s: took %d steps", name, len(steps))
			}
		}
	}
}

// Every step of a search of a server that holds 1000/s, beginning at 400/s.
func TestTheStepsOfASearch(t *testing.T) {
	const c, l = 3 * time.Second, 15 * time.Second
	want := []Step{
		{1, Climbing, 400, c, false}, {2, Climbing, 400, c, false},
		{3, Climbing, 800, c, false}, {4, Climbing, 800, c, false},
		{5, Climbing, 1600, c, false}, {6, Climbing, 1600, c, false},
		{7, Climbing, 1130, c, false}, {8, Climbing, 1130, c, false},
		{9, Climbing, 950, c, false}, {10, Climbing, 950, c, false},
		{11, Climbing, 1030, c, false}, {12, Climbing, 1030, c, false},
		{13, Climbing, 989, c, false}, {14, Climbing, 989, c, false},
		{15, Confirming, 989, l, true}, {16, Confirming, 989, l, false}, {17, Confirming, 989, l, false}, {18, Confirming, 989, l, false},
		{19, Confirming, 1030, l, true}, {20, Confirming, 1030, l, false},
		{21, Beyond, 1480, c, false},
	}
	a, steps := search(Options{Start: 400}, holds(1000))
	for k := range max(len(want), len(steps)) {
		if k >= len(want) || k >= len(steps) || steps[k].Step != want[k] {
			t.Fatalf("step %d of %d: got %+v, want %+v", k+1, len(want), steps[k:], want[k:])
		}
	}
	if a.Held != 989 || a.Broke != 1030 || len(a.Tries) != 8 || a.Tries[3] != (Tried{Rate: 989, Passed: 6, Tries: 6}) {
		t.Errorf("%+v", a)
	}
	if quick, steps := search(Options{Start: 400, Quick: true}, holds(1000)); quick.Held != 989 || quick.Confirmed || quick.Ended != AtKnee || len(steps) != 14 {
		t.Errorf("quick, in %d steps: %+v", len(steps), quick)
	}
}

// Confirming goes down by 5% and then further and further, and back to the
// middle, if long steps do not hold what short ones do.
func TestConfirmingGoesWhereLongStepsHold(t *testing.T) {
	of := func(short, long float64) server {
		return func(step Step) Result {
			if step.Phase == Climbing {
				return holds(short)(step)
			}
			return holds(long)(step)
		}
	}
	for _, tt := range []struct {
		reason      string
		short, long float64
		rates       []float64
	}{
		{"down", 1000, 800, []float64{989, 942, 898, 815, 671, 739, 776, 795}},
		{"far down", 1000, 300, []float64{989, 942, 898, 815, 671, 455, 228, 322, 270, 294, 307}},
		{"up", 1000, 1300, []float64{989, 1030, 1080, 1190, 1440, 1300, 1360}},
	} {
		a, steps := search(Options{Start: 400}, of(tt.short, tt.long))
		var rates []float64
		for _, s := range steps {
			if s.Phase == Confirming && s.Fork {
				rates = append(rates, s.Rate)
			}
		}
		if a.Held > tt.long || a.Held < tt.long/1.05 || !a.Confirmed || a.Ended != AtKnee {
			t.Errorf("%s: %+v", tt.reason, a)
		}
		if fmt.Sprint(rates) != fmt.Sprint(tt.rates) {
			t.Errorf("%s: confirmed at %v, want %v", tt.reason, rates, tt.rates)
		}
	}
}

// Two of three decide while climbing, four of five while confirming.
func TestVote(t *testing.T) {
	for _, tt := range []struct {
		phase   Phase
		results string // P, F, L, U
		want    Result
	}{
		{Climbing, "P", ""}, {Climbing, "PP", Passed}, {Climbing, "FPP", Passed}, {Climbing, "PFP", Passed},
		{Climbing, "F", ""}, {Climbing, "FF", Failed}, {Climbing, "FPF", Failed}, {Climbing, "PFF", Failed},
		{Climbing, "L", ""}, {Climbing, "LL", Limited}, {Climbing, "LPP", Passed}, {Climbing, "LFPP", Passed}, {Climbing, "PLFF", Failed}, {Climbing, "PLFL", Limited},
		{Climbing, "U", ""}, {Climbing, "UU", Unknown}, {Climbing, "UL", Limited}, {Climbing, "LU", Unknown},
		{Confirming, "PPP", ""}, {Confirming, "PPPP", Passed}, {Confirming, "FPPPP", Passed}, {Confirming, "PPPFP", Passed},
		{Confirming, "PPPF", ""}, {Confirming, "PPPFF", Failed}, {Confirming, "FPPPF", Failed}, {Confirming, "FF", Failed},
		{Confirming, "PPPFL", ""}, {Confirming, "PPPFLP", Passed}, {Confirming, "PLL", Limited}, {Confirming, "FUPPPU", Unknown},
	} {
		var v vote
		var got Result
		for k, c := range tt.results {
			if got != "" || k == maxVotes(tt.phase) {
				t.Errorf("%s %s: was decided after %d", tt.phase, tt.results, k)
			}
			v.cast(map[rune]Result{'P': Passed, 'F': Failed, 'L': Limited, 'U': Unknown}[c])
			got = v.verdict(tt.phase)
		}
		if got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.phase, tt.results, got, tt.want)
		}
	}
}

func TestStepsAreLongEnoughForTheObjective(t *testing.T) {
	_, steps := search(Options{Least: 10, Start: 10, Attempts: 1000, Climb: 2 * time.Second, Confirm: 4 * time.Second}, holds(500))
	for _, s := range steps {
		want := 2 * time.Second
		if s.Phase == Confirming {
			want = 4 * time.Second
		}
		want = max(want, time.Duration(1000/s.Rate*1e9))
		if s.Length != want {
			t.Errorf("%+v should last %v", s.Step, want)
		}
	}
}

func TestOptionsAreMadeToFit(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct{ least, most, start, wantLeast, wantMost, wantStart float64 }{
		{0, 0, 0, 100, 1e6, 100},
		{nan, nan, nan, 100, 1e6, 100},
		{-5, -5, -5, 100, 1e6, 100},
		{50, 20, 30, 20, 20, 20},
		{10, 20, 30, 10, 20, 20},
		{10, 20, 5, 10, 20, 10},
		{0, 50, 0, 50, 50, 50},
		{.5, .8, .6, .5, .8, .6},
	} {
		o := New(Options{Least: tt.least, Most: tt.most, Start: tt.start}).o
		if o.Least != tt.wantLeast || o.Most != tt.wantMost || o.Start != tt.wantStart {
			t.Errorf("%v became %v, %v, %v", tt, o.Least, o.Most, o.Start)
		}
	}
}

func TestRatesAreRoundedTowardsWhereTheyCameFrom(t *testing.T) {
	for _, tt := range []struct{ rate, down, up float64 }{
		{105, 105, 105}, {1.05 * 100, 105, 105}, {105.5, 105, 106}, {23784, 23700, 23800}, {23700, 23700, 23700},
		{1.2345, 1.23, 1.24}, {0.012345, 0.0123, 0.0124}, {999.5, 999, 1000}, {1e6, 1e6, 1e6}, {100, 100, 100}, {99.95, 99.9, 100},
	} {
		if down, up := roundDown(tt.rate), roundUp(tt.rate); down != tt.down || up != tt.up {
			t.Errorf("%g becomes %g and %g, want %g and %g", tt.rate, down, up, tt.down, tt.up)
		}
	}
}

// A few rates above the knee at which nobody could tell how it went do not keep
// the search from looking past it; below the knee they do.
func TestPastAKneeBelowWhatWasNotTold(t *testing.T) {
	for _, tt := range []struct {
		reason       string
		least, most  float64 // where nobody could tell
		past         bool
		holds, fails float64
	}{
		{"above the knee", 25500, 27000, true, 24000, 24001},
		{"instead of a knee", 23000, 40000, false, 23000, 40000},
	} {
		_, steps := search(Options{Start: 11000}, func(s Step) Result {
			switch {
			case s.Rate >= tt.least && s.Rate <= tt.most:
				return Limited
			case s.Rate <= tt.holds:
				return Passed
			}
			return Failed
		})
		if last := steps[len(steps)-1]; (last.Phase == Beyond) != tt.past {
			t.Errorf("%s: the last step is %+v", tt.reason, last.Step)
		}
	}
}

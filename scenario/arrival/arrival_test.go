package arrival

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func schedule(t interface{ Fatal(...any) }, text string) Schedule {
	var s Schedule
	if err := s.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return s
}

func take(p Process, n int) []time.Duration {
	var out []time.Duration
	for at := range p {
		if len(out) == n {
			break
		}
		out = append(out, at)
	}
	return out
}

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func TestTimes(t *testing.T) {
	ms := func(at ...float64) []time.Duration {
		var out []time.Duration
		for _, a := range at {
			out = append(out, time.Duration(math.Round(a*1e6)))
		}
		return out
	}
	for _, tt := range []struct {
		reason, text string
		want         []time.Duration
	}{
		{"everybody at once", "burst", ms(0, 0, 0, 0, 0)},
		{"evenly, from the opening", "constant:100/s", ms(0, 10, 20, 30, 40)},
		{"a stage ends before its end instant", "constant:100/s*30ms", ms(0, 10, 20)},
		{"half an arrival of one stage is finished by the next", "constant:1.5/s*1s,constant:1.5/s*1s", ms(0, 666.666667, 1333.333333)},
		{"rates that differ", "constant:100/s*20ms,constant:50/s*40ms", ms(0, 10, 20, 40)},
		{"a ramp from nothing: sqrt(2n/slope)", "ramp:0/s..200/s*100ms", ms(0, 31.6227766, 44.72135955, 54.772255751, 63.245553203)},
		{"a ramp down to nothing ends with its area", "ramp:200/s..0/s*20ms", ms(0, 5.857864376)},
		{"a closed schedule has no instants of its own", "closed:3", nil},
	} {
		got := take(schedule(t, tt.text).Times(source(1)), 5)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %s yields %v, want %v", tt.reason, tt.text, got, tt.want)
		}
	}
}

func TestConstantDoesNotDrift(t *testing.T) {
	next, stop := iter.Pull(iter.Seq[time.Duration](schedule(t, "constant:3/s").Times(nil)))
	defer stop()
	for n := range 3_000_001 {
		at, _ := next()
		if n == 3_000_000 && at != 1_000_000*time.Second {
			t.Errorf("arrival 3,000,000 at 3/s is due at %v, want 1,000,000 s", at)
		}
	}
}

func TestSeedDecidesPoisson(t *testing.T) {
	p := schedule(t, "poisson:1000/s")
	a, b, c := take(p.Times(source(7)), 1000), take(p.Times(source(7)), 1000), take(p.Times(source(8)), 1000)
	if !slices.Equal(a, b) {
		t.Error("the same seed yields different arrivals")
	}
	if slices.Equal(a, c) {
		t.Error("another seed yields the same arrivals")
	}
}

// Whatever the stages, arrivals never go back, and by the end of a stage as
// many have come as the area under its rate says.
func TestStagesHoldTheirArea(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Schedule
		var area, length float64
		s.Model = Open
		for range rapid.IntRange(1, 4).Draw(t, "stages") {
			stage := Stage{
				From: rapid.Float64Range(0, 500).Draw(t, "from"),
				To:   rapid.Float64Range(1, 500).Draw(t, "to"),
				For:  time.Duration(rapid.Int64Range(1, 5e9).Draw(t, "for")),
			}
			area += stage.area(stage.For.Seconds())
			length += stage.For.Seconds()
			s.Stages = append(s.Stages, stage)
		}
		at := take(s.Times(source(1)), 1<<20)
		if !slices.IsSorted(at) {
			t.Fatalf("arrivals go back in time: %v", at)
		}
		if math.Abs(float64(len(at))-math.Ceil(area)) > 1 {
			t.Fatalf("%d arrivals under an area of %f", len(at), area)
		}
		if last := at[len(at)-1].Seconds(); last > length+1e-6 {
			t.Fatalf("an arrival at %f s after the end at %f s", last, length)
		}
	})
}

func TestLength(t *testing.T) {
	for text, want := range map[string]time.Duration{"constant:1/s*2s,ramp:1/s..2/s*3s": 5 * time.Second, "constant:1/s": 0, "burst": 0, "closed:2": 0} {
		if got, finite := schedule(t, text).Length(); got != want || finite != (want > 0) {
			t.Errorf("%s lasts %v (%v), want %v", text, got, finite, want)
		}
	}
}

func TestTextGoesRoundTrip(t *testing.T) {
	for _, text := range []string{"burst", "closed:8", "constant:10/s*1s,poisson:2.5/s"} {
		if got := schedule(t, text).String(); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	}
}

func TestBadSchedules(t *testing.T) {
	for text, want := range map[string]string{
		"constant:abc":              `"abc" is not a rate like 20000/s`,
		"constant:100":              `"100" is not a rate`,
		"constant:-1/s":             "not a rate",
		"constant:NaN/s":            "not a rate",
		"constant:1e9/s":            "is beyond",
		"constant:0/s":              "sells nothing",
		"poisson:10/s*0s":           `"0s" is not a time`,
		"poisson:10/s*-1s":          "not a time",
		"ramp:1/s..2/s":             "a ramp needs two rates and a time",
		"ramp:0/s..0/s*1s":          "sells nothing",
		"closed:0":                  "1 or more",
		"closed:x":                  "1 or more",
		"constant:1/s,constant:1/s": "only the last stage",
		"rush":                      `unknown kind "rush"`,
		"":                          "unknown kind",
	} {
		var s Schedule
		if err := s.UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	f.Add("ramp:0/s..10/s*1s,poisson:5/s")
	f.Fuzz(func(t *testing.T, text string) {
		var s Schedule
		if s.UnmarshalText([]byte(text)) != nil {
			return
		}
		last := time.Duration(math.MinInt64)
		for _, at := range take(s.Times(source(1)), 100) {
			if at < last {
				t.Fatalf("%q goes back in time", text)
			}
			last = at
		}
	})
}

package capacity

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// from answers with one thing from a rate on, and with another below it.
func from(rate float64, above Result, below server) server {
	return func(step Step) Result {
		if step.Rate >= rate {
			return above
		}
		return below(step)
	}
}

func always(r Result) server { return func(Step) Result { return r } }

// later is below until long steps are run.
func later(long, short server) server {
	return func(step Step) Result {
		if step.Phase == Confirming {
			return long(step)
		}
		return short(step)
	}
}

// What an answer says of servers of which there is more to say than a rate.
func TestAnswer(t *testing.T) {
	o := Options{Least: 100, Most: 51_200, Start: 1000}
	for _, tt := range []struct {
		reason string
		of     server
		least  float64 // Held lies from here to most
		most   float64
		ended  End
		why    string
	}{
		{"missed at the lowest rate", holds(50), 0, 0, AtLeast, "the objective was missed at the lowest rate tried, 100/s"},
		{"met at the highest", holds(1e9), 51_200, 51_200, AtMost, "the objective was met at the highest rate allowed, 51,200/s: the server may carry more"},
		{"long steps never pass", later(always(Failed), holds(9000)), 0, 0, AtLeast, "short steps passed up to 8,710/s, but down to 100/s no rate passed four longer ones of five"},
		{"the driver is the bound from 12,000/s", from(12_000, Limited, always(Passed)), 11_400, 12_000, AtLimit, "driver, host or limit were the bound at 12,300/s: the server may carry more"},
		{"the driver is the bound, but the knee is below", from(12_000, Limited, holds(9000)), 9000 / 1.05, 9000, AtKnee, ""},
		{"the driver is the bound at every rate", always(Limited), 0, 0, AtLimit, "driver, host or limit were the bound at every rate tried, from 1,000/s down to 250/s: the machine is not quiet, or too slow for such rates"},
		{"the driver is the bound at two rates, and then something is seen", from(300, Limited, holds(9000)), 250, 300, AtLimit, "driver, host or limit were the bound at 309/s: the server may carry more"},
		{"the driver is the bound at two rates, and missed below", from(300, Limited, holds(120)), 120 / 1.05, 120, AtKnee, ""},
		{"the driver is the bound of long steps", later(from(7000, Limited, always(Passed)), holds(9000)), 6500, 7000, AtLimit, "driver, host or limit were the bound at 7,000/s: the server may carry more"},
		{"long steps hold what short ones do not, up to where the driver is the bound", later(from(16_000, Limited, always(Passed)), from(16_000, Limited, holds(9000))), 16_000 / 1.05, 16_000, AtLimit, "driver, host or limit were the bound at 16,000/s: the server may carry more"},
		{"replies are lost from 12,000/s", from(12_000, Unknown, always(Passed)), 11_400, 12_000, AtDoubt, "nobody can tell whether the script was right at 12,300/s: the server may carry more"},
		{"nobody can tell at any rate", always(Unknown), 0, 0, AtDoubt, "nobody can tell whether the script was right at the lowest rate tried, 100/s"},
		{"a result that is not known is no pass", always("?"), 0, 0, AtDoubt, "nobody can tell whether the script was right at the lowest rate tried, 100/s"},
		{"wrong at every rate", always(Wrong), 0, 0, AtWrong, "a rule was broken at 1,000/s: what a wrong script carries is no capacity"},
		{"wrong from 12,000/s", from(12_000, Wrong, always(Passed)), 8000, 8000, AtWrong, "a rule was broken at 16,000/s: what a wrong script carries is no capacity"},
		{"wrong when confirming", later(always(Wrong), holds(9000)), 8000, 8000, AtWrong, "a rule was broken at 8,710/s: what a wrong script carries is no capacity"},
		{"a step past the knee passes", func(s Step) Result { return passes(s.Rate <= 9000 || s.Phase == Beyond) }, 9000 / 1.05, 9000, AtKnee, "the objective was missed at 9,090/s, yet a step at 13,000/s met it: there is no clear knee"},
		{"wrong past the knee", func(s Step) Result {
			if s.Phase == Beyond {
				return Wrong
			}
			return holds(9000)(s)
		}, 9000 / 1.05, 9000, AtWrong, "a rule was broken at 13,000/s: what a wrong script carries is no capacity"},
	} {
		a, steps := search(o, tt.of)
		if a.Held < tt.least || a.Held > tt.most || a.Ended != tt.ended || a.Why != tt.why {
			t.Errorf("%s: held %g/s, ended at %s: %q", tt.reason, a.Held, a.Ended, a.Why)
		}
		if n := o.MaxSteps(); len(steps) > n {
			t.Errorf("%s: took %d steps, more than %d", tt.reason, len(steps), n)
		}
	}
}

// A search that sees nothing at three rates ends; one step that passed or failed,
// or that nobody understands, keeps it going.
func TestBlindSearchesEnd(t *testing.T) {
	for _, tt := range []struct {
		reason string
		of     server
		lowest float64
		steps  int
	}{
		{"nothing is seen", always(Limited), 250, 6},
		{"one step passes", func(s Step) Result { return map[bool]Result{true: Passed, false: Limited}[s.Number == 1] }, 100, 0},
		{"one step fails", func(s Step) Result { return map[bool]Result{true: Failed, false: Limited}[s.Number == 5] }, 100, 0},
		{"one step is in doubt", func(s Step) Result { return map[bool]Result{true: Unknown, false: Limited}[s.Number == 3] }, 100, 0},
	} {
		for _, quick := range []bool{false, true} {
			a, steps := search(Options{Least: 100, Most: 51_200, Start: 1000, Quick: quick}, tt.of)
			if a.Held != 0 || a.Tries[0].Rate != tt.lowest || tt.steps > 0 && len(steps) != tt.steps {
				t.Errorf("%s: held %g/s after %d steps, the lowest at %g/s", tt.reason, a.Held, len(steps), a.Tries[0].Rate)
			}
		}
	}
}

// A server that passes at random, or that is no monotone function of the rate,
// gets an answer that its own steps bear out.
func TestServersWithoutAKnee(t *testing.T) {
	o := Options{Least: 100, Most: 100_000, Start: 1000}
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 0))
		coin := func(Step) Result { return passes(rng.Float64() < .5) }
		bands := func(s Step) Result { return passes(s.Rate < 3000 || s.Rate > 5000 && s.Rate < 20_000) }
		for name, of := range map[string]server{"coin": coin, "bands": bands} {
			a, steps := search(o, of)
			if len(steps) > o.MaxSteps() {
				t.Errorf("%s, seed %d: took %d steps, more than %d", name, seed, len(steps), o.MaxSteps())
			}
			consistent(t, o, a, steps)
			if name == "bands" && !(a.Held > 2800 && a.Held < 3000 || a.Held > 19_000 && a.Held < 20_000) {
				t.Errorf("bands: held %g/s is no edge of a band", a.Held)
			}
		}
	}
}

// A rate may fail below one that holds: both are told.
func TestWhatIsNotMonotoneIsShown(t *testing.T) {
	luck := 0
	a, _ := search(Options{Start: 400}, func(s Step) Result {
		if s.Rate == 950 && s.Phase == Climbing { // fails while climbing, as by chance
			luck++
			return Failed
		}
		return passes(s.Rate <= 1100)
	})
	if k := slices.Index(a.Tries, Tried{Rate: 950, Passed: 0, Tries: 2}); luck != 2 || k < 0 || a.Held <= 950 || a.Broke <= a.Held {
		t.Errorf("%+v", a)
	}
}

// What is asked in the middle of a search is an estimate of what passed so far.
func TestAnswerBeforeTheEnd(t *testing.T) {
	s := New(Options{Start: 400})
	if a := s.Answer(); a.Held != 0 || a.Broke != 0 || a.Ended != Unfinished || a.Why == "" || len(a.Tries) != 0 {
		t.Errorf("before the first step: %+v", a)
	}
	for range 6 {
		step, _ := s.Next()
		s.Record(holds(1000)(step))
	}
	if a := s.Answer(); a.Held != 800 || a.Broke != 1600 || a.Confirmed || a.Ended != Unfinished {
		t.Errorf("after the climb: %+v", a)
	}
	for step, _ := s.Next(); step.Phase == Climbing; step, _ = s.Next() {
		s.Record(holds(1000)(step))
	}
	if a := s.Answer(); a.Held != 989 || a.Confirmed {
		t.Errorf("before confirming: %+v", a)
	}
	s.Record(Failed)
	s.Record(Failed) // contradicts the climb
	if a := s.Answer(); a.Held != 950 || a.Broke != 989 || a.Confirmed {
		t.Errorf("after one rate was not confirmed: %+v", a)
	}
	for range 4 {
		s.Record(Passed)
	}
	if a := s.Answer(); a.Held != 942 || a.Broke != 989 || !a.Confirmed || a.Ended != Unfinished {
		t.Errorf("after one was: %+v", a)
	}
	s.Record(Failed) // the step past the knee
	before := s.Answer()
	s.Record(Wrong)
	if a := s.Answer(); a.Ended != AtKnee || len(a.Tries) != len(before.Tries) {
		t.Errorf("a result after the end: %+v, before %+v", a, before)
	}
}

// Between the lowest rate that ever failed and the highest that ever passed the
// steps do not agree.
func TestMixed(t *testing.T) {
	for _, tt := range []struct {
		reason   string
		tries    []Tried
		from, to float64
	}{
		{"none", nil, 0, 0},
		{"all passed", []Tried{{1000, 2, 2, 0}, {2000, 4, 4, 1}}, 0, 0},
		{"a clear knee", []Tried{{1000, 2, 2, 0}, {2000, 0, 2, 0}, {4000, 0, 1, 0}}, 0, 0},
		{"one rate passed and failed", []Tried{{1000, 2, 2, 0}, {2000, 4, 5, 0}, {4000, 0, 2, 0}}, 2000, 2000},
		{"a lower one failed once, a higher one passed once", []Tried{{1000, 2, 2, 0}, {2000, 2, 3, 0}, {3000, 2, 2, 0}, {4000, 1, 3, 0}, {5000, 0, 2, 0}}, 2000, 4000},
		{"what nobody could tell says nothing", []Tried{{1000, 2, 2, 0}, {2000, 0, 0, 2}, {3000, 0, 2, 0}}, 0, 0},
	} {
		a := Answer{Tries: tt.tries}
		if from, to := a.Mixed(); from != tt.from || to != tt.to {
			t.Errorf("%s: %g to %g, want %g to %g", tt.reason, from, to, tt.from, tt.to)
		}
	}
}

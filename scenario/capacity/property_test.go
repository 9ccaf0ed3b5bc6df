package capacity

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever the results are, a search ends, stays in its bounds, and says nothing
// that its steps do not bear out.
func TestAnySearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			Least: rapid.Float64Range(.5, 2000).Draw(t, "least"), Most: rapid.Float64Range(.5, 1e6).Draw(t, "most"),
			Start: rapid.Float64Range(0, 1e6).Draw(t, "start"), Quick: rapid.Bool().Draw(t, "quick"),
			Attempts: rapid.SampledFrom([]int{0, 1000}).Draw(t, "attempts"),
		}
		knee := rapid.Float64Range(.1, 2e6).Draw(t, "knee")
		usual := rapid.SampledFrom([]Result{Limited, Unknown, Failed}).Draw(t, "above the knee")
		odd := rapid.SampledFrom([]int{0, 3, 10}).Draw(t, "of ten that are drawn")
		a, steps := search(o, func(s Step) Result {
			if odd > 0 && rapid.IntRange(1, 10).Draw(t, "how") <= odd {
				return rapid.SampledFrom([]Result{Passed, Passed, Failed, Failed, Limited, Unknown}).Draw(t, "result")
			}
			if s.Rate <= knee {
				return Passed
			}
			return usual
		})
		consistent(t, o, a, steps)
	})
}

// failing is what testing.T and rapid.T have in common.
type failing interface {
	Helper()
	Fatalf(format string, args ...any)
}

// consistent holds an answer against the steps that it was made from.
func consistent(t failing, o Options, a Answer, steps []taken) {
	t.Helper()
	if max := o.MaxSteps(); len(steps) > max {
		t.Fatalf("%d steps, more than %d", len(steps), max)
	}
	bounds := New(o).o
	counted := map[Phase]map[Result]int{Climbing: {}, Confirming: {}}
	forked := false
	for k, s := range steps {
		if s.Number != k+1 || s.Rate < bounds.Least || s.Rate > bounds.Most {
			t.Fatalf("step %d is %+v, of %g to %g", k+1, s.Step, bounds.Least, bounds.Most)
		}
		if s.Phase == Beyond && (k != len(steps)-1 || s.Rate <= a.Broke || o.Quick) || s.Fork && s.Phase != Confirming {
			t.Fatalf("step %d of %d is %+v; broke at %g", k+1, len(steps), s.Step, a.Broke)
		}
		if least := map[Phase]time.Duration{Climbing: bounds.Climb, Confirming: bounds.Confirm, Beyond: bounds.Climb}[s.Phase]; s.Length < least || s.Length.Seconds()*s.Rate < float64(o.Attempts)-1 {
			t.Fatalf("step %+v is too short", s.Step)
		}
		if s.Rate == a.Held && s.Phase != Beyond {
			counted[s.Phase][s.result]++
			forked = forked || s.Fork
		}
	}
	consistentTries(t, a, steps)
	passed, failed := counted[Climbing][Passed], counted[Climbing][Failed]
	needed := 2
	if a.Confirmed {
		passed, failed, needed = counted[Confirming][Passed], counted[Confirming][Failed], 4
	}
	if a.Held > 0 && (passed < needed || failed > 1) || a.Confirmed && !forked {
		t.Fatalf("held %g with %v, forked %v: %+v", a.Held, counted, forked, a)
	}
	if a.Held > bounds.Most || a.Broke != 0 && a.Broke <= a.Held || a.Ended == Unfinished || (a.Ended == AtKnee) != (a.Broke > 0 && a.Held > 0) && a.Ended != AtLimit && a.Ended != AtDoubt {
		t.Fatalf("%+v", a)
	}
	staysBelow(t, steps, a.Broke)
}

func consistentTries(t failing, a Answer, steps []taken) {
	t.Helper()
	sum := 0
	for k, tried := range a.Tries {
		sum += tried.Tries + tried.Untold
		if k > 0 && tried.Rate <= a.Tries[k-1].Rate || tried.Passed > tried.Tries {
			t.Fatalf("%+v", a.Tries)
		}
	}
	if sum != len(steps) {
		t.Fatalf("%d tries are told of %d steps", sum, len(steps))
	}
}

// staysBelow: once two steps at a rate could not be told, no step is at it or
// above, but the one past a knee that was found below it.
func staysBelow(t failing, steps []taken, broke float64) {
	t.Helper()
	untold, ceiling := 0, 0.0
	for k, s := range steps {
		if ceiling > 0 && s.Rate >= ceiling && (s.Phase != Beyond || ceiling <= broke) {
			t.Fatalf("step %+v, when %g could not be told", s, ceiling)
		}
		if k == 0 || steps[k-1].Rate != s.Rate || steps[k-1].Phase != s.Phase {
			untold = 0
		}
		if s.result == Limited || s.result == Unknown {
			if untold++; untold == passNot {
				ceiling = s.Rate
			}
		}
	}
}

// The next step stays until it is recorded, and to ask for it or for what remains
// changes nothing.
func TestAskingChangesNothing(t *testing.T) {
	s, other := New(Options{Start: 400}), New(Options{Start: 400})
	for step, more := s.Next(); more; step, more = s.Next() {
		s.Remaining()
		s.Answer()
		if again, _ := s.Next(); again != step {
			t.Fatalf("%+v became %+v", step, again)
		}
		if alone, _ := other.Next(); alone != step {
			t.Fatalf("%+v, but %+v where nobody asks", step, alone)
		}
		s.Record(holds(1000)(step))
		other.Record(holds(1000)(step))
	}
}

// What remains is about right from the first step on, and exact at the end.
func TestRemaining(t *testing.T) {
	for _, knee := range []float64{150, 1500, 40_000, 900_000} {
		o := Options{Start: 1000}
		_, steps := search(o, holds(knee))
		var total time.Duration
		for _, s := range steps {
			total += s.Length
		}
		s := New(o)
		for k := range steps {
			n, length := s.Remaining()
			if left := len(steps) - k; n > 2*left+4 || n < left/2 || length > 2*total || length < total/3 {
				t.Errorf("knee %g/s: before step %d of %d, which last %v, it said %d more and %v", knee, k+1, len(steps), total, n, length)
			}
			if left := len(steps) - k; left <= 2 && n != left {
				t.Errorf("knee %g/s: %d steps before the end it said %d", knee, left, n)
			}
			total -= steps[k].Length
			s.Record(steps[k].result)
		}
		if n, length := s.Remaining(); n != 0 || length != 0 {
			t.Errorf("after the end %d steps and %v remain", n, length)
		}
	}
}

// The bound on steps is no idle one: servers that do their worst come near it.
func TestMaxSteps(t *testing.T) {
	for _, o := range []Options{
		{Least: 100, Most: 1e6, Start: 100}, {Least: 100, Most: 1e6, Start: 1e6}, {Least: 100, Most: 1e6, Start: 1000},
		{Least: 100, Most: 100}, {Least: 100, Most: 101}, {Least: 1, Most: 1e8, Start: 1}, {Least: 100, Most: 1e6, Start: 100, Quick: true},
	} {
		worst := 0
		for short := o.Least; short <= o.Most*1.01; short *= 1.3 {
			for long := o.Least; long <= o.Most*1.01; long *= 1.3 {
				_, steps := search(o, dither(short, long))
				worst = max(worst, len(steps))
			}
		}
		if limit := o.MaxSteps(); worst > limit || limit > 2*worst+6 {
			t.Errorf("%+v: %d steps at the worst, and a bound of %d", o, worst, limit)
		}
	}
}

// dither decides about every rate as late as it can: one knee for short steps and
// one for long ones.
func dither(short, long float64) server {
	votes := map[Phase]map[float64]int{Climbing: {}, Confirming: {}, Beyond: {}}
	return func(s Step) Result {
		n, knee, few := votes[s.Phase][s.Rate], short, passClimb
		votes[s.Phase][s.Rate]++
		if s.Phase == Confirming {
			knee, few = long, passConfirm
		}
		switch {
		case n < few-1:
			return Passed
		case n == few-1:
			return Failed
		case n == few:
			return Limited
		}
		return passes(s.Rate <= knee)
	}
}

package report

import (
	"fmt"
	"math"

	"github.com/seckill-bench/seckill/scenario/history"
)

// What a run says about an objective.
const (
	Met          = "met"
	Missed       = "missed"
	Inconclusive = "inconclusive"
)

// A Finding is an objective and what the run says about it.
type Finding struct {
	Objective
	// Value is what was measured, in the unit of Limit; nil where there is no
	// such figure, as for a percentile among the attempts not answered.
	Value *float64
	// N is the number of attempts it rests on.
	N int64
	// Verdict is Met, Missed or Inconclusive.
	Verdict string
	// Why explains a verdict that is not Met.
	Why string
}

// find decides an objective, as far as the run allows.
func (t *tally) find(s *Summary) Finding {
	f := Finding{Objective: t.Objective, N: t.n}
	switch t.figure {
	case errorShare:
		t.findErrors(&f)
	case soldOutAt:
		s.findSoldOut(&f)
	case allAnswered:
		s.findAllAnswered(&f)
	default:
		t.findPercentile(&f, s)
	}
	s.temper(&f)
	return f
}

// findPercentile: met when the share of attempts within the limit is at least
// the quantile. Fewer than ten attempts beyond it prove nothing, unless ten
// and more than it allows were bad.
func (t *tally) findPercentile(f *Finding, s *Summary) {
	times := s.response
	switch {
	case t.figure == serviceTime:
		times = s.service
	case t.outcome != 0:
		times = s.byOutcome[t.outcome].response
	}
	if times != nil {
		if v, ok := times.quantile(t.quantile); ok {
			f.Value = ptr(float64(v))
		}
	}
	allowed := t.n - rankOf(t.quantile, t.n)
	switch {
	case t.n == 0:
		f.Verdict, f.Why = Inconclusive, "no attempt it is about was made"
	case max(allowed, t.bad) < beyond:
		need := math.Ceil(beyond/(1-t.quantile) - 1e-6)
		f.Verdict, f.Why = Inconclusive, fmt.Sprintf("%s attempts are too few: %s or more are needed", thousands(t.n), thousands(int64(need)))
	case t.bad > allowed:
		f.Verdict = Missed
		f.Why = fmt.Sprintf("%s of %s attempts (%s) had no business reply within %s; %s may",
			thousands(t.bad), thousands(t.n), share(t.bad, t.n), bound(int64(t.Limit)), thousands(allowed))
	default:
		f.Verdict = Met
		if f.Value != nil { // the histogram rounds up, the count does not
			f.Value = ptr(min(*f.Value, t.Limit))
		}
	}
}

// findErrors: met when fewer than the limit's share had no business reply.
// Without 3 / limit attempts not even none at all would exclude it with 95%
// confidence (the rule of three).
func (t *tally) findErrors(f *Finding) {
	if t.n > 0 {
		f.Value = ptr(float64(t.bad) / float64(t.n))
	}
	need := math.Ceil(3/t.Limit - 1e-6)
	switch {
	case t.n == 0:
		f.Verdict, f.Why = Inconclusive, "no attempt was made"
	case float64(t.n) < need && t.bad < beyond:
		f.Verdict = Inconclusive
		f.Why = fmt.Sprintf("%s attempts are too few: %s or more are needed", thousands(t.n), thousands(int64(need)))
	case *f.Value >= t.Limit:
		f.Verdict = Missed
		f.Why = fmt.Sprintf("%s failed, were indeterminate or were dropped", thousands(t.bad))
	default:
		f.Verdict = Met
	}
}

// findSoldOut: a run that ended before the limit without selling out decides nothing.
func (s *Summary) findSoldOut(f *Finding) {
	switch {
	case s.SoldOutAt != nil:
		f.byInstant(*s.SoldOutAt, "sold out")
	case s.lastReturn != history.Never && float64(s.lastReturn) >= f.Limit:
		f.Verdict, f.Why = Missed, "not sold out when the last reply came, "+span(s.lastReturn)+" after the opening"
	default:
		f.Verdict, f.Why = Inconclusive, "the run ended before the limit and nobody was told sold out"
	}
}

// findAllAnswered rests on the attempts of every verb.
func (s *Summary) findAllAnswered(f *Finding) {
	f.N = s.Recorded
	switch {
	case s.Recorded == 0:
		f.Verdict, f.Why = Inconclusive, "no attempt was made"
	case s.AllAnswered == nil:
		f.Verdict = Missed
		f.Why = fmt.Sprintf("%s of %s attempts were never answered", thousands(s.silent), thousands(s.Recorded))
	default:
		f.byInstant(*s.AllAnswered, "everyone answered")
	}
}

func (f *Finding) byInstant(at int64, what string) {
	f.Value, f.Verdict = ptr(float64(at)), Met
	if float64(at) >= f.Limit {
		f.Verdict, f.Why = Missed, what+" after "+span(at)
	}
}

// temper takes back what a run of this kind cannot decide.
func (s *Summary) temper(f *Finding) {
	why := ""
	switch {
	case f.Verdict == Inconclusive:
		return
	case s.Tail == nil:
		why = "the record is incomplete"
	case s.Bound == boundDriver || s.Bound == boundHost:
		why = "the " + s.Bound + " was the bound, not the server"
	case f.Verdict == Met && s.lacksSome():
		why = "the record does not hold all that was sent"
	case f.Verdict == Met && s.endedEarly():
		why = "the run ended early: " + s.Tail.Ended
	default:
		return
	}
	f.Verdict, f.Why = Inconclusive, why
}

// endedEarly reports whether the run ended in a way that was not planned.
func (s *Summary) endedEarly() bool {
	return s.Tail == nil || s.Tail.Ended != history.EndedDone && s.Tail.Ended != history.EndedDuration
}

func ptr[T any](v T) *T { return &v }

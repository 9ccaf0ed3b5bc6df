package report

import (
	"fmt"
	"math"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
)

// What a run says about an objective.
const (
	Met          = "met"
	Missed       = "missed"
	Inconclusive = "inconclusive"
)

// A Reason is why an objective is inconclusive.
type Reason string

// The reasons.
const (
	// ReasonStraddles: the limit lies within the interval; Finding.Point tells
	// which side of it the figure itself is on.
	ReasonStraddles Reason = "straddles"
	// ReasonFew: too few attempts, or none, that the objective is about.
	ReasonFew Reason = "few"
	// ReasonDriver and ReasonHost: not the server was the bound.
	ReasonDriver Reason = "driver"
	ReasonHost   Reason = "host"
	// ReasonLimit: the limit of --max-rate was the bound, and not the server.
	ReasonLimit Reason = "limit"
	// ReasonSent: less was sent than was due, and that was carried well.
	ReasonSent Reason = "sent"
	// ReasonOffered: a rate was not reached that nobody asked for.
	ReasonOffered Reason = "offered"
	// ReasonRecord: the record lacks attempts, or its end.
	ReasonRecord Reason = "record"
	// ReasonEnded: the run ended early, and was good until then.
	ReasonEnded Reason = "ended"
	// ReasonShort: the run was over, as planned, before the limit of an instant.
	ReasonShort Reason = "short"
)

// A Finding is an objective and what the run says about it.
type Finding struct {
	Objective
	// Value is what was measured, in the unit of Limit; nil where there is no
	// such figure, as for a percentile among the attempts not answered.
	Value *float64
	// Low and High are what may have been by chance, and each is wrong at most once
	// in twenty times: of the share of attempts within the limit for a percentile, of
	// a share, of a rate per second. Nil where one run cannot tell, as for an instant.
	Low, High *float64
	// N is the number of attempts it rests on.
	N int64
	// Point is whether the figure itself meets the objective, whatever the
	// verdict; false where there is none.
	Point bool
	// Verdict is Met, Missed or Inconclusive.
	Verdict string
	// Reason is why it is Inconclusive; else empty.
	Reason Reason
	// Why explains a verdict that is not Met.
	Why string
}

// find decides an objective, as far as the run allows.
func (t *tally) find(s *Summary) Finding {
	f := Finding{Objective: t.Objective, N: t.n}
	switch t.figure {
	case soldOutAt:
		s.findSoldOut(&f)
	case allAnswered:
		s.findAllAnswered(&f)
	case goodputBack:
		s.findBack(&f)
	case throughputRate, sellingRate:
		t.findRate(&f, s)
	case errorShare, outcomeShare, sentShare:
		t.findShare(&f)
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
	if times := t.times(s); times != nil {
		if v, ok := times.quantile(t.quantile); ok {
			f.Value = ptr(float64(v))
		}
	}
	allowed := t.n - rankOf(t.quantile, t.n)
	f.Point = t.n > 0 && t.bad <= allowed
	if f.Point && f.Value != nil { // the histogram rounds up, the count does not
		f.Value = ptr(min(*f.Value, t.Limit))
	}
	switch {
	case t.n == 0:
		f.open(ReasonFew, "no attempt it is about was made")
	case max(allowed, t.bad) < beyond:
		f.tooFew(beyond / (1 - t.quantile))
	default:
		chance := t.bounds()
		f.within(bounds{1 - chance.high, 1 - chance.low}, chance.high <= 1-t.quantile, chance.low > 1-t.quantile)
	}
	if f.Verdict == Missed {
		f.Why = fmt.Sprintf("%s of %s attempts (%s) had no business reply within %s; %s may",
			thousands(t.bad), thousands(t.n), share(t.bad, t.n), bound(int64(t.Limit)), thousands(allowed))
	}
}

// times are the distribution that a percentile is of; nil: nobody had that outcome.
func (t *tally) times(s *Summary) *distribution {
	if t.figure == admittedTime {
		return s.room.times(t.outcome)
	}
	of := outcomeTimes{s.response, s.service}
	if t.outcome != 0 {
		of = s.byOutcome[t.outcome]
	}
	if t.figure == serviceTime {
		return of.service
	}
	return of.response
}

// findShare: met when the share lies on the right side of the limit. Without 3
// attempts for each one that the limit allows not even none at all would exclude
// it with 95% confidence (the rule of three).
func (t *tally) findShare(f *Finding) {
	counted := float64(t.bad) / float64(max(t.n, 1))
	chance := t.bounds()
	room := t.Limit
	if t.figure == sentShare {
		counted, room = 1-counted, 1-room
		chance = bounds{1 - chance.high, 1 - chance.low}
	}
	f.Point = t.n > 0 && t.keeps(counted)
	if t.n > 0 {
		f.Value = &counted
	}
	need := math.Ceil(3/room - 1e-6)
	switch {
	case t.n == 0:
		f.open(ReasonFew, "no attempt was made")
	case !t.byChance():
		f.decide(f.Point, !f.Point)
	case float64(t.n) < need && t.bad < beyond:
		f.tooFew(need)
	default:
		f.within(chance, t.keeps(chance.low) && t.keeps(chance.high), !t.keeps(chance.low) && !t.keeps(chance.high))
	}
	if f.Verdict == Missed {
		f.Why = t.counted()
	}
}

// counted says what there was too much or too little of.
func (t *tally) counted() string {
	switch {
	case t.figure == errorShare:
		return thousands(t.bad) + " failed, were indeterminate or were dropped"
	case t.figure == sentShare:
		return thousands(t.bad) + " were never handed to a connection"
	default:
		return fmt.Sprintf("%s of %s were %s", thousands(t.bad), thousands(t.n), t.outcome)
	}
}

// keeps reports whether a value of the figure keeps the bound.
func (o *Objective) keeps(value float64) bool {
	if o.Above {
		return value > o.Limit
	}
	return value < o.Limit
}

// bounds is that of the share of bad attempts.
func (t *tally) bounds() bounds {
	var all []batch
	if t.over != nil {
		all, _ = t.over.until(history.Never)
	}
	return shareBounds(t.bad, t.n, all)
}

// findRate: a rate that was not reached says something where more was asked for.
func (t *tally) findRate(f *Finding, s *Summary) {
	perSecond, until := s.Throughput, int64(history.Never)
	if t.figure == sellingRate {
		perSecond, until = s.selling()
	}
	if f.Value = perSecond; f.Value == nil || t.n == 0 {
		f.open(ReasonFew, "no attempt was answered, or all at one instant")
		return
	}
	f.Point = t.keeps(*f.Value)
	all, lengths := t.over.until(until)
	switch chance, enough := rateBounds(*f.Value, all, lengths); {
	case !f.Point && s.dueRate != nil && *s.dueRate <= t.Limit:
		f.open(ReasonOffered, "only "+rate(*s.dueRate)+" were offered: the server was not asked for more")
		return
	case !enough:
		f.open(ReasonFew, "there were replies at too few instants")
		return
	default:
		f.within(chance, t.keeps(chance.low), !t.keeps(chance.high))
	}
	if f.Verdict == Missed {
		f.Why = "more than " + rate(f.Limit) + " were wanted"
	}
}

// selling are the business replies per second while units were left, and until
// when that was. Where it was not sold out that is the whole run.
func (s *Summary) selling() (perSecond *float64, until int64) {
	if s.SoldOutAt != nil {
		perSecond, _ = s.sellingRates()
		return perSecond, max(*s.SoldOutAt, s.lastSale)
	}
	if length := s.lastReturn - s.firstDue; s.lastReturn != history.Never && length > 0 {
		perSecond = ptr(float64(s.returns.count()) / time.Duration(length).Seconds())
	}
	return perSecond, history.Never
}

// findSoldOut: a run that ended before the limit without selling out decides nothing.
func (s *Summary) findSoldOut(f *Finding) {
	switch {
	case s.SoldOutAt != nil:
		f.byInstant(*s.SoldOutAt, "sold out")
	case s.lastReturn != history.Never && float64(s.lastReturn) >= f.Limit:
		f.Verdict, f.Why = Missed, "not sold out when the last reply came, "+span(s.lastReturn)+" after the opening"
	default:
		f.open(ReasonShort, "the run ended before the limit and nobody was told sold out")
	}
}

// findAllAnswered rests on the attempts of every verb.
func (s *Summary) findAllAnswered(f *Finding) {
	f.N = s.Recorded
	switch {
	case s.Recorded == 0:
		f.open(ReasonFew, "no attempt was made")
	case s.AllAnswered == nil:
		f.Verdict = Missed
		f.Why = fmt.Sprintf("%s of %s attempts were never answered", thousands(s.silent), thousands(s.Recorded))
	default:
		f.byInstant(*s.AllAnswered, "everyone answered")
	}
}

func (f *Finding) byInstant(at int64, what string) {
	f.Value, f.Point, f.Verdict = ptr(float64(at)), float64(at) < f.Limit, Met
	if !f.Point {
		f.Verdict, f.Why = Missed, what+" after "+span(at)
	}
}

func (f *Finding) open(reason Reason, why string) {
	f.Verdict, f.Reason, f.Why = Inconclusive, reason, why
}

func (f *Finding) tooFew(need float64) {
	f.open(ReasonFew, fmt.Sprintf("%s attempts are too few: %s or more are needed", thousands(f.N), thousands(int64(math.Ceil(need-1e-6)))))
}

// within decides by an interval, and says what it is.
func (f *Finding) within(chance bounds, met, missed bool) {
	f.Low, f.High = &chance.low, &chance.high
	f.decide(met, missed)
}

func (f *Finding) decide(met, missed bool) {
	switch {
	case met:
		f.Verdict = Met
	case missed:
		f.Verdict = Missed
	default:
		f.open(ReasonStraddles, f.interval()+": more or longer runs would tell")
	}
}

// temper takes back what a run of this kind cannot decide. What its figures miss
// they miss, whatever else would have come.
func (s *Summary) temper(f *Finding) {
	switch {
	case f.Verdict == Inconclusive && f.Reason != ReasonStraddles:
	case s.Tail == nil:
		f.open(ReasonRecord, "the record is incomplete")
	case s.Bound == boundDriver || s.Bound == boundHost:
		f.open(Reason(s.Bound), "the "+s.Bound+" was the bound, not the server")
	case s.limited(f):
		f.open(ReasonLimit, s.limitedWhy(f))
	case !f.Point && s.lagged(&f.Objective):
		f.open(ReasonDriver, "the driver was late: "+s.lagText(&f.Objective))
	case !f.Point && (f.figure == throughputRate || f.figure == sellingRate) && s.Head.Model == modelClosed && s.Bound == boundSchedule:
		f.open(ReasonOffered, "nobody asked for more: so few were inside that the schedule was the bound")
	case !f.Point && (f.figure == throughputRate || f.figure == sellingRate) && s.room != nil && s.Bound == boundSchedule:
		f.open(ReasonOffered, "nobody asked for more: the waiting room let in "+rate(s.Head.Admit))
	case !f.Point:
	case s.lacksSome():
		f.open(ReasonRecord, "the record does not hold all that was sent")
	case s.endedEarly():
		f.open(ReasonEnded, "the run ended early: "+s.Tail.Ended)
	case f.figure != sentShare && len(s.unsent()) > 0:
		f.open(ReasonSent, "only "+percent(*s.Sent)+" of what was due was sent: the server had less to carry than the schedule says")
	}
}

// endedEarly reports whether the run ended in a way that was not planned.
func (s *Summary) endedEarly() bool {
	return s.Tail == nil || s.Tail.Ended != history.EndedDone && s.Tail.Ended != history.EndedDuration
}

func ptr[T any](v T) *T { return &v }

package report

import (
	"fmt"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// boundByUs reports whether not the server or what leads to it was the bound, but
// what offers the load.
func (s *Summary) boundByUs() bool {
	return s.Bound == boundDriver || s.Bound == boundHost || s.Bound == boundLimit
}

// limitTells is the share of the lateness that the limit must have made to be told.
const limitTells = .01

// limitKept reports whether --max-rate kept buyers waiting so long that it shows.
func (s *Summary) limitKept() bool {
	return s.Tail != nil && s.Tail.Links != nil && s.Tail.Links.Limited > 0 && s.limitShare() >= limitTells
}

// limitShare is how much of all lateness the limit made, from 0 to 1; that in a
// waiting room is none.
func (s *Summary) limitShare() float64 {
	late := s.lateness.answered().total
	if s.room != nil {
		late -= s.room.waiting.answered().total
	}
	if late <= 0 {
		return 0
	}
	return min(float64(s.Tail.Links.Kept)/late, 1)
}

// limitLine says what the limit did.
func (s *Summary) limitLine() string {
	l := s.Tail.Links
	if l.Limited == 0 {
		return ""
	}
	return fmt.Sprintf("--max-rate %s had %s attempts wait, %s each in the mean: %s of all lateness",
		rate(l.MaxRate), thousands(l.Limited), span(l.Kept/l.Limited), percent(s.limitShare()))
}

// limited reports whether an objective is not the server's to meet or miss because
// of the limit. What it keeps from the server makes every figure too good, so one
// that is met is met at the limit's rate only. Of those that are missed a response
// time has the wait for the limit in it; service times, errors and lost answers do
// not, and stand.
func (s *Summary) limited(f *Finding) bool {
	switch {
	case f.Point || !s.limitKept():
		return s.Bound == boundLimit && f.Point
	case f.figure == serviceTime:
		return false
	case f.figure == errorShare:
		lost := s.Counts[sale.Failed] + s.Counts[sale.Indeterminate]
		return s.Bound == boundLimit && float64(lost) < f.Limit*float64(s.Attempts)
	case f.figure == outcomeShare:
		return s.Bound == boundLimit && f.outcome == sale.Dropped
	case s.Bound == boundLimit:
		return true
	}
	return f.figure == responseTime && s.limitShare() >= .5 && s.lateUntil(&f.Objective)
}

// lateUntil reports whether half of a bound on a response time was over when the
// request was sent, and the rest would have kept it.
func (s *Summary) lateUntil(o *Objective) bool {
	if service, ok := s.service.answered().quantile(o.quantile); ok && float64(service) >= o.Limit {
		return false
	}
	late, ok := s.lateness.answered().quantile(o.quantile)
	return ok && float64(late) >= o.Limit/2
}

func (s *Summary) limitedWhy(f *Finding) string {
	if f.Point {
		return "the limit was the bound: the server had no more to carry than --max-rate let through"
	}
	return "the limit was in the way, not the server: " + s.limitLine()
}

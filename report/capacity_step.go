package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/capacity"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// NewCapacityStep puts the run of a step into the figures that a search needs: the
// summary itself is too large to keep one for each step.
func NewCapacityStep(of capacity.Step, s *Summary) CapacityStep {
	step := CapacityStep{
		Step: of, Command: s.Head.Command, Verdict: s.Verdict.Opinion, Doubts: s.doubts(), Offered: s.Offered, Achieved: s.Throughput,
		P50: s.responseAt(.5), P99: s.responseAt(.99), P999: s.responseAt(.999), Unanswered: s.NotAnswered(), Attempts: s.Attempts,
		Bound: s.Bound, BoundBy: s.boundBy,
	}
	for _, v := range s.Verdict.Unexpected() {
		step.Broken = append(step.Broken, v.Rule)
	}
	step.Within, step.Good = s.good()
	step.Forks, step.ForkSeen = s.forks()
	step.Result, step.Why = s.stepResult()
	if of.Phase == capacity.Beyond {
		step.Past = s.pastKnee(of.Length)
	}
	return step
}

// stepResult says how a step went. That the objective was met stands, whoever was
// busy: the rate was carried. That it was missed is the server's doing only where
// neither the driver nor the host was the bound.
func (s *Summary) stepResult() (capacity.Result, string) {
	switch {
	case s.Verdict.Opinion == check.Invalid:
		return capacity.Wrong, "broken: " + strings.Join(s.brokenRules(), ", ")
	case s.Tail != nil && s.Tail.Ended == history.EndedServerLost:
		return capacity.Failed, s.Tail.Reason
	case s.Tail != nil && s.Tail.Ended == history.EndedRefused:
		return capacity.Limited, s.Tail.Reason // it is full, or not itself: no matter of the rate
	case s.Tail != nil && s.Tail.Ended == history.EndedAborted && !s.boundByUs():
		return capacity.Failed, "aborted: " + s.Tail.Reason
	}
	for i := range s.Objective {
		f := &s.Objective[i]
		switch bad := !f.Point; {
		case f.Reason == ReasonFew || f.Reason == ReasonRecord || f.Reason == ReasonEnded || f.Reason == ReasonSent:
			return capacity.Limited, f.Expr + ": " + f.Why
		case bad && (s.Bound == boundDriver || s.Bound == boundHost):
			return capacity.Limited, f.Expr + " missed, and the " + s.Bound + " was the bound: " + s.boundBy
		case bad && s.limited(f):
			return capacity.Limited, f.Expr + " missed, and the limit was in the way: " + s.limitLine()
		case bad && s.lagged(&f.Objective):
			return capacity.Limited, f.Expr + " missed, and the driver was late: " + s.lagText(&f.Objective)
		case bad:
			return capacity.Failed, f.Expr + " missed: " + f.missedBy()
		}
	}
	if s.Verdict.Opinion != check.Valid {
		return capacity.Unknown, "nobody can tell whether the script was right: " + strings.Join(s.doubts(), "; ")
	}
	return capacity.Passed, ""
}

// lagged reports whether buyers ran so long after they were due that half of the
// bound was over by then, without the server or its connections being the bound:
// what they missed is not the server's. It takes few of them on a machine whose
// CPUs others use.
func (s *Summary) lagged(o *Objective) bool {
	if o.figure != responseTime || s.Bound == boundServer || s.Bound == boundConnections {
		return false
	}
	if service, ok := s.service.answered().quantile(o.quantile); ok && float64(service) >= o.Limit {
		return false // missed though all of that were taken away
	}
	lag, ok := s.lag.answered().quantile(o.quantile)
	return ok && float64(lag) >= o.Limit/2
}

func (s *Summary) lagText(o *Objective) string {
	lag, _ := s.lag.answered().quantile(o.quantile)
	return fmt.Sprintf("%s of the buyers ran %s after they were due, or later", percent(1-o.quantile), span(lag))
}

// missedBy is the measured figure of an objective that was missed.
func (f *Finding) missedBy() string {
	if text := f.measured(); text != "" {
		return text
	}
	return "the percentile falls among the attempts that were not answered"
}

func (s *Summary) brokenRules() (rules []string) {
	for _, v := range s.Verdict.Unexpected() {
		rules = append(rules, string(v.Rule))
	}
	return rules
}

// responseAt is a percentile of the response times of all attempts; nil where it
// cannot be told.
func (s *Summary) responseAt(q float64) *time.Duration {
	if ns, ok := s.response.quantile(q); ok && s.response.told(q) {
		return ptr(time.Duration(ns))
	}
	return nil
}

// bounding is the objective whose bound makes an answer good: the one on the
// highest percentile of all response times. Nil: there is none.
func (s *Summary) bounding() *Objective {
	var highest *Objective
	for i := range s.Objective {
		o := &s.Objective[i].Objective
		if o.figure == responseTime && o.outcome == 0 && (highest == nil || o.quantile > highest.quantile) {
			highest = o
		}
	}
	return highest
}

// good is the share of the attempts that were answered within a bound, to the
// digits of the histogram; 0: within any.
func (s *Summary) good() (within time.Duration, share float64) {
	n := s.response.count()
	if o := s.bounding(); o != nil {
		within = time.Duration(o.Limit)
		n = s.response.within(int64(o.Limit))
	}
	return within, float64(n) / float64(max(s.Attempts, 1))
}

// forks is how often the server forked by its own count, and whether both forks
// that it was told to make were seen to end well.
func (s *Summary) forks() (n *int64, seen bool) {
	if s.Tail != nil && len(s.Tail.Served) > 0 {
		n = new(int64)
		for i := range s.Tail.Served {
			of := &s.Tail.Served[i]
			if of.Forks == nil {
				n = nil
				break
			}
			*n += *of.Forks
		}
	}
	var ended, open int
	for i := range s.Events {
		switch e := &s.Events[i]; {
		case e.Kind != history.EventFork:
		case e.Until == history.Never:
			open++
		default:
			ended++
		}
	}
	return n, ended > 0 && open == 0
}

// pastKnee reads from the timeline what failed first. Arrivals went on for the
// given time.
func (s *Summary) pastKnee(arrivals time.Duration) *PastKnee {
	_, share := s.good()
	past := &PastKnee{Goodput: share * float64(s.Attempts) / arrivals.Seconds()}
	o := s.bounding()
	for i, b := range s.series.filled() {
		at := ptr(time.Duration(int64(i) * s.series.width()))
		lost := b.outcomes[sale.Failed] + b.outcomes[sale.Indeterminate] + b.outcomes[sale.Dropped]
		if past.Lost == nil && lost > 0 {
			past.Lost = at
		}
		if past.Late == nil && o != nil && b.latency != nil && b.latency.late(o) {
			past.Late = at
		}
	}
	if s.lastReturn != history.Never {
		past.Recovery = max(time.Duration(s.lastReturn)-arrivals, 0)
	}
	return past
}

// late reports whether more of the attempts than an objective allows, and ten at
// least, had no answer within its bound.
func (d *distribution) late(o *Objective) bool {
	n := d.count() + d.missed()
	bad := n - d.within(int64(o.Limit))
	return bad >= beyond && bad > n-rankOf(o.quantile, n)
}

// IsFigure returns an error if a run of a search does not show the figure, Selling
// or Refusing, that the search is about: the script answered something else.
func IsFigure(s *Summary, figure string) error {
	all := s.response.count()
	words := map[string]string{Selling: "granted", Refusing: "told that it was sold out"}
	var want int64
	for _, outcome := range outcomesOf[figure] {
		want += s.Counts[outcome]
	}
	const nearly = .99
	if all == 0 || float64(want) >= nearly*float64(all) {
		return nil
	}
	return fmt.Errorf("of %s answers only %s were %s", thousands(all), thousands(want), words[figure])
}

package report

import (
	"time"

	"github.com/seckill-bench/seckill/scenario/capacity"
	"github.com/seckill-bench/seckill/scenario/check"
)

// A Capacity is what searches for the highest rate found.
type Capacity struct {
	Name, Command, SLO string
	Seed               uint64
	// Began is when the first step did, Ended when the last one was over.
	Began, Ended time.Time
	// Quick: nothing was confirmed, as was asked for.
	Quick bool
	// Interrupted: somebody ended the search.
	Interrupted bool
	// Searches are selling and refusing, or those at several scales.
	Searches []CapacitySearch
	// Plan is what the figures mean for a sale; nil: nobody asked.
	Plan *capacity.Plan
	// Warnings are said beside every figure.
	Warnings []string
	// Conditions are those of one of the steps: its server, script and host. Nil:
	// there was no step.
	Conditions *Summary
}

// The figures of a search.
const (
	Selling  = "selling"  // every attempt is granted
	Refusing = "refusing" // there is nothing to sell
)

// A CapacitySearch is one search and its steps.
type CapacitySearch struct {
	// Name is that of its folder; Figure is Selling or Refusing.
	Name, Figure string
	// Masters is how many masters the items were spread over; 0: one server.
	Masters int
	// Probe is what a short closed run reached, from which the search was begun;
	// nil: it was told where to begin.
	Probe  *CapacityProbe
	Steps  []CapacityStep
	Answer capacity.Answer
	// Unmeasured says why there is no such figure; empty: there is.
	Unmeasured string
}

// A CapacityProbe is a short run in which nobody comes before another leaves.
type CapacityProbe struct {
	// Rate is the replies per second.
	Rate           float64
	Bound, BoundBy string
	Folder         string
}

// A CapacityStep is one run of a search.
type CapacityStep struct {
	capacity.Step
	Result capacity.Result
	// Why says what decided the result; empty where nothing is to be said.
	Why string
	// Folder is where its record is, relative to that of the whole. Command runs
	// it again, alone.
	Folder, Command string
	Verdict         check.Opinion
	// Broken are the rules that were broken, Doubts what the judge doubts.
	Broken []check.Rule
	Doubts []string
	// Offered is the buyers that arrived per second, Achieved the replies per
	// second until the last; nil: there were none.
	Offered, Achieved *float64
	// P50, P99 and P999 are response times, those not answered being longer than any;
	// nil: too few attempts, or the percentile falls among those not answered, which
	// Unanswered counts.
	P50, P99, P999 *time.Duration
	Unanswered     int64
	Attempts       int64
	// Good is the share of the attempts that were answered within Within, the
	// loosest bound of the objective on a response time; without one, answered.
	Good   float64
	Within time.Duration
	// Bound and BoundBy say who was the bound, and by which figure.
	Bound, BoundBy string
	// Forks is how often the server forked; nil: it does not tell.
	Forks *int64
	// ForkSeen: it was told to save and to rewrite its log, and did both.
	ForkSeen bool
	// Past is what became of a step past the knee; nil for others.
	Past *PastKnee
}

// A PastKnee is what too much load did.
type PastKnee struct {
	// Goodput is the good answers per second in which buyers arrived.
	Goodput float64
	// Late is when the objective's bound on response times was first missed by those
	// who were due then, Lost when the first was due who was not answered: from the
	// opening, to the width of a step of the timeline. Nil: never.
	Late, Lost *time.Duration
	// Recovery is how long after the last buyer was due the last one was answered
	// or had given up: whoever comes then waits for nobody.
	Recovery time.Duration
}

// at is the last step at a rate with a result; nil: there is none.
func (s *CapacitySearch) at(rate float64, want capacity.Result) *CapacityStep {
	for i := len(s.Steps) - 1; i >= 0; i-- {
		if step := &s.Steps[i]; step.Rate == rate && step.Result == want {
			return step
		}
	}
	return nil
}

// limiting is the step that shows what limits: one that missed the objective at
// the lowest rate that broke, or that could not be told, or else one at the rate
// that held. Nil: there is none.
func (s *CapacitySearch) limiting() *CapacityStep {
	if step := s.at(s.Answer.Broke, capacity.Failed); step != nil {
		return step
	}
	if s.Answer.Ended == capacity.AtLimit {
		for i := len(s.Steps) - 1; i >= 0; i-- {
			if step := &s.Steps[i]; step.Result == capacity.Limited && step.Rate > s.Answer.Held {
				return step
			}
		}
	}
	return s.at(s.Answer.Held, capacity.Passed)
}

// past is the step past the knee; nil: there is none.
func (s *CapacitySearch) past() *CapacityStep {
	for i := range s.Steps {
		if s.Steps[i].Past != nil {
			return &s.Steps[i]
		}
	}
	return nil
}

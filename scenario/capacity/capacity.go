// Package capacity searches for the highest rate of arrivals that keeps an
// objective. It is pure: whoever asks runs the steps and says how they went.
package capacity

import "time"

// A Search is the state of a search. It is used as
//
//	for step, more := s.Next(); more; step, more = s.Next() {
//		s.Record(run(step))
//	}
//	answer := s.Answer()
type Search struct{}

// Options bound a search. Rates are arrivals per second.
type Options struct {
	// Least and Most are the lowest and the highest rate that is tried; Start is
	// the first.
	Least, Most, Start float64
	// Climb and Confirm are the lengths of a step while climbing, and while
	// confirming.
	Climb, Confirm time.Duration
	// Quick ends with the climb: the answer is an estimate.
	Quick bool
}

// New begins a search.
func New(o Options) *Search { panic("skeleton") }

// A Phase is what a step is for.
type Phase string

// The phases.
const (
	Climbing   Phase = "climb"   // to find where the knee is
	Confirming Phase = "confirm" // to see whether a rate holds
	Beyond     Phase = "beyond"  // once past the knee, to see what fails
)

// A Step is one run that the search asks for.
type Step struct {
	Number int
	Phase  Phase
	Rate   float64
	Length time.Duration
	// Fork: the server shall fork in it, to save and to rewrite its log.
	Fork bool
}

// A Result is how a step went.
type Result string

// The results.
const (
	Passed  Result = "passed"  // the objective was met
	Failed  Result = "failed"  // it was missed
	Limited Result = "limited" // it cannot be told: driver or host were the bound, or the offered rate was not sent
	Wrong   Result = "wrong"   // a rule of the judge was broken: the rate is no capacity
)

// Record says how the step that Next asked for went.
func (s *Search) Record(r Result) { panic("skeleton") }

// Next is the next step; false: the search is over.
func (s *Search) Next() (Step, bool) { panic("skeleton") }

// A Tried is a rate and how its steps went.
type Tried struct {
	Rate          float64
	Passed, Tries int
}

// An Answer is what a search found.
type Answer struct {
	// Held is the highest rate that held; 0: none did. Broke is the lowest that
	// did not; 0: none was tried that did not.
	Held, Broke float64
	// Confirmed: four of five longer steps at Held passed. Otherwise it is an estimate.
	Confirmed bool
	// Tries are all rates, from the lowest.
	Tries []Tried
	// Limit is why the search went no higher where that was not the objective:
	// empty, Limited, Wrong, or the highest rate allowed.
	Why string
}

// Answer is what the search has found so far.
func (s *Search) Answer() Answer { panic("skeleton") }

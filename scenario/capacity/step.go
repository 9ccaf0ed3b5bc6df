package capacity

import "time"

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
	// Number counts from 1.
	Number int
	Phase  Phase
	// Rate is in arrivals per second, of three digits unless it is a bound.
	Rate   float64
	Length time.Duration
	// Fork: the server shall fork in it, to save and to rewrite its log.
	Fork bool
}

// A Result is how a step went.
type Result string

// The results.
const (
	Passed  Result = "passed"  // the objective was met, and no rule was broken
	Failed  Result = "failed"  // it was missed
	Limited Result = "limited" // it cannot be told: driver, host or limit were the bound, or the offered rate was not sent
	Unknown Result = "unknown" // it was met, but nobody can tell whether the script was right, as where replies were lost
	Wrong   Result = "wrong"   // a rule of the judge was broken: the rate is no capacity
)

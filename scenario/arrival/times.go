// Package arrival says when buyers come. It is pure: due instants are a
// function of a schedule and a random source, and never of the server.
package arrival

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// A Process yields due instants from the opening of the doors, never
// decreasing, the n-th for the n-th buyer.
type Process iter.Seq[time.Duration]

// maxSeconds ends every process: an arrival ten years from now is none.
const maxSeconds = 10 * 365 * 24 * 3600

// Times returns the due instants of the schedule: for a burst 0 without end,
// for an open schedule the arrivals of its stages. A closed schedule has none,
// since there a buyer is due when another leaves.
//
// Arrivals are placed on the axis of the area under the rate curve, the
// expected number of arrivals so far: evenly spread ones at the whole numbers,
// Poisson ones at distances drawn from the unit exponential distribution (time
// rescaling; Daley and Vere-Jones, An Introduction to the Theory of Point
// Processes, section 7.4). Inverting the area gives the instant, so neither
// rounding nor lateness adds up over a run.
func (s Schedule) Times(rng *rand.Rand) Process {
	return func(yield func(time.Duration) bool) {
		if s.Model == Burst {
			for yield(0) {
			}
			return
		}
		var area, begin float64 // at the start of the stage: arrivals so far, seconds
		for _, stage := range s.Stages {
			if !stage.times(rng, area, begin, yield) {
				return
			}
			area += stage.area(stage.For.Seconds())
			begin += stage.For.Seconds()
		}
	}
}

func (s Stage) times(rng *rand.Rand, area, begin float64, yield func(time.Duration) bool) bool {
	end := math.Inf(1)
	if s.For > 0 {
		end = area + s.area(s.For.Seconds())
	}
	next := func(at float64) float64 { return at + 1 }
	at := math.Ceil(area)
	if s.Poisson {
		next = func(at float64) float64 { return at + rng.ExpFloat64() }
		at = next(area)
	}
	for ; at < end; at = next(at) {
		seconds := begin + s.invert(at-area)
		if seconds > maxSeconds || !yield(time.Duration(math.Round(seconds*1e9))) {
			return false
		}
	}
	return true
}

// area is the expected number of arrivals in the first t seconds of the stage.
func (s Stage) area(t float64) float64 {
	return s.From*t + s.slope()*t*t/2
}

// invert returns the seconds after which the stage has had an area of y. The
// quadratic is solved in the form that does not cancel for flat slopes.
func (s Stage) invert(y float64) float64 {
	if y <= 0 {
		return 0
	}
	return 2 * y / (s.From + math.Sqrt(max(0, s.From*s.From+2*s.slope()*y)))
}

// slope is the change of the rate, in arrivals per second squared.
func (s Stage) slope() float64 {
	if s.For == 0 {
		return 0
	}
	return (s.To - s.From) / s.For.Seconds()
}

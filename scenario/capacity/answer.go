package capacity

import (
	"cmp"
	"fmt"
	"slices"
)

// An Answer is what a search found. Rates are arrivals per second.
type Answer struct {
	// Held is the highest rate that held; 0: none did. Broke is the lowest above it
	// that did not; 0: none was tried that did not.
	Held, Broke float64
	// Confirmed: four of five longer steps at Held passed. Otherwise it is an estimate.
	Confirmed bool
	// Tries are all rates, from the lowest.
	Tries []Tried
	// Ended is what kept the search from going higher.
	Ended End
	// Why says so in a sentence without a full stop where that was not the
	// objective, where no rate held, or where there is no clear knee; else it is empty.
	Why string
}

// A Tried is a rate and how its steps went, those of all phases together. That a
// rate failed does not mean that all above it did.
type Tried struct {
	Rate float64
	// Tries are the steps of which it is known whether they Passed.
	Passed, Tries int
	// Untold are those of which it is not known: neither passed nor failed.
	Untold int
}

// Mixed are the lowest rate at which a step failed and the highest at which one
// passed, where that is not below it: in between the steps do not agree, and
// another search may end anywhere there. Both are 0 where they all agree.
func (a *Answer) Mixed() (from, to float64) {
	for _, t := range a.Tries {
		if t.Passed < t.Tries && from == 0 {
			from = t.Rate
		}
		if t.Passed > 0 {
			to = t.Rate
		}
	}
	if from == 0 || to < from {
		return 0, 0
	}
	return from, to
}

// An End is what kept a search from going higher.
type End string

// The ends.
const (
	AtKnee     End = "knee"       // the objective was missed above what held
	AtLeast    End = "least"      // it was missed down to the lowest rate: none held
	AtMost     End = "most"       // it was met at the highest rate allowed
	AtLimit    End = "limit"      // driver, host or limit were the bound
	AtDoubt    End = "doubt"      // nobody could tell whether the script was right
	AtWrong    End = "wrong"      // a rule was broken
	Unfinished End = "unfinished" // the search is not over
)

// Answer is what the search has found so far.
func (s *Search) Answer() Answer {
	a := Answer{Held: s.held(), Broke: s.broke(), Confirmed: s.confirm.low > 0, Tries: s.tries()}
	a.Ended, a.Why = s.end(a.Held, a.Broke)
	return a
}

func (s *Search) tries() []Tried {
	var tries []Tried
	for _, t := range s.taken {
		k, found := slices.BinarySearchFunc(tries, t.Rate, func(t Tried, rate float64) int { return cmp.Compare(t.Rate, rate) })
		if !found {
			tries = slices.Insert(tries, k, Tried{Rate: t.Rate})
		}
		switch t.result {
		case Passed:
			tries[k].Passed++
			tries[k].Tries++
		case Failed, Wrong:
			tries[k].Tries++
		default:
			tries[k].Untold++
		}
	}
	return tries
}

func (s *Search) end(held, broke float64) (End, string) {
	if n := len(s.taken); n > 0 && s.taken[n-1].result == Wrong {
		return AtWrong, fmt.Sprintf("a rule was broken at %s: what a wrong script carries is no capacity", perSecond(s.taken[n-1].Rate))
	}
	if !s.over {
		return Unfinished, "the search was ended before it was done"
	}
	if s.blind() {
		return AtLimit, fmt.Sprintf("driver, host or limit were the bound at every rate tried, from %s down to %s: the machine is not quiet, or too slow for such rates",
			perSecond(s.rulings[0].rate), perSecond(s.rulings[len(s.rulings)-1].rate))
	}
	if r := s.lowestUntold(held); r.rate > 0 && (broke == 0 || r.rate < broke) {
		return untold(r, held)
	}
	switch {
	case held == 0 && s.climb.low > 0:
		return AtLeast, fmt.Sprintf("short steps passed up to %s, but down to %s no rate passed four longer ones of five", perSecond(s.climb.low), perSecond(broke))
	case held == 0:
		return AtLeast, fmt.Sprintf("the objective was missed at the lowest rate tried, %s", perSecond(broke))
	case broke == 0:
		return AtMost, fmt.Sprintf("the objective was met at the highest rate allowed, %s: the server may carry more", perSecond(held))
	}
	if last := s.taken[len(s.taken)-1]; last.Phase == Beyond && last.result == Passed {
		return AtKnee, fmt.Sprintf("the objective was missed at %s, yet a step at %s met it: there is no clear knee", perSecond(broke), perSecond(last.Rate))
	}
	return AtKnee, ""
}

// lowestUntold is the lowest rate above held of which nobody could tell how it
// went.
func (s *Search) lowestUntold(held float64) ruling {
	var lowest ruling
	for _, r := range s.rulings {
		if r.undecided() && r.rate > held && (lowest.rate == 0 || r.rate < lowest.rate) {
			lowest = r
		}
	}
	return lowest
}

func untold(r ruling, held float64) (End, string) {
	end, why := AtLimit, "driver, host or limit were the bound at "
	if r.verdict != Limited {
		end, why = AtDoubt, "nobody can tell whether the script was right at "
	}
	if held == 0 {
		return end, why + "the lowest rate tried, " + perSecond(r.rate)
	}
	return end, why + perSecond(r.rate) + ": the server may carry more"
}

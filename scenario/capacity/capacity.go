// Package capacity searches for the highest rate of arrivals that keeps an
// objective, and reckons from it what a sale needs. It is pure: whoever asks
// runs the steps and says how they went.
package capacity

import (
	"slices"
	"time"
)

// A Search is the state of a search. It is used as
//
//	for step, more := s.Next(); more; step, more = s.Next() {
//		s.Record(run(step))
//	}
//	answer := s.Answer()
//
// It climbs by doubling until a rate breaks, and narrows the gap between the
// highest rate that passed and the lowest that did not to 5%, with short steps of
// which two of three must pass. Then it confirms with long steps of which four of
// five must pass: 5% down while they do not, 5% up while they do. At last there
// is one step past the knee. CAPACITY.md has the reasons, and what simulated
// searches found.
type Search struct {
	o       Options
	phase   Phase
	climb   hunt
	confirm hunt
	vote    vote // on the rate of the steps that are being run
	taken   []taken
	rulings []ruling
	over    bool
}

// Options bound a search. Rates are arrivals per second.
type Options struct {
	// Least and Most are the lowest and the highest rate that is tried; Start is
	// the first. What is not above 0 is 100, a million, and Least.
	Least, Most, Start float64
	// Climb and Confirm are the lengths of a step while climbing, and while
	// confirming; 0: 3 s and 15 s. Shorter ones meet too few of the moments at which
	// a server stands still.
	Climb, Confirm time.Duration
	// Attempts is how many arrivals a step has at least, so that the objective can
	// be told: steps at low rates last longer for it. 0: any number will do.
	Attempts int
	// Quick ends with the climb: the answer is an estimate.
	Quick bool
}

// taken is a step that was run.
type taken struct {
	Step
	result Result
}

// A ruling is what the steps of a phase at a rate came to: Passed, Failed, or why
// it cannot be told.
type ruling struct {
	rate    float64
	phase   Phase
	verdict Result
}

// New begins a search. A Least above Most, and a Start outside of both, are
// moved to the bound.
func New(o Options) *Search {
	o.Most = given(o.Most, 1e6)
	o.Least = min(given(o.Least, 100), o.Most)
	o.Start = min(max(given(o.Start, o.Least), o.Least), o.Most)
	if o.Climb <= 0 {
		o.Climb = 3 * time.Second
	}
	if o.Confirm <= 0 {
		o.Confirm = 15 * time.Second
	}
	return &Search{o: o, phase: Climbing, climb: hunt{least: o.Least, most: o.Most, start: o.Start, factor: 2}}
}

func given(rate, otherwise float64) float64 {
	if rate > 0 {
		return rate
	}
	return otherwise
}

// Next is the next step, the same until it is recorded; false: the search is
// over.
func (s *Search) Next() (Step, bool) {
	if s.over {
		return Step{}, false
	}
	step := Step{Number: len(s.taken) + 1, Phase: s.phase, Length: s.o.Climb}
	switch s.phase {
	case Climbing:
		step.Rate, _ = s.climb.next()
	case Confirming:
		step.Rate, _ = s.confirm.next()
		step.Length = s.o.Confirm
		step.Fork = s.vote == vote{} // no rate is confirmed without one
	case Beyond:
		step.Rate, _ = s.beyond()
	}
	step.Length = max(step.Length, time.Duration(float64(s.o.Attempts)/step.Rate*float64(time.Second)))
	return step, true
}

// Record says how the step that Next asked for went. Once the search is over it
// does nothing.
func (s *Search) Record(r Result) {
	step, more := s.Next()
	if !more {
		return
	}
	s.taken = append(s.taken, taken{step, r})
	if r == Wrong || step.Phase == Beyond {
		s.over = true
		return
	}
	s.vote.cast(r)
	if verdict := s.vote.verdict(step.Phase); verdict != "" {
		s.rule(ruling{step.Rate, step.Phase, verdict})
	}
}

// rule closes the vote on a rate, and goes on to what comes next.
func (s *Search) rule(r ruling) {
	s.vote = vote{}
	s.rulings = append(s.rulings, r)
	hunt := &s.climb
	if r.phase == Confirming {
		hunt = &s.confirm
	}
	hunt.tried(r.rate, r.verdict == Passed)
	if _, more := hunt.next(); more && !s.blind() {
		return
	}
	if r.phase == Climbing && !s.o.Quick && s.climb.low > 0 {
		s.phase = Confirming
		s.confirm = hunt.from(s.climb.low, s.ceiling())
		return
	}
	if _, past := s.beyond(); past && !s.o.Quick {
		s.phase = Beyond
		return
	}
	s.over = true
}

// ceiling is the rate that the search must not reach again, since nobody could
// tell how it went; 0: there is none.
func (s *Search) ceiling() float64 {
	var lowest float64
	for _, r := range s.rulings {
		if r.undecided() && (lowest == 0 || r.rate < lowest) {
			lowest = r.rate
		}
	}
	return lowest
}

// maxBlind is at how many rates in a row a search may see nothing. Each is half of
// the one before: where the machine is busy with other things, all would be like that.
const maxBlind = 3

// blind reports whether at all rates so far driver, host or limit were the bound, in every
// step, and there were too many to go on.
func (s *Search) blind() bool {
	return len(s.rulings) >= maxBlind && !slices.ContainsFunc(s.taken, func(t taken) bool { return t.result != Limited })
}

func (r *ruling) undecided() bool { return r.verdict != Passed && r.verdict != Failed }

// beyond is the rate past the knee; false: no knee was found, or that rate is not
// allowed, or nobody could tell how it went at rates below the knee already.
func (s *Search) beyond() (float64, bool) {
	held, broke := s.held(), s.broke()
	rate := min(roundDown(1.5*held), s.o.Most)
	ceiling := s.ceiling()
	return rate, held > 0 && broke > 0 && rate > broke && (ceiling == 0 || ceiling > broke)
}

// held is the highest rate that held: by confirming, as soon as any did, else by
// climbing, as long as nothing that came later contradicts it.
func (s *Search) held() float64 {
	if s.confirm.low > 0 {
		return s.confirm.low
	}
	limit := s.confirm.high // longer steps did not pass there
	if n := len(s.taken); n > 0 && s.taken[n-1].result == Wrong {
		limit = s.taken[n-1].Rate
	}
	var held float64
	for _, r := range s.rulings {
		if r.verdict == Passed && (limit == 0 || r.rate < limit) {
			held = max(held, r.rate)
		}
	}
	return held
}

// broke is the lowest rate above what held that was missed; 0: there is none.
func (s *Search) broke() float64 {
	held, lowest := s.held(), 0.0
	for _, r := range s.rulings {
		if r.verdict == Failed && r.rate > held && (lowest == 0 || r.rate < lowest) {
			lowest = r.rate
		}
	}
	return lowest
}

// clone is a copy that may be played on.
func (s *Search) clone() *Search {
	c := *s
	c.taken, c.rulings = slices.Clip(s.taken), slices.Clip(s.rulings)
	return &c
}

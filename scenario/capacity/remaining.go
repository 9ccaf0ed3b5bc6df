package capacity

import "time"

// Remaining is about how many steps are still to come, and how long they take: those
// of a search whose knee lies where it is most likely now, on a server without noise.
func (s *Search) Remaining() (steps int, length time.Duration) {
	knee, rest := s.guess(), s.clone()
	for step, more := rest.Next(); more; step, more = rest.Next() {
		result := Failed
		if step.Rate <= knee {
			result = Passed
		}
		rest.Record(result)
		steps++
		length += step.Length
	}
	return steps, length
}

// guess is a rate that may be the knee: just above what passed.
func (s *Search) guess() float64 {
	h := &s.climb
	if s.phase != Climbing {
		h = &s.confirm
	}
	switch {
	case h.low > 0:
		return h.low * (1 + width) / 2
	case h.high > 0:
		return h.high / width / width
	}
	return h.start * (1 + width) / 2
}

// MaxSteps is the most steps that a search takes with these options, whatever the
// server does.
func (o Options) MaxSteps() int {
	s := New(o)
	steps := s.climb.maxRates() * maxVotes(Climbing)
	if s.o.Quick {
		return steps
	}
	most := 0
	for _, start := range []float64{s.o.Least, s.o.Most} { // who begins in the middle has less far to go
		confirm := s.climb.from(start, 0)
		most = max(most, confirm.maxRates())
	}
	return steps + most*maxVotes(Confirming) + 1
}

package report

import (
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

const (
	// maxBins bounds the bins of a series, and with them its memory.
	maxBins = 240
	// finestShift makes the narrowest bin 2^16 ns, 66 µs, wide.
	finestShift = 16
	// binDigits is the significant decimal digits of the times in a bin: more
	// than a picture can show.
	binDigits = 2
	// attemptsPerBin is how many attempts a bin should hold on average: with
	// fewer, a rate is noise.
	attemptsPerBin = 10
	// fewestBins is how many bins a short history keeps, however few its attempts.
	fewestBins = 8
)

// A series is a sale over time, in at most maxBins bins of one width. It is
// filled in one pass over attempts in any order and of any length: when an
// instant lies beyond the last bin, neighbours merge and the width doubles.
//
// Under closed and open arrivals an attempt counts, with its response time, in
// the bin of its due instant, so that a stall shows as a mountain and not as a
// gap. In a burst all are due at once: there an attempt counts, with its service
// time, in the bin of its return.
type series struct {
	byReturn bool
	shift    uint
	bins     []bin
	// used is one more than the number of the last bin that holds anything.
	used int
	// last is the last instant, at least the end of a first nanosecond.
	last int64
	// ranks is nil unless the model is burst.
	ranks *ranks
	// spare are the distributions that merging set free.
	spare []*distribution
}

// A bin is what happened in one step of a series.
type bin struct {
	// due is the attempts of any verb due in the bin.
	due int64
	// outcomes and latency are over the purchases that count in the bin;
	// latency is nil without any.
	outcomes [sale.Dropped + 1]int64
	latency  *distribution
	// answered is the replies to attempts of any verb that returned in the bin.
	answered int64
	// taken and back are the units that were granted, and that were released or
	// came on top, the first and the last of them at the two instants.
	taken, back, firstMove, lastMove int64
}

// newSeries returns an empty series for a history.
func newSeries(head *history.Head) *series {
	s := &series{last: 1, shift: finestShift, bins: make([]bin, maxBins)}
	if head.Model == modelBurst {
		s.byReturn, s.ranks = true, newRanks()
	}
	return s
}

// add counts an attempt.
func (s *series) add(a *history.Attempt) {
	s.cover(max(a.Due, a.Return))
	s.at(a.Due).due++
	if a.Outcome.Answered() {
		s.at(a.Return).answered++
	}
	if a.Verb == sale.Buy {
		s.buy(a)
	}
}

// buy counts what is told of purchases alone.
func (s *series) buy(a *history.Attempt) {
	s.count(a)
	if a.Outcome == sale.OK {
		s.at(a.Return).move(int64(a.Granted), 0, a.Return, a.Return)
	}
	if s.ranks != nil {
		s.ranks.add(a)
	}
}

// cameBack counts units that were released or came on top.
func (s *series) cameBack(units, at int64) {
	s.cover(at)
	s.at(at).move(0, units, at, at)
}

// count files the attempt's outcome and time under the instant the series is by.
func (s *series) count(a *history.Attempt) {
	at, took := a.Due, a.Response
	if s.byReturn {
		took = a.Service
		if a.Return != history.Never {
			at = a.Return
		}
	}
	b := s.at(at)
	b.outcomes[min(a.Outcome, sale.Dropped)]++
	if b.latency == nil {
		b.latency = s.distribution()
	}
	if ns, ok := took(); ok {
		b.latency.add(int64(ns))
	} else {
		b.latency.miss()
	}
}

// finish ends the filling.
func (s *series) finish() {
	s.spare = nil
	if s.ranks != nil {
		s.ranks.finish()
	}
}

// coarse returns a copy whose bins each hold enough attempts to draw a rate from.
func (s *series) coarse() *series {
	c := *s
	c.bins = slices.Clone(s.bins)
	var attempts int64
	for i, b := range s.bins {
		attempts += b.due
		if b.latency != nil {
			c.bins[i].latency = newDistribution(binDigits)
			c.bins[i].latency.merge(b.latency)
		}
	}
	for c.used > fewestBins && int64(c.used) > attempts/attemptsPerBin {
		c.halve()
	}
	return &c
}

// filled returns the bins from the first to the last that holds anything.
func (s *series) filled() []bin { return s.bins[:s.used] }

// width is the length of a bin in ns.
func (s *series) width() int64 { return 1 << s.shift }

// at returns the bin of an instant that is covered. Instants before the
// opening count in the first bin.
func (s *series) at(instant int64) *bin { return &s.bins[max(instant, 0)>>s.shift] }

// cover doubles the width until the instant lies in a bin.
func (s *series) cover(instant int64) {
	for max(instant, 0)>>s.shift >= maxBins {
		s.halve()
	}
	s.last = max(s.last, instant)
	s.used = max(s.used, int(max(instant, 0)>>s.shift)+1)
}

// halve merges neighbours.
func (s *series) halve() {
	for i := range maxBins / 2 {
		merged := s.bins[2*i]
		s.merge(&merged, &s.bins[2*i+1])
		s.bins[i] = merged
	}
	clear(s.bins[maxBins/2:])
	s.used = (s.used + 1) / 2
	s.shift++
}

// merge adds one bin to another.
func (s *series) merge(to, from *bin) {
	to.due += from.due
	to.answered += from.answered
	to.move(from.taken, from.back, from.firstMove, from.lastMove)
	for o, n := range from.outcomes {
		to.outcomes[o] += n
	}
	switch {
	case to.latency == nil:
		to.latency = from.latency
	case from.latency != nil:
		to.latency.merge(from.latency)
		from.latency.reset()
		s.spare = append(s.spare, from.latency)
	}
}

// move counts units taken and come back from one instant to another.
func (b *bin) move(taken, back, first, last int64) {
	if taken == 0 && back == 0 {
		return
	}
	if b.still() || first < b.firstMove {
		b.firstMove = first
	}
	if b.still() || last > b.lastMove {
		b.lastMove = last
	}
	b.taken += taken
	b.back += back
}

// still reports whether no unit was taken or came back.
func (b *bin) still() bool { return b.taken == 0 && b.back == 0 }

// distribution returns an empty distribution, a used one where there is one.
func (s *series) distribution() *distribution {
	n := len(s.spare)
	if n == 0 {
		return newDistribution(binDigits)
	}
	d := s.spare[n-1]
	s.spare = s.spare[:n-1]
	return d
}

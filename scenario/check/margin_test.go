package check

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// rightOnes plays a right script in one of the ways that sales go.
func rightOnes(seed uint64) *smallSale {
	r := rand.New(rand.NewPCG(seed, 77))
	switch seed % 4 {
	case 0:
		return simulateFlow(r)
	case 1:
		return simulateTold(r, 0.7, 0.3)
	}
	return simulate(r)
}

// forget takes the instants from some attempts, as the reader of rows does.
func (s *smallSale) forget(which func(*history.Attempt) bool) {
	from, to := int64(forever), int64(history.Never)
	for _, e := range s.events {
		from, to = min(from, e.At), max(to, e.At, e.Until)
	}
	trace := &history.Trace{}
	lost := make([]bool, len(s.attempts))
	for i := range s.attempts {
		a := &s.attempts[i]
		if lost[i] = which(a); !lost[i] {
			from, to = min(from, a.Call), max(to, a.Return)
		}
	}
	if from > to {
		from, to = 0, 0
	}
	for i := range s.attempts {
		switch a := &s.attempts[i]; {
		case classOf[a.Outcome] == notRun:
		case lost[i]:
			a.Due, a.Call, a.Return = history.Never, from, to
			trace.Untimed++
		default:
			trace.Timed++
		}
	}
	trace.Rows = int64(len(s.attempts))
	s.head.Trace = trace
}

// skew has every buyer's clock, and the one that the stock is read by, go wrong by up
// to e either way.
func (s *smallSale) skew(r *rand.Rand, e int64) {
	var off [smallBuyers]int64
	for i := range off {
		off[i] = r.Int64N(2*e+1) - e
	}
	for i := range s.attempts {
		a := &s.attempts[i]
		a.Due, a.Call, a.Return = a.Due+off[a.Buyer], a.Call+off[a.Buyer], a.Return+off[a.Buyer]
	}
	own := r.Int64N(2*e+1) - e
	for i := range s.events {
		if s.events[i].At += own; s.events[i].Until != history.Never {
			s.events[i].Until += own
		}
	}
}

func accused(t *testing.T, s *smallSale) bool {
	t.Helper()
	return len(mustCheck(t, s.history()).Violations) > 0
}

// A right script is never accused for what rows do not tell.
func TestMissingInstantsAccuseNobody(t *testing.T) {
	decided := 0
	for seed := range atLeast(3000) {
		r := rand.New(rand.NewPCG(seed, 78))
		s := rightOnes(seed)
		share := pick(r, 1, 1, 0.5, 0.1)
		s.forget(func(*history.Attempt) bool { return r.Float64() < share })
		v := mustCheck(t, s.history())
		if len(v.Violations) > 0 {
			t.Fatalf("seed %d: %s: %s\n%s", seed, v.Violations[0].Rule, v.Violations[0].Cases[0].Message, s)
		}
		if v.Opinion == Valid {
			decided++
		}
		_, applied := v.Exercised[LateSale]
		if untimed := s.head.Trace.Unordered(); applied == untimed || (v.Limited != nil) != untimed {
			t.Fatalf("seed %d: late-sale is applied: %t, of %d timed and %d untimed rows; limited: %v", seed, applied, s.head.Trace.Timed, s.head.Trace.Untimed, v.Limited)
		}
	}
	if decided == 0 {
		t.Error("no history was valid")
	}
}

// Whatever is accused without instants is wrong with them too, and much of what is
// wrong needs none to be seen.
func TestMissingInstantsMakeNothingUp(t *testing.T) {
	var wrong, seen int
	for seed := range atLeast(3000) {
		s := small(seed)
		whole := accused(t, s)
		s.forget(func(*history.Attempt) bool { return true })
		part := accused(t, s)
		if part && !whole {
			t.Fatalf("seed %d is accused without instants alone:\n%s", seed, s)
		}
		if whole {
			wrong++
			if part {
				seen++
			}
		}
	}
	t.Logf("%d of %d broken histories are seen broken without an instant", seen, wrong)
	if 2*seen < wrong {
		t.Errorf("only %d of %d broken histories are seen broken without an instant", seen, wrong)
	}
}

// Clocks that are off by no more than is said accuse nobody; without a word of it
// they would.
func TestClockErrorAccusesNobody(t *testing.T) {
	without := 0
	for seed := range atLeast(3000) {
		r := rand.New(rand.NewPCG(seed, 79))
		s := rightOnes(seed)
		e := 1 + r.Int64N(12)
		s.skew(r, e)
		if h := s.history(); h.Tail != nil {
			if v, err := Check(h); err == nil && len(v.Violations) > 0 {
				without++
			}
		}
		s.head.Trace = &history.Trace{Rows: int64(len(s.attempts)), Timed: int64(len(s.attempts)), ClockError: e}
		v := mustCheck(t, s.history())
		if len(v.Violations) > 0 {
			t.Fatalf("seed %d, clocks off by %d: %s: %s\n%s", seed, e, v.Violations[0].Rule, v.Violations[0].Cases[0].Message, s)
		}
	}
	if without == 0 {
		t.Error("no clock went wrong enough to accuse anybody")
	}
	t.Logf("%d right histories would be accused without it", without)
}

// The evidence has the instants of the rows, not those that the judge made of them.
func TestEvidenceIsAsItWasWritten(t *testing.T) {
	all := attempts{buy(0, 0, 1, sale.OK), buy(1, 2, 3, sale.SoldOut), buy(2, 100, 101, sale.OK)}
	h := newHistory(head(2, one), all)
	h.Tail = tail(3, nothing)
	h.Head.Trace = &history.Trace{Rows: 3, Timed: 3, ClockError: 5 * ms}
	v := mustCheck(t, h)
	i := slices.IndexFunc(v.Violations, func(v Violation) bool { return v.Rule == LateSale })
	if i < 0 {
		t.Fatalf("nothing is late: %v", v.Violations)
	}
	if late := v.Violations[i].Cases[0].Attempts[0]; late != all[2] {
		t.Errorf("the late sale is told as %+v", late)
	}
	h.Head.Trace.ClockError = 49 * ms
	if v := mustCheck(t, h); slices.ContainsFunc(v.Violations, func(v Violation) bool { return v.Rule == LateSale }) {
		t.Errorf("97 apart, and clocks off by 49 each: it may have been in time; %s", v.Violations[0].Cases[0].Message)
	}
}

// A row that may have run at any moment does not show that a fault hit anybody.
func TestUntimedRowMeetsNoFault(t *testing.T) {
	for _, timed := range []bool{true, false} {
		all := attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 9, sale.SoldOut)}
		h := newHistory(head(1, one), all)
		h.Tail = tail(2, nothing)
		h.Events = []history.Event{{Kind: history.EventFault, At: 5 * ms, Until: 6 * ms, Text: "pause"}}
		if !timed {
			all[1].Due = history.Never
			h.Head.Trace = &history.Trace{Rows: 2, Timed: 1, Untimed: 1}
		}
		if v := mustCheck(t, h); (v.Opinion == Valid) != timed {
			t.Errorf("timed %t: %s %v", timed, v.Opinion, v.Doubts)
		}
	}
}

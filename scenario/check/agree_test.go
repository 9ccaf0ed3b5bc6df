package check

import (
	"flag"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// More than a normal run affords: go test ./scenario/check -run Agrees -histories 3000000
var histories = flag.Uint64("histories", 200_000, "random histories held against porcupine")

// small is the history of a seed: simulated, and most often corrupted.
func small(seed uint64) *smallSale {
	r := rand.New(rand.NewPCG(seed, 1))
	s := simulate(r)
	for range pick(r, 0, 1, 1, 1, 2, 3) {
		s.corrupt(r)
	}
	return s
}

// disagreement compares the judge with the oracle. Refusals that the judge
// leaves open agree with either.
func disagreement(t *testing.T, s *smallSale, off ...condition) (differ, open bool) {
	v, err := check(s.history(), newFindings(off...))
	if err != nil {
		t.Fatalf("%v\n%s", err, s)
	}
	if len(v.Violations) == 0 && len(v.Undecided) > 0 {
		return false, true
	}
	return len(v.Violations) == 0 != s.legal(), false
}

func TestJudgeAgreesWithPorcupine(t *testing.T) {
	const lanes = 4
	var open atomic.Int64
	var wait sync.WaitGroup
	for lane := range uint64(lanes) {
		wait.Go(func() {
			for seed := lane; seed < *histories && !t.Failed(); seed += lanes {
				s := small(seed)
				differ, unsettled := disagreement(t, s)
				if differ {
					v, _ := Check(s.history())
					t.Errorf("seed %d: judge %s %v, legal %v\n%s", seed, v.Opinion, v.Violations, s.legal(), s)
				}
				if unsettled {
					open.Add(1)
				}
			}
		})
	}
	wait.Wait()
	if n := open.Load(); n*20 > int64(*histories) {
		t.Errorf("%d of %d histories left open: the fuzz proves little", n, *histories)
	}
	t.Logf("%d histories, %d of them left open", *histories, open.Load())
}

// aloneIn returns the only condition that a history breaks, if it is one.
func aloneIn(t *testing.T, s *smallSale) (alone condition, one bool) {
	found := newFindings()
	if _, err := check(s.history(), found); err != nil {
		t.Fatal(err)
	}
	n := 0
	for c := range found.lists {
		if found.lists[c].count > 0 {
			alone = condition(c)
			n++
		}
	}
	return alone, n == 1
}

// Every condition is needed: with it switched off the judge accepts a history
// that the oracle does not.
func TestEveryConditionIsMissedWhenOff(t *testing.T) {
	missing := map[condition]bool{}
	for c := range conditions {
		missing[c] = c != replyUnmapped && c != errorRaised // no order explains or breaks these: see TestEachRuleAlone
	}
	for seed := uint64(0); seed < 400_000; seed++ {
		s := small(seed)
		if c, one := aloneIn(t, s); one && missing[c] {
			if differ, _ := disagreement(t, s, c); differ {
				missing[c] = false
			}
		}
	}
	for c := range conditions {
		if missing[c] {
			t.Errorf("condition %d of %s switched off, and nothing was missed", c, ruleOf[c])
		}
	}
}

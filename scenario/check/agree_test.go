package check

import (
	"flag"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// More than a normal run affords: go test ./scenario/check -run Porcupine -histories 1000000
var histories = flag.Uint64("histories", 0, "random histories held against porcupine; 0: as many as a normal run affords")

func atLeast(normal uint64) uint64 { return max(normal, *histories) }

// flowEvery says that every so manyeth history has a stock that goes both ways,
// or quantities that differ.
const flowEvery = 3

// small is the history of a seed: simulated, and most often corrupted.
func small(seed uint64) *smallSale {
	r := rand.New(rand.NewPCG(seed, 1))
	play := simulate
	if seed%flowEvery == 0 {
		play = simulateFlow
	}
	s := play(r)
	for range pick(r, 0, 1, 1, 1, 2, 3) {
		s.corrupt(r)
	}
	return s
}

// smallTold is a history of a seed in which replies tell what is left, or the
// stock is read, or both.
func smallTold(seed uint64, tells, reads float64) *smallSale {
	r := rand.New(rand.NewPCG(seed, 5))
	s := simulateTold(r, tells, reads)
	for range pick(r, 0, 1, 1, 1, 2, 3) {
		if r.IntN(2) == 0 {
			s.corruptTold(r)
		} else {
			s.corrupt(r)
		}
	}
	return s
}

func smallRead(seed uint64) *smallSale { return smallTold(seed, 0, 0.4) }

func smallRanked(seed uint64) *smallSale {
	return smallTold(seed, []float64{1, 0.7, 0.3}[seed%3], []float64{0, 0, 0.3}[seed/3%3])
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
	if len(off) == 0 && v.Opinion == Valid && v.Witness == 0 && s.ran() || strings.Contains(strings.Join(v.Doubts, "\n"), "cannot confirm") && len(off) == 0 {
		t.Errorf("no order of a valid history was replayed: %v\n%s", v.Doubts, s)
	}
	return len(v.Violations) == 0 != s.legal(), false
}

// ran reports whether some attempt has a certain answer of the script.
func (s *smallSale) ran() bool {
	return slices.ContainsFunc(s.attempts, func(a history.Attempt) bool {
		return a.Verb == sale.Buy && a.Outcome.Answered() && classOf[a.Outcome] != notRun
	})
}

// agree holds the judge against the oracle in n histories. It returns how many
// the judge left open, of which is holds, and of the others.
func agree(t *testing.T, n uint64, history func(uint64) *smallSale, is func(uint64) bool) (those, others int64) {
	const lanes = 4
	var open [2]atomic.Int64
	var wait sync.WaitGroup
	for lane := range uint64(lanes) {
		wait.Go(func() {
			for seed := lane; seed < n && !t.Failed(); seed += lanes {
				s := history(seed)
				differ, unsettled := disagreement(t, s)
				if differ {
					v, _ := Check(s.history())
					t.Errorf("seed %d: judge %s %v %v, legal %v\n%s", seed, v.Opinion, v.Violations, v.Doubts, s.legal(), s)
				}
				if unsettled {
					open[bit(is(seed))].Add(1)
				}
			}
		})
	}
	wait.Wait()
	return open[1].Load(), open[0].Load()
}

// few fails if so many histories were left open that the others prove little.
func few(t *testing.T, kind string, open, of int64) {
	if open*20 > of {
		t.Errorf("%d of %d histories %s left open: the fuzz proves little", open, of, kind)
	}
	t.Logf("%d histories %s, %d of them left open", of, kind, open)
}

func TestRulesAgreeWithPorcupine(t *testing.T) {
	n := atLeast(200_000)
	flows, plain := agree(t, n, small, func(seed uint64) bool { return seed%flowEvery == 0 })
	of := int64(n+flowEvery-1) / flowEvery
	few(t, "with releases, restocks or quantities that differ", flows, of)
	few(t, "without", plain, int64(n)-of)
}

func TestReadingsAgreeWithPorcupine(t *testing.T) {
	n := atLeast(100_000)
	_, open := agree(t, n, smallRead, func(uint64) bool { return false })
	few(t, "with stock readings", open, int64(n))
}

func TestRanksAgreeWithPorcupine(t *testing.T) {
	n := atLeast(100_000)
	_, open := agree(t, n, smallRanked, func(uint64) bool { return false })
	few(t, "with the stock left told", open, int64(n))
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

// lateDuplicate is a history that chance makes once in half a million: the
// refusal says that both units are gone by 3 ms, the duplicate, of a script
// that tests the stock first, that one is left at 5.
func lateDuplicate() *smallSale {
	s := &smallSale{stock: 2, quantity: 1, limit: 1, head: head(2, sale.Terms{Limit: 1, Order: sale.StockFirst}), audit: sale.Audit{Ledger: sale.NoLedger}}
	s.attempts = []history.Attempt{buy(0, 0, 10, sale.OK), buy(1, -5, -4, sale.OK), buy(1, 5, 6, sale.Duplicate), buy(2, 2, 3, sale.Refused)}
	return s
}

// Every condition is needed: with it switched off the judge accepts a history
// that the oracle does not. So no rule can be switched off either.
func TestEveryConditionIsMissedWhenOff(t *testing.T) {
	missing := map[condition]bool{}
	for c := range conditions {
		// No order of the attempts explains or breaks what is wrong in one reply: TestRules has those.
		if c != replyUnmapped && c != errorRaised {
			missing[c] = true
		}
	}
	look := func(s *smallSale) {
		if c, one := aloneIn(t, s); one && missing[c] {
			if differ, _ := disagreement(t, s, c); differ {
				delete(missing, c)
			}
		}
	}
	look(lateDuplicate())
	for _, test := range orderTests {
		for c := range missing {
			v, err := check(test.history(), newFindings(c))
			if err != nil {
				t.Fatal(err)
			}
			if test.want != nil && v.Opinion == Valid {
				delete(missing, c)
			}
		}
	}
	for _, test := range bookTests {
		for c := range missing {
			if c.ofBook() && broken(mustCheck(t, test.history())) != nil && mustBeMissed(t, &test, c) {
				delete(missing, c)
			}
		}
	}
	for seed := uint64(0); seed < 200_000 && len(missing) > 0; seed++ {
		look(small(seed))
		look(smallRead(seed))
		look(smallRanked(seed))
	}
	for c := range missing {
		t.Errorf("condition %d of %s switched off, and nothing was missed", c, ruleOf[c])
	}
}

// A record that breaks off, or lacks attempts, accuses no right script, and
// clears none.
func TestMissingAttemptsAccuseNobody(t *testing.T) {
	for seed := range atLeast(200_000) / 4 {
		r := rand.New(rand.NewPCG(seed, 2))
		s := simulate(r)
		switch seed % flowEvery {
		case 0:
			s = simulateFlow(r)
		case 1:
			s = simulateTold(r, 0.7, 0.3)
		}
		s.noTail = r.IntN(2) == 0
		for range 1 + r.IntN(3) {
			if i := r.IntN(len(s.attempts)); len(s.attempts) > 1 {
				s.attempts = slices.Delete(s.attempts, i, i+1)
				s.missing++
			}
		}
		v, err := Check(s.history())
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Violations) > 0 || v.Opinion == Valid && (s.noTail || s.missing > 0) {
			t.Fatalf("seed %d: %s %v with %d attempts missing\n%s", seed, v.Opinion, v.Violations, s.missing, s)
		}
	}
}

// The verdict is a function of the attempts, not of the order they are read in.
func TestVerdictIsIndependentOfReadingOrder(t *testing.T) {
	for seed := range uint64(20_000) {
		s, shuffle := []func(uint64) *smallSale{small, small, smallRead, smallRanked}[seed%4](seed), rand.New(rand.NewPCG(seed, 3))
		for i := range s.attempts {
			s.attempts[i].Try = uint8(i) // as in a real record, no two alike
			s.attempts[i].Defect = pick(shuffle, sale.NoDefect, sale.NoDefect, sale.UnmappedReply, sale.ScriptError)
		}
		want, err := Check(s.history())
		if err != nil {
			t.Fatal(err)
		}
		shuffle.Shuffle(len(s.attempts), func(i, k int) { s.attempts[i], s.attempts[k] = s.attempts[k], s.attempts[i] })
		cut := shuffle.IntN(len(s.attempts))
		h := newHistory(s.head, s.attempts[cut:], s.attempts[:cut])
		h.Tail, h.Events = s.history().Tail, s.history().Events
		got, err := Check(h)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %+v\nafter shuffling %+v\n%s", seed, want, got, s)
		}
	}
}

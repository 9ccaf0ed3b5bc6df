package check

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// apart makes the attempts and restocks of a sale run one after the other.
func (s *smallSale) apart() {
	slices.SortStableFunc(s.attempts, func(a, b history.Attempt) int { return cmp.Compare(a.Call+a.Return, b.Call+b.Return) })
	events := slices.Clone(s.events)
	now := int64(0)
	next := func(mid int64) int64 {
		for i := range s.events {
			if e := &s.events[i]; e.At+e.Until <= mid {
				now += 10
				events[i].At, events[i].Until, e.At = now, now+5, 1<<40
			}
		}
		now += 10
		return now
	}
	for i := range s.attempts {
		a := &s.attempts[i]
		a.Call = next(a.Call + a.Return)
		a.Due, a.Return = a.Call, a.Call+5
	}
	next(1 << 39)
	s.events = events
}

// certain reports whether every answer is known, and no request that was
// released was granted twice: then nobody knows what came back.
func (s *smallSale) certain() bool {
	grants, released := map[[2]uint32]int{}, map[[2]uint32]bool{}
	for _, a := range s.attempts {
		key := [2]uint32{a.Buyer, a.Request}
		switch {
		case a.Outcome == sale.Indeterminate:
			return false
		case a.Verb == sale.Release:
			released[key] = true
		case a.Outcome == sale.OK:
			grants[key]++
		}
	}
	for key, n := range grants {
		if n > 1 && released[key] {
			return false
		}
	}
	return !slices.ContainsFunc(s.events, func(e history.Event) bool { return e.Until == history.Never })
}

// Where no two calls overlap and every answer is known nothing is left open,
// and the verdict is the oracle's.
func TestCallsApartAreDecided(t *testing.T) {
	judged := 0
	for seed := range atLeast(200_000) / 10 {
		r := rand.New(rand.NewPCG(seed, 4))
		s := simulateFlow(r)
		for range pick(r, 0, 1, 2) {
			s.corrupt(r)
		}
		if !s.certain() {
			continue
		}
		s.apart()
		judged++
		differ, open := disagreement(t, s)
		if differ || open {
			v, _ := Check(s.history())
			t.Fatalf("seed %d: judge %s %v, undecided %v, legal %v\n%s", seed, v.Opinion, v.Violations, v.Undecided, s.legal(), s)
		}
	}
	if judged < int(atLeast(200_000))/40 {
		t.Errorf("only %d histories judged", judged)
	}
}

// crowded is a sale of n attempts that were all called at the doors, with a third
// of what is sold given back; mixed: for one to three units each.
func crowded(n int, mixed bool) *history.History {
	r := rand.New(rand.NewPCG(1, 1))
	hd := head(int64(n/20), buyerFirst)
	if hd.Buyers = int64(n); mixed {
		hd.Quantity, hd.Terms = 0, sale.Terms{Limit: 3}
	}
	left := hd.Items[0].Stock
	var all, back []history.Attempt
	for i := 0; i < n || len(back) > 0; i++ {
		now := int64(i) * 1000
		for len(back) > 0 && back[0].Call+50_000 < now {
			all, left, back = append(all, back[0]), left+int64(back[0].Quantity), back[1:]
		}
		if i >= n {
			continue
		}
		a := history.Attempt{Call: -r.Int64N(1000), Return: now + r.Int64N(200_000), Left: sale.Untold, Buyer: uint32(i), Request: uint32(i),
			Quantity: 1, Verb: sale.Buy, Outcome: sale.SoldOut}
		a.Due = a.Call
		if mixed {
			a.Quantity = 1 + r.Int32N(3)
		}
		if left >= int64(a.Quantity) {
			if a.Outcome, left = sale.OK, left-int64(a.Quantity); i%3 == 0 {
				b := a
				b.Verb, b.Due, b.Call, b.Return = sale.Release, now+200_001, now+200_001, now+300_000
				back = append(back, b)
			}
		}
		all = append(all, a)
	}
	h := newHistory(hd, all)
	h.Tail = tail(int64(len(all)), withStock(nothing, left))
	return h
}

// A right script is cleared however many calls overlap.
func TestRightCrowdIsValid(t *testing.T) {
	for _, mixed := range []bool{false, true} {
		if v := mustCheck(t, crowded(20_000, mixed)); v.Opinion != Valid {
			t.Errorf("mixed %v: %s %v %v", mixed, v.Opinion, v.Violations, v.Doubts)
		}
	}
}

package scenario

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// Of two clicks at the same time the one that sold counts, whichever it is.
func TestDoubleClicksOfACrowd(t *testing.T) {
	kind := Kind{Kind: "own", Share: 1, DoubleClick: new(sale.Share(1)), ClickAgain: []sale.Outcome{sale.Duplicate, sale.Indeterminate}, Clicks: 2}
	asked := make([]atomic.Int32, 3*100)
	seen, _ := telling(t, crowdOf(100, kind), 0, func(p *sale.Purchase) sale.Outcome {
		if asked[p.RequestIndex].Add(1) == 1 {
			return sale.OK
		}
		return sale.Duplicate
	})
	if len(seen) != 200 {
		t.Errorf("%d attempts, want two of each buyer: one of both sold", len(seen))
	}
}

// What is given back is the request that sold, and it is given back under its
// number, however often that takes.
func TestReleasesOfRequestsOfTheirOwn(t *testing.T) {
	for _, sells := range []uint32{1, 2, 3, 4} { // two resends of the first click, two of the second
		kind := Kind{Kind: "own", Share: 1, DoubleClick: new(sale.Share(1)), Resend: Resend{Max: new(2), New: true}}
		spec := crowdOf(10, kind)
		spec.Release = 1
		seen, _ := telling(t, spec, 0, func(p *sale.Purchase) sale.Outcome {
			if p.Verb == sale.Buy && p.RequestIndex%5 == sells || p.Verb == sale.Release && p.Attempt > 0 {
				return sale.OK
			}
			return sale.Indeterminate
		})
		released := map[uint32]int{}
		for _, a := range seen {
			if a.Verb != sale.Release {
				continue
			}
			if released[a.Request]++; a.Request%5 != sells {
				t.Errorf("request %d is given back, and %d of each buyer sold", a.Request, sells)
			}
		}
		if len(released) != 10 {
			t.Errorf("%d of 10 buyers gave back", len(released))
		}
		for request, tries := range released {
			if tries != 4 { // both clicks, each sent again once
				t.Errorf("request %d is given back in %d attempts", request, tries)
			}
		}
	}
}

// A hand that made the second of two clicks can be anybody's afterwards.
func TestHandsAreAnybodys(t *testing.T) {
	spec := crowdOf(400, Kind{Kind: "own", Share: 1, DoubleClick: new(sale.Share(0.5)), Resend: Resend{Max: new(2), New: true}})
	arrivals("constant:5/s")(&spec) // one after the other
	seen, d := telling(t, spec, 0, always(sale.Indeterminate))
	single := 0
	for buyer := range uint32(400) {
		if d.spec.habitsOf(buyer, d.conductOf(buyer).kind).doubleClicks {
			continue
		}
		single++
		var numbers []uint32
		for _, a := range seen {
			if a.Buyer == buyer {
				numbers = append(numbers, a.Request-d.plan.firstRequest(buyer))
			}
		}
		if !slices.Equal(numbers, []uint32{0, 1, 2}) {
			t.Errorf("buyer %d clicks once, and makes the requests %d", buyer, numbers)
		}
	}
	if single < 100 {
		t.Errorf("%d of 400 click once", single)
	}
}

// Attempts are left to the connections only where nobody may leave one.
func TestPatientKindsAreLeftToTheConnections(t *testing.T) {
	for patience, want := range map[time.Duration]bool{0: true, time.Second: false} {
		spec := crowdOf(1, Kind{Kind: "a", Share: 0.5}, Kind{Kind: "b", Share: 0.5, Patience: &patience})
		spec.Conns = conn.Pipelined(1)
		d, stop := driveOf(t, spec)
		if d.asks != want {
			t.Errorf("with patience of %s attempts are left to the connections: %v", patience, d.asks)
		}
		stop()
	}
}

// Each of two clicks waits for a time of its own before it is sent again.
func TestDoubleClicksBackOffApart(t *testing.T) {
	kind := Kind{Kind: "own", Share: 1, DoubleClick: new(sale.Share(1)), Resend: Resend{Max: new(1), Backoff: time.Second, Jitter: 1}}
	seen, _ := telling(t, crowdOf(20, kind), 0, always(sale.Indeterminate))
	dues := map[int64]bool{}
	for _, a := range seen {
		if a.Try == 1 {
			dues[a.Due] = true
		}
	}
	if len(dues) != 40 {
		t.Errorf("40 resends are due at %d instants", len(dues))
	}
}

package scenario

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// unhurried is a link on which every exchange takes a time.
type unhurried struct {
	answering
	takes time.Duration
}

func (l *unhurried) RoundTrip(context.Context, []any) conn.Exchange {
	sent := l.now()
	time.Sleep(l.takes)
	return conn.Exchange{Sent: sent, Read: l.now(), Reply: l.reply}
}

func (l *unhurried) Take(ctx context.Context) (conn.Link, error) { return l, ctx.Err() }

// exchange is how long one takes in the tests of what buyers do.
const exchange = 10 * time.Millisecond

// telling plays the buyers of a spec in the time of a bubble. Each attempt is told
// what tell says, 10 ms after its call; shut closes the doors, if not 0. What is
// bought can be given back. The attempts are in the order of request, try and call.
func telling(t *testing.T, spec Spec, shut time.Duration, tell func(*sale.Purchase) sale.Outcome) (seen all, d *drive) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var stop func()
		release := spec.Release
		spec.Release = 0 // the script itself has none
		d, stop = driveOf(t, spec, &seen)
		d.spec.Release = release
		d.links = &unhurried{answering{d.clock.now, soldOut}, exchange}
		d.strategy.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
			do.Do(ctx, "BUY")
			return sale.Answer{Outcome: tell(p), Left: sale.Untold}
		}
		d.strategy.Release = d.strategy.Call
		if shut > 0 {
			time.AfterFunc(shut, func() { d.close(errDuration) })
		}
		d.sell(lot{0, len(d.plan.head.Items)})
		stop() // whoever waits still is found by the bubble
	})
	slices.SortFunc(seen, func(a, b history.Attempt) int {
		return slices.Compare([]int64{int64(a.Request), int64(a.Try), a.Call}, []int64{int64(b.Request), int64(b.Try), b.Call})
	})
	return seen, d
}

func always(o sale.Outcome) func(*sale.Purchase) sale.Outcome {
	return func(*sale.Purchase) sale.Outcome { return o }
}

// crowdOf is a spec of so many buyers, all of the kinds.
func crowdOf(buyers int64, kinds ...Kind) Spec {
	return good(func(s *Spec) { s.Buyers, s.Crowd = &buyers, kinds })
}

// A resend is due when its predecessor was over, and a backoff later: twice as long
// each time, with the jitter drawn for each, and the same in the next run.
func TestResendsBackOff(t *testing.T) {
	spec := crowdOf(50, Kind{Kind: "own", Share: 1, Resend: Resend{Max: new(3), Backoff: 100 * time.Millisecond, Jitter: 0.5}})
	seen, _ := telling(t, spec, 0, always(sale.Indeterminate))
	again, _ := telling(t, spec, 0, always(sale.Indeterminate))
	if len(seen) != 200 || !slices.Equal(seen, again) {
		t.Fatalf("%d attempts, want 50 with 3 resends each, and the same again", len(seen))
	}
	drawn := map[int64]bool{} // the share of the backoff, in millionths
	for i := range seen {
		a := &seen[i]
		if int(a.Try) != i%4 || a.Start != 0 || a.Call != a.Due {
			t.Fatalf("attempt %d is try %d, due %d, called %d", i, a.Try, a.Due, a.Call)
		}
		if a.Try == 0 {
			continue
		}
		wait, most := a.Due-seen[i-1].Return, int64(100*time.Millisecond)<<(a.Try-1)
		if wait < most/2 || wait > most || a.Request != seen[i-1].Request {
			t.Errorf("resend %d of request %d waits %d, want from %d to %d", a.Try, a.Request, wait, most/2, most)
		}
		drawn[wait*1e6/most] = true
	}
	if len(drawn) < 145 {
		t.Errorf("for 150 resends %d different shares of the backoff are drawn", len(drawn))
	}
}

// As requests of their own resends are as many purchases more, of the same item,
// and each click of two has its own.
func TestResendsAsRequestsOfTheirOwn(t *testing.T) {
	for _, twice := range []sale.Share{0, 1} {
		spec := crowdOf(20, Kind{Kind: "own", Share: 1, Attempts: &Range{2, 2}, DoubleClick: &twice, Resend: Resend{Max: new(3), Backoff: time.Second, New: true}})
		spec.Items = new(int64(7))
		seen, d := telling(t, spec, 0, always(sale.Indeterminate))
		clicks, resends := 1+int(twice), 3*(1+int(twice))
		asked, requests := map[uint32]map[uint16]bool{}, map[uint32]int{}
		for _, a := range seen {
			purchase := a.Request / uint32(1+resends)
			if asked[purchase] == nil {
				asked[purchase] = map[uint16]bool{}
			}
			asked[purchase][a.Item] = true
			requests[a.Request]++
			if a.Try != 0 || a.Buyer != purchase/2 {
				t.Errorf("request %d is of buyer %d, try %d", a.Request, a.Buyer, a.Try)
			}
		}
		several := map[uint16]bool{}
		for purchase, items := range asked {
			if len(items) != 1 {
				t.Errorf("purchase %d asks for the items %v", purchase, items)
			}
			maps.Copy(several, items)
			if first := purchase * uint32(1+resends); requests[first] != clicks {
				t.Errorf("request %d was sent %d times, want %d", first, requests[first], clicks)
			}
		}
		if len(asked) != 40 || len(requests) != 40*(1+resends) || len(seen) != 40*(clicks+resends) || len(several) < 5 {
			t.Errorf("twice %g: %d purchases, %d requests, %d attempts, %d items", twice, len(asked), len(requests), len(seen), len(several))
		}
		if got := d.conducts[0].renewed.Load(); got != int64(40*resends) {
			t.Errorf("%d resends are told as requests of their own, want %d", got, 40*resends)
		}
		for _, a := range seen {
			if p := d.plan.purchase(a.Request); p.Item.Index != int(a.Item) || p.BuyerIndex != a.Buyer {
				t.Errorf("the plan has request %d as %+v, the record as %+v", a.Request, p, a)
			}
		}
	}
}

// Who is told what he clicks again after does so, as often as he does and no
// more, when he has thought; the others do not.
func TestBuyersClickAgain(t *testing.T) {
	think := Span{30 * time.Millisecond, 80 * time.Millisecond}
	for _, told := range sale.Outcomes {
		if told == sale.Dropped {
			continue
		}
		for _, after := range [][]sale.Outcome{{told}, {sale.SoldOut, told, sale.Duplicate}, without(told)} {
			spec := crowdOf(9, Kind{Kind: "own", Share: 1, Attempts: &Range{2, 2}, ClickAgain: after, Clicks: 3, Think: think})
			seen, _ := telling(t, spec, 0, always(told))
			want := 9 * 2
			if slices.Contains(after, told) {
				want *= 4
			}
			if len(seen) != want {
				t.Errorf("told %s, and clicking again after %v: %d attempts, want %d", told, after, len(seen), want)
			}
			for i := range seen {
				if seen[i].Try != 0 || seen[i].Buyer != uint32(i*9/want) {
					t.Fatalf("attempt %d: %+v", i, seen[i])
				}
				if i == 0 || seen[i].Buyer != seen[i-1].Buyer {
					continue
				}
				if wait := time.Duration(seen[i].Due - seen[i-1].Return); wait < think.Least || wait > think.Most {
					t.Errorf("a click is due %s after the answer, want %s", wait, think)
				}
			}
		}
	}
}

func without(o sale.Outcome) (others []sale.Outcome) {
	for _, other := range sale.Outcomes {
		if other != o && other != sale.Dropped {
			others = append(others, other)
		}
	}
	return others
}

// Of one who got what he wanted the last word counts: he clicks until he is told
// ok. Another purchase then has all its clicks again.
func TestClicksAreCountedForEachPurchase(t *testing.T) {
	spec := crowdOf(1, Kind{Kind: "own", Share: 1, Attempts: &Range{3, 3}, ClickAgain: []sale.Outcome{sale.SoldOut}, Clicks: 4})
	seen, _ := telling(t, spec, 0, func(p *sale.Purchase) sale.Outcome {
		if p.RequestIndex%5 == 2 { // the third click of each
			return sale.OK
		}
		return sale.SoldOut
	})
	var requests []uint32
	for _, a := range seen {
		requests = append(requests, a.Request)
	}
	if want := []uint32{0, 1, 2, 5, 6, 7, 10, 11, 12}; !slices.Equal(requests, want) {
		t.Errorf("requests %d, want %d", requests, want)
	}
}

// Nobody waits longer than the doors are open or his patience lasts, and what he
// would have done then is in no record.
func TestWaitingEnds(t *testing.T) {
	slowly := Kind{Kind: "own", Share: 1, Resend: Resend{Max: new(3), Backoff: 10 * time.Second}}
	thinking := Kind{Kind: "own", Share: 1, Attempts: &Range{9, 9}, Think: Span{10 * time.Second, 10 * time.Second}}
	impatient := func(k Kind, patience time.Duration) Kind { k.Patience = &patience; return k }
	for _, tt := range []struct {
		reason   string
		kind     Kind
		shut     time.Duration
		attempts int
		ends     time.Duration
	}{
		{"the doors close in the first backoff", slowly, 3 * time.Second, 1, 3 * time.Second},
		{"the doors close in the second", slowly, 12 * time.Second, 2, 12 * time.Second},
		{"the doors close in a thought", thinking, 3 * time.Second, 1, 3 * time.Second},
		{"nothing ends it", slowly, 0, 4, 70*time.Second + 4*exchange},
		{"his patience is less than the backoff", impatient(slowly, 4*time.Second), 0, 1, 4 * time.Second},
		{"his patience is more than the first backoff", impatient(slowly, 11*time.Second), 0, 2, 10*time.Second + exchange + 11*time.Second},
		{"his patience is less than the thought", impatient(thinking, 4*time.Second), 0, 1, 4 * time.Second},
		{"the doors close before his patience ends", impatient(slowly, 4*time.Second), 2 * time.Second, 1, 2 * time.Second},
	} {
		outcome := sale.Indeterminate
		if tt.kind.Resend.Max == nil {
			outcome = sale.SoldOut
		}
		var took time.Duration
		synctest.Test(t, func(t *testing.T) {
			spec := crowdOf(3, tt.kind)
			var seen all
			d, stop := driveOf(t, spec, &seen)
			d.links = &unhurried{answering{d.clock.now, soldOut}, exchange}
			d.strategy.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
				do.Do(ctx, "BUY")
				return sale.Answer{Outcome: outcome, Left: sale.Untold}
			}
			if tt.shut > 0 {
				time.AfterFunc(tt.shut, func() { d.close(errDuration) })
			}
			d.sell(lot{0, len(d.plan.head.Items)})
			took = time.Duration(d.clock.now())
			stop()
			if len(seen) != 3*tt.attempts {
				t.Errorf("%s: %d attempts of 3 buyers, want %d each", tt.reason, len(seen), tt.attempts)
			}
		})
		if took != tt.ends {
			t.Errorf("%s: over after %s, want %s", tt.reason, took, tt.ends)
		}
	}
}

// At no moment have the buyers of a kind sent again more than their share of what
// they have sent, and nobody is refused who had it.
func TestBudgetIsKept(t *testing.T) {
	for _, share := range []sale.Share{0.1, 0.29, 1} {
		for _, renews := range []bool{false, true} {
			spec := crowdOf(300, Kind{Kind: "own", Share: 1, Resend: Resend{Max: new(5), Backoff: time.Second, Jitter: 1, Budget: share, New: renews}})
			arrivals("poisson:100/s")(&spec)
			seen, d := telling(t, spec, 0, always(sale.Indeterminate))
			slices.SortFunc(seen, func(a, b history.Attempt) int { return int(a.Call - b.Call) })
			var requests, resent float64
			for _, a := range seen {
				if a.Try == 0 && a.Request == d.plan.firstRequest(a.Buyer) {
					requests++
				} else if resent++; resent > float64(share)*requests+1e-9 {
					t.Errorf("budget %s: %g resends of %g requests", share, resent, requests)
				}
			}
			c := &d.conducts[0]
			if requests != 300 || float64(c.budget.resent.Load()) != resent || c.budget.withheld.Load() == 0 {
				t.Errorf("budget %s: %g requests, %g resends counted as %d, %d withheld", share, requests, resent, c.budget.resent.Load(), c.budget.withheld.Load())
			}
			var tail history.Tail
			if d.tellKinds(&tail); tail.Kinds[0].Withheld != c.budget.withheld.Load() || renews != (tail.Kinds[0].Renewed == int64(resent)) {
				t.Errorf("budget %s: the tail tells %+v of %g resends", share, tail.Kinds, resent)
			}
		}
	}
}

// Whoever asks at the same time, no more is taken out than was put in, and no less.
func TestBudgetOfMany(t *testing.T) {
	for _, share := range []float64{0.07, 0.1, 0.29, 0.5, 1} {
		b := budget{share: share}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 250 {
					b.asked()
					b.take()
					b.take()
				}
			})
		}
		all.Wait()
		left := int64(0)
		for b.take() { // what the others left
			left++
		}
		want := int64(share*2000 + 0.5)
		if b.requests.Load() != 2000 || b.resent.Load() != want || b.withheld.Load() != 4000-(want-left)+1 {
			t.Errorf("share %g: %d requests, %d resends and %d withheld, want %d resends", share, b.requests.Load(), b.resent.Load(), b.withheld.Load(), want)
		}
	}
	var none budget
	none.asked()
	if !none.take() || none.requests.Load()+none.resent.Load() != 0 {
		t.Error("where there is no bound, resends are refused or counted")
	}
}

func TestPause(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Resend{
			Backoff: time.Duration(rapid.Int64Range(0, int64(maxPause)).Draw(t, "backoff")),
			Jitter:  sale.Share(rapid.Float64Range(0, 1).Draw(t, "jitter")),
		}
		n, draw := rapid.IntRange(0, maxRetries).Draw(t, "n"), rapid.Float64Range(0, 0.999999).Draw(t, "draw")
		whole := Resend{Backoff: r.Backoff}
		most := whole.pause(n, draw)
		got := r.pause(n, draw)
		if least := time.Duration(float64(most) * (1 - float64(r.Jitter))); got > most || got < least-1 {
			t.Fatalf("%+v waits %s before resend %d, want from %s to %s", r, got, n, least, most)
		}
		switch next := whole.pause(n+1, 0); {
		case most < r.Backoff || most > max(r.Backoff, longestBackoff):
			t.Fatalf("a backoff of %s is %s before resend %d", r.Backoff, most, n)
		case next != 2*most && next != max(r.Backoff, longestBackoff) && r.Backoff > 0:
			t.Fatalf("after %s a backoff of %s is %s", most, r.Backoff, next)
		}
	})
}

// Every request that a kind can make has one number, of its buyer and for the same
// as the purchase it began with, and the plan knows all of them and no others.
func TestNumbersOfACrowd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := crowdOf(rapid.Int64Range(1, 20).Draw(t, "buyers"), drawnCrowd(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "crowd"), 0)))...)
		p := planned(func(s *Spec) {
			*s = spec
			s.Items, s.Quantity, s.Skew = new(int64(3)), &Mix{Units: []int64{1, 2, 3}, Shares: []float64{0.4, 0.3, 0.3}}, Skew{1}
		})
		met := map[uint32]bool{}
		for buyer := range uint32(*spec.Buyers) {
			kind := &p.spec.everyone()[p.head.Crowd.KindOf(buyer)]
			first, reach := p.firstRequest(buyer), p.reachOf(buyer)
			for k := range uint32(kind.Attempts.Most) {
				for c := range uint32(1 + kind.Clicks) {
					click := first + reach.click(k, c)
					numbers := []uint32{click}
					for _, second := range []bool{false, true}[:1+min(1, int(*kind.DoubleClick*1e9))] {
						h := &hand{as: &conduct{kind: kind, resends: *kind.Resend.Max}, second: second}
						for n := range *kind.Resend.Max {
							if kind.Resend.New {
								h.renews(click, n)
								numbers = append(numbers, h.request.number)
							}
						}
					}
					for _, number := range numbers {
						if p.itemOf(number) != p.itemOf(first+reach.click(k, 0)) || p.quantityOf(number) != p.quantityOf(first+reach.click(k, 0)) {
							t.Fatalf("number %d of buyer %d asks for something else than his purchase %d", number, buyer, k)
						}
						if met[number] || p.buyerOf(number) != buyer || p.purchaseOf(number) != first+reach.click(k, 0) {
							t.Fatalf("number %d of buyer %d, purchase %d, click %d: there already: %v; of buyer %d, for %d", number, buyer, k, c, met[number], p.buyerOf(number), p.purchaseOf(number))
						}
						met[number] = true
					}
				}
			}
		}
		known := 0
		for n := range p.requests {
			if known++; !met[n] {
				t.Fatalf("the plan has a request %d that nobody makes", n)
			}
		}
		byItem := 0
		for item := range 3 {
			for n := range p.of(item) {
				if byItem++; int(p.itemOf(n)) != item {
					t.Fatalf("request %d stands under item %d", n, item)
				}
			}
		}
		if known != len(met) || byItem != known {
			t.Fatalf("the plan has %d requests, %d of them for some item; %d can be made", known, byItem, len(met))
		}
	})
}

// drawnCrowd is a crowd of kinds with habits of all sorts.
func drawnCrowd(rng *rand.Rand) (c Crowd) {
	n := 1 + rng.IntN(4)
	for i := range n {
		k := Kind{Kind: fmt.Sprintf("k%d", i), Share: 1 / sale.Share(n), Attempts: &Range{1, 1 + rng.Int64N(3)}, DoubleClick: new(sale.Share(rng.IntN(2)))}
		if k.Clicks = rng.IntN(3); k.Clicks > 0 {
			k.ClickAgain = []sale.Outcome{sale.SoldOut, sale.Indeterminate, sale.Outcomes[rng.IntN(len(sale.Outcomes)-1)]}
		}
		k.Think = Span{0, time.Duration(rng.Int64N(int64(20 * time.Millisecond)))}
		if rng.IntN(3) == 0 {
			k.Patience = new(time.Duration(1 + rng.Int64N(int64(200*time.Millisecond))))
		}
		k.Resend = Resend{
			Max: new(rng.IntN(4)), Backoff: time.Duration(rng.Int64N(int64(50 * time.Millisecond))), Jitter: sale.Share(rng.Float64()),
			Budget: sale.Share(rng.IntN(2)) * sale.Share(rng.Float64()), New: rng.IntN(2) == 0,
		}
		c = append(c, k)
	}
	return c
}

package scenario

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// crowded has the sales of a group be those of a drawn crowd.
func crowded(of group) group {
	shape := of.shape
	of.name += " crowded"
	of.shape = func(s *Spec, rng *rand.Rand) {
		shape(s, rng)
		s.Crowd, s.Buyers = drawnCrowd(rng), new(min(*s.Buyers, 25))
	}
	return of
}

// A script that is right is right whoever comes, and proved right where nothing
// goes wrong; one that is wrong is caught.
func TestSimulationOfCrowds(t *testing.T) {
	t.Run("once", func(t *testing.T) {
		t.Parallel()
		once := crowded(group{"once", []string{"once"}, func(*Spec, *rand.Rand) {}})
		verdicts, met, renewed, resent := map[check.Opinion]int{}, map[sale.Outcome]int{}, int64(0), 0
		eachSeed(t, once, simulations/12, func(seed uint64, s *simulation) {
			verdicts[s.verdict.Opinion]++
			if s.verdict.Opinion == check.Invalid || len(s.faults) == 0 && s.verdict.Opinion != check.Valid {
				t.Errorf("seed %d: %s: %v", seed, s.verdict.Opinion, s.verdict)
			}
			for _, a := range s.attempts {
				met[a.Outcome]++
				if a.Try > 0 {
					resent++
				}
			}
			for _, k := range s.tail.Kinds {
				renewed += k.Renewed
			}
		})
		t.Logf("verdicts %v, outcomes %v, %d sent again and %d as other requests", verdicts, met, resent, renewed)
		if *simulated == 0 && (verdicts[check.Valid] < simulations/36 || resent == 0 || renewed == 0) {
			t.Error("the sales prove little")
		}
	})
	t.Run("article", func(t *testing.T) {
		t.Parallel()
		article := crowded(group{"article", []string{"article"}, broken.shape})
		draws := article.shape
		article.shape = func(s *Spec, rng *rand.Rand) {
			draws(s, rng)
			for i := range s.Crowd {
				k := &s.Crowd[i]
				k.Attempts, k.Resend.New, k.Patience = &Range{2, 3}, true, nil
			}
		}
		eachSeed(t, article, simulations/50, func(seed uint64, s *simulation) {
			if s.verdict.Opinion != check.Invalid {
				t.Errorf("seed %d over %+v is not caught: %v", seed, s.faults, s.verdict.Doubts)
			}
		})
	})
}

// The same seed is the same plan of a crowd: who is of which kind, what each may
// ask for, and when each does it next, after whatever he is told.
func TestSeedDecidesTheCrowd(t *testing.T) {
	draw := func(seed uint64) (seen all, kinds []int) {
		spec := crowdOf(200, drawnCrowd(rand.New(rand.NewPCG(3, 3)))...)
		spec.Seed = &seed
		for i := range spec.Crowd { // whom a budget meets, the order of the answers decides
			spec.Crowd[i].Resend.Budget = 0
		}
		seen, d := telling(t, spec, 0, func(p *sale.Purchase) sale.Outcome { return sale.Outcomes[p.RequestIndex%9] })
		for buyer := range uint32(200) {
			kinds = append(kinds, d.plan.head.Crowd.KindOf(buyer))
		}
		return seen, kinds
	}
	a, kindsA := draw(1)
	b, kindsB := draw(1)
	other, kindsOther := draw(2)
	if !slices.Equal(kindsA, kindsB) || slices.Equal(kindsA, kindsOther) {
		t.Error("the kinds of the buyers are not the seed's")
	}
	dues := func(seen all) map[[2]uint32][]int64 {
		m := map[[2]uint32][]int64{}
		for _, at := range seen {
			key := [2]uint32{at.Request, uint32(at.Try)}
			m[key] = append(m[key], at.Due)
		}
		return m
	}
	if !reflect.DeepEqual(dues(a), dues(b)) || reflect.DeepEqual(dues(a), dues(other)) {
		t.Errorf("the same seed plans %d and %d attempts at other instants", len(a), len(b))
	}
}

// A crowd leaves its kinds in the record, for whoever reads it.
func TestRecordKnowsTheKinds(t *testing.T) {
	r := run(t, t.Context(), "once", func(s *Spec) {
		s.Buyers, s.Stock, s.LostReplies, s.Timeout = new(int64(150)), exactly(50), 0.2, 200*time.Millisecond
		s.Crowd = Crowd{
			{Kind: "once", Share: 0.5}, {Kind: "twice", Share: 0.3, Attempts: &Range{2, 2}},
			{Kind: "anew", Share: 0.2, Resend: Resend{Max: new(2), New: true}},
		}
	}, nil)
	requests := map[uint32]map[uint32]bool{}
	for _, a := range r.attempts {
		if requests[a.Buyer] == nil {
			requests[a.Buyer] = map[uint32]bool{}
		}
		requests[a.Buyer][a.Request] = true
	}
	count, renewed := make([]int, 3), 0
	for buyer := range uint32(150) {
		kind, n := r.head.Crowd.KindOf(buyer), len(requests[buyer])
		count[kind]++
		if kind == 0 && n != 1 || kind == 1 && n != 2 || kind == 2 && (n < 1 || n > 3) {
			t.Errorf("buyer %d of kind %d makes %d requests", buyer, kind, n)
		}
		if kind == 2 {
			renewed += n - 1
		}
	}
	if want := (sale.Crowd{Seed: 1, Kinds: []sale.Kind{{Name: "once", Share: 0.5}, {Name: "twice", Share: 0.3}, {Name: "anew", Share: 0.2}}}); !reflect.DeepEqual(r.head.Crowd, want) {
		t.Errorf("the head says %+v", r.head.Crowd)
	}
	if got := (history.KindCount{Renewed: int64(renewed)}); len(r.tail.Kinds) != 3 || r.tail.Kinds[2] != got || renewed == 0 || slices.Min(count) < 15 {
		t.Errorf("the tail tells %+v, want %+v of the last; %d of each kind", r.tail.Kinds, got, count)
	}
	if plain := run(t, t.Context(), "once", func(s *Spec) { s.Buyers = new(int64(5)) }, nil); !reflect.DeepEqual(plain.head.Crowd, sale.Crowd{}) || plain.tail.Kinds != nil {
		t.Errorf("without a crowd the record says %+v and %+v", plain.head.Crowd, plain.tail.Kinds)
	}
}

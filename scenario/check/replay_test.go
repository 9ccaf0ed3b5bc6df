package check

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A score is what the replayer gets: an order, and what it is held against.
type score struct {
	acts             []act
	scene            *scene
	buyers, requests int
}

func (s *score) plays() bool {
	_, ok := s.scene.replay(func(yield func(*act) bool) {
		for i := range s.acts {
			if !yield(&s.acts[i]) {
				return
			}
		}
	}, s.buyers, s.requests)
	return ok
}

// scoreOf is the order that the judge makes of a history; nil: it makes none.
func scoreOf(t *testing.T, sale *smallSale) *score {
	t.Helper()
	h, found := sale.history(), newFindings()
	read, err := gather(h, found)
	if err != nil {
		t.Fatal(err)
	}
	r := &read.records[0]
	terms, err := newTerms(&h.Head, h.Head.Items[0], r)
	if err != nil {
		t.Fatal(err)
	}
	j := &judge{terms: terms, record: r, ids: h.Head.BuyerIDs, found: found, desk: &desk{places: places{far: map[uint32]uint32{}}}}
	j.knowledge = know(h.Tail, 0, true, &j.terms)
	s := &score{}
	if r.flows() {
		f := &flow{judge: j, fixed: j.quantity}
		if j.mixed {
			f.fixed, j.order = 0, ""
		}
		f.load()
		f.judgeAll()
		w := newWitness(f)
		if found.total() > 0 || !slices.ContainsFunc(habits, w.run) {
			return nil
		}
		s.scene, s.buyers, s.requests = f.sceneFlow(), len(f.buyers), len(w.ops)
		for a := range w.acts() {
			s.acts = append(s.acts, *a)
		}
		return s
	}
	j.judge()
	j.judgeStocks(found.total() == 0)
	if found.total() > 0 || j.unsettled > 0 || j.unheard || !j.lined && j.arrange() != nil {
		return nil
	}
	s.scene, s.buyers, s.requests = j.scenePlain(), int(j.line.buyers), int(j.line.shared)
	for a := range j.acts() {
		s.acts = append(s.acts, *a)
	}
	return s
}

func (a *act) changes() bool {
	return a.does <= sellsUntold || a.does == givesBack || a.does == bringsUnits
}

// vandals change an order so that it explains nothing any more. They return
// false where there is nothing to change.
var vandals = map[string]func(*rand.Rand, *score) bool{
	"an act after its interval": func(r *rand.Rand, s *score) bool {
		a := &s.acts[r.IntN(len(s.acts))]
		a.at = a.by + 1
		return a.by != forever
	},
	"an act before its interval": func(r *rand.Rand, s *score) bool {
		a := &s.acts[r.IntN(len(s.acts))]
		a.at = a.from - 1
		return true
	},
	"two acts in the other order, one of them a change": func(r *rand.Rand, s *score) bool {
		i, k := r.IntN(len(s.acts)), r.IntN(len(s.acts))
		a, b := &s.acts[i], &s.acts[k]
		*a, *b = *b, *a
		return a.at != b.at && (a.changes() || b.changes())
	},
	"a sale that was told something else": func(r *rand.Rand, s *score) bool {
		a := &s.acts[r.IntN(len(s.acts))]
		was := a.does
		a.does = pick(r, saysSoldOut, saysRefused, saysDuplicate)
		return was == sells && (a.does != saysDuplicate || s.scene.most != noLimit)
	},
	"a refusal that was told ok": func(r *rand.Rand, s *score) bool {
		a := &s.acts[r.IntN(len(s.acts))]
		was := a.does
		a.does = sells
		return was == saysSoldOut || was == saysRefused || was == saysDuplicate && s.scene.most != noLimit
	},
	"a duplicate for sold_out": func(r *rand.Rand, s *score) bool {
		i := r.IntN(len(s.acts))
		was := s.acts[i].does
		s.acts[i].does = saysDuplicate
		who := s.acts[i].who
		had := slices.ContainsFunc(s.acts[:i], func(a act) bool { return a.changes() && a.who == who })
		return was == saysSoldOut && !had && s.scene.most != noLimit && s.acts[i].units <= s.scene.most
	},
	"another stock told": func(r *rand.Rand, s *score) bool {
		a := &s.acts[r.IntN(len(s.acts))]
		was := a.left
		a.left += pick(r, int64(1), -1)
		return was != sale.Untold
	},
	"another stock audited": func(r *rand.Rand, s *score) bool {
		if s.scene.left == nil {
			return false
		}
		left := *s.scene.left + pick(r, int64(1), -1)
		s.scene.left = &left
		return true
	},
	"another ledger": func(r *rand.Rand, s *score) bool {
		if s.scene.stored == nil {
			return false
		}
		stored := slices.Collect(s.scene.stored)
		if len(stored) == 0 {
			return false
		}
		n := &stored[r.IntN(len(stored))]
		s.scene.stored = slices.Values(stored)
		if s.scene.presence {
			*n = 1 - *n
		} else {
			*n += pick(r, int64(1), -1)
		}
		return true
	},
	"a sale that is not there": func(r *rand.Rand, s *score) bool {
		i := r.IntN(len(s.acts))
		was := s.acts[i].does
		s.acts = slices.Delete(s.acts, i, i+1)
		returned := slices.ContainsFunc(s.acts, func(a act) bool { return a.does == givesBack })
		return was <= sellsUntold && s.scene.left != nil && !returned
	},
	"an answer that is not there": func(r *rand.Rand, s *score) bool {
		i := r.IntN(len(s.acts))
		was := s.acts[i].does
		s.acts = slices.Delete(s.acts, i, i+1)
		return was != sellsUntold && was != mayHaveSold && was != givesBack && was != bringsUnits
	},
	"a replay of nothing": func(r *rand.Rand, s *score) bool {
		s.requests++
		last := &s.acts[len(s.acts)-1]
		s.acts = append(s.acts, act{at: last.at, from: last.at, by: last.at, does: saysReplayed, request: uint32(s.requests), left: sale.Untold})
		return s.buyers > 0
	},
}

// The replayer passes every order of the judge, and none that was tampered with.
func TestReplayerObjects(t *testing.T) {
	objected := map[string]int{}
	for seed := range uint64(6000) {
		for _, of := range []func(uint64) *smallSale{small, smallRead, smallRanked} {
			s := scoreOf(t, of(seed))
			if s == nil || len(s.acts) == 0 {
				continue
			}
			if !s.plays() {
				t.Fatalf("seed %d: the order is not played: %+v\n%s", seed, s.acts, of(seed))
			}
			r := rand.New(rand.NewPCG(seed, 7))
			for what, spoil := range vandals {
				bad := *s
				bad.acts, bad.scene = slices.Clone(s.acts), new(scene)
				*bad.scene = *s.scene
				if !spoil(r, &bad) {
					continue
				}
				if objected[what]++; bad.plays() {
					t.Fatalf("seed %d: %s, and it is played: %+v\n%s", seed, what, bad.acts, of(seed))
				}
			}
		}
	}
	for what := range vandals {
		if objected[what] < 100 {
			t.Errorf("%s: tried %d times", what, objected[what])
		}
	}
}

// The promises about resends are the replayer's as well.
func TestReplayerKeepsPromises(t *testing.T) {
	sold := func(at int64, request uint32) act {
		return act{at: at, from: at, by: at, does: sells, request: request, units: 1, left: sale.Untold}
	}
	answer := func(at int64, does deed) act {
		return act{at: at, from: at, by: at, does: does, request: 1, units: 1, left: sale.Untold}
	}
	free := scene{stock: 9, most: noLimit, onceARequest: true, perRequest: true}
	limited := scene{stock: 2, most: 1, onceARequest: true, perRequest: true}
	once := scene{stock: 9, most: noLimit, onceARequest: true}
	first, second := limited, limited
	first.order, second.order = sale.DuplicateFirst, sale.StockFirst
	first.stock, second.stock = 1, 1
	first.perRequest, second.perRequest = false, false
	for _, test := range []struct {
		reason string
		scene  scene
		acts   []act
		want   bool
	}{
		{"two requests", once, []act{sold(1, 1), sold(2, 2)}, true},
		{"a request sold twice", once, []act{sold(1, 1), sold(2, 1)}, false},
		{"without a promise", scene{stock: 9, most: noLimit}, []act{sold(1, 1), sold(2, 1)}, true},
		{"sold again after it came back", once, []act{sold(1, 1), answer(2, givesBack), sold(3, 1)}, true},
		{"a replay", limited, []act{sold(1, 1), answer(2, saysReplayed)}, true},
		{"a replay that comes first", limited, []act{answer(1, saysReplayed), sold(2, 1)}, false},
		{"a replay of what may have been sold later", limited, []act{answer(3, mayHaveSold), answer(2, saysReplayed)}, false},
		{"a replay of what may have been sold", limited, []act{answer(2, mayHaveSold), answer(2, saysReplayed)}, true},
		{"a duplicate instead of a replay", limited, []act{sold(1, 1), answer(2, saysDuplicate)}, false},
		{"refused instead of a replay", limited, []act{sold(1, 1), answer(2, saysRefused)}, false},
		{"turned away without a limit, and nothing ran out", free, []act{answer(1, saysDuplicate)}, false},
		{"turned away without a limit, and it ran out", scene{stock: 1, most: noLimit}, []act{answer(1, saysDuplicate), sold(2, 2)}, true},
		{"turned away and then sold", scene{stock: 1, most: noLimit, onceARequest: true, perRequest: true}, []act{answer(1, saysDuplicate), sold(2, 1)}, false},
		{"a holder told sold_out by a script that tests the buyer first", first, []act{sold(1, 1), answer(2, saysSoldOut)}, false},
		{"a holder told duplicate", first, []act{sold(1, 1), answer(2, saysDuplicate)}, true},
		{"a holder told duplicate by a script that tests the stock first", second, []act{sold(1, 1), answer(2, saysDuplicate)}, false},
		{"a holder told sold_out", second, []act{sold(1, 1), answer(2, saysSoldOut)}, true},
	} {
		s := score{test.acts, &test.scene, 1, 2}
		if got := s.plays(); got != test.want {
			t.Errorf("%s: played %t", test.reason, got)
		}
	}
}

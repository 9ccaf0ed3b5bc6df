package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/compare"
)

// An entrant is a variant of a simulated comparison.
type entrant struct {
	name string
	// cost is that of a purchase beside the usual one, lost the share of attempts that reach no connection.
	cost, lost float64
	// wrong is in how many of its runs a rule is broken.
	wrong int
}

// contest sets variants beside the first in so many rounds of sales of n buyers.
// Two sales are played of each variant and taken in turn, since summaries are
// large; each run's rates get the noise that more sales would have.
func contest(t testing.TB, options ComparisonOptions, model string, n, rounds int, entrants ...entrant) *Comparison {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 6))
	c := &Comparison{Name: "scripts", Command: "seckill compare scripts.yaml --seed 1", Seed: 1, Options: options, Variants: make([]Variant, len(entrants))}
	played := make([][2]*Summary, len(entrants))
	for i, e := range entrants {
		c.Variants[i] = Variant{Name: e.name, Changes: []Change{{"script", e.name}}}
		for k := range played[i] {
			played[i][k] = e.sale(t, model, n, 1+0.03*float64(k))
		}
	}
	for round := range rounds + 1 {
		machine := math.Exp(0.05 * random.NormFloat64()) // what all runs of a round meet
		for turn, i := range compare.Order(c.Seed, round, len(entrants)) {
			s := *played[i][(round/(i+1)+i)%2]
			s.Head.Started = s.Head.Started.Add(time.Duration(round*len(entrants)+turn) * time.Second)
			s.lastSale = int64(float64(s.lastSale) * machine * math.Exp(0.01*random.NormFloat64()))
			if round < entrants[i].wrong {
				s.Verdict.Opinion = check.Invalid
				s.Verdict.Violations = []check.Violation{{Rule: check.Oversell, Count: 3}}
			}
			run := VariantRun{Round: round, Folder: filepath.Join(fmt.Sprintf("round-%02d", round), entrants[i].name), Summary: &s}
			if v := &c.Variants[i]; round == 0 {
				v.Rehearsal = &run
			} else {
				v.Runs = append(v.Runs, run)
			}
		}
	}
	if err := c.Decide(); err != nil {
		t.Fatal(err)
	}
	return c
}

// sale is one sale with an entrant, whose purchases cost so many times the usual.
func (e entrant) sale(t testing.TB, model string, n int, times float64) *Summary {
	t.Helper()
	q := crowd(n, int64(n/5))
	if model == modelOpen {
		q = poisson(n, 20_000, int64(n/5))
	}
	q.cost = time.Duration(float64(q.cost) * e.cost * times)
	q.droppedShare = e.lost
	h := q.history()
	h.Head.Script.Name, h.Head.Script.SHA1 = e.name, e.name
	h.Head.Scenario = strings.Replace(h.Head.Scenario, "script: once", "script: "+strconv.Quote(e.name), 1)
	if model == modelOpen {
		h.Head.Objective = "p99<400us"
	}
	return summarize(t, h, validVerdict())
}

// contests are comparisons of every kind that a page must suit.
var contests = map[string]func(testing.TB) *Comparison{
	"two": func(t testing.TB) *Comparison {
		return contest(t, ComparisonOptions{}, modelBurst, 2000, 10, entrant{name: "once", cost: 1}, entrant{name: "decr", cost: 0.8})
	},
	"same": func(t testing.TB) *Comparison {
		return contest(t, ComparisonOptions{}, modelBurst, 2000, 8, entrant{name: "once", cost: 1}, entrant{name: "again", cost: 1})
	},
	"wrong": func(t testing.TB) *Comparison {
		return contest(t, ComparisonOptions{}, modelBurst, 1000, 10, entrant{name: "once", cost: 1}, entrant{name: "packed", cost: 1.1}, entrant{name: "naive", cost: 0.6, wrong: 9})
	},
	"limit": func(t testing.TB) *Comparison {
		return contest(t, ComparisonOptions{MaxRegression: ptr(0.05)}, modelOpen, 2000, 6,
			entrant{name: "base.lua", cost: 1}, entrant{name: "head.lua", cost: 1.3, lost: 0.2}, entrant{name: "other.lua", cost: 1.02, lost: 0.01}, entrant{name: "near.lua", cost: 1.1, lost: 0.03})
	},
	"one": func(t testing.TB) *Comparison {
		return contest(t, ComparisonOptions{}, modelBurst, 2000, 1, entrant{name: "once", cost: 1}, entrant{name: "decr", cost: 0.8})
	},
	"none": func(t testing.TB) *Comparison {
		return contest(t, ComparisonOptions{}, modelBurst, 500, 7, entrant{name: "once", cost: 1}, entrant{name: "lost", cost: 1, lost: 1}, entrant{name: "decr", cost: 0.8})
	},
	"many": func(t testing.TB) *Comparison {
		return contest(t, ComparisonOptions{}, modelBurst, 600, 10,
			entrant{name: "once", cost: 1}, entrant{name: "naive", cost: 0.5, wrong: 11}, entrant{name: "decr-undo", cost: 0.7}, entrant{name: "sadd-decr", cost: 0.9},
			entrant{name: "lock", cost: 4}, entrant{name: "lock-short-lease", cost: 3, wrong: 3},
			entrant{name: "server_config=appendonly yes appendfsync always", cost: 1.3}, entrant{name: "buckets", cost: 1.01, lost: 0.1})
	},
}

package scenario

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/lua"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// simulations is how many seeds are simulated of the scripts that are right.
const simulations = 300

var simulated = flag.Uint64("simulate", 0, "the one seed of a simulation to run, and to tell about")

// A group is scripts that the judge treats alike.
type group struct {
	name    string
	scripts []string
	shape   func(*Spec, *rand.Rand)
}

var (
	right = group{"right", []string{"once", "limited", "request", "tokens", "packed", "course", "buckets"}, func(*Spec, *rand.Rand) {}}
	// Attempts of several commands may end between any two of them. (BITFIELD is not
	// on the embedded server; sadd-decr is wrong when its client dies on the way.)
	severalCommands = group{"in Go", []string{"decr", "decr-undo", "watch", "lock"}, func(*Spec, *rand.Rand) {}}
	// What is wrong shows when buyers come again, or when the stock runs out.
	broken = group{"broken", []string{"article", "off-by-one", "check-without-write", "timestamped-member"},
		func(s *Spec, rng *rand.Rand) {
			s.Buyers, s.Attempts, s.Stock = new(20+rng.Int64N(20)), exactly(3), exactly(200)
			if s.Script == "off-by-one" {
				s.Stock = exactly(5 + rng.Int64N(10))
			}
		}}
)

// overFew is group's sales over few connections that all buyers share. Several
// may hear at one instant, so such a sale does not repeat exactly.
func overFew(of group) group {
	shape := of.shape
	of.name += " pipelined"
	of.shape = func(s *Spec, rng *rand.Rand) {
		shape(s, rng)
		s.Conns = conn.Pipelined(1 + rng.IntN(3))
	}
	return of
}

// A simulation is a whole sale to which faults happen, in the time of a bubble:
// everything that happens is drawn from the seed, and happens by itself, so
// that the same seed gives the same history.
type simulation struct {
	script   string
	faults   []fault.Fault
	events   []history.Event
	attempts []history.Attempt
	tail     history.Tail
	verdict  check.Verdict
}

// simulate runs the sale of a seed.
func simulate(t *testing.T, of group, seed uint64) *simulation {
	t.Helper()
	var s simulation
	synctest.Test(t, func(t *testing.T) { s.run(t, of, rand.New(rand.NewPCG(seed, 0))) })
	return &s
}

func (s *simulation) run(t *testing.T, of group, rng *rand.Rand) {
	s.script = of.scripts[rng.IntN(len(of.scripts))]
	srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded, InProcess: true})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	spec := simulatedSpec(rng)
	spec.Script = s.script
	of.shape(&spec, rng)
	seller := scriptOf(t, s.script)
	if seller.Terms.RetrySafe == sale.RetryNone {
		spec.Retries = 0
	}
	s.faults = drawn(t, rng)
	spec.Faults = s.faults
	planned, err := New(t.Context(), "simulation", spec, seller, srv)
	if err != nil {
		t.Fatal(err)
	}
	hesitate(&planned.strategy, rng.Uint64())
	var kept history.Memory
	rec := history.NewRecorder(&kept)
	s.tail, err = planned.Run(t.Context(), rec, kept.Event)
	if closeErr := rec.Close(); err != nil || closeErr != nil {
		t.Fatal(err, closeErr)
	}
	h := kept.History(planned.Head, &s.tail)
	for batch := range h.Batches() {
		s.attempts = append(s.attempts, batch...)
	}
	s.events = h.Events
	if s.verdict, err = check.Check(h); err != nil {
		t.Fatal(err)
	}
}

// simulatedSpec is a small sale. Buyers come one by one: of two who come at the
// same instant, nobody could say who was first.
func simulatedSpec(rng *rand.Rand) Spec {
	return good(func(s *Spec) {
		arrivals(fmt.Sprintf("poisson:%d/s", 50+rng.IntN(2000)))(s)
		s.Stock, s.Buyers = exactly(1+rng.Int64N(30)), new(10+rng.Int64N(40))
		s.Attempts, s.Retries = Range{1, 1 + rng.Int64N(3)}, rng.IntN(4)
		s.Timeout = time.Duration(5+rng.IntN(100)) * time.Millisecond
		if s.Conns = conn.Pool(1 + rng.IntN(8)); rng.IntN(4) == 0 {
			s.Conns = conn.Dedicated
		}
		s.Seed, s.Sample = new(rng.Uint64()), 3*time.Millisecond
	})
}

// can is what can happen to a sale on the embedded server. (When a script is
// forgotten, all who wait for it go on at one instant.)
var can = []string{
	"drop-reply", "drop-request", "delay-request", "hold", "reset", "tiny-timeout", "cancel",
}

// drawn draws what happens; sometimes nothing. Nothing that matters to buyers begins
// or ends at the same instant: which is first would not be the seed's to say.
func drawn(t *testing.T, rng *rand.Rand) []fault.Fault {
	t.Helper()
	faults := make([]fault.Fault, rng.IntN(5))
	for i := range faults {
		f := &faults[i]
		f.Do, f.At = can[rng.IntN(len(can))], time.Duration(i)*time.Microsecond
		f.Share = sale.Share(0.01 + rng.Float64()*0.4)
		f.For = time.Duration(rng.Int64N(int64(time.Second))) + 1
		switch f.Do {
		case "delay-request", "hold":
			// To the end: what is let go when it ends is let go at one instant.
			f.Delay, f.For = time.Duration(rng.Int64N(int64(200*time.Millisecond)))+1, 0
			if slices.ContainsFunc(faults[:i], func(f fault.Fault) bool { return f.Do == "delay-request" }) {
				f.Do = "hold"
			}
		case "tiny-timeout", "cancel":
			f.Delay = time.Duration(rng.Int64N(int64(2*time.Millisecond))) + 1
		}
	}
	return faults
}

// hesitate has every buyer think, for a time of his own, when he has his link:
// no two things then happen at the same instant.
func hesitate(s *strategy.Strategy, seed uint64) {
	call := s.Call
	s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
		which := uint64(p.RequestIndex)<<32 | uint64(p.Attempt)
		time.Sleep(time.Duration(rand.New(rand.NewPCG(seed, which)).Int64N(int64(2 * time.Millisecond))))
		return call(ctx, do, p)
	}
}

func scriptOf(t *testing.T, name string) strategy.Strategy {
	t.Helper()
	if slices.Contains(strategy.Names(), name) {
		s, err := strategy.Find(name, "")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	c, err := contract.Load(lua.Files, "corpus/"+name+".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return strategy.Script(c)
}

// eachSeed simulates the seeds of a group, or the one that is asked for.
func eachSeed(t *testing.T, of group, n uint64, judge func(seed uint64, s *simulation)) {
	first, last := uint64(1), n
	if *simulated != 0 {
		first, last = *simulated, *simulated
	}
	for seed := first; seed <= last; seed++ {
		s := simulate(t, of, seed)
		if *simulated != 0 {
			t.Logf("%s over %+v: %d attempts, %+v", s.script, s.faults, len(s.attempts), s.verdict)
		}
		judge(seed, s)
	}
}

func replay(of group, seed uint64) string {
	return fmt.Sprintf("go test ./scenario -run 'Simulation/%s' -v -args -simulate %d", of.name, seed)
}

func TestSimulation(t *testing.T) {
	t.Run(right.name, func(t *testing.T) {
		t.Parallel()
		verdicts, met, done := map[check.Opinion]int{}, map[sale.Outcome]int{}, map[string]int{}
		eachSeed(t, right, simulations, func(seed uint64, s *simulation) {
			if s.verdict.Opinion == check.Invalid {
				t.Errorf("%s is accused: %+v\n%s", s.script, s.verdict.Violations, replay(right, seed))
			}
			verdicts[s.verdict.Opinion]++
			for _, a := range s.attempts {
				met[a.Outcome]++
			}
			for _, e := range s.events {
				if e.Kind == history.EventFault {
					done[strings.Fields(e.Text)[0]] += hits(e.Text)
				}
			}
		})
		t.Logf("verdicts %v, outcomes %v, faults %v", verdicts, met, done)
		for _, kind := range can {
			if n := done[kind]; n < 20 && *simulated == 0 {
				t.Errorf("%v happened %d times in %d sales", kind, n, simulations)
			}
		}
		if *simulated == 0 && (verdicts[check.Valid] < simulations/2 || met[sale.Indeterminate] < 1000) {
			t.Errorf("the sales prove little: %v, %v", verdicts, met)
		}
	})
	t.Run(overFew(right).name, func(t *testing.T) {
		t.Parallel()
		valid := 0
		eachSeed(t, overFew(right), simulations/6, func(seed uint64, s *simulation) {
			if s.verdict.Opinion == check.Invalid {
				t.Errorf("%s is accused: %+v\n%s", s.script, s.verdict.Violations, replay(overFew(right), seed))
			}
			if s.verdict.Opinion == check.Valid {
				valid++
			}
		})
		if *simulated == 0 && valid < simulations/20 {
			t.Errorf("only %d of them are valid", valid)
		}
	})
	t.Run(overFew(broken).name, func(t *testing.T) {
		t.Parallel()
		eachSeed(t, overFew(broken), simulations/15, func(seed uint64, s *simulation) {
			if s.verdict.Opinion != check.Invalid {
				t.Errorf("%s over %+v is not caught: %v\n%s", s.script, s.faults, s.verdict.Doubts, replay(overFew(broken), seed))
			}
		})
	})
	t.Run(broken.name, func(t *testing.T) {
		t.Parallel()
		eachSeed(t, broken, simulations/6, func(seed uint64, s *simulation) {
			if s.verdict.Opinion != check.Invalid {
				t.Errorf("%s over %+v is not caught: %v\n%s", s.script, s.faults, s.verdict.Doubts, replay(broken, seed))
			}
		})
	})
}

// hits is how often a fault has happened, by the note of it.
func hits(text string) int {
	n := 1
	if _, count, said := strings.Cut(text, ", "); said {
		fmt.Sscan(count, &n)
	}
	return n
}

// The same seed gives the same history, to the nanosecond.
func TestTheSameSeedIsTheSameSale(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= simulations/15; seed++ {
		one, two := simulate(t, right, seed), simulate(t, right, seed)
		for _, s := range []*simulation{one, two} {
			slices.SortFunc(s.attempts, func(a, b history.Attempt) int {
				return cmp.Or(cmp.Compare(a.Request, b.Request), cmp.Compare(a.Try, b.Try), cmp.Compare(a.Call, b.Call))
			})
		}
		if !slices.Equal(one.attempts, two.attempts) || !reflect.DeepEqual(one.tail.Audits, two.tail.Audits) {
			t.Errorf("seed %d gave two histories of %d and %d attempts: %v", seed, len(one.attempts), len(two.attempts), one.faults)
			for i := range min(len(one.attempts), len(two.attempts)) {
				if a, b := one.attempts[i], two.attempts[i]; a != b {
					t.Errorf("first %+v\nthen  %+v", a, b)
					break
				}
			}
		}
	}
}

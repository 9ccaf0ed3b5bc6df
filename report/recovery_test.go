package report

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// phase is a share of purchases that are answered from an instant on.
type goodPhase struct {
	from  time.Duration
	share float64
}

// through is an open run in which the server stands still from 4 to 6 s: buyers
// come at random, and are answered by the shares.
func through(seed uint64, perSecond float64, length time.Duration, phases ...goodPhase) *history.History {
	rng := rand.New(rand.NewPCG(seed, 1))
	var all []history.Attempt
	for at := rng.ExpFloat64() / perSecond; at < length.Seconds(); at += rng.ExpFloat64() / perSecond {
		due := time.Duration(at * 1e9)
		share := 0.0
		for _, p := range phases {
			if due >= p.from {
				share = p.share
			}
		}
		a := history.Attempt{Due: int64(due), Call: int64(due), Return: int64(due) + ms, Verb: sale.Buy, Outcome: sale.OK, Buyer: uint32(len(all)), Request: uint32(len(all))}
		if rng.Float64() >= share {
			a.Outcome, a.Return = sale.Indeterminate, int64(due)+1000*ms
		}
		all = append(all, a)
	}
	return stalled(all, fault("pause the server", 4000, 6000))
}

func stalled(all []history.Attempt, faults ...history.Event) *history.History {
	h := record(testHead(modelOpen, "constant:300/s*20s"), testTail(int64(len(all)), 0), nil, all)
	h.Events = faults
	return h
}

// recoveries are those of a history.
func recoveries(t *testing.T, h *history.History) []Recovery {
	t.Helper()
	g := newGoodput(h)
	if err := eachAttempt(h, g.add); err != nil {
		t.Fatal(err)
	}
	return g.finish()
}

func s(seconds float64) time.Duration { return time.Duration(seconds * 1e9) }

func TestRecovery(t *testing.T) {
	for _, c := range []struct {
		name         string
		perSecond    float64
		length       time.Duration
		phases       []goodPhase
		verdict, why string
		after, fell  float64 // s after the heal; 0: not looked at
		first        float64
	}{
		{name: "comes back", perSecond: 300, length: s(20), phases: []goodPhase{{0, 1}, {s(4), 0}, {s(8.8), 1}}, verdict: Back, after: 2.8},
		{name: "comes back although some are always lost", perSecond: 1000, length: s(20), phases: []goodPhase{{0, .8}, {s(4), 0}, {s(9), .8}}, verdict: Back, after: 3},
		{name: "comes back to nine tenths and more", perSecond: 1000, length: s(20), phases: []goodPhase{{0, 1}, {s(4), 0}, {s(9), .95}}, verdict: Back, after: 3},
		{name: "does not come back to less", perSecond: 1000, length: s(20), phases: []goodPhase{{0, 1}, {s(4), 0}, {s(9), .8}}, verdict: NotBack},
		{name: "never comes back", perSecond: 300, length: s(20), phases: []goodPhase{{0, 1}, {s(4), 0}}, verdict: NotBack},
		{name: "is hurt by nothing", perSecond: 300, length: s(20), phases: []goodPhase{{0, 1}}, verdict: Back},
		{name: "comes back and falls again", perSecond: 300, length: s(20), phases: []goodPhase{{0, 1}, {s(4), 0}, {s(8), 1}, {s(13), 0}}, verdict: FellAgain, first: 2, fell: 7},
		{name: "comes back, falls and is back for good", perSecond: 300, length: s(25), phases: []goodPhase{{0, 1}, {s(4), 0}, {s(8), 1}, {s(13), 0}, {s(16), 1}}, verdict: Back, first: 2, fell: 7, after: 10},
		{name: "a good moment in the middle is not back", perSecond: 300, length: s(20), phases: []goodPhase{{0, 1}, {s(4), 0}, {s(8), 1}, {s(8.5), 0}, {s(12), 1}}, verdict: Back, first: 6, after: 6},
		{name: "a bad moment later is no fall", perSecond: 300, length: s(20), phases: []goodPhase{{0, 1}, {s(4), 0}, {s(8), 1}, {s(14), 0}, {s(14.1), 1}}, verdict: Back, after: 2},
		{name: "is bad to the end, too late to see it stay", perSecond: 300, length: s(20), phases: []goodPhase{{0, 1}, {s(4), 0}, {s(8), 1}, {s(19.2), 0}}, verdict: Undecided, why: "before the end"},
		{name: "is bad for a moment at the end", perSecond: 300, length: s(20), phases: []goodPhase{{0, 1}, {s(4), 0}, {s(8), 1}, {s(19.8), 0}}, verdict: Back, after: 2},
		{name: "was never well", perSecond: 1000, length: s(20), phases: []goodPhase{{0, .3}, {s(4), 0}, {s(8), .3}}, verdict: Undecided, why: "nothing to come back to"},
		{name: "was falling before", perSecond: 1000, length: s(20), phases: []goodPhase{{0, 1}, {s(2), .7}, {s(4), 0}, {s(8), .7}}, verdict: Undecided, why: "fell before the stall"},
		{name: "too few come", perSecond: 5, length: s(20), phases: []goodPhase{{0, 1}, {s(4), 0}, {s(8), 1}}, verdict: Undecided, why: "too few"},
		{name: "too few come to tell so many lost from chance", perSecond: 300, length: s(20), phases: []goodPhase{{0, .8}, {s(4), 0}, {s(8), .8}}, verdict: Undecided, why: "too few"},
		{name: "is over too soon", perSecond: 300, length: s(7.5), phases: []goodPhase{{0, 1}, {s(4), 0}}, verdict: Undecided, why: "after the server went on"},
		{name: "comes back as it ends", perSecond: 300, length: s(12), phases: []goodPhase{{0, 1}, {s(4), 0}, {s(11), 1}}, verdict: Undecided, why: "too late"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(5) {
				all := recoveries(t, through(seed, c.perSecond, c.length, c.phases...))
				if len(all) != 1 {
					t.Fatalf("%d recoveries", len(all))
				}
				r := &all[0]
				if r.Verdict != c.verdict || !strings.Contains(r.Why, c.why) {
					t.Fatalf("seed %d: %s (%s); %s", seed, r.Verdict, r.Why, r.Sentence())
				}
				for what, of := range map[string]struct {
					got  *time.Duration
					want float64
				}{"after": {r.After, c.after}, "first": {r.First, c.first}, "fell": {r.Fell, c.fell}} {
					if of.want == 0 {
						continue
					}
					if of.got == nil || (*of.got-s(of.want)).Abs() > s(.3) {
						t.Errorf("seed %d: %s %v s, got %v", seed, what, of.want, of.got)
					}
				}
			}
		})
	}
}

// A purchase that is answered at last counts where it was first due, and in
// whatever order its attempts are read.
func TestRecoveryByResend(t *testing.T) {
	h := through(1, 300, s(20), goodPhase{0, 1}, goodPhase{s(4), 0}, goodPhase{s(7), 1})
	var all []history.Attempt
	for batch, err := range h.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, batch...)
	}
	asked, answered := int64(0), int64(0)
	for _, a := range slices.Clone(all) {
		if a.Outcome == sale.Indeterminate {
			again := a
			again.Try, again.Due, again.Outcome = 1, a.Return, sale.OK
			again.Return = again.Due + ms
			if asked++; asked%2 == 0 {
				again.Outcome = sale.Indeterminate
			} else {
				answered++
			}
			all = append(all, again)
		}
	}
	rand.New(rand.NewPCG(3, 3)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	r := recoveries(t, stalled(all, h.Events...))[0]
	if r.Verdict != Back || (*r.After-s(1)).Abs() > s(.2) {
		t.Errorf("goodput %s", r.Sentence())
	}
	if r.Peak < 1.5 {
		t.Errorf("at most %v attempts a purchase", r.Peak)
	}
	if met := int64(3 * 300); r.Purchases < met-100 || r.Purchases > met+100 {
		t.Errorf("%d purchases from the stall until it was back", r.Purchases)
	}
	if slack := int64(60); r.Resends < asked-slack-300 || r.Lost < asked-answered-slack || r.Lost > asked-answered {
		t.Errorf("%d resends of %d, %d lost of %d asked and %d answered", r.Resends, asked, r.Lost, asked, answered)
	}
}

// Each stall is judged until the next one, and those that follow at once are one.
func TestRecoveryOfSeveral(t *testing.T) {
	h := through(1, 300, s(30), goodPhase{0, 1}, goodPhase{s(4), 0}, goodPhase{s(7), 1}, goodPhase{s(15), 0})
	h.Events = append(h.Events, fault("client-pause", 15_000, 15_500), fault("pause", 16_000, 17_000), fault("kill", 20_000, 21_000))
	all := recoveries(t, h)
	if len(all) != 2 || all[0].Verdict != Back || all[1].Verdict != NotBack || all[1].Heal != 17_000*ms {
		t.Errorf("%d recoveries, of the first %s, of the last %s", len(all), all[0].Sentence(), all[len(all)-1].Sentence())
	}
}

// There is nothing to come back from where nothing stalled, or where buyers wait
// for each other.
func TestNoRecovery(t *testing.T) {
	calm := through(1, 300, s(10), goodPhase{0, 1})
	calm.Events = []history.Event{fault("kill", 4000, 5000), fault("pause", 4000, history.Never)}
	if all := recoveries(t, calm); all != nil {
		t.Errorf("recoveries of no stall: %+v", all)
	}
	closed := through(1, 300, s(10), goodPhase{0, 1})
	closed.Head.Model = modelClosed
	if all := recoveries(t, closed); all != nil {
		t.Errorf("recoveries of a closed run: %+v", all)
	}
	early := through(1, 3000, s(10), goodPhase{0, 1}, goodPhase{s(.8), 0}, goodPhase{s(2), 1})
	early.Events = []history.Event{fault("pause", 800, 1500)}
	if all := recoveries(t, early); len(all) != 1 || all[0].Verdict != Undecided || !strings.Contains(all[0].Why, "before the stall") {
		t.Errorf("with little before the stall: %s", all[0].Sentence())
	}
	none := stalled(nil, fault("pause", 4000, 6000))
	if all := recoveries(t, none); len(all) != 1 || all[0].Verdict != Undecided {
		t.Errorf("recoveries of an empty run: %+v", all)
	}
}

// An objective on it is decided by the slowest stall.
func TestBackObjective(t *testing.T) {
	for slo, want := range map[string]string{"back<5s": Met, "back<2s": Missed} {
		h := through(1, 300, s(20), goodPhase{0, 1}, goodPhase{s(4), 0}, goodPhase{s(9), 1})
		h.Head.Objective = slo
		sum, err := Summarize(h, check.Verdict{Opinion: check.Valid})
		if err != nil {
			t.Fatal(err)
		}
		if f := sum.Objective[0]; f.Verdict != want {
			t.Errorf("%s: %s (%s)", slo, f.Verdict, f.Why)
		}
	}
	for name, h := range map[string]*history.History{
		Missed: through(1, 300, s(20), goodPhase{0, 1}, goodPhase{s(4), 0}), Inconclusive: through(1, 300, s(7), goodPhase{0, 1}, goodPhase{s(4), 0}),
	} {
		h.Head.Objective = "back<60s"
		sum, err := Summarize(h, check.Verdict{Opinion: check.Valid})
		if err != nil {
			t.Fatal(err)
		}
		if f := sum.Objective[0]; f.Verdict != name || f.Why == "" {
			t.Errorf("not back: %s (%s)", f.Verdict, f.Why)
		}
	}
}

// An endless queue is a server without a hurry: it works off what it was sent, one after
// the other, also for those who have left.
type endless struct {
	load, perSecond    float64
	stall, heal, waits time.Duration
	resends            int
}

// attempts by when they are due.
type dues []history.Attempt

func (d dues) Len() int           { return len(d) }
func (d dues) Less(i, j int) bool { return d[i].Due < d[j].Due }
func (d dues) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *dues) Push(x any)        { *d = append(*d, x.(history.Attempt)) }
func (d *dues) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}

func (q endless) history(seed uint64, length time.Duration) *history.History {
	rng := rand.New(rand.NewPCG(seed, 2))
	var waiting dues
	for at := 0.0; at < length.Seconds(); at += rng.ExpFloat64() / q.perSecond {
		waiting = append(waiting, history.Attempt{Due: int64(at * 1e9), Verb: sale.Buy, Buyer: uint32(len(waiting)), Request: uint32(len(waiting))})
	}
	heap.Init(&waiting)
	takes := int64(q.load / q.perSecond * 1e9)
	free, all := int64(0), []history.Attempt(nil)
	for waiting.Len() > 0 {
		a := heap.Pop(&waiting).(history.Attempt)
		begin := max(free, a.Due)
		if begin >= int64(q.stall) && begin < int64(q.heal) {
			begin = int64(q.heal)
		}
		free = begin + takes
		a.Call, a.Return, a.Outcome = a.Due, free, sale.OK
		if a.Return-a.Due > int64(q.waits) {
			a.Return, a.Outcome = a.Due+int64(q.waits), sale.Indeterminate
			if int(a.Try) < q.resends {
				again := a
				again.Due, again.Try = a.Return, a.Try+1
				heap.Push(&waiting, again)
			}
		}
		all = append(all, a)
	}
	return stalled(all, fault("pause the server", q.stall.Milliseconds(), q.heal.Milliseconds()))
}

// Through a queue goodput is back when the arithmetic says, without resends; with
// three of them a fifth of what is carried is more than four times as many can
// bear, and below a quarter it comes back.
func TestRecoveryOfAQueue(t *testing.T) {
	for _, c := range []struct {
		load    float64
		resends int
		verdict string
	}{
		{.8, 0, Back}, {.6, 0, Back}, {.8, 3, NotBack}, {.4, 3, NotBack}, {.2, 3, Back}, {.8, 1, NotBack}, {.4, 1, Back},
	} {
		for seed := range uint64(3) {
			q := endless{load: c.load, perSecond: 300, stall: s(4), heal: s(6), waits: s(1), resends: c.resends}
			r := recoveries(t, q.history(seed, s(25)))[0]
			if r.Verdict != c.verdict {
				t.Errorf("load %.1f, %d resends, seed %d: goodput %s", c.load, c.resends, seed, r.Sentence())
				continue
			}
			served, _, _ := QueueFloor(c.load, s(2), s(1))
			if c.resends == 0 && (*r.After-served).Abs() > s(1) {
				t.Errorf("load %.1f, seed %d: back after %v, the floor is %v", c.load, seed, *r.After, served)
			}
		}
	}
}

func TestQueueFloor(t *testing.T) {
	for _, c := range []struct {
		load         float64
		stall, waits time.Duration
		served, gone time.Duration
		ends         bool
	}{
		{.8, s(2), s(1), s(3), s(8), true},
		{.5, s(2), s(0), s(2), s(2), true},
		{.5, s(2), s(5), 0, s(2), true}, // nobody leaves before
		{1, s(2), s(1), 0, 0, false},
		{0, s(2), s(1), 0, 0, false},
	} {
		served, gone, ends := QueueFloor(c.load, c.stall, c.waits)
		if (served-c.served).Abs() > time.Microsecond || (gone-c.gone).Abs() > time.Microsecond || ends != c.ends {
			t.Errorf("load %v, stall %v, waits %v: %v, %v, %v", c.load, c.stall, c.waits, served, gone, ends)
		}
	}
}

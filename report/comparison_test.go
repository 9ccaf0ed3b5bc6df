package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/compare"
	"github.com/seckill-bench/seckill/scenario/history"
)

// A paced run is a sale of so many buyers, one answered after the other.
type paced struct {
	head    history.Head
	every   int64 // ns between two answers, which take 25 times as long
	broken  bool
	bound   string
	stock   int64
	ended   string
	unknown bool
}

// sales keeps what was summed up once: many trials draw the same noise.
var sales = map[string]*Summary{}

func (p *paced) summary(t testing.TB) *Summary {
	t.Helper()
	key := fmt.Sprint(p.head.Model, p.head.Objective, p.every, p.stock)
	if sales[key] == nil {
		sales[key] = p.sale(t)
	}
	s, tail := *sales[key], *sales[key].Tail
	s.Head, s.Tail, s.Bound, s.Verdict = p.head, &tail, p.bound, validVerdict()
	if p.ended != "" {
		tail.Ended = p.ended
	}
	if p.broken {
		s.Verdict.Opinion = check.Invalid
		s.Verdict.Violations = []check.Violation{{Rule: check.Oversell, Count: 3, Cases: []check.Case{{
			Message: "3 units more were sold than there were.", Attempts: []history.Attempt{bought(0, p.stock)},
		}}}}
	}
	if p.unknown {
		s.Verdict.Opinion, s.Verdict.Doubts = check.Unknown, []string{"nobody looked"}
	}
	return &s
}

// sale sums up the attempts.
func (p *paced) sale(t testing.TB) *Summary {
	t.Helper()
	const buyers = 300
	all := burstOf(buyers, p.stock)
	for i := range all {
		a := &all[i]
		if p.head.Model == modelOpen {
			a.Due = int64(i) * p.every
		}
		a.Call = int64(i) * p.every
		a.Return = a.Call + 25*p.every
		a.Start = 0
	}
	tail := testTail(buyers, max(p.stock-buyers, 0))
	tail.Driver.CPU = p.every * buyers
	tail.Served = []history.Served{{Master: true, Time: 1, CPU: ptr(p.every * buyers / 2)}}
	tail.Links = &history.Links{Sent: 2 * buyers}
	return summarize(t, record(p.head, tail, nil, all), validVerdict())
}

// A trial makes comparisons of variants whose answers take so many times as
// long as those of the base, on a machine that becomes slower.
type trial struct {
	model, slo string
	rounds     int
	slower     map[string]float64
	names      []string // but the base
	noise      float64
	drift      float64 // a round
	options    ComparisonOptions
	// change is done to every run before it is summed up.
	change func(variant string, round int, p *paced)
	// inTurn: the order is that of the names.
	inTurn bool
}

func (tr trial) comparison(t testing.TB) *Comparison {
	t.Helper()
	c := tr.made(t)
	if err := c.Decide(); err != nil {
		t.Fatal(err)
	}
	return c
}

// made is a comparison that is not yet decided.
func (tr trial) made(t testing.TB) *Comparison {
	t.Helper()
	r := rand.New(rand.NewPCG(11, 3))
	c := &Comparison{Name: "flash-sale", Command: "seckill compare --vary script=once,watch --seed 7", Seed: 7, Options: tr.options}
	for _, name := range append([]string{"once"}, tr.names...) {
		v := Variant{Name: name}
		if name != "once" {
			v.Changes = []Change{{"script", name}}
		}
		c.Variants = append(c.Variants, v)
	}
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for round := 1; round <= tr.rounds; round++ {
		order := compare.Order(7, round, len(c.Variants))
		if tr.inTurn {
			slices.Sort(order)
		}
		for _, i := range order {
			v := &c.Variants[i]
			head := testHead(modelBurst, "burst")
			if tr.model == modelOpen {
				head = testHead(modelOpen, "poisson:20000/s")
			}
			head.Started, head.Objective, head.Script.Name = began, tr.slo, v.Name
			began = began.Add(time.Second)
			head.Scenario = strings.Replace(head.Scenario, "script: once", "script: "+v.Name, 1)
			slower := 1.0
			if factor, is := tr.slower[v.Name]; is {
				slower = factor
			}
			every := 20e3 * slower * math.Exp(tr.drift*float64(round)+tr.noise*math.Round(2*r.NormFloat64())/2)
			p := paced{head: head, every: int64(every), stock: 100, bound: boundServer}
			if tr.change != nil {
				tr.change(v.Name, round, &p)
			}
			v.Runs = append(v.Runs, VariantRun{Round: round, Folder: fmt.Sprintf("round-%02d/%s", round, v.Name), Summary: p.summary(t)})
		}
	}
	return c
}

// A contrast is told in one word, and the whole ends with one exit code.
func TestComparisonAnswers(t *testing.T) {
	limit := ComparisonOptions{MaxRegression: ptr(.05)}
	pass := ComparisonOptions{MaxRegression: ptr(.05), PassInconclusive: true}
	slow := func(by float64) map[string]float64 { return map[string]float64{"watch": by} }
	broken := func(who string) func(string, int, *paced) {
		return func(v string, round int, p *paced) { p.broken = v == who && round == 2 }
	}
	watch := []string{"watch"}
	for _, tt := range []struct {
		reason     string
		tr         trial
		word, both string
		exit       int
	}{
		{"slower by more than is allowed", trial{rounds: 10, names: watch, slower: slow(1.2), noise: .01, options: limit}, "REGRESSION", "REGRESSION", 4},
		{"slower by less", trial{rounds: 10, names: watch, slower: slow(1.02), noise: .005, options: limit}, "NO REGRESSION beyond 5%", "NO REGRESSION", 0},
		{"just about as much", trial{rounds: 10, names: watch, slower: slow(1.05), noise: .03, options: limit}, "INCONCLUSIVE", "INCONCLUSIVE", 3},
		{"the same, where that passes", trial{rounds: 10, names: watch, slower: slow(1.05), noise: .03, options: pass}, "INCONCLUSIVE", "INCONCLUSIVE", 0},
		{"a regression does not pass", trial{rounds: 10, names: watch, slower: slow(1.2), noise: .01, options: pass}, "REGRESSION", "REGRESSION", 4},
		{"without a limit a difference is told and no failure", trial{rounds: 10, names: watch, slower: slow(1.2), noise: .01}, "WORSE", "COMPARED", 0},
		{"and so is a better one", trial{rounds: 10, names: watch, slower: slow(.8), noise: .01}, "BETTER", "COMPARED", 0},
		{"no difference", trial{rounds: 10, names: watch, noise: .03}, "NO DIFFERENCE SHOWN", "COMPARED", 0},
		{"five rounds conclude nothing, however clear", trial{rounds: 5, names: watch, slower: slow(3)}, "INCONCLUSIVE", "INCONCLUSIVE", 3},
		{"six do", trial{rounds: 6, names: watch, slower: slow(3), noise: .01}, "WORSE", "COMPARED", 0},
		{"five with a limit are no regression either", trial{rounds: 5, names: watch, slower: slow(3), options: limit}, "INCONCLUSIVE", "INCONCLUSIVE", 3},
		{"where what is inconclusive passes, five do", trial{rounds: 5, names: watch, options: ComparisonOptions{PassInconclusive: true}}, "INCONCLUSIVE", "INCONCLUSIVE", 0},
		{"wrong in one round is wrong, and faster is not better", trial{rounds: 10, names: watch, slower: slow(.8), change: broken("watch")}, "WRONG", "WRONG", 1},
		{"wrong and slower: the exit is that of wrong", trial{rounds: 10, names: watch, slower: slow(2), options: limit, change: broken("watch")}, "WRONG", "WRONG", 1},
		{"wrong outweighs too few rounds", trial{rounds: 2, names: watch, options: pass, change: broken("watch")}, "WRONG", "WRONG", 1},
		{"nothing is compared with what is wrong", trial{rounds: 10, names: watch, slower: slow(2), change: broken("once")}, "INCONCLUSIVE", "WRONG", 1},
		{"a run that proves nothing does not pass", trial{rounds: 10, names: watch, options: pass, change: func(_ string, round int, p *paced) { p.unknown = round == 1 }},
			"NO REGRESSION beyond 5%", "UNKNOWN", 3},
	} {
		c := tt.tr.comparison(t)
		if got := c.headline(&c.Contrasts[0]); got != tt.word || c.Word() != tt.both || c.ExitCode() != tt.exit {
			t.Errorf("%s: %s, in all %s, exit %d; want %s, %s, %d", tt.reason, got, c.Word(), c.ExitCode(), tt.word, tt.both, tt.exit)
		}
	}
}

// With several variants the worst counts, and what cannot be decided comes
// before a regression.
func TestComparisonOfSeveral(t *testing.T) {
	tr := trial{rounds: 10, names: []string{"fast", "slow", "near"}, noise: .03, slower: map[string]float64{"fast": .5, "slow": 2, "near": 1.05}, options: ComparisonOptions{MaxRegression: ptr(.05)}}
	c := tr.comparison(t)
	if c.ExitCode() != 3 {
		t.Errorf("exit %d, want 3 for near", c.ExitCode())
	}
	tr.options.PassInconclusive = true
	if c = tr.comparison(t); c.ExitCode() != 4 {
		t.Errorf("exit %d, want 4 for slow", c.ExitCode())
	}
	if says := c.sentence(&c.Contrasts[2]); !strings.Contains(says, "straddles the 5%") || !strings.Contains(says, "more rounds would settle it") && !strings.Contains(says, "no number of rounds") {
		t.Errorf("near: %s", says)
	}
}

// What was expected to be broken does not weigh on the exit code; but who is wrong
// is not better, unless the base is wrong in the same way.
func TestComparisonExpects(t *testing.T) {
	c := trial{rounds: 8, names: []string{"watch"}, slower: map[string]float64{"watch": .5}, noise: .01, change: func(v string, _ int, p *paced) { p.broken = v == "watch" }}.made(t)
	for i := range c.Variants[1].Runs {
		v := &c.Variants[1].Runs[i].Summary.Verdict
		v.Opinion, v.Violations[0].Expected = check.Valid, true
	}
	if err := c.Decide(); err != nil {
		t.Fatal(err)
	}
	contrast := &c.Contrasts[0]
	if says := c.sentence(contrast); c.ExitCode() != 0 || c.Word() != wordCompared || c.wordOf(contrast) != wordForeseen ||
		!strings.HasPrefix(says, "oversell broken in 8 of 8 runs; how fast it is comes second") || c.answerTo(contrast, 0) != sideWrong {
		t.Errorf("exit %d, %s, %s, %q, %s", c.ExitCode(), c.Word(), c.wordOf(contrast), says, c.answerTo(contrast, 0))
	}
	c.Variants[0].Runs[3].Summary.Verdict.Violations = c.Variants[1].Runs[3].Summary.Verdict.Violations
	if err := c.Decide(); err != nil {
		t.Fatal(err)
	}
	if contrast := &c.Contrasts[0]; c.wordOf(contrast) != wordBetter || c.answerTo(contrast, 0) != sideBetter {
		t.Errorf("both are wrong, as expected: %s, %s", c.wordOf(contrast), c.answerTo(contrast, 0))
	}
	// How fast it is answers nothing, and nothing is held against a base that is wrong.
	for i := range c.Variants[1].Runs {
		c.Variants[0].Runs[i].Summary.Verdict.Violations = nil
	}
	c.Options.MaxRegression = ptr(.05)
	if err := c.Decide(); err != nil {
		t.Fatal(err)
	}
	if c.Contrasts[0].Answer != "" || c.Word() != wordForeseen || c.ExitCode() != 0 || c.titleState() != "invalid" {
		t.Errorf("a variant that is wrong, as expected: %q, %s, exit %d", c.Contrasts[0].Answer, c.Word(), c.ExitCode())
	}
	c.Variants[0].Runs, c.Variants[1].Runs = c.Variants[1].Runs, c.Variants[0].Runs
	if err := c.Decide(); err != nil {
		t.Fatal(err)
	}
	if c.Contrasts[0].Answer != compare.Inconclusive || c.wordOf(&c.Contrasts[0]) != wordInconclusive || c.ExitCode() != 3 {
		t.Errorf("a base that is wrong, as expected: %q, %s, exit %d", c.Contrasts[0].Answer, c.wordOf(&c.Contrasts[0]), c.ExitCode())
	}
}

// A rehearsal does not count, but what it broke is broken.
func TestRehearsalIsJudged(t *testing.T) {
	tr := trial{rounds: 6, names: []string{"watch"}, noise: .01}
	c := tr.made(t)
	bad := paced{head: testHead(modelBurst, "burst"), every: 900e3, stock: 100, bound: boundDriver, broken: true}
	c.Variants[1].Rehearsal = &VariantRun{Folder: "rehearsal/watch", Summary: bad.summary(t)}
	if err := c.Decide(); err != nil {
		t.Fatal(err)
	}
	row := c.Contrasts[0].Rows[0]
	if c.ExitCode() != 1 || row.Estimate.Rounds != 6 || row.Ratio < .9 || slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.Contains(w, "bound") }) {
		t.Errorf("exit %d, %+v, %q", c.ExitCode(), row.Estimate, c.Warnings)
	}
}

// The primary figure is corrected for the variants, the others for those of the
// same variant.
func TestComparisonCorrects(t *testing.T) {
	tr := trial{rounds: 12, names: []string{"a", "b", "d"}, noise: .01, slower: map[string]float64{"a": 1.5, "b": 1.5, "d": 1.5}}
	c := tr.comparison(t)
	least := math.Exp2(1 - 12)
	tested := len(c.Contrasts[0].Rows) - 1
	for i := range c.Contrasts {
		primary := c.Contrasts[i].Rows[0]
		if primary.P != least || math.Abs(primary.Adjusted-3*least) > 1e-12 {
			t.Errorf("%s: p %v became %v, want three times %v", primary.Name, primary.P, primary.Adjusted, least)
		}
	}
	for _, row := range c.Contrasts[0].Rows[1:] {
		if row.Name == "throughput" && math.Abs(row.Adjusted-float64(tested)*least) > 1e-12 {
			t.Errorf("throughput: %v, want %d times %v", row.Adjusted, tested, least)
		}
	}
}

func TestSettled(t *testing.T) {
	wrong := func(v string, _ int, p *paced) { p.broken = v == "watch" }
	for _, tt := range []struct {
		reason string
		tr     trial
		want   bool
	}{
		{"nobody asked", trial{rounds: 12, names: []string{"watch"}, noise: .001}, false},
		{"narrow", trial{rounds: 12, names: []string{"watch"}, noise: .001, options: ComparisonOptions{Until: ptr(.05)}}, true},
		{"wide", trial{rounds: 12, names: []string{"watch"}, noise: .2, options: ComparisonOptions{Until: ptr(.05)}}, false},
		{"narrow, and too early", trial{rounds: 8, names: []string{"watch"}, noise: .001, options: ComparisonOptions{Until: ptr(.05)}}, false},
		{"nobody waits for one that is wrong", trial{rounds: 12, names: []string{"watch"}, noise: .2, options: ComparisonOptions{Until: ptr(.05)}, change: wrong}, true},
	} {
		if got := tt.tr.comparison(t).Settled(); got != tt.want {
			t.Errorf("%s: %t", tt.reason, got)
		}
	}
	if (&Comparison{Options: ComparisonOptions{Until: ptr(.05)}}).Settled() {
		t.Error("nothing is settled before the first Decide")
	}
}

// Decide may be called after every round: it says nothing twice, takes back
// what no longer holds, and leaves what others said.
func TestDecideAgain(t *testing.T) {
	c := trial{rounds: 7, names: []string{"watch"}, noise: .01, change: func(_ string, _ int, p *paced) { p.bound = boundHost }}.made(t)
	later := [][]VariantRun{c.Variants[0].Runs, c.Variants[1].Runs}
	c.Undecided, c.Warnings = []string{"mine"}, []string{"mine too"}
	for rounds := 1; rounds <= 7; rounds++ {
		for i := range c.Variants {
			c.Variants[i].Runs = later[i][:rounds]
		}
		if err := c.Decide(); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{true: 2, false: 1}[rounds < 6]; len(c.Undecided) != want || c.Undecided[0] != "mine" || c.Warnings[0] != "mine too" || len(c.Contrasts) != 1 {
			t.Errorf("after %d rounds: %q, %q", rounds, c.Undecided, c.Warnings)
		}
	}
	if n := strings.Count(strings.Join(c.Warnings, " "), "was the bound"); n != 1 {
		t.Errorf("%q", c.Warnings)
	}
}

// The table of all variants says first who is right, and shows the figure that
// decides; one variant beside the base needs none.
func TestOverview(t *testing.T) {
	wrong := func(v string, round int, p *paced) { p.broken = v == "watch" && round != 2 }
	c := trial{rounds: 6, names: []string{"lua", "watch"}, slower: map[string]float64{"watch": .5}, noise: .001, change: wrong}.comparison(t)
	rows := c.overview()
	if len(rows) != 4 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, want := range [][]string{{"variant", "right", "selling"}, {c.Variants[0].Name, "yes"}, {"lua", "yes"}, {"watch", "no, 5/6"}} {
		if !slices.Equal(rows[i][:len(want)], want) || len(rows[i]) != len(rows[0]) {
			t.Errorf("row %d is %q, want %q first", i, rows[i], want)
		}
	}
	last := len(rows[0]) - 1
	if row := c.Contrasts[1].Rows[0]; rows[3][2] != row.cell(row.Figure) || rows[1][2] != row.cell(row.Base) || rows[3][last] != ratioText(row.Ratio) || rows[1][last] != "1" {
		t.Errorf("%q, want the figures of %+v", rows, row)
	}
	if rows := (trial{rounds: 6, names: []string{"lua"}, noise: .01}).comparison(t).overview(); rows != nil {
		t.Errorf("one variant: %q", rows)
	}
}

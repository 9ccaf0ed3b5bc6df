package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// plain is a trial in which nothing is wrong.
func plain() trial { return trial{rounds: 6, names: []string{"watch"}, noise: .01} }

// sets puts a field into the scenario of a run.
func sets(s *Summary, field string) { s.Head.Scenario += field + "\n" }

// changedBy is the comparison with something done to a copy of each run.
func (c *Comparison) changedBy(change func(variant string, round int, s *Summary)) *Comparison {
	other := *c
	other.Variants = slices.Clone(c.Variants)
	for i := range other.Variants {
		v := &other.Variants[i]
		v.Runs = slices.Clone(v.Runs)
		for j := range v.Runs {
			s, tail := *v.Runs[j].Summary, *v.Runs[j].Summary.Tail
			s.Tail, v.Runs[j].Summary = &tail, &s
			if change != nil {
				change(v.Name, v.Runs[j].Round, &s)
			}
		}
	}
	return &other
}

// Variants are compared where they were asked for the same, on the same machine.
func TestUnlike(t *testing.T) {
	only := func(variant string, do func(*Summary)) func(string, int, *Summary) {
		return func(v string, _ int, s *Summary) {
			if v == variant {
				do(s)
			}
		}
	}
	plain := plain().made(t).changedBy(func(_ string, _ int, s *Summary) { s.SoldOutAt = nil }) // it is quicker to compare
	for _, tt := range []struct {
		reason  string
		changes []Change
		change  func(string, int, *Summary)
		want    string // in the one sentence; empty: there is none
	}{
		{"nothing differs", nil, nil, ""},
		{"another script is what is compared", nil, only("watch", func(s *Summary) { s.Head.Script.SHA1 = "ff" }), ""},
		{"a seed a round", nil, func(_ string, round int, s *Summary) { s.Head.Seed = uint64(round) }, ""},
		{"other buyers each round, as the seed has them", nil, func(_ string, round int, s *Summary) { s.Head.Seed, s.Head.Buyers = uint64(round), int64(100+round) }, ""},
		{"another seed of one variant", nil, only("watch", func(s *Summary) { s.Head.Seed = 9 }), "in round 1 the variants were not asked for the same: seed (once 1; watch 9)"},
		{"more buyers", nil, only("watch", func(s *Summary) { s.Head.Buyers = 9 }), "buyers planned (once 5,000; watch 9)"},
		{"another stock", nil, only("watch", func(s *Summary) { s.Head.Items = []sale.Item{{ID: "lamp", Stock: 7}} }), "units on sale (once 1,000; watch 7)"},
		{"more items", nil, only("watch", func(s *Summary) { s.Head.Items = []sale.Item{{ID: "a", Stock: 500}, {ID: "b", Stock: 500}} }), "items on sale (once 1; watch 2)"},
		{"another quantity", nil, only("watch", func(s *Summary) { s.Head.Quantity = 2 }), "units of a purchase"},
		{"double clicks", nil, only("watch", func(s *Summary) { sets(s, "double_click: 0.1") }), "differ in workload: double_click (once none; watch 0.1)"},
		{"double clicks, on purpose: still another workload", []Change{{"double_click", "0.1"}}, only("watch", func(s *Summary) { sets(s, "double_click: 0.1") }), "differ in workload: double_click"},
		{"faults", nil, only("watch", func(s *Summary) { sets(s, "faults: [{do: kill, at: 2s}]") }), "differ in workload: faults"},
		{"other connections that nobody named", nil, only("watch", func(s *Summary) { sets(s, "wait: 1") }), "the variants differ in wait (once none; watch 1)"},
		{"named", []Change{{"wait", "1"}}, only("watch", func(s *Summary) { sets(s, "wait: 1") }), ""},
		{"named as a flag", []Change{{"--client-retries", "1"}}, only("watch", func(s *Summary) { sets(s, "client_retries: 1") }), ""},
		{"a workload that changed between rounds", nil, func(_ string, round int, s *Summary) { sets(s, fmt.Sprintf("attempts: %d", 1+round/4)) }, "the attempts of once changed between rounds: 1, then 2"},
		{"what is named may differ, and not change", []Change{{"wait", "1"}}, func(_ string, round int, s *Summary) { sets(s, fmt.Sprintf("wait: %d", round/4)) }, "the wait of once changed between rounds"},
		{"another machine", nil, only("watch", func(s *Summary) { s.Head.Host.CPUs = 64 }), "differ in host (once 2 CPUs, linux/amd64; watch 64 CPUs"},
		{"another seckill", nil, only("watch", func(s *Summary) { s.Head.Host.Seckill = "v9" }), "differ in seckill (once v0.1.0; watch v9)"},
		{"another server", nil, only("watch", func(s *Summary) { s.Head.Server.Version = ptr("8.0.0") }), "differ in server (once redis 7.0.15 (spawned); watch redis 8.0.0 (spawned))"},
		{"another server is what is compared", []Change{{"server", "valkey-server"}}, only("watch", func(s *Summary) { s.Head.Server.Product = ptr("valkey") }), ""},
		{"a server that was replaced meanwhile", []Change{{"server", "valkey-server"}}, func(_ string, round int, s *Summary) {
			s.Head.Server.Version = ptr([]string{"7.0.15", "7.2.0"}[round/6])
		}, "the server of once changed between rounds"},
		{"a setting of the server", nil, only("watch", func(s *Summary) { s.Head.Server.Config = with(s.Head.Server.Config, "appendonly", "yes") }), "the variants differ in appendonly of the server (once no; watch yes)"},
		{"what a private server has by its connections", nil, only("watch", func(s *Summary) {
			s.Head.Server.Config = with(s.Head.Server.Config, "maxclients", "99")
		}), ""},
		{"the same of somebody's server", nil, func(v string, _ int, s *Summary) {
			s.Head.Server.Kind = "remote"
			s.Head.Server.Config = with(s.Head.Server.Config, "maxclients", map[bool]string{true: "99", false: "100"}[v == "watch"])
		}, "differ in maxclients of the server (once 100; watch 99)"},
		{"settings that are compared", []Change{{"server_config", "appendonly=yes"}}, only("watch", func(s *Summary) { s.Head.Server.Config = with(s.Head.Server.Config, "appendonly", "yes") }), ""},
	} {
		c := plain.changedBy(tt.change)
		c.Variants[1].Changes = append(c.Variants[1].Changes, tt.changes...)
		if err := c.Decide(); err != nil {
			t.Fatal(err)
		}
		if said := strings.Join(c.Undecided, " | "); !strings.Contains(said, tt.want) || (said == "") != (tt.want == "") || strings.Contains(said, " | ") {
			t.Errorf("%s: %q, want %q", tt.reason, said, tt.want)
		}
		if exit := c.ExitCode(); (exit == 3) != (tt.want != "") {
			t.Errorf("%s: exit %d", tt.reason, exit)
		}
	}
}

// A response time within which something is good has to be the same.
func TestUnlikeBoundOfGood(t *testing.T) {
	tr := plain()
	tr.model, tr.slo = modelOpen, "p99<5ms"
	tr.change = func(v string, _ int, p *paced) {
		if v == "watch" {
			p.head.Objective = "p99<9ms"
		}
	}
	if said := tr.comparison(t).Undecided; len(said) != 1 || !strings.Contains(said[0], "bound of what is good (once 5 ms; watch 9 ms)") {
		t.Errorf("%q", said)
	}
	tr.change = nil
	if said := tr.comparison(t).Undecided; len(said) > 0 {
		t.Errorf("%q", said)
	}
	tr.change = func(v string, _ int, p *paced) {
		if v == "watch" {
			p.head.Model, p.head.Objective = modelClosed, ""
		}
	}
	if said := tr.comparison(t).Undecided; len(said) == 0 || !strings.Contains(said[0], "model of arrivals (once open; watch closed)") {
		t.Errorf("%q", said)
	}
}

func TestTooFew(t *testing.T) {
	for rounds, want := range map[int]string{
		1: "how much two runs of the same variant differ cannot be told", 2: "2 rounds are too few", 5: "5 rounds are too few", 6: "",
	} {
		tr := plain()
		tr.rounds = rounds
		if said := strings.Join(tr.comparison(t).Undecided, " | "); !strings.Contains(said, want) || (said == "") != (want == "") {
			t.Errorf("%d rounds: %q", rounds, said)
		}
	}
	tr := plain()
	tr.rounds = 7
	c := tr.made(t)
	c.Variants[1].Runs = c.Variants[1].Runs[2:] // the rounds of one variant alone are none
	if err := c.Decide(); err != nil || len(c.Undecided) != 1 || !strings.HasPrefix(c.Undecided[0], "5 rounds") {
		t.Errorf("%q, %v", c.Undecided, err)
	}
	c.Variants[1].Runs = nil
	if err := c.Decide(); err != nil || !strings.HasPrefix(strings.Join(c.Undecided, ""), "no round has a run of every variant") {
		t.Errorf("%q, %v", c.Undecided, err)
	}
}

// Seven rounds in which the figure that decides is there five times.
func TestTooFewFigures(t *testing.T) {
	tr := plain()
	tr.rounds = 7
	tr.change = func(v string, round int, p *paced) {
		if v == "watch" && round < 3 {
			p.stock = 1000 // nobody is told that it is sold out
		}
	}
	c := tr.comparison(t)
	if len(c.Undecided) != 2 || !strings.Contains(c.Undecided[1], "5 rounds in which both once and watch have a figure of selling") {
		t.Errorf("%q", c.Undecided)
	}
	// With enough of them too: those that are left out are the slow ones.
	tr.rounds = 12
	c = tr.comparison(t)
	if len(c.Undecided) != 1 || !strings.HasPrefix(c.Undecided[0], "in 2 rounds once and watch lack a figure of selling") || c.ExitCode() != 3 {
		t.Errorf("%q, exit %d", c.Undecided, c.ExitCode())
	}
}

// The runs of one variant before all those of another.
func TestApart(t *testing.T) {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	plain := plain().made(t)
	at := func(place func(variant string, round int) int) []string {
		c := plain.changedBy(func(v string, round int, s *Summary) {
			s.Head.Started = began.Add(time.Duration(place(v, round)) * time.Minute)
		})
		if err := c.Decide(); err != nil {
			t.Fatal(err)
		}
		return append(c.Undecided, slices.DeleteFunc(c.Warnings, func(w string) bool { return !strings.Contains(w, "was run before") })...)
	}
	sets := map[string]int{"once": 0, "watch": 100}
	if said := at(func(v string, round int) int { return sets[v] + round }); len(said) != 2 || !strings.Contains(said[0], "all runs of once were made before all of watch") {
		t.Errorf("one set after the other: %q", said)
	}
	if said := at(func(v string, round int) int { return round - sets[v] }); len(said) != 2 || !strings.Contains(said[0], "all runs of watch were made before all of once") {
		t.Errorf("the other way round: %q", said)
	}
	turns := map[string]int{"once": 0, "watch": 1}
	if said := at(func(v string, round int) int { return 2*round + turns[v] }); len(said) != 1 || !strings.Contains(said[0], "once was run before watch in all 6 rounds") {
		t.Errorf("in turn: %q", said)
	}
	if said := at(func(v string, round int) int { return 2*round - turns[v] }); len(said) != 1 || !strings.Contains(said[0], "watch was run before once in all 6 rounds") {
		t.Errorf("in turn, the other first: %q", said)
	}
	if said := at(func(v string, round int) int { return 2*round + (turns[v]+round)%2 }); len(said) > 0 {
		t.Errorf("in changing order: %q", said)
	}
}

func TestCautions(t *testing.T) {
	all := func(do func(*Summary)) func(string, int, *Summary) {
		return func(_ string, _ int, s *Summary) { do(s) }
	}
	ten := trial{rounds: 10, names: []string{"watch"}, noise: .01}.made(t)
	unsold := all(func(s *Summary) { s.SoldOutAt = nil })
	for _, tt := range []struct {
		reason  string
		primary string
		change  func(string, int, *Summary)
		want    string // in a warning; empty: there is none
	}{
		{"all is well", "", nil, ""},
		{"the embedded server is not Redis", "", all(func(s *Summary) { s.Head.Server = history.Server{Kind: "embedded"} }), "The embedded server is not Redis"},
		{"nothing is sold out", "", unsold, "no run of once was sold out"},
		{"one variant never is", "", func(v string, _ int, s *Summary) {
			if v == "watch" {
				s.SoldOutAt = nil
			}
		}, "no run of watch was sold out"},
		{"the same, where another figure was named", "throughput", unsold, ""},
		{"the driver was the bound", "", func(_ string, round int, s *Summary) {
			if round < 3 {
				s.Bound = boundDriver
			}
		}, "in 4 of 20 runs the driver was the bound"},
		{"the host was", "", all(func(s *Summary) { s.Bound = boundHost }), "in 20 of 20 runs the host, which driver and server share, was the bound"},
		{"one or the other was", "", func(v string, _ int, s *Summary) {
			s.Bound = map[string]string{"once": boundHost, "watch": boundDriver}[v]
		}, "in 20 of 20 runs the driver or the host was the bound"},
		{"the connections were, which is no fault", "", all(func(s *Summary) { s.Bound = boundConnections }), ""},
		{"a run that broke off", "", func(v string, round int, s *Summary) {
			if v == "watch" && round == 4 {
				s.Tail.Ended = history.EndedServerLost
			}
		}, "1 run of watch did not end as planned"},
		{"doors that closed did end as planned", "", all(func(s *Summary) { s.Tail.Ended = history.EndedDuration }), ""},
		{"two compilers", "", func(v string, _ int, s *Summary) { s.Head.Host.Go += v }, "the driver was built with go1.26.0once and with go1.26.0watch"},
	} {
		c := ten.changedBy(tt.change)
		c.Options.Primary = tt.primary
		if err := c.Decide(); err != nil {
			t.Fatal(err)
		}
		if said := strings.Join(c.Warnings, " | "); !strings.Contains(said, tt.want) || (said == "") != (tt.want == "") || strings.Contains(said, " | ") {
			t.Errorf("%s: %q, want %q", tt.reason, said, tt.want)
		}
	}
}

func TestCautionsOfRounds(t *testing.T) {
	for _, tt := range []struct {
		reason string
		tr     trial
		want   string
	}{
		{"a drift", trial{rounds: 10, names: []string{"watch"}, noise: .01, drift: .03}, "selling of once drifted: by its trend that of the last round is 2"},
		{"a drift that is clear and small", trial{rounds: 10, names: []string{"watch"}, noise: .00001, drift: .0005}, ""},
		{"many variants and few rounds", trial{rounds: 6, names: []string{"a", "b"}, noise: .01}, "with 6 rounds p cannot be less than 0.031, and corrected for the primary figure of 2 variants"},
		{"few rounds for many figures", trial{rounds: 8, names: []string{"watch"}, noise: .01}, "corrected for the 8 figures beside the primary one"},
	} {
		if said := strings.Join(tt.tr.comparison(t).Warnings, " | "); !strings.Contains(said, tt.want) || (said == "") != (tt.want == "") || strings.Contains(said, " | ") {
			t.Errorf("%s: %q, want %q", tt.reason, said, tt.want)
		}
	}
}

// Skew that takes the median out of the interval is told.
func TestSkewIsTold(t *testing.T) {
	one := plain().made(t).Variants[0].Runs[0].Summary
	one.SoldOutAt = nil // it is quicker to compare
	c := &Comparison{Name: "skew", Variants: []Variant{{Name: "once"}, {Name: "watch"}}, Options: ComparisonOptions{Primary: "throughput"}}
	for round := range 100 {
		watch := *one
		watch.Throughput = ptr(*one.Throughput * (1.01 + float64(round)*1e-5))
		if round%5 < 2 {
			watch.Throughput = ptr(*one.Throughput * (.3 + float64(round)*1e-5))
		}
		c.Variants[0].Runs = append(c.Variants[0].Runs, VariantRun{Round: round, Summary: one})
		c.Variants[1].Runs = append(c.Variants[1].Runs, VariantRun{Round: round, Summary: &watch})
	}
	if err := c.Decide(); err != nil || !strings.Contains(strings.Join(c.Warnings, " "), "skewed") {
		t.Errorf("%q, %v, %+v", c.Warnings, err, c.Contrasts[0].Rows[0].Estimate)
	}
}

// with is a configuration with one setting more, or another.
func with(config map[string]*string, name, value string) map[string]*string {
	changed := maps.Clone(config)
	changed[name] = &value
	return changed
}

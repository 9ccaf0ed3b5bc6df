package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// stormName is the scenario that is a stall, met by buyers with several policies.
const stormName = "retry-storm"

// stormFlags are the flags of run that mean something to a storm; the rest of it
// is its own plan.
var stormFlags = []string{
	"script", "contract", "server", "password-file", "tls-ca", "tls-cert", "tls-key", "tls-insecure", "resp", "no-hello", "overwrite",
	"allow-faults-on", "max-rate", "i-own-this-server",
	"gateway", "conns", "timeout", "retries", "arrivals", "duration", "fault", "seed", "slo", "report", "out", "replace",
}

const (
	// stormLoad is the share of what is carried that arrives.
	stormLoad = .8
	// stormStock is more than anybody asks for.
	stormStock = 1 << 24
	// carriesFor is how long the closed run takes at most that says what is carried,
	// and carriesBuyers how many may come in it.
	carriesFor    = 2 * time.Second
	carriesBuyers = 1_000_000
)

// A storm sells through a stall with one policy after the other.
type storm struct {
	*runCmd
	app      *app
	strategy strategy.Strategy
	server   *server.Server
	res      *results
	told     *report.Storm
}

// storm runs the storm.
func (c *runCmd) storm(app *app) (int, error) {
	if err := c.suitsStorm(app); err != nil {
		return 0, err
	}
	strat, err := strategy.Find(c.Script, c.Contract)
	if err != nil {
		return 0, err
	}
	if strat.Terms.RetrySafe == sale.RetryNone {
		return 0, fmt.Errorf("retry-storm: %s promises nothing for a request that is sent again (retry_safe: none)", strat.Name)
	}
	srv, err := c.server(app)
	if err != nil {
		return 0, err
	}
	defer srv.Close()
	context.AfterFunc(app.hard, func() { srv.Close() })
	if srv.Kind == server.Embedded {
		return 0, errors.New("retry-storm: the embedded server runs in this process and cannot be stopped; --server names a redis-server or valkey-server")
	}
	res, err := newResults(c.Out, stormName, time.Now(), c.Replace)
	if err != nil {
		return 0, err
	}
	s := &storm{runCmd: c, app: app, strategy: strat, server: srv, res: res, told: &report.Storm{
		Waits: c.Timeout, Collection: &report.Collection{Name: stormName, Script: strat.Name, Seed: *c.Seed, Command: repeat(app.kong.Args, *c.Seed)},
	}}
	if err := s.all(); err != nil {
		res.discard()
		return 0, err
	}
	res.keep()
	srv.Close() // the reports need none
	if app.hard.Err() != nil {
		return exitKilled, nil
	}
	return s.report()
}

// suitsStorm refuses what a storm cannot be made of.
func (c *runCmd) suitsStorm(app *app) error {
	for _, step := range app.kong.Path {
		if step.Flag != nil && !slices.Contains(stormFlags, step.Flag.Name) {
			return fmt.Errorf("--%s: retry-storm has a plan of its own; the flag goes with other scenarios", step.Flag.Name)
		}
	}
	if err := c.oneScript(app.kong.Args); err != nil {
		return err
	}
	if c.Seed == nil {
		if err := c.Prepare(); err != nil { // draws it
			return err
		}
	}
	open := c.Arrivals.Model == arrival.Open
	if open {
		if _, ends := c.Arrivals.Length(); ends || len(c.Arrivals.Stages) != 1 || c.Arrivals.Stages[0].From != c.Arrivals.Stages[0].To {
			return fmt.Errorf("--arrivals %s: want one rate, like poisson:300/s; --duration says how long", c.Arrivals)
		}
	}
	stall := c.stall()
	for _, bad := range []struct {
		is   bool
		text string
	}{
		{!open && given(app.kong, "arrivals"), fmt.Sprintf("--arrivals %s: want a rate, like poisson:300/s, or leave it out: then 80%% of what is carried arrives", c.Arrivals)},
		{len(c.Faults) != 1 || stall == nil, "--fault: retry-storm wants one stall, as in --fault 'pause at=4s for=2s'"},
		{c.Retries < 1, "--retries: want 1 or more; the policy none has none"},
		{stall != nil && c.Duration <= stall[1], fmt.Sprintf("--duration %s: want longer than until the stall ends", c.Duration)},
		{c.Timeout <= 0, fmt.Sprintf("--timeout %s: want how long a buyer waits", c.Timeout)},
	} {
		if bad.is {
			return errors.New(bad.text)
		}
	}
	if _, err := report.ParseObjectives(c.SLO, string(arrival.Open)); err != nil {
		return err
	}
	return c.Prepare()
}

// stall is when the server stops and goes on; nil without one stall.
func (c *runCmd) stall() *[2]time.Duration {
	if len(c.Faults) != 1 || c.Faults[0].Do != "pause" || c.Faults[0].Every > 0 {
		return nil
	}
	f := &c.Faults[0]
	return &[2]time.Duration{f.At, f.At + f.For}
}

// all finds out what is carried, and sells with every policy.
func (s *storm) all() error {
	if err := s.carries(); err != nil {
		return err
	}
	s.told.Offered = s.told.Carries * stormLoad
	if s.Arrivals.Model == arrival.Open {
		s.told.Offered = s.Arrivals.Stages[0].From
	}
	for _, p := range policies(s.Retries) {
		if s.app.ctx.Err() != nil {
			break
		}
		spec := s.spec()
		p.set(&spec)
		if err := s.arrive(&spec); err != nil {
			return err
		}
		summary, err := s.sell(p.name, spec)
		switch {
		case err != nil && len(s.told.Policies) == 0:
			return err
		case err != nil: // what was seen before it stands
			s.told.Doubts = append(s.told.Doubts, fmt.Sprintf("policy %s could not be run: %v", p.name, err))
			return nil
		}
		s.told.Policies = append(s.told.Policies, report.StormPolicy{Name: p.name, About: p.about, Summary: summary})
		if len(summary.Recovery) > 0 {
			fmt.Fprintf(s.app.stderr, "%s: goodput %s\n", p.name, summary.Recovery[0].Sentence())
		}
	}
	if len(s.told.Policies) == 0 {
		return errors.New("interrupted before a policy was tried")
	}
	return nil
}

// arrive sets the arrivals of a run with a policy.
func (s *storm) arrive(spec *scenario.Spec) error {
	if s.Arrivals.Model == arrival.Open {
		return spec.Arrivals.UnmarshalText([]byte(s.Arrivals.String() + "*" + s.Duration.String()))
	}
	return spec.Arrivals.UnmarshalText(fmt.Appendf(nil, "poisson:%.0f/s*%s", s.told.Offered, s.Duration))
}

// spec is what all runs have in common.
func (s *storm) spec() scenario.Spec {
	spec := s.Spec
	spec.Stock, spec.Retries, spec.Duration = scenario.Range{Least: stormStock, Most: stormStock}, 0, 0 // the arrivals end by themselves
	return spec
}

// carries measures what is carried: a closed run in which nobody leaves.
func (s *storm) carries() error {
	spec := s.spec()
	length := min(carriesFor, s.Duration/4)
	spec.Faults, spec.SLO, spec.Duration, spec.Buyers = nil, "", length, new(int64(carriesBuyers))
	inside := s.inside()
	if err := spec.Arrivals.UnmarshalText(fmt.Appendf(nil, "closed:%d", inside)); err != nil {
		return err
	}
	spec.Timeout = max(spec.Timeout, 5*time.Second)
	summary, err := s.sell("carries", spec)
	switch {
	case err != nil:
		return err
	case summary.Throughput == nil || *summary.Throughput < 1:
		return errors.New("nobody was answered in a closed run: what is carried is not known")
	}
	s.told.Carries, s.told.CarriesBy = *summary.Throughput, fmt.Sprintf("measured with %d buyers inside for %s", inside, length)
	if summary.Bound == "driver" || summary.Bound == "host" {
		s.told.Warnings = append(s.told.Warnings, "when it was measured what is carried, the "+summary.Bound+
			" was the bound and not the server: the queue of the storm may be the driver's own; --gateway makes one that is not")
	}
	return nil
}

// inside is how many buyers keep all busy without a long queue.
func (s *storm) inside() int {
	if s.Gateway != nil {
		return 2 * s.Gateway.Workers
	}
	if s.Conns == conn.Dedicated {
		return 64
	}
	return max(2*s.Conns.Shared(), 16)
}

// sell makes one run into a folder of its own, and judges it.
func (s *storm) sell(name string, spec scenario.Spec) (*report.Summary, error) {
	dir := filepath.Join(s.res.dir, name)
	of := part{name: name, dir: dir, spec: spec, strategy: s.strategy, server: s.server, command: s.told.Command}
	summary, err := of.sell(s.app.ctx)
	if err != nil {
		return nil, err
	}
	s.told.Runs = append(s.told.Runs, report.CollectedRun{Name: name, Folder: name, Summary: summary})
	write := report.WriteFolder
	if s.Report != reportFull {
		write = report.WriteMinimum
	}
	return summary, cmp.Or(write(dir, summary), os.WriteFile(filepath.Join(dir, "scenario.yaml"), []byte(summary.Head.Scenario), 0o644))
}

// report prints the answer, writes the files, and returns the exit code.
func (s *storm) report() (int, error) {
	failed := report.WriteStormText(s.app.stdout, s.told)
	failed = cmp.Or(failed, report.WriteStormFolder(s.res.dir, s.told))
	if failed == nil {
		_, failed = fmt.Fprintf(s.app.stdout, "\nResults: %s  (open storm.html)\n", s.res.dir)
	}
	if path := os.Getenv("GITHUB_STEP_SUMMARY"); path != "" {
		failed = cmp.Or(failed, appendTo(path, func(w io.Writer) error { return report.WriteStormMarkdown(w, s.told) }))
	}
	code := s.told.ExitCode()
	if failed != nil && code == exitInvalid {
		s.app.tell(failed)
		return code, nil
	}
	return code, failed
}

// A policy is a way to ask again when no answer came.
type policy struct {
	name, about string
	set         func(*scenario.Spec)
}

// The waits and the budget of the policies that have one.
const (
	stormBackoff = 200 * time.Millisecond
	stormJitter  = .5
	stormBudget  = .1
)

// policies are those that are compared, with as many resends.
func policies(resends int) []policy {
	again := fmt.Sprintf("%d times", resends)
	if resends == 1 {
		again = "once"
	}
	backoff := scenario.Resend{Max: &resends, Backoff: stormBackoff, Jitter: stormJitter}
	budget := backoff
	budget.Budget = stormBudget
	crowd := func(r scenario.Resend) func(*scenario.Spec) {
		return func(spec *scenario.Spec) {
			spec.Retries, spec.Crowd = resends, scenario.Crowd{{Kind: "buyer", Share: 1, Resend: r}}
		}
	}
	return []policy{
		{"leave", "buyers leave who get no answer", func(*scenario.Spec) {}},
		{"at-once", "they ask again at once, " + again, func(spec *scenario.Spec) { spec.Retries = resends }},
		{"backoff", fmt.Sprintf("they ask again %s, after %s, twice as long each time, half of it drawn", again, stormBackoff), crowd(backoff)},
		{"budget", fmt.Sprintf("the same, but all of them together once for every %.0f purchases", 1/stormBudget), crowd(budget)},
	}
}

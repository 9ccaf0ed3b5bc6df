package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/alecthomas/kong"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/capacity"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

type capacityCmd struct {
	Scenario string `arg:"" optional:"" default:"flash-sale" help:"A scenario file, or the name of a built-in one; its stock, its crowd and its arrivals are the search's own." predictor:"scenario"`

	Figure  string           `default:"both" placeholder:"WHICH" group:"search" help:"selling (every attempt is granted), refusing (there is nothing to sell), or both (default ${default})."`
	From    perSecond        `placeholder:"RATE" group:"search" help:"The lowest rate that is tried, and the first, as 20000/s; without it a short closed run says where to begin."`
	To      perSecond        `placeholder:"RATE" group:"search" help:"The highest rate that is tried."`
	Step    time.Duration    `default:"3s" placeholder:"TIME" group:"search" help:"How long a step of the climb is (default ${default})."`
	Confirm time.Duration    `default:"10s" placeholder:"TIME" group:"search" help:"How long a step is that confirms a rate (default ${default})."`
	Quick   bool             `group:"search" help:"Confirm nothing: the answer is an estimate."`
	Plan    *capacity.Demand `placeholder:"LIST" group:"search" help:"What a sale needs by these figures: buyers=600000,window=10s,first=0.5,retries=2,headroom=0.4."`
	Scale   []int            `placeholder:"LIST" group:"search" help:"Search for the selling rate on as many masters, many items spread over them: 1,2,4."`

	scenario.Spec `embed:""`

	// even: arrivals are evenly spread, not at random.
	even     bool
	warnings []string
}

// A perSecond is a rate like 20000/s; 0: not given.
type perSecond float64

// UnmarshalText accepts a rate as arrivals have it.
func (r *perSecond) UnmarshalText(text []byte) error {
	var s arrival.Schedule
	if err := s.UnmarshalText([]byte("poisson:" + string(text))); err != nil || len(s.Stages) != 1 || s.Stages[0].For != 0 {
		return fmt.Errorf("%q is not a rate like 20000/s", text)
	}
	*r = perSecond(s.Stages[0].From)
	return nil
}

// Run searches for the highest rate that holds the objective.
func (c *capacityCmd) Run(app *app) (int, error) {
	needed, err := c.prepare(app.kong)
	if err != nil {
		return 0, err
	}
	strat, err := strategy.Find(c.Script, c.Contract)
	if err != nil {
		return 0, err
	}
	if err := app.listen(c.Listen); err != nil {
		return 0, err
	}
	res, err := newResults(c.Out, "capacity", time.Now(), c.Replace)
	if err != nil {
		return 0, err
	}
	found := &report.Capacity{
		Name: bareName(c.Scenario), Command: repeat(app.kong.Args, *c.Seed), SLO: c.SLO, Seed: *c.Seed,
		Quick: c.Quick, Began: time.Now().UTC(), Warnings: c.warnings,
	}
	for _, of := range c.searches() {
		if app.ctx.Err() != nil {
			break
		}
		of.app, of.strategy, of.res, of.needed = app, strat, res, needed
		err := of.search(found)
		if err != nil && len(found.Searches) == 0 {
			res.discard()
			return 0, err
		}
		if err != nil {
			of.found.Unmeasured = err.Error()
		}
		found.Searches = append(found.Searches, of.found)
	}
	found.Interrupted = app.ctx.Err() != nil
	if found.Interrupted && found.Conditions == nil {
		res.discard()
		return 0, errors.New("interrupted before a step was over")
	}
	res.keep()
	if app.hard.Err() != nil {
		return exitKilled, nil
	}
	found.Ended = time.Now().UTC()
	c.plan(found)
	return c.report(app, res.dir, found)
}

// prepare reads the scenario, takes out of it what a search sets itself, and
// returns how many attempts a step must have.
func (c *capacityCmd) prepare(kctx *kong.Context) (needed int, err error) {
	if err := c.mayBeGiven(kctx); err != nil {
		return 0, err
	}
	if !given(kctx, "conns") {
		if err := c.Conns.UnmarshalText([]byte("pipelined")); err != nil {
			return 0, err
		}
	}
	if err := loadScenario(kctx, c.Scenario, &c.Spec); err != nil {
		return 0, err
	}
	c.takeOut()
	for _, bad := range []struct {
		is   bool
		text string
	}{
		{!slices.Contains([]string{report.Selling, report.Refusing, "both"}, c.Figure), fmt.Sprintf("--figure %s: want selling, refusing or both", c.Figure)},
		{c.Scenario == gateName, "gate is a plan of many sales; a search wants a scenario that is one"},
		{len(c.Variants) > 0, fmt.Sprintf("scenario %s has variants, which seckill compare runs; a search wants one", c.Scenario)},
		{c.SLO == "", "--slo: a search needs an objective that a rate can hold or miss, as in --slo 'p99<5ms,errors<0.1%'"},
		{c.From > 0 && c.To > 0 && c.From > c.To, "--from is above --to: want the lower rate first"},
		{c.Step <= 0, fmt.Sprintf("--step %s: a step takes some time", c.Step)},
		{c.Confirm < c.Step, fmt.Sprintf("--confirm %s: want a step as long as one of the climb (--step %s), or longer", c.Confirm, c.Step)},
		{len(c.Scale) > 0 && given(kctx, "figure") && c.Figure != report.Selling, "--scale is measured while selling: it goes with --figure selling"},
		{len(c.Scale) > 0 && given(kctx, "topology"), "--scale chooses the topology itself"},
	} {
		if bad.is {
			return 0, errors.New(bad.text)
		}
	}
	if err := c.checkScale(); err != nil {
		return 0, err
	}
	if needed, err = report.SearchObjectives(c.SLO, c.figures()); err != nil {
		return 0, fmt.Errorf("--slo: %w", err)
	}
	return needed, c.Prepare()
}

// given reports whether a flag is on the command line.
func given(kctx *kong.Context, name string) bool {
	return slices.ContainsFunc(kctx.Path, func(p *kong.Path) bool { return p.Flag != nil && !p.Resolved && p.Flag.Name == name })
}

// notInASearch are the flags of run that a search sets itself, or that would make
// of its steps something else than buyers who come once.
var notInASearch = map[string]string{
	"stock":         "a search sets the stock itself, of selling so large that it lasts and of refusing none",
	"buyers":        "in a search every arrival is a new buyer",
	"arrivals":      "a search sets the arrivals of each step itself; --from and --to bound their rate",
	"duration":      "a search sets the length of its steps itself; --step and --confirm choose it",
	"attempts":      "in a search every buyer comes once",
	"double-click":  "in a search every buyer comes once",
	"crowd":         "in a search every buyer comes once",
	"retries":       "in a search every buyer comes once; --plan reckons with retries",
	"release":       "in a search nobody gives back",
	"abandon":       "in a search nobody confirms",
	"restock":       "in a search nothing comes on top",
	"fault":         "a search is for the rate that holds while nothing goes wrong; seckill run has faults",
	"lost-replies":  "a search is for the rate that holds while nothing goes wrong; seckill run loses replies",
	"fork-at":       "a search lets a private server fork where it confirms",
	"retry-unknown": "want it with run gate",
}

// mayBeGiven refuses flags that a search cannot use.
func (c *capacityCmd) mayBeGiven(kctx *kong.Context) error {
	for _, path := range kctx.Path {
		if path.Flag == nil || path.Resolved {
			continue
		}
		if why, refused := notInASearch[path.Flag.Name]; refused {
			return fmt.Errorf("--%s: %s", path.Flag.Name, why)
		}
	}
	return nil
}

// takeOut takes out of the scenario what is the search's. A single stage of
// constant arrivals stays the shape of the steps: some know that theirs are.
func (c *capacityCmd) takeOut() {
	s := &c.Spec
	once := scenario.Range{Least: 1, Most: 1}
	if s.Attempts != once || s.Retries > 0 || s.DoubleClick+s.Release+s.Abandon+s.LostReplies > 0 || len(s.Restock)+len(s.Faults)+len(s.Crowd) > 0 {
		c.warnings = append(c.warnings, "of the scenario neither repeats, releases and restocks nor faults are in the steps: every buyer comes once, and nothing goes wrong")
	}
	s.Attempts, s.Retries, s.DoubleClick, s.Release, s.Abandon, s.LostReplies = once, 0, 0, 0, 0, 0
	s.Crowd, s.Restock, s.Faults, s.ForkAt, s.Duration, s.Buyers = nil, nil, nil, 0, 0, nil
	c.even = len(s.Arrivals.Stages) == 1 && !s.Arrivals.Stages[0].Poisson && s.Arrivals.Stages[0].From == s.Arrivals.Stages[0].To
	if s.Arrivals.File != "" || s.Arrivals.Admit > 0 {
		c.warnings = append(c.warnings, "neither the scenario's curve nor its waiting room is in the steps: each has one rate, at random")
		s.Arrivals = arrival.Schedule{Model: arrival.Burst}
	}
	if c.even {
		c.warnings = append(c.warnings, "arrivals are evenly spread, as the scenario has them: people come at random, which a server bears less well")
	}
}

// plan reckons what the demand needs.
func (c *capacityCmd) plan(found *report.Capacity) {
	if c.Plan == nil {
		return
	}
	plan := c.Plan.Plan(found.Figures())
	found.Plan = &plan
}

// figures are those that are searched for.
func (c *capacityCmd) figures() []string {
	if len(c.Scale) > 0 {
		return []string{report.Selling}
	}
	if c.Figure == "both" {
		return []string{report.Selling, report.Refusing}
	}
	return []string{c.Figure}
}

// report prints the answer, writes the files, and returns the exit code.
func (c *capacityCmd) report(app *app, dir string, found *report.Capacity) (int, error) {
	failed := report.WriteCapacityText(app.stdout, found)
	failed = cmp.Or(failed, report.WriteCapacityFolder(dir, found))
	if failed == nil {
		_, failed = fmt.Fprintf(app.stdout, "\nResults: %s  (open capacity.html)\n", dir)
	}
	if path := os.Getenv("GITHUB_STEP_SUMMARY"); path != "" {
		failed = cmp.Or(failed, appendTo(path, func(w io.Writer) error { return report.WriteCapacityMarkdown(w, found) }))
	}
	code := found.ExitCode()
	if failed != nil && code == exitInvalid {
		app.tell(failed)
		return code, nil
	}
	return code, failed
}

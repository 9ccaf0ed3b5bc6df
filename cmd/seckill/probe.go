package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/probe"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

type probeCmd struct {
	Script   string  `arg:"" help:"What sells: a built-in name, or a .lua file with its contract beside it." predictor:"script"`
	Contract string  `placeholder:"FILE" help:"The contract of the script, if it is not the .yaml beside it."`
	Server   string  `default:"auto" placeholder:"SERVER" help:"auto (a private redis-server or valkey-server from PATH, else embedded), embedded, or a server binary (default ${default})."`
	Seed     *uint64 `placeholder:"N" help:"Repeats the ids of items and buyers; drawn and printed if not given."`
	Out      string  `placeholder:"DIR" help:"The results folder; results/probe-NAME-TIME if not given."`
	Replace  bool    `help:"Replace a results folder that exists, if it is one."`
}

// Run plays every case, judges each, and tells what is wrong.
func (c *probeCmd) Run(app *app) (int, error) {
	strat, err := strategy.Find(c.Script, c.Contract)
	if err != nil {
		return 0, err
	}
	if strat.Contract == nil {
		return 0, fmt.Errorf("%s is a strategy in Go, and a probe is of scripts; seckill run gate --script %s sells with it in many ways", strat.Name, strat.Name)
	}
	if c.Seed == nil {
		c.Seed = new(rand.Uint64() >> 32) // short enough to type
	}
	srv, err := openOurs(app, c.Server, "probe deletes keys and makes users")
	if err != nil {
		return 0, err
	}
	defer closeServer(srv)
	context.AfterFunc(app.hard, func() { srv.Close() })
	res, err := newResults(c.Out, "probe-"+strat.Name, time.Now(), c.Replace)
	if err != nil {
		return 0, err
	}
	p := &probed{strat: &strat, dir: res.dir, on: serverName(app.ctx, srv)}
	p.Name, p.Script, p.Command, p.Seed = "probe", strat.Name, repeat(app.kong.Args, *c.Seed), *c.Seed
	if err := p.play(app.ctx, srv, probe.Options{Seed: *c.Seed}); err != nil {
		res.discard()
		return 0, err
	}
	res.keep()
	closeServer(srv) // the report needs none, and whoever reads it may hang up
	return p.report(app)
}

// closeServer ends a server. One inside this process does not end before the
// script it runs, which may be never; there is nothing of it to clear away.
func closeServer(srv *server.Server) {
	if srv.Kind == server.Embedded {
		go srv.Close()
		return
	}
	srv.Close()
}

// serverName is what a server calls itself.
func serverName(ctx context.Context, srv *server.Server) string {
	info := srv.Describe(ctx)
	if info.Product == nil || info.Version == nil {
		return srv.Kind
	}
	return *info.Product + " " + *info.Version
}

// probed is what came of a probe.
type probed struct {
	report.Collection
	strat *strategy.Strategy
	// dir is the results folder, on the server.
	dir, on string
	cases   []judged
	// looked are warnings about the texts of the scripts.
	looked []string
}

// A judged case has a verdict, unless it was skipped or only looked at.
type judged struct {
	*probe.Case
	verdict *check.Verdict
}

// broken reports whether some rule is broken in a case.
func (j *judged) broken() bool { return j.verdict != nil && len(j.verdict.Violations) > 0 }

// byHand are the lines that repeat a case on an empty server.
func (j *judged) byHand(*check.Case) (lines []string) {
	for i := range j.Steps {
		lines = append(lines, j.Steps[i].Lines...)
	}
	return lines
}

// rules names the rules that are broken in a case.
func (j *judged) rules() (names []string) {
	for _, v := range j.verdict.Violations {
		names = append(names, string(v.Rule))
	}
	return names
}

// play plays and judges the cases, and looks at the scripts.
func (p *probed) play(ctx context.Context, srv *server.Server, o probe.Options) error {
	cases, err := probe.Run(ctx, srv, *p.strat, o)
	if ctx.Err() != nil {
		return errors.New("interrupted before all was tried")
	}
	if err != nil && len(cases) == 0 {
		return err
	}
	for i := range cases {
		if err := p.judge(&cases[i]); err != nil {
			return fmt.Errorf("case %s: %w", cases[i].Name, err)
		}
	}
	if err != nil { // what was seen before it stands
		p.Doubts = append(p.Doubts, "not every case could be played: "+err.Error())
	}
	if !p.strat.Contract.Audited() {
		p.Doubts = append(p.Doubts, "the contract reads neither the stock nor the buyers (audit), so nobody knows what was sold but the script itself")
	}
	if _, differs := p.strat.Contract.Inside(); differs {
		p.Warnings = append(p.Warnings, "the orders that the contract reads from a file or by a command were not read: they are not of this server")
	}
	if len(p.Runs) == 0 {
		p.Doubts = append(p.Doubts, "no case could be played")
	}
	p.look()
	return nil
}

// judge judges a case.
func (p *probed) judge(c *probe.Case) error {
	j := judged{Case: c}
	if c.Skipped != "" {
		p.Skipped = append(p.Skipped, report.Skipped{Name: c.Name, Why: c.Skipped})
	}
	if c.Broken != "" {
		p.Doubts = append(p.Doubts, fmt.Sprintf("case %s was not played to its end: %s", c.Name, c.Broken))
	}
	for _, warning := range c.Warnings {
		if text := c.Class + ": " + warning; !slices.Contains(p.Warnings, text) {
			p.Warnings = append(p.Warnings, text)
		}
	}
	if c.History != nil {
		c.History.Head.Command, c.History.Head.Host.Seckill = p.Command, version()
		verdict, err := judgeCase(c)
		if err != nil {
			return err
		}
		summary, err := report.Summarize(c.History, verdict)
		if err != nil {
			return err
		}
		j.verdict = &summary.Verdict
		p.Runs = append(p.Runs, report.CollectedRun{Name: c.Name, Folder: c.Name, Summary: summary, About: c.Title, ByHand: j.byHand})
	}
	p.cases = append(p.cases, j)
	return nil
}

// judgeCase judges the history of a case. A doubt that leaves no rule undecided
// says that a sale showed little. That counts in the case of a whole sale; the
// others are about one thing each.
func judgeCase(c *probe.Case) (check.Verdict, error) {
	v, err := check.Check(c.History)
	if err == nil && v.Opinion == check.Unknown && len(v.Undecided) == 0 && !c.SellsOut {
		v.Opinion, v.Doubts = check.Valid, nil
	}
	return v, err
}

// look reads the texts of the scripts.
func (p *probed) look() {
	for _, script := range p.strat.Contract.Scripts() {
		found, err := probe.Look(script.File, script.Source)
		if err != nil {
			p.looked = append(p.looked, err.Error())
		}
		for _, w := range found {
			p.looked = append(p.looked, fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.Text))
		}
	}
	p.Warnings = append(p.Warnings, p.looked...)
}

// report prints what was found and writes the results folder. A broken rule is
// told before a report that could not be written.
func (p *probed) report(app *app) (int, error) {
	failed := p.write(app.stdout)
	if err := p.save(); err != nil {
		failed = fmt.Errorf("the results folder: %w", err)
	} else {
		fmt.Fprintf(app.stdout, "\nResults: %s  (CASE/by-hand.sh repeats a case, CASE/history is its record)\n", p.dir)
	}
	code := p.ExitCode()
	if failed != nil && code == exitInvalid {
		app.tell(failed)
		failed = nil
	}
	return code, failed
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/probe"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// gateName is the scenario that is a plan of many sales.
const gateName = "gate"

// gateSeed is the seed of a gate that is given none: a pipeline shall do the
// same every time.
const gateSeed = 1

// gateFlags are the flags of run that mean something to a gate; for the others
// it has its own plan.
var gateFlags = []string{
	"script", "contract", "server", "password-file", "tls-ca", "tls-cert", "tls-key", "tls-insecure", "overwrite", "max-rate", "i-own-this-server",
	"seed", "retry-unknown", "report", "out", "replace",
}

// A gate sells in many ways with each of some scripts, and judges all of it.
type gate struct {
	*runCmd
	app     *app
	srv     *server.Server
	res     *results
	scripts []gated
}

// gate runs the gate.
func (c *runCmd) gate(app *app) (int, error) {
	for _, step := range app.kong.Path {
		if step.Flag != nil && !slices.Contains(gateFlags, step.Flag.Name) {
			return 0, fmt.Errorf("--%s: gate has a plan of its own; the flag goes with other scenarios", step.Flag.Name)
		}
	}
	if c.Seed == nil {
		c.Seed = new(uint64(gateSeed))
	}
	if err := c.Prepare(); err != nil {
		return 0, err
	}
	scripts, err := c.gated(app.kong.Args)
	if err != nil {
		return 0, err
	}
	srv, err := c.server(app)
	if err != nil {
		return 0, err
	}
	defer srv.Close()
	context.AfterFunc(app.hard, func() { srv.Close() })
	res, err := newResults(c.Out, gateName, time.Now(), c.Replace)
	if err != nil {
		return 0, err
	}
	g := &gate{c, app, srv, res, scripts}
	all, err := g.tryAll()
	if err != nil {
		res.discard()
		return 0, err
	}
	res.keep()
	srv.Close() // the reports need none
	return g.report(all)
}

// tryAll judges every script.
func (g *gate) tryAll() (all []*report.Collection, err error) {
	for i := range g.scripts {
		judged, err := g.tryAgain(&g.scripts[i])
		if err != nil && len(g.scripts) == 1 {
			return nil, err
		}
		if err != nil { // what the others showed stands
			judged = g.collection(&g.scripts[i])
			judged.Doubts = append(judged.Doubts, err.Error())
		}
		all = append(all, judged)
	}
	return all, nil
}

// tryAgain judges a script, again as long as the verdict is unknown, as often as
// --retry-unknown says.
func (g *gate) tryAgain(s *gated) (*report.Collection, error) {
	for tried := 0; ; tried++ {
		dir := g.folder(s)
		judged, err := g.try(s, dir)
		if err != nil || judged.Opinion() != check.Unknown || tried == g.RetryUnknown || g.app.ctx.Err() != nil {
			return judged, err
		}
		fmt.Fprintf(g.app.stderr, "%s: unknown, tried again (%d of %d): %s\n", report.Plain(s.name), tried+1, g.RetryUnknown, report.Plain(cmp.Or(judged.AllDoubts()...)))
		entries, _ := os.ReadDir(dir)
		for _, entry := range entries {
			os.RemoveAll(filepath.Join(dir, entry.Name()))
		}
	}
}

// folder is where the record of a script goes: the results folder itself where
// there is but one.
func (g *gate) folder(s *gated) string {
	if len(g.scripts) == 1 {
		return g.res.dir
	}
	return filepath.Join(g.res.dir, s.folder)
}

// try runs every phase with a script once.
func (g *gate) try(s *gated, dir string) (*report.Collection, error) {
	judged := g.collection(s)
	if s.strategy.Contract == nil {
		judged.Skipped = append(judged.Skipped, report.Skipped{Name: "probe", Why: "its cases are for scripts, and this strategy is in Go"})
	} else if err := g.probe(s, filepath.Join(dir, "probe"), judged); err != nil {
		return nil, err
	}
	for _, p := range phases(&s.strategy, g.srv.Ours()) {
		if p.why != "" {
			judged.Skipped = append(judged.Skipped, report.Skipped{Name: p.name, Why: p.why})
			continue
		}
		summary, err := g.run(s, &p, filepath.Join(dir, p.name))
		if err != nil && judged.Sales() == 0 && judged.Opinion() != check.Invalid {
			return nil, fmt.Errorf("%s, phase %s: %w", s.name, p.name, err)
		}
		if err != nil { // what was seen before it stands
			judged.Doubts = append(judged.Doubts, fmt.Sprintf("phase %s could not be run: %v", p.name, err))
			break
		}
		judged.Runs = append(judged.Runs, report.CollectedRun{
			Name: p.name, Folder: p.name, Summary: summary, Vague: p.vague, ByHand: byHandOf(&s.strategy, &summary.Head),
		})
	}
	return judged, nil
}

// collection is what is judged of a script, before anything is.
func (g *gate) collection(s *gated) *report.Collection {
	return &report.Collection{
		Name: gateName, Script: s.strategy.Name, Seed: *g.Seed, Strict: true, Command: repeat(g.app.kong.Args, *g.Seed),
	}
}

// run makes one phase: it sells into a folder, and judges what is there.
func (g *gate) run(s *gated, p *phase, dir string) (*report.Summary, error) {
	spec, err := parseSpec(p.flags)
	if err != nil {
		return nil, err
	}
	spec.Seed, spec.Script, spec.Contract, spec.Overwrite = g.Seed, s.name, g.Contract, g.Overwrite
	spec.Server, spec.Access = g.Server, g.Access
	spec.MaxRate, spec.OwnServer = g.MaxRate, g.OwnServer
	sale := part{
		name: p.name, dir: dir, spec: spec, strategy: s.strategy, server: g.srv, figures: g.app.figures(),
		command: fmt.Sprintf("seckill run --script %s %s --seed %d", probe.Quote(s.name), p.flags, *g.Seed),
	}
	summary, err := sale.sell(g.app.ctx)
	if err == nil && g.Report == reportFull {
		err = report.WriteFolder(dir, summary)
	}
	return summary, err
}

// A gated is a script that has to pass the gate.
type gated struct {
	// name is what the user calls it, folder where its record goes.
	name, folder string
	strategy     strategy.Strategy
}

// gated finds the scripts that the command line names: after --script, which
// may be there more than once and hold patterns, and after the scenario.
func (c *runCmd) gated(args []string) (all []gated, err error) {
	names, err := expand(append(valuesOf(args, "--script"), c.More...))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		names = []string{c.Script}
	}
	if c.Contract != "" && len(names) > 1 {
		return nil, errors.New("--contract goes with one script: several have their contracts beside them")
	}
	taken := map[string]int{}
	for _, name := range names {
		s, err := strategy.Find(name, c.Contract)
		if err != nil {
			return nil, err
		}
		folder := s.Name
		if taken[folder]++; taken[folder] > 1 {
			folder = fmt.Sprintf("%s-%d", folder, taken[folder])
		}
		all = append(all, gated{name, folder, s})
	}
	return all, nil
}

// expand replaces patterns by the files they match.
func expand(names []string) (all []string, err error) {
	for _, name := range names {
		if _, err := os.Stat(name); err == nil || !strings.ContainsAny(name, "*?[") {
			all = append(all, name)
			continue
		}
		files, err := filepath.Glob(name)
		switch {
		case err != nil:
			return nil, fmt.Errorf("--script %s: %w", name, err)
		case len(files) == 0:
			return nil, fmt.Errorf("--script %s: no file matches", name)
		}
		all = append(all, slices.DeleteFunc(files, isPart)...)
	}
	return all, nil
}

// isPart reports whether a file has no contract of its own and is named by that
// of another script: it is what that script calls to release, or to be read.
func isPart(file string) bool {
	dir, name := filepath.Split(file)
	if _, err := os.Stat(strings.TrimSuffix(file, filepath.Ext(file)) + ".yaml"); err == nil {
		return false
	}
	contracts, _ := filepath.Glob(filepath.Join(dir, "*.yaml"))
	return slices.ContainsFunc(contracts, func(path string) bool {
		text, err := os.ReadFile(path)
		return err == nil && strings.Contains(string(text), name)
	})
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/probe"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

type runCmd struct {
	Scenario string   `arg:"" optional:"" default:"flash-sale" help:"A scenario file, or the name of a built-in one." predictor:"scenario"`
	More     []string `arg:"" optional:"" name:"script" help:"Further scripts, of the scenario gate." predictor:"script"`

	scenario.Spec `embed:""`
}

// Run drives a sale, judges it and reports it.
func (c *runCmd) Run(app *app) (int, error) {
	if err := c.load(app.kong); err != nil {
		return 0, err
	}
	if err := app.listen(c.Listen); err != nil {
		return 0, err
	}
	if c.Scenario == gateName {
		return c.gate(app)
	}
	if c.Scenario == stormName {
		return c.storm(app)
	}
	if err := c.oneScript(app.kong.Args); err != nil {
		return 0, err
	}
	if err := c.Prepare(); err != nil {
		return 0, err
	}
	strat, err := strategy.Find(c.Script, c.Contract)
	if err != nil {
		return 0, err
	}
	if err := checkObjectives(&c.Spec); err != nil {
		return 0, err
	}
	if _, err := check.ParseExpect(c.Expect); err != nil {
		return 0, fmt.Errorf("--expect: %w", err)
	}
	srv, err := c.server(app)
	if err != nil {
		return 0, err
	}
	defer srv.Close()
	context.AfterFunc(app.hard, func() { srv.Close() })
	planned, err := scenario.New(app.ctx, c.name(), c.Spec, strat, srv)
	if err != nil {
		return 0, err
	}
	planned.Head.Host.Seckill = version()
	planned.Head.Command = repeat(app.kong.Args, planned.Head.Seed)
	results, err := c.results(planned)
	if err != nil {
		return 0, err
	}
	if err := c.drive(app, planned, results); err != nil {
		return 0, err
	}
	srv.Close() // the reports need none
	if app.hard.Err() != nil {
		return exitKilled, nil
	}
	return c.report(app, results.dir)
}

// oneScript refuses several scripts, and what else only a gate can do.
func (c *runCmd) oneScript(args []string) error {
	switch {
	case len(c.More) > 0:
		return fmt.Errorf("unexpected argument %s: a sale has one scenario; run gate takes several scripts", c.More[0])
	case len(valuesOf(args, "--script")) > 1:
		return errors.New("--script: a sale has one script; run gate takes several")
	case c.RetryUnknown != 0:
		return errors.New("--retry-unknown: want it with run gate; a sale is run once")
	}
	return nil
}

// load reads the scenario and puts the flags that were given over it.
func (c *runCmd) load(kctx *kong.Context) error {
	if err := loadScenario(kctx, c.Scenario, &c.Spec); err != nil {
		return err
	}
	if len(c.Variants) > 0 {
		return fmt.Errorf("scenario %s has variants: it is for seckill compare %s", c.Scenario, probe.Quote(c.Scenario))
	}
	return nil
}

// loadScenario reads a scenario into a spec that is part of the grammar, and puts
// the flags that were given over it.
func loadScenario(kctx *kong.Context, name string, spec *scenario.Spec) error {
	given := map[*kong.Flag]reflect.Value{}
	for _, step := range kctx.Path {
		if _, seen := given[step.Flag]; step.Flag != nil && !step.Resolved && !seen {
			if step.Flag.Target.Kind() == reflect.String && step.Flag.Target.Len() == 0 {
				return fmt.Errorf("--%s: want a value, not an empty one", step.Flag.Name)
			}
			value := reflect.New(step.Flag.Target.Type()).Elem()
			value.Set(step.Flag.Target)
			given[step.Flag] = value
			step.Flag.Target.SetZero() // a pointer's value must not be written through
		}
	}
	if err := scenario.Load(name, spec); err != nil {
		return err
	}
	for flag, value := range given {
		flag.Target.Set(value)
	}
	return nil
}

// name is the scenario's name without folder and ending.
func (c *runCmd) name() string { return bareName(c.Scenario) }

func bareName(scenario string) string {
	base := filepath.Base(scenario)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// server opens the server that the spec names.
func (c *runCmd) server(app *app) (*server.Server, error) { return openServer(app, &c.Spec) }

// openServer opens the server that a spec names.
func openServer(app *app, spec *scenario.Spec) (*server.Server, error) {
	options, err := serverOptions(spec.Server, spec.Access)
	if err != nil {
		return nil, err
	}
	options.NoFallback, options.MaxClients = os.Getenv("CI") != "", spec.Connections()
	if err := private(&options, spec); err != nil {
		return nil, err
	}
	srv, err := server.Open(app.ctx, options)
	if err != nil {
		return nil, err
	}
	if srv.Note != "" {
		fmt.Fprintln(app.stderr, srv.Note)
	}
	tellLook(app, spec, srv)
	return srv, nil
}

// tellLook says what is on a server that is not ours, before anything is sent to it.
func tellLook(app *app, spec *scenario.Spec, srv *server.Server) {
	there := scenario.LookAt(app.ctx, srv)
	for _, line := range report.LookLines(&there, float64(spec.MaxRateOn(srv))) {
		fmt.Fprintln(app.stderr, line)
	}
}

// private adds what a spec says of a private server.
func private(o *server.Options, spec *scenario.Spec) (err error) {
	o.Topology, o.HoldableReplication = spec.Topology, fault.NeedHold(spec.Faults)
	o.Config, err = spec.Settings()
	return err
}

// serverOptions are the ways into a server that flags and environment give.
func serverOptions(name string, access scenario.Access) (server.Options, error) {
	password := os.Getenv("REDISCLI_AUTH")
	if access.PasswordFile != "" {
		text, err := os.ReadFile(access.PasswordFile)
		if err != nil {
			return server.Options{}, fmt.Errorf("--password-file: %w", err)
		}
		password = strings.TrimRight(string(text), "\r\n")
	}
	return server.Options{
		Server: name, Password: password,
		TLSCA: access.TLSCA, TLSCert: access.TLSCert, TLSKey: access.TLSKey, TLSInsecure: access.TLSInsecure,
		Protocol: access.Resp, NoHello: access.NoHello,
	}, nil
}

// results makes the folder and writes what is known before the doors open:
// head.json and the names of the keys.
func (c *runCmd) results(planned *scenario.Sale) (*results, error) {
	keys, err := planned.Keys()
	if err != nil {
		return nil, err
	}
	res, err := newResults(c.Out, c.name(), planned.Head.Started, c.Replace)
	if err != nil {
		return nil, err
	}
	res.folder, err = history.Create(filepath.Join(res.dir, "history"), planned.Head)
	if err == nil {
		err = writeKeys(filepath.Join(res.dir, keysFile), keys)
	}
	if err != nil {
		res.discard()
		return nil, fmt.Errorf("the results folder: %w", err)
	}
	return res, nil
}

// drive runs the sale into the folder. A sale that ends before its doors open
// leaves no folder.
func (c *runCmd) drive(app *app, planned *scenario.Sale, res *results) error {
	live, exposed := report.NewLive(&planned.Head), app.figures().Begin(&planned.Head)
	rec := history.NewRecorder(res.folder, live, exposed)
	progress := startProgress(app.stderr, live)
	allCores := leaveACore(planned, c.Conns)
	ctx, watched := guarded(app.ctx, c.Abort, planned, live)
	tail, err := planned.Run(ctx, rec, func(e history.Event) {
		res.folder.Event(e)
		live.Event(e)
		exposed.Event(e)
	})
	watched()
	allCores()
	progress.stop()
	if closeErr := rec.Close(); err != nil {
		res.discard()
		if app.ctx.Err() != nil {
			return errors.New("interrupted before the doors opened")
		}
		return err
	} else if res.keep(); closeErr != nil {
		return fmt.Errorf("the record could not be written: %w", closeErr)
	}
	if err := res.folder.Finish(tail); err != nil {
		return fmt.Errorf("the record could not be written: %w", err)
	}
	return nil
}

// report judges what is in the folder and writes the reports beside it. A
// broken rule is told before a report that could not be written.
func (c *runCmd) report(app *app, dir string) (int, error) {
	summary, err := judge(dir)
	if err != nil {
		return 0, err
	}
	app.figures().Judged(&summary.Verdict, summary.Left)
	failed := report.WriteText(app.stdout, summary)
	write, hint := report.WriteFolder, "open report.html"
	if c.Report == reportMin {
		write, hint = report.WriteMinimum, "seckill report "+probe.Quote(dir)+" makes the pictures and the page"
	}
	if err := write(dir, summary); err != nil {
		failed = fmt.Errorf("%w\nthe record is whole: seckill report %s makes the reports", err, probe.Quote(dir))
	} else {
		fmt.Fprintf(app.stdout, "\nResults: %s  (%s)\n", dir, hint)
	}
	if path := os.Getenv("GITHUB_STEP_SUMMARY"); path != "" {
		failed = cmp.Or(failed, appendTo(path, func(w io.Writer) error { return report.WriteMarkdown(w, summary) }))
	}
	return app.exit(summary, failed)
}

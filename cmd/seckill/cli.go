package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/seckill-bench/seckill/report"
)

// What the process says when it ends; the first that applies.
const (
	exitInvalid = 1 // a rule was broken
	exitUsage   = 2 // bad usage, or it ended before the doors opened, or the folder cannot be written
	exitUnknown = 3 // nothing is proved, or an objective or a comparison cannot be decided
	exitMissed  = 4 // an objective was missed, or a regression

	exitKilled = 130 // a second signal
)

// grammar is the command line.
type grammar struct {
	Run      runCmd      `cmd:"" help:"Drive a sale, judge it, report it."`
	Capacity capacityCmd `cmd:"" help:"Search for the highest rate that holds an objective: while selling, and while refusing."`
	Probe    probeCmd    `cmd:"" help:"Try a script one buyer at a time: most bugs show without load."`
	Compare  compareCmd  `cmd:"" help:"Run variants of a scenario in turn, or take what was recorded of some, and say which is better."`
	Check    checkCmd    `cmd:"" help:"Judge a saved history again."`
	Report   reportCmd   `cmd:"" help:"Make the reports of a saved history again."`
	Selftest selftestCmd `cmd:"" help:"Sell with scripts that are wrong on purpose: the judge must catch every one, and accuse none that is right."`
	Scripts  scriptsCmd  `cmd:"" help:"List the built-in scripts and scenarios, with what each promises."`

	Schema     schemaCmd     `cmd:"" help:"Print the JSON Schema of scenario files or of contracts, for an editor."`
	Completion completionCmd `cmd:"" help:"Print what a shell reads to complete commands, flags and names: source <(seckill completion bash)."`

	Version kong.VersionFlag `help:"Print the version."`
}

// app is what every subcommand gets.
type app struct {
	// ctx ends when the program shall come to an orderly end, hard when it is
	// about to be ended.
	ctx, hard context.Context

	kong *kong.Context
	// listener shows figures while they come; nil unless asked for.
	listener *listener
	stdout   io.Writer
	stderr   io.Writer
}

// exit is the exit code of a sale that was judged. A report that failed is
// told, and never hides a broken rule.
func (a *app) exit(summary *report.Summary, failed error) (int, error) {
	code := summary.ExitCode()
	if failed != nil && code == exitInvalid {
		a.tell(failed)
		return code, nil
	}
	return code, failed
}

// tell prints an error. It may quote a server or a script, and what they say
// must not command the terminal.
func (a *app) tell(err error) {
	for line := range strings.Lines("seckill: " + err.Error() + "\n") {
		fmt.Fprintln(a.stderr, report.Plain(strings.TrimSuffix(line, "\n")))
	}
}

// command is a subcommand. It returns the exit code, or an error, which is one
// of usage.
type command interface {
	Run(*app) (code int, err error)
}

// Main runs the program and returns its exit code. When soft is done, what runs
// comes to an orderly end; when hard is done, it ends what would outlive it.
func Main(soft, hard context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{ctx: soft, hard: hard, stdout: stdout, stderr: stderr}
	code, err := dispatch(a, args)
	if hard.Err() != nil {
		return exitKilled
	}
	if err != nil {
		a.tell(err)
		return exitUsage
	}
	return code
}

func dispatch(app *app, args []string) (int, error) {
	var g grammar
	left := -1
	parser, err := kong.New(&g,
		kong.Name("seckill"),
		kong.Description("Load, benchmark and correctness tests for flash sales on Redis."),
		kong.Vars{"version": "seckill " + version()},
		kong.Writers(app.stdout, app.stderr),
		kong.Exit(func(code int) { left = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ExplicitGroups(groups),
	)
	if err != nil {
		return 0, err
	}
	if completes(parser, app) {
		return 0, nil
	}
	kctx, err := parser.Parse(args)
	if left >= 0 { // --help or --version has said what there was to say
		return left, nil
	}
	if err != nil {
		return 0, fmt.Errorf("%w (seckill --help lists what there is)", err)
	}
	app.kong = kctx
	defer app.hush()
	return kctx.Selected().Target.Addr().Interface().(command).Run(app)
}

// groups are the headings of the flags of run and compare.
var groups = []kong.Group{
	{Key: "search", Title: "What is searched for:"},
	{Key: "sale", Title: "What is sold:"},
	{Key: "crowd", Title: "Who comes, and when:"},
	{Key: "server", Title: "Where:"},
	{Key: "driver", Title: "How:"},
	{Key: "orders", Title: "What is written down:"},
	{Key: "faults", Title: "What goes wrong:"},
	{Key: "compare", Title: "How it is compared:"},
	{Key: "import", Title: "What another tool drove:"},
	{Key: "report", Title: "What is reported:"},
}

// version is the module's version as the toolchain recorded it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

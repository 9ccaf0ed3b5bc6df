package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/compare"
	"github.com/seckill-bench/seckill/scenario/sale"
)

type compareCmd struct {
	What []string `arg:"" optional:"" name:"scenario-or-folders" help:"A scenario file, the name of a built-in comparison, or two folders of results or more." predictor:"scenario"`

	Vary           []string    `sep:"none" placeholder:"KEY=A,B" group:"compare" help:"Compares a flag of run with several values; values that hold commas are joined by |. There more than once: every value with every other."`
	Rounds         *int        `placeholder:"N" group:"compare" help:"How often each variant is run, the rehearsal not counted; 10, and with --until at most 50."`
	Until          *sale.Share `placeholder:"SHARE" group:"compare" help:"Ends when the intervals of the primary metric are as narrow as this."`
	MaxRegression  *sale.Share `placeholder:"SHARE" group:"compare" help:"How much worse than the first a variant may be; differences decide nothing if not given."`
	OnInconclusive string      `enum:"fail,pass" default:"fail" placeholder:"HOW" group:"compare" help:"What cannot be decided: fail (exit code 3) or pass (default ${default})."`
	Primary        string      `placeholder:"METRIC" group:"compare" help:"The figure that decides; the usual one for the arrivals if not given."`
	Baseline       string      `placeholder:"NAME" group:"compare" help:"The variant or folder that the others are compared with; the first if not given."`

	scenario.Spec `embed:""`
}

// How many rounds are made.
const (
	usualRounds = 10
	untilRounds = 50 // with --until, at most
	maxRounds   = 1000
)

// folderFlags are the flags that mean something to runs that were made before.
var folderFlags = []string{"max-regression", "on-inconclusive", "primary", "baseline", "out", "replace"}

// Run compares variants, or what was recorded of some.
func (c *compareCmd) Run(app *app) (int, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	dirs, err := c.folders()
	if err != nil {
		return 0, err
	}
	if dirs == nil {
		return c.compareVariants(app)
	}
	if err := onlyFlags(app.kong, folderFlags, "folders hold runs that were made before; the flag goes with a scenario"); err != nil {
		return 0, err
	}
	if len(dirs) == 1 {
		return c.compareAgain(app, dirs[0])
	}
	return c.compareFolders(app, dirs)
}

func (c *compareCmd) check() error {
	for _, bad := range []struct {
		is   bool
		text string
	}{
		{c.Rounds != nil && (*c.Rounds < 1 || *c.Rounds > maxRounds), fmt.Sprintf("--rounds: want from 1 to %d", maxRounds)},
		{c.Until != nil && (*c.Until <= 0 || *c.Until >= 1), "--until: want a share above 0 and below 1, like 5%"},
		{c.MaxRegression != nil && (*c.MaxRegression <= 0 || *c.MaxRegression >= 1), "--max-regression: want a share above 0 and below 1, like 5%"},
		{c.Until != nil && c.most() < compare.MinRounds, fmt.Sprintf("--until: there is no interval before round %d; want --rounds %d or more", compare.MinRounds, compare.MinRounds)},
		{c.RetryUnknown != 0, "--retry-unknown: want it with run gate; a comparison has rounds"},
	} {
		if bad.is {
			return errors.New(bad.text)
		}
	}
	return nil
}

// most is the most rounds that are made.
func (c *compareCmd) most() int {
	switch {
	case c.Rounds != nil:
		return *c.Rounds
	case c.Until != nil:
		return untilRounds
	}
	return usualRounds
}

// options are what is asked of the comparison.
func (c *compareCmd) options() report.ComparisonOptions {
	return report.ComparisonOptions{
		Primary: c.Primary, MaxRegression: (*float64)(c.MaxRegression), Until: (*float64)(c.Until),
		PassInconclusive: c.OnInconclusive == "pass",
	}
}

// folders are the folders that the command line names, the base first; none
// where it names a scenario.
func (c *compareCmd) folders() (dirs []string, err error) {
	if len(c.What) == 1 && slices.Contains(scenario.Names(), c.What[0]) {
		return nil, nil
	}
	for _, name := range c.What {
		switch info, err := os.Stat(name); {
		case err == nil && info.IsDir():
			dirs = append(dirs, filepath.Clean(name))
		case len(c.What) > 1 && err != nil:
			return nil, fmt.Errorf("%s: no such folder; want one scenario, or folders of results", name)
		case len(c.What) > 1:
			return nil, fmt.Errorf("%s is no folder; want one scenario, or folders of results", name)
		}
	}
	if dirs == nil || c.Baseline == "" {
		return dirs, nil
	}
	return first(dirs, c.Baseline)
}

// first puts the base before the other folders, among which it may not be yet.
func first(dirs []string, base string) ([]string, error) {
	if info, err := os.Stat(base); err != nil || !info.IsDir() {
		if len(dirs) == 1 {
			return dirs, nil // a comparison's own folder, with variants that have names
		}
		return nil, fmt.Errorf("--baseline %s: no such folder", base)
	}
	base = filepath.Clean(base)
	others := slices.DeleteFunc(slices.Clone(dirs), func(dir string) bool { return dir == base })
	return append([]string{base}, others...), nil
}

// onlyFlags refuses flags that are given and not among those allowed.
func onlyFlags(kctx *kong.Context, allowed []string, why string) error {
	for _, step := range kctx.Path {
		if step.Flag != nil && !step.Resolved && !slices.Contains(allowed, step.Flag.Name) {
			return fmt.Errorf("--%s: %s", step.Flag.Name, why)
		}
	}
	return nil
}

// compareVariants runs the variants of a scenario and compares them.
func (c *compareCmd) compareVariants(app *app) (int, error) {
	name := scenario.DefaultName
	if len(c.What) > 0 {
		name = c.What[0]
	}
	if err := loadScenario(app.kong, name, &c.Spec); err != nil {
		return 0, err
	}
	if err := app.listen(c.Listen); err != nil {
		return 0, err
	}
	if len(valuesOf(app.kong.Args, "--script")) > 1 {
		return 0, errors.New("--script: a scenario has one; --vary script=A,B compares several")
	}
	if c.Seed == nil {
		c.Seed = new(rand.Uint64() >> 32) // short enough to type
	}
	list, err := c.list(name)
	if err != nil {
		return 0, err
	}
	variants, err := prepare(list, c.Spec, c.Primary)
	if err != nil {
		return 0, err
	}
	r := newRounds(app, bareName(name), c, variants)
	if r.Warnings, err = alike(variants); err != nil {
		return 0, err
	}
	return r.run()
}

// list are the variants that the flags or the scenario name, the base first.
func (c *compareCmd) list(name string) (list scenario.Variants, err error) {
	switch list = c.Variants; {
	case len(c.Vary) > 0 && len(list) > 0:
		return nil, fmt.Errorf("--vary: scenario %s has variants of its own", name)
	case len(c.Vary) > 0:
		if list, err = varied(c.Vary); err != nil {
			return nil, err
		}
	case len(list) == 0:
		return nil, fmt.Errorf("scenario %s has nothing to compare: want --vary KEY=A,B, or a list of variants in the file", name)
	}
	if c.Baseline == "" {
		return list, nil
	}
	at := slices.IndexFunc(list, func(v scenario.Variant) bool { return v.Name == c.Baseline })
	if at < 0 {
		return nil, fmt.Errorf("--baseline %s: no such variant; want one of %s", c.Baseline, namesOf(list))
	}
	base := list[at]
	return slices.Insert(slices.Delete(slices.Clone(list), at, at+1), 0, base), nil
}

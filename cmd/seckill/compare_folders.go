package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/arrival"
)

// A set is what was recorded of one variant, the earliest run first.
type set struct {
	dir  string
	runs []recorded
}

// A recorded run is judged, and its scenario read.
type recorded struct {
	dir     string
	summary *report.Summary
	spec    scenario.Spec
	values  map[string]string
}

// compareFolders compares what was recorded before, a set a folder.
func (c *compareCmd) compareFolders(app *app, dirs []string) (int, error) {
	var sets []set
	for i, dir := range dirs {
		if slices.Contains(dirs[:i], dir) {
			return 0, fmt.Errorf("%s is there twice: its runs are the same", dir)
		}
		s, err := readSet(dir)
		if err != nil {
			return 0, err
		}
		sets = append(sets, *s)
	}
	if err := eachOnce(sets); err != nil {
		return 0, err
	}
	out, discard := "", func() {}
	if c.Out != "" {
		res, err := newResults(c.Out, "", time.Now(), c.Replace)
		if err != nil {
			return 0, err
		}
		out, discard = res.dir, res.discard
		defer res.keep()
	}
	t := compared{Comparison: asComparison(sets, out)}
	t.Options = c.options()
	t.Command = strings.TrimSuffix(repeat(app.kong.Args, 0), " --seed 0")
	code, err := t.report(app, out)
	if err != nil {
		discard()
	}
	return code, err
}

// eachOnce refuses a record that is there twice, be it a copy: a run is one
// observation.
func eachOnce(sets []set) error {
	type identity struct {
		began time.Time
		seed  uint64
		item  string
	}
	seen := map[identity]string{}
	for _, s := range sets {
		for _, run := range s.runs {
			head := &run.summary.Head
			id := identity{head.Started.UTC().Round(0), head.Seed, head.Items[0].ID}
			if other, twice := seen[id]; twice {
				return fmt.Errorf("%s and %s hold the same run", other, run.dir)
			}
			seen[id] = run.dir
		}
	}
	return nil
}

// readSet reads and judges the runs in a folder: it is the results folder of one,
// or holds several, directly or one level below.
func readSet(dir string) (*set, error) {
	if p, err := readPlan(dir); err != nil {
		return nil, err
	} else if p != nil {
		return nil, fmt.Errorf("%s is a comparison: seckill compare %s alone tells it again", dir, dir)
	}
	found, err := runsIn(dir)
	if err != nil {
		return nil, err
	}
	s := &set{dir: dir}
	for _, one := range found {
		run, err := readRun(one)
		if err != nil {
			return nil, err
		}
		s.runs = append(s.runs, *run)
	}
	slices.SortStableFunc(s.runs, func(a, b recorded) int { return a.began().Compare(b.began()) })
	return s, s.oneVariant()
}

// runsIn are the results folders in a folder.
func runsIn(dir string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(dir, "history")); err == nil {
		return []string{dir}, nil
	}
	var found []string
	for _, depth := range [][]string{{"*"}, {"*", "*"}} {
		at, _ := filepath.Glob(filepath.Join(slices.Concat([]string{quoteGlob(dir)}, depth, []string{"history", "head.json"})...))
		for _, head := range at {
			found = append(found, filepath.Dir(filepath.Dir(head)))
		}
	}
	found = slices.DeleteFunc(found, func(run string) bool { return filepath.Base(filepath.Dir(run)) == "counterexample" })
	if len(found) == 0 {
		return nil, fmt.Errorf("%s holds no record of a sale", dir)
	}
	return found, nil
}

// quoteGlob is a pattern that matches a path alone.
func quoteGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

func readRun(dir string) (*recorded, error) {
	_, summary, err := judgeRecord(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no record of a sale: %w", dir, err)
	} else if err != nil {
		return nil, err
	}
	summary.FindCounterexamples(dir)
	summary.Compact()
	r := &recorded{dir: dir, summary: summary}
	if r.spec, err = scenario.Parse(summary.Head.Scenario); err == nil {
		if _, ends := r.spec.Arrivals.Length(); ends || r.spec.Arrivals.Model == arrival.Open && r.spec.Duration > 0 {
			r.spec.Buyers = nil // how many came was drawn with the arrivals
		}
		r.values, err = valuesIn(r.spec)
	}
	if err != nil {
		return nil, fmt.Errorf("the scenario in the record of %s cannot be read: %w", dir, err)
	}
	return r, nil
}

func (r *recorded) began() time.Time { return r.summary.Head.Started }

// oneVariant refuses a set whose runs are not of one variant.
func (s *set) oneVariant() error {
	for _, run := range s.runs[1:] {
		for _, change := range changed(s.runs[0].values, run.values) {
			return fmt.Errorf("%s holds runs of several variants: %s of %s is %s, of %s %s; want a folder for each", s.dir,
				change.Name, s.runs[0].dir, orOpen(s.runs[0].values[change.Name]), run.dir, orOpen(change.Value))
		}
	}
	return nil
}

// ofRun are the fields that differ between runs that are otherwise the same.
var ofRun = []string{"seed", "item", "report", "overwrite"}

// changed are the fields that differ from those of a base.
func changed(base, values map[string]string) (all []report.Change) {
	for key, value := range values {
		if value != base[key] && !slices.Contains(ofRun, key) {
			all = append(all, report.Change{Name: key, Value: value})
		}
	}
	for key := range base {
		if _, has := values[key]; !has {
			all = append(all, report.Change{Name: key, Value: ""})
		}
	}
	slices.SortFunc(all, func(a, b report.Change) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// asComparison is what sets were recorded, as a comparison.
func asComparison(sets []set, out string) *report.Comparison {
	base := &sets[0]
	head := base.runs[0].summary.Head
	c := &report.Comparison{Name: head.Name, Seed: head.Seed}
	for i, name := range setNames(sets) {
		v := report.Variant{Name: name}
		if i > 0 {
			v.Changes = changed(base.runs[0].values, sets[i].runs[0].values)
		}
		for k, run := range sets[i].runs {
			v.Runs = append(v.Runs, report.VariantRun{Round: k + 1, Folder: relative(out, run.dir), Summary: run.summary})
		}
		c.Variants = append(c.Variants, v)
	}
	c.Undecided, c.Warnings = doubtful(sets, setNames(sets))
	return c
}

// setNames are the names of the folders, with those above them where they are
// the same.
func setNames(sets []set) []string {
	names := make([]string, len(sets))
	for i := range sets {
		names[i] = filepath.Base(sets[i].dir)
		for j := range sets {
			if i != j && filepath.Base(sets[j].dir) == names[i] {
				names[i] = filepath.ToSlash(sets[i].dir)
				break
			}
		}
	}
	return names
}

// relative is a folder as seen from another, or from here.
func relative(from, dir string) string {
	if from == "" {
		return filepath.ToSlash(dir)
	}
	a, errA := filepath.Abs(from)
	b, errB := filepath.Abs(dir)
	if rel, err := filepath.Rel(a, b); err == nil && errA == nil && errB == nil {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(dir)
}

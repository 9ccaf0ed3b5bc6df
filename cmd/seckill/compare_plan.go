package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/history"
)

// planFile says what a folder compares; the records of the runs lie beside it,
// and everything else is made of the two.
const planFile = "comparison.json"

// A comparisonPlan is the comparison in a folder.
type comparisonPlan struct {
	Version int    `json:"version"`
	Name    string `json:"name"`
	Command string `json:"command"`
	Seed    uint64 `json:"seed"`
	Rounds  int    `json:"rounds"` // at most
	// What is asked of it: see report.ComparisonOptions.
	Primary          string   `json:"primary"`
	MaxRegression    *float64 `json:"max_regression"`
	Until            *float64 `json:"until"`
	PassInconclusive bool     `json:"pass_inconclusive"`

	Variants  []plannedVariant `json:"variants"`
	Warnings  []string         `json:"warnings"`
	Undecided []string         `json:"undecided"`
}

type plannedVariant struct {
	Name    string          `json:"name"`
	Folder  string          `json:"folder"`
	Changes []plannedChange `json:"changes"`
}

type plannedChange struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (r *rounds) plan() *comparisonPlan {
	p := &comparisonPlan{
		Version: history.Version, Name: r.Name, Command: r.Command, Seed: r.Comparison.Seed, Rounds: r.most(),
		Primary: r.Options.Primary, MaxRegression: r.Options.MaxRegression, Until: r.Options.Until,
		PassInconclusive: r.Options.PassInconclusive, Warnings: r.Warnings, Undecided: r.Undecided,
	}
	for _, v := range r.variants {
		as := plannedVariant{Name: v.name, Folder: v.folder}
		for _, change := range v.changes {
			as.Changes = append(as.Changes, plannedChange(change))
		}
		p.Variants = append(p.Variants, as)
	}
	return p
}

func (p *comparisonPlan) write(dir string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, planFile), append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("the results folder: %w", err)
	}
	return nil
}

// readPlan reads what a folder compares; nil: it is not the folder of a
// comparison.
func readPlan(dir string) (*comparisonPlan, error) {
	path := filepath.Join(dir, planFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var p comparisonPlan
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	switch {
	case p.Version != history.Version:
		return nil, fmt.Errorf("%s: the comparison has version %d; this seckill reads version %d", path, p.Version, history.Version)
	case len(p.Variants) < 2:
		return nil, fmt.Errorf("%s: it names fewer than two variants", path)
	}
	return &p, nil
}

// compareAgain makes the reports of a comparison again, from its records alone.
func (c *compareCmd) compareAgain(app *app, dir string) (int, error) {
	p, err := readPlan(dir)
	if err != nil {
		return 0, err
	}
	if p == nil {
		return 0, fmt.Errorf("%s: one folder of results is nothing to compare; want two or more, or that of a comparison", dir)
	}
	if c.Out != "" || c.Replace {
		return 0, errors.New("--out: the reports of a comparison go into its own folder")
	}
	if c.Primary != "" && c.Primary != p.Primary {
		p.Primary = c.Primary
		p.Warnings = append(p.Warnings, "the metric that decides was named after the runs were made")
	}
	if c.MaxRegression != nil {
		p.MaxRegression = (*float64)(c.MaxRegression)
	}
	p.PassInconclusive = p.PassInconclusive || c.OnInconclusive == "pass"
	return p.again(app, dir, c.Baseline)
}

// again reports a comparison from the records in its folder.
func (p *comparisonPlan) again(app *app, dir, base string) (int, error) {
	if err := p.putFirst(base); err != nil {
		return 0, err
	}
	t := compared{Comparison: p.comparison()}
	for round := range p.Rounds + 1 {
		runs, err := p.judge(dir, round)
		if err != nil {
			return 0, err
		}
		if slices.Contains(runs, nil) && slices.ContainsFunc(runs, func(run *report.VariantRun) bool { return run != nil }) {
			warn(t.Comparison, fmt.Sprintf("round %d does not count: the folder lacks a run of it", round))
		}
		t.beside = worse(t.beside, take(t.Comparison, round, runs))
	}
	if made := len(t.Variants[0].Runs); made < p.Rounds && p.Until == nil && len(p.Warnings)+len(p.Undecided) == 0 {
		warn(t.Comparison, fmt.Sprintf("%d of the %d rounds that were planned are whole in the folder", made, p.Rounds))
	}
	return t.report(app, dir)
}

// comparison is what was planned, without a run.
func (p *comparisonPlan) comparison() *report.Comparison {
	c := &report.Comparison{
		Name: p.Name, Command: p.Command, Seed: p.Seed, Warnings: p.Warnings, Undecided: p.Undecided,
		Options: report.ComparisonOptions{
			Primary: p.Primary, MaxRegression: p.MaxRegression, Until: p.Until, PassInconclusive: p.PassInconclusive,
		},
	}
	for _, v := range p.Variants {
		as := report.Variant{Name: v.Name}
		for _, change := range v.Changes {
			as.Changes = append(as.Changes, report.Change(change))
		}
		c.Variants = append(c.Variants, as)
	}
	return c
}

// judge judges the runs of a round; one that is not there is nil.
func (p *comparisonPlan) judge(dir string, round int) ([]*report.VariantRun, error) {
	runs := make([]*report.VariantRun, len(p.Variants))
	for i, v := range p.Variants {
		folder := filepath.Join(roundFolder(round), v.Folder)
		if _, err := os.Stat(filepath.Join(dir, folder, "history")); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		summary, err := judge(filepath.Join(dir, folder))
		if err != nil {
			return nil, err
		}
		summary.Compact()
		runs[i] = &report.VariantRun{Round: round, Folder: filepath.ToSlash(folder), Summary: summary}
	}
	return runs, nil
}

// putFirst makes a variant the one that the others are compared with.
func (p *comparisonPlan) putFirst(name string) error {
	if name == "" {
		return nil
	}
	for i, v := range p.Variants {
		if v.Name == name {
			copy(p.Variants[1:i+1], p.Variants[:i])
			p.Variants[0] = v
			return nil
		}
	}
	return fmt.Errorf("--baseline %s: the comparison has no such variant", name)
}

package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/check"
)

// The values of --report.
const (
	reportMin  = "min"
	reportFull = "full"
)

// report prints what came of each script, writes the files, and returns the
// exit code of the worst.
func (g *gate) report(all []*report.Collection) (code int, err error) {
	for i, judged := range all {
		if i > 0 {
			fmt.Fprintln(g.app.stdout)
		}
		err = cmp.Or(err, report.WriteCollectionText(g.app.stdout, judged))
		code = worse(code, judged.ExitCode())
		if dir := g.folder(&g.scripts[i]); len(all) > 1 {
			err = cmp.Or(err, os.MkdirAll(dir, 0o755)) // of a script that nothing was seen of
			err = cmp.Or(err, report.WriteCollectionFolder(dir, judged))
		}
	}
	err = cmp.Or(err, g.writeTop(all))
	if err != nil {
		g.app.tell(err)
		return worse(code, exitUsage), nil
	}
	fmt.Fprintf(g.app.stdout, "\n%sResults: %s\n", sumUp(all), g.res.dir)
	return code, nil
}

// sumUp says in a line what came of several scripts; nothing of one.
func sumUp(all []*report.Collection) string {
	if len(all) == 1 {
		return ""
	}
	count := map[check.Opinion]int{}
	for _, judged := range all {
		count[judged.Opinion()]++
	}
	for _, opinion := range []check.Opinion{check.Invalid, check.Unknown} {
		if n := count[opinion]; n > 0 {
			return fmt.Sprintf("%s  %d of %d scripts\n", strings.ToUpper(string(opinion)), n, len(all))
		}
	}
	return fmt.Sprintf("VALID  all %d scripts\n", len(all))
}

// worse returns the exit code that comes first of two: 1, 2, 3, 0.
func worse(a, b int) int {
	switch {
	case a == 0:
		return b
	case b == 0:
		return a
	}
	return min(a, b)
}

// writeTop writes what all scripts have in common: one result, one JUnit file,
// one summary, which a workflow of GitHub shows as well.
func (g *gate) writeTop(all []*report.Collection) error {
	top := all[0]
	if len(all) > 1 {
		top = g.together(all)
	}
	err := cmp.Or(report.WriteCollectionFolder(g.res.dir, top), report.WriteJUnitFile(g.res.dir, all))
	if path := os.Getenv("GITHUB_STEP_SUMMARY"); path != "" {
		err = cmp.Or(err, appendTo(path, func(w io.Writer) (err error) {
			for _, judged := range all {
				err = cmp.Or(err, report.WriteCollectionMarkdown(w, judged))
			}
			return err
		}))
	}
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		err = cmp.Or(err, report.WriteAnnotations(g.app.stdout, "", g.annotations(all)))
	}
	return err
}

// together is all scripts as one collection, whose runs say whose they are.
func (g *gate) together(all []*report.Collection) *report.Collection {
	top := &report.Collection{Name: gateName, Script: fmt.Sprintf("%d scripts", len(all)), Seed: *g.Seed, Command: all[0].Command}
	for i, judged := range all {
		folder := g.scripts[i].folder
		for _, run := range judged.Runs {
			run.Name, run.Folder = folder+"/"+run.Name, filepath.Join(folder, run.Folder)
			top.Runs = append(top.Runs, run)
		}
		if judged.Opinion() == check.Unknown {
			for _, doubt := range judged.AllDoubts() {
				top.Doubts = append(top.Doubts, folder+": "+doubt)
			}
		}
	}
	return top
}

// appendTo adds a summary to a file that others write to as well.
func appendTo(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("GITHUB_STEP_SUMMARY: %w", err)
	}
	return cmp.Or(write(f), f.Close())
}

// annotations are the broken rules of all scripts, each at its script's file.
func (g *gate) annotations(all []*report.Collection) (list []report.Annotation) {
	for i, judged := range all {
		list = append(list, judged.Annotations(g.scripts[i].name)...)
	}
	return list
}

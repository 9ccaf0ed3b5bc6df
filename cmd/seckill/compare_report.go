package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seckill-bench/seckill/report"
)

// A compared comparison has all its runs.
type compared struct {
	*report.Comparison
	// beside is the exit code of what is wrong and does not count.
	beside int
}

func (r *rounds) compared() compared { return compared{&r.Comparison, r.beside} }

// report prints what the rounds say, writes the files into a folder, unless that
// is empty, and returns the exit code. A variant that is wrong is told before a
// report that could not be written.
func (t compared) report(app *app, dir string) (int, error) {
	if err := t.Decide(); err != nil {
		return 0, err
	}
	failed := report.WriteComparisonText(app.stdout, t.Comparison)
	if dir != "" {
		if err := report.WriteComparisonFolder(dir, t.Comparison); err != nil {
			failed = err
		} else {
			fmt.Fprintf(app.stdout, "\nResults: %s  (open compare.html)\n", dir)
		}
	}
	if path := os.Getenv("GITHUB_STEP_SUMMARY"); path != "" {
		failed = cmp.Or(failed, appendTo(path, func(w io.Writer) error { return report.WriteComparisonMarkdown(w, t.Comparison) }))
	}
	code := worse(t.beside, t.ExitCode())
	if failed != nil && code == exitInvalid {
		app.tell(failed)
		return code, nil
	}
	return code, failed
}

// writeSmall writes what programs read of a run, and the scenario that runs it
// again.
func writeSmall(dir string, s *report.Summary) error {
	return cmp.Or(
		report.WriteMinimum(dir, s),
		os.WriteFile(filepath.Join(dir, "scenario.yaml"), []byte(s.Head.Scenario), 0o644),
	)
}

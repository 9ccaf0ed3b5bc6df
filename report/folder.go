package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// A Writer writes one report of a summary.
type Writer func(io.Writer, *Summary) error

// WriteMinimum writes result.json and junit.xml, what programs read, into an
// existing results folder.
func WriteMinimum(dir string, s *Summary) error {
	return cmp.Or(writeFile(filepath.Join(dir, "result.json"), s, WriteJSON), writeFile(filepath.Join(dir, "junit.xml"), s, WriteJUnit))
}

// WriteFolder writes every report of a summary into an existing results
// folder, in place of earlier ones. A report that cannot be written does not
// keep the others from it; the error names the first such file and says how
// many there are.
func WriteFolder(dir string, s *Summary) error {
	var failed []error
	for _, f := range []struct {
		name  string
		write Writer
	}{
		{"result.json", WriteJSON},
		{"latency.hlog", WriteHlog},
		{"junit.xml", WriteJUnit},
		{"bench.txt", WriteBench},
		{"metrics.txt", WriteMetrics},
		{"scenario.yaml", WriteScenario},
		{"report.html", WriteHTML},
	} {
		failed = append(failed, writeFile(filepath.Join(dir, f.name), s, f.write))
	}
	failed = append(failed, writePlots(dir, pictures(s))...)
	failed = slices.DeleteFunc(failed, func(err error) bool { return err == nil })
	switch len(failed) {
	case 0:
		return nil
	case 1:
		return failed[0]
	}
	return fmt.Errorf("%w (and %d more reports could not be written)", failed[0], len(failed)-1)
}

// writeFile writes a report of a summary.
func writeFile(path string, s *Summary, write Writer) error {
	return writeInto(path, func(w io.Writer) error { return write(w, s) })
}

// writeInto writes a file beside its place and then moves it there, so that
// nobody finds half of one.
func writeInto(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	buffered := bufio.NewWriter(f)
	err = cmp.Or(write(buffered), buffered.Flush(), f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

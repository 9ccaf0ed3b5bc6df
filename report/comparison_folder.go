package report

import (
	"errors"
	"io"
	"path/filepath"
)

// WriteComparisonFolder writes result.json, compare.html, compare.md, bench.txt,
// junit.xml and the pictures into an existing folder, in place of earlier ones. One
// that cannot be written does not keep the others from it; the error names those.
func WriteComparisonFolder(dir string, c *Comparison) error {
	var failed []error
	for _, f := range []struct {
		name  string
		write func(io.Writer, *Comparison) error
	}{
		{"result.json", WriteComparisonJSON},
		{"compare.md", WriteComparisonMarkdown},
		{"junit.xml", WriteComparisonJUnit},
		{"bench.txt", writeComparisonBench},
		{"compare.html", writeComparisonHTML},
	} {
		failed = append(failed, writeInto(filepath.Join(dir, f.name), func(w io.Writer) error { return f.write(w, c) }))
	}
	return errors.Join(append(failed, writeComparisonPlots(dir, c))...)
}

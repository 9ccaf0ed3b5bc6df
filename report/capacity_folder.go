package report

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
)

// WriteCapacityFolder writes result.json, junit.xml, capacity.html, capacity.md and the
// pictures into a folder. What cannot be written does not keep the others from
// it; the error names the first.
func WriteCapacityFolder(dir string, c *Capacity) error {
	var failed []error
	for _, f := range []struct {
		name  string
		write func(io.Writer, *Capacity) error
	}{
		{"result.json", WriteCapacityJSON},
		{"junit.xml", WriteCapacityJUnit},
		{"capacity.md", WriteCapacityMarkdown},
		{"capacity.html", WriteCapacityHTML},
	} {
		failed = append(failed, writeInto(filepath.Join(dir, f.name), func(w io.Writer) error { return f.write(w, c) }))
	}
	failed = append(failed, writePlots(dir, c.pictures())...)
	failed = slices.DeleteFunc(failed, func(err error) bool { return err == nil })
	if len(failed) > 1 {
		return fmt.Errorf("%w (and %d more reports could not be written)", failed[0], len(failed)-1)
	} else if len(failed) == 1 {
		return failed[0]
	}
	return nil
}

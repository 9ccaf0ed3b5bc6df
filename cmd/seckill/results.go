package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
)

// results is a new results folder.
type results struct {
	dir string
	// folder is the record in it, where it holds one.
	folder *history.Folder
	// made is the topmost folder that had to be made for it.
	made string
	// aside is where the folder that it replaces waits; empty: none.
	aside string
}

// newResults makes the folder out or, where that is empty, one of its own for
// what has the given name and started then.
func newResults(out, name string, started time.Time, replace bool) (*results, error) {
	dir := cmp.Or(out, filepath.Join("results", name+"-"+started.Local().Format("20060102-150405.000")))
	aside, err := setAside(dir, replace)
	if err != nil {
		return nil, err
	}
	res := &results{dir: dir, made: topmostMissing(dir), aside: aside}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		res.discard()
		return nil, fmt.Errorf("the results folder: %w", err)
	}
	return res, nil
}

// discard removes the folder and those made for it, and puts back what it was
// to replace.
func (r *results) discard() {
	os.RemoveAll(r.made)
	if r.aside != "" {
		os.Rename(r.aside, r.dir)
	}
}

// keep removes what the folder replaces.
func (r *results) keep() {
	if r.aside != "" {
		os.RemoveAll(r.aside)
	}
}

// topmostMissing is the folder, or the first above it, that does not exist.
func topmostMissing(dir string) string {
	parent := filepath.Dir(dir)
	if _, err := os.Lstat(parent); err == nil || parent == dir {
		return dir
	}
	return topmostMissing(parent)
}

// setAside makes sure that nothing stands where the results go. A results
// folder that is to be replaced is moved aside, and its new place returned.
func setAside(dir string, replace bool) (aside string, err error) {
	if _, err := os.Lstat(dir); err != nil {
		return "", nil // nothing, or what making the folder will stumble over
	}
	if !replace {
		return "", fmt.Errorf("%s exists; --replace replaces a results folder, --out names another", dir)
	}
	if err := recognise(dir); err != nil {
		return "", fmt.Errorf("%s is not replaced, since it is no results folder: %w", dir, err)
	}
	aside = filepath.Clean(dir) + ".replaced"
	if err := os.Rename(dir, aside); err != nil {
		return "", fmt.Errorf("the results folder: %w", err)
	}
	return aside, nil
}

// recognise returns an error unless a folder holds the record of a sale, or of
// several in folders below it: whatever else is there, a probe, a gate or a comparison made it.
func recognise(dir string) error {
	_, err := history.Open(filepath.Join(dir, "history"))
	if err == nil {
		return nil
	}
	_, result := os.Stat(filepath.Join(dir, "result.json"))
	_, plan := os.Stat(filepath.Join(dir, planFile))                                     // of a comparison that was killed
	steps, _ := filepath.Glob(filepath.Join(dir, "*", "step-*", "history", "head.json")) // of a search that was
	if result != nil && plan != nil && steps == nil {
		return err
	}
	below, _ := filepath.Glob(filepath.Join(dir, "*", "history", "head.json"))
	deeper, _ := filepath.Glob(filepath.Join(dir, "*", "*", "history", "head.json"))
	if len(below)+len(deeper) == 0 {
		return err
	}
	return nil
}

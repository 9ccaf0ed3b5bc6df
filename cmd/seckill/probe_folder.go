package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/probe"
)

// save writes the results folder: the scripts, a folder a case with its record
// and the lines that repeat it, and what programs read.
func (p *probed) save() error {
	for _, script := range p.strat.Contract.Scripts() {
		file := filepath.Join(p.dir, script.File)
		if err := cmp.Or(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, script.Source, 0o644)); err != nil {
			return err
		}
	}
	for _, c := range p.cases {
		if len(c.Steps) == 0 {
			continue
		}
		if err := saveCase(filepath.Join(p.dir, c.Name), c.Case); err != nil {
			return err
		}
	}
	return report.WriteCollectionFolder(p.dir, &p.Collection)
}

// emptyServer refuses to write among the keys of somebody.
const emptyServer = `[ "$(redis-cli DBSIZE)" = 0 ] || { echo "the server that redis-cli finds is not empty, or not there" >&2; exit 1; }
`

// saveCase writes the folder of a case.
func saveCase(dir string, c *probe.Case) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var sh strings.Builder
	fmt.Fprintf(&sh, "#!/bin/sh\n# %s: %s\ncd \"$(dirname \"$0\")/..\" || exit\n%s", c.Name, report.Plain(c.Title), emptyServer)
	for i := range c.Steps {
		for _, line := range byHand(&c.Steps[i]) {
			sh.WriteString(line + "\n")
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "by-hand.sh"), []byte(sh.String()), 0o755); err != nil {
		return err
	}
	if c.History == nil {
		return nil
	}
	return history.Write(filepath.Join(dir, "history"), c.History)
}

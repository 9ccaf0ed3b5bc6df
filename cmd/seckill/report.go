package main

import (
	"fmt"

	"github.com/seckill-bench/seckill/report"
)

type reportCmd struct {
	Dir    string `arg:"" help:"The results folder." predictor:"dir"`
	Export string `placeholder:"FILE" help:"Instead, write the attempts into this file, .csv, .jsonl or .parquet, and what was left into audit.json beside it: rows that check --import judges."`
}

// Run makes every report again, from the record alone.
func (c *reportCmd) Run(app *app) (int, error) {
	if c.Export != "" {
		return 0, exportRows(app, c.Dir, c.Export)
	}
	if p, err := readPlan(c.Dir); p != nil || err != nil {
		if err != nil {
			return 0, err
		}
		return p.again(app, c.Dir, "")
	}
	summary, err := judge(c.Dir)
	if err != nil {
		return 0, err
	}
	failed := report.WriteFolder(c.Dir, summary)
	if failed == nil {
		_, failed = fmt.Fprintf(app.stdout, "Wrote the reports into %s; open %s/report.html.\n", c.Dir, c.Dir)
	}
	return app.exit(summary, failed)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/server"
)

type selftestCmd struct {
	Server string `default:"auto" placeholder:"SERVER" help:"auto (a private redis-server or valkey-server from PATH, else embedded), embedded, or a server binary (default ${default})."`
	Seeds  int    `default:"1" placeholder:"N" help:"How many seeds to try each class with (default ${default})."`
	Seed   uint64 `default:"1" placeholder:"N" help:"The first of them (default ${default})."`
	Only   string `placeholder:"CLASS" help:"One class only."`
}

// Run sells every wrong script and its right twin, and tells which the judge
// caught and which it accused.
func (c *selftestCmd) Run(app *app) (int, error) {
	rows, err := c.rows()
	if err != nil {
		return 0, err
	}
	srv, err := c.server(app)
	if err != nil {
		return 0, err
	}
	defer srv.Close()
	context.AfterFunc(app.hard, func() { srv.Close() })
	var trials []*trial
	for _, row := range rows {
		t := newTrial(row)
		if t.skipped, err = skips(row, srv); err != nil {
			return 0, err
		}
		for seed := c.Seed; t.skipped == "" && seed < c.Seed+uint64(c.Seeds); seed++ {
			t.with(app.ctx, srv, seed)
			if app.ctx.Err() != nil {
				return 0, errors.New("interrupted before all was tried")
			}
		}
		trials = append(trials, t)
	}
	srv.Close() // the report needs none
	return c.report(app, trials)
}

// rows are the rows of the corpus that are asked for.
func (c *selftestCmd) rows() ([]bug, error) {
	if c.Seeds < 1 {
		return nil, fmt.Errorf("--seeds %d: want 1 or more", c.Seeds)
	}
	if c.Only == "" {
		return bugs, nil
	}
	var rows []bug
	var known []string
	for _, row := range bugs {
		if row.class == c.Only {
			rows = append(rows, row)
		}
		known = append(known, row.class)
	}
	if rows == nil {
		return nil, fmt.Errorf("--only %s: known: %s", c.Only, strings.Join(slices.Compact(known), ", "))
	}
	return rows, nil
}

// server opens a server that nobody else uses: keys are deleted on it and its
// scripts forgotten.
func (c *selftestCmd) server(app *app) (*server.Server, error) {
	return openOurs(app, c.Server, "selftest deletes keys and flushes scripts")
}

// openOurs opens a server that nobody else uses, for what would hurt others.
func openOurs(app *app, name, hurts string) (*server.Server, error) {
	if strings.Contains(name, "://") {
		return nil, fmt.Errorf("--server: %s, so it starts a server of its own: want auto, embedded or a server binary", hurts)
	}
	srv, err := server.Open(app.ctx, server.Options{Server: name, NoFallback: os.Getenv("CI") != ""})
	if err == nil && srv.Note != "" {
		fmt.Fprintln(app.stderr, srv.Note)
	}
	return srv, err
}

// skips says why a row cannot be tried on a server; empty: it can.
func skips(row bug, srv *server.Server) (string, error) {
	twin, err := seller(row.twin)
	if err == nil && srv.Kind == server.Embedded && (row.real || twin.CallBy == contract.FCall) {
		return "needs a real server", nil
	}
	return "", err
}

// report prints the table and the evidence.
func (c *selftestCmd) report(app *app, trials []*trial) (int, error) {
	table := tabwriter.NewWriter(app.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "CLASS\tMUST FIRE\tFIRED\tFALSE ALARMS")
	for _, t := range trials {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", t.label(), t.mustFire(), t.firedText(), t.alarmText())
	}
	if err := table.Flush(); err != nil {
		return 0, err
	}
	return c.close(app, trials)
}

// close prints the evidence of what is wrong and a closing line.
func (c *selftestCmd) close(app *app, trials []*trial) (code int, err error) {
	caught, accused, skipped := 0, 0, 0
	for _, t := range trials {
		for _, line := range slices.Concat(t.missed, t.alarms) {
			fmt.Fprintln(app.stdout, "\n"+report.Plain(line))
		}
		switch {
		case t.skipped != "":
			skipped++
			continue
		case len(t.missed) == 0:
			caught++
		}
		if len(t.alarms) > 0 {
			accused++
		}
	}
	tried := len(trials) - skipped
	line := fmt.Sprintf("%d of %d caught, %d of %d twins accused", caught, tried, accused, tried)
	if c.Seeds > 1 {
		line += fmt.Sprintf(", with %d seeds from %d on", c.Seeds, c.Seed)
	}
	if skipped > 0 {
		line += fmt.Sprintf("; %d not tried: the embedded server cannot show them", skipped)
	}
	if caught < tried || accused > 0 {
		code = exitInvalid
	}
	_, err = fmt.Fprintf(app.stdout, "\nFired: whether all rules did that must, and how many others. False alarms: rules that fired on the\ntwin, the right script beside the wrong one.\n\n%s.\n", line)
	return code, err
}

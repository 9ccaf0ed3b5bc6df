package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/compare"
	"github.com/seckill-bench/seckill/scenario/history"
)

// rounds runs every variant once a round.
type rounds struct {
	report.Comparison
	*compareCmd
	app      *app
	res      *results
	variants []*variant
	pace     pace
	// beside is the exit code of what is wrong and does not count: 0 or exitInvalid.
	beside int
}

func newRounds(app *app, name string, c *compareCmd, variants []*variant) *rounds {
	r := &rounds{compareCmd: c, app: app, variants: variants}
	r.Comparison = report.Comparison{Name: name, Command: repeat(app.kong.Args, *c.Seed), Seed: *c.Seed, Options: c.options()}
	for _, v := range variants {
		r.Variants = append(r.Variants, report.Variant{Name: v.name, Changes: v.changes})
	}
	r.pace = pace{w: app.stderr, most: c.most(), variants: len(variants), until: c.Until != nil, began: time.Now()}
	return r
}

// run makes the rounds and reports what they say.
func (r *rounds) run() (code int, err error) {
	if r.res, err = newResults(r.compareCmd.Out, "compare-"+r.Name, time.Now(), r.compareCmd.Replace); err != nil {
		return 0, err
	}
	if err := r.plan().write(r.res.dir); err != nil {
		r.res.discard()
		return 0, err
	}
	if err := r.runAll(); err != nil && !r.wrong() {
		r.res.discard()
		return 0, err
	} else if r.res.keep(); err != nil { // what is wrong is told, whatever came after
		r.app.tell(err)
		return exitInvalid, nil
	}
	if r.app.hard.Err() != nil {
		return exitKilled, nil
	}
	if err := r.plan().write(r.res.dir); err != nil { // with what happened
		return 0, err
	}
	return r.compared().report(r.app, r.res.dir)
}

// runAll makes the rehearsal and the rounds. An error says that nothing is to be
// compared.
func (r *rounds) runAll() error {
	if err := r.rehearse(); err != nil || r.app.hard.Err() != nil {
		return err
	}
	for round := 1; round <= r.most(); round++ {
		runs, err := r.round(round)
		r.take(round, runs)
		made := len(r.Variants[0].Runs)
		switch {
		case r.app.hard.Err() != nil:
			return nil
		case made < round && r.app.ctx.Err() != nil:
			err = errCutShort
		case made < round:
			r.Undecided = append(r.Undecided, fmt.Sprintf("round %d could not be finished: %v", round, err))
		}
		if made == 0 {
			return fmt.Errorf("%w before the first round was over: nothing was compared", err)
		}
		if made < r.most() && r.app.ctx.Err() != nil {
			r.Warnings = append(r.Warnings, fmt.Sprintf("interrupted after %d of %d rounds", made, r.most()))
		}
		if narrow, err := r.narrow(); narrow || err != nil || made < round || r.app.ctx.Err() != nil {
			return err
		}
	}
	return nil
}

var errCutShort = errors.New("interrupted")

// rehearse makes the round that does not count: whatever cannot be run, and a
// figure that cannot be had, shows before the rounds.
func (r *rounds) rehearse() error {
	runs, err := r.round(0)
	r.take(0, runs)
	switch {
	case r.app.hard.Err() != nil:
		return nil
	case !finished(runs) && r.app.ctx.Err() != nil:
		return fmt.Errorf("%w before the rehearsal was over: nothing was compared", errCutShort)
	case err != nil:
		return err
	}
	as := r.Comparison
	as.Variants = slices.Clone(as.Variants)
	for i := range as.Variants {
		as.Variants[i].Runs = []report.VariantRun{*runs[i]}
	}
	return as.Decide()
}

// round runs every variant once, in an order that is drawn. A run that was not
// made is nil.
func (r *rounds) round(round int) ([]*report.VariantRun, error) {
	runs := make([]*report.VariantRun, len(r.variants))
	for _, i := range compare.Order(r.Comparison.Seed, round, len(r.variants)) {
		v := r.variants[i]
		folder := filepath.Join(roundFolder(round), v.folder)
		began := time.Now()
		summary, err := r.sell(v, round, filepath.Join(r.res.dir, folder))
		if err != nil {
			os.RemoveAll(filepath.Join(r.res.dir, folder))
			os.Remove(filepath.Join(r.res.dir, roundFolder(round))) // if it is the first
			return runs, fmt.Errorf("variant %s: %w", v.name, err)
		}
		runs[i] = &report.VariantRun{Round: round, Folder: filepath.ToSlash(folder), Summary: summary}
		r.pace.ran(round, v.name, summary, time.Since(began))
		if r.app.ctx.Err() != nil {
			break
		}
	}
	return runs, nil
}

// roundFolder is where the runs of a round are.
func roundFolder(round int) string { return fmt.Sprintf("round-%02d", round) }

// sell runs a variant on a server of its own, with the seed that is everybody's
// in this round.
func (r *rounds) sell(v *variant, round int, dir string) (*report.Summary, error) {
	runtime.GC() // whoever sold before leaves nothing to collect
	spec := v.spec
	spec.Seed = new(r.Comparison.Seed + uint64(round))
	alone, err := commandOf(spec)
	if err != nil {
		return nil, err
	}
	told := *r.app
	if round > 0 { // the rehearsal has told what there is to say about the server
		told.stderr = io.Discard
	}
	srv, err := openServer(&told, &spec)
	if err != nil {
		return nil, err
	}
	defer srv.Close()
	defer context.AfterFunc(r.app.hard, func() { srv.Close() })()
	sale := part{name: r.Name, dir: dir, spec: spec, strategy: v.strategy, server: srv, command: alone, figures: r.app.figures()}
	summary, err := sale.sell(r.app.ctx)
	if err != nil {
		return nil, err
	}
	write := writeSmall
	if r.compareCmd.Report == reportFull {
		write = report.WriteFolder
	}
	err = write(dir, summary)
	summary.Compact()
	return summary, err
}

// take keeps the runs of a round, or says why they do not count.
func (r *rounds) take(round int, runs []*report.VariantRun) {
	r.beside = worse(r.beside, take(&r.Comparison, round, runs))
}

// take adds the runs of a round to a comparison; round 0 is the rehearsal. Those
// of a round that was not finished do not count: what is wrong in them is told,
// and its exit code returned.
func take(c *report.Comparison, round int, runs []*report.VariantRun) (beside int) {
	whole := finished(runs)
	for i, run := range runs {
		v := &c.Variants[i]
		switch {
		case whole && round == 0:
			v.Rehearsal = run
		case whole:
			v.Runs = append(v.Runs, *run)
		case run != nil && run.Summary.Verdict.Opinion == check.Invalid:
			warn(c, fmt.Sprintf("round %d, which was not finished and does not count: %s is wrong (%s)", round, v.Name, brokenRules(run.Summary)))
			beside = exitInvalid
		}
	}
	return beside
}

// warn adds a warning that is not there yet: the plan in a folder may have it.
func warn(c *report.Comparison, text string) {
	if !slices.Contains(c.Warnings, text) {
		c.Warnings = append(c.Warnings, text)
	}
}

// finished reports whether every variant was run to the end of its sale.
func finished(runs []*report.VariantRun) bool {
	for _, run := range runs {
		if run == nil || run.Summary.Tail == nil || run.Summary.Tail.Ended == history.EndedInterrupted {
			return false
		}
	}
	return true
}

// wrong reports whether a variant was seen to be wrong.
func (r *rounds) wrong() bool {
	for _, v := range r.Variants {
		if v.Rehearsal != nil && v.Rehearsal.Summary.Verdict.Opinion == check.Invalid {
			return true
		}
	}
	return r.beside == exitInvalid
}

// narrow reports whether the intervals are as narrow as --until asks.
func (r *rounds) narrow() (bool, error) {
	if r.Until == nil || len(r.Variants[0].Runs) < compare.MinRounds {
		return false, nil
	}
	now := r.Comparison
	if err := now.Decide(); err != nil {
		return false, err
	}
	return now.Settled(), nil
}

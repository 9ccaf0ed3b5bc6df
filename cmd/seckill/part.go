package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A part is one run of several that are reported together: the phase of a gate,
// a variant in a round of a comparison, a step of a search.
type part struct {
	name     string
	dir      string // where its record goes
	spec     scenario.Spec
	strategy strategy.Strategy
	server   *server.Server
	command  string // runs it again, alone
	figures  *report.Exporter
}

// sell sells into the folder, and judges what is there.
func (p *part) sell(ctx context.Context) (*report.Summary, error) {
	planned, err := scenario.New(ctx, p.name, p.spec, p.strategy, p.server)
	if err != nil {
		return nil, err
	}
	keys, err := planned.Keys()
	if err != nil {
		return nil, err
	}
	planned.Head.Host.Seckill = version()
	planned.Head.Command = p.command
	folder, err := history.Create(filepath.Join(p.dir, "history"), planned.Head)
	if err == nil {
		err = writeKeys(filepath.Join(p.dir, keysFile), keys)
	}
	if err != nil {
		return nil, fmt.Errorf("the results folder: %w", err)
	}
	exposed, live := p.figures.Begin(&planned.Head), report.NewLive(&planned.Head)
	sinks := []history.Sink{folder, exposed}
	if p.spec.Abort != "" {
		sinks = append(sinks, live)
	}
	rec := history.NewRecorder(sinks...)
	allCores := leaveACore(planned, p.spec.Conns)
	ctx, watched := guarded(ctx, p.spec.Abort, planned, live)
	tail, err := planned.Run(ctx, rec, func(e history.Event) {
		folder.Event(e)
		exposed.Event(e)
	})
	watched()
	allCores()
	if err = cmp.Or(err, rec.Close()); err != nil {
		return nil, err
	}
	if err := folder.Finish(tail); err != nil {
		return nil, fmt.Errorf("the record could not be written: %w", err)
	}
	summary, err := judge(p.dir)
	if err == nil {
		p.figures.Judged(&summary.Verdict, summary.Left)
	}
	return summary, err
}

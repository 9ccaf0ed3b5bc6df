package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path"
	"path/filepath"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/capacity"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A rateSearch is one search: for the selling or for the refusing rate. All its
// steps are on one server, each on an item of its own that is removed after it: a
// fresh server for each would be a cold one, and no cheaper to fork.
type rateSearch struct {
	*capacityCmd
	app      *app
	strategy strategy.Strategy
	res      *results
	// needed is how many attempts a step must have.
	needed int
	server *server.Server
	found  report.CapacitySearch
}

// searches are those that were asked for.
func (c *capacityCmd) searches() (all []*rateSearch) {
	for _, masters := range c.Scale {
		s := &rateSearch{capacityCmd: c, found: report.CapacitySearch{Name: fmt.Sprintf("masters-%d", masters), Figure: report.Selling, Masters: masters}}
		all = append(all, s)
	}
	if all != nil {
		return all
	}
	for _, figure := range c.figures() {
		all = append(all, &rateSearch{capacityCmd: c, found: report.CapacitySearch{Name: figure, Figure: figure}})
	}
	return all
}

// errInterrupted ends a search that somebody ended.
var errInterrupted = errors.New("interrupted")

// search finds the rate. An error says why there is none.
func (s *rateSearch) search(of *report.Capacity) error {
	if err := s.open(); err != nil {
		return err
	}
	defer func() { s.server.Close() }()
	if wrong, err := s.brink(of); err != nil || wrong {
		return err
	}
	most, err := s.most(of)
	if err != nil {
		return err
	}
	start, err := s.begin(of)
	switch {
	case err == errInterrupted:
		s.found.Answer = capacity.Answer{Ended: capacity.Unfinished, Why: "the search was ended before it was begun"}
		return nil
	case err != nil || s.found.Answer.Ended == capacity.AtWrong:
		return err
	}
	search := capacity.New(capacity.Options{
		Least: float64(s.From), Most: most, Start: start, Climb: s.Step, Confirm: s.Confirm, Attempts: s.attempts(), Quick: s.Quick,
	})
	for step, more := search.Next(); more; step, more = search.Next() {
		taken, err := s.take(step, of)
		if err == errInterrupted {
			break
		}
		if err != nil {
			s.found.Answer = search.Answer()
			return fmt.Errorf("step %d, at %.0f/s: %w", step.Number, step.Rate, err)
		}
		s.found.Steps = append(s.found.Steps, taken)
		search.Record(taken.Result)
		s.tell(&taken, search)
	}
	s.found.Answer = search.Answer()
	return nil
}

// attempts is how many a step should have: a fifth more than are needed, and of few
// five standard deviations more, since arrivals are drawn.
func (s *rateSearch) attempts() int {
	needed := float64(s.needed)
	return int(math.Ceil(max(1.2*needed, needed+5*math.Sqrt(needed))))
}

// open opens the server of the search, or another in place of one that died.
func (s *rateSearch) open() (err error) {
	if s.server != nil {
		s.server.Close()
	}
	spec := s.Spec
	spec.Topology = s.topology()
	if s.server, err = openServer(s.app, &spec); err != nil {
		return err
	}
	opened := s.server
	context.AfterFunc(s.app.hard, func() { opened.Close() })
	return nil
}

// What the sale has that shows whether a script is right where its steps cannot: in
// them there is enough for everybody, or nothing for anybody.
const (
	brinkStock  = 500
	brinkBuyers = 2000
)

// brink sells out once, by 64 at a time, and reports whether a rule was broken.
func (s *rateSearch) brink(of *report.Capacity) (wrong bool, err error) {
	spec := s.spec(brinkStock)
	if spec.Items != nil {
		each := max(1, brinkStock / *spec.Items)
		spec.Stock = scenario.Range{Least: each, Most: each}
	}
	spec.Duration, spec.SLO, spec.Buyers = probeTime, "", new(int64(brinkBuyers))
	if err := spec.Arrivals.UnmarshalText([]byte("closed:64")); err != nil {
		return false, err
	}
	summary, err := s.sell("sold-out", spec)
	switch {
	case err == errInterrupted:
		return false, nil // the search is told to be
	case err != nil:
		return false, err
	}
	if of.Conditions == nil {
		of.Conditions = summary
	}
	if summary.Verdict.Opinion != check.Invalid {
		return false, nil
	}
	step := report.NewCapacityStep(capacity.Step{Length: probeTime}, summary)
	step.Folder = path.Join(s.found.Name, "sold-out")
	s.found.Steps = append(s.found.Steps, step)
	s.found.Answer = capacity.Answer{Ended: capacity.AtWrong, Why: "a rule was broken when 64 buyers at a time bought until nothing was left, before any rate was tried: what a wrong script carries is no capacity"}
	return true, nil
}

const (
	// probeTime is how long the closed run takes that a search begins with, and
	// probeBuyers how many may come in it.
	probeTime   = time.Second
	probeBuyers = 200_000
	// startShare is the share of its rate that the search begins at.
	startShare = 3
)

// begin returns the first rate: the lowest, if it was given, or one that a closed
// run says is certainly carried. That run is judged as well.
func (s *rateSearch) begin(of *report.Capacity) (start float64, err error) {
	if s.From > 0 {
		return float64(s.From), nil
	}
	spec := s.spec(s.stock(probeBuyers))
	spec.Duration, spec.SLO, spec.Buyers = probeTime, "", new(int64(probeBuyers))
	if err := spec.Arrivals.UnmarshalText([]byte("closed:64")); err != nil {
		return 0, err
	}
	summary, err := s.sell("probe", spec)
	if err != nil {
		return 0, err
	}
	of.Conditions = summary
	if summary.Throughput == nil {
		return 0, errors.New("nobody was answered in a closed run of a second")
	}
	probe := report.NewCapacityStep(capacity.Step{Length: probeTime}, summary)
	probe.Folder = path.Join(s.found.Name, "probe")
	s.found.Probe = &report.CapacityProbe{Rate: *summary.Throughput, Bound: probe.Bound, BoundBy: probe.BoundBy, Folder: probe.Folder}
	if summary.Verdict.Opinion == check.Invalid {
		s.found.Steps = append(s.found.Steps, probe)
		s.found.Answer = capacity.Answer{Ended: capacity.AtWrong, Why: "a rule was broken by 64 buyers at a time, before any rate was tried: what a wrong script carries is no capacity"}
		return 0, nil
	}
	fmt.Fprintf(s.app.stderr, "%s: a closed run reached %.0f/s\n", s.found.Name, *summary.Throughput)
	return *summary.Throughput / startShare, report.IsFigure(summary, s.found.Figure)
}

// take runs a step.
func (s *rateSearch) take(step capacity.Step, of *report.Capacity) (taken report.CapacityStep, err error) {
	select {
	case <-s.server.Died():
		if err := s.open(); err != nil {
			return taken, err
		}
	default:
	}
	spec := s.spec(s.stock(step.Rate * step.Length.Seconds()))
	*spec.Seed += uint64(step.Number)
	shape := "poisson"
	if s.even {
		shape = "constant"
	}
	if err := spec.Arrivals.UnmarshalText(fmt.Appendf(nil, "%s:%g/s*%s", shape, step.Rate, step.Length)); err != nil {
		return taken, err
	}
	if step.Fork && s.server.Kind == server.Spawned {
		spec.ForkAt = step.Length / 4
	}
	name := fmt.Sprintf("step-%02d", step.Number)
	summary, err := s.sell(name, spec)
	if err != nil {
		return taken, err
	}
	if of.Conditions == nil || of.Conditions.Head.Model != "open" {
		of.Conditions = summary
	}
	taken = report.NewCapacityStep(step, summary)
	taken.Folder = path.Join(s.found.Name, name)
	if taken.Result == capacity.Passed || taken.Result == capacity.Unknown {
		err = report.IsFigure(summary, s.found.Figure)
	}
	return taken, err
}

// spec is that of a run of the search, with a seed that may be changed.
func (s *rateSearch) spec(stock int64) scenario.Spec {
	spec := s.Spec
	spec.Seed = new(*s.Seed)
	spec.Stock = scenario.Range{Least: stock, Most: stock}
	spec.Topology = s.topology()
	if s.found.Masters > 0 {
		spec.Items = new(int64(itemsPerMaster * s.found.Masters))
	}
	return spec
}

// stock is how many units lets everybody have one who may come, or nobody. The
// number that comes is drawn: ten standard deviations more do not.
func (s *rateSearch) stock(buyers float64) int64 {
	if s.found.Figure == report.Refusing {
		return 0
	}
	each := max(s.strategy.Quantity, 1)
	if s.Quantity != nil {
		each = s.Quantity.Most()
	}
	return each * int64(math.Ceil(buyers+10*math.Sqrt(buyers)+10))
}

// sell runs a sale in a folder of the search's.
func (s *rateSearch) sell(name string, spec scenario.Spec) (*report.Summary, error) {
	if s.app.ctx.Err() != nil {
		return nil, errInterrupted
	}
	dir := filepath.Join(s.res.dir, s.found.Name, name)
	run := part{name: s.found.Figure + " " + name, dir: dir, spec: spec, strategy: s.strategy, server: s.server, command: stepCommand(s.app.kong.Args, &spec), figures: s.app.figures()}
	summary, err := run.sell(s.app.ctx)
	if s.app.ctx.Err() != nil {
		return nil, errInterrupted
	}
	if err == nil && s.Report == reportFull {
		err = report.WriteFolder(dir, summary)
	} else if err == nil {
		err = report.WriteMinimum(dir, summary)
	}
	return summary, err
}

// tell shows that a step is over, and how much is still to come.
func (s *rateSearch) tell(step *report.CapacityStep, search *capacity.Search) {
	line := fmt.Sprintf("%s: %s %.0f/s %s", step.Folder, step.Phase, step.Rate, step.Result)
	if steps, length := search.Remaining(); steps > 0 {
		line += fmt.Sprintf("; about %d more, %s", steps, length.Round(time.Second))
	}
	fmt.Fprintln(s.app.stderr, line)
}

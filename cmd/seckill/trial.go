package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/probe"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A trial is what came of one row.
type trial struct {
	bug
	skipped string
	seeds   int
	// fired counts the seeds with which each rule fired on the script.
	fired map[check.Rule]int
	// reloaded counts the seeds with which scripts were reloaded.
	reloaded int
	// missed and alarms are sentences: what did not fire, and what did on the twin.
	missed, alarms []string
}

func newTrial(row bug) *trial { return &trial{bug: row, fired: map[check.Rule]int{}} }

// with tries the row with one seed.
func (t *trial) with(ctx context.Context, srv *server.Server, seed uint64) {
	t.seeds++
	t.tryScript(ctx, srv, seed)
	t.tryTwin(ctx, srv, seed)
}

func (t *trial) tryScript(ctx context.Context, srv *server.Server, seed uint64) {
	miss := func(what string) {
		t.missed = append(t.missed, fmt.Sprintf("%s, script %s, seed %d: %s; the sale: %s", t.class, t.script, seed, what, t.told(t.wrong)))
	}
	out, err := t.sell(ctx, srv, t.script, t.wrong, seed, t.around, t.misuse)
	if err != nil {
		miss(err.Error())
		return
	}
	for _, rule := range check.Rules {
		if slices.ContainsFunc(out.verdict.Violations, func(v check.Violation) bool { return v.Rule == rule }) {
			t.fired[rule]++
		}
	}
	for _, rule := range t.must {
		if !slices.ContainsFunc(out.verdict.Violations, func(v check.Violation) bool { return v.Rule == rule }) {
			miss(fmt.Sprintf("%s did not fire", rule))
		}
	}
	if !t.counted {
		return
	}
	if out.reloads == 0 {
		miss("no script was reloaded")
	} else {
		t.reloaded++
	}
	for _, broken := range out.verdict.Violations {
		miss(fmt.Sprintf("%s fired, and this is no violation: %s", broken.Rule, broken.Cases[0].Message))
	}
}

func (t *trial) tryTwin(ctx context.Context, srv *server.Server, seed uint64) {
	alarm := func(what string) {
		t.alarms = append(t.alarms, fmt.Sprintf("%s, twin %s, seed %d: %s; the sale: %s", t.class, t.twin, seed, what, t.told(t.right)))
	}
	out, err := t.sell(ctx, srv, t.twin, t.right, seed, t.around)
	switch {
	case err != nil:
		alarm(err.Error())
		return
	case out.sold == 0:
		alarm("nothing was sold, which shows nothing")
	}
	for _, broken := range out.verdict.Violations {
		alarm(fmt.Sprintf("%s fired: %s", broken.Rule, broken.Cases[0].Message))
	}
}

// An outcome is what came of one sale.
type outcome struct {
	verdict check.Verdict
	sold    int
	reloads int64
}

// sell sells with a script that is changed in some ways, and judges the sale.
func (t *trial) sell(ctx context.Context, srv *server.Server, script, flags string, seed uint64, changes ...change) (*outcome, error) {
	s, err := seller(script)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		s = c.apply(s)
	}
	if t.probed != "" {
		return t.probe(ctx, srv, s, seed)
	}
	spec, err := parseSpec(t.flags + " " + flags)
	if err != nil {
		return nil, err
	}
	spec.Seed = &seed
	if t.fault != "" {
		if srv, err = t.harmed(ctx, srv, &spec); err != nil {
			return nil, err
		}
		defer srv.Close()
	}
	planned, err := scenario.New(ctx, t.class, spec, s, srv)
	if err != nil {
		return nil, err
	}
	h, err := planned.RunInMemory(ctx)
	if err != nil {
		return nil, err
	}
	out := &outcome{reloads: h.Tail.Reloads, sold: granted(h)}
	out.verdict, err = check.Check(h)
	return out, err
}

// harmed opens a server of the same kind to do harm to, and says which.
func (t *trial) harmed(ctx context.Context, like *server.Server, spec *scenario.Spec) (*server.Server, error) {
	spec.Faults = make([]fault.Fault, 1)
	if err := spec.Faults[0].UnmarshalText([]byte(t.fault)); err != nil {
		return nil, err
	}
	options := server.Options{Server: like.Binary(), MaxClients: spec.Connections()}
	err := private(&options, spec)
	if err != nil {
		return nil, err
	}
	return server.Open(ctx, options)
}

// told is what the sale was, as seckill run is asked for it.
func (t *trial) told(flags string) string {
	text := strings.TrimSpace(t.flags + " " + flags)
	if t.fault != "" {
		text += " --fault '" + t.fault + "'"
	}
	return text
}

// probe plays the cases of a probe and judges those of one class.
func (t *trial) probe(ctx context.Context, srv *server.Server, s strategy.Strategy, seed uint64) (*outcome, error) {
	cases, err := probe.Run(ctx, srv, s, probe.Options{Seed: seed, NoCluster: t.probed != "cluster"})
	if err != nil {
		return nil, err
	}
	out := &outcome{}
	for i := range cases {
		c := &cases[i]
		if c.Class != t.probed || c.History == nil {
			continue
		}
		verdict, err := judgeCase(c)
		if err != nil {
			return nil, err
		}
		out.verdict.Violations = append(out.verdict.Violations, verdict.Violations...)
		out.sold += granted(c.History)
	}
	return out, nil
}

// granted counts the attempts that were told ok.
func granted(h *history.History) (n int) {
	for batch := range h.Batches() {
		for i := range batch {
			if batch[i].Outcome == sale.OK && !batch[i].Verb.Beside() {
				n++
			}
		}
	}
	return n
}

// parseSpec reads a spec from flags of seckill run, none of which holds a blank.
func parseSpec(flags string) (scenario.Spec, error) { return parseFlags(strings.Fields(flags)) }

// parseFlags reads a spec from flags of seckill run.
func parseFlags(flags []string) (scenario.Spec, error) {
	var run struct {
		scenario.Spec `embed:""`
	}
	parser, err := kong.New(&run)
	if err != nil {
		return run.Spec, err
	}
	_, err = parser.Parse(flags)
	run.Version = 1
	return run.Spec, err
}

// mustFire names the rules that must fire.
func (t *trial) mustFire() string {
	if t.counted {
		return "(reloads counted)"
	}
	names := make([]string, len(t.must))
	for i, rule := range t.must {
		names[i] = string(rule)
	}
	return strings.Join(names, ", ")
}

// label is the class, and what tells its rows apart where there are several.
func (t *trial) label() string {
	same := 0
	for i := range bugs {
		if bugs[i].class == t.class {
			same++
		}
	}
	switch {
	case same < 2:
		return t.class
	case strings.HasPrefix(t.script, t.class):
		return t.script
	}
	return t.class + " (" + t.script + ")"
}

// firedText says whether all fired that must, what did not, and how many others
// did.
func (t *trial) firedText() string {
	if t.skipped != "" {
		return "(" + t.skipped + ")"
	}
	var missed []string
	others := 0
	for _, rule := range check.Rules {
		switch n := t.fired[rule]; {
		case !slices.Contains(t.must, rule):
			others += min(n, 1)
		case n == 0:
			missed = append(missed, string(rule))
		case n < t.seeds:
			missed = append(missed, fmt.Sprintf("%s %d/%d", rule, t.seeds-n, t.seeds))
		}
	}
	text := "all"
	switch {
	case len(missed) > 0:
		text = "MISSED: " + strings.Join(missed, ", ")
	case len(t.missed) > 0:
		text = "MISSED"
	case t.counted:
		text = "(reloads counted)"
	}
	if others > 0 {
		text += fmt.Sprintf(", and %d more", others)
	}
	return text
}

// alarmText says how often the twin was accused.
func (t *trial) alarmText() string {
	switch {
	case t.skipped != "":
		return "-"
	case len(t.alarms) > 0:
		return fmt.Sprint(len(t.alarms))
	}
	return "none"
}

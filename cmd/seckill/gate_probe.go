package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/probe"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// probe plays the cases of a probe into a folder, on the gate's own server or,
// where somebody else runs that, on one of its own. What they find joins what is
// judged.
func (g *gate) probe(s *gated, dir string, into *report.Collection) error {
	srv := g.srv
	if !srv.Ours() {
		var err error
		if srv, err = server.Open(g.app.ctx, server.Options{}); err != nil {
			return fmt.Errorf("a private server for the probe: %w", err)
		}
		defer srv.Close()
	}
	p := &probed{strat: &s.strategy, dir: dir}
	p.Name, p.Script, p.Command, p.Seed = "probe", s.strategy.Name, fmt.Sprintf("seckill probe %s --seed %d", probe.Quote(s.name), *g.Seed), *g.Seed
	if err := p.play(g.app.ctx, srv, probe.Options{Seed: *g.Seed}); err != nil {
		return fmt.Errorf("%s, probe: %w", s.name, err)
	}
	if err := p.save(); err != nil {
		return fmt.Errorf("the results folder: %w", err)
	}
	for _, run := range p.Runs {
		run.Name, run.Folder, run.Case = "probe/"+run.Name, filepath.Join("probe", run.Folder), true
		into.Runs = append(into.Runs, run)
	}
	into.Hand = dir
	into.Warnings = append(into.Warnings, p.Warnings...)
	into.Doubts = append(into.Doubts, append(p.Doubts, p.unshown()...)...)
	return nil
}

// unshown are the promises that only a case can put to the test, and none did.
func (p *probed) unshown() (doubts []string) {
	c := p.strat.Contract
	for _, promise := range []struct {
		made         bool
		class, words string
	}{
		{c.MissingStock != "", "missing-stock", "missing_stock: " + string(c.MissingStock)},
		{c.Cluster, "cluster", "cluster: true"},
	} {
		if why, shown := p.shows(promise.class); promise.made && !shown {
			doubts = append(doubts, fmt.Sprintf("%s was not put to the test: %s", promise.words, why))
		}
	}
	return doubts
}

// shows reports whether a case of a class was played, and why it was not.
func (p *probed) shows(class string) (why string, shown bool) {
	for i := range p.cases {
		if p.cases[i].Class != class {
			continue
		}
		if p.cases[i].Skipped == "" {
			return "", true
		}
		why = p.cases[i].Skipped
	}
	return cmp.Or(why, "there is no case for it"), false
}

// maxByHand is how many lines to paste are shown of one case.
const maxByHand = 24

// byHandOf returns what makes lines of the evidence: the item is opened, and the
// purchases are made in the order of their calls. What only shows when they
// overlap does not show so; the lines then say what was asked.
func byHandOf(s *strategy.Strategy, head *history.Head) func(*check.Case) []string {
	return func(c *check.Case) []string {
		if len(c.Attempts) == 0 || s.Contract == nil {
			return nil
		}
		attempts := slices.SortedFunc(slices.Values(c.Attempts), func(a, b history.Attempt) int { return cmp.Compare(a.Call, b.Call) })
		var purchases []sale.Purchase
		for _, a := range attempts {
			if a.Verb == sale.Buy && a.Item == attempts[0].Item {
				purchases = append(purchases, sale.Purchase{
					Verb: sale.Buy, Item: head.Items[a.Item], Quantity: int64(a.Quantity), Buyer: head.BuyerIDs.ID(a.Buyer),
					Request: head.RequestID(a.Request), BuyerIndex: a.Buyer, RequestIndex: a.Request, Attempt: uint32(a.Try),
				})
			}
		}
		lines, err := probe.ByHand(s.Contract, head.Items[attempts[0].Item], purchases)
		switch {
		case err != nil:
			return nil
		case len(lines) > maxByHand:
			return append([]string{fmt.Sprintf("# the last %d of %d lines; the first open the item", maxByHand, len(lines))}, lines[len(lines)-maxByHand:]...)
		}
		return lines
	}
}

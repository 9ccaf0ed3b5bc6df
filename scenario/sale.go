// Package scenario runs an experiment: it opens a sale, drives buyers through
// it and audits what is left. It writes a history and judges nothing.
package scenario

import (
	"cmp"
	"context"
	"runtime"
	"strconv"
	"time"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A Sale is one strategy on one server, planned but not yet open.
type Sale struct {
	// Head is the plan as the record keeps it.
	Head history.Head

	spec     Spec
	strategy strategy.Strategy
	server   *server.Server
}

// firstBuyer is the id of buyer 0; the canary's is one before.
const firstBuyer = 1

// New plans a sale: it checks the spec, fills in what it leaves open, and asks
// the server about itself. It changes nothing on the server. The name is the
// scenario's.
func New(ctx context.Context, name string, spec Spec, s strategy.Strategy, srv *server.Server) (*Sale, error) {
	started := time.Now()
	if err := spec.fill(s); err != nil {
		return nil, err
	}
	s, err := s.With(*spec.Quantity, *spec.Limit)
	if err != nil {
		return nil, err
	}
	text, err := spec.YAML()
	if err != nil {
		return nil, err
	}
	return &Sale{spec: spec, strategy: s, server: srv, Head: history.Head{
		Version: history.Version, Name: name, Seed: *spec.Seed, Shard: "1/1", Started: started.UTC(),
		Model: string(spec.Arrivals.Model), Scenario: text, Objective: spec.SLO,
		Items:    []sale.Item{{ID: cmp.Or(spec.Item, drawnItem(started)), Stock: spec.Stock}},
		Quantity: *spec.Quantity, Buyers: *spec.Buyers, BuyerIDs: sale.BuyerIDs{From: firstBuyer},
		Terms:  s.Terms,
		Script: history.Script{Name: s.Name, SHA1: s.SHA1, Call: s.CallBy},
		Server: describe(ctx, srv),
		Host:   history.Host{CPUs: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()},
	}}, nil
}

// drawnItem is an id that no other run draws: the microsecond of the start,
// and one more, for that itself is the canary's.
func drawnItem(started time.Time) string { return strconv.FormatInt(started.UnixMicro()+1, 10) }

// fill writes out what the spec leaves to the strategy and to chance.
func (s *Spec) fill(strat strategy.Strategy) error {
	if err := s.Prepare(); err != nil {
		return err
	}
	if s.Quantity == nil {
		s.Quantity = new(max(strat.Quantity, 1))
	}
	if s.Limit == nil {
		s.Limit = new(strat.Terms.Limit)
	}
	s.Buyers = new(s.planned())
	return s.fits()
}

func describe(ctx context.Context, srv *server.Server) history.Server {
	info := srv.Describe(ctx)
	return history.Server{
		Kind: srv.Kind, Address: srv.Address, Topology: "standalone",
		Product: info.Product, Version: info.Version, Config: info.Config,
		Capabilities: info.Capabilities, Refused: info.Refused, SameHost: info.SameHost,
	}
}

// Keys lists every key the sale may make, the canary's included.
func (s *Sale) Keys() ([]string, error) {
	keys, err := s.keys(s.canary(), s.tookCanary())
	if err != nil {
		return nil, err
	}
	of, err := s.keys(s.Head.Items[0], s.took())
	return append(keys, of...), err
}

// keys lists the keys of an item, those that are a buyer's own included.
func (s *Sale) keys(item sale.Item, took sale.Took) (keys []string, err error) {
	for key, err := range s.strategy.KeysFor(item, took) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// took says who takes part, by the plan: every buyer with every purchase.
func (s *Sale) took() sale.Took {
	most := uint32(s.spec.Attempts.Most)
	return sale.Took{
		Buyers: func(yield func(sale.Purchase) bool) {
			for n := range uint32(s.Head.Buyers) {
				if !yield(s.purchase(n, n*most)) {
					return
				}
			}
		},
		Requests: func(yield func(sale.Purchase) bool) {
			for n := range uint32(s.Head.Buyers) * most {
				if !yield(s.purchase(n/most, n)) {
					return
				}
			}
		},
	}
}

// purchase is one purchase of the plan.
func (s *Sale) purchase(buyer, request uint32) sale.Purchase {
	return sale.Purchase{
		Verb: sale.Buy, Item: s.Head.Items[0], Quantity: s.Head.Quantity, BuyerIndex: buyer, RequestIndex: request,
		Buyer: s.Head.BuyerIDs.ID(buyer), Request: s.Head.BuyerIDs.ID(request),
	}
}

// Run opens the sale, drives it, audits it and removes its keys. Attempts go
// to rec, what happens beside them to note. An error means that the sale ended
// before the doors opened, with nothing left behind; whatever happens after is
// told by the tail. When ctx is done the arrivals end, and the rest goes on.
func (s *Sale) Run(ctx context.Context, rec *history.Recorder, note func(history.Event)) (history.Tail, error) {
	clock := newClock()
	links, err := conn.Open(ctx, s.server, s.spec.Conns, s.spec.Timeout, clock.now)
	if err != nil {
		return history.Tail{}, err
	}
	defer links.Close()
	if s.spec.Conns == conn.Dedicated && s.spec.Arrivals.Model != arrival.Open {
		if err := conn.Warm(ctx, links, s.spec.Connections()); err != nil {
			return history.Tail{}, err
		}
	}
	if err := s.open(ctx, links); err != nil {
		return history.Tail{}, err
	}
	d := &drive{
		spec: &s.spec, strategy: s.strategy, item: s.Head.Items[0], ids: s.Head.BuyerIDs,
		quantity: s.Head.Quantity, buyers: s.Head.Buyers, links: links, rec: rec, note: note,
		clock: clock, died: s.server.Died(),
	}
	before := readUsage()
	tail := history.Tail{Warnings: []string{}}
	tail.NeverOffered = d.run(ctx)
	tail.Driver = before.until(readUsage())
	tail.Reloads = d.script.count
	tail.Ended, tail.Reason = d.ended()
	tail.Attempts = rec.Count()
	s.audit(context.WithoutCancel(ctx), &tail, d.doubtful.Load())
	tail.Finished = time.Now().UTC()
	return tail, nil
}

// Package scenario runs an experiment: it opens a sale, drives buyers through
// it and audits what is left. It writes a history and judges nothing.
package scenario

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/order"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A Sale is one strategy on one server, planned but not yet open.
type Sale struct {
	// Head is the plan as the record keeps it.
	Head history.Head

	spec     Spec
	plan     *plan
	trial    receipts // of the canary
	trials   []sale.Item
	trying   int // which of the trials
	strategy strategy.Strategy
	server   *server.Server
	driven   atomic.Pointer[drive] // nil before Run
	// books opens an order book.
	books func(context.Context, string, order.Options) (order.Book, error)
}

// New plans a sale: it checks the spec, fills in what it leaves open, and asks
// the server about itself. It changes nothing on the server. The name is the
// scenario's.
func New(ctx context.Context, name string, spec Spec, s strategy.Strategy, srv *server.Server) (*Sale, error) {
	started := time.Now()
	if err := spec.fill(s); err != nil {
		return nil, err
	}
	strat, err := s.With(spec.Quantity.Most(), *spec.Limit)
	if err != nil {
		return nil, err
	}
	if err := spec.suits(&strat); err != nil {
		return nil, err
	}
	spec.MaxRate = spec.MaxRateOn(srv)
	if spec.MaxRate > 0 && spec.buyersRate() <= 0 {
		return nil, fmt.Errorf("--max-rate %s leaves nothing for buyers beside --background, which asks for %s", spec.MaxRate, spec.backgroundRate())
	}
	if spec.AllowCommands {
		strat = strat.AllowCommands()
	}
	if err := spec.limitSuits(); err != nil {
		return nil, err
	}
	if err := spec.suitsGateway(&strat); err != nil {
		return nil, err
	}
	if err := spec.mayHarm(ctx, &strat, srv); err != nil {
		return nil, err
	}
	needs := spec
	if strat.Pinned && spec.Conns.Pipelines() {
		needs.Conns = conn.Dedicated // each attempt has a connection of its own beside the shared ones
	}
	if err := needs.fitsServer(ctx, srv); err != nil {
		return nil, err
	}
	strat = waiting(strat, spec.Wait, spec.Timeout/2)
	text, err := spec.YAML()
	if err != nil {
		return nil, err
	}
	sold := &Sale{spec: spec, strategy: strat, server: srv, books: order.Open, Head: history.Head{
		Version: history.Version, Name: name, Seed: *spec.Seed, Shard: "1/1", Started: started.UTC(),
		Model: string(spec.Arrivals.Model), Admit: float64(spec.Arrivals.Admit), Scenario: text, Objective: spec.SLO,
		Items:    spec.items(itemIDs(&spec, started)),
		Quantity: spec.Quantity.fixed(), Buyers: *spec.Buyers, BuyerIDs: spec.BuyerIDs, Crowd: spec.kinds(),
		Book: WithoutPassword(spec.Orders), Terms: strat.Terms,
		Expect: spec.Expect, Background: spec.background(),
		Script: history.Script{Name: strat.Name, SHA1: strat.SHA1, Call: strat.CallBy},
		Host:   history.Host{CPUs: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()},
	}}
	if err := sold.learn(ctx); err != nil {
		return nil, err
	}
	sold.plan = newPlan(&sold.spec, &sold.Head)
	if strat.KeysFromAnswers {
		sold.plan.receipts = new(receipts)
	}
	return sold, nil
}

// itemIDs names the items on sale: the given id, or else one that no other run
// draws — the microsecond of the start, and one more, for that itself is the
// canary's — and those that follow.
func itemIDs(spec *Spec, started time.Time) []string {
	first, prefix := started.UnixMicro()+1, ""
	if spec.Item != "" {
		number, err := strconv.ParseInt(spec.Item, 10, 64)
		if err != nil || number < 0 || number > math.MaxInt64-*spec.Items || strconv.FormatInt(number, 10) != spec.Item {
			number, prefix = 1, spec.Item+"-"
		}
		first = number
	}
	ids := make([]string, *spec.Items)
	for i := range ids {
		ids[i] = prefix + strconv.FormatInt(first+int64(i), 10)
	}
	if prefix != "" {
		ids[0] = spec.Item
	}
	return ids
}

// fill writes out what the spec leaves to the strategy and to chance.
func (s *Spec) fill(strat strategy.Strategy) error {
	if err := s.Prepare(); err != nil {
		return err
	}
	if s.Quantity == nil {
		s.Quantity = One(max(strat.Quantity, 1))
	}
	if s.Items == nil {
		s.Items = new(max(strat.Items, 1))
	}
	if s.Limit == nil {
		s.Limit = new(strat.Terms.Limit)
	}
	s.Buyers = new(s.planned())
	if len(s.Crowd) > 0 {
		s.Crowd = s.everyone()
	}
	if err := s.readBuyerIDs(); err != nil {
		return err
	}
	return s.fits()
}

// suits refuses what a strategy cannot do.
func (s *Spec) suits(strat *strategy.Strategy) error {
	if _, err := s.questions(strat); err != nil {
		return err
	}
	switch {
	case *s.Items > 1 && !strat.Apart && s.Arrivals.Turns == nil:
		return fmt.Errorf("--items %d: the keys of %s are the same for every item, so there can be one at a time; --arrivals closed:8,8 sells them one after the other", *s.Items, strat.Name)
	case s.Release > 0 && strat.Release == nil:
		return fmt.Errorf("--release: %s has no release", promiser(strat))
	case s.Abandon > 0 && strat.Confirm == nil && strat.After == nil && s.Orders == "":
		return fmt.Errorf("--abandon: %s has no confirm and no after, and there are no --orders: nobody has anything to abandon", promiser(strat))
	case s.Orders != "" && s.DoubleClick > 0 && strat.Terms.RetrySafe == sale.RetryNone && (*s.Limit == 0 || *s.Limit >= 2*s.Quantity.Least()):
		return fmt.Errorf("--orders does not go with --double-click: %s may sell both of two clicks, and the book has one order for each request", strat.Name)
	case len(s.Restock) > 0 && strat.Restock == nil:
		return fmt.Errorf("--restock: %s does not say how (restock)", promiser(strat))
	case !s.AllowCommands && strat.Contract != nil && strat.Contract.Command() != "":
		return fmt.Errorf("%s reads orders by running %s: that needs --allow-commands", promiser(strat), strat.Contract.Command())
	case s.ClientRetries > 0 && strat.Pinned:
		return fmt.Errorf("--client-retries: the commands of %s belong to one connection, and a client library sends again over another", strat.Name)
	}
	return s.suitsCrowd(strat)
}

// promiser is who says what a strategy promises.
func promiser(strat *strategy.Strategy) string {
	if strat.Contract == nil {
		return strat.Name
	}
	return "the contract of " + strat.Name
}

// Keys lists every key the sale may make, the canary's included, each once.
func (s *Sale) Keys() ([]string, error) {
	keys, err := s.canaryKeys()
	for i := range s.Head.Items {
		if err != nil {
			return nil, err
		}
		var of []string
		of, err = s.keys(s.Head.Items[i], s.plan.took(i))
		keys = append(keys, of...)
	}
	if s.strategy.Apart {
		return keys, err
	}
	slices.Sort(keys)
	return slices.Compact(keys), err
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

// Run opens the sale, drives it, audits it and removes its keys. Attempts go
// to rec, what happens beside them to note. An error means that the sale ended
// before the doors opened, with nothing left behind; whatever happens after is
// told by the tail. When ctx is done the arrivals end, and the rest goes on.
func (s *Sale) Run(ctx context.Context, rec *history.Recorder, note func(history.Event)) (history.Tail, error) {
	clock := newClock()
	wire := s.wire()
	links, err := conn.Open(ctx, s.server, conn.Options{
		Mode: s.spec.Conns, Timeout: s.spec.lateAt(), Now: clock.now, Wire: wire, ClientRetries: s.spec.ClientRetries,
		MaxRate: float64(s.spec.linkRate()),
	})
	if err != nil {
		return history.Tail{}, err
	}
	defer links.Close()
	readers, err := s.openReaders(ctx, clock.now)
	if err != nil {
		return history.Tail{}, err
	}
	defer readers.close()
	if s.spec.Conns == conn.Dedicated && !s.spec.Arrivals.Paced() {
		if err := conn.Warm(ctx, links, s.spec.Connections()); err != nil {
			return history.Tail{}, err
		}
	}
	others, err := s.keyspace(ctx)
	if err != nil {
		return history.Tail{}, err
	}
	book, err := s.openBook(ctx)
	if err != nil {
		return history.Tail{}, err
	}
	if book != nil {
		defer book.Close()
	}
	lots := s.lots()
	if err = s.open(ctx, desk{links}, lots[0]); err == nil {
		if err = readers.try(ctx, &s.spec, s.Head.Items[0]); err != nil {
			err = errors.Join(err, s.withdraw(ctx, desk{links}, lots[0].first, lots[0].end))
		}
	}
	if err != nil {
		if book != nil {
			err = errors.Join(err, book.Remove(context.WithoutCancel(ctx), s.Head.Items))
		}
		return history.Tail{}, err
	}
	d := &drive{
		spec: &s.spec, plan: s.plan, strategy: s.strategy, rec: rec, note: oneByOne(note), clock: clock,
		links: links, server: s.server, died: s.server.Died(), readers: readers,
	}
	d.links = s.spec.behind(links, clock.now, d.health.answered)
	if book != nil {
		d.orders = newOrders(ctx, book, s.spec.OrderWorkers, d)
	}
	d.rig = s.rig(d, wire)
	s.driven.Store(d)
	d.meter = s.meter(d.links)
	tail := history.Tail{Warnings: s.declined(), Baseline: s.baseline(ctx)}
	s.server.ResetStats(ctx)
	counters := s.counters(ctx)
	s.sell(ctx, d, desk{links}, lots, &tail)
	s.endBook(ctx, d.orders, &tail)
	d.meter.tell(&tail, s.spec.Conns.Shared(), d.further.Load())
	tail.Links.MaxRate = float64(s.spec.linkRate())
	if s.strategy.Own {
		tail.Links = nil // nobody bought over them
	}
	d.tellKinds(&tail)
	tail.NeverOffered, tail.Reloads, tail.Attempts = d.plannedStill(), d.script.count, rec.Count()
	tail.Signs = s.signsSince(context.WithoutCancel(ctx), counters)
	if s.strategy.KeysFromAnswers && d.lost.Load() {
		tail.Warnings = append(tail.Warnings, lostNames)
	} else {
		s.lookAround(context.WithoutCancel(ctx), &tail, others)
	}
	tail.Finished = time.Now().UTC()
	return tail, nil
}

// RunInMemory runs the sale and returns its history, which is nowhere else.
func (s *Sale) RunInMemory(ctx context.Context) (*history.History, error) {
	memory := new(history.Memory)
	rec := history.NewRecorder(memory)
	tail, err := s.Run(ctx, rec, memory.Event)
	if err = errors.Join(err, rec.Close()); err != nil {
		return nil, err
	}
	return memory.History(s.Head, &tail), nil
}

// oneByOne keeps the goroutines of a drive from noting events at the same time.
func oneByOne(note func(history.Event)) func(history.Event) {
	var mu sync.Mutex
	return func(e history.Event) {
		mu.Lock()
		defer mu.Unlock()
		note(e)
	}
}

// A lot is the items that are opened, sold and audited together: from first up
// to end.
type lot struct{ first, end int }

// lots are all items at once, unless they are sold one after the other under
// the same keys.
func (s *Sale) lots() []lot {
	n := len(s.Head.Items)
	if s.spec.Arrivals.Turns == nil || s.strategy.Apart {
		return []lot{{0, n}}
	}
	lots := make([]lot, n)
	for i := range lots {
		lots[i] = lot{i, i + 1}
	}
	return lots
}

// sell drives and audits one lot after the other, of which the first is open.
func (s *Sale) sell(ctx context.Context, d *drive, do desk, lots []lot, tail *history.Tail) {
	d.begin(ctx)
	defer d.end()
	for i, lot := range lots {
		if i > 0 && d.doors.Err() == nil {
			if err := s.openItems(ctx, do, lot); err != nil {
				d.close(fmt.Errorf("no further item could be put on sale: %w", err))
			}
		}
		if d.doors.Err() != nil && i > 0 {
			break
		}
		d.sell(lot)
		if d.missed != "" {
			tail.Warnings = append(tail.Warnings, d.missed)
		}
		d.meter.settle(context.WithoutCancel(ctx))
		tail.Ended, tail.Reason = d.ended()
		tail.Undone = d.rig.Undone()
		if len(s.spec.Faults) > 0 || s.spec.Gateway != nil {
			d.links.Close() // faults go with one lot: nobody comes any more, and nothing shall run late
		}
		s.audit(context.WithoutCancel(ctx), tail, lot, d.doubtful.Swap(false) || len(s.spec.Faults) > 0)
	}
	tail.Ended, tail.Reason = d.ended()
}

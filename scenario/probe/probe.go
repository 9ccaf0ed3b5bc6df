// Package probe tries a purchase script before any load is put on it: Run plays
// small sales, one buyer at a time, on a server of its own, and Look reads the
// text. It plays and notes; whoever calls it judges.
package probe

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// Options say how cases are played.
type Options struct {
	// Seed draws the ids of items and buyers.
	Seed uint64
	// NoCluster leaves the cluster out, which takes Redis two seconds to start.
	NoCluster bool
}

// buyers is how many buyers a case has at most, unless it lists them.
const buyers = 16

// A prober plays cases on a server, one after the other.
type prober struct {
	Options
	ctx      context.Context
	srv      *server.Server
	strat    strategy.Strategy
	contract *contract.Contract
	door     *door
	now      func() int64
	// described is the server as histories have it.
	described history.Server
	// firstBuyer and firstItem are the numbers from which ids count on.
	firstBuyer uint64
	firstItem  uint64
	// crashes are the errors that the script raises wherever it runs.
	crashes map[string]bool
	// cluster is what comes of starting one; nil: there can be none.
	cluster chan started
}

// started is a cluster, or why there is none.
type started struct {
	*server.Cluster
	err error
}

// Run plays every case with a strategy that is a script, on a private server
// that nobody else uses: its keys are deleted between the cases. A case in which
// the server does not answer is broken off, and the next one is played when it
// answers again. An error means that cases could not be played; it is one line.
func Run(ctx context.Context, srv *server.Server, strat strategy.Strategy, o Options) ([]Case, error) {
	if !srv.Ours() {
		return nil, errors.New("probe deletes keys, so it needs a server of its own")
	}
	if strat.Contract == nil {
		return nil, fmt.Errorf("%s is no script", strat.Name)
	}
	if inside, differs := strat.Contract.Inside(); differs { // nobody fills a file or a database from this server
		strat = strategy.Script(inside)
	}
	by := newProber(ctx, srv, strat, o)
	if srv.Kind == server.Spawned && !o.NoCluster {
		ctx, cancel := context.WithCancel(ctx)
		defer by.startCluster(ctx)()
		defer cancel()
	}
	var err error
	if by.door, err = openDoor(ctx, srv, by.now); err != nil {
		return nil, err
	}
	defer func() { by.door.close() }() // which may be another by then
	if skip := by.cannotLoad(); skip != "" {
		return []Case{{Class: "first", Name: "first", Title: "all cases", Skipped: skip}}, nil
	}
	if err := strat.Load(ctx, &wire{route: by.door.to}); err != nil {
		return nil, err
	}
	return by.playAll()
}

func newProber(ctx context.Context, srv *server.Server, strat strategy.Strategy, o Options) *prober {
	rng := rand.New(rand.NewPCG(o.Seed, 1))
	zero, info := time.Now(), srv.Describe(ctx)
	return &prober{
		Options: o, ctx: ctx, srv: srv, strat: strat, contract: strat.Contract,
		crashes:    map[string]bool{},
		now:        func() int64 { return int64(time.Since(zero)) },
		firstBuyer: 1000 * (1 + rng.Uint64N(9)), firstItem: 100 * (1 + rng.Uint64N(9)),
		described: history.Server{
			Kind: srv.Kind, Address: srv.Address, Topology: "standalone", Product: info.Product, Version: info.Version,
			Config: info.Config, Capabilities: info.Capabilities, Refused: info.Refused, SameHost: info.SameHost,
		},
	}
}

// startCluster starts a cluster while other cases are played. It returns what
// ends it.
func (by *prober) startCluster(ctx context.Context) (end func()) {
	by.cluster = make(chan started, 1)
	done := make(chan *server.Cluster, 1)
	go func() {
		cluster, err := by.srv.StartCluster(ctx, masters)
		by.cluster <- started{cluster, err}
		done <- cluster
	}()
	return func() {
		if cluster := <-done; cluster != nil {
			cluster.Close()
		}
	}
}

// cannotLoad says why the server cannot run the script at all; empty: it can.
func (by *prober) cannotLoad() string {
	if by.srv.Kind == server.Embedded && by.strat.CallBy == contract.FCall {
		return "Functions need a redis-server"
	}
	return ""
}

// newSheet takes down the commands of a case.
func (by *prober) newSheet(client string) *sheet {
	return &sheet{client: client, scripts: by.contract.Scripts()}
}

// item is the id of an item.
func (by *prober) item(n uint64) string { return strconv.FormatUint(by.firstItem+n, 10) }

// stockKeys are the keys in which an item's units lie.
func (by *prober) stockKeys(item sale.Item) ([]string, error) { return by.contract.StockKeys(item) }

// Package saletest judges a purchase that is written in Go, inside a test of the
// application that it belongs to: it lets a crowd buy through the application's own
// code, records every attempt, reads what the server says was sold, and fails the
// test unless the record proves that nobody was oversold or served twice.
//
// It is stable: names and signatures change with the version alone.
package saletest

import (
	"cmp"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
)

// A Sale is what is tested: the application's functions, and what they promise.
// They are called by many goroutines at the same time, and should end with their
// context.
type Sale struct {
	// Stock and Buyers are those of the large sale; 100 and 500 if 0.
	Stock, Buyers int64
	// Limit is how many units a buyer may hold, one bought at a time; 0: no limit.
	Limit int64
	// Keys lists every key that the sale of an item makes or changes: they must not
	// exist before it, and are removed after it.
	Keys func(item sale.Item) []string
	// Open puts an item on sale with its stock.
	Open func(ctx context.Context, item sale.Item) error
	// Buy is one attempt of a buyer to get one unit. An error means that nobody
	// knows whether he got it, unless the outcome beside it is sale.Failed, or it
	// is one that go-redis returns when a command was certainly not run. A client
	// that sends again by itself hides attempts: give it MaxRetries -1.
	Buy func(ctx context.Context, p *sale.Purchase) (sale.Outcome, error)
	// Left reads the units left; nil: they cannot be read.
	Left func(ctx context.Context, item sale.Item) (int64, error)
	// Holders reads who holds units: a buyer once for each unit, or once whatever
	// he holds; nil: that cannot be read. One of Left and Holders there must be: a
	// server that keeps no account proves nothing.
	Holders func(ctx context.Context, item sale.Item) ([]string, error)
	// Timeout is how long an attempt may take; a second if 0.
	Timeout time.Duration
	// Seed repeats the plan of stocks and buyers; drawn and logged if 0.
	Seed uint64
}

// Server opens the server with the given name, until the test has ended, and
// returns its URL: embedded for one inside this process, the name or path of a
// server binary, auto for the binary on PATH, or the URL of a running one.
func Server(t testing.TB, name string) (url string) {
	t.Helper()
	srv, err := server.Open(t.Context(), server.Options{Server: name, MaxClients: 1000})
	if err != nil {
		t.Fatalf("saletest: %v", err)
	}
	t.Cleanup(func() { srv.Close() })
	if srv.Kind == server.Remote {
		return name // with its password
	}
	return srv.Address
}

// Run sells on the server with the given URL, as two subtests, which fail unless
// their sale is valid. The first is one large sale to a burst of buyers, who come up
// to three times, and some of whom click twice. The second is forty sales of one to
// eight units, with 1, 2, 4 and 25 buyers inside in turn: what goes wrong goes
// wrong with the last unit, and each of them has one.
func Run(t *testing.T, url string, s Sale) {
	t.Helper()
	for _, e := range experiments {
		t.Run(e.name, func(t *testing.T) {
			result, err := s.judge(t.Context(), url, e)
			if err != nil {
				t.Fatalf("saletest: %v", err)
			}
			if result.Verdict.Opinion != check.Valid {
				t.Error(result.String())
			}
		})
	}
}

// Judge makes the same two sales outside a test, and returns what came of each.
// It fails where a sale could not be opened.
func Judge(ctx context.Context, url string, s Sale) ([]*Result, error) {
	var all []*Result
	for _, e := range experiments {
		result, err := s.judge(ctx, url, e)
		if err != nil {
			return nil, err
		}
		all = append(all, result)
	}
	return all, nil
}

// An experiment is a sale, or several, to one crowd.
type experiment struct {
	name, arrivals string
	// change fills in what is on sale, and who comes.
	change func(*scenario.Spec, *Sale)
}

var experiments = []experiment{
	{"large", string(arrival.Burst), func(spec *scenario.Spec, s *Sale) {
		stock := cmp.Or(s.Stock, 100)
		spec.Stock, spec.Buyers = scenario.Range{Least: stock, Most: stock}, new(cmp.Or(s.Buyers, 500))
	}},
	{"small", "closed:1,2,4,25", func(spec *scenario.Spec, _ *Sale) {
		spec.Stock, spec.Items, spec.Buyers = scenario.Range{Least: 1, Most: 8}, new(int64(40)), new(int64(600))
	}},
}

// judge makes an experiment and forms an opinion of it.
func (s *Sale) judge(ctx context.Context, url string, e experiment) (*Result, error) {
	if s.Keys == nil || s.Open == nil || s.Buy == nil {
		return nil, errors.New("a Sale needs Keys, Open and Buy")
	}
	if s.Left == nil && s.Holders == nil {
		return nil, errors.New("a Sale needs Left or Holders: without the server's account nothing is proved")
	}
	spec := scenario.Spec{
		Version: 1, Attempts: scenario.Range{Least: 1, Most: 3}, DoubleClick: .1, Conns: conn.Pool(4), Timeout: cmp.Or(s.Timeout, time.Second),
		OwnServer: true,
	}
	if s.Seed != 0 {
		spec.Seed = &s.Seed
	}
	e.change(&spec, s)
	if err := cmp.Or(spec.BuyerIDs.UnmarshalText([]byte("from:1")), spec.Arrivals.UnmarshalText([]byte(e.arrivals))); err != nil {
		return nil, err
	}
	srv, err := server.Open(ctx, server.Options{Server: url})
	if err != nil {
		return nil, err
	}
	defer srv.Close()
	planned, err := scenario.New(ctx, e.name, spec, s.strategy(), srv)
	if err != nil {
		return nil, err
	}
	h, err := planned.RunInMemory(ctx)
	if err != nil {
		return nil, err
	}
	verdict, err := check.Check(h)
	return &Result{Name: e.name, History: h, Verdict: verdict}, err
}

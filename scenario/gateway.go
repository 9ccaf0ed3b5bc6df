package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A Gateway is what stands between the buyers and the server in most shops: so
// many workers, each busy with a purchase for so long, and before them one queue
// without an end. It does not learn that a buyer has left: what he asked for is
// done all the same. It carries Workers/Time purchases a second. Its text is
// N*TIME.
type Gateway struct {
	Workers int
	Time    time.Duration
}

// maxWorkers is more than there are connections to one port.
const maxWorkers = 10_000

// UnmarshalText accepts N*TIME: 8*20ms.
func (g *Gateway) UnmarshalText(text []byte) error {
	workers, each, _ := strings.Cut(string(text), "*")
	n, errN := strconv.Atoi(workers)
	length, errT := time.ParseDuration(each)
	if errN != nil || errT != nil || n < 1 || n > maxWorkers || length <= 0 {
		return fmt.Errorf("%q is no gateway: want its workers and how long each is busy with a purchase, like 8*20ms", text)
	}
	g.Workers, g.Time = n, length
	return nil
}

// MarshalText returns the form UnmarshalText accepts.
func (g Gateway) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

func (g Gateway) String() string { return fmt.Sprintf("%d*%s", g.Workers, g.Time) }

// checkGateway refuses what a gateway cannot do.
func (s *Spec) checkGateway() error {
	switch {
	case s.Gateway == nil:
	case s.Conns.Pipelines() || s.Conns == conn.Dedicated:
		return fmt.Errorf("--gateway does not go with --conns %s: its workers take turns on the connections of a pool", s.Conns)
	case s.Conns.Shared() < s.Gateway.Workers:
		return fmt.Errorf("--gateway %s: there are more workers than connections (--conns %s)", s.Gateway, s.Conns)
	}
	return nil
}

// suitsGateway refuses a strategy whose purchases take more than one command: a
// worker does one.
func (s *Spec) suitsGateway(strat *strategy.Strategy) error {
	if s.Gateway != nil && strat.Words == nil {
		return fmt.Errorf("--gateway: %s takes several commands for a purchase, and a worker of the gateway sends one", strat.Name)
	}
	return nil
}

// lateAt is how long a reply is waited for on the wire. The workers of a gateway
// wait for the server as long as it takes; it is the buyers who do not.
func (s *Spec) lateAt() time.Duration {
	if s.Gateway != nil {
		return max(time.Minute, s.Timeout)
	}
	return s.Timeout
}

// errLeft: the buyer has waited for a timeout; his purchase is in the gateway.
var errLeft = fmt.Errorf("waiting for the gateway: %w", os.ErrDeadlineExceeded)

// errGatewayClosed: nothing more is taken in.
var errGatewayClosed = errors.New("the gateway is closed")

// gateway hands out links to itself. An exchange is an errand in its queue.
type gateway struct {
	conn.Links
	Gateway
	timeout time.Duration
	now     func() int64
	// answered is told when the server answers, whoever still waits for it.
	answered func(at int64)

	mu      sync.Mutex
	come    *sync.Cond // there is an errand, or closed is set
	queue   []*errand
	closed  bool
	workers sync.WaitGroup
}

type errand struct {
	words []any
	reply chan conn.Exchange
}

// behind puts a gateway before the links, if the spec has one.
func (s *Spec) behind(links conn.Links, now func() int64, answered func(at int64)) conn.Links {
	if s.Gateway == nil {
		return links
	}
	g := &gateway{Links: links, Gateway: *s.Gateway, timeout: s.Timeout, now: now, answered: answered}
	g.come = sync.NewCond(&g.mu)
	for range g.Workers {
		g.workers.Go(g.work)
	}
	return g
}

// Take returns at once: a gateway takes in everybody.
func (g *gateway) Take(ctx context.Context) (conn.Link, error) { return g, ctx.Err() }

// Give has nothing to take back.
func (*gateway) Give(conn.Link) {}

// RoundTrip puts a command into the queue and waits for its reply for a timeout.
func (g *gateway) RoundTrip(ctx context.Context, words []any) conn.Exchange {
	e := &errand{words, make(chan conn.Exchange, 1)}
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	sent := g.now()
	if !g.put(e) {
		return conn.Exchange{Sent: conn.Unsent, Read: sent, Err: errGatewayClosed}
	}
	select {
	case x := <-e.reply:
		x.Sent, x.Read = sent, g.now()
		return x
	case <-ctx.Done():
		return conn.Exchange{Sent: sent, Read: g.now(), Err: errLeft}
	}
}

// put returns false when the gateway is closed.
func (g *gateway) put(e *errand) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.queue = append(g.queue, e)
		g.come.Signal()
	}
	return !g.closed
}

// next waits for an errand, and reports whether it had to; nil: the gateway is
// closed.
func (g *gateway) next() (e *errand, waited bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.queue) == 0 && !g.closed {
		waited = true
		g.come.Wait()
	}
	if g.closed {
		return nil, waited
	}
	e, g.queue = g.queue[0], g.queue[1:]
	return e, waited
}

// work does one errand after the other. A worker that overslept is free again as
// if he had not: while there is a queue, the gateway carries what it says however
// late the machine wakes it.
func (g *gateway) work() {
	for free := int64(0); ; {
		e, waited := g.next()
		if e == nil {
			return
		}
		now := g.now()
		if free = max(free, now-int64(g.Time)); waited {
			free = now
		}
		free += int64(g.Time)
		x := g.do(e)
		time.Sleep(time.Duration(free - g.now()))
		e.reply <- x
	}
}

// do sends what the buyer asked for.
func (g *gateway) do(e *errand) conn.Exchange {
	link, err := g.Links.Take(context.Background())
	if err != nil {
		return conn.Exchange{Err: err}
	}
	defer g.Links.Give(link)
	x := link.RoundTrip(context.Background(), e.words)
	if x.Err == nil || conn.IsReply(x.Err) {
		g.answered(g.now())
	}
	return x
}

// Close sends nothing more, whoever asked for it, and returns when the workers
// are done with what they are at.
func (g *gateway) Close() error {
	g.mu.Lock()
	g.closed, g.queue = true, nil
	g.mu.Unlock()
	g.come.Broadcast()
	g.workers.Wait()
	return g.Links.Close()
}

package conn

import (
	"context"
	"sync/atomic"
	"time"
)

// A Load is what the connections of some links are doing at one moment.
type Load struct {
	// Open is the connections that stand, Busy those of them with an exchange
	// under way, and InFlight the exchanges under way. Where one connection carries
	// one exchange at a time, the last two are the same.
	Open, Busy, InFlight int
	// Sent is how many exchanges were begun since Open: those of attempts, and all
	// others over the same links.
	Sent int64
	// Held is how long all exchanges since Open have been under way, together. Between
	// two Loads it grows by the mean of InFlight times the time; it is exact where
	// nothing is under way at either.
	Held time.Duration
	// Waiting is how many wait for the limit of Options.MaxRate. Limited is how many
	// have waited for it since Open, and Kept how long all of them did, together.
	Waiting int
	Limited int64
	Kept    time.Duration
}

// A gauge counts exchanges as they are begun and over, by a clock of its own. It
// knows nothing of the instants that are stamped on them, so that the two can be
// held against each other.
type gauge struct {
	zero  time.Time
	begun passings
	_     [48]byte // or those who begin wait for those who are done: they share a cache line
	over  passings
}

// passings are how often something came to pass, and the sum of the instants in
// ns. That may overflow: of two such sums only the difference means something.
type passings struct{ times, sum atomic.Int64 }

func newGauge() gauge { return gauge{zero: time.Now()} }

func (g *gauge) now() int64 { return int64(time.Since(g.zero)) }

func (p *passings) add(at int64) {
	p.times.Add(1)
	p.sum.Add(at)
}

// load is the gauge's part of a Load. What is over is read first: an exchange
// that comes between is seen once too often rather than never.
func (g *gauge) load(open int) Load {
	over, overSum := g.over.times.Load(), g.over.sum.Load()
	begun, begunSum := g.begun.times.Load(), g.begun.sum.Load()
	under := begun - over
	return Load{
		Open: open, Busy: int(under), InFlight: int(under), Sent: begun,
		Held: time.Duration(overSum - begunSum + under*g.now()),
	}
}

// A gauged carrier has its exchanges counted.
type gauged struct {
	carrier
	gauge *gauge
}

// RoundTrip sends a command and waits for its reply.
func (g *gauged) RoundTrip(ctx context.Context, args []any) Exchange {
	g.gauge.begun.add(g.gauge.now())
	x := g.carrier.RoundTrip(ctx, args)
	g.gauge.over.add(g.gauge.now())
	return x
}

// Aim chooses the node for commands without a key, where there are several.
func (g *gauged) Aim(ctx context.Context, commands ...[]any) error {
	if aimer, can := g.carrier.(Aimer); can {
		return aimer.Aim(ctx, commands...)
	}
	return nil
}

// standing is how many connections the library keeps to one address.
func (d *dialer) standing() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := int(d.client.PoolStats().TotalConns)
	for _, client := range d.more {
		n += int(client.PoolStats().TotalConns)
	}
	return n
}

// standing is how many connections there are to all nodes.
func (c *cluster) standing() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, node := range c.nodes {
		n += node.standing()
	}
	return n
}

// Package conn carries the commands of a sale to its server. A link is the
// right to use one connection; waiting for it and making it are not service,
// and what happens on the wire is filed by one table.
package conn

import (
	"context"
	"sync"
	"time"

	"github.com/seckill-bench/seckill/scenario/server"
)

// maxLinks is the most connections from one address to one port.
const maxLinks = 65535

// Options says how links reach a server.
type Options struct {
	Mode Mode
	// Timeout is how long a reply is waited for, from the call.
	Timeout time.Duration
	// Now is the clock that instants are taken from, in ns.
	Now func() int64
	// Wire, if not nil, lies between the links and the server: a way to spoil
	// what passes. It goes with one Open.
	Wire *Wire
	// ClientRetries lets the client library send a command again, as often, when
	// it thinks that it should: unseen by whoever asked, and with the timeout
	// counted for each sending. 0: a command is sent once.
	ClientRetries int
	// MaxRate is how often connections are handed out at most, per second, over all
	// links together and evenly spaced; 0: as often as they come free.
	MaxRate float64

	traffic *traffic // of pipelined connections
	limit   *limit   // of pipelined connections
	server  *server.Server
}

// Links hands out links. All methods may be called by many goroutines.
type Links interface {
	// Take waits for a link whose connection stands, and makes the connection
	// where it does not. With an error nothing was sent and there is nothing to
	// give back. A link of a cluster makes its connections when it needs them.
	// Where connections are pipelined the wait for one is a part of the first
	// exchange: see Unsent.
	Take(ctx context.Context) (Link, error)
	// Give returns a link.
	Give(Link)
	// Sweep has nothing more be sent for those who have taken a link and wait for
	// its connection: their exchange ends as Unsent.
	Sweep()
	// Load tells what the connections are doing. It is cheap enough to be asked a
	// hundred times a second.
	Load() Load
	// Declines returns an error reply to a command, by its first word in
	// capitals, that must not be sent: the server declined it before, over a
	// connection of its own. nil: it may be.
	Declines(command string) error
	// Close closes every connection, those in use too, whose exchanges fail; a
	// pool waits for its links to be given back, and a Wire lets go what it
	// keeps back.
	Close() error
}

// Open makes links to a server, or to all masters of a cluster. The
// connections that buyers share stand when Open returns; see Warm for dedicated
// ones.
func Open(ctx context.Context, srv *server.Server, o Options) (Links, error) {
	limit := newLimit(o.MaxRate)
	o.server = srv
	if o.Mode.Pipelines() {
		o.traffic, o.limit = &traffic{gauge: newGauge(), limit: limit}, limit
	}
	var from opener
	if of := srv.ClusterOptions(); of != nil {
		from = newCluster(srv, of, o)
	} else {
		from = newDialer(srv.ClientOptions(), o)
	}
	var links Links
	warm := o.Mode.Shared()
	switch {
	case o.Mode == Dedicated:
		links, warm = &dedicated{opener: from, gauge: newGauge()}, 0
	case o.Mode.Pipelines():
		links, warm = &shared{opener: from, traffic: o.traffic}, 1 // that one warms them all
	default:
		links = newPool(from, warm)
	}
	if err := Warm(ctx, links, warm); err != nil {
		links.Close()
		return nil, err
	}
	if limit != nil && !o.Mode.Pipelines() {
		links = &limited{links, limit}
	}
	return links, nil
}

// Warm makes sure that n connections stand; of a cluster, n to each master. In
// a pool n must not be larger than the pool.
func Warm(ctx context.Context, links Links, n int) error {
	taken, errs := make([]Link, n), make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			if taken[i], errs[i] = links.Take(ctx); errs[i] == nil {
				errs[i] = taken[i].(carrier).warm(ctx)
			}
		})
	}
	wait.Wait()
	var failed error
	for i, link := range taken {
		if link != nil {
			links.Give(link)
		}
		if failed == nil {
			failed = errs[i]
		}
	}
	return failed
}

// A Pinner is a link whose exchanges go over connections that others use at the
// same time. Pin makes one of its own, for commands that belong to their
// connection: MULTI and WATCH. The function gives it up.
type Pinner interface {
	Pin(ctx context.Context) (Link, func(), error)
}

// An opener makes what carries the exchanges of a link.
type opener interface {
	carrier() carrier
	// Sweep ends the waits in the queues of pipelined connections.
	Sweep()
	// standing is how many connections there are.
	standing() int
	// Declines returns the reply to what must not be sent.
	Declines(command string) error
	Close() error
}

// A carrier is a link as those see it who hand it out.
type carrier interface {
	Link
	// stands reports whether it can be handed out as it is.
	stands() bool
	// rested reports whether its connection has lain idle so long that it has to be
	// looked at: to make it stand does that.
	rested() bool
	// stand makes the connection without which it is not handed out.
	stand(ctx context.Context) error
	// warm makes every connection that it may ever need.
	warm(ctx context.Context) error
	// drop gives its connections up.
	drop()
}

// A shelf keeps carriers that nobody holds; the last one put back is used first.
type shelf struct {
	mu   sync.Mutex
	idle []carrier
}

// pop takes one off the shelf; nil: it is empty.
func (s *shelf) pop() carrier {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.idle) - 1
	if last < 0 {
		return nil
	}
	c := s.idle[last]
	s.idle = s.idle[:last]
	return c
}

// Give returns a link, unless it is of no more use.
func (s *shelf) Give(l Link) {
	if c := l.(carrier); c.stands() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.idle = append(s.idle, c)
	}
}

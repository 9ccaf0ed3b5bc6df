// Package conn carries the commands of a sale to its server. A link is the
// right to use one connection; waiting for it and making it are not service,
// and what happens on the wire is filed by one table.
package conn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/server"
)

const (
	// maxLinks is the most connections from one address to one port.
	maxLinks = 65535
	// dialers is how many connections are made at the same time: a server's
	// queue of connections to accept is short.
	dialers = 64
	// minDial is the least time a connection may take to be made.
	minDial = time.Second
	// bufferSize is that of a connection's two buffers, in bytes.
	bufferSize = 4096
)

// Links hands out links. All methods may be called by many goroutines.
type Links interface {
	// Take waits for a link whose connection stands, and makes the connection
	// where it does not. With an error nothing was sent and there is nothing to
	// give back.
	Take(ctx context.Context) (Link, error)
	// Give returns a link.
	Give(Link)
	// Close closes every connection, those in use too, whose exchanges fail; a
	// pool waits for its links to be given back.
	Close() error
}

// Open makes links to a server. A request fails when its reply has not come
// within the timeout. Instants are taken from now, in ns. The connections of a
// pool stand when Open returns; see Warm for dedicated ones.
func Open(ctx context.Context, srv *server.Server, mode Mode, timeout time.Duration, now func() int64) (Links, error) {
	o := srv.ClientOptions()
	o.ReadTimeout, o.WriteTimeout = -1, -1 // the deadline comes with each request
	o.DialTimeout = max(timeout, minDial)
	// The bound on connections is ours. Theirs is out of the way, because after
	// as many failed dials as it has places go-redis refuses to try for a second.
	o.PoolSize = maxLinks
	o.ReadBufferSize, o.WriteBufferSize = bufferSize, bufferSize
	d := &dialer{
		client: redis.NewClient(o), places: make(chan struct{}, dialers),
		dialTimeout: o.DialTimeout, timeout: timeout, now: now,
	}
	if mode == Dedicated {
		return &dedicated{dialer: d}, nil
	}
	p := newPool(d, mode.Seats())
	if err := Warm(ctx, p, mode.Seats()); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Warm makes sure that n connections stand. In a pool n must not be larger
// than the pool.
func Warm(ctx context.Context, links Links, n int) error {
	taken, errs := make([]Link, n), make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { taken[i], errs[i] = links.Take(ctx) })
	}
	wait.Wait()
	var failed error
	for i, link := range taken {
		if errs[i] == nil {
			links.Give(link)
		} else if failed == nil {
			failed = errs[i]
		}
	}
	return failed
}

// A dialer makes connections, and all that links have in common.
type dialer struct {
	client      *redis.Client
	places      chan struct{}
	dialTimeout time.Duration
	timeout     time.Duration
	now         func() int64
}

// connect gives a link a new connection.
func (d *dialer) connect(ctx context.Context, l *link) error {
	select {
	case d.places <- struct{}{}:
		defer func() { <-d.places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, d.dialTimeout)
	defer cancel()
	l.drop()
	fresh := d.client.Conn()
	if err := fresh.Ping(ctx).Err(); err != nil && !IsReply(err) {
		fresh.Close()
		return &dialError{err}
	}
	l.conn, l.used = fresh, time.Now()
	return nil
}

// A dialError says that a connection could not be made.
type dialError struct{ err error }

func (e *dialError) Unwrap() error { return e.err }

// Error names the usual reason why a server hangs up on a new connection:
// go-redis takes the server's own words for the sign of an old server.
func (e *dialError) Error() string {
	var op *net.OpError
	var limit net.Error
	if errors.As(e.err, &op) && op.Op == "dial" || errors.As(e.err, &limit) && limit.Timeout() {
		return fmt.Sprintf("connecting: %v", e.err)
	}
	return fmt.Sprintf("connecting: the server hung up (%v); it may have reached its maxclients", e.err)
}

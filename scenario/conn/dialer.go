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
	// dialers is how many connections are made at the same time: a server's
	// queue of connections to accept is short.
	dialers = 64
	// minDial is the least time a connection may take to be made.
	minDial = time.Second
	// bufferSize is that of a connection's two buffers, in bytes: enough for a
	// purchase, and little to keep in the cache for a thousand connections.
	bufferSize = 1024
)

// A dialer makes connections to one address, and is all that its links have in
// common.
type dialer struct {
	client      *redis.Client
	wire        *Wire
	places      chan struct{}
	dialTimeout time.Duration
	timeout     time.Duration
	now         func() int64
	retries     int
	server      *server.Server
	resp3       bool   // replies are in the types of RESP3
	lanes       *lanes // nil unless connections are pipelined
	limit       *limit // of those that are; nil: there is none

	mu   sync.Mutex
	more []*redis.Client // those of retrying links
}

func newDialer(to *redis.Options, o Options) *dialer {
	to.ReadTimeout, to.WriteTimeout = -1, -1 // the deadline comes with each request
	if o.ClientRetries > 0 {
		to.MaxRetries = o.ClientRetries
		to.ReadTimeout, to.WriteTimeout = o.Timeout, o.Timeout
	}
	to.DialTimeout = max(o.Timeout, minDial)
	// The bound on connections is ours. Theirs is out of the way, because after
	// as many failed dials as it has places go-redis refuses to try for a second.
	to.PoolSize = maxLinks
	to.ReadBufferSize, to.WriteBufferSize = bufferSize, bufferSize
	if o.Mode.Pipelines() {
		to.ReadBufferSize, to.WriteBufferSize = laneBuffer, laneBuffer
	}
	if o.Wire != nil {
		if to.Dialer == nil {
			to.Dialer = redis.NewDialer(to)
		}
		to.Dialer = o.Wire.between(to.Dialer)
	}
	d := &dialer{
		client: redis.NewClient(to), wire: o.Wire, places: make(chan struct{}, dialers),
		dialTimeout: to.DialTimeout, timeout: o.Timeout, now: o.Now, retries: o.ClientRetries,
		limit:  o.limit,
		server: o.server, resp3: to.Protocol == server.RESP3,
	}
	if o.Mode.Pipelines() {
		d.lanes = openLanes(d, o.Mode.Shared(), o.traffic)
	}
	return d
}

func (d *dialer) carrier() carrier {
	if d.lanes != nil {
		return d.lanes.turn()
	}
	if d.retries > 0 {
		return newRetrying(d)
	}
	return &link{dialer: d}
}

// pin makes a connection that is shared with nobody, until it is given up.
func (d *dialer) pin(ctx context.Context) (Link, func(), error) {
	l := &link{dialer: d}
	if d.limit != nil {
		waited, err := d.limit.wait(ctx, d.limit.in)
		if err != nil {
			return nil, nil, err
		}
		d.limit.waited(waited)
	}
	if err := l.stand(ctx); err != nil {
		return nil, nil, err
	}
	if d.lanes == nil {
		return l, l.drop, nil
	}
	return &pinned{l, d.lanes.traffic}, l.drop, nil
}

// keep has a client closed with the dialer.
func (d *dialer) keep(client *redis.Client) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.more = append(d.more, client)
}

// Declines returns the reply to a command that the server declined before.
func (d *dialer) Declines(command string) error { return d.server.Declines(command) }

// flat is a reply in the types of RESP2.
func (d *dialer) flat(reply any) any {
	if !d.resp3 {
		return reply
	}
	return server.Flat(reply)
}

// Sweep ends the waits in the queue of pipelined connections.
func (d *dialer) Sweep() {
	if d.lanes != nil {
		d.lanes.sweep()
	}
}

// Close closes every connection, and waits for what a wire keeps back.
func (d *dialer) Close() error {
	if d.lanes != nil {
		d.lanes.close()
	}
	err := d.client.Close()
	if d.lanes != nil {
		d.lanes.ends.Wait()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, client := range d.more {
		err = errors.Join(err, client.Close())
	}
	d.more = nil
	if d.wire != nil {
		d.wire.heal()
	}
	return err
}

// reach calls the server with a connection, of which only so many are made at
// the same time.
func (d *dialer) reach(ctx context.Context, ping func(context.Context) error) error {
	select {
	case d.places <- struct{}{}:
		defer func() { <-d.places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, d.dialTimeout)
	defer cancel()
	if err := ping(ctx); err != nil && !IsReply(err) {
		return &dialError{err}
	}
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

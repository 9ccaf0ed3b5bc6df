package conn

import (
	"cmp"
	"context"
	"sync"
)

// A pool is a fixed number of links, shared first come first served.
type pool struct {
	*dialer
	free   chan *seat
	close  sync.Once
	closed error
}

// A seat is a link with a goroutine of its own that sends and reads for
// whoever holds it. Thousands of buyers take turns on a few seats: if each ran
// through the client library himself, each would grow a stack for it, and every
// request would find its stack cold. That costs more than the two handovers.
type seat struct {
	link
	asked    chan request
	answered chan Exchange
}

type request struct {
	ctx  context.Context
	args []any
}

func newPool(d *dialer, seats int) *pool {
	p := &pool{dialer: d, free: make(chan *seat, seats)}
	for range seats {
		s := &seat{link: link{dialer: d}, asked: make(chan request), answered: make(chan Exchange, 1)}
		go s.serve()
		p.free <- s
	}
	return p
}

func (s *seat) serve() {
	for r := range s.asked {
		s.answered <- s.link.RoundTrip(r.ctx, r.args)
	}
}

// RoundTrip sends a command and waits for its reply.
func (s *seat) RoundTrip(ctx context.Context, args []any) Exchange {
	s.asked <- request{ctx, args}
	return <-s.answered
}

// Take waits for a free link.
func (p *pool) Take(ctx context.Context) (Link, error) {
	select {
	case s := <-p.free:
		return p.ready(ctx, s)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ready makes sure that the connection stands, or gives the link back. The
// connection is made whether or not who asked for it has the patience: of many
// impatient ones nobody else would ever get it.
func (p *pool) ready(ctx context.Context, s *seat) (Link, error) {
	err := ctx.Err() // whoever left while a link came free must not use it
	if err == nil && s.conn == nil {
		err = cmp.Or(p.connect(context.WithoutCancel(ctx), &s.link), ctx.Err())
	}
	if err != nil {
		p.free <- s
		return nil, err
	}
	return s, nil
}

// Give returns a link.
func (p *pool) Give(l Link) { p.free <- l.(*seat) }

// Close closes every connection, which ends what is in flight, and waits for
// the links to be given back. Whoever takes one later is told.
func (p *pool) Close() error {
	p.close.Do(func() {
		p.closed = p.client.Close()
		all := make([]*seat, cap(p.free))
		for i := range all {
			all[i] = <-p.free
		}
		for _, s := range all {
			s.drop()
			close(s.asked)
			p.free <- s
		}
	})
	return p.closed
}

package conn

import (
	"cmp"
	"context"
	"sync"

	"github.com/redis/go-redis/v9"
)

// A pool is a fixed number of links, shared first come first served.
type pool struct {
	opener
	gauge  gauge
	free   chan *seat
	close  sync.Once
	closed error
}

// A seat is a link with a goroutine of its own that sends and reads for
// whoever holds it. Thousands of buyers take turns on a few seats: if each ran
// through the client library himself, each would grow a stack for it, and every
// request would find its stack cold. That costs more than the two handovers.
type seat struct {
	carrier
	asked    chan request
	answered chan Exchange
	retired  bool // its goroutine has ended with the pool
}

type request struct {
	ctx  context.Context
	args []any
}

func newPool(from opener, seats int) *pool {
	p := &pool{opener: from, gauge: newGauge(), free: make(chan *seat, seats)}
	for range seats {
		s := &seat{carrier: &gauged{from.carrier(), &p.gauge}, asked: make(chan request), answered: make(chan Exchange, 1)}
		go s.serve()
		p.free <- s
	}
	return p
}

func (s *seat) serve() {
	for r := range s.asked {
		s.answered <- s.carrier.RoundTrip(r.ctx, r.args)
	}
}

// RoundTrip sends a command and waits for its reply.
func (s *seat) RoundTrip(ctx context.Context, args []any) Exchange {
	s.asked <- request{ctx, args}
	return <-s.answered
}

// Aim chooses the node for commands without a key, where there are several.
func (s *seat) Aim(ctx context.Context, commands ...[]any) error {
	if aimer, can := s.carrier.(Aimer); can {
		return aimer.Aim(ctx, commands...)
	}
	return nil
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
	if err == nil && s.retired {
		err = redis.ErrClosed
	}
	if err == nil && (!s.stands() || s.rested()) {
		err = cmp.Or(s.stand(context.WithoutCancel(ctx)), ctx.Err())
	}
	if err != nil {
		p.free <- s
		return nil, err
	}
	return s, nil
}

// Load tells what the connections are doing.
func (p *pool) Load() Load { return p.gauge.load(p.standing()) }

// Give returns a link.
func (p *pool) Give(l Link) { p.free <- l.(*seat) }

// Close closes every connection, which ends what is in flight, and waits for
// the links to be given back. Whoever takes one later is told.
func (p *pool) Close() error {
	p.close.Do(func() {
		p.closed = p.opener.Close()
		all := make([]*seat, cap(p.free))
		for i := range all {
			all[i] = <-p.free
		}
		for _, s := range all {
			s.drop()
			close(s.asked)
			s.retired = true
			p.free <- s
		}
	})
	return p.closed
}

package conn

import (
	"context"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// shared lets everybody ask at once, over connections that all have in common.
type shared struct {
	opener
	shelf
	traffic *traffic
	closed  atomic.Bool
}

// traffic counts what goes over shared connections: exchanges as they leave,
// together, and as each is answered, and the connections that wait for any.
type traffic struct {
	gauge gauge
	busy  atomic.Int64
	limit *limit
}

// depart counts exchanges that leave together.
func (t *traffic) depart(n int) {
	t.busy.Add(1)
	t.gauge.begun.times.Add(int64(n))
	t.gauge.begun.sum.Add(int64(n) * t.gauge.now())
}

// again says that an exchange that is over is sent once more, to another node: it
// stays one.
func (t *traffic) again() {
	t.gauge.begun.times.Add(-1)
	t.gauge.over.times.Add(-1)
}

// arrive counts those of them that have been answered: their number is known
// already, and the sum of the instants is by a clock that shows now.
func (t *traffic) arrive(n, sum, now int64) {
	t.gauge.over.sum.Add(sum + n*(t.gauge.now()-now))
	t.busy.Add(-1)
}

// A pinned link has its exchanges counted with those of the shared connections.
type pinned struct {
	*link
	traffic *traffic
}

// RoundTrip sends a command and waits for its reply.
func (p *pinned) RoundTrip(ctx context.Context, args []any) Exchange {
	counted := gauged{p.link, &p.traffic.gauge}
	p.traffic.busy.Add(1)
	defer p.traffic.busy.Add(-1)
	return counted.RoundTrip(ctx, args)
}

// A starter is a carrier that is told when somebody takes it.
type starter interface{ start() }

// Take returns a place in the queue, without a wait.
func (s *shared) Take(ctx context.Context) (Link, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.closed.Load() {
		return nil, redis.ErrClosed
	}
	c := s.pop()
	if c == nil {
		c = s.carrier()
	}
	c.(starter).start()
	return c, nil
}

// Load tells what the connections are doing.
func (s *shared) Load() Load {
	load := s.traffic.gauge.load(s.standing())
	load.Busy = int(s.traffic.busy.Load())
	s.traffic.limit.tell(&load)
	return load
}

// Close closes every connection.
func (s *shared) Close() error {
	s.closed.Store(true)
	return s.opener.Close()
}

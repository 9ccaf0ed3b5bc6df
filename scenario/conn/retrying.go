package conn

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// A retrying link leaves it to the client library to send again. The library's
// client is its own, so that it hears what came of each sending.
type retrying struct {
	*dialer
	own      *redis.Client
	stood    bool
	deadline deadline
	sendings sendings
}

// forever is beyond every deadline.
const forever = 100 * 365 * 24 * time.Hour

// newRetrying makes a link with a client that its dialer closes.
func newRetrying(d *dialer) *retrying {
	r := &retrying{dialer: d}
	options := *d.client.Options()
	options.Limiter, options.PoolSize = &r.sendings, 1
	r.own = redis.NewClient(&options)
	d.keep(r.own)
	return r
}

// RoundTrip has the library send a command until it is content. What it does
// from the first sending to the last reply is service, new connections too:
// nobody can see them.
func (r *retrying) RoundTrip(ctx context.Context, args []any) Exchange {
	r.deadline.at = time.Now().Add(forever)
	if at, set := ctx.Deadline(); set {
		r.deadline.at = at
	}
	cmd := redis.NewCmd(&r.deadline, args...)
	r.sendings = 0
	x := Exchange{Sent: r.now()}
	x.Err = r.own.Process(&r.deadline, cmd)
	x.Read = r.now()
	switch {
	case x.Err == nil:
		x.Reply = r.flat(cmd.Val())
	case errors.Is(x.Err, redis.Nil):
		x.Err = nil
	case r.sendings > 0:
		x.Err = &retriedError{x.Err}
	}
	return x
}

func (r *retrying) stands() bool { return r.stood }

// stand makes sure that the server can be reached.
func (r *retrying) stand(ctx context.Context) error {
	err := r.reach(ctx, func(ctx context.Context) error { return r.own.Ping(ctx).Err() })
	r.stood = err == nil
	return err
}

// warm does nothing: a link in somebody's hands stands.
func (*retrying) warm(context.Context) error { return nil }

// rested returns false: the library looks after its connections.
func (*retrying) rested() bool { return false }

// drop does nothing: the library gives broken connections up.
func (*retrying) drop() {}

// sendings counts those that failed and may have run. To the library
// it is a limiter, which is told how each sending ended.
type sendings int

// Allow returns nil.
func (*sendings) Allow() error { return nil }

// ReportResult takes the end of one sending.
func (s *sendings) ReportResult(err error) {
	if err != nil && FateOf(err) == Maybe {
		*s++
	}
}

// A retriedError ended the last of several sendings. Whatever it says of that
// one, an earlier one may have run.
type retriedError struct{ last error }

func (e *retriedError) Error() string { return e.last.Error() }
func (e *retriedError) Unwrap() error { return e.last }

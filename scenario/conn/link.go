package conn

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// An Exchange is one request and what came of it.
type Exchange struct {
	// Sent is the instant before the request could leave, Read the instant
	// after its reply was read or given up, by the clock given to Open, in ns.
	Sent, Read int64
	// Reply is an int64, a string, nil or a []any of these.
	Reply any
	// Err is the server's error reply (see IsReply) or an error of the wire.
	Err error
}

// A Link carries one exchange at a time.
type Link interface {
	// RoundTrip sends a command and waits for its reply, until the timeout given
	// to Open or the context's deadline. A request that has been sent cannot be
	// called back: the end of the context by other means does not cut it short.
	RoundTrip(ctx context.Context, args []any) Exchange
}

// rest is how long a connection may lie idle before it is looked at again.
const rest = time.Second

// A link keeps one connection to itself. That spares go-redis' pool, which
// asks the system whether a connection still stands each time it hands it out.
type link struct {
	*dialer
	conn     *redis.Conn // nil: to be made
	used     time.Time
	deadline deadline
	// bound: what comes next is about what was said over the connection before, so
	// that it must not be given up for another.
	bound bool
}

// RoundTrip sends a command and waits for its reply.
func (l *link) RoundTrip(ctx context.Context, args []any) Exchange {
	// Broken by an earlier exchange of whoever holds the link, or idle for so
	// long that the server may have closed it: a request sent over it would be
	// lost without need. This is connection wait, and no service.
	begin := time.Now()
	if own := l.bound || isOfItsConnection(args); own && l.conn == nil {
		return l.unsent(errGone)
	} else if l.conn == nil || !own && begin.Sub(l.used) > rest {
		if err := l.stand(context.WithoutCancel(ctx)); err != nil {
			return l.unsent(err)
		}
		begin = time.Now()
	}
	l.deadline.at = begin.Add(l.timeout)
	if at, set := ctx.Deadline(); set && at.Before(l.deadline.at) {
		l.deadline.at = at
	}
	cmd := redis.NewCmd(&l.deadline, args...)
	x := Exchange{Sent: l.now()}
	x.Err = l.conn.Process(&l.deadline, cmd)
	x.Read = l.now()
	l.used = begin.Add(time.Duration(x.Read - x.Sent)) // to ask the clock once more would cost
	switch {
	case x.Err == nil:
		x.Reply = l.flat(cmd.Val())
	case errors.Is(x.Err, redis.Nil):
		x.Err = nil
	case spoils(x.Err):
		l.drop()
		return x
	}
	l.bound = binds(args, l.bound, x.Err)
	return x
}

// errGone says nothing about what went over the connection before.
var errGone = errors.New("the connection that the command is about is gone")

// isOfItsConnection reports whether a command is about what was said over the
// same connection, so that another one would tell something else.
func isOfItsConnection(args []any) bool { return strings.EqualFold(text(args[0]), "WAIT") }

// binds reports whether a connection is bound after a command: from WATCH or
// MULTI on, until what they began has ended.
func binds(args []any, bound bool, err error) bool {
	switch strings.ToUpper(text(args[0])) {
	case "WATCH", "MULTI":
		return bound || err == nil
	case "UNWATCH", "DISCARD", "EXEC":
		return false
	}
	return bound
}

// unsent is the exchange that an error kept from being begun.
func (d *dialer) unsent(err error) Exchange {
	at := d.now()
	return Exchange{Sent: at, Read: at, Err: err}
}

func (l *link) stands() bool { return l.conn != nil }

func (l *link) rested() bool { return time.Since(l.used) > rest }

// stand gives the link a new connection.
func (l *link) stand(ctx context.Context) error {
	l.drop()
	fresh := l.client.Conn()
	if err := l.reach(ctx, func(ctx context.Context) error { return fresh.Ping(ctx).Err() }); err != nil {
		fresh.Close()
		return err
	}
	l.conn, l.used = fresh, time.Now()
	return nil
}

// warm does nothing: a link in somebody's hands stands.
func (*link) warm(context.Context) error { return nil }

// spoils reports whether an error ends the connection it came over. After a
// timeout the late reply must not meet the next request; the two error replies
// are those after which go-redis gives a connection up.
func spoils(err error) bool {
	_, moved := redis.IsMovedError(err)
	return moved || redis.IsReadOnlyError(err) || !IsReply(err)
}

// drop gives the link's connection back to go-redis' pool, which looks whether
// it still stands before it hands it out again.
func (l *link) drop() {
	if l.conn != nil {
		l.conn.Close()
		l.conn, l.bound = nil, false
	}
}

// A deadline is a context that bounds a socket and nothing else: it has no
// timer, and the link uses it again for the next request.
type deadline struct{ at time.Time }

// Deadline returns the instant at which the socket gives up.
func (d *deadline) Deadline() (time.Time, bool) { return d.at, true }

// Done returns nil: the socket's deadline does the work.
func (*deadline) Done() <-chan struct{} { return nil }

// Err returns nil.
func (*deadline) Err() error { return nil }

// Value returns nil.
func (*deadline) Value(any) any { return nil }

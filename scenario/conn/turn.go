package conn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Unsent stands for the instant of a request that never left.
const Unsent = math.MinInt64

// ErrLeft says of a request that never left that whoever asked did not wait so
// long.
var ErrLeft error = &unsentError{errors.New("nobody waits for it any more")}

var (
	// errLate: the reply did not come in time.
	errLate = fmt.Errorf("reading the reply: %w", os.ErrDeadlineExceeded)
	// errForgotten: nothing is known of the request.
	errForgotten = errors.New("the client library gave no reply")
)

// An unsentError kept a request from being sent.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

// The phases of an exchange. Whoever moves it on from queued or out says what
// came of it.
const (
	queued = iota + 1
	out
	over
	phaseBits = 2
)

// A Question is a command and whoever waits for its reply. Its connection's
// goroutine calls it, so that those who wait, thousands at the same time, need
// no stack for it: their stacks would be most of the driver's memory, and out of
// the cache whenever they are needed.
type Question interface {
	// Words appends the words of the command to room. It is called once, before
	// the command is sent; with an error it is not.
	Words(room []any) ([]any, error)
	// Over is called once, with what came of it, and must not wait.
	Over(Exchange)
}

// An Asker is a link whose exchanges do not need a goroutine that waits. Ask
// returns at once; the next may be asked when the question is over.
type Asker interface{ Ask(Question) }

// A turn is the right to ask over shared connections. It holds no connection,
// and thousands wait at the same time.
type turn struct {
	*lanes
	question Question
	// state is the number of the exchange, and its phase in the lowest bits: a
	// lane may still know a turn by an exchange that is long over.
	state atomic.Uint64
	sent  int64
	// begun is set when something has been asked since the turn was taken.
	begun atomic.Bool
	// sweeps is how many sweeps came before the turn was taken.
	sweeps int64
	// leaves is when its holder leaves who has asked; zero: he does not.
	leaves time.Time
	// left is set when its holder did not wait for the last reply. Nobody may use
	// it again.
	left bool
}

// A ticket is one exchange of a turn.
type ticket struct {
	*turn
	number uint64
}

func (ls *lanes) turn() *turn { return &turn{lanes: ls, sweeps: ls.sweeps.Load()} }

// Ask has a lane put a question.
func (t *turn) Ask(q Question) {
	t.leaves = time.Time{}
	t.put(q)
}

func (t *turn) put(q Question) ticket {
	mine := ticket{t, t.state.Load()>>phaseBits + 1}
	t.question = q
	t.state.Store(mine.number<<phaseBits | queued)
	t.ask(mine)
	return mine
}

// RoundTrip has a lane send a command, and waits for its reply. Its time
// counts from when it is sent; before, only the context's deadline ends it.
func (t *turn) RoundTrip(ctx context.Context, args []any) Exchange {
	told := plain{args, make(chan Exchange, 1)}
	at, set := ctx.Deadline()
	t.leaves = at
	mine := t.put(told)
	defer t.begun.Store(true)
	if !set {
		return <-told.over
	}
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case x := <-told.over:
		return x
	case <-timer.C:
	}
	if x, left := mine.leave(); left {
		return x
	}
	return <-told.over
}

// plain is a question whose words are known.
type plain struct {
	args []any
	over chan Exchange
}

func (p plain) Words(room []any) ([]any, error) { return append(room, p.args...), nil }
func (p plain) Over(x Exchange)                 { p.over <- x }

// leave ends the wait; false when the answer has come.
func (t ticket) leave() (Exchange, bool) {
	switch {
	case t.move(out, over):
		t.left = true
		return Exchange{Sent: t.sent, Read: t.now(), Err: errLate}, true
	case !t.move(queued, over):
		return Exchange{}, false
	default:
		t.left = true
		return Exchange{Sent: Unsent, Read: t.now(), Err: ErrLeft}, true
	}
}

// move changes the phase, if it is still from.
func (t ticket) move(from, to uint64) bool {
	return t.state.CompareAndSwap(t.number<<phaseBits|from, t.number<<phaseBits|to)
}

// send says that the request leaves; false when nobody waits for it any more.
func (t ticket) send(at int64) bool {
	t.sent = at
	return t.move(queued, out)
}

// answer says what came of a request that has been sent.
func (t ticket) answer(at int64, reply any, err error) {
	if t.move(out, over) {
		t.question.Over(Exchange{Sent: t.sent, Read: at, Reply: reply, Err: err})
	}
}

// refuse says that a request has not been sent.
func (t ticket) refuse(at int64, err error) {
	if t.move(queued, over) {
		t.question.Over(Exchange{Sent: Unsent, Read: at, Err: err})
	}
}

// start makes the turn ready for whoever takes it.
func (t *turn) start() {
	t.begun.Store(false)
	t.sweeps = t.lanes.sweeps.Load()
}

// Pin makes a connection of the holder's own.
func (t *turn) Pin(ctx context.Context) (Link, func(), error) { return t.dialer.pin(ctx) }

func (t *turn) stands() bool { return !t.left }

// stand does nothing: a lane makes its connection when it has something to send.
func (*turn) stand(context.Context) error { return nil }

// rested returns false: a lane sees to that.
func (*turn) rested() bool { return false }

func (*turn) drop() {}

// A command is a request of a lane's batch as the client library sees it. It
// is told the error of each as soon as its reply has been read.
type command struct {
	redis.Cmd
	lane  *lane
	of    ticket
	words []any
	done  bool
}

// Args returns the words of the request.
func (c *command) Args() []any { return c.words }

// SetErr hands the reply on. The library says the error once more when others
// of the batch got none.
func (c *command) SetErr(err error) {
	c.Cmd.SetErr(err)
	if c.done {
		return
	}
	c.done = true
	at := c.lane.now()
	c.lane.readSum += at
	c.lane.traffic.gauge.over.times.Add(1)
	switch {
	case err == nil:
		c.of.answer(at, c.lane.flat(c.Val()), nil)
	case errors.Is(err, redis.Nil):
		c.of.answer(at, nil, nil)
	default:
		c.of.answer(at, nil, err)
	}
}

// settle sees that nobody is forgotten of whom the library said nothing.
func (c *command) settle(err error) {
	if !c.done {
		c.SetErr(cmp.Or(err, errForgotten))
	}
}

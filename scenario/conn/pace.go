package conn

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// slack is how far a pace lets somebody be before his turn, after a time in which
// fewer came than might have: timers wake a millisecond or two too late, more on a
// busy machine, and without it every late one would be a turn lost.
const slack = 5 * time.Millisecond

// A pace gives out turns, evenly spaced: in no stretch of time T more than
// rate × (T + slack) + 1 of them. It is the generic cell rate algorithm in its
// form of virtual scheduling (ITU-T Recommendation I.371, annex A).
type pace struct {
	interval float64 // ns between two turns
	zero     time.Time

	mu   sync.Mutex
	next float64 // when the next turn is due, in ns from zero
}

func newPace(rate float64) *pace {
	return &pace{interval: float64(time.Second) / rate, zero: time.Now()}
}

// reserve takes the next turn and returns how long it is until then: 0 or less,
// it has come. A turn that does not come before leaves, if that is set, is not
// taken, or those who leave would keep everybody waiting who comes later.
func (p *pace) reserve(leaves time.Time) (until time.Duration, taken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, until := p.upcoming()
	if !leaves.IsZero() && until >= time.Until(leaves) {
		return time.Until(leaves), false
	}
	p.next = at + p.interval
	return until, true
}

// now takes the next turn if it has come, or returns how long it is until then.
func (p *pace) now() (until time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, until := p.upcoming()
	if until <= 0 {
		p.next = at + p.interval
	}
	return max(until, 0)
}

// upcoming is the next turn, and how long it is until then. Half a nanosecond is
// nothing that a clock could show.
func (p *pace) upcoming() (at float64, until time.Duration) {
	now := float64(time.Since(p.zero))
	at = max(p.next, now-float64(slack))
	return at, time.Duration(at - now + .5)
}

// A limit bounds how often connections are handed out, over all links of one
// Open. In is where whoever asks waits for his turn: he has no connection yet.
// Out is where he has one: those for whom the server kept the connections from
// coming free do not all go at once when they do.
type limit struct {
	in, out *pace

	waiting, times, sum atomic.Int64
}

// newLimit returns nil for no rate.
func newLimit(rate float64) *limit {
	if rate == 0 {
		return nil
	}
	return &limit{in: newPace(rate), out: newPace(rate)}
}

// wait returns when a turn at one of the two has come, and how long that took, or
// an error when whoever asks leaves before.
func (l *limit) wait(ctx context.Context, at *pace) (time.Duration, error) {
	leaves, _ := ctx.Deadline()
	asked := time.Now()
	until, taken := at.reserve(leaves)
	if taken && until <= 0 {
		return 0, ctx.Err()
	}
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	timer := time.NewTimer(until)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	if !taken {
		return 0, context.DeadlineExceeded
	}
	return time.Since(asked), ctx.Err()
}

// waited counts somebody who has waited for his turn, if he has.
func (l *limit) waited(d time.Duration) {
	if d > 0 {
		l.times.Add(1)
		l.sum.Add(int64(d))
	}
}

// tell is the limit's part of a Load.
func (l *limit) tell(load *Load) {
	if l != nil {
		load.Waiting, load.Limited, load.Kept = int(l.waiting.Load()), l.times.Load(), time.Duration(l.sum.Load())
	}
}

// limited hands out links no more often than a limit lets it.
type limited struct {
	Links
	limit *limit
}

// Take waits for a turn, and then for a link whose connection stands.
func (l *limited) Take(ctx context.Context) (Link, error) {
	in, err := l.limit.wait(ctx, l.limit.in)
	if err != nil {
		return nil, err
	}
	link, err := l.Links.Take(ctx)
	if err != nil {
		return nil, err
	}
	out, err := l.limit.wait(ctx, l.limit.out)
	if err != nil {
		l.Links.Give(link)
		return nil, err
	}
	l.limit.waited(in + out)
	return link, nil
}

// Load tells what the connections are doing, and who waits for the limit.
func (l *limited) Load() Load {
	load := l.Links.Load()
	l.limit.tell(&load)
	return load
}

package scenario

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
)

// gaugeEvery is the mean time between two readings of the gauge.
const gaugeEvery = 10 * time.Millisecond

// A meter measures what driver, connections and server do while the doors are
// open, and between two lots nothing. It is used by one goroutine.
type meter struct {
	links  conn.Links
	server *server.Server
	// asks: the server can be asked what it used.
	asks bool

	driver  history.Driver
	readers readings
	sent    int64
	held    time.Duration
	limited int64
	kept    time.Duration
	served  map[string]*history.Served
	nodes   []string // in the order in which they first told
	untold  []string

	on      bool
	opened  time.Time
	usage   usage
	before  conn.Load
	account *server.Accounts
	stop    chan struct{}
	gauging sync.WaitGroup
}

// readings are those of the gauge, summed.
type readings struct {
	n                             int64
	open, busy, inFlight, squares float64
	late                          time.Duration
}

func (r *readings) add(l conn.Load, late time.Duration) {
	r.n++
	r.late += max(late, 0)
	r.open += float64(l.Open)
	r.busy += float64(l.Busy)
	r.inFlight += float64(l.InFlight)
	r.squares += float64(l.InFlight) * float64(l.InFlight)
}

// start begins to measure, unless it has begun. The server is asked first: what
// the answer costs it is before the doors open.
func (m *meter) start(ctx context.Context) {
	if m.on {
		return
	}
	m.on = true
	if m.asks {
		m.account = m.server.Accounts(context.WithoutCancel(ctx))
	}
	m.stop = make(chan struct{})
	m.before, m.usage, m.opened = m.links.Load(), readUsage(), time.Now()
	m.gauging.Go(m.gauge)
}

// gauge reads the gauge until it is stopped: at instants drawn at random, so
// that it never keeps step with a schedule. What is seen at such instants is, in
// the mean, what is there in the mean (Wolff, Poisson Arrivals See Time Averages,
// 1982).
func (m *meter) gauge() {
	drawn := rand.New(rand.NewPCG(uint64(m.readers.n), 1))
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	for at := time.Now(); ; {
		at = later(at, time.Now()).Add(time.Duration(drawn.ExpFloat64() * float64(gaugeEvery)))
		timer.Reset(time.Until(at))
		select {
		case <-timer.C:
			m.readers.add(m.links.Load(), time.Since(at))
		case <-m.stop:
			return
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// pause stops measuring the driver and its connections.
func (m *meter) pause() {
	if m.stop == nil {
		return
	}
	open := time.Since(m.opened)
	close(m.stop)
	m.gauging.Wait()
	m.stop = nil
	m.usage.until(readUsage(), open, &m.driver)
	after := m.links.Load()
	m.sent += after.Sent - m.before.Sent
	m.held += after.Held - m.before.Held
	m.limited += after.Limited - m.before.Limited
	m.kept += after.Kept - m.before.Kept
}

// settle asks the server what it used since the start.
func (m *meter) settle(ctx context.Context) {
	m.pause()
	if !m.on {
		return
	}
	m.on = false
	if !m.asks {
		return
	}
	uses, missing := m.server.Accounts(ctx).Since(m.account)
	m.untold = missing // of several lots the last speaks for all
	for i := range uses {
		m.add(&uses[i])
	}
}

// tell writes what was measured into the record.
func (m *meter) tell(tail *history.Tail, seats int, further int64) {
	bound := tail.Driver.Bound
	tail.Driver = m.driver
	tail.Driver.Bound = bound
	tail.Untold = m.untold
	for _, name := range m.nodes {
		tail.Served = append(tail.Served, *m.served[name])
	}
	r := &m.readers
	tail.Links = &history.Links{
		Seats: seats, Samples: r.n, Sent: m.sent, Further: further, Held: int64(m.held), Limited: m.limited, Kept: int64(m.kept),
	}
	if n := float64(r.n); r.n > 0 {
		l := tail.Links
		l.Open, l.Busy, l.InFlight = r.open/n, r.busy/n, r.inFlight/n
		l.Spread = math.Sqrt(max(r.squares/n-l.InFlight*l.InFlight, 0))
		l.Late = int64(r.late) / r.n
	}
}

package conn

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// defaultLanes is how many connections pipelined means without a number: while
	// some wait for the server, others gather.
	defaultLanes = 4
	// maxBatch is the most requests that leave together: as many as, with those
	// who wait for them, stay in a processor's cache. More save no more system
	// calls worth the name, and whoever stands behind them waits longer.
	maxBatch = 512
	// laneBuffer is the size of a shared connection's two buffers, in bytes.
	laneBuffer = 64 << 10
	// abandon is how many timeouts a shared connection may leave a batch without
	// its replies before it is given up. Buyers leave after one; the connection
	// stays, as that of a client library that is shared would.
	abandon = 5
)

// lanes are connections that are shared by whoever has something to ask. Turns
// queue up; a lane that is free takes what has gathered, sends it in one go and
// reads the replies.
type lanes struct {
	*dialer
	traffic *traffic
	all     []*lane
	ends    sync.WaitGroup

	mu     sync.Mutex
	come   *sync.Cond // something has gathered, or closed is set
	queue  []ticket
	held   held
	free   int // lanes that wait for something to gather
	closed bool
	// sweeps is how often those who had not been sent were let go.
	sweeps atomic.Int64
}

// openLanes makes n lanes, whose connections are made when they are needed.
func openLanes(d *dialer, n int, t *traffic) *lanes {
	ls := &lanes{dialer: d, traffic: t}
	ls.come = sync.NewCond(&ls.mu)
	ls.hold(d.limit)
	for range n {
		l := newLane(ls)
		ls.all = append(ls.all, l)
		ls.ends.Go(l.run)
	}
	return ls
}

// ask puts a turn into the queue, unless a sweep came while it was on its way.
func (ls *lanes) ask(t ticket) {
	ls.mu.Lock()
	closed, wanted := ls.closed, ls.free > 0
	swept := !t.begun.Load() && t.sweeps != ls.sweeps.Load()
	if !closed && !swept {
		ls.enqueue(t)
	}
	ls.mu.Unlock()
	switch {
	case closed:
		t.refuse(ls.now(), redis.ErrClosed)
	case swept:
		t.refuse(ls.now(), ErrLeft)
	case wanted:
		ls.come.Signal()
	}
}

// gather waits until something has been asked, and moves it into a batch of at
// most maxBatch; an empty one says that the lanes are closed.
func (ls *lanes) gather(batch []ticket) []ticket {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.free++
	n := ls.mayLeave(min(len(ls.queue), maxBatch))
	for n == 0 && !ls.closed {
		ls.come.Wait()
		n = ls.mayLeave(min(len(ls.queue), maxBatch))
	}
	ls.free--
	batch = append(batch[:0], ls.queue[:n]...)
	if n == len(ls.queue) {
		ls.queue = ls.queue[:0]
	} else { // a long one is not moved for each batch
		ls.queue = ls.queue[n:]
	}
	return batch
}

// sweep lets those go who have taken a turn and have not been sent.
func (ls *lanes) sweep() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.sweeps.Add(1)
	for _, t := range ls.release() {
		t.refuse(ls.now(), ErrLeft)
	}
	stay := ls.queue[:0]
	for _, t := range ls.queue {
		if t.begun.Load() {
			stay = append(stay, t)
		} else {
			t.refuse(ls.now(), ErrLeft)
		}
	}
	ls.queue = stay
}

// close ends the lanes when they are done with what is in flight, and refuses
// all others.
func (ls *lanes) close() {
	ls.mu.Lock()
	ls.closed = true
	left := ls.queue
	ls.queue = nil
	waiting := ls.release()
	ls.mu.Unlock()
	ls.come.Broadcast()
	for _, t := range waiting {
		t.refuse(ls.now(), redis.ErrClosed)
	}
	for _, t := range left {
		t.refuse(ls.now(), redis.ErrClosed)
	}
}

// warm makes every connection.
func (ls *lanes) warm(ctx context.Context) error {
	for _, l := range ls.all {
		if err := l.ready(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A lane is one shared connection, with a goroutine that sends and reads for
// all who wait.
type lane struct {
	*lanes
	link  link // its connection
	batch []ticket
	cmds  []redis.Cmder
	made  []*command // used again by each batch
	alarm *time.Timer

	// readSum is the sum of the instants at which the batch's replies were read.
	readSum int64

	mu sync.Mutex
	// out are the tickets of the batch in flight, which is late from until on.
	out   []ticket
	until time.Time
}

func newLane(ls *lanes) *lane {
	l := &lane{lanes: ls, link: link{dialer: ls.dialer}}
	l.alarm = time.AfterFunc(forever, l.expire)
	l.alarm.Stop()
	return l
}

// run serves the queue until it is closed.
func (l *lane) run() {
	for {
		l.batch = l.gather(l.batch)
		if len(l.batch) == 0 {
			l.link.drop()
			return
		}
		l.exchange(l.batch)
	}
}

// ready makes sure that the connection stands.
func (l *lane) ready(ctx context.Context) error {
	if l.link.stands() && !l.link.rested() {
		return nil
	}
	return l.link.stand(ctx)
}

// exchange sends the requests of those who still wait, and hands each his reply
// as it is read.
func (l *lane) exchange(batch []ticket) {
	if err := l.ready(context.Background()); err != nil {
		for _, t := range batch {
			t.refuse(l.now(), err)
		}
		return
	}
	rendered := l.render(batch)
	l.cmds = l.cmds[:0]
	sent := l.now()
	for _, c := range rendered {
		if c.of.send(sent) {
			l.cmds = append(l.cmds, c)
		}
	}
	if len(l.cmds) == 0 {
		return
	}
	l.depart(batch)
	l.link.deadline.at = time.Now().Add(abandon * l.timeout)
	pipe := l.link.conn.Pipeline()
	_ = pipe.BatchProcess(&l.link.deadline, l.cmds...) // it only takes them
	_, err := pipe.Exec(&l.link.deadline)
	l.link.used = time.Now()
	for _, c := range l.cmds {
		c.(*command).settle(err)
	}
	l.arrive()
	if err != nil && spoils(err) {
		l.link.drop()
	}
}

// render puts the questions into words. None of them has been called yet: that
// takes the driver's time, and none of the server's.
func (l *lane) render(batch []ticket) []*command {
	n := 0
	for _, t := range batch {
		if n == len(l.made) {
			l.made = append(l.made, &command{Cmd: *redis.NewCmd(context.Background()), lane: l})
		}
		c := l.made[n]
		var err error
		if c.words, err = t.question.Words(c.words[:0]); err != nil {
			t.refuse(l.now(), &unsentError{err})
			continue
		}
		c.of, c.done = t, false
		c.Cmd.SetErr(nil) // the library leaves out those that have an error
		n++
	}
	return l.made[:n]
}

// depart has those who wait told when they have waited as long as they do.
func (l *lane) depart(batch []ticket) {
	l.mu.Lock()
	l.out, l.until = batch, time.Now().Add(l.timeout)
	l.mu.Unlock()
	l.alarm.Reset(l.timeout)
	l.readSum = 0
	l.traffic.depart(len(l.cmds))
}

// arrive: all have been answered.
func (l *lane) arrive() {
	l.alarm.Stop()
	l.traffic.arrive(int64(len(l.cmds)), l.readSum, l.now())
	l.mu.Lock()
	l.out = nil
	l.mu.Unlock()
}

// expire lets those go who have waited for a timeout. Their replies will be
// read, and thrown away.
func (l *lane) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().Before(l.until) {
		return // the alarm was that of an earlier batch, which ended as it rang
	}
	for _, t := range l.out {
		t.answer(l.now(), nil, errLate)
	}
}

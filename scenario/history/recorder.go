package history

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	chunkSize = 4096
	// beat is how often attempts are handed on although their chunk is not
	// full: as often as somebody who watches wants news.
	beat = 250 * time.Millisecond
	// beatsToFlush is how many beats make the second after which sinks let go
	// of what they hold.
	beatsToFlush = 4
	// maxFree bounds the chunks kept for reuse after a rush.
	maxFree = 16
)

// A chunk is a block of slots. A buyer claims a slot by raising next and
// publishes it by raising done; whoever raises done to chunkSize owns the
// chunk. The two counters are a cache line apart from each other and from the
// slots.
type chunk struct {
	slots [chunkSize]Attempt
	next  atomic.Int64
	_     [56]byte
	done  atomic.Int64
	_     [56]byte
	// used is the number of slots that hold attempts: fewer than chunkSize
	// when the chunk was closed early.
	used int64
}

// reopen makes a chunk ready for claims. A buyer who still knows the chunk
// from its last use may claim a slot from here on.
func (c *chunk) reopen() {
	c.used = chunkSize
	c.done.Store(0)
	c.next.Store(0)
}

// claimRest claims all slots that are left and returns their number.
func (c *chunk) claimRest() int64 {
	claimed := c.next.Add(chunkSize) - chunkSize
	if claimed >= chunkSize {
		return 0
	}
	c.used = claimed
	return chunkSize - claimed
}

// A flusher is a sink that holds attempts back; it is told once a second to
// let them go.
type flusher interface {
	Flush() error
}

// A Recorder takes attempts from many goroutines and hands them to its sinks
// in batches, on a goroutine of its own. An attempt costs two atomic additions
// and a copy; a lock is taken once in 4,096.
type Recorder struct {
	// Texts is the table of replies that recorded attempts refer to, Receipts
	// that of what answers captured.
	Texts    *Texts
	Receipts *Receipts

	open atomic.Pointer[chunk]
	wake chan struct{}
	quit chan struct{}
	done chan struct{}

	// sinks is used by the recorder's goroutine alone; a sink that failed is
	// taken out.
	sinks []Sink

	mu     sync.Mutex
	queue  []*chunk // full, waiting for the sinks
	free   []*chunk
	closed int64 // attempts in chunks that are no longer open
	err    error
}

// NewRecorder returns a recorder that writes to the given sinks until it is
// closed.
func NewRecorder(sinks ...Sink) *Recorder {
	r := &Recorder{
		Texts: new(Texts), Receipts: new(Receipts), sinks: sinks,
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	for _, s := range sinks {
		if reader, ok := s.(interface{ reads(*Texts, *Receipts) }); ok {
			reader.reads(r.Texts, r.Receipts)
		}
	}
	r.free = []*chunk{new(chunk), new(chunk)}
	r.openNext()
	go r.run()
	return r
}

// Put records a finished attempt. It may be called by many goroutines at once,
// but not after Close.
func (r *Recorder) Put(a *Attempt) {
	for {
		c := r.open.Load()
		if i := c.next.Add(1) - 1; i < chunkSize {
			c.slots[i] = *a
			r.publish(c, 1)
			return
		}
		r.replace(c)
	}
}

// publish counts finished slots; who finishes the last hands the chunk on.
func (r *Recorder) publish(c *chunk, slots int64) {
	if c.done.Add(slots) != chunkSize {
		return
	}
	r.mu.Lock()
	r.queue = append(r.queue, c)
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default: // the goroutine has been told already
	}
}

// replace opens another chunk in the place of a full one, unless that has
// happened. The chunk is looked at again: it may have been emptied and opened
// anew since the caller found it full.
func (r *Recorder) replace(full *chunk) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open.Load() == full && full.next.Load() >= chunkSize {
		r.closed += chunkSize
		r.openNext()
	}
}

// openNext opens a chunk that was used before, or a new one.
func (r *Recorder) openNext() {
	var c *chunk
	if n := len(r.free); n > 0 {
		c, r.free = r.free[n-1], r.free[:n-1]
	} else {
		c = new(chunk)
	}
	c.reopen()
	r.open.Store(c)
}

// closeEarly closes the open chunk if it holds anything.
func (r *Recorder) closeEarly() {
	r.mu.Lock()
	c := r.open.Load()
	if c.next.Load() == 0 {
		r.mu.Unlock()
		return
	}
	rest := c.claimRest()
	r.closed += chunkSize - rest
	r.openNext()
	r.mu.Unlock()
	if rest > 0 {
		r.publish(c, rest)
	}
}

// Count is the number of attempts put so far.
func (r *Recorder) Count() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed + min(r.open.Load().next.Load(), chunkSize)
}

// Err is the first error of a sink so far. A run whose attempts are no longer
// recorded may as well end.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Close hands everything that was put to the sinks and returns the first
// error that a sink met since the beginning. It may be called again.
func (r *Recorder) Close() error {
	r.mu.Lock()
	select {
	case <-r.quit:
	default:
		close(r.quit)
	}
	r.mu.Unlock()
	<-r.done
	return r.Err()
}

// run feeds the sinks.
func (r *Recorder) run() {
	defer close(r.done)
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for beats := 0; ; {
		select {
		case <-r.wake:
			r.drain()
		case <-tick.C:
			if beats++; beats%beatsToFlush == 0 {
				r.flush()
				continue
			}
			r.closeEarly()
			r.drain()
		case <-r.quit:
			r.flush()
			return
		}
	}
}

func (r *Recorder) flush() {
	r.closeEarly()
	r.drain()
	r.each(func(s Sink) error {
		if f, ok := s.(flusher); ok {
			return f.Flush()
		}
		return nil
	})
}

// drain hands the waiting chunks to the sinks.
func (r *Recorder) drain() {
	r.mu.Lock()
	full := r.queue
	r.queue = nil
	r.mu.Unlock()
	for _, c := range full {
		r.each(func(s Sink) error { return s.Append(c.slots[:c.used]) })
		r.Receipts.forget(c.slots[:c.used])
		r.mu.Lock()
		if len(r.free) < maxFree {
			r.free = append(r.free, c)
		}
		r.mu.Unlock()
	}
}

// each calls the sinks that have not failed.
func (r *Recorder) each(call func(Sink) error) {
	for i, s := range r.sinks {
		if s == nil {
			continue
		}
		if err := call(s); err != nil {
			r.sinks[i] = nil
			r.mu.Lock()
			if r.err == nil {
				r.err = err
			}
			r.mu.Unlock()
		}
	}
}

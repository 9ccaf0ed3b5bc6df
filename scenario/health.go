package scenario

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
)

// A server is lost when it has answered nothing for this long, or for three
// timeouts if they are longer, while buyers kept asking.
const silence = 5 * time.Second

// health is what the attempts say about the server.
type health struct {
	lastAnswer atomic.Int64
	failures   atomic.Int64 // since the last answer
	lastError  atomic.Pointer[error]
}

// serverLost ends a run whose server is gone.
type serverLost struct{ text string }

func (e *serverLost) Error() string { return e.text }

func (h *health) answered(at int64) {
	h.lastAnswer.Store(at)
	if h.failures.Load() != 0 {
		h.failures.Store(0)
	}
}

func (h *health) lost(err error) {
	h.failures.Add(1)
	h.lastError.Store(&err)
}

// lostAfter returns an error when the server has to be given up.
func (h *health) lostAfter(now int64, patience time.Duration) error {
	quiet := time.Duration(now - h.lastAnswer.Load())
	last := h.lastError.Load()
	if quiet < patience || h.failures.Load() < 3 || last == nil {
		return nil
	}
	return &serverLost{fmt.Sprintf("the server has answered nothing for %.1f s, from %.1f s after the opening; last: %v",
		quiet.Seconds(), float64(h.lastAnswer.Load())/1e9, *last)}
}

// watch closes the doors when the time is over, the server is lost or the
// record can no longer be written.
func (d *drive) watch() {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	duration := make(<-chan time.Time)
	if d.spec.Duration > 0 {
		duration = time.After(d.spec.Duration)
	}
	for {
		select {
		case <-d.over:
			return
		case <-duration:
			d.close(errDuration)
		case <-d.died:
			d.close(&serverLost{fmt.Sprintf("the server's process ended %.1f s after the opening", float64(d.clock.now())/1e9)})
			return
		case <-tick.C:
			if d.rig.On() {
				d.health.answered(d.clock.now()) // it cannot: that is the point
			}
			if err := cmp.Or(d.rec.Err(), d.health.lostAfter(d.clock.now(), max(silence, 3*d.spec.Timeout))); err != nil {
				d.close(err)
			}
		}
	}
}

// reloads loads a forgotten script once for all who wait.
type reloads struct {
	// turn is full while somebody loads: no mutex, because he waits for a server
	// meanwhile, and a clock that is simulated has to see that all wait.
	turn  chan struct{}
	count int64
	last  int64
}

// reload loads the script unless another buyer did after this one's attempt
// was sent; false when it cannot be loaded. A server that lets nobody load
// scripts is taught by whoever was told that it has forgotten this one.
func (d *drive) reload(h *hand, sent int64) bool {
	d.script.turn <- struct{}{}
	defer func() { <-d.script.turn }()
	if d.server.Declines("SCRIPT") != nil {
		h.teaches = true
		d.reloaded(d.clock.now(), "; whoever met that sent it whole (EVAL)")
		return true
	}
	if d.script.count > 0 && d.script.last > sent {
		return true
	}
	begin := d.clock.now()
	link, err := d.links.Take(d.doors)
	if err != nil {
		return false
	}
	defer d.links.Give(link)
	if err := d.strategy.Load(context.WithoutCancel(d.doors), &hand{link: link, drive: d}); err != nil {
		d.health.lost(err)
		return false
	}
	d.reloaded(begin, "; it was loaded again")
	return true
}

// reloaded notes that the script is there again, or soon will be.
func (d *drive) reloaded(begin int64, how string) {
	d.script.last = d.clock.now()
	d.script.count++
	d.note(history.Event{At: begin, Until: d.script.last, Kind: history.EventReload, Text: "the server had forgotten the script (NOSCRIPT)" + how})
}

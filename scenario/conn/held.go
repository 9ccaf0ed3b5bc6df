package conn

import (
	"slices"
	"time"
)

// held are the tickets of pipelined connections whose turn at the limit has not
// come. They wait without a goroutine each, as those in the queue do.
type held struct {
	limit *limit // nil: there is none
	first []heldTicket
	alarm *time.Timer // rings when the first may go
	wake  *time.Timer // rings when one in the queue may
}

// A heldTicket may go into the queue from its turn on.
type heldTicket struct {
	ticket
	asked, turn time.Time
}

// hold begins to hold tickets back.
func (ls *lanes) hold(l *limit) {
	if ls.held.limit = l; l != nil {
		ls.held.alarm = time.AfterFunc(forever, ls.letGo)
		ls.held.wake = time.AfterFunc(forever, ls.come.Broadcast)
		ls.held.alarm.Stop()
		ls.held.wake.Stop()
	}
}

// enqueue puts a ticket into the queue, or has it wait until the limit lets it.
// A further command of whoever has begun has had his turn: to have it wait would
// be no wait for a connection but a part of his service.
func (ls *lanes) enqueue(t ticket) {
	h := &ls.held
	switch {
	case h.limit == nil:
		ls.queue = append(ls.queue, t)
		return
	case t.begun.Load():
		ls.queue = slices.Insert(ls.queue, 0, t)
		return
	}
	until, _ := h.limit.in.reserve(t.leaves) // without a turn he leaves before it
	if until <= 0 && len(h.first) == 0 {
		ls.queue = append(ls.queue, t)
		return
	}
	now := time.Now()
	h.first = append(h.first, heldTicket{t, now, now.Add(until)})
	h.limit.waiting.Add(1)
	if len(h.first) == 1 {
		h.alarm.Reset(until)
	}
}

// letGo puts those into the queue whose turn has come.
func (ls *lanes) letGo() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	h, now, n := &ls.held, time.Now(), 0
	for ; n < len(h.first) && !h.first[n].turn.After(now); n++ {
		ls.queue = append(ls.queue, h.first[n].ticket)
		h.limit.waited(now.Sub(h.first[n].asked))
	}
	h.limit.waiting.Add(-int64(n))
	if h.first = h.first[n:]; len(h.first) > 0 {
		h.alarm.Reset(h.first[0].turn.Sub(now))
	} else {
		h.first = nil
	}
	if n > 0 {
		ls.come.Broadcast()
	}
}

// release empties what is held, and returns it.
func (ls *lanes) release() (all []heldTicket) {
	h := &ls.held
	if h.limit == nil {
		return nil
	}
	all, h.first = h.first, nil
	h.limit.waiting.Add(-int64(len(all)))
	h.alarm.Stop()
	return all
}

// mayLeave is how many of the first n in the queue may leave now. With none it
// sees to it that those who wait for something to leave are woken.
func (ls *lanes) mayLeave(n int) int {
	h := &ls.held
	if h.limit == nil {
		return n
	}
	for i, t := range ls.queue[:n] {
		if t.begun.Load() {
			continue
		}
		if until := h.limit.out.now(); until > 0 {
			if i == 0 {
				h.wake.Reset(until)
			}
			return i
		}
	}
	return n
}

package conn

import (
	"io"
	"os"
	"time"
)

// Read reads replies, except those that are thrown away.
func (c *wired) Read(b []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for {
		if n := copy(b, c.ready); n > 0 {
			c.ready = c.ready[n:]
			return n, nil
		}
		if err := c.more(); err != nil {
			return 0, err
		}
	}
}

// more waits for a reply that is held, or reads and looks at what comes.
func (c *wired) more() error {
	if err := c.instead(nil); err != nil {
		return err
	}
	if c.kept != nil && c.holds != nil {
		return c.waitFor(c.holds)
	}
	if len(c.raw) == 0 {
		n, err := c.Conn.Read(c.chunk[:])
		if n == 0 && err != nil {
			return c.instead(err)
		}
		c.raw = c.chunk[:n]
	}
	c.sift()
	return nil
}

// sift looks at what was read, up to the end of a reply that something happens to.
func (c *wired) sift() {
	for len(c.raw) > 0 && c.holds == nil {
		meets := c.next()
		n, whole := c.answered.next(c.raw)
		switch {
		case meets.does(Hold):
			c.kept = append(c.kept, c.raw[:n]...)
		case !meets.does(DropReply):
			c.ready = append(c.ready, c.raw[:n]...)
		}
		if c.raw = c.raw[n:]; !whole || c.answered.isPush() {
			continue
		}
		c.settle()
		switch {
		case meets.does(Hold):
			c.holds, c.until = meets, time.Now().Add(meets.Delay)
			meets.happened()
		case meets.does(DropReply):
			c.raw = nil
			meets.happened()
			c.breakOff(&lostError{"the connection broke before the reply came (lost on purpose)", io.EOF})
		}
	}
}

// next is what happens to the reply that is coming.
func (c *wired) next() *spoil {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.owed) == 0 { // a server may speak first, to say that it is full
		return nil
	}
	return c.owed[0]
}

// settle takes note that a request has its reply.
func (c *wired) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.owed) > 0 {
		c.owed = c.owed[1:]
	}
}

// waitFor returns when a held reply may be had.
func (c *wired) waitFor(s *spoil) error {
	c.mu.Lock()
	deadline := c.readUntil
	c.mu.Unlock()
	at := c.until
	tooLate := !deadline.IsZero() && deadline.Before(at)
	if tooLate {
		at = deadline
	}
	if err := c.rest(at, s); err != nil {
		return err
	}
	if tooLate && !s.isHealed() {
		return os.ErrDeadlineExceeded
	}
	c.ready, c.kept, c.holds = append(c.ready, c.kept...), nil, nil
	return nil
}

// rest waits for an instant, or until the mischief is healed; with an error
// where the user closes the connection.
func (c *wired) rest(at time.Time, s *spoil) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.healed:
	case <-c.closed:
		return c.instead(nil)
	}
	return nil
}

func (s *spoil) isHealed() bool {
	select {
	case <-s.healed:
		return true
	default:
		return false
	}
}

package conn

import "time"

// grace is how long a late request may take to be sent, and to be answered
// when nobody waits for it any more.
const grace = time.Second

// keepBack has requests sent when the first of them is due.
func (c *wired) keepBack(parcels []parcel) {
	c.mu.Lock()
	c.late, c.posting = append(c.late, parcels...), true
	c.mu.Unlock()
	go c.post()
}

// post sends what was kept back. If the user has closed the connection, it is
// post that reads the replies and closes the real one: a server may drop what a
// client asks who has hung up.
func (c *wired) post() {
	var sent []parcel // whose replies are still to be read
	for {
		p, more := c.nextLate()
		if !more {
			break
		}
		if p.kept != nil {
			p.kept.wait()
			p.meets.happened()
		}
		if err := c.send(p); err != nil {
			c.breakOff(err)
		}
		switch {
		case p.kept == nil:
		case c.left():
			sent = append(sent, p)
		default:
			p.meets.end(p.kept)
		}
	}
	if c.left() {
		c.readOff()
		c.Conn.Close()
	}
	forget(sent)
}

// nextLate takes the next of the requests kept back. Without one, nothing is
// kept back any more.
func (c *wired) nextLate() (p parcel, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.late) == 0 {
		c.posting = false
		return p, false
	}
	p, c.late = c.late[0], c.late[1:]
	return p, true
}

// wait returns when a late request is due or let go.
func (l *late) wait() {
	timer := time.NewTimer(time.Until(l.due))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.letGo:
	}
}

// left reports whether the user has closed the connection.
func (c *wired) left() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

// readOff reads the replies that nobody waits for.
func (c *wired) readOff() {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.Conn.SetReadDeadline(time.Now().Add(grace)) // an error is the reading's too
	for c.owes() {
		if len(c.raw) == 0 {
			n, err := c.Conn.Read(c.chunk[:])
			if err != nil {
				return
			}
			c.raw = c.chunk[:n]
		}
		n, whole := c.answered.next(c.raw)
		if c.raw = c.raw[n:]; whole && !c.answered.isPush() {
			c.settle()
		}
	}
}

// owes reports whether replies are still to come.
func (c *wired) owes() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.owed) > 0
}

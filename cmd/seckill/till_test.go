package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strconv"
	"time"
)

// A stall is a stretch of time in which a server does nothing at all, as a
// stopped process does.
type stall struct{ at, length time.Duration }

// A till serves purchases one by one, in the order in which they come,
// whoever sends them: as the one thread of a Redis does. It lies between a
// driver and a server that takes no time, and how long each purchase takes is
// programmed. Everything else passes in turn and costs nothing.
type till struct {
	// sold is in every purchase, and in nothing that comes before the opening.
	sold []byte
	// cost is the time that the n-th purchase takes, counted from 0.
	cost  func(n int) time.Duration
	stall stall
	// opened is the instant that the stall is counted from.
	opened time.Time
	queue  chan order
	// came and left are when each purchase came and was answered.
	came, left []time.Duration
}

// An order is a request on its way to the server behind the till.
type order struct {
	request []byte
	to      net.Conn
	came    time.Duration
}

func newTill(sold string, cost func(int) time.Duration, s stall) *till {
	c := &till{sold: []byte(sold), cost: cost, stall: s, opened: time.Now(), queue: make(chan order, 1<<17)}
	go c.serve()
	return c
}

// between puts the till into a connection.
func (c *till) between(behind net.Conn) net.Conn {
	user, front := net.Pipe()
	go func() {
		defer behind.Close()
		for r := bufio.NewReader(front); ; {
			request, err := readRequest(r)
			if err != nil {
				return
			}
			c.queue <- order{request, behind, time.Since(c.opened)}
		}
	}()
	go func() {
		defer front.Close()
		io.Copy(front, behind) // until one of the two hangs up
	}()
	return user
}

// serve works the queue until close.
func (c *till) serve() {
	for o := range c.queue {
		if bytes.Contains(o.request, c.sold) && bytes.Contains(o.request, []byte("\r\nEVALSHA\r\n")) {
			c.work(c.cost(len(c.came)))
			c.came, c.left = append(c.came, o.came), append(c.left, time.Since(c.opened))
		}
		o.to.Write(o.request) // who has hung up misses his answer
	}
}

// work takes a length of time, during which the till may stand still.
func (c *till) work(length time.Duration) {
	for end := c.stall.at + c.stall.length; ; {
		now := time.Since(c.opened)
		switch {
		case now >= c.stall.at && now < end:
			time.Sleep(end - now)
		case now < c.stall.at && now+length > c.stall.at:
			length -= c.stall.at - now
			time.Sleep(c.stall.at - now)
		default:
			time.Sleep(length)
			return
		}
	}
}

func (c *till) close() { close(c.queue) }

// readRequest reads one request as it is on the wire: a list of texts, each
// after its length.
func readRequest(r *bufio.Reader) ([]byte, error) {
	request, n, err := readCount(r)
	for range n {
		if err != nil {
			return nil, err
		}
		var line []byte
		var length int
		if line, length, err = readCount(r); err != nil {
			return nil, err
		}
		text := make([]byte, length+len("\r\n"))
		_, err = io.ReadFull(r, text)
		request = append(append(request, line...), text...)
	}
	return request, err
}

// readCount reads a line like *3 or $17.
func readCount(r *bufio.Reader) (line []byte, n int, err error) {
	if line, err = r.ReadBytes('\n'); err != nil {
		return nil, 0, err
	}
	n, err = strconv.Atoi(string(bytes.TrimSpace(line[1:])))
	return line, n, err
}

package conn

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A wired connection is one that a Wire lies in. Requests are followed as they
// leave, replies as they come; each reply belongs to the oldest request that
// has none, so that requests may be pipelined.
type wired struct {
	net.Conn // the real one
	wire     *Wire
	closed   chan struct{} // when its user has closed it

	mu                   sync.Mutex
	asked                frames
	part                 []byte   // of a request that is not whole yet
	multi                bool     // between MULTI and EXEC
	owed                 []*spoil // what happens to each reply that is to come
	late                 []parcel // kept back, with what came after it
	posting              bool     // post is at work
	gone                 bool     // closed by its user
	broken               error    // what its user is told from now on
	readUntil, sendUntil time.Time

	reading  sync.Mutex // the fields below, and the real connection's read half
	answered frames
	raw      []byte // read, and not looked at yet
	ready    []byte // for the user
	kept     []byte // of a reply that is held
	until    time.Time
	holds    *spoil
	chunk    [bufferSize]byte
}

// A parcel is a request with what happens to it, or several of those to which
// nothing does.
type parcel struct {
	bytes []byte
	meets *spoil
	kept  *late // not nil if it is late
}

// wired sockets also show the library whether they still stand.
type wiredSocket struct {
	*wired
	syscall.Conn
}

func (w *Wire) wrap(real net.Conn) net.Conn {
	c := &wired{Conn: real, wire: w, closed: make(chan struct{})}
	if socket, is := real.(syscall.Conn); is {
		return &wiredSocket{c, socket}
	}
	return c
}

// Write takes bytes of requests and sends those that are whole.
func (c *wired) Write(b []byte) (int, error) {
	parcels, err := c.pack(b)
	if err != nil {
		return 0, err
	}
	for i, p := range parcels {
		if p.kept != nil {
			c.keepBack(parcels[i:])
			break
		}
		if err := c.send(p); err != nil {
			forget(parcels[i:])
			return 0, err
		}
		if p.meets.does(DropRequest) || p.meets.does(Reset) {
			forget(parcels[i+1:]) // lost with the connection
			break
		}
	}
	return len(b), nil
}

// forget has nobody wait for requests of which nothing more comes.
func forget(parcels []parcel) {
	for _, p := range parcels {
		if p.kept != nil {
			p.meets.end(p.kept)
		}
	}
}

// pack cuts bytes into requests; all are kept back if an earlier one is.
func (c *wired) pack(b []byte) (parcels []parcel, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return nil, c.broken
	}
	for len(b) > 0 {
		n, whole := c.asked.next(b)
		c.part, b = append(c.part, b[:n]...), b[n:]
		if !whole {
			break
		}
		p := parcel{bytes: c.part}
		p.meets, p.kept = c.meets(wordOf(c.part))
		c.part, c.owed = nil, append(c.owed, p.meets)
		if last := len(parcels) - 1; last >= 0 && p.meets.plain() && parcels[last].meets.plain() {
			parcels[last].bytes = append(parcels[last].bytes, p.bytes...)
		} else {
			parcels = append(parcels, p)
		}
	}
	if c.posting {
		c.late, parcels = append(c.late, parcels...), nil
	}
	return parcels, nil
}

// plain reports whether a request passes as it is, whatever its reply does.
func (s *spoil) plain() bool { return s == nil || s.Kind == DropReply || s.Kind == Hold }

// meets decides what happens to the next request.
func (c *wired) meets(word string) (*spoil, *late) {
	switch {
	case word == "EXEC" || word == "DISCARD":
		c.multi = false
	case word == "MULTI":
		c.multi = true
	}
	if c.multi || unspoiled[word] {
		return nil, nil
	}
	return c.wire.decide()
}

// send sends a parcel over the real connection, and breaks it where that is
// what happens to it.
func (c *wired) send(p parcel) error {
	if p.meets.does(DropRequest) {
		p.meets.happened()
		c.breakOff(&lostError{"the connection broke before the reply came (lost on purpose)", io.EOF})
		return nil
	}
	c.mu.Lock()
	until := c.sendUntil
	if c.posting {
		until = time.Now().Add(grace)
	}
	c.mu.Unlock()
	c.Conn.SetWriteDeadline(until) // an error is the writing's too
	if _, err := c.Conn.Write(p.bytes); err != nil {
		return c.instead(err)
	}
	if p.meets.does(Reset) {
		p.meets.happened()
		reset(c.Conn)
		c.breakOff(&lostError{"the connection was reset before the reply came (on purpose)", &net.OpError{
			Op: "read", Net: c.RemoteAddr().Network(), Err: os.NewSyscallError("read", syscall.ECONNRESET),
		}})
	}
	return nil
}

// reset makes closing a connection a reset, where it has such a thing.
func reset(c net.Conn) {
	for {
		over, is := c.(interface{ NetConn() net.Conn }) // TLS, and what keeps words back
		if !is {
			break
		}
		c = over.NetConn()
	}
	if tcp, is := c.(interface{ SetLinger(int) error }); is {
		tcp.SetLinger(0)
	}
}

// breakOff closes the real connection; its user is told why from now on.
func (c *wired) breakOff(why error) {
	c.mu.Lock()
	if c.broken == nil {
		c.broken = why
	}
	c.mu.Unlock()
	c.Conn.Close()
}

// instead is what the user is told for an error of the real connection.
func (c *wired) instead(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return c.broken
	}
	return err
}

// Close closes the connection; the real one stays open for what is kept back.
func (c *wired) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return net.ErrClosed
	}
	c.gone = true
	if c.broken == nil {
		c.broken = net.ErrClosed
	}
	close(c.closed)
	if c.posting {
		return c.Conn.SetReadDeadline(time.Unix(1, 0)) // whoever reads is woken
	}
	if c.broken != net.ErrClosed {
		return nil // the real one is closed already
	}
	return c.Conn.Close()
}

// SetDeadline sets both deadlines.
func (c *wired) SetDeadline(t time.Time) error {
	c.SetWriteDeadline(t)
	return c.SetReadDeadline(t)
}

// SetWriteDeadline sets the deadline of requests that are not kept back.
func (c *wired) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sendUntil = t
	return nil
}

// SetReadDeadline sets the deadline of replies, also of those that are held
// from now on.
func (c *wired) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return c.broken
	}
	c.readUntil = t
	return c.Conn.SetReadDeadline(t)
}

// A lostError tells a user of a connection that broke on purpose; to programs
// it is what would have broken it.
type lostError struct {
	text string
	as   error
}

func (e *lostError) Error() string { return e.text }
func (e *lostError) Unwrap() error { return e.as }

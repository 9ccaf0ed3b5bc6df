package server

import (
	"fmt"
	"net"
	"sync"
)

// maxCarried is how many bytes a proxy takes ahead of a replica that is slower
// than its primary, unless it holds them.
const maxCarried = 1 << 20

// A proxy stands between a node and its replicas. It can hold what flows to
// them: the replicas fall behind, and what is held when the node dies is lost.
type proxy struct {
	listener net.Listener
	node     string // its address

	mu      sync.Mutex
	changed sync.Cond // something about a stream or the holders
	holders map[*holder]struct{}
	streams map[*stream]struct{}
	closed  bool
	all     sync.WaitGroup
}

// A holder has asked that nothing flow. (Not of size zero: each has an address.)
type holder struct{ _ byte }

// A stream is the connection of one replica.
type stream struct {
	replica, node net.Conn
	carried       []byte // taken from the node, not given to the replica
	ended         bool   // the node's side has
}

// newProxy starts a proxy in front of a node.
func newProxy(node string) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("a proxy for replication: %w", err)
	}
	p := &proxy{listener: listener, node: node, holders: map[*holder]struct{}{}, streams: map[*stream]struct{}{}}
	p.changed.L = &p.mu
	p.all.Go(p.serve)
	return p, nil
}

func (p *proxy) port() int { return p.listener.Addr().(*net.TCPAddr).Port }

func (p *proxy) serve() {
	for {
		replica, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.connect(replica) })
	}
}

// connect carries both ways until one side ends.
func (p *proxy) connect(replica net.Conn) {
	node, err := net.Dial("tcp", p.node)
	if err != nil {
		replica.Close()
		return
	}
	s := &stream{replica: replica, node: node}
	p.mu.Lock()
	if p.closed {
		p.end(s)
		p.mu.Unlock()
		return
	}
	p.streams[s] = struct{}{}
	p.mu.Unlock()
	p.all.Go(func() { p.take(s) })
	p.all.Go(func() { p.give(s) })
	p.acknowledge(s)
}

// acknowledge carries what the replica says, which is never held. A node that
// no longer hears may still have said something, which take finds.
func (p *proxy) acknowledge(s *stream) {
	buffer := make([]byte, 4096)
	for {
		n, err := s.replica.Read(buffer)
		if err != nil {
			break
		}
		if _, err := s.node.Write(buffer[:n]); err != nil {
			return
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !s.ended { // else give still has to hand over the rest
		p.end(s)
	}
}

// take reads what the node says. It goes on reading while the proxy holds, as
// a network does that is slow and not cut.
func (p *proxy) take(s *stream) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := s.node.Read(buffer)
		p.mu.Lock()
		s.carried = append(s.carried, buffer[:n]...)
		if err != nil {
			if len(p.holders) > 0 {
				s.carried = nil // it is lost
			}
			s.ended = true
		}
		p.changed.Broadcast()
		for !s.ended && len(p.holders) == 0 && len(s.carried) > maxCarried {
			p.changed.Wait()
		}
		ended := s.ended
		p.mu.Unlock()
		if ended {
			return
		}
	}
}

// give hands over what was taken, unless the proxy holds it.
func (p *proxy) give(s *stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for !s.ended && (len(p.holders) > 0 || len(s.carried) == 0) {
			p.changed.Wait()
		}
		if len(s.carried) == 0 {
			break
		}
		carried := s.carried
		s.carried = nil
		p.changed.Broadcast()
		p.mu.Unlock()
		_, err := s.replica.Write(carried)
		p.mu.Lock()
		if err != nil {
			break
		}
	}
	p.end(s)
}

// end closes a stream; the caller holds the mutex.
func (p *proxy) end(s *stream) {
	s.ended, s.carried = true, nil
	s.replica.Close()
	s.node.Close()
	delete(p.streams, s)
	p.changed.Broadcast()
}

// hold stops what flows to the replicas until the returned function is called,
// which may be called again.
func (p *proxy) hold() (release func()) {
	h := new(holder)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holders[h] = struct{}{}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.holders, h)
		p.changed.Broadcast()
	}
}

// releaseAll ends what every holder has asked for.
func (p *proxy) releaseAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.holders)
	p.changed.Broadcast()
}

// lose tells the proxy that its node has died: what is held now can no longer
// arrive, whoever releases it, and whether or not all of it was read.
func (p *proxy) lose() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.holders) == 0 {
		return
	}
	for s := range p.streams {
		p.end(s)
	}
}

// close ends the proxy with all its streams, and waits.
func (p *proxy) close() {
	p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for s := range p.streams {
		p.end(s)
	}
	p.mu.Unlock()
	p.all.Wait()
}

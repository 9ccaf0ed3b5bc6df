package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
)

// deafConn can be read and no longer written, as one whose other side has died.
type deafConn struct{ net.Conn }

func (deafConn) Write([]byte) (int, error) { return 0, errors.New("reset") }

// What a node has said before it died reaches its replica, although it no longer
// hears what the replica answers.
func TestLastWordsReachTheReplica(t *testing.T) {
	p, err := newProxy("nobody")
	must(t, err)
	defer p.close()
	node, says := net.Pipe()
	replica, hears := net.Pipe()
	s := &stream{replica: replica, node: deafConn{node}}
	p.mu.Lock()
	p.streams[s] = struct{}{}
	p.mu.Unlock()
	answered := make(chan struct{})
	go func() {
		p.acknowledge(s)
		close(answered)
	}()
	p.all.Go(func() { p.take(s) })
	p.all.Go(func() { p.give(s) })
	_, err = hears.Write([]byte("I have it"))
	must(t, err)
	<-answered
	want := bytes.Repeat([]byte("0123456789"), maxCarried/5) // more than is carried at once
	go func() {
		says.Write(want)
		says.Close()
	}()
	if got, err := io.ReadAll(hears); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d of %d bytes arrived (%v)", len(got), len(want), err)
	}
}

// While nobody holds, a replica that does not read slows the node down.
func TestProxyCarriesNotTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node, says := net.Pipe()
		replica, _ := net.Pipe()
		s := &stream{replica: replica, node: node}
		p := &proxy{streams: map[*stream]struct{}{s: {}}}
		p.changed.L = &p.mu
		p.all.Go(func() { p.take(s) })
		p.all.Go(func() { p.give(s) })
		go says.Write(make([]byte, 4*maxCarried))
		synctest.Wait()
		p.mu.Lock()
		if n := len(s.carried); n < maxCarried || n > 2*maxCarried {
			t.Errorf("it carries %d bytes for a replica that reads none", n)
		}
		p.end(s)
		p.mu.Unlock()
		p.all.Wait()
	})
}

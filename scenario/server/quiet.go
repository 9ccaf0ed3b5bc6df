package server

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// Replies that a connection makes up for words that do not go over it. The
// client library takes the one to HELLO for an old server, and says AUTH.
var madeUp = map[string]string{
	"HELLO": "-ERR unknown command 'HELLO' (it was not sent)\r\n",
	"PING":  "+PONG\r\n",
}

// A quiet connection keeps words back that the client library says by itself,
// and that whoever is at the other end may hang up on. It answers them itself.
//
// The library sends each of them alone, and waits for the reply: a write that
// holds anything else goes through as it is. Only HELLO may be long, with a
// token for a password, and then come in several writes; it is the first.
type quiet struct {
	net.Conn
	keeps func(word string) bool

	mu    sync.Mutex
	said  bool
	part  []byte // of a HELLO that is not whole yet
	ready []byte // of what it answers itself
}

// quietSocket also shows the library whether its socket still stands.
type quietSocket struct {
	*quiet
	syscall.Conn
}

type dial = func(ctx context.Context, network, addr string) (net.Conn, error)

// keepBack makes connections quiet.
func keepBack(dial dial, keeps func(word string) bool) dial {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		real, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		q := &quiet{Conn: real, keeps: keeps}
		if socket, is := real.(syscall.Conn); is {
			return &quietSocket{q, socket}, nil
		}
		return q, nil
	}
}

// Write sends what is not kept back.
func (q *quiet) Write(b []byte) (int, error) {
	q.mu.Lock()
	kept := q.keep(b)
	q.said = true
	q.mu.Unlock()
	if kept {
		return len(b), nil
	}
	return q.Conn.Write(b)
}

// keep takes a word that is kept back, or a part of it.
func (q *quiet) keep(b []byte) bool {
	whole := b
	if len(q.part) > 0 {
		whole = append(q.part, b...)
	}
	word, length := firstRequest(whole)
	reply, known := madeUp[word]
	switch {
	case !known || !q.keeps(word), q.said && len(q.part) == 0 && length != len(b):
		return false
	case length == 0 && word == "HELLO":
		q.part = bytes.Clone(whole)
		return true
	case length != len(whole):
		return false
	}
	q.part, q.ready = nil, append(q.ready, reply...)
	return true
}

// Read gives the replies it made up first.
func (q *quiet) Read(b []byte) (int, error) {
	q.mu.Lock()
	n := copy(b, q.ready)
	q.ready = q.ready[n:]
	q.mu.Unlock()
	if n > 0 {
		return n, nil
	}
	return q.Conn.Read(b)
}

// NetConn returns the connection below.
func (q *quiet) NetConn() net.Conn { return q.Conn }

// firstRequest reads the first request in some bytes: its word in capitals, and
// how many bytes it takes; 0 where it goes on beyond them.
func firstRequest(b []byte) (word string, length int) {
	rest := b
	words, ok := count(&rest, '*')
	for i := 0; ok && i < words; i++ {
		var size int
		if size, ok = count(&rest, '$'); ok && len(rest) >= size+2 {
			if i == 0 {
				word = strings.ToUpper(string(rest[:size]))
			}
			rest = rest[size+2:]
		} else {
			return word, 0
		}
	}
	if !ok {
		return word, 0
	}
	return word, len(b) - len(rest)
}

// count takes a line with a number off some bytes.
func count(b *[]byte, kind byte) (n int, ok bool) {
	line, rest, found := bytes.Cut(*b, []byte("\r\n"))
	if !found || len(line) < 2 || line[0] != kind {
		return 0, false
	}
	n, err := strconv.Atoi(string(line[1:]))
	if err != nil || n < 0 {
		return 0, false
	}
	*b = rest
	return n, true
}

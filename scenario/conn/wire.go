package conn

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"
)

// A Kind is something that can happen to a request on its way.
type Kind uint8

const (
	// DropReply: the server runs the request; its reply is read and thrown away,
	// and the connection breaks.
	DropReply Kind = iota
	// DropRequest: the request never reaches the server, and the connection breaks.
	DropRequest
	// DelayRequest: the request reaches the server late, also when whoever sent
	// it has given up and closed his connection.
	DelayRequest
	// Reset: the connection is reset as soon as the request is sent, which may
	// have run or not.
	Reset
	// Hold: the reply comes late.
	Hold
	kinds
)

var kindNames = [kinds]string{"drop-reply", "drop-request", "delay-request", "reset", "hold"}

// String returns drop-reply, drop-request, delay-request, reset or hold.
func (k Kind) String() string {
	if k >= kinds {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return kindNames[k]
}

// Mischief is one kind of thing that happens to some of the requests.
type Mischief struct {
	Kind Kind
	// Share of the requests, from 0 to 1.
	Share float64
	// Delay of DelayRequest and Hold.
	Delay time.Duration
}

// A Wire lies between links and their server, and spoils what passes when it
// is asked to. Its requests are those of the sale: what the client library asks
// for itself passes untouched, and so does a MULTI with all that waits for its
// EXEC. They are numbered as they are sent, over all connections; the seed and
// a request's number decide what happens to it.
type Wire struct {
	seed uint64

	mu       sync.Mutex
	requests uint64
	spoils   uint64 // asked for so far
	inForce  []*spoil
	done     [kinds]int64
}

// A spoil is a mischief from Spoil to heal.
type spoil struct {
	Mischief
	wire   *Wire
	stream uint64
	healed chan struct{}
	hits   int64 // so far
	heals  sync.Once
	late   map[uint64]*late // by their requests' numbers
}

// A late request is one that is kept back.
type late struct {
	number       uint64
	due          time.Time
	letGo, ended chan struct{}
}

// NewWire returns a wire that spoils nothing.
func NewWire(seed uint64) *Wire { return &Wire{seed: seed} }

// Spoil has a mischief happen until it is healed. Several may be in force at
// the same time; one request meets the first, in order of their beginnings,
// that hits it. Healing ends it: what it keeps back is let go at once, one
// request after the other by their numbers, and heal returns when they have
// been sent and, where nobody waits for them any more, answered (a second is
// given to each). It tells how many requests were hit.
func (w *Wire) Spoil(m Mischief) (heal func() (hits int64)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spoils++
	s := &spoil{Mischief: m, wire: w, stream: w.spoils, healed: make(chan struct{}), late: map[uint64]*late{}}
	w.inForce = append(w.inForce, s)
	return s.heal
}

func (s *spoil) heal() (hits int64) {
	s.heals.Do(func() {
		s.wire.mu.Lock()
		s.wire.inForce = slices.DeleteFunc(slices.Clone(s.wire.inForce), func(other *spoil) bool { return other == s })
		kept := slices.SortedFunc(maps.Values(s.late), func(a, b *late) int { return cmp.Compare(a.number, b.number) })
		s.wire.mu.Unlock()
		close(s.healed)
		for _, l := range kept {
			close(l.letGo)
			<-l.ended
		}
	})
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	return s.hits
}

// heal ends every mischief.
func (w *Wire) heal() {
	w.mu.Lock()
	all := w.inForce
	w.mu.Unlock()
	for _, s := range all {
		s.heal()
	}
}

// Requests returns how many requests of the sale have been sent.
func (w *Wire) Requests() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return int64(w.requests)
}

// Done returns how often each kind has happened.
func (w *Wire) Done() map[Kind]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	done := map[Kind]int64{}
	for kind, n := range w.done {
		done[Kind(kind)] = n
	}
	return done
}

// decide numbers a request and returns what happens to it, if anything does.
func (w *Wire) decide() (meets *spoil, kept *late) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	for _, s := range w.inForce {
		if rand.New(rand.NewPCG(w.seed+s.stream<<32, w.requests)).Float64() >= s.Share {
			continue
		}
		if s.Kind == DelayRequest {
			kept = &late{number: w.requests, due: time.Now().Add(s.Delay), letGo: make(chan struct{}), ended: make(chan struct{})}
			s.late[kept.number] = kept
		}
		return s, kept
	}
	return nil, nil
}

// end takes note that nothing more comes of a request that was kept back.
func (s *spoil) end(l *late) {
	s.wire.mu.Lock()
	delete(s.late, l.number)
	s.wire.mu.Unlock()
	close(l.ended)
}

// happened counts a mischief.
func (s *spoil) happened() {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	s.wire.done[s.Kind]++
	s.hits++
}

// does reports whether a request, or its reply, meets a mischief of a kind.
func (s *spoil) does(k Kind) bool { return s != nil && s.Kind == k }

// between puts the wire into the connections that dial makes.
func (w *Wire) between(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		real, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return w.wrap(real), nil
	}
}

// unspoiled are the commands that the client library sends for itself, and
// those that go with a purchase and are none.
var unspoiled = map[string]bool{
	"HELLO": true, "AUTH": true, "CLIENT": true, "PING": true, "SELECT": true, "READONLY": true, "READWRITE": true,
	"WAIT": true, "ASKING": true, "CLUSTER": true, "COMMAND": true, "QUIT": true,
}

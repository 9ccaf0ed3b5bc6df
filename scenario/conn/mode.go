package conn

import (
	"fmt"
	"strconv"
	"strings"
)

// A Mode is how buyers share connections. The zero Mode is Dedicated.
type Mode struct{ seats, lanes int }

// Dedicated gives every buyer inside a connection of his own.
var Dedicated = Mode{}

// Pool shares n connections among all buyers.
func Pool(n int) Mode { return Mode{seats: n} }

// Pipelined has all buyers ask at the same time over n connections, over which
// what has gathered is sent together.
func Pipelined(n int) Mode { return Mode{lanes: n} }

// Shared is the number of connections that buyers share; 0: they do not.
func (m Mode) Shared() int { return m.seats + m.lanes }

// Pipelines reports whether several buyers ask over one connection at a time.
func (m Mode) Pipelines() bool { return m.lanes > 0 }

// String returns the form UnmarshalText accepts.
func (m Mode) String() string {
	switch {
	case m == Dedicated:
		return "dedicated"
	case m.Pipelines():
		return "pipelined:" + strconv.Itoa(m.lanes)
	default:
		return "pool:" + strconv.Itoa(m.seats)
	}
}

// MarshalText returns the form UnmarshalText accepts.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText accepts pool:N, dedicated, pipelined and pipelined:N.
func (m *Mode) UnmarshalText(text []byte) error {
	kind, size, sized := strings.Cut(string(text), ":")
	switch {
	case kind == "dedicated" && !sized:
		*m = Dedicated
		return nil
	case kind == "pipelined" && !sized:
		*m = Pipelined(defaultLanes)
		return nil
	case !sized || kind != "pool" && kind != "pipelined":
		return fmt.Errorf("unknown connection mode %q; known: pool:N, dedicated, pipelined, pipelined:N", text)
	}
	n, err := strconv.Atoi(size)
	if err != nil || n < 1 || n > maxLinks {
		return fmt.Errorf("connection mode %q: N is a whole number from 1 to %d", text, maxLinks)
	}
	if *m = Pool(n); kind == "pipelined" {
		*m = Pipelined(n)
	}
	return nil
}

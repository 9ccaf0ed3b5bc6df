package conn

import (
	"fmt"
	"strconv"
	"strings"
)

// A Mode is how buyers share connections. The zero Mode is Dedicated.
type Mode struct{ seats int }

// Dedicated gives every buyer inside a connection of his own.
var Dedicated = Mode{}

// Pool shares n connections among all buyers.
func Pool(n int) Mode { return Mode{n} }

// Seats is the number of connections that buyers share; 0: they do not.
func (m Mode) Seats() int { return m.seats }

// String returns the form UnmarshalText accepts.
func (m Mode) String() string {
	if m == Dedicated {
		return "dedicated"
	}
	return "pool:" + strconv.Itoa(m.seats)
}

// MarshalText returns the form UnmarshalText accepts.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText accepts pool:N and dedicated.
func (m *Mode) UnmarshalText(text []byte) error {
	if string(text) == "dedicated" {
		*m = Dedicated
		return nil
	}
	size, isPool := strings.CutPrefix(string(text), "pool:")
	if !isPool {
		return fmt.Errorf("unknown connection mode %q; known: pool:N, dedicated", text)
	}
	n, err := strconv.Atoi(size)
	if err != nil || n < 1 || n > maxLinks {
		return fmt.Errorf("connection mode %q: N is a whole number from 1 to %d", text, maxLinks)
	}
	*m = Pool(n)
	return nil
}

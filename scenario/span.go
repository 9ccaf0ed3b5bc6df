package scenario

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A Span is a length of time, or two to draw between, each as likely as the
// other. Its text is 300ms or 200ms..1s.
type Span struct{ Least, Most time.Duration }

// UnmarshalText accepts TIME and TIME..TIME, from 0s on.
func (s *Span) UnmarshalText(text []byte) error {
	least, most, drawn := strings.Cut(string(text), "..")
	if !drawn {
		most = least
	}
	a, errA := time.ParseDuration(least)
	b, errB := time.ParseDuration(most)
	if errA != nil || errB != nil || a < 0 || b < a {
		return fmt.Errorf("%q is not a time like 300ms, or two to draw between like 200ms..1s", text)
	}
	s.Least, s.Most = a, b
	return nil
}

// MarshalText returns the form UnmarshalText accepts.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s Span) String() string {
	if s.Least == s.Most {
		return s.Least.String()
	}
	return s.Least.String() + ".." + s.Most.String()
}

// draw returns a length of time between both, which may be either.
func (s Span) draw(rng *rand.Rand) time.Duration {
	return s.Least + time.Duration(rng.Int64N(int64(s.Most-s.Least)+1))
}

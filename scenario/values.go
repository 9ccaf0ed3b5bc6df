package scenario

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Range is a number of purchases, or two bounds to draw it between. Its text
// is N or N..M.
type Range struct{ Least, Most int }

// UnmarshalText accepts N and N..M, 1 to 200.
func (r *Range) UnmarshalText(text []byte) error {
	least, most, drawn := strings.Cut(string(text), "..")
	if !drawn {
		most = least
	}
	a, errA := strconv.Atoi(least)
	b, errB := strconv.Atoi(most)
	if errA != nil || errB != nil || a < 1 || b < a || b > 200 {
		return fmt.Errorf("%q is not a number of purchases like 3 or 1..3, from 1 to 200", text)
	}
	r.Least, r.Most = a, b
	return nil
}

// MarshalText returns the form UnmarshalText accepts.
func (r Range) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r Range) String() string {
	if r.Least == r.Most {
		return strconv.Itoa(r.Least)
	}
	return fmt.Sprintf("%d..%d", r.Least, r.Most)
}

// A Share is a part of a whole, 0 to 1. Its text is 0.05 or 5%.
type Share float64

// UnmarshalText accepts 0.05 and 5%.
func (s *Share) UnmarshalText(text []byte) error {
	number, percent := strings.CutSuffix(string(text), "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || math.IsNaN(v) || v < 0 || v > 1 {
		return fmt.Errorf("%q is not a share like 0.05 or 5%%", text)
	}
	*s = Share(v)
	return nil
}

// MarshalText returns the share as a number from 0 to 1.
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s Share) String() string { return strconv.FormatFloat(float64(s), 'g', -1, 64) }

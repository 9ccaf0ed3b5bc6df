package sale

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

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

package arrival

import (
	"errors"
	"strconv"
)

// A Rate is how many there are a second; 0: not given. Its text is 20000/s.
type Rate float64

// UnmarshalText accepts 20000/s; the empty text is no rate.
func (r *Rate) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*r = 0
		return nil
	}
	rate, err := parseRate(string(text))
	if err == nil && rate == 0 {
		err = errors.New("a rate of 0 is none: want one like 20000/s")
	}
	*r = Rate(rate)
	return err
}

// MarshalText returns the text of the rate.
func (r Rate) MarshalText() ([]byte, error) {
	if r == 0 {
		return nil, nil
	}
	return []byte(r.String()), nil
}

// String returns the text of the rate.
func (r Rate) String() string { return strconv.FormatFloat(float64(r), 'f', -1, 64) + "/s" }

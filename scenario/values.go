package scenario

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A Range is a number, or two bounds to draw it between. Its text is N or N..M.
type Range struct{ Least, Most int64 }

// UnmarshalText accepts N and N..M, whole numbers from 0 on.
func (r *Range) UnmarshalText(text []byte) error {
	least, most, drawn := strings.Cut(string(text), "..")
	if !drawn {
		most = least
	}
	a, errA := strconv.ParseInt(least, 10, 64)
	b, errB := strconv.ParseInt(most, 10, 64)
	if errA != nil || errB != nil || a < 0 || b < a {
		return fmt.Errorf("%q is not a whole number like 3, or two to draw between like 1..3", text)
	}
	r.Least, r.Most = a, b
	return nil
}

// MarshalText returns the form UnmarshalText accepts.
func (r Range) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r Range) String() string {
	if r.Least == r.Most {
		return strconv.FormatInt(r.Least, 10)
	}
	return fmt.Sprintf("%d..%d", r.Least, r.Most)
}

// draw returns a number of the range.
func (r Range) draw(rng *rand.Rand) int64 { return r.Least + rng.Int64N(r.Most-r.Least+1) }

// A Mix is how many units purchases are of: one quantity, or several, each
// with its share. Its text is 2, 1..3 (alike often) or 1:0.9,5:0.1.
type Mix struct {
	// Units are the quantities, Shares how often each is asked for; the shares
	// sum to 1.
	Units  []int64
	Shares []float64
	text   string
}

// One is the mix of purchases that are all of the same quantity.
func One(units int64) *Mix {
	return &Mix{Units: []int64{units}, Shares: []float64{1}, text: strconv.FormatInt(units, 10)}
}

// maxMix is the most quantities in one mix.
const maxMix = 1000

// UnmarshalText accepts N, N..M, and N:SHARE joined by commas.
func (m *Mix) UnmarshalText(text []byte) error {
	*m = Mix{text: string(text)}
	wrong := fmt.Errorf("%q is not a quantity like 2, a draw like 1..3, or shares like 1:0.9,5:0.1", text)
	if !strings.Contains(m.text, ":") {
		var r Range
		if r.UnmarshalText(text) != nil || r.Most-r.Least >= maxMix {
			return wrong
		}
		for units := r.Least; units <= r.Most; units++ {
			m.Units = append(m.Units, units)
			m.Shares = append(m.Shares, 1/float64(r.Most-r.Least+1))
		}
		return nil
	}
	sum := 0.0
	for part := range strings.SplitSeq(m.text, ",") {
		units, share, _ := strings.Cut(part, ":")
		n, err := strconv.ParseInt(units, 10, 64)
		var s sale.Share
		if err != nil || s.UnmarshalText([]byte(share)) != nil || s == 0 || slices.Contains(m.Units, n) || len(m.Units) == maxMix {
			return wrong
		}
		m.Units, m.Shares = append(m.Units, n), append(m.Shares, float64(s))
		sum += float64(s)
	}
	if math.Abs(sum-1) > 1e-6 {
		return fmt.Errorf("the shares of %q sum to %g, not to 1", text, sum)
	}
	return nil
}

// MarshalText returns the form UnmarshalText accepts.
func (m Mix) MarshalText() ([]byte, error) { return []byte(m.text), nil }

// Least and Most are the bounds of a mix.
func (m *Mix) Least() int64 { return slices.Min(m.Units) }

// Most is the largest quantity.
func (m *Mix) Most() int64 { return slices.Max(m.Units) }

// fixed is the one quantity of a mix; 0 if there are several.
func (m *Mix) fixed() int64 {
	if len(m.Units) == 1 {
		return m.Units[0]
	}
	return 0
}

// draw returns a quantity of the mix.
func (m *Mix) draw(rng *rand.Rand) int64 {
	if len(m.Units) == 1 {
		return m.Units[0]
	}
	x := rng.Float64()
	for i, share := range m.Shares {
		if x -= share; x < 0 {
			return m.Units[i]
		}
	}
	return m.Units[len(m.Units)-1]
}

// A Skew is how purchases spread over the items: evenly with S 0, else item i
// (from 1) in proportion to 1/i^S (Zipf's law). Its text is uniform or zipf:S.
type Skew struct{ S float64 }

// usualZipf is the S of zipf without one: what the YCSB benchmark uses.
const usualZipf = 0.99

// UnmarshalText accepts uniform, zipf and zipf:S.
func (s *Skew) UnmarshalText(text []byte) error {
	kind, exponent, given := strings.Cut(string(text), ":")
	switch {
	case kind == "uniform" && !given:
		s.S = 0
		return nil
	case kind == "zipf" && !given:
		s.S = usualZipf
		return nil
	}
	v, err := strconv.ParseFloat(exponent, 64)
	if kind != "zipf" || err != nil || !(v > 0 && v <= 10) {
		return fmt.Errorf("%q is not uniform, zipf or zipf:S with S above 0 and up to 10", text)
	}
	s.S = v
	return nil
}

// MarshalText returns the form UnmarshalText accepts.
func (s Skew) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s Skew) String() string {
	if s.S == 0 {
		return "uniform"
	}
	return "zipf:" + strconv.FormatFloat(s.S, 'g', -1, 64)
}

// below returns, for each of n items, the share of purchases that go to it or
// one before it.
func (s Skew) below(n int64) []float64 {
	sums := make([]float64, n)
	sum := 0.0
	for i := range sums {
		sum += math.Pow(float64(i+1), -s.S)
		sums[i] = sum
	}
	for i := range sums {
		sums[i] /= sum
	}
	return sums
}

// A Restock brings every item more units at an instant of the sale.
type Restock struct {
	Units int64
	At    time.Duration
}

// Restocks are restocks in the order of their instants. Their text is
// UNITS@TIME, joined by commas.
type Restocks []Restock

// UnmarshalText accepts UNITS@TIME joined by commas, and the empty text.
func (r *Restocks) UnmarshalText(text []byte) error {
	*r = nil
	for part := range strings.SplitSeq(string(text), ",") {
		if part == "" && len(text) == 0 {
			return nil
		}
		units, at, _ := strings.Cut(part, "@")
		n, errN := strconv.ParseInt(units, 10, 64)
		d, errD := time.ParseDuration(at)
		if errN != nil || errD != nil || n < 1 || n > maxUnits || d < 0 {
			return fmt.Errorf("%q is not a restock like 100@500ms", part)
		}
		*r = append(*r, Restock{n, d})
	}
	slices.SortStableFunc(*r, func(a, b Restock) int { return int(a.At - b.At) })
	return nil
}

// MarshalText returns the form UnmarshalText accepts.
func (r Restocks) MarshalText() ([]byte, error) {
	var parts []string
	for _, one := range r {
		parts = append(parts, fmt.Sprintf("%d@%s", one.Units, one.At))
	}
	return []byte(strings.Join(parts, ",")), nil
}

package trace

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
)

// Why a number is no instant and no length.
var (
	errUnit   = errors.New("it could count s, ms, us or ns: name the column with the unit at its end (call_ms), or behind a colon (--column call=COLUMN:ms)")
	errNumber = errors.New("want a whole or decimal number, or a time like 2026-01-02T15:04:05.000Z")
	errFar    = errors.New("it is too far away")
)

// instantOf reads an instant in ns, and how finely it was written down. Without a
// unit a number must be one of those since 1970, which tell their unit by their
// length until the year 2286.
func instantOf(c history.Cell, unit time.Duration) (ns, fine int64, err error) {
	if c.Unit != 0 {
		unit = c.Unit
	}
	if unit == 0 && !c.Number && strings.Count(c.Text, "-") >= 2 {
		return calendar(c.Text)
	}
	n, err := decimalOf(c.Text)
	if err != nil {
		return 0, 0, err
	}
	if unit == 0 {
		switch len(n.whole) {
		case 10:
			unit = time.Second
		case 13:
			unit = time.Millisecond
		case 16:
			unit = time.Microsecond
		case 19:
			unit = time.Nanosecond
		}
		if unit == 0 || n.negative {
			return 0, 0, errUnit
		}
	}
	return n.times(unit)
}

// lengthOf reads a length of time.
func lengthOf(c history.Cell, unit time.Duration) (ns, fine int64, err error) {
	n, err := decimalOf(c.Text)
	switch {
	case err != nil:
		return 0, 0, errors.New("want a whole or decimal number")
	case unit == 0:
		return 0, 0, errUnit
	case n.negative:
		return 0, 0, errors.New("a length of time is not below zero")
	}
	return n.times(unit)
}

// calendar reads a time of RFC 3339; a blank may stand in place of the T.
func calendar(text string) (ns, fine int64, err error) {
	if len(text) > 10 && text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return 0, 0, errors.New("want a time like 2026-01-02T15:04:05.000Z, with its zone")
	}
	if at.Year() < 1678 || at.Year() > 2261 {
		return 0, 0, errFar
	}
	fraction := text[strings.IndexAny(text, ".,")+1:] // Go reads both
	if len(fraction) == len(text) {
		fraction = ""
	}
	digits := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
	return at.UnixNano(), int64(time.Second) / power(digits), nil
}

// A decimal is a number in its digits.
type decimal struct {
	negative        bool
	whole, fraction string
}

func decimalOf(text string) (n decimal, err error) {
	text, n.negative = strings.CutPrefix(strings.TrimSpace(text), "-")
	n.whole, n.fraction, _ = strings.Cut(text, ".")
	if n.whole == "" || strings.Trim(n.whole+n.fraction, "0123456789") != "" {
		return n, errNumber
	}
	for len(n.whole) > 1 && n.whole[0] == '0' {
		n.whole = n.whole[1:]
	}
	return n, nil
}

// times is the number of units in ns, and the finest step that its digits can tell.
func (n *decimal) times(unit time.Duration) (ns, fine int64, err error) {
	if len(n.whole) > 19 {
		return 0, 0, errFar
	}
	for _, digit := range n.whole {
		if ns > (math.MaxInt64-9)/10 {
			return 0, 0, errFar
		}
		ns = 10*ns + int64(digit-'0')
	}
	if ns > math.MaxInt64/2/int64(unit) {
		return 0, 0, errFar
	}
	ns *= int64(unit)
	step := int64(unit)
	for _, digit := range n.fraction {
		if step /= 10; step == 0 {
			break
		}
		ns += int64(digit-'0') * step
	}
	if n.negative {
		ns = -ns
	}
	return ns, int64(unit) / power(len(n.fraction)), nil
}

// power is ten to the n, or as much as makes a second less than a nanosecond.
func power(n int) int64 {
	p := int64(1)
	for range min(n, 10) {
		p *= 10
	}
	return p
}

// A fineness is how finely the instants of one file were written down: the finest
// step seen of each column, for zeros at the end are often left out; 0: none was.
type fineness struct{ call, returned, elapsed int64 }

func finest(so *int64, step int64) {
	step = max(step, 1)
	if *so == 0 || step < *so {
		*so = step
	}
}

// error is by how much an instant of an attempt may be off for it. A nanosecond is
// none.
func (f *fineness) error() int64 {
	off := max(f.call, f.returned) + f.elapsed
	if off <= int64(2*time.Nanosecond) {
		return 0
	}
	return off
}

func unreadable(what role, text string, err error) error {
	return fmt.Errorf("%s %q: %w", what, text, err)
}

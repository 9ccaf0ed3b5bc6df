package sale

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// BuyerIDs is the bijection between the number of a buyer (0, 1, …) and the
// id that scripts see. Its text is from:N, pattern:TEXT with {n} in it, or
// file:PATH.
type BuyerIDs struct {
	// From is the number that stands in the id of buyer 0; the others count on
	// from it. Without a pattern it is the whole id.
	From uint64
	// Before and After are the text around the number, of a pattern.
	Before string
	After  string
	// File is where the ids were read from, one a line; empty: they are made.
	File string

	listed *listedIDs
}

// listedIDs are ids that somebody else chose.
type listedIDs struct {
	ids     []string
	numbers map[string]uint32
}

// placeOfNumber stands in a pattern where the number goes.
const placeOfNumber = "{n}"

// Listed returns the bijection whose ids are the given ones, in their order. It
// refuses ids that are empty or there twice.
func (b BuyerIDs) Listed(ids []string) (BuyerIDs, error) {
	listed := &listedIDs{ids: ids, numbers: make(map[string]uint32, len(ids))}
	for i, id := range ids {
		if first, twice := listed.numbers[id]; twice {
			return b, fmt.Errorf("the id %q is there twice, as number %d and %d", id, first+1, i+1)
		}
		if id == "" {
			return b, fmt.Errorf("id number %d is empty", i+1)
		}
		listed.numbers[id] = uint32(i)
	}
	b.listed = listed
	return b, nil
}

// List returns the ids that were listed; nil where they are made.
func (b BuyerIDs) List() []string {
	if b.listed == nil {
		return nil
	}
	return b.listed.ids
}

// ID returns the id of buyer n; the empty text past the end of a list.
func (b BuyerIDs) ID(n uint32) string {
	switch {
	case b.listed != nil && int(n) < len(b.listed.ids):
		return b.listed.ids[n]
	case b.File != "":
		return ""
	case b.Before == "" && b.After == "":
		return strconv.FormatUint(b.From+uint64(n), 10)
	}
	return b.Before + strconv.FormatUint(b.From+uint64(n), 10) + b.After
}

// Number returns the number of the buyer with the given id; false for an id
// that this bijection never makes.
func (b BuyerIDs) Number(id string) (uint32, bool) {
	if b.listed != nil {
		n, known := b.listed.numbers[id]
		return n, known
	}
	id, before := strings.CutPrefix(id, b.Before)
	id, after := strings.CutSuffix(id, b.After)
	v, err := strconv.ParseUint(id, 10, 64)
	if !before || !after || err != nil || v < b.From || v-b.From > math.MaxUint32 || id[0] == '0' && id != "0" {
		return 0, false
	}
	return uint32(v - b.From), true
}

// MarshalText returns the form UnmarshalText accepts.
func (b BuyerIDs) MarshalText() ([]byte, error) {
	switch {
	case b.File != "":
		return []byte("file:" + b.File), nil
	case b.Before != "" || b.After != "":
		return []byte("pattern:" + b.Before + placeOfNumber + b.After), nil
	}
	return fmt.Appendf(nil, "from:%d", b.From), nil
}

// UnmarshalText accepts from:N, pattern:TEXT with {n} once in it, which counts
// from 1, and file:PATH, whose ids somebody has yet to read (see Listed).
func (b *BuyerIDs) UnmarshalText(text []byte) error {
	kind, rest, _ := strings.Cut(string(text), ":")
	switch kind {
	case "from":
		v, err := strconv.ParseUint(rest, 10, 64)
		if err != nil || v > math.MaxUint64-math.MaxUint32 {
			return fmt.Errorf("buyer ids %q: want from:N with a whole number", text)
		}
		*b = BuyerIDs{From: v}
	case "pattern":
		before, after, found := strings.Cut(rest, placeOfNumber)
		if !found || strings.Contains(after, placeOfNumber) {
			return fmt.Errorf("buyer ids %q: want pattern:TEXT with %s once in it, like pattern:u-%s", text, placeOfNumber, placeOfNumber)
		}
		if ambiguous(before, after) {
			return fmt.Errorf("buyer ids %q: want no digit beside %s", text, placeOfNumber)
		}
		*b = BuyerIDs{From: 1, Before: before, After: after}
	case "file":
		if rest == "" {
			return fmt.Errorf("buyer ids %q: want file:PATH, a file with an id a line", text)
		}
		*b = BuyerIDs{File: rest}
	default:
		return fmt.Errorf("buyer ids %q: want from:N, pattern:u-%s or file:PATH", text, placeOfNumber)
	}
	return nil
}

// ambiguous reports whether the text around a number touches it with a digit:
// then a person could not tell where the number begins.
func ambiguous(before, after string) bool {
	isDigit := func(c byte) bool { return c >= '0' && c <= '9' }
	return before != "" && isDigit(before[len(before)-1]) || after != "" && isDigit(after[0])
}

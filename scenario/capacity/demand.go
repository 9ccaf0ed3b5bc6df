package capacity

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Demand is the crowd that a sale must stand. Its text is like
// buyers=600000,window=10s,first=0.5,retries=2,headroom=0.4.
type Demand struct {
	Buyers float64
	// Window is the time over which they come; 0: not given, and First is.
	Window time.Duration
	// First is the share of them that comes in the first second, the peak; nil: as
	// many come in each second of the window.
	First *float64
	// Retries are the further attempts that a buyer makes, in the mean; nil: 0 is
	// assumed.
	Retries *float64
	// Headroom is the share of what was measured that is left free; nil: 0.4 is
	// assumed.
	Headroom *float64
	text     string
}

// What is assumed where nothing is given.
const (
	usualRetries  = 0.0
	usualHeadroom = 0.4
)

// A key of a demand is read into it.
type key struct {
	name string
	read func(*Demand, string) error
}

var keys = []key{
	{"buyers", func(d *Demand, text string) (err error) {
		d.Buyers, err = between(text, 1, 1e12)
		return err
	}},
	{"window", func(d *Demand, text string) (err error) {
		d.Window, err = time.ParseDuration(text)
		if err != nil || d.Window < time.Second {
			return fmt.Errorf("%q is not a time of a second or more, like 10s", text)
		}
		return nil
	}},
	{"first", func(d *Demand, text string) error { return optional(&d.First, text, 0.001, 1) }},
	{"retries", func(d *Demand, text string) error { return optional(&d.Retries, text, 0, 1000) }},
	{"headroom", func(d *Demand, text string) error { return optional(&d.Headroom, text, 0, 0.99) }},
}

// UnmarshalText reads keys with their values, joined by commas: buyers, and
// window, first or both; retries and headroom as well. An error names the key.
func (d *Demand) UnmarshalText(text []byte) error {
	read, err := parse(string(text))
	if err != nil {
		return fmt.Errorf("plan %q: %w", text, err)
	}
	*d = read
	return nil
}

// MarshalText returns the text that the demand was read from.
func (d Demand) MarshalText() ([]byte, error) { return []byte(d.text), nil }

// String returns the text that the demand was read from.
func (d Demand) String() string { return d.text }

func parse(text string) (Demand, error) {
	d := Demand{text: text}
	var seen []string
	for part := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		k := slices.IndexFunc(keys, func(k key) bool { return k.name == name })
		switch {
		case k < 0:
			return d, fmt.Errorf("unknown key %q; known: %s", name, known())
		case !found:
			return d, fmt.Errorf("%s has no value; write %s=…", name, name)
		case slices.Contains(seen, name):
			return d, fmt.Errorf("%s stands there twice", name)
		}
		if err := keys[k].read(&d, value); err != nil {
			return d, fmt.Errorf("%s: %w", name, err)
		}
		seen = append(seen, name)
	}
	if d.Buyers == 0 {
		return d, errors.New("it needs buyers, like buyers=600000")
	}
	if d.Window == 0 && d.First == nil {
		return d, errors.New("it needs the window in which buyers come, like window=10s, or the share of them that comes in the first second, like first=0.5")
	}
	if even := 1 / d.Window.Seconds(); d.Window > 0 && d.First != nil && *d.First < even {
		return d, fmt.Errorf("first=%g is less than an even share of the window, %s: the first second would not be the peak", *d.First, number(even))
	}
	return d, nil
}

func known() string {
	var names []string
	for _, k := range keys {
		names = append(names, k.name)
	}
	return strings.Join(names, ", ")
}

func optional(to **float64, text string, least, most float64) error {
	value, err := between(text, least, most)
	*to = &value
	return err
}

func between(text string, least, most float64) (float64, error) {
	plain, percent := strings.CutSuffix(text, "%")
	value, err := strconv.ParseFloat(plain, 64)
	if percent {
		value /= 100
	}
	if err != nil || percent && most > 1 || math.IsNaN(value) || value < least || value > most {
		return 0, fmt.Errorf("%q is not a number from %s to %s", text, number(least), number(most))
	}
	return value, nil
}

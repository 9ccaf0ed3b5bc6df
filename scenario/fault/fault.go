// Package fault does a sale harm on purpose: it kills, pauses and restarts its
// servers, loses what is on the wire, and takes memory, rights and scripts away.
// A fault has a beginning and an end, and all of them are healed.
package fault

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A Fault is a line of a timeline. Its text is its kind and then words like
// at=2s; a scenario file has the same as a map, with the kind under do.
type Fault struct {
	// Do is the kind, one of Kinds.
	Do string `yaml:"do"`
	// At is when it begins, from the opening of the doors.
	At time.Duration `yaml:"at,omitempty"`
	// Every is how long after it began it begins again; 0: it does not.
	Every time.Duration `yaml:"every,omitempty"`
	// For is how long it lasts; 0: as long as the kind has it.
	For time.Duration `yaml:"for,omitempty"`
	// Target is whom it meets: primary, replica or node:N of a fault of
	// processes, all as well of a command, a key's name in the contract of a
	// fault of keys. Empty: the primary, and of a command every primary.
	Target string `yaml:"target,omitempty"`
	// Lag is how long the replication stands still before a primary is lost.
	Lag time.Duration `yaml:"lag,omitempty"`
	// Share is the part of the requests that it hits; 0: all.
	Share sale.Share `yaml:"share,omitempty"`
	// Delay is how long something is kept back, or is waited for.
	Delay time.Duration `yaml:"delay,omitempty"`
	// Bytes is how much is cut off a file.
	Bytes int64 `yaml:"bytes,omitempty"`
	// Set is what is set: NAME=VALUE joined by commas, or the rights in the rules
	// of an ACL.
	Set string `yaml:"set,omitempty"`
}

// UnmarshalText accepts the form that String returns.
func (f *Fault) UnmarshalText(text []byte) error {
	said := strings.Fields(string(text))
	if len(said) == 0 {
		return errors.New("want a kind and when: kill at=2s for=500ms")
	}
	read := Fault{Do: said[0]}
	for i := 1; i < len(said); i++ {
		name, value, found := strings.Cut(said[i], "=")
		for name == "set" && i+1 < len(said) && !isWord(said[i+1]) { // rules have blanks between them
			i++
			value += " " + said[i]
		}
		if !found || value == "" {
			return fmt.Errorf("%q: want words like at=2s", said[i])
		}
		if read.field(name) != nil && read.given(name) {
			return fmt.Errorf("%s= is there twice", name)
		}
		if err := read.set(name, value); err != nil {
			return err
		}
	}
	*f = read
	return f.check()
}

// isWord reports whether a text gives one of the words its value.
func isWord(text string) bool {
	name, _, found := strings.Cut(text, "=")
	return found && slices.Contains(words, name)
}

// UnmarshalYAML accepts a map of the words and the kind under do, and the text.
func (f *Fault) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return f.UnmarshalText([]byte(node.Value))
	}
	var said map[string]string
	if err := node.Load(&said, yaml.WithUniqueKeys(true)); err != nil {
		return err
	}
	read := Fault{Do: said["do"]}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if name == "do" {
			continue
		}
		if err := read.set(name, said[name]); err != nil {
			return err
		}
	}
	*f = read
	return f.check()
}

// set gives one word its value.
func (f *Fault) set(name, value string) (err error) {
	switch field := f.field(name); field := field.(type) {
	case *time.Duration:
		*field, err = time.ParseDuration(value)
	case *sale.Share:
		if err = field.UnmarshalText([]byte(value)); err == nil && *field == 0 {
			err = errors.New("a share of nothing hits nobody")
		}
	case *int64:
		*field, err = strconv.ParseInt(value, 10, 64)
	case *string:
		*field = value
	default:
		return fmt.Errorf("unknown word %s of a fault; want some of %s", name, strings.Join(words, ", "))
	}
	if err != nil {
		return fmt.Errorf("%s=%s: %w", name, value, cmp.Or(errors.Unwrap(err), err))
	}
	return nil
}

// words are the names of all a fault can say beside its kind, in the order of
// its text.
var words = []string{"at", "every", "for", "target", "lag", "share", "delay", "bytes", "set"}

// field returns a pointer to what a word sets; nil for another word.
func (f *Fault) field(word string) any {
	switch word {
	case "at":
		return &f.At
	case "every":
		return &f.Every
	case "for":
		return &f.For
	case "target":
		return &f.Target
	case "lag":
		return &f.Lag
	case "share":
		return &f.Share
	case "delay":
		return &f.Delay
	case "bytes":
		return &f.Bytes
	case "set":
		return &f.Set
	}
	return nil
}

// given reports whether a word was said.
func (f *Fault) given(word string) bool { return !reflect.ValueOf(f.field(word)).Elem().IsZero() }

// String returns the text that UnmarshalText accepts.
func (f Fault) String() string {
	text := f.Do
	for _, word := range words {
		if f.given(word) {
			text += fmt.Sprintf(" %s=%v", word, reflect.ValueOf(f.field(word)).Elem().Interface())
		}
	}
	return text
}

// check refuses what the kind of the fault does not know, and what is missing.
func (f *Fault) check() error {
	kind, known := kindOf(f.Do)
	if !known {
		return fmt.Errorf("unknown fault %q; want one of %s", f.Do, strings.Join(Kinds(), ", "))
	}
	for _, word := range words {
		may := slices.Contains([]string{"at", "every"}, word) || slices.Contains(kind.may, word)
		must := slices.Contains(kind.must, word)
		switch given := f.given(word); {
		case given && !may && !must:
			return fmt.Errorf("fault %s knows no %s; want %s", f.Do, word, kind.wants())
		case must && !given:
			return fmt.Errorf("fault %s needs %s=: %s", f.Do, word, kind.about)
		}
	}
	for word, v := range map[string]time.Duration{"at": f.At, "every": f.Every, "for": f.For, "lag": f.Lag, "delay": f.Delay} {
		if v < 0 {
			return fmt.Errorf("fault %s: %s=%s: want a length of time", f.Do, word, v)
		}
	}
	if f.Do == "config-set" {
		for pair := range strings.SplitSeq(f.Set, ",") {
			if name, _, found := strings.Cut(pair, "="); !found || name == "" {
				return fmt.Errorf("fault config-set: set=%s: want NAME=VALUE, joined by commas", f.Set)
			}
		}
	}
	if f.Bytes < 0 {
		return fmt.Errorf("fault %s: bytes=%d: want 1 or more", f.Do, f.Bytes)
	}
	if f.Do == "acl" {
		if err := onlyRights(f.Set); err != nil {
			return fmt.Errorf("fault acl: %w", err)
		}
	}
	switch lasts := f.lasts(); {
	case f.Every > 0 && lasts == forever:
		return fmt.Errorf("fault %s: every=%s needs for=, else it lasts to the end", f.Do, f.Every)
	case f.Every > 0 && f.Every <= lasts+f.Lag:
		return fmt.Errorf("fault %s: every=%s: want more than it lasts (%s)", f.Do, f.Every, lasts+f.Lag)
	}
	return nil
}

// Lasts reports whether the fault goes on for a while, so that for means
// something.
func (f *Fault) Lasts() bool {
	kind, known := kindOf(f.Do)
	return known && slices.Contains(kind.may, "for")
}

// lasts is how long the fault goes on.
func (f *Fault) lasts() time.Duration {
	kind, _ := kindOf(f.Do)
	return cmp.Or(f.For, kind.usual)
}

// share is the part of the requests that it hits.
func (f *Fault) share() float64 { return float64(cmp.Or(f.Share, 1)) }

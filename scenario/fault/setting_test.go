package fault

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// A cloud answers OK to CONFIG SET, and does what it likes.
type cloud struct {
	has   map[string]string
	does  func(value string) (string, bool)
	blind bool
}

// Do answers CONFIG GET and CONFIG SET.
func (c *cloud) Do(_ context.Context, args ...any) (any, error) {
	name := args[2].(string)
	if args[1] == "GET" {
		if c.blind && c.has[name] == "" {
			return nil, errors.New("NOPERM")
		}
		return []any{name, c.has[name]}, nil
	}
	if value, does := c.does(args[3].(string)); does {
		c.has[name] = value
	}
	return "OK", nil
}

func TestASettingCountsWhenItIsReadBack(t *testing.T) {
	as := func(written string) func(string) (string, bool) {
		return func(string) (string, bool) { return written, true }
	}
	deaf := func(string) (string, bool) { return "", false }
	for _, test := range []struct {
		before, set string
		does        func(string) (string, bool)
		blind       bool
		wrong       string
	}{
		{"0", "3145728", as("3145728"), false, ""},
		{"0", "3mb", as("3145728"), false, ""},
		{"3145728", "3mb", as("3145728"), false, ""},
		{"noeviction", "NoEviction", deaf, false, ""},
		{"0", "3mb", deaf, false, `CONFIG SET maxmemory 3mb: the server answered OK, and has "0" as before`},
		{"noeviction", "allkeys-lru", deaf, false, "as before"},
		{"x", "", as(""), true, "cannot be read back"},
	} {
		c := &cloud{map[string]string{"maxmemory": test.before}, test.does, test.blind}
		e, err := new(Rig).setAll(t.Context(), []teller{c}, []string{"maxmemory=" + test.set})
		if (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%+v: %v", test, err)
		}
		if test.blind {
			continue
		}
		c.does = func(value string) (string, bool) { return value, true }
		if _, err := e.heal(t.Context()); err != nil || c.has["maxmemory"] != test.before {
			t.Errorf("%+v: healed to %q, %v", test, c.has["maxmemory"], err)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"7": 7, "7b": 7, "2k": 2000, "2kb": 2048, "3MB": 3 << 20, "1g": 1e9, "1gb": 1 << 30} {
		if got, is := size(text); !is || got != want {
			t.Errorf("%s is %d, %v", text, got, is)
		}
	}
	if n, is := size("mb"); is {
		t.Errorf("a unit alone is %d", n)
	}
}

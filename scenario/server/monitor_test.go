package server

import (
	"slices"
	"strings"
	"testing"
)

// The keys that a script touches are told, whatever bytes they are of; those of
// other commands are not.
func TestCalledKeys(t *testing.T) {
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server"})
	odd := "a \"b\" \\ \n\r\t\a\b\x00\xff é 'c'"
	script := "redis.call('SET', KEYS[1], 1) redis.call('GET', ARGV[1]) redis.call('MGET', 'x', 'y', 'x') return redis.call('PING')"
	got, err := s.CalledKeys(t.Context(), func() error {
		if _, err := s.ask(t.Context(), "SET", "outside", 1); err != nil {
			return err
		}
		_, err := s.ask(t.Context(), "EVAL", script, 1, "declared", odd)
		return err
	})
	if want := []string{"declared", odd, "x", "y"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestShownWords(t *testing.T) {
	for _, tt := range []struct {
		reason, text string
		want         []any
	}{
		{"an empty word is a word", `"GET" ""`, []any{"GET", ""}},
		{"an escaped quote ends none", `"a\"b" "c"`, []any{`a"b`, "c"}},
		{"a backslash before the closing quote", `"a\\" "c"`, []any{`a\`, "c"}},
		{"bytes", `"\x00\xFf\n"`, []any{"\x00\xff\n"}},
		{"an escaped backslash before an x", `"\\x41"`, []any{`\x41`}},
	} {
		if got, err := shownWords(tt.text); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %s is %q, %v; want %q", tt.reason, tt.text, got, err, tt.want)
		}
	}
	if _, err := shownWords("nothing"); err == nil {
		t.Error("a line without a command is taken for one")
	}
}

// A confined user's script reaches the keys he was given, to the letter, and no
// others.
func TestConfined(t *testing.T) {
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server"})
	user, err := s.Confined(t.Context(), []string{"a*[b]?", "{c}"})
	if err != nil {
		t.Fatal(err)
	}
	const script = "return redis.call('SET', ARGV[1], 1)"
	for _, key := range []string{"a*[b]?", "{c}"} {
		if _, err := user.ask(t.Context(), "EVAL", script, 1, key, key); err != nil {
			t.Errorf("his own key %s: %v", key, err)
		}
	}
	for _, key := range []string{"axbx", "abc", "c", "d"} {
		if _, err := user.ask(t.Context(), "EVAL", script, 1, "{c}", key); err == nil || !strings.Contains(err.Error(), "key") {
			t.Errorf("key %s is not his: %v", key, err)
		}
	}
	if user.Close(); s.Cause() != nil {
		t.Error("closing what the user sees ended the server")
	}
}

func TestEmbeddedHasNoMonitor(t *testing.T) {
	s := mustOpen(t, Options{Server: Embedded})
	if _, err := s.CalledKeys(t.Context(), func() error { return nil }); err == nil {
		t.Error("the embedded server has MONITOR now: let probe use it")
	}
	if _, err := s.Confined(t.Context(), nil); err == nil {
		t.Error("the embedded server has users now: let probe use them")
	}
}

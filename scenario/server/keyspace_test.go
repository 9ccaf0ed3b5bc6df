package server

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Every kind of value, changed in every way, is seen to have changed; what is
// only read is not.
func TestKeyspaceSeesEveryChange(t *testing.T) {
	for _, kind := range []string{Embedded, "redis-server"} {
		t.Run(kind, func(t *testing.T) {
			needRedis(t)
			s := mustOpen(t, Options{Server: kind})
			do := func(args ...any) {
				t.Helper()
				if _, err := s.ask(t.Context(), args...); err != nil {
					t.Fatal(args, err)
				}
			}
			for _, tt := range []struct {
				reason string
				key    string
				first  []any
				second []any
				want   bool
			}{
				{"a string", "a", []any{"SET", "a", "1"}, []any{"SET", "a", "01"}, true},
				{"a set", "b", []any{"SADD", "b", "1", "2"}, []any{"SREM", "b", "2"}, true},
				{"a hash", "c", []any{"HSET", "c", "f", "1"}, []any{"HSET", "c", "f", "2"}, true},
				{"a list", "d", []any{"RPUSH", "d", "1", "2"}, []any{"LPUSH", "d", "1"}, true},
				{"a score", "e", []any{"ZADD", "e", "1", "m"}, []any{"ZADD", "e", "2", "m"}, true},
				{"a stream", "f", []any{"XADD", "f", "1-1", "k", "v"}, []any{"XADD", "f", "1-2", "k", "v"}, true},
				{"another type", "g", []any{"SET", "g", "1"}, []any{"RENAME", "d", "g"}, true},
				{"a time to live", "h", []any{"SET", "h", "1"}, []any{"EXPIRE", "h", "1000"}, true},
				{"a key that goes", "i", []any{"SET", "i", "1"}, []any{"DEL", "i"}, true},
				{"another database", "db3:l", []any{"PING"}, []any{"EVAL", "redis.call('SELECT', 3) redis.call('SET', 'l', 1) return 1", 0}, true},
				{"a key that is only read", "j", []any{"SET", "j", "1"}, []any{"GET", "j"}, false},
				{"the same once more", "k", []any{"SADD", "k", "1", "2"}, []any{"SADD", "k", "2"}, false},
			} {
				do(tt.first...)
				before, err := s.Keyspace(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				do(tt.second...)
				after, err := s.Keyspace(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				seen := false
				for _, c := range before.Changes(after) {
					seen = seen || c.Key == tt.key
				}
				if kind == Embedded && strings.HasPrefix(tt.key, "db") {
					continue // it does not tell of other databases
				}
				if seen != tt.want {
					t.Errorf("%s: changed: %v; before %v, after %v", tt.reason, seen, before[tt.key], after[tt.key])
				}
			}
		})
	}
}

func TestChangesOfKeys(t *testing.T) {
	one, two := Value{Type: "string", Text: "1"}, Value{Type: "string", Text: "2"}
	got := Keyspace{"gone": one, "same": one, "other": one}.Changes(Keyspace{"same": one, "other": two, "new": two})
	want := []Change{{"gone", one, Value{}}, {"new", Value{}, two}, {"other", one, two}}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("change %d is %v, want %v", i, got[i], want[i])
		}
	}
}

// A server that is full of keys is not read to its end, and what was read of it
// is not lost.
func TestKeyspaceIsBounded(t *testing.T) {
	s := mustOpen(t, Options{Server: Embedded})
	for i := range maxLooked + 1 {
		s.embedded.Set(fmt.Sprint("k", i), "v")
	}
	keys, err := s.Keyspace(t.Context())
	if !errors.Is(err, ErrManyKeys) || len(keys) != maxLooked {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

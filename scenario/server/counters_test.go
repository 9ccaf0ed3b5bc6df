package server

import (
	"maps"
	"testing"
)

func TestSince(t *testing.T) {
	before := Counters{
		"node 1": {run: "a", evicted: 5, expired: 7, errors: map[string]int64{"ERR": 3, "OOM": 2}},
		"node 2": {run: "b", evicted: 100, errors: map[string]int64{"ERR": 50}},
	}
	same := before.Since(before)
	if same.Evicted != 0 || same.Expired != 0 || same.Restarted || same.Errors != nil {
		t.Errorf("nothing happened: %+v", same)
	}
	got := Counters{
		"node 1": {run: "a", evicted: 6, expired: 9, errors: map[string]int64{"ERR": 3, "OOM": 12}},
		"node 2": {run: "c", evicted: 1, errors: map[string]int64{"ERR": 4}}, // started again
	}.Since(before)
	if got.Evicted != 2 || got.Expired != 2 || !got.Restarted || !maps.Equal(got.Errors, map[string]int64{"OOM": 10, "ERR": 4}) {
		t.Errorf("got %+v", got)
	}
	// One that was down at first has counted since it was started.
	late := Counters{"node 3": {run: "d", expired: 2}}.Since(before)
	if late.Expired != 2 || late.Restarted {
		t.Errorf("got %+v", late)
	}
}

func TestCounters(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(1), Config: []string{"maxmemory=2mb", "maxmemory-policy=allkeys-lru"}})
	primary := s.Nodes()[0]
	before, err := s.Counters(t.Context())
	must(t, err)
	do(t, primary, "SET", "k", 1)
	for range 2 {
		if _, err := primary.Do(t.Context(), "INCRBY", "k", "x"); err == nil {
			t.Fatal("no error")
		}
	}
	if _, err := primary.Do(t.Context(), "EVALSHA", "0", 0); err == nil {
		t.Fatal("no error")
	}
	do(t, primary, "EVAL", "for i = 1, 60 do redis.call('SET', 'k'..i, string.rep('x', 50000)) end return 1", 0)
	do(t, primary, "SET", "short", 1, "PX", 1)
	within(t, "the key expires", func() bool { return do(t, primary, "EXISTS", "short") == int64(0) })
	do(t, primary, "SET", "another", 1) // an eviction is for a command that writes
	now, err := s.Counters(t.Context())
	must(t, err)
	got := now.Since(before)
	if got.Evicted == 0 || got.Expired != 1 || got.Restarted || !maps.Equal(got.Errors, map[string]int64{"ERR": 2, "NOSCRIPT": 1}) {
		t.Errorf("got %+v", got)
	}
	must(t, primary.Kill())
	must(t, primary.Start(t.Context()))
	now, err = s.Counters(t.Context())
	must(t, err)
	if got := now.Since(before); !got.Restarted || got.Evicted != 0 || got.Errors["NOSCRIPT"] != 0 {
		t.Errorf("after a restart: %+v", got)
	}
}

func TestCountersThatAreNotTold(t *testing.T) {
	s := mustOpen(t, Options{Server: Embedded})
	if _, err := s.Counters(t.Context()); err == nil {
		t.Error("miniredis tells what it counts now: let the record have it")
	}
}

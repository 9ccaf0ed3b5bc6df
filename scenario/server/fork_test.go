package server

import (
	"context"
	"runtime"
	"strings"
	"testing"
)

// Both commands fork, and return when the child is gone.
func TestForksAreWaitedFor(t *testing.T) {
	needRedis(t)
	srv := mustOpen(t, Options{Server: "redis-server"})
	n := srv.Nodes()[0]
	before := n.info(t.Context(), "stats")["total_forks"]
	for _, fork := range []func(context.Context) error{n.Save, n.RewriteAOF} {
		if err := fork(t.Context()); err != nil {
			t.Fatal(err)
		}
		info := n.info(t.Context(), "persistence")
		if info["rdb_bgsave_in_progress"] != "0" || info["aof_rewrite_in_progress"] != "0" {
			t.Errorf("a child still runs: %v", info)
		}
	}
	if after := n.info(t.Context(), "stats")["total_forks"]; before != "0" || after != "2" {
		t.Errorf("forked %s times before and %s after, want 0 and 2", before, after)
	}
}

// A child that takes longer than there is time is told, and so is a second one.
func TestForksThatDoNotEnd(t *testing.T) {
	needRedis(t)
	srv := mustOpen(t, Options{Server: "redis-server"})
	n := srv.Nodes()[0]
	if _, err := n.Do(t.Context(), "CONFIG", "SET", "rdb-key-save-delay", "10000000"); err != nil {
		t.Skip("the server cannot be made to save slowly: ", err)
	}
	defer n.Term(t.Context()) // ends the child as well
	n.Do(t.Context(), "SET", "k", "v")
	ctx, cancel := context.WithCancel(t.Context())
	saved := make(chan error)
	go func() { saved <- n.Save(ctx) }()
	for n.info(t.Context(), "persistence")["rdb_bgsave_in_progress"] != "1" {
		runtime.Gosched()
	}
	if err := n.Save(t.Context()); err == nil || !strings.Contains(err.Error(), "in progress") {
		t.Errorf("a second save beside the first: %v", err)
	}
	cancel()
	if err := <-saved; err == nil || !strings.Contains(err.Error(), "had not ended yet") {
		t.Errorf("a save that takes ten seconds: %v", err)
	}
}

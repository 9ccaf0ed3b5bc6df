package server

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// Three masters share the slots, serve what is theirs and nothing else, and are
// gone with their folders when they are closed.
func TestCluster(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server"})
	begin := time.Now()
	cluster, err := s.StartCluster(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	t.Logf("started in %v", time.Since(begin))
	keys := make([]int, 3)
	for n := range 60 {
		key := fmt.Sprintf("item:%d", n)
		owner, err := cluster.Owner(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		keys[owner]++
		for i, node := range cluster.Nodes() {
			if _, err := node.ask(t.Context(), "SET", key, n); (err == nil) != (i == owner) {
				t.Errorf("%s is of node %d, and node %d answers %v", key, owner, i, err)
			}
		}
	}
	for i, n := range keys {
		if n == 0 {
			t.Errorf("node %d of 3 has none of 60 keys", i)
		}
	}
	if reply, err := cluster.Server().Do(t.Context(), "CLUSTER", "MYID"); err != nil || reply != cluster.group.nodes[0].id {
		t.Errorf("as one server it is %v, %v, and not its first node", reply, err)
	}
	cluster.Close()
	isGone(t, cluster.group)
}

func TestClusterNeedsABinary(t *testing.T) {
	if _, err := mustOpen(t, Options{Server: Embedded}).StartCluster(t.Context(), 3); err == nil {
		t.Error("the embedded server made a cluster")
	}
}

// Whoever gives up before the nodes agree leaves none behind.
func TestClusterGivenUp(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server"})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := s.StartCluster(ctx, 3); err == nil {
		t.Fatal("Redis lets a new master wait for two seconds, and this one served at once")
	}
}

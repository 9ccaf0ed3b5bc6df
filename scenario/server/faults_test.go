package server

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// What was held of the replication of a node is lost when it is killed, and
// arrives when it is released.
func TestHeldReplication(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(2), HoldableReplication: true})
	primary, replica := s.Nodes()[0], s.Nodes()[1]
	do(t, primary, "SET", "early", 1)
	do(t, primary, "WAIT", 2, 10_000)
	release, err := s.HoldReplication(primary)
	must(t, err)
	again, err := s.HoldReplication(primary)
	must(t, err)
	do(t, primary, "SET", "held", strings.Repeat("x", 3*maxCarried))
	release()
	release() // no more than once
	if n := do(t, primary, "WAIT", 1, 100); n != int64(0) {
		t.Errorf("%v replicas have what is held by another", n)
	}
	again()
	if n := do(t, primary, "WAIT", 2, 10_000); n != int64(2) || do(t, replica, "EXISTS", "held") != int64(1) {
		t.Errorf("%v replicas have what was released", n)
	}
	last, err := s.HoldReplication(primary)
	must(t, err)
	do(t, primary, "SET", "lost", 1)
	must(t, primary.Kill())
	last()
	must(t, s.Promote(t.Context(), replica))
	if do(t, replica, "EXISTS", "early", "held") != int64(2) || do(t, replica, "EXISTS", "lost") != int64(0) {
		t.Error("what was held when the primary was killed has reached its replica")
	}
	must(t, s.Heal(t.Context()))
	lives(t, s)
}

func TestHoldTakesAProxy(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(1)})
	_, err := s.HoldReplication(s.Nodes()[0])
	says(t, err, "not opened so that its replication can be held")
	other := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(1), HoldableReplication: true})
	_, err = other.HoldReplication(s.Nodes()[0])
	says(t, err, "no node of this server")
	says(t, other.Promote(t.Context(), s.Nodes()[0]), "no node of this server")
}

// The primary is killed, a replica is promoted, the other follows it, clients
// are moved without being made anew, and in the end the old one is a replica.
func TestPromoteAfterKill(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(2)})
	old, next, third := s.Nodes()[0], s.Nodes()[1], s.Nodes()[2]
	client := redis.NewClient(s.ClientOptions())
	defer client.Close()
	must(t, client.Set(t.Context(), "k", "v", 0).Err())
	do(t, old, "WAIT", 2, 10_000)
	must(t, old.Kill())
	must(t, s.Promote(t.Context(), next))
	if up, err := s.Primaries(t.Context()); err != nil || !slices.Equal(up, []*Node{next}) || s.Primary() != next {
		t.Errorf("primaries %v (%v)", up, err)
	}
	if client.Get(t.Context(), "k").Err() == nil {
		t.Error("clients were moved without being asked to")
	}
	s.MoveClients(next)
	within(t, "clients reach the new primary", func() bool { return client.Get(t.Context(), "k").Val() == "v" })
	must(t, client.Set(t.Context(), "k2", "v", 0).Err())
	if n := do(t, next, "WAIT", 1, 10_000); n != int64(1) || !third.isAt(t.Context(), next) {
		t.Error("the other replica does not follow the new primary")
	}
	must(t, s.Heal(t.Context()))
	for _, n := range []*Node{old, third} {
		if !n.isAt(t.Context(), next) || do(t, n, "EXISTS", "k", "k2") != int64(2) {
			t.Errorf("%s has not the data of the new primary", n.name)
		}
	}
	if s.Down() != nil {
		t.Errorf("down: %v", s.Down())
	}
	// A promoted node that starts again is a primary, and a demoted one is not.
	must(t, next.Kill())
	must(t, old.Kill())
	must(t, old.Start(t.Context()))
	must(t, next.Start(t.Context()))
	if role := next.info(t.Context(), "replication")["role"]; role != "master" {
		t.Errorf("the promoted one comes back as a %s", role)
	}
	within(t, "the demoted one follows again", func() bool { return old.isAt(t.Context(), next) && old.hasLink(t.Context()) })
	lives(t, s)
}

// Two primaries at once: each takes writes, and healing leaves those of the
// promoted one. Clients of the other are hung up on.
func TestSplitBrain(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(1), HoldableReplication: true})
	old, next := s.Nodes()[0], s.Nodes()[1]
	client := redis.NewClient(s.ClientOptions())
	defer client.Close()
	conn := client.Conn()
	defer conn.Close()
	must(t, conn.Set(t.Context(), "before", 1, 0).Err())
	do(t, old, "WAIT", 1, 10_000)
	must(t, s.Promote(t.Context(), next))
	must(t, conn.Set(t.Context(), "lost", 1, 0).Err())
	do(t, next, "SET", "kept", 1)
	if up, err := s.Primaries(t.Context()); err != nil || !slices.Equal(up, []*Node{next, old}) {
		t.Errorf("primaries %v (%v)", up, err)
	}
	if keys, err := s.Keyspace(t.Context()); err != nil || keys["kept"].Text == "" || keys["lost"].Text != "" {
		t.Errorf("the keys are not those of the promoted one: %v (%v)", keys, err)
	}
	must(t, s.Heal(t.Context()))
	if err := conn.Ping(t.Context()).Err(); err == nil {
		t.Error("a client of the demoted primary keeps its connection")
	}
	if up, err := s.Primaries(t.Context()); err != nil || !slices.Equal(up, []*Node{next}) {
		t.Errorf("primaries %v (%v)", up, err)
	}
	for _, n := range s.Nodes() {
		if do(t, n, "EXISTS", "before", "kept") != int64(2) || do(t, n, "EXISTS", "lost") != int64(0) {
			t.Errorf("%s has not the data of the promoted one", n.name)
		}
	}
	keys, err := s.Keyspace(t.Context())
	if err != nil || len(keys) != 2 {
		t.Errorf("keys %v (%v)", keys, err)
	}
	must(t, client.Set(t.Context(), "after", 1, 0).Err())
}

// Everything at once is healed: paused, killed, held, a replica of a dead one.
func TestHealOfEverything(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(3), HoldableReplication: true})
	nodes := s.Nodes()
	_, err := s.HoldReplication(nodes[1])
	must(t, err)
	must(t, nodes[2].Pause())
	must(t, nodes[3].Kill())
	must(t, nodes[0].Kill())
	must(t, s.Promote(t.Context(), nodes[1]))
	do(t, nodes[1], "SET", "k", 1)
	if must(t, nodes[3].Start(t.Context())); !nodes[3].isAt(t.Context(), nodes[1]) {
		t.Error("who was down when another was promoted does not follow it")
	}
	must(t, nodes[3].Kill())
	must(t, s.Heal(t.Context()))
	for _, n := range nodes {
		if n.Paused() || do(t, n, "EXISTS", "k") != int64(1) {
			t.Errorf("%s is not healed", n.name)
		}
	}
	must(t, s.Heal(t.Context())) // nothing is broken
	lives(t, s)
}

// Who cannot be healed is named, in one line.
func TestHealNamesWhatItCannot(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(2)})
	n := s.Nodes()[2]
	must(t, n.Kill())
	n.config += "no-such 1\n"
	err := s.Heal(t.Context())
	says(t, err, `not healed: node 3: it refuses "no-such 1"`)
	if strings.Contains(err.Error(), "node 2") {
		t.Errorf("%v: node 2 is whole", err)
	}
	must(t, s.Nodes()[0].Kill())
	s.Nodes()[0].config += "port 1\n"
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	says(t, s.Heal(ctx), "the link of node 2 to node 1 is down")
}

// The replica of a killed master takes over without what was held, and clients
// find it; afterwards the old one is its replica.
func TestFailover(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: Masters(3), HoldableReplication: true})
	client := redis.NewClusterClient(s.ClusterOptions())
	defer client.Close()
	must(t, client.Set(t.Context(), "k", 1, 0).Err())
	old, err := s.PrimaryOf(t.Context(), "k")
	must(t, err)
	do(t, old, "WAIT", 1, 10_000)
	release, err := s.HoldReplication(old)
	must(t, err)
	must(t, client.Set(t.Context(), "k", 2, 0).Err())
	must(t, old.Kill())
	if owner, err := s.PrimaryOf(t.Context(), "k"); owner != old || err != nil {
		t.Errorf("before the failover the owner is %v (%v)", owner, err)
	}
	if up, err := s.Primaries(t.Context()); len(up) != 2 || err != nil {
		t.Errorf("primaries %v (%v)", up, err)
	}
	if _, err := s.Keyspace(t.Context()); err == nil {
		t.Error("the keys of a cluster are read without one of its masters")
	}
	next, err := s.Failover(t.Context(), old)
	must(t, err)
	for _, n := range s.Nodes() {
		if n == old || n == next {
			continue
		}
		if _, err := n.Do(t.Context(), "GET", "k"); err == nil || !strings.HasSuffix(err.Error(), loopback(next.announced())) {
			t.Errorf("%s does not point to the new master: %v", n.name, err)
		}
	}
	release()
	if owner, err := s.PrimaryOf(t.Context(), "k"); owner != next || err != nil {
		t.Errorf("the owner is %v, want %s (%v)", owner, next.name, err)
	}
	within(t, "clients find the new master", func() bool {
		value, err := client.Get(t.Context(), "k").Result()
		return err == nil && value == "1" // 2 was held
	})
	must(t, s.Heal(t.Context()))
	replicas, err := s.ReplicasOf(t.Context(), next)
	if err != nil || !slices.Equal(replicas, []*Node{old}) || !old.hasLink(t.Context()) {
		t.Errorf("the new master has the replicas %v (%v)", replicas, err)
	}
	set := func(value int) func() bool { // go-redis tries a node that was down once a second
		return func() bool { return client.Set(t.Context(), "k", value, 0).Err() == nil }
	}
	within(t, "clients write", set(3))
	if keys, err := s.Keyspace(t.Context()); err != nil || fmt.Sprint(keys) != `map[k:{string "3" false}]` {
		t.Errorf("keys %v (%v)", keys, err)
	}
	// And the other way round, while both are up.
	back, err := s.Failover(t.Context(), next)
	if must(t, err); back != old {
		t.Errorf("%s took over, want %s", back.name, old.name)
	}
	must(t, s.Heal(t.Context()))
	within(t, "clients write again", set(4))
	lives(t, s)
	s.Close()
	isGone(t, s.private)
}

// A cluster whose masters are all paused, killed or started again comes back.
func TestHealOfACluster(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: Masters(3)})
	nodes := s.Nodes()
	must(t, nodes[0].Pause())
	if _, err := s.ask(t.Context(), "PING"); err != nil {
		t.Errorf("while the first node is paused none is reached: %v", err)
	}
	must(t, nodes[1].Kill())
	must(t, nodes[5].Kill())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Heal(ctx); err == nil {
		t.Error("a cluster is healed in no time")
	}
	must(t, s.Heal(t.Context()))
	client := redis.NewClusterClient(s.ClusterOptions())
	defer client.Close()
	for i := range 20 {
		must(t, client.Set(t.Context(), fmt.Sprint("k", i), i, 0).Err())
	}
}

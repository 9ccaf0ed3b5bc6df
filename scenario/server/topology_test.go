package server

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestTopologyText(t *testing.T) {
	for _, text := range []string{"standalone", "replicas:1", "replicas:9", "cluster:3", "cluster:9", "masters:2", "masters:9"} {
		var topology Topology
		if err := topology.UnmarshalText([]byte(text)); err != nil || topology.String() != text {
			t.Errorf("%s is read as %v (%v)", text, topology, err)
		}
		if again, err := topology.MarshalText(); err != nil || string(again) != text {
			t.Errorf("%s is written as %s (%v)", text, again, err)
		}
	}
	if (Topology{}) != Standalone || Standalone.String() != "standalone" {
		t.Error("the zero topology is not standalone")
	}
	for _, text := range []string{
		"", "Standalone", "standalone:1", "replicas", "replicas:", "replicas:0", "replicas:10", "replicas:1x", "replicas:-1",
		"cluster", "cluster:2", "cluster:10", "cluster:3,1", "masters:1", "masters:10", "masters", "sentinel:3",
	} {
		topology := Replicas(2)
		if err := topology.UnmarshalText([]byte(text)); err == nil || topology != Replicas(2) {
			t.Errorf("%q is read as %v", text, topology)
		}
	}
}

func TestTopologyRoles(t *testing.T) {
	for _, tt := range []struct {
		topology              Topology
		clustered, replicated bool
		replicas              int
	}{{Standalone, false, false, 0}, {Replicas(2), false, true, 2}, {Masters(3), true, false, 1}, {MastersAlone(3), true, false, 0}} {
		if o := tt.topology; o.Clustered() != tt.clustered || o.Replicated() != tt.replicated || o.ReplicasEach() != tt.replicas {
			t.Errorf("%s: clustered %v, replicated %v, %d replicas each", o, o.Clustered(), o.Replicated(), o.ReplicasEach())
		}
	}
}

func TestTopologyNeedsABinary(t *testing.T) {
	for _, server := range []string{Embedded, "redis://127.0.0.1:1", "unix:///nowhere"} {
		_, err := Open(t.Context(), Options{Server: server, Topology: Replicas(1)})
		says(t, err, "--topology replicas:1 needs a server binary")
		_, err = Open(t.Context(), Options{Server: server, Config: []string{"save="}})
		says(t, err, "--server-config needs a server binary")
	}
	s := mustOpen(t, Options{Server: Embedded})
	if s.Topology() != "standalone" || s.Nodes() != nil || s.Primary() != nil || s.ClusterOptions() != nil || s.Down() != nil {
		t.Error("the embedded server claims to have nodes")
	}
	if _, err := s.PrimaryOf(t.Context(), "k"); err == nil {
		t.Error("the embedded server knows a node")
	}
	if _, err := s.HoldReplication(nil); err == nil {
		t.Error("the embedded server has replication")
	}
	must(t, s.Heal(t.Context()))
}

// Auto does not fall back to a server without the topology.
func TestAutoDoesNotDropTheTopology(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Open(t.Context(), Options{Topology: Masters(3)})
	says(t, err, "--topology cluster:3 needs a server binary")
}

func TestStandaloneNodes(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server"})
	n := s.Nodes()[0]
	if len(s.Nodes()) != 1 || n.Name() != "node 1" || "redis://"+n.Address() != s.Address || !n.Up() || s.Primary() != n {
		t.Errorf("nodes %v", s.Nodes())
	}
	owner, err := s.PrimaryOf(t.Context(), "k")
	primaries, err2 := s.Primaries(t.Context())
	if owner != n || err != nil || err2 != nil || !slices.Equal(primaries, []*Node{n}) {
		t.Errorf("the primary is %v (%v), %v (%v)", owner, err, primaries, err2)
	}
	for what, err := range map[string]error{
		"promoted": s.Promote(t.Context(), n),
		"taken over": func() error {
			_, err := s.Failover(t.Context(), n)
			return err
		}(),
		"held": func() error {
			_, err := s.HoldReplication(n)
			return err
		}(),
	} {
		if err == nil {
			t.Errorf("a node that stands alone was %s", what)
		}
	}
}

// Replicas have the primary's data when Open returns, and serve no writes.
func TestReplicas(t *testing.T) {
	t.Parallel()
	needRedis(t)
	begin := time.Now()
	s := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(2), HoldableReplication: true, MaxClients: 5})
	t.Logf("started in %v", time.Since(begin))
	nodes := s.Nodes()
	if len(nodes) != 3 || s.Topology() != "replicas:2" || s.Primary() != nodes[0] {
		t.Fatalf("%s has %d nodes", s.Topology(), len(nodes))
	}
	replicas, err := s.ReplicasOf(t.Context(), nodes[0])
	if err != nil || !slices.Equal(replicas, nodes[1:]) {
		t.Errorf("the primary has the replicas %v (%v)", replicas, err)
	}
	for _, n := range replicas {
		if !n.isAt(t.Context(), nodes[0]) || !n.hasLink(t.Context()) {
			t.Errorf("%s is not attached", n.name)
		}
		if _, err := n.Do(t.Context(), "SET", "k", 1); !redis.HasErrorPrefix(err, "READONLY") {
			t.Errorf("%s answers a write with %v", n.name, err)
		}
	}
	do(t, nodes[0], "SET", "k", "v")
	if n := do(t, nodes[0], "WAIT", 2, 10_000); n != int64(2) {
		t.Errorf("%v replicas have the write", n)
	}
	keys, err := s.Keyspace(t.Context())
	if err != nil || keys["k"].Text != `"v"` || len(keys) != 1 {
		t.Errorf("keys %v (%v)", keys, err)
	}
	s.Close()
	isGone(t, s.private)
}

// The masters of a cluster have a replica each, in the order of the nodes, and
// a client finds its way by itself.
func TestClusterTopology(t *testing.T) {
	t.Parallel()
	needRedis(t)
	for _, holdable := range []bool{false, true} {
		t.Run(fmt.Sprint("holdable ", holdable), func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			s := mustOpen(t, Options{Server: "redis-server", Topology: Masters(3), HoldableReplication: holdable})
			t.Logf("started in %v", time.Since(begin))
			nodes := s.Nodes()
			primaries, err := s.Primaries(t.Context())
			if err != nil || len(nodes) != 6 || !slices.Equal(primaries, nodes[:3]) {
				t.Fatalf("masters %v of %v (%v)", primaries, nodes, err)
			}
			for i, n := range primaries {
				if got, err := s.ReplicasOf(t.Context(), n); err != nil || !slices.Equal(got, nodes[3+i:4+i]) {
					t.Errorf("%s has the replicas %v (%v)", n.name, got, err)
				}
				if !nodes[3+i].isAt(t.Context(), n) {
					t.Errorf("%s is not attached to the port that %s announces", nodes[3+i].name, n.name)
				}
			}
			client := redis.NewClusterClient(s.ClusterOptions())
			defer client.Close()
			owners := map[*Node]bool{}
			for i := range 30 {
				key := fmt.Sprint("k", i)
				must(t, client.Set(t.Context(), key, i, 0).Err())
				n, err := s.PrimaryOf(t.Context(), key)
				must(t, err)
				owners[n] = true
				do(t, n, "GET", key) // another would say MOVED
			}
			if keys, err := s.Keyspace(t.Context()); err != nil || len(keys) != 30 || len(owners) != 3 {
				t.Errorf("%d keys (%v) of %d owners", len(keys), err, len(owners))
			}
			s.Close()
			isGone(t, s.private)
		})
	}
}

// A cluster of two masters without replicas serves all slots, and does again after
// one of them was killed; nobody takes its place.
func TestMastersAlone(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: MastersAlone(2)})
	nodes := s.Nodes()
	primaries, err := s.Primaries(t.Context())
	if err != nil || len(nodes) != 2 || !slices.Equal(primaries, nodes) || s.Topology() != "masters:2" {
		t.Fatalf("masters %v of %v (%v)", primaries, nodes, err)
	}
	client := redis.NewClusterClient(s.ClusterOptions())
	defer client.Close()
	owners := map[*Node]bool{}
	write := func() {
		for i := range 20 {
			key := fmt.Sprint("k", i)
			must(t, client.Set(t.Context(), key, i, 0).Err())
			n, err := s.PrimaryOf(t.Context(), key)
			must(t, err)
			owners[n] = true
		}
	}
	write()
	must(t, nodes[1].Kill())
	if next, err := s.Failover(t.Context(), nodes[1]); err == nil {
		t.Errorf("%s took over", next.name)
	}
	must(t, s.Heal(t.Context()))
	write()
	if len(owners) != 2 {
		t.Errorf("%d masters have keys", len(owners))
	}
	s.Close()
	isGone(t, s.private)
}

func TestMembers(t *testing.T) {
	got := members("a1 127.0.0.1:1@2 myself,master - 0 0 7 connected 0-5 9 [93->-b2]\n" +
		"b2 127.0.0.1:3@4 slave,fail? a1 0 0 8 connected\nshort line\n")
	if len(got) != 2 || got[0].id != "a1" || !got[0].is("myself") || got[0].epoch != 7 ||
		!slices.Equal(got[0].slots, [][2]int{{0, 5}, {9, 9}}) {
		t.Errorf("got %+v", got)
	}
	if b := got[1]; !b.is("slave") || !b.is("fail?") || b.is("fail") || b.master != "a1" || b.slots != nil {
		t.Errorf("got %+v", b)
	}
}

// Of two nodes that claim a slot the newer claim holds, whoever is asked first.
func TestLayoutTakesTheNewerClaim(t *testing.T) {
	a, b := &Node{id: "a"}, &Node{id: "b"}
	g := &private{nodes: []*Node{a, b}}
	old := member{id: "a", flags: []string{"master", "myself"}, epoch: 1, slots: [][2]int{{0, 10}}}
	newer := member{id: "b", flags: []string{"master", "myself"}, epoch: 2, slots: [][2]int{{5, 6}}}
	for _, said := range [][]member{{old, newer}, {newer, old}} {
		l, epochs := &layout{follows: map[*Node]*Node{}}, new([slots]int64)
		for i := range said {
			l.add(g, &said[i], epochs)
		}
		if l.owner[4] != a || l.owner[5] != b || l.owner[6] != b || l.owner[7] != a || l.owner[11] != nil {
			t.Errorf("owners %v", l.owner[:12])
		}
	}
	// What a node says of itself outweighs what others say of it.
	mine := member{id: "b", flags: []string{"master", "myself"}}
	theirs := member{id: "b", flags: []string{"slave"}, master: "a"}
	for _, said := range [][]member{{mine, theirs}, {theirs, mine}} {
		l, epochs := &layout{follows: map[*Node]*Node{}}, new([slots]int64)
		for i := range said {
			l.add(g, &said[i], epochs)
		}
		if l.follows[b] != nil {
			t.Error("a master is held for a replica on hearsay")
		}
	}
}

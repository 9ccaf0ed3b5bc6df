package scenario

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// Faults happen to servers of the harness's own, and to one that is named; and
// only those that a server can have.
func TestFaultsHappenWhereTheyMay(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil && os.Getenv("CI") == "" {
		t.Skip("no redis-server on PATH")
	}
	open := func(name string) *server.Server {
		srv, err := server.Open(t.Context(), server.Options{Server: name})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { srv.Close() })
		return srv
	}
	private, embedded := open("redis-server"), open("embedded")
	masters, err := server.Open(t.Context(), server.Options{Server: "redis-server", Topology: server.MastersAlone(2)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { masters.Close() })
	remote := open(private.Address)
	for _, tt := range []struct {
		srv                   *server.Server
		fault, allowed, wrong string // wrong is in the error; empty: it may be
	}{
		{private, "kill", "", ""},
		{private, "script-flush", "", ""},
		{private, "delete-key target=stock", "", ""},
		{private, "delete-key target=sotck", "", `no key "sotck" of an item; it names: stock, buyers`},
		{private, "cut-aof bytes=1", "", "--server-config appendonly=yes"},
		{private, "promote", "", "--topology replicas:1"},
		{private, "promote lag=1ms", "", "--topology replicas:1"},
		{private, "cluster-failover", "", "--topology cluster:3"},
		{masters, "cluster-failover", "", "nobody can take over in --topology masters:2, whose masters have no replicas; want --topology cluster:3"},
		{masters, "kill target=node:2", "", ""},
		{masters, "pause target=replica", "", `no target "replica"`},
		{private, "kill target=node:1", "", ""},
		{private, "kill target=node:2", "", `no target "node:2"`},
		{private, "kill target=nod:1", "", `no target "nod:1"`},
		{private, "pause target=replica", "", `no target "replica"`},
		{private, "pause target=all", "", `no target "all"`},
		{private, "acl set=-sadd target=all", "", ""},
		{embedded, "drop-reply", "", ""},
		{embedded, "script-flush", "", ""},
		{embedded, "pause", "", "a server that the harness started"},
		{embedded, "client-pause", "", "want a real one"},
		{remote, "script-flush", "", "is not ours to harm; --allow-faults-on " + remote.Address},
		{remote, "drop-reply", "", "is not ours to harm"},
		{remote, "script-flush", "redis://127.0.0.1:1", "--allow-faults-on names redis://127.0.0.1:1"},
		{remote, "script-flush", remote.Address, ""},
		{remote, "script-flush", strings.Replace(remote.Address, "//", "//:secret@", 1), ""},
		{remote, "kill", remote.Address, "a server that the harness started"},
	} {
		s, err := strategy.Find("once", "")
		if err != nil {
			t.Fatal(err)
		}
		var f fault.Fault
		if err := f.UnmarshalText([]byte(tt.fault)); err != nil {
			t.Fatal(err)
		}
		_, err = New(t.Context(), "test", good(func(s *Spec) { s.Faults, s.AllowFaultsOn = []fault.Fault{f}, tt.allowed }), s, tt.srv)
		if tt.wrong == "" && err != nil || tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)) {
			t.Errorf("%s on a server that is %s, %q allowed: error %v, want %q", tt.fault, tt.srv.Kind, tt.allowed, err, tt.wrong)
		}
	}
}

// A cluster takes a script that promises to run on one, and WAIT takes replicas.
func TestTopologiesNeedAScriptForThem(t *testing.T) {
	s, err := strategy.Find("article", "")
	if err != nil {
		t.Fatal(err)
	}
	spec := good(func(s *Spec) { s.Topology = server.Masters(3) })
	if err := spec.mayHarm(t.Context(), &s, nil); err == nil || !strings.Contains(err.Error(), "cluster: true") {
		t.Errorf("article on a cluster: %v", err)
	}
	for _, tt := range []struct {
		topology server.Topology
		wait     int
		wrong    bool
	}{{server.Standalone, 0, false}, {server.Standalone, 1, true}, {server.Replicas(2), 2, false}, {server.Replicas(2), 3, true}, {server.Masters(3), 1, false}, {server.Masters(3), 2, true}, {server.MastersAlone(3), 1, true}, {server.Replicas(2), -1, true}} {
		s := good(func(s *Spec) { s.Topology, s.Wait = tt.topology, tt.wait })
		if err := s.Prepare(); (err != nil) != tt.wrong {
			t.Errorf("--wait %d on %s: %v", tt.wait, tt.topology, err)
		}
	}
}

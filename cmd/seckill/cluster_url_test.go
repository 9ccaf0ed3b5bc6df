package main

import (
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/server"
)

// TestClusterURL sells on a private cluster as on one that somebody else runs.
func TestClusterURL(t *testing.T) {
	realRedis(t) // or skip
	own, err := server.Open(t.Context(), server.Options{Server: "redis-server", Topology: server.MastersAlone(3), MaxClients: 512})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { own.Close() })
	nodes := own.Nodes()
	onAll := func(want any, args ...any) {
		t.Helper()
		for _, n := range nodes {
			if reply, err := n.Do(t.Context(), args...); err != nil || want != nil && reply != want {
				t.Fatalf("%s: %v: %v, %v; want %v", n.Name(), args, reply, err, want)
			}
		}
	}
	_, rights := rightsOf(t, "observer")
	user := []any{"ACL", "SETUSER", "seller", "on", ">pw", "~{seckill:*", "-@all", "+cluster|slots", "+hgetall", "+hscan", "+hget", "+hset", "+hincrby", "+decrby"}
	for _, right := range rights {
		user = append(user, right)
	}
	onAll("OK", append(user, "-script|load")...) // each master has to learn the script from the trial
	url := "redis://seller:pw@" + nodes[0].Address() + "?cluster"
	many := []string{"--items", "20", "--stock", "2", "--buyers", "400"}
	for i, mode := range []string{"pool:8", "dedicated", "pipelined:2"} {
		onAll(nil, "SCRIPT", "FLUSH")
		r := runOn(t, []string{url, closedFirst(t, nodes[1].Address()), url}[i], append(many, "--conns", mode)...)
		r.isValid(t)
		if r.result.Server.Topology != "cluster" || !r.result.Server.Capabilities["cluster_slots"] || r.result.Script.Reloads != 0 {
			t.Errorf("%s: %+v, %d reloads", mode, r.result.Server, r.result.Script.Reloads)
		}
		for _, n := range nodes {
			if !strings.Contains(r.stdout, n.Address()) {
				t.Errorf("%s gives no account", n.Address())
			}
		}
		onAll(int64(0), "DBSIZE")
	}
	runOn(t, url, "--script", "limited", "--resp", "3", "--no-hello").refuses(t, "--resp 3 does not go with --no-hello")
	runOn(t, url, "--script", "limited", "--resp", "3").isValid(t)
	runOn(t, url, "--script", "limited", "--no-hello").isValid(t)
	onAll(int64(0), "DBSIZE")
	clusterRefusals(t, nodes)
}

// closedFirst is a URL whose first address nobody listens at.
func closedFirst(t *testing.T, second string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "redis://seller:pw@" + l.Addr().String() + "?cluster=true&addr=" + second
}

// clusterRefusals are sentences about clusters that cannot be sold on.
func clusterRefusals(t *testing.T, nodes []*server.Node) {
	t.Helper()
	cluster, single := "redis://"+nodes[2].Address()+"?cluster", "redis://"+embedded(t)
	proxy := "redis://" + stand(t, embedded(t), false, alone...).address
	for _, test := range []struct {
		url   string
		flags []string
		want  string
	}{
		{"redis://" + nodes[1].Address(), nil, "redis://" + nodes[1].Address() + "?cluster reaches all of them"},
		{realRedis(t).Address + "?cluster", nil, "it is no node of a cluster: leave ?cluster out"},
		{proxy + "?cluster", nil, "CLUSTER SLOTS: ERR unknown command 'CLUSTER'): where a proxy stands before the cluster, leave ?cluster out"},
		{single + "/2?cluster", nil, "a cluster has no database but 0, not 2"},
		{single + "?cluster=maybe", nil, "?cluster=maybe: want ?cluster, or none"},
		{single + "?cluster&addr=nowhere", nil, "want another node as host:port"},
		{"unix:///tmp/x?cluster", nil, "a cluster is not reached over a socket file"},
		{cluster, []string{"--script", "article"}, "does not promise that all keys of an item are declared and in one slot"},
		{cluster, []string{"--fault", "script-flush", "--allow-faults-on", cluster}, "a cluster that the harness did not start"},
		{"redis://seller:no@" + nodes[0].Address() + "?cluster", nil, "it refuses the user or password"},
	} {
		runOn(t, test.url, test.flags...).refuses(t, test.want)
	}
	dir := filepath.Join(t.TempDir(), "r")
	if code, _, said := runMain(t.Context(), "run", "--server", cluster, "--out", dir, "--report", "min", "--items", "9", "--buyers", "90", "--fault", "drop-reply share=5%", "--allow-faults-on", cluster, "--timeout", "2s"); code != 0 {
		t.Errorf("exit %d: %s", code, said)
	}
	keys, err := readKeys(filepath.Join(dir, keysFile))
	if err != nil || len(keys) < 2*(9+len(nodes)) || slices.Contains(keys, "") {
		t.Errorf("the sale and %d trials have %d keys, %v", len(nodes), len(keys), err)
	}
	if code, said, _ := runMain(t.Context(), "check", dir, "--clean", cluster); code != 0 || !strings.HasPrefix(said, "Removed 0 of the ") {
		t.Errorf("exit %d: %s", code, said)
	}
}

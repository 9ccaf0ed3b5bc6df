package conn_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
)

// privateCluster starts three masters for one test.
func privateCluster(t *testing.T) *server.Cluster {
	t.Helper()
	c, err := privateServer(t).StartCluster(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask sends a command to one node of a cluster.
func ask(t *testing.T, node *server.Server, args ...any) (any, error) {
	t.Helper()
	client := redis.NewClient(node.ClientOptions())
	defer client.Close()
	return client.Do(t.Context(), args...).Result()
}

func mustAsk(t *testing.T, node *server.Server, args ...any) any {
	t.Helper()
	reply, err := ask(t, node, args...)
	if err != nil {
		t.Fatal(args, err)
	}
	return reply
}

// keysOf returns a key of each node of a cluster.
func keysOf(t *testing.T, c *server.Cluster, prefix string) (keys []string) {
	t.Helper()
	keys = make([]string, len(c.Nodes()))
	for i, found := 0, 0; found < len(keys); i++ {
		key := fmt.Sprintf("{%s-%d}", prefix, i)
		owner, err := c.Owner(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if keys[owner] == "" {
			keys[owner] = key
			found++
		}
	}
	return keys
}

const incr = "return redis.call('INCR', KEYS[1])"

func TestCluster(t *testing.T) {
	c := privateCluster(t)
	for _, mode := range []conn.Mode{conn.Pool(2), conn.Dedicated, conn.Pipelined(2)} {
		t.Run("routes "+mode.String(), func(t *testing.T) { testRoutes(t, c, mode) })
	}
	t.Run("transactions", func(t *testing.T) { testTransactions(t, c) })
	t.Run("wire", func(t *testing.T) { testClusterWire(t, c) })
	t.Run("moved", func(t *testing.T) { testMoved(t, c) })
	t.Run("fates", func(t *testing.T) { testClusterFates(t, c) })
	t.Run("dead node", func(t *testing.T) { testDeadNode(t, c) })
}

// Every command reaches the node of its key, and scripts are known everywhere.
func testRoutes(t *testing.T, c *server.Cluster, mode conn.Mode) {
	links, _, wire := openWired(t, c.Server(), conn.Options{Mode: mode, Timeout: time.Minute})
	if err := conn.Warm(t.Context(), links, 2); err != nil { // one would do where they are pipelined
		t.Fatal(err)
	}
	sha := do(t, links, "SCRIPT", "LOAD", incr).Reply
	if wire.Requests() != 3 {
		t.Errorf("a script is sent to %d masters", wire.Requests())
	}
	for i, key := range keysOf(t, c, mode.String()) {
		for _, args := range [][]any{
			{"SET", key, "1"}, {"EVALSHA", sha, "1", key}, {"evalsha", sha, 1, []byte(key)}, {"EVAL", incr, "1", key},
			{"OBJECT", "ENCODING", key}, {"XREAD", "COUNT", "1", "STREAMS", key + "stream", "0"}, {"PING"}, {"EVAL", "return 1", "0"},
		} {
			before := wire.Requests()
			if x := do(t, links, args...); x.Err != nil || wire.Requests() > before+1 {
				t.Errorf("%v: %v, sent %d times", args, x.Err, wire.Requests()-before)
			}
		}
		if got := mustAsk(t, c.Nodes()[i], "GET", key); got != "4" {
			t.Errorf("node %d has %v under %s, want 4", i, got, key)
		}
	}
	for i, node := range c.Nodes() { // a forgotten script is loaded on all of them
		mustAsk(t, node, "SCRIPT", "FLUSH")
		if x := do(t, links, "EVALSHA", sha, "1", keysOf(t, c, "x")[i]); !conn.IsNoScript(x.Err) || conn.FateOf(x.Err) != conn.NotRun {
			t.Errorf("node %d has forgotten the script: %v", i, x.Err)
		}
	}
	do(t, links, "SCRIPT", "LOAD", incr)
	for i, key := range keysOf(t, c, mode.String()) {
		if x := do(t, links, "EVALSHA", sha, "1", key); x.Reply != int64(5) {
			t.Errorf("node %d: %v, %v", i, x.Reply, x.Err)
		}
	}
}

// A link that is aimed says MULTI to the node that has the keys, and all that
// follows.
func testTransactions(t *testing.T, c *server.Cluster) {
	links := open(t, c.Server(), conn.Pool(1), time.Minute)
	for _, key := range keysOf(t, c, "multi") {
		link, err := links.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := link.(conn.Aimer).Aim(t.Context(), []any{"PING"}, []any{"INCR", key}); err != nil {
			t.Fatal(err)
		}
		var x conn.Exchange
		for _, args := range [][]any{{"MULTI"}, {"INCR", key}, {"PING"}, {"INCR", key}, {"EXEC"}} {
			if x = link.RoundTrip(t.Context(), args); x.Err != nil {
				t.Errorf("%v: %v", args, x.Err)
			}
		}
		if list, _ := x.Reply.([]any); len(list) != 3 || list[2] != int64(2) {
			t.Errorf("EXEC gives %v", x.Reply)
		}
		links.Give(link)
	}
	link, err := links.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys := keysOf(t, c, "multi")
	if err := link.(conn.Aimer).Aim(t.Context(), []any{"GET", keys[0]}); err != nil {
		t.Fatal(err)
	}
	link.RoundTrip(t.Context(), []any{"MULTI"})
	if x := link.RoundTrip(t.Context(), []any{"GET", keys[1]}); x.Err == nil || !strings.HasPrefix(x.Err.Error(), "MOVED ") {
		t.Errorf("another node's key in a transaction gives %v, %v", x.Reply, x.Err)
	}
	if x := link.RoundTrip(t.Context(), []any{"EXEC"}); x.Err == nil || !strings.HasPrefix(x.Err.Error(), "EXECABORT ") {
		t.Errorf("its EXEC gives %v, %v", x.Reply, x.Err)
	}
	// Who watches a key stays with its node as well.
	link.RoundTrip(t.Context(), []any{"WATCH", keys[0]})
	if x := link.RoundTrip(t.Context(), []any{"GET", keys[1]}); x.Err == nil || !strings.HasPrefix(x.Err.Error(), "MOVED ") {
		t.Errorf("another node's key, while one is watched, gives %v, %v", x.Reply, x.Err)
	}
	link.RoundTrip(t.Context(), []any{"UNWATCH"})
	links.Give(link)
	// Without an end, the next transaction would stay on the same node.
	for i, key := range keysOf(t, c, "multi") {
		if x := do(t, links, "GET", key); x.Reply != "2" {
			t.Errorf("node %d: %v, %v", i, x.Reply, x.Err)
		}
	}
}

// The wire lies before every node, and the library sends nothing twice.
func testClusterWire(t *testing.T, c *server.Cluster) {
	wired, plain, wire := openWired(t, c.Server(), conn.Options{Mode: conn.Pool(1), Timeout: time.Minute})
	heal := wire.Spoil(always(conn.DropReply, 0))
	for _, key := range keysOf(t, c, "wire") {
		if x := do(t, wired, "INCR", key); conn.FateOf(x.Err) != conn.Maybe || !strings.Contains(x.Err.Error(), "on purpose") {
			t.Errorf("gives %v, %v", x.Reply, x.Err)
		}
	}
	heal()
	for _, key := range keysOf(t, c, "wire") {
		if x := do(t, plain, "GET", key); x.Reply != "1" {
			t.Errorf("ran %v times", x.Reply)
		}
	}
	if wire.Requests() != 3 || wire.Done()[conn.DropReply] != 3 {
		t.Errorf("%d requests, %v", wire.Requests(), wire.Done())
	}
	const each = 10 * time.Millisecond
	heal = wire.Spoil(always(conn.Hold, each))
	x := do(t, wired, "SCRIPT", "LOAD", incr)
	heal()
	if took := time.Duration(x.Read - x.Sent); x.Err != nil || took < 3*each {
		t.Errorf("loading a script on three masters, %v each, took %v: %v", each, took, x.Err)
	}
}

// give has all nodes agree that a key's slot belongs to one of them.
func give(t *testing.T, c *server.Cluster, key string, to int) {
	t.Helper()
	slot, id := mustAsk(t, c.Nodes()[0], "CLUSTER", "KEYSLOT", key), mustAsk(t, c.Nodes()[to], "CLUSTER", "MYID")
	for i := range c.Nodes() { // the new owner first
		mustAsk(t, c.Nodes()[(to+i)%len(c.Nodes())], "CLUSTER", "SETSLOT", slot, "NODE", id)
	}
}

// A command for a slot that has moved goes on to its new owner in the same
// exchange, and the next one goes there straight.
func testMoved(t *testing.T, c *server.Cluster) {
	wired, _, wire := openWired(t, c.Server(), conn.Options{Mode: conn.Pool(1), Timeout: time.Minute})
	key := keysOf(t, c, "moved")[0]
	if x := do(t, wired, "EXISTS", key); x.Err != nil {
		t.Fatal(x.Err)
	}
	give(t, c, key, 2)
	before := wire.Requests()
	const each = 30 * time.Millisecond
	heal := wire.Spoil(always(conn.Hold, each))
	x := do(t, wired, "EVAL", incr, "1", key)
	heal()
	if took := time.Duration(x.Read - x.Sent); took < 2*each {
		t.Errorf("two sendings of %v each took %v: the first was not counted", each, took)
	}
	if x.Reply != int64(1) || x.Err != nil || wire.Requests() != before+2 {
		t.Errorf("gives %v, %v after %d sendings, want two", x.Reply, x.Err, wire.Requests()-before)
	}
	before = wire.Requests()
	x = do(t, wired, "EVAL", "error({err = 'MOVED 1 127.0.0.1:1'})", "1", key)
	if x.Err == nil || !strings.Contains(x.Err.Error(), "script: ") || wire.Requests() > before+2 {
		t.Errorf("what only a script says is followed: %v, %v", x.Reply, x.Err)
	}
	for end := time.Now().Add(10 * time.Second); ; { // the map comes by and by
		before := wire.Requests()
		if x := do(t, wired, "GET", key); x.Reply != "1" || x.Err != nil {
			t.Fatalf("%v, %v", x.Reply, x.Err)
		}
		if wire.Requests() == before+1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the map is never learnt")
		}
	}
	mustAsk(t, c.Nodes()[2], "DEL", key)
	give(t, c, key, 0)
}

// What nodes say that will not run a command.
func testClusterFates(t *testing.T, c *server.Cluster) {
	links := open(t, c.Server(), conn.Pool(1), time.Minute)
	keys := keysOf(t, c, "fate")
	expect := func(prefix string, args ...any) {
		t.Helper()
		x := do(t, links, args...)
		if x.Err == nil || !strings.HasPrefix(x.Err.Error(), prefix) || conn.FateOf(x.Err) != conn.NotRun {
			t.Errorf("%v gives %v, %v: filed as %v", args, x.Reply, x.Err, conn.FateOf(x.Err))
		}
	}
	expect("CROSSSLOT ", "EVAL", incr, "2", keys[0], keys[1])

	slot := mustAsk(t, c.Nodes()[0], "CLUSTER", "KEYSLOT", keys[0])
	mustAsk(t, c.Nodes()[0], "SET", keys[0]+"here", "1")
	mustAsk(t, c.Nodes()[1], "CLUSTER", "SETSLOT", slot, "IMPORTING", mustAsk(t, c.Nodes()[0], "CLUSTER", "MYID"))
	mustAsk(t, c.Nodes()[0], "CLUSTER", "SETSLOT", slot, "MIGRATING", mustAsk(t, c.Nodes()[1], "CLUSTER", "MYID"))
	expect("ASK ", "EVAL", incr, "1", keys[0])
	expect("TRYAGAIN ", "EVAL", incr, "2", keys[0]+"here", keys[0])
	for _, node := range c.Nodes()[:2] {
		mustAsk(t, node, "CLUSTER", "SETSLOT", slot, "STABLE")
	}

	for _, node := range c.Nodes() {
		mustAsk(t, node, "CLUSTER", "DELSLOTS", mustAsk(t, node, "CLUSTER", "KEYSLOT", keys[1]))
	}
	expect("CLUSTERDOWN ", "EVAL", incr, "1", keys[1])
	give(t, c, keys[1], 1)
	if _, err := ask(t, c.Nodes()[1], "MGET", keys[0]); err == nil || !strings.HasPrefix(err.Error(), "MOVED ") || conn.FateOf(err) != conn.NotRun {
		t.Errorf("another node's key gives %v", err)
	}
	x := do(t, links, "EVAL", "return redis.call('INCR', ARGV[1])", "1", keys[1], keys[2])
	if x.Err == nil || conn.FateOf(x.Err) != conn.Maybe {
		t.Errorf("a key not declared, on another node, gives %v, %v", x.Reply, x.Err)
	}
}

// A dead node takes its own keys with it and no others, and whoever asks for
// one is told that nothing was sent.
func testDeadNode(t *testing.T, c *server.Cluster) {
	links := open(t, c.Server(), conn.Pool(1), time.Second)
	keys := keysOf(t, c, "dead")
	for _, node := range c.Nodes() {
		mustAsk(t, node, "CONFIG", "SET", "cluster-require-full-coverage", "no")
	}
	for _, key := range keys {
		if x := do(t, links, "INCR", key); x.Err != nil {
			t.Fatal(x.Err)
		}
	}
	c.Server().Nodes()[2].Kill()
	if x := do(t, links, "INCR", keys[2]); x.Err == nil || conn.IsReply(x.Err) {
		t.Errorf("a dead node says %v", x.Reply)
	}
	for range 3 {
		x := do(t, links, "INCR", keys[2])
		if conn.FateOf(x.Err) != conn.NotRun || x.Err == nil {
			t.Errorf("%v is filed as %v", x.Err, conn.FateOf(x.Err))
		}
	}
	for _, key := range keys[:2] {
		if x := do(t, links, "GET", key); x.Reply != "1" {
			t.Errorf("a living node says %v, %v", x.Reply, x.Err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	slot, heir := mustAsk(t, c.Nodes()[0], "CLUSTER", "KEYSLOT", keys[2]), mustAsk(t, c.Nodes()[0], "CLUSTER", "MYID")
	for _, node := range c.Nodes()[:2] {
		mustAsk(t, node, "CLUSTER", "SETSLOT", slot, "NODE", heir)
	}
	x := do(t, links, "SET", keys[2], "heir")
	for x.Err != nil && ctx.Err() == nil { // until the map is learnt, nothing is sent
		if conn.FateOf(x.Err) != conn.NotRun {
			t.Fatalf("%v is filed as %v", x.Err, conn.FateOf(x.Err))
		}
		x = do(t, links, "SET", keys[2], "heir")
	}
	if got := mustAsk(t, c.Nodes()[0], "GET", keys[2]); got != "heir" {
		t.Errorf("the heir has %v: %v", got, x.Err)
	}
	if all, err := conn.Open(ctx, c.Server(), conn.Options{Mode: conn.Pool(1), Timeout: time.Second, Now: func() int64 { return 0 }}); err == nil {
		all.Close()
		t.Error("links open though a node is dead")
	} else if conn.FateOf(err) != conn.NotRun {
		t.Errorf("%v is filed as %v", err, conn.FateOf(err))
	}
}

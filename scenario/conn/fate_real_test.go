package conn_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
)

// sell writes twice: what is raised by its first write has written nothing.
const sell = "redis.call('SET', 'a', 1) return redis.call('INCR', 'a')"

// A state is one in which a server refuses to sell, and how it gets there and
// back.
type state struct {
	reason    string
	into      [][]any
	send      []any
	want      conn.Fate
	prefix    string
	back      [][]any
	unchanged bool // nothing may have been written
}

var states = []state{
	{reason: "a digest nobody loaded", send: []any{"EVALSHA", digest, "0"}, want: conn.NotRun, prefix: "NOSCRIPT "},
	{reason: "not Lua", send: []any{"EVAL", "return =", "0"}, want: conn.NotRun, prefix: "ERR Error compiling"},
	{reason: "no such command", send: []any{"FROBNICATE"}, want: conn.NotRun, prefix: "ERR unknown command"},
	{reason: "a wrong password", send: []any{"AUTH", "nobody", "pw"}, want: conn.NotRun, prefix: "WRONGPASS "},
	{reason: "an error after a write", send: []any{"EVAL", "redis.call('SET', 'a', 1) redis.call('INCR', 'text')", "0"}, want: conn.Maybe, prefix: "ERR value"},
	{
		reason: "full", into: [][]any{{"CONFIG", "SET", "maxmemory", "1"}}, send: []any{"EVAL", sell, "0"},
		want: conn.NotRun, prefix: "OOM ", back: [][]any{{"CONFIG", "SET", "maxmemory", "0"}}, unchanged: true,
	},
	{
		reason: "full, at the door", into: [][]any{{"CONFIG", "SET", "maxmemory", "1"}}, send: []any{"EVAL", "#!lua\n" + sell, "0"},
		want: conn.NotRun, prefix: "OOM ", back: [][]any{{"CONFIG", "SET", "maxmemory", "0"}}, unchanged: true,
	},
	{
		reason: "too few replicas", into: [][]any{{"CONFIG", "SET", "min-replicas-to-write", "1"}}, send: []any{"EVAL", sell, "0"},
		want: conn.NotRun, prefix: "NOREPLICAS ", back: [][]any{{"CONFIG", "SET", "min-replicas-to-write", "0"}}, unchanged: true,
	},
	{
		reason: "a replica", into: [][]any{{"REPLICAOF", "127.0.0.1", "1"}}, send: []any{"EVAL", sell, "0"},
		want: conn.NotRun, prefix: "READONLY ", back: [][]any{{"REPLICAOF", "NO", "ONE"}}, unchanged: true,
	},
	{
		reason: "a replica, at the door", into: [][]any{{"REPLICAOF", "127.0.0.1", "1"}}, send: []any{"EVAL", "#!lua\n" + sell, "0"},
		want: conn.NotRun, prefix: "READONLY ", back: [][]any{{"REPLICAOF", "NO", "ONE"}}, unchanged: true,
	},
	{
		reason: "a replica without its master", send: []any{"EVAL", sell, "0"}, want: conn.NotRun, prefix: "MASTERDOWN ",
		into: [][]any{{"CONFIG", "SET", "replica-serve-stale-data", "no"}, {"REPLICAOF", "127.0.0.1", "1"}},
		back: [][]any{{"REPLICAOF", "NO", "ONE"}, {"CONFIG", "SET", "replica-serve-stale-data", "yes"}}, unchanged: true,
	},
}

// What a real server says in states that one can put it into.
func TestFateOfRealReplies(t *testing.T) {
	srv := privateServer(t)
	links := open(t, srv, conn.Pool(1), time.Minute)
	must(t, links, []any{"SET", "text", "x"})
	for _, s := range states {
		t.Run(s.reason, func(t *testing.T) {
			must(t, links, append([][]any{{"DEL", "a"}}, s.into...)...)
			refuses(t, links, s.want, s.prefix, s.send...)
			must(t, links, s.back...)
			if x := do(t, links, "EXISTS", "a"); s.unchanged && x.Reply != int64(0) {
				t.Errorf("something was written")
			}
		})
	}
	t.Run("busy", func(t *testing.T) { testBusy(t, srv, links) })
	t.Run("the disk", func(t *testing.T) { testDisk(t, links) })
	t.Run("loading", func(t *testing.T) { testLoading(t, srv) })
	t.Run("permissions", func(t *testing.T) { testPermissions(t, srv, links) })
}

func must(t *testing.T, links conn.Links, commands ...[]any) {
	t.Helper()
	for _, args := range commands {
		if x := do(t, links, args...); x.Err != nil {
			t.Fatal(args, x.Err)
		}
	}
}

func refuses(t *testing.T, links conn.Links, want conn.Fate, prefix string, args ...any) {
	t.Helper()
	x := do(t, links, args...)
	if x.Err == nil || conn.FateOf(x.Err) != want || !strings.HasPrefix(x.Err.Error(), prefix) || !conn.IsReply(x.Err) {
		t.Errorf("%v gives %v, %v: filed as %v, want %v with %q", args, x.Reply, x.Err, conn.FateOf(x.Err), want, prefix)
	}
}

// until sends a command until the answer begins with a prefix.
func until(t *testing.T, links conn.Links, prefix string, args ...any) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; {
		x := do(t, links, args...)
		if x.Err != nil && strings.HasPrefix(x.Err.Error(), prefix) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%v never gives %q: %v, %v", args, prefix, x.Reply, x.Err)
		}
	}
}

func testBusy(t *testing.T, srv *server.Server, links conn.Links) {
	must(t, links, []any{"CONFIG", "SET", "lua-time-limit", "1"})
	other := open(t, srv, conn.Pool(1), time.Minute)
	ended := make(chan conn.Exchange)
	go func() { ended <- do(t, other, "EVAL", "while true do end", "0") }()
	until(t, links, "BUSY ", "PING")
	refuses(t, links, conn.NotRun, "BUSY ", "EVAL", sell, "0")
	must(t, links, []any{"SCRIPT", "KILL"})
	if x := <-ended; x.Err == nil || conn.FateOf(x.Err) != conn.Maybe {
		t.Errorf("a script that was killed gives %v, %v", x.Reply, x.Err)
	}
}

// A replica loads what its master has, slowly.
func testLoading(t *testing.T, master *server.Server) {
	links := open(t, master, conn.Pool(1), time.Minute)
	must(t, links, []any{"CONFIG", "SET", "repl-diskless-sync-delay", "0"}, []any{"EVAL", "for i = 1, 3000 do redis.call('SET', 'key' .. i, string.rep('x', 1000)) end", "0"})
	replica := open(t, privateServer(t), conn.Pool(1), time.Minute)
	host, port, err := net.SplitHostPort(strings.TrimPrefix(master.Address, "redis://"))
	if err != nil {
		t.Fatal(err)
	}
	must(t, replica,
		[]any{"CONFIG", "SET", "key-load-delay", "1000", "loading-process-events-interval-bytes", "1024"},
		[]any{"REPLICAOF", host, port})
	until(t, replica, "LOADING ", "GET", "a")
	refuses(t, replica, conn.NotRun, "LOADING ", "EVAL", sell, "0")
	must(t, links, []any{"FLUSHALL"}, []any{"SET", "text", "x"})
}

// The server cannot save: where its file should be there is a folder.
func testDisk(t *testing.T, links conn.Links) {
	dir, _ := do(t, links, "CONFIG", "GET", "dir").Reply.([]any)
	if len(dir) != 2 {
		t.Fatal(dir)
	}
	path, _ := dir[1].(string)
	if err := os.MkdirAll(filepath.Join(path, "dump.rdb", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	must(t, links, []any{"CONFIG", "SET", "save", "3600 1"}, []any{"BGSAVE"})
	until(t, links, "MISCONF ", "SET", "b", "1")
	for _, script := range []string{sell, "#!lua\n" + sell} {
		refuses(t, links, conn.NotRun, "MISCONF ", "EVAL", script, "0")
	}
	must(t, links, []any{"CONFIG", "SET", "save", ""})
}

// Permissions on the call are looked at before it runs, those on what a script
// calls while it runs.
func testPermissions(t *testing.T, srv *server.Server, links conn.Links) {
	sha := do(t, links, "SCRIPT", "LOAD", sell).Reply
	must(t, links,
		[]any{"ACL", "SETUSER", "noscript", "on", ">pw", "~*", "+@all", "-eval", "-evalsha"},
		[]any{"ACL", "SETUSER", "noincr", "on", ">pw", "~*", "+@all", "-incr"},
		[]any{"ACL", "SETUSER", "nokey", "on", ">pw", "~b", "+@all"})
	as := open(t, srv, conn.Pool(1), time.Minute)
	for _, row := range []struct {
		user, prefix string
		want         conn.Fate
		send         []any
	}{
		{"noscript", "NOPERM ", conn.NotRun, []any{"EVAL", sell, "0"}},
		{"noscript", "NOPERM ", conn.NotRun, []any{"EVALSHA", sha, "0"}},
		{"nokey", "NOPERM ", conn.NotRun, []any{"EVALSHA", sha, "1", "a"}},
		{"nokey", "ERR ", conn.Maybe, []any{"EVALSHA", sha, "0"}}, // inside: no difference is made to who has written
		{"noincr", "ERR ", conn.Maybe, []any{"EVALSHA", sha, "0"}},
	} {
		must(t, as, []any{"AUTH", row.user, "pw"})
		refuses(t, as, row.want, row.prefix, row.send...)
	}
	must(t, links, []any{"CONFIG", "SET", "requirepass", "pw"})
	refuses(t, open(t, srv, conn.Pool(1), time.Minute), conn.NotRun, "NOAUTH ", "EVALSHA", sha, "0")
}

// breaks listens, and breaks each connection its own way when a request has come.
func breaks(t *testing.T, how func(*net.TCPConn)) net.Conn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	peer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	how(peer.(*net.TCPConn))
	return client
}

// The errors of real sockets, and of the library's pool.
func TestFateOfRealBreaks(t *testing.T) {
	reset := func(c *net.TCPConn) { c.SetLinger(0); c.Close() }
	_, err := breaks(t, reset).Read(make([]byte, 1))
	if !errors.Is(err, syscall.ECONNRESET) || conn.FateOf(err) != conn.Maybe {
		t.Errorf("a reset: %v is filed as %v", err, conn.FateOf(err))
	}
	c := breaks(t, reset)
	for err = nil; err == nil; {
		_, err = c.Write([]byte("x"))
	}
	if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) || conn.FateOf(err) != conn.Maybe {
		t.Errorf("a broken pipe: %v is filed as %v", err, conn.FateOf(err))
	}
	client := redis.NewClient(&redis.Options{
		Addr: "127.0.0.1:1", PoolSize: 1, PoolTimeout: time.Millisecond, MaxRetries: -1, DialerRetries: 1,
		Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done() // which takes the only place in the pool
			return nil, ctx.Err()
		},
	})
	defer client.Close()
	held, release := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { first <- client.Ping(held).Err() }()
	for err = nil; !errors.Is(err, redis.ErrPoolTimeout); {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err = client.Ping(ctx).Err()
		cancel()
	}
	release()
	<-first
	if conn.FateOf(err) != conn.NotRun {
		t.Errorf("%v is filed as %v", err, conn.FateOf(err))
	}
}

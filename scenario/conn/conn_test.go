package conn_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	resp "github.com/alicebob/miniredis/v2/server"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
)

// privateServer starts a real Redis for one test.
func privateServer(t testing.TB) *server.Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("redis-server is not on PATH")
		}
		t.Skip("redis-server is not on PATH")
	}
	srv, err := server.Open(t.Context(), server.Options{Server: "redis-server"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}

// fakeServer speaks RESP and knows the commands that tests need: SLEEP TIME
// TEXT answers late, SAY TEXT answers with an error, HANGUP with nothing at all.
func fakeServer(t *testing.T) *server.Server {
	t.Helper()
	fake, err := resp.NewServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	commands := map[string]resp.Cmd{
		"SLEEP": func(c *resp.Peer, _ string, args []string) {
			length, _ := time.ParseDuration(args[0])
			time.Sleep(length)
			c.WriteBulk(args[1])
		},
		"SAY":    func(c *resp.Peer, _ string, args []string) { c.WriteError(args[0]) },
		"HANGUP": func(c *resp.Peer, _ string, _ []string) { c.Close() },
		"PEERS":  func(c *resp.Peer, _ string, _ []string) { c.WriteInt(fake.ClientsLen()) },
	}
	for name, run := range commands {
		if err := fake.Register(name, run); err != nil {
			t.Fatal(err)
		}
	}
	srv, err := server.Open(t.Context(), server.Options{Server: "redis://" + fake.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

func open(t *testing.T, srv *server.Server, mode conn.Mode, timeout time.Duration) conn.Links {
	t.Helper()
	zero := time.Now()
	links, err := conn.Open(t.Context(), srv, conn.Options{Mode: mode, Timeout: timeout, Now: func() int64 { return int64(time.Since(zero)) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { links.Close() })
	return links
}

// do sends one command over a link of its own.
func do(t *testing.T, links conn.Links, args ...any) conn.Exchange {
	t.Helper()
	link, err := links.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer links.Give(link)
	return link.RoundTrip(t.Context(), args)
}

// eachMode runs a test over a pool of one and over dedicated connections.
func eachMode(t *testing.T, test func(t *testing.T, mode conn.Mode)) {
	inModes(t, test, conn.Pool(1), conn.Dedicated)
}

// everyMode runs a test over pipelined connections as well.
func everyMode(t *testing.T, test func(t *testing.T, mode conn.Mode)) {
	inModes(t, test, conn.Pool(1), conn.Dedicated, conn.Pipelined(1), conn.Pipelined(3))
}

func inModes(t *testing.T, test func(t *testing.T, mode conn.Mode), modes ...conn.Mode) {
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			test(t, mode)
		})
	}
}

func TestReplies(t *testing.T) {
	srv := privateServer(t)
	everyMode(t, func(t *testing.T, mode conn.Mode) {
		links := open(t, srv, mode, time.Minute)
		for script, want := range map[string]any{
			"return 3":                int64(3),
			"return '3'":              "3",
			"return false":            nil,
			"return {ok='FINE'}":      "FINE",
			"return 9007199254740993": int64(9007199254740992), // Lua's own rounding
		} {
			if x := do(t, links, "EVAL", script, "0"); x.Err != nil || x.Reply != want {
				t.Errorf("%s gives %#v, %v; want %#v", script, x.Reply, x.Err, want)
			}
		}
		x := do(t, links, "EVAL", "return {1, 'a', false, {2}}", "0")
		if list, _ := x.Reply.([]any); len(list) != 4 || list[0] != int64(1) || list[1] != "a" || list[2] != nil {
			t.Errorf("a list comes as %#v, %v", x.Reply, x.Err)
		}
	})
}

// A pool of one serves buyers one after the other: if service were stamped
// around the wait, as it is around a client library, the intervals would overlap.
func TestServiceIsNotWaiting(t *testing.T) {
	links := open(t, fakeServer(t), conn.Pool(1), time.Minute)
	const buyers, takes = 8, 10 * time.Millisecond
	var mu sync.Mutex
	var exchanges []conn.Exchange
	var all sync.WaitGroup
	for range buyers {
		all.Go(func() {
			x := do(t, links, "SLEEP", takes.String(), "")
			mu.Lock()
			defer mu.Unlock()
			exchanges = append(exchanges, x)
		})
	}
	all.Wait()
	slices.SortFunc(exchanges, func(a, b conn.Exchange) int { return int(a.Sent - b.Sent) })
	for i, x := range exchanges {
		if x.Err != nil || time.Duration(x.Read-x.Sent) < takes {
			t.Errorf("exchange %d took %v (%v), less than the server sleeps", i, time.Duration(x.Read-x.Sent), x.Err)
		}
		if i > 0 && x.Sent < exchanges[i-1].Read {
			t.Errorf("exchange %d is sent %v before the one before it was read: its service holds its wait",
				i, time.Duration(exchanges[i-1].Read-x.Sent))
		}
	}
}

func TestLateReplyIsNobodyElses(t *testing.T) {
	srv := fakeServer(t)
	everyMode(t, func(t *testing.T, mode conn.Mode) {
		links := open(t, srv, mode, 200*time.Millisecond)
		x := do(t, links, "SLEEP", "300ms", "late")
		for tries := 0; x.Err == nil && tries < 10; tries++ { // a busy machine was later still
			x = do(t, links, "SLEEP", "300ms", "late")
		}
		if x.Err == nil || conn.FateOf(x.Err) != conn.Maybe {
			t.Fatalf("a reply after the timeout gives %v, %v", x.Reply, x.Err)
		}
		for range 5 {
			if x := do(t, links, "SLEEP", "40ms", "mine"); x.Err == nil && x.Reply != "mine" {
				t.Fatalf("the next reply is %v", x.Reply)
			}
		}
	})
}

func TestTimeout(t *testing.T) {
	srv := fakeServer(t)
	soon, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, row := range []struct {
		reason   string
		timeout  time.Duration
		patience time.Duration
	}{
		{"the timeout of a request counts from its call", 20 * time.Millisecond, time.Minute},
		{"a buyer's patience may end sooner", time.Minute, 20 * time.Millisecond},
	} {
		t.Run(row.reason, func(t *testing.T) {
			links := open(t, srv, conn.Pool(1), row.timeout)
			link, err := links.Take(soon)
			if err != nil {
				t.Fatal(err)
			}
			defer links.Give(link)
			ctx, cancel := context.WithTimeout(soon, row.patience)
			defer cancel()
			begin := time.Now()
			x := link.RoundTrip(ctx, []any{"SLEEP", "500ms", ""})
			if x.Err == nil || conn.IsReply(x.Err) || conn.FateOf(x.Err) != conn.Maybe {
				t.Errorf("gives %v, %v", x.Reply, x.Err)
			}
			if took := time.Since(begin); took < 10*time.Millisecond {
				t.Errorf("gives up after %v", took)
			}
		})
	}
}

func TestTakeEndsWithItsContext(t *testing.T) {
	links := open(t, fakeServer(t), conn.Pool(1), time.Minute)
	held, err := links.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if link, err := links.Take(ctx); err == nil {
		t.Fatalf("a second link of a pool of one: %v", link)
	}
	links.Give(held)
	if x := do(t, links, "SLEEP", "0", "free"); x.Reply != "free" {
		t.Fatalf("the pool lost its link: %v, %v", x.Reply, x.Err)
	}
}

// Of many impatient buyers none may wait for a whole connection; it is made all
// the same, for the next.
func TestImpatienceDoesNotStopAConnection(t *testing.T) {
	srv := fakeServer(t)
	links := open(t, srv, conn.Pool(1), 200*time.Millisecond)
	if x := do(t, links, "HANGUP"); x.Err == nil {
		t.Fatalf("the server hung up and said %v", x.Reply)
	}
	soon, cancel := context.WithCancel(t.Context())
	before, _ := do(t, open(t, srv, conn.Pool(1), time.Minute), "PEERS").Reply.(int64)
	time.AfterFunc(0, cancel) // while the connection is made, or before
	link, err := links.Take(soon)
	for err == nil { // he was quicker than his patience
		links.Give(link)
		link, err = links.Take(soon)
	}
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("his patience ended, and he is told %v", err)
	}
	if x := do(t, links, "SAY", "here"); !conn.IsReply(x.Err) {
		t.Errorf("the next one is told %v (%d connections before)", x.Err, before)
	}
}

// A buyer whose time is over gets no link, though one be free.
func TestTakeAfterTheEnd(t *testing.T) {
	srv := fakeServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	everyMode(t, func(t *testing.T, mode conn.Mode) {
		links := open(t, srv, mode, time.Minute)
		for range 20 {
			if link, err := links.Take(ctx); err == nil {
				t.Fatalf("got %v", link)
			}
		}
		if x := do(t, links, "SLEEP", "0", "free"); x.Reply != "free" {
			t.Errorf("the link is gone: %v, %v", x.Reply, x.Err)
		}
	})
}

// Whoever comes when the links are closed is told, by every kind of link.
func TestTakeAfterClose(t *testing.T) {
	srv := fakeServer(t)
	for _, retries := range []int{0, 1} {
		links, err := conn.Open(t.Context(), srv, conn.Options{Mode: conn.Pool(1), Timeout: time.Minute, Now: func() int64 { return 0 }, ClientRetries: retries})
		if err != nil {
			t.Fatal(err)
		}
		links.Close()
		for range 2 {
			if link, err := links.Take(t.Context()); err == nil || conn.FateOf(err) != conn.NotRun {
				t.Fatalf("%d retries: got %v, %v", retries, link, err)
			}
		}
	}
}

func TestWarm(t *testing.T) {
	srv := fakeServer(t)
	links := open(t, srv, conn.Dedicated, time.Minute)
	if err := conn.Warm(t.Context(), links, 100); err != nil {
		t.Fatal(err)
	}
	if x := do(t, links, "PEERS"); x.Reply != int64(100) {
		t.Errorf("%v connections stand after warming 100 (%v)", x.Reply, x.Err)
	}
}

func TestModeText(t *testing.T) {
	for text, reason := range map[string]string{
		"pool:1": "the smallest", "pool:65535": "the largest", "dedicated": "one for each buyer",
		"pipelined:1": "the smallest", "pipelined:65535": "the largest",
	} {
		var m conn.Mode
		if err := m.UnmarshalText([]byte(text)); err != nil || m.String() != text {
			t.Errorf("%s (%s) is read as %v, %v", text, reason, m, err)
		}
	}
	for text, reason := range map[string]string{
		"": "nothing", "pool": "no size", "pool:": "no size", "pool:0": "no seats", "pool:-1": "fewer than none",
		"pool:x": "not a number", "pool:65536": "more than there are ports", "dedicated:5": "a size nobody asked for",
		"pipelined:": "no size", "pipelined:0": "no connection", "piped:4": "unknown",
	} {
		err := new(conn.Mode).UnmarshalText([]byte(text))
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q (%s): %v", text, reason, err)
		}
	}
}

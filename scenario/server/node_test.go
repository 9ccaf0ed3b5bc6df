package server

import (
	"context"
	"maps"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// lives fails if somebody says that the server was lost.
func lives(t *testing.T, s *Server) {
	t.Helper()
	select {
	case <-s.Died():
		t.Errorf("it is told that the server is lost: %v", s.Cause())
	default:
	}
}

// A node that was killed comes back on its port, in its folder, with its
// configuration, and nobody is told that the server is lost.
func TestKillAndStart(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Config: []string{"maxmemory=100mb"}})
	n := s.Nodes()[0]
	client := redis.NewClient(s.ClientOptions())
	defer client.Close()
	for range 3 {
		do(t, n, "SET", "k", 1)
		before := configOf(t, n)
		must(t, n.Kill())
		if n.Up() || len(s.Down()) != 1 {
			t.Error("it is up after it was killed")
		}
		if _, err := net.Dial("tcp", n.Address()); err == nil {
			t.Error("it listens after it was killed")
		}
		for what, err := range map[string]error{"kill": n.Kill(), "term": n.Term(t.Context()), "pause": n.Pause(), "resume": n.Resume()} {
			if err == nil {
				t.Errorf("%s of a node that is down is no error", what)
			}
		}
		if up, err := s.Primaries(t.Context()); len(up) != 0 || err != nil {
			t.Errorf("%v take writes (%v)", up, err)
		}
		if at, err := s.PrimaryOf(t.Context(), "k"); at != n || err != nil {
			t.Errorf("the primary that is down is %v (%v)", at, err)
		}
		must(t, n.Start(t.Context()))
		must(t, n.Start(t.Context())) // it is up
		if !n.Up() || s.Down() != nil {
			t.Error("it is down after it was started")
		}
		if after := configOf(t, n); !maps.Equal(before, after) || after["maxmemory"] != "104857600" {
			t.Errorf("it was configured with %v, and comes back with %v", before, after)
		}
		if keys := do(t, n, "DBSIZE"); keys != int64(0) {
			t.Errorf("without persistence %v keys came back", keys)
		}
		within(t, "a client finds it again", func() bool { return client.Ping(t.Context()).Err() == nil })
	}
	lives(t, s)
}

func configOf(t *testing.T, n *Node) map[string]string {
	t.Helper()
	client := redis.NewClient(n.options())
	defer client.Close()
	config, err := client.ConfigGet(t.Context(), "*").Result()
	must(t, err)
	return config
}

func TestPauseAndTerm(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Config: []string{"save=1000 1"}})
	n := s.Nodes()[0]
	must(t, n.Pause())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := n.Do(ctx, "PING"); !timedOut(err) {
		t.Errorf("while it is paused it answers (%v)", err)
	}
	if !n.Up() || !n.Paused() || len(s.Down()) != 1 {
		t.Error("a paused node is up and paused")
	}
	must(t, n.Resume())
	do(t, n, "SET", "k", 1)
	if n.Paused() || s.Down() != nil {
		t.Error("it is paused after it was resumed")
	}
	must(t, n.Pause())
	must(t, n.Term(t.Context()))
	must(t, n.Start(t.Context()))
	if n.Paused() || do(t, n, "GET", "k") != "1" {
		t.Error("SIGTERM did not let it save its data")
	}
	must(t, n.Pause())
	must(t, n.Kill())
	if must(t, n.Start(t.Context())); n.Paused() {
		t.Error("it is paused after it was started")
	}
	lives(t, s)
}

// Who does not end when it is asked to is killed.
func TestTermIsBounded(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(1), HoldableReplication: true})
	n := s.Nodes()[0]
	_, err := s.HoldReplication(n)
	must(t, err)
	do(t, n, "SET", "k", 1) // for its replica, which does not get it, it waits ten seconds
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := n.Term(ctx); err == nil || n.Up() {
		t.Errorf("it ended (%v)", err)
	}
	lives(t, s)
}

// An end that nobody asked for is told, also after ends that were asked for.
func TestDiedOfOneOfSeveral(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(1)})
	n := s.Nodes()[1]
	must(t, n.Kill())
	must(t, n.Start(t.Context()))
	lives(t, s)
	n.process.cmd.Process.Kill()
	<-s.Died()
	says(t, s.Cause(), "node 2: its process ended (signal: killed)")
}

// Whatever state the nodes are in, the end leaves nothing.
func TestCloseInEveryState(t *testing.T) {
	t.Parallel()
	needRedis(t)
	for state, bring := range map[string]func(*Node) error{
		"paused": (*Node).Pause,
		"killed": (*Node).Kill,
		"held": func(n *Node) error {
			n.proxy.hold()
			_, err := n.Do(context.Background(), "PUBLISH", "some", "text") // goes to replicas too
			return err
		},
		"killed while held": func(n *Node) error { n.proxy.hold(); return n.Kill() },
		"saving": func(n *Node) error {
			_, err := n.Do(context.Background(), "CONFIG", "SET", "rdb-key-save-delay", 60_000_000, "repl-diskless-sync", "no")
			if err == nil {
				_, err = n.Do(context.Background(), "BGREWRITEAOF") // by a child that takes an hour
			}
			return err
		},
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			s := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(1), HoldableReplication: true})
			do(t, s.Nodes()[0], "EVAL", "for i = 1, 60 do redis.call('SET', 'k'..i, i) end return 1", 0)
			do(t, s.Nodes()[0], "WAIT", 1, 10_000)
			for _, n := range s.Nodes() {
				must(t, bring(n))
			}
			var wait sync.WaitGroup
			for range 3 {
				wait.Go(func() {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			isGone(t, s.private)
		})
	}
}

// Close ends a start that goes on, and no process is left of it.
func TestCloseDuringStart(t *testing.T) {
	t.Parallel()
	needRedis(t)
	for range 10 {
		s := mustOpen(t, Options{Server: "redis-server"})
		n := s.Nodes()[0]
		must(t, n.Kill())
		started := make(chan error)
		go func() { started <- n.Start(context.Background()) }()
		s.Close()
		<-started // with or without an error
		isGone(t, s.private)
	}
	s := mustOpen(t, Options{Server: "redis-server"})
	n := s.Nodes()[0]
	must(t, n.Kill())
	s.private.path = deaf(t)
	started := make(chan error)
	go func() { started <- n.Start(context.Background()) }()
	within(t, "the deaf one runs", n.Up)
	s.Close()
	says(t, <-started, "its process ended (signal: killed)")
	isGone(t, s.private)
}

// A start that fails says why, leaves the node down, and is no loss of the server.
func TestStartThatFails(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server"})
	n := s.Nodes()[0]
	must(t, n.Kill())
	config := n.config
	n.config += "no-such 1\n"
	says(t, n.Start(t.Context()), `it refuses "no-such 1"`)
	if n.Up() || len(s.Down()) != 1 {
		t.Error("it is up")
	}
	n.config = config
	must(t, n.Start(t.Context()))
	lives(t, s)
}

package scenario

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

func forksAt(at time.Duration) func(*Spec) {
	return func(s *Spec) {
		arrivals("constant:100/s")(s)
		s.ForkAt, s.Buyers = at, new(int64(1_000_000))
	}
}

// The server forks while the sale goes on, once to save and once to rewrite its
// log, and the record tells when.
func TestForks(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil && os.Getenv("CI") == "" {
		t.Skip("no redis-server on PATH")
	}
	s, err := strategy.Find("once", "")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.Open(t.Context(), server.Options{Server: "redis-server"})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	const at = 50 * time.Millisecond
	planned, err := New(t.Context(), "test", good(forksAt(at)), s, srv)
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	var forks []history.Event
	rec := history.NewRecorder(new(all))
	tail, err := planned.Run(ctx, rec, func(e history.Event) {
		if e.Kind == history.EventFork {
			if forks = append(forks, e); len(forks) == 2 {
				interrupt()
			}
		}
	})
	if err != nil || rec.Close() != nil {
		t.Fatal(err)
	}
	if len(forks) != 2 || !strings.Contains(forks[0].Text, "BGSAVE") || !strings.Contains(forks[1].Text, "BGREWRITEAOF") {
		t.Fatalf("forks: %+v", forks)
	}
	if forks[0].At < int64(at) || forks[0].Until <= forks[0].At || forks[1].At < forks[0].Until {
		t.Errorf("the instants of the forks: %+v", forks)
	}
	if n := tail.Served[0].Forks; n == nil || *n != 2 {
		t.Errorf("the server counted %v forks, want 2", n)
	}
}

// A server that is not ours is never told to fork, nor one that cannot.
func TestForksAreOfOurServers(t *testing.T) {
	s, err := strategy.Find("once", "")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.Open(t.Context(), server.Options{Server: "embedded"})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	remote, err := server.Open(t.Context(), server.Options{Server: srv.Address})
	if err != nil {
		t.Fatal(err)
	}
	defer remote.Close()
	for _, of := range []*server.Server{srv, remote} {
		if _, err := New(t.Context(), "test", good(forksAt(time.Second)), s, of); err == nil || !strings.Contains(err.Error(), "--fork-at") {
			t.Errorf("%s: %v", of.Kind, err)
		}
	}
	bad := good(forksAt(-1))
	if err := bad.check(); err == nil || !strings.Contains(err.Error(), "--fork-at") {
		t.Errorf("--fork-at -1ns: %v", err)
	}
}

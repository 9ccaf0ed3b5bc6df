package main

import (
	"context"
	"flag"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/lua"
	"github.com/seckill-bench/seckill/scenario/server"
)

var (
	benchAttempts = flag.Int("attempts", 1_000_000, "attempts of each run of a benchmark")
	benchRows     = flag.String("rows", "", "benchmark only rows whose names match this")
	benchConns    = flag.String("conns", "pipelined", "how buyers share connections where a row does not say")
)

// mostConnections is what the tools open at most.
const mostConnections = 5000

// A stage is the private server on which everybody plays in turn.
type stage struct {
	b      *testing.B
	srv    *server.Server
	client *redis.Client
	port   string
	sha    string // of the script once
	about  string // product and version
}

// The keys of everybody but seckill, which names its own; as long as those.
const (
	peerStock  = "{seckill:1234567890123456}:stock"
	peerBuyers = "{seckill:1234567890123456}:buyers"
)

// openStage starts a redis-server that ends with the benchmark.
func openStage(b *testing.B) *stage {
	if _, err := exec.LookPath("redis-server"); err != nil {
		b.Skip("needs redis-server")
	}
	srv, err := server.Open(b.Context(), server.Options{Server: "redis-server", MaxClients: mostConnections})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { srv.Close() })
	client := redis.NewClient(srv.ClientOptions())
	b.Cleanup(func() { client.Close() })
	source, err := lua.Files.ReadFile("once.lua")
	if err != nil {
		b.Fatal(err)
	}
	sha, err := client.ScriptLoad(b.Context(), string(source)).Result()
	if err != nil {
		b.Fatal(err)
	}
	info := srv.Describe(b.Context())
	if info.Product == nil || info.Version == nil {
		b.Fatal("the server does not say what it is: ", info.Refused)
	}
	return &stage{b, srv, client, srv.Address[strings.LastIndex(srv.Address, ":")+1:], sha, *info.Product + " " + *info.Version}
}

// clear leaves an empty server: what an earlier run filled is freed by then.
func (s *stage) clear() {
	ctx := s.b.Context()
	if err := s.client.Del(ctx, peerStock, peerBuyers).Err(); err != nil {
		s.b.Fatal(err)
	}
	for s.lazy(ctx) {
		time.Sleep(time.Millisecond)
	}
	if n, err := s.client.DBSize(ctx).Result(); err != nil || n != 0 {
		s.b.Fatalf("the last run left %d keys: %v", n, err)
	}
}

// lazy reports whether the server is still freeing what was unlinked.
func (s *stage) lazy(ctx context.Context) bool {
	info, err := s.client.Info(ctx, "memory").Result()
	if err != nil {
		s.b.Fatal(err)
	}
	return !strings.Contains(info, "lazyfree_pending_objects:0\r")
}

// open puts the units on sale for a run of somebody else's.
func (s *stage) open() {
	if err := s.client.Set(s.b.Context(), peerStock, 2**benchAttempts, 0).Err(); err != nil {
		s.b.Fatal(err)
	}
}

// sold checks that a run of somebody else's did its work: all attempts but a
// thousandth were of distinct buyers, and were told so.
func (s *stage) sold() {
	buyers, err := s.client.SCard(s.b.Context(), peerBuyers).Result()
	if err != nil {
		s.b.Fatal(err)
	}
	stock, err := s.client.Get(s.b.Context(), peerStock).Result()
	if err != nil || stock != strconv.FormatInt(2*int64(*benchAttempts)-buyers, 10) {
		s.b.Fatalf("%d buyers, and %s of %d units are left: %v", buyers, stock, 2**benchAttempts, err)
	}
	if float64(buyers) < 0.999*float64(*benchAttempts) {
		s.b.Fatalf("%d attempts were made by only %d buyers", *benchAttempts, buyers)
	}
}

// median is the middle one, the lower of two.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

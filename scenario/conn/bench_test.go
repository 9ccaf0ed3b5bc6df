package conn_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
)

// BenchmarkPoolAgainstBareClient compares 5,000 buyers on pool:64 with 64
// goroutines on a bare go-redis client, in turn, on one private server. The
// ratio is that of the medians: above 1 the pool is faster.
func BenchmarkPoolAgainstBareClient(b *testing.B) {
	const calls = 100_000
	srv := privateServer(b)
	sha := loadNoop(b, srv)
	var bare, pooled []float64
	for b.Loop() {
		bare = append(bare, perSecond(calls, func(n *atomic.Int64) { runBare(b, srv, sha, n) }))
		pooled = append(pooled, perSecond(calls, func(n *atomic.Int64) { runPool(b, srv, sha, n) }))
	}
	slices.Sort(bare)
	slices.Sort(pooled)
	b.ReportMetric(bare[len(bare)/2], "bare/s")
	b.ReportMetric(pooled[len(pooled)/2], "pooled/s")
	b.ReportMetric(pooled[len(pooled)/2]/bare[len(bare)/2], "ratio")
}

func perSecond(calls int64, run func(left *atomic.Int64)) float64 {
	var left atomic.Int64
	left.Store(calls)
	begin := time.Now()
	run(&left)
	return float64(calls) / time.Since(begin).Seconds()
}

func runBare(b *testing.B, srv *server.Server, sha string, left *atomic.Int64) {
	o := srv.ClientOptions()
	o.PoolSize = 64
	o.ReadTimeout = time.Second
	client := redis.NewClient(o)
	defer client.Close()
	inParallel(64, func() {
		for left.Add(-1) >= 0 {
			if err := client.EvalSha(b.Context(), sha, []string{"key"}, "17").Err(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func runPool(b *testing.B, srv *server.Server, sha string, left *atomic.Int64) {
	zero := time.Now()
	links, err := conn.Open(b.Context(), srv, conn.Pool(64), time.Second, func() int64 { return int64(time.Since(zero)) })
	if err != nil {
		b.Fatal(err)
	}
	defer links.Close()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	inParallel(5000, func() {
		for left.Add(-1) >= 0 {
			link, err := links.Take(ctx)
			if err != nil {
				b.Error(err)
				return
			}
			x := link.RoundTrip(context.Background(), []any{"EVALSHA", sha, "1", "key", "17"})
			links.Give(link)
			if x.Err != nil {
				b.Error(x.Err)
				return
			}
		}
	})
}

func inParallel(n int, do func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(do)
	}
	all.Wait()
}

func loadNoop(b *testing.B, srv *server.Server) string {
	client := redis.NewClient(srv.ClientOptions())
	defer client.Close()
	sha, err := client.ScriptLoad(b.Context(), "return 1").Result()
	if err != nil {
		b.Fatal(err)
	}
	return sha
}

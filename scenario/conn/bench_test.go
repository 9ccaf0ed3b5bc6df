package conn_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
)

// BenchmarkPoolAgainstBareClient compares 5,000 buyers on pool:64 with 64
// goroutines on a bare go-redis client, in turn, on one private server: calls
// per second and processor time of the driver, each the median of the rounds.
// A ratio above 1 speaks for the pool.
func BenchmarkPoolAgainstBareClient(b *testing.B) {
	srv := privateServer(b)
	sha := loadNoop(b, srv)
	var bare, pooled figures
	for b.Loop() {
		bare.measure(b, func(left *atomic.Int64) { runBare(b, srv, sha, left) })
		pooled.measure(b, func(left *atomic.Int64) { runPool(b, srv, sha, left) })
	}
	b.ReportMetric(median(bare.rate), "bare/s")
	b.ReportMetric(median(pooled.rate), "pooled/s")
	b.ReportMetric(median(pooled.rate)/median(bare.rate), "ratio")
	b.ReportMetric(median(bare.cpu), "bare-cpu-ns")
	b.ReportMetric(median(pooled.cpu), "pooled-cpu-ns")
}

// BenchmarkPipelinedAgainstAutoPipeline compares 5,000 buyers over pipelined
// connections with as many over the client library's own AutoPipeline, in turn,
// on one private server: calls per second, and processor time of the driver. A
// ratio above 1 speaks for ours.
func BenchmarkPipelinedAgainstAutoPipeline(b *testing.B) {
	srv := privateServer(b)
	sha := loadNoop(b, srv)
	var auto, ours figures
	for b.Loop() {
		auto.measure(b, func(left *atomic.Int64) { runAutoPipeline(b, srv, sha, left) })
		ours.measure(b, func(left *atomic.Int64) { runPipelined(b, srv, sha, left) })
	}
	b.ReportMetric(median(auto.rate), "auto/s")
	b.ReportMetric(median(ours.rate), "pipelined/s")
	b.ReportMetric(median(ours.rate)/median(auto.rate), "ratio")
	b.ReportMetric(median(auto.cpu), "auto-cpu-ns")
	b.ReportMetric(median(ours.cpu), "pipelined-cpu-ns")
}

func runAutoPipeline(b *testing.B, srv *server.Server, sha string, left *atomic.Int64) {
	o := srv.ClientOptions()
	o.ReadTimeout = 10 * time.Second
	client := redis.NewClient(o)
	defer client.Close()
	auto, err := client.AutoPipeline()
	if err != nil {
		b.Fatal(err)
	}
	inParallel(5000, func() {
		for left.Add(-1) >= 0 {
			if err := auto.EvalSha(b.Context(), sha, []string{"key"}, "17").Err(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func runPipelined(b *testing.B, srv *server.Server, sha string, left *atomic.Int64) {
	zero := time.Now()
	links, err := conn.Open(b.Context(), srv, conn.Options{
		Mode: conn.Pipelined(2), Timeout: 10 * time.Second, Now: func() int64 { return int64(time.Since(zero)) },
	})
	if err != nil {
		b.Fatal(err)
	}
	defer links.Close()
	inParallel(5000, func() {
		link, err := links.Take(b.Context())
		if err != nil {
			b.Error(err)
			return
		}
		q := asked("EVALSHA", sha, "1", "key", "17")
		for left.Add(-1) >= 0 {
			link.(conn.Asker).Ask(q)
			if x := <-q.over; x.Err != nil {
				b.Error(x.Err)
				return
			}
		}
	})
}

// figures are the results of the rounds: calls per second, and ns of processor
// time a call.
type figures struct{ rate, cpu []float64 }

func (f *figures) measure(b *testing.B, run func(left *atomic.Int64)) {
	const calls = 200_000
	var left atomic.Int64
	left.Store(calls)
	used, begin := cpu(b), time.Now()
	run(&left)
	f.rate = append(f.rate, calls/time.Since(begin).Seconds())
	f.cpu = append(f.cpu, float64(cpu(b)-used)/calls)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// cpu is the processor time this process has used, in ns.
func cpu(b *testing.B) int64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return used.Utime.Nano() + used.Stime.Nano()
}

func runBare(b *testing.B, srv *server.Server, sha string, left *atomic.Int64) {
	o := srv.ClientOptions()
	o.PoolSize = 64
	o.ReadTimeout = 10 * time.Second
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
	links, err := conn.Open(b.Context(), srv, conn.Options{
		Mode: conn.Pool(64), Timeout: 10 * time.Second, Now: func() int64 { return int64(time.Since(zero)) },
	})
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

package scenario

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// BenchmarkBesideBareLoop sells to 200,000 buyers of whom 5,000 are inside,
// over 64 connections and with everything recorded on disk, in turn with 64
// goroutines that call the same script through go-redis and record nothing.
// Both run on one private server. It reports the median ratio of their speeds
// (1: as fast as the bare loop) and how much more memory an attempt takes at
// the peak. Run it with -benchtime 5x or more.
func BenchmarkBesideBareLoop(b *testing.B) {
	srv := privateServer(b)
	const attempts = 200_000
	var ratios, extra []float64
	for b.Loop() {
		bareTime, barePeak := peak(func() time.Duration { return bareLoop(b, srv, attempts) })
		saleTime, salePeak := peak(func() time.Duration { return recordedSale(b, srv, attempts) })
		ratios = append(ratios, bareTime.Seconds()/saleTime.Seconds())
		extra = append(extra, (float64(salePeak)-float64(barePeak))/attempts)
		b.Logf("bare %.0f/s, sale %.0f/s", attempts/bareTime.Seconds(), attempts/saleTime.Seconds())
	}
	slices.Sort(ratios)
	slices.Sort(extra)
	b.ReportMetric(ratios[len(ratios)/2], "x-bare")
	b.ReportMetric(extra[len(extra)/2], "extra-B/attempt")
	b.ReportMetric(0, "ns/op")
}

// privateServer starts a redis-server that ends with the benchmark.
func privateServer(b *testing.B) *server.Server {
	if _, err := exec.LookPath("redis-server"); err != nil {
		b.Skip("needs redis-server")
	}
	srv, err := server.Open(b.Context(), server.Options{Server: "redis-server", MaxClients: 256})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { srv.Close() })
	return srv
}

// peak runs f and returns what f does and the most memory the heap and the
// stacks held meanwhile, in bytes.
func peak(f func() time.Duration) (time.Duration, uint64) {
	runtime.GC()
	var most atomic.Uint64
	stop := make(chan struct{})
	var sampler sync.WaitGroup
	sampler.Go(func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
		for {
			metrics.Read(sample)
			most.Store(max(most.Load(), sample[0].Value.Uint64()+sample[1].Value.Uint64()))
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	took := f()
	close(stop)
	sampler.Wait()
	return took, most.Load()
}

// bareLoop is the least a go-redis program can do: 64 goroutines, one call
// after the other, nothing kept. It returns how long the calls took.
func bareLoop(b *testing.B, srv *server.Server, attempts int) time.Duration {
	o := srv.ClientOptions()
	o.PoolSize = 64
	client := redis.NewClient(o)
	defer client.Close()
	s, err := strategy.Find("once", "")
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Load(b.Context(), loader{client}); err != nil {
		b.Fatal(err)
	}
	keys := []string{"{bare}:stock", "{bare}:buyers"}
	client.Del(b.Context(), keys...)
	client.Set(b.Context(), keys[0], attempts, 0)
	defer client.Del(b.Context(), keys...)
	var next atomic.Int64
	var loops sync.WaitGroup
	begin := time.Now()
	for range 64 {
		loops.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(attempts) {
					return
				}
				if err := client.EvalSha(b.Context(), s.SHA1, keys, strconv.FormatInt(n, 10)).Err(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	loops.Wait()
	return time.Since(begin)
}

type loader struct{ *redis.Client }

// Do sends one command.
func (l loader) Do(ctx context.Context, args ...any) (any, error) {
	return l.Client.Do(ctx, args...).Result()
}

// lastReturn is a sink that keeps the last instant.
type lastReturn int64

// Append looks at a batch.
func (l *lastReturn) Append(batch []history.Attempt) error {
	for i := range batch {
		*l = max(*l, lastReturn(batch[i].Return))
	}
	return nil
}

// recordedSale is a sale as seckill run drives it. It returns the time from
// the opening of the doors to the last reply.
func recordedSale(b *testing.B, srv *server.Server, attempts int) time.Duration {
	var last lastReturn
	record(b, srv, attempts, "closed:5000", &last)
	return time.Duration(last)
}

// record runs a sale into a folder and a sink.
func record(b *testing.B, srv *server.Server, attempts int, when string, sink history.Sink) {
	s, err := strategy.Find("once", "")
	if err != nil {
		b.Fatal(err)
	}
	spec := good(arrivals(when))
	spec.Buyers, spec.Stock, spec.Conns = new(int64(attempts)), exactly(int64(attempts)), conn.Pool(64)
	planned, err := New(b.Context(), "bench", spec, s, srv)
	if err != nil {
		b.Fatal(err)
	}
	folder, err := history.Create(filepath.Join(b.TempDir(), fmt.Sprint(time.Now().UnixNano())), planned.Head)
	if err != nil {
		b.Fatal(err)
	}
	rec := history.NewRecorder(folder, sink)
	tail, err := planned.Run(b.Context(), rec, folder.Event)
	if err == nil {
		err = rec.Close()
	}
	if err == nil {
		err = folder.Finish(tail)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkServiceBehindAQueue compares the median service time of 5,000
// buyers on 64 connections with that of 64 buyers, who never wait for one. It
// reports the ratio: far above 1, and waiting is counted as service.
func BenchmarkServiceBehindAQueue(b *testing.B) {
	srv := privateServer(b)
	median := func(when string) float64 {
		var attempts all
		record(b, srv, 100_000, when, &attempts)
		times := make([]int64, len(attempts))
		for i := range attempts {
			times[i] = attempts[i].Return - attempts[i].Call
		}
		slices.Sort(times)
		return float64(times[len(times)/2])
	}
	var ratios []float64
	for b.Loop() {
		alone, queued := median("closed:64"), median("closed:5000")
		b.Logf("service p50: 64 buyers %.0f µs, 5,000 buyers %.0f µs", alone/1000, queued/1000)
		ratios = append(ratios, queued/alone)
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-service-p50")
	b.ReportMetric(0, "ns/op")
}

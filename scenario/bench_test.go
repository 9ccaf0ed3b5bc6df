package scenario

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

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

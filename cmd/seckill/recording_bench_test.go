package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// BenchmarkRecording compares a sale that is recorded as seckill run records
// it, in files and with live percentiles, with the same sale of which nothing
// is kept, in turn. It prints the ratio of their speeds. Run it with -benchtime
// 5x or more.
func BenchmarkRecording(b *testing.B) {
	s := openStage(b)
	var with, without, ratios []float64
	for recordedFirst := true; b.Loop(); recordedFirst = !recordedFirst {
		first := sell(s, recordedFirst)
		kept, lost := first, sell(s, !recordedFirst)
		if !recordedFirst {
			kept, lost = lost, kept
		}
		with, without, ratios = append(with, kept), append(without, lost), append(ratios, kept/lost)
		b.Logf("recorded %.0f/s, not recorded %.0f/s", kept, lost)
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(0, "ns/op")
	fmt.Println()
	t := newTable("", "attempts/s, closed loop", "not recorded", "ratio", "lowest–highest", "wanted")
	t.row("record, histograms, history: "+*benchConns+", 5,000 waiting", fmt.Sprintf("%.0f", median(with)), fmt.Sprintf("%.0f", median(without)),
		fmt.Sprintf("%.2f", median(ratios)), fmt.Sprintf("%.2f–%.2f", slices.Min(ratios), slices.Max(ratios)), wanted(median(ratios), 0.95))
	t.end()
}

// lastReturn is a sink that keeps the last instant, and nothing else.
type lastReturn int64

// Append looks at a batch.
func (l *lastReturn) Append(batch []history.Attempt) error {
	for i := range batch {
		*l = max(*l, lastReturn(batch[i].Return))
	}
	return nil
}

// sell runs a sale in this process, and returns its attempts a second, from the
// opening of the doors to the last reply.
func sell(s *stage, recorded bool) float64 {
	s.clear()
	strat, err := strategy.Find("once", "")
	if err != nil {
		s.b.Fatal(err)
	}
	spec, err := parseSpec(fmt.Sprintf("--buyers %d --stock %d --arrivals closed:5000 --timeout 1m --conns %s", *benchAttempts, *benchAttempts, *benchConns))
	if err == nil {
		err = spec.Prepare()
	}
	if err != nil {
		s.b.Fatal(err)
	}
	planned, err := scenario.New(s.b.Context(), "bench", spec, strat, s.srv)
	if err != nil {
		s.b.Fatal(err)
	}
	runtime.GC()
	last, err := drive(s.b.Context(), planned, s.b.TempDir(), recorded)
	if err != nil {
		s.b.Fatal(err)
	}
	return float64(*benchAttempts) / time.Duration(last).Seconds()
}

// drive runs a sale and returns when its last reply came.
func drive(ctx context.Context, planned *scenario.Sale, dir string, recorded bool) (last lastReturn, err error) {
	if !recorded {
		rec := history.NewRecorder(&last)
		_, err = planned.Run(ctx, rec, func(history.Event) {})
		return last, cmp.Or(err, rec.Close())
	}
	folder, err := history.Create(filepath.Join(dir, "history"), planned.Head)
	if err != nil {
		return 0, err
	}
	live := report.NewLive(&planned.Head)
	rec := history.NewRecorder(folder, live, &last)
	tail, err := planned.Run(ctx, rec, folder.Event)
	return last, cmp.Or(err, rec.Close(), folder.Finish(tail))
}

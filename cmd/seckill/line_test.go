package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/report"
)

// TestCostIsALine holds what judging and reporting take from the heap against
// the number of attempts. From a size to one four times as large it must grow
// as much, by bytes, and nothing may be made for each attempt.
func TestCostIsALine(t *testing.T) {
	sizes := []int{10_000, 50_000, 200_000}
	if testing.Short() {
		sizes = []int{5_000, 20_000, 80_000}
	}
	for _, of := range shapes {
		t.Run(of.name, func(t *testing.T) {
			var took [3]heapTaken
			for i, n := range sizes {
				took[i] = judgeLarge(t, of, n)
			}
			few, many := took[1].since(took[0]), took[2].since(took[1])
			if many.bytes > few.bytes*1.4 || many.bytes > 800 {
				t.Errorf("an attempt takes %.0f bytes from %d to %d attempts, and %.0f from %d on", few.bytes, sizes[0], sizes[1], many.bytes, sizes[1])
			}
			if many.objects > .5 {
				t.Errorf("%.2f objects are made for each attempt", many.objects)
			}
		})
	}
}

// heapTaken is what was taken from the heap for so many attempts.
type heapTaken struct{ attempts, bytes, objects float64 }

// since is what was taken more than for fewer attempts, by attempt.
func (h heapTaken) since(fewer heapTaken) heapTaken {
	n := h.attempts - fewer.attempts
	return heapTaken{n, (h.bytes - fewer.bytes) / n, (h.objects - fewer.objects) / n}
}

// judgeLarge judges and reports a large sale.
func judgeLarge(t *testing.T, of shape, n int) heapTaken {
	dir := t.TempDir()
	if err := writeLarge(dir, of, n); err != nil {
		t.Fatal(err)
	}
	runtime.GC() // what the writing left to be used again
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	summary, err := judge(dir)
	if err == nil {
		err = report.WriteFolder(dir, summary)
	}
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if code := summary.ExitCode(); code != 0 || summary.Verdict.Witness < int64(n)*9/10 {
		t.Fatalf("a right sale is judged %v, with an order of %d steps", summary.Verdict.Opinion, summary.Verdict.Witness)
	}
	return heapTaken{float64(summary.Recorded), float64(after.TotalAlloc - before.TotalAlloc), float64(after.Mallocs - before.Mallocs)}
}

// BenchmarkLine judges and reports sales of ten thousand to ten million attempts,
// each in a process of its own: its time, the processor time of an attempt, and
// the most memory it had.
func BenchmarkLine(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("Maxrss is counted in KiB on Linux")
	}
	for _, of := range shapes {
		for n := 10_000; n <= 10_000_000; n *= 10 {
			b.Run(fmt.Sprintf("%s/%d", of.name, n), func(b *testing.B) { benchmarkLarge(b, of, n) })
		}
	}
}

// benchmarkLarge measures both commands on a record of n attempts.
func benchmarkLarge(b *testing.B, of shape, n int) {
	if testing.Short() && n > 1_000_000 {
		b.Skip("ten million attempts take a minute and more than a gigabyte")
	}
	dir := filepath.Join(b.TempDir(), "sale")
	if out, err := exec.Command("record", dir, of.name, fmt.Sprint(n)).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for _, command := range []string{"check", "report"} {
		b.Run(command, func(b *testing.B) { benchmarkCommand(b, n, command, dir) })
	}
}

// benchmarkCommand runs a command on a record of n attempts.
func benchmarkCommand(b *testing.B, n int, command, dir string) {
	var cpu time.Duration
	var peak int64
	for b.Loop() {
		cmd := exec.Command("seckill", command, dir)
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		peak = max(peak, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s")
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N)/float64(n), "cpu-ns/attempt")
	b.ReportMetric(float64(peak)/1024, "MiB")
}

package scenario

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
	"unsafe"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// What an attempt and a buyer may cost the driver while a sale goes on, in
// bytes that stay.
const (
	maxPerAttempt = 0.25
	maxPerBuyer   = 16
)

const attemptBytes = float64(unsafe.Sizeof(history.Attempt{}))

// A drive, with its record on disk and its live view, keeps nothing of an
// attempt that has passed, and hardly anything of a buyer: what is alive after
// many attempts is what is alive after few.
func TestADriveKeepsNothing(t *testing.T) {
	const few, many = 150_000, 450_000 // more than a segment, of which one is held
	for _, tt := range []struct {
		reason, arrivals string
		attempts         int64 // of each buyer
		most             float64
		sink             func() history.Sink
	}{
		{"the same buyers again and again", "closed:64", 200, maxPerAttempt, nil},
		{"a buyer for each attempt", "closed:64", 1, maxPerBuyer, nil},
		{"a buyer for each arrival", "poisson:1000000/s", 1, maxPerBuyer, nil},
		{"a sink that remembers", "closed:64", 1, 2 * attemptBytes, func() history.Sink { return new(all) }},
	} {
		weigh := func(attempts int64) int64 {
			spec := good(func(s *Spec) {
				arrivals(tt.arrivals)(s)
				s.Buyers, s.Attempts = new(attempts/tt.attempts), exactly(tt.attempts)
			})
			folder, err := history.Create(filepath.Join(t.TempDir(), "history"), history.Head{})
			if err != nil {
				t.Fatal(err)
			}
			sinks := []history.Sink{folder, report.NewLive(&history.Head{Model: string(spec.Arrivals.Model)})}
			if tt.sink != nil {
				sinks = append(sinks, tt.sink())
			}
			return staysAlive(t, spec, sinks)
		}
		grown := math.Inf(1) // the least of three: what other tests left behind goes in between
		for range 3 {
			grown = min(grown, float64(weigh(many)-weigh(few))/(many-few))
		}
		t.Logf("%s: %.3f bytes an attempt", tt.reason, grown)
		if remembers := tt.sink != nil; grown > tt.most || remembers && grown < attemptBytes/2 {
			t.Errorf("%s: %.3f bytes an attempt stay", tt.reason, grown)
		}
	}
}

// staysAlive drives a sale without a server, and returns the bytes that are in
// use when its buyers have left and every sink has seen all, beside the empty
// chunks of the recorder, of which there are never more than a few.
func staysAlive(t *testing.T, spec Spec, sinks []history.Sink) int64 {
	d, stop := driveOf(t, spec, sinks...)
	d.sell(lot{0, 1})
	stop()
	texts, receipts := d.rec.Texts, d.rec.Receipts
	d.rec = nil
	bytes := liveHeap()
	for _, kept := range []any{d, texts, receipts, sinks} {
		runtime.KeepAlive(kept)
	}
	return bytes
}

// liveHeap is the bytes of the heap that are in use.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // what pools keep is let go by the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Events come as long as a sale goes on, and stay in few bytes until it is over.
func TestEventsStayInFewBytes(t *testing.T) {
	const n = 100_000
	folder, err := history.Create(filepath.Join(t.TempDir(), "history"), history.Head{})
	if err != nil {
		t.Fatal(err)
	}
	begin := int64(0)
	for i := range int64(2 * n) {
		if i == n {
			begin = liveHeap()
		}
		at := i * int64(10*time.Millisecond)
		folder.Event(history.Event{At: at, Until: at + 100_000 + i*7919%50_000, Kind: history.EventStock, Units: 10_000_000 - 100*i + i*7919%20})
	}
	grown := float64(liveHeap()-begin) / n
	runtime.KeepAlive(folder)
	t.Logf("%.1f bytes an event", grown)
	if grown > maxPerBuyer {
		t.Errorf("%.1f bytes an event stay", grown)
	}
}

var (
	soak     = flag.Duration("soak", 30*time.Second, "how long BenchmarkSoak goes on")
	soakRate = flag.String("soak-arrivals", "poisson:10000/s", "the arrivals of BenchmarkSoak")
	soakConn = flag.String("soak-conns", "pool:64", "the connections of BenchmarkSoak")
)

// BenchmarkSoak is a long sale on a private redis-server, recorded on disk as
// seckill run does. It prints a table of what the process of the driver takes
// (the server is another one), a line every ten seconds or a tenth of its time:
// the resident memory, the heap that the last collection found in use, the
// stacks and the goroutines. It reports how many bytes the live heap grew by an
// attempt between the first quarter and the end. An hour:
//
//	go test ./scenario -run '^$' -bench Soak -benchtime 1x -timeout 2h -args -soak 1h
func BenchmarkSoak(b *testing.B) {
	srv := privateServer(b)
	s, err := strategy.Find("once", "")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		spec := good(arrivals(*soakRate))
		spec.Duration, spec.Sample, spec.Stock = *soak, 10*time.Millisecond, exactly(1000)
		if err := spec.Conns.UnmarshalText([]byte(*soakConn)); err != nil {
			b.Fatal(err)
		}
		planned, err := New(b.Context(), "soak", spec, s, srv)
		if err != nil {
			b.Fatal(err)
		}
		grown, dir := soaked(b, planned)
		b.ReportMetric(grown, "live-B/attempt")
		b.Logf("record: %s", dir)
	}
}

// soaked runs the sale, and returns the growth in bytes an attempt.
func soaked(b *testing.B, planned *Sale) (grown float64, dir string) {
	dir = filepath.Join(b.TempDir(), "history")
	folder, err := history.Create(dir, planned.Head)
	if err != nil {
		b.Fatal(err)
	}
	rec := history.NewRecorder(folder, report.NewLive(&planned.Head))
	over, table := make(chan struct{}), make(chan []memoryRow)
	go func() { table <- sampleMemory(rec, over) }()
	tail, err := planned.Run(b.Context(), rec, folder.Event)
	close(over)
	rows := <-table
	for _, err := range []error{err, rec.Close(), folder.Finish(tail)} {
		if err != nil {
			b.Fatal(err)
		}
	}
	if len(rows) < 4 {
		b.Fatalf("%d samples, too few to tell", len(rows))
	}
	from, to := rows[len(rows)/4], rows[len(rows)-1]
	return float64(to.live-from.live) / float64(to.attempts-from.attempts), dir
}

// A memoryRow is what a process takes at one time, in bytes.
type memoryRow struct {
	attempts, rss, live, heap, stacks, goroutines int64
}

// sampleMemory prints rows until over is closed, and returns them.
func sampleMemory(rec *history.Recorder, over <-chan struct{}) (rows []memoryRow) {
	out := tabwriter.NewWriter(os.Stdout, 9, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "\nseconds\tattempts\tRSS MiB\tlive MiB\theap MiB\tstacks MiB\tgoroutines\t")
	begin := time.Now()
	tick := time.NewTicker(min(10*time.Second, *soak/10))
	defer tick.Stop()
	for {
		select {
		case <-over:
			return rows
		case <-tick.C:
			r := memoryNow()
			r.attempts = rec.Count()
			rows = append(rows, r)
			mib := func(n int64) float64 { return float64(n) / (1 << 20) }
			fmt.Fprintf(out, "%.0f\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t\n", time.Since(begin).Seconds(), r.attempts,
				mib(r.rss), mib(r.live), mib(r.heap), mib(r.stacks), r.goroutines)
			out.Flush()
		}
	}
}

func memoryNow() memoryRow {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/sched/goroutines:goroutines"},
	}
	metrics.Read(samples)
	r := memoryRow{
		live: int64(samples[0].Value.Uint64()), heap: int64(samples[1].Value.Uint64()),
		stacks: int64(samples[2].Value.Uint64()), goroutines: int64(samples[3].Value.Uint64()),
	}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		var pages int64
		fmt.Fscan(strings.NewReader(string(text)), new(int64), &pages)
		r.rss = pages * int64(os.Getpagesize())
	}
	return r
}

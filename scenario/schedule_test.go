package scenario

import (
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/arrival"
)

// A way is one of waiting for the next arrival. It returns a function that does
// not return before an instant of the clock, and one that ends it.
type way struct {
	name string
	wait func(*clock) (until func(int64) bool, stop func())
}

// ways are those that were considered; platformWays adds what the system has.
var ways = append([]way{
	{"timer", func(c *clock) (func(int64) bool, func()) {
		a := newAlarm(c.now, nil, 0)
		a.nudge.close()
		a.nudge = nudge{}
		return a.until, a.stop
	}},
	{"nudged", napping(0)},
	{"nap=50us", napping(50 * time.Microsecond)},
	{"nap=100us", napping(100 * time.Microsecond)},
	{"nap=200us", napping(200 * time.Microsecond)},
	{"nap=400us", napping(400 * time.Microsecond)},
	{"nudged+yield", func(c *clock) (func(int64) bool, func()) {
		a := newAlarm(c.now, nil, 0)
		return func(at int64) bool {
			if early := at - int64(100*time.Microsecond); early > c.now() {
				a.until(early)
			}
			return yield(c, at)
		}, a.stop
	}},
	{"yield", func(c *clock) (func(int64) bool, func()) {
		return func(at int64) bool { return yield(c, at) }, func() {}
	}},
	{"spin", func(c *clock) (func(int64) bool, func()) {
		runtime.LockOSThread()
		return func(at int64) bool {
			for c.now() < at {
			}
			return true
		}, runtime.UnlockOSThread
	}},
}, platformWays...)

func napping(nap time.Duration) func(*clock) (func(int64) bool, func()) {
	return func(c *clock) (func(int64) bool, func()) {
		a := newAlarm(c.now, nil, int64(nap))
		return a.until, a.stop
	}
}

func yield(c *clock, at int64) bool {
	for c.now() < at {
		runtime.Gosched()
	}
	return true
}

// letIn plays so many arrivals with buyers who do nothing but look at the clock,
// and returns how late each was, sorted, in ns.
func letIn(w way, times arrival.Process, n int) []int64 {
	late := make([]int64, n)
	var inside sync.WaitGroup
	clock := newClock()
	until, stop := w.wait(clock)
	defer stop()
	came := 0
	for at := range times {
		if came == n {
			break
		}
		until(int64(at))
		late := &late[came]
		inside.Go(func() { *late = clock.now() - int64(at) })
		came++
	}
	inside.Wait()
	slices.Sort(late)
	return late
}

// BenchmarkSchedule lets a second of Poisson arrivals in, whose buyers do
// nothing. It reports how late they were from due to the first instruction of
// their goroutines, and the cores the process used. Of several runs it takes the
// median of each figure: run it with -benchtime 5x.
func BenchmarkSchedule(b *testing.B) {
	for _, rate := range []int{1000, 10_000, 50_000, 200_000} {
		for _, w := range ways {
			b.Run(fmt.Sprintf("%d/%s", rate, w.name), func(b *testing.B) {
				var figures [5][]float64
				spec := good(arrivals(fmt.Sprintf("poisson:%d/s", rate)))
				for b.Loop() {
					before, begin := readUsage().cpu, time.Now()
					late := letIn(w, spec.Arrivals.Times(spec.source(streamArrivals)), rate)
					cores := (readUsage().cpu - before).Seconds() / time.Since(begin).Seconds()
					us := func(q float64) float64 { return float64(late[int(q*float64(rate-1))]) / 1e3 }
					for i, v := range []float64{us(.5), us(.99), us(.999), us(1), cores} {
						figures[i] = append(figures[i], v)
					}
				}
				for i, unit := range []string{"p50-µs", "p99-µs", "p99.9-µs", "max-µs", "cores"} {
					slices.Sort(figures[i])
					b.ReportMetric(figures[i][len(figures[i])/2], unit)
				}
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// BenchmarkScheduleBesideServer lets 10,000 buyers a second in who do nothing,
// while redis-benchmark asks a private redis-server as fast as it can. It
// reports the server's rate as a share of its rate beside nobody, the median of
// runs in turn: what waiting takes from a server on the same machine.
func BenchmarkScheduleBesideServer(b *testing.B) {
	if _, err := exec.LookPath("redis-benchmark"); err != nil {
		b.Skip("needs redis-benchmark")
	}
	srv := privateServer(b)
	for _, w := range ways {
		b.Run(w.name, func(b *testing.B) {
			var shares []float64
			for b.Loop() {
				alone := redisBenchmark(b, srv.Address)
				over, left := make(chan struct{}), make(chan struct{})
				go func() {
					defer close(left)
					spec := good(arrivals("poisson:10000/s"))
					letIn(w, endless(spec.Arrivals.Times(spec.source(streamArrivals)), over), 1<<20)
				}()
				beside := redisBenchmark(b, srv.Address)
				close(over)
				<-left
				shares = append(shares, beside/alone)
			}
			slices.Sort(shares)
			b.ReportMetric(shares[len(shares)/2], "x-alone")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// endless ends a process when over is closed.
func endless(times arrival.Process, over <-chan struct{}) arrival.Process {
	return func(yield func(time.Duration) bool) {
		for at := range times {
			select {
			case <-over:
				return
			default:
			}
			if !yield(at) {
				return
			}
		}
	}
}

// redisBenchmark returns the commands a second that the server answers.
func redisBenchmark(b *testing.B, address string) float64 {
	host, port, _ := strings.Cut(strings.TrimPrefix(address, "redis://"), ":")
	args := []string{"-n", "100000", "-c", "50", "-t", "set", "--csv", "-h", host, "-p", port}
	out, err := exec.CommandContext(b.Context(), "redis-benchmark", args...).Output()
	if err != nil {
		b.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	rate, err := strconv.ParseFloat(strings.Trim(strings.Split(lines[len(lines)-1], ",")[1], `"`), 64)
	if err != nil {
		b.Fatal(err, string(out))
	}
	return rate
}

// BenchmarkScheduleBuyer is what it costs to have a buyer begin, with a stack as
// deep as an attempt's: a goroutine for each, or one that was parked after the
// buyer before. A thousand at a time are inside.
func BenchmarkScheduleBuyer(b *testing.B) {
	const inside = 1000
	b.Run("goroutine", func(b *testing.B) {
		for n := 0; n < b.N; n += inside {
			var wg sync.WaitGroup
			for range inside {
				wg.Go(func() { deep(7) })
			}
			wg.Wait()
		}
	})
	b.Run("parked", func(b *testing.B) {
		var wg sync.WaitGroup
		parked := make(chan chan int, inside)
		for range inside {
			mine := make(chan int)
			parked <- mine
			go func() {
				for depth := range mine {
					deep(depth)
					parked <- mine
					wg.Done()
				}
			}()
		}
		for n := 0; n < b.N; n += inside {
			for range inside {
				wg.Add(1)
				<-parked <- 7
			}
			wg.Wait()
		}
		for range inside {
			close(<-parked)
		}
	})
}

// deep uses half a kilobyte of stack a level.
//
//go:noinline
func deep(levels int) byte {
	var frame [512]byte
	frame[levels] = byte(levels)
	if levels > 0 {
		frame[0] = deep(levels - 1)
	}
	return frame[0] + frame[levels]
}

// BenchmarkScheduleDrive is a second of a whole drive without a server, whose
// link answers at once: buyers in goroutines that are used again, and in one of
// its own each. It reports the lateness from due to call, and the CPU an attempt.
func BenchmarkScheduleDrive(b *testing.B) {
	for _, rate := range []int{10_000, 50_000, 200_000} {
		for name, idle := range map[string]int{"crew": maxIdle, "goroutine": 0} {
			b.Run(fmt.Sprintf("%d/%s", rate, name), func(b *testing.B) {
				var figures [3][]float64
				for b.Loop() {
					var seen all
					d, stop := driveOf(b, good(func(s *Spec) {
						arrivals(fmt.Sprintf("poisson:%d/s", rate))(s)
						s.Buyers = new(int64(rate))
					}), &seen)
					before := readUsage().cpu
					letInBy(d, idle)
					cpu := readUsage().cpu - before
					stop()
					late := make([]int64, len(seen))
					for i := range seen {
						late[i] = seen[i].Call - seen[i].Due
					}
					slices.Sort(late)
					for i, v := range []float64{float64(late[rate/2]) / 1e3, float64(late[rate*99/100]) / 1e3, float64(cpu.Microseconds()) / float64(rate)} {
						figures[i] = append(figures[i], v)
					}
				}
				for i, unit := range []string{"p50-µs", "p99-µs", "cpu-µs/attempt"} {
					slices.Sort(figures[i])
					b.ReportMetric(figures[i][len(figures[i])/2], unit)
				}
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// letInBy is what arrive does, with so many idle goroutines at most.
func letInBy(d *drive, idle int) {
	d.open(make(chan struct{}))
	crew := &crew{play: d.admit, most: idle}
	alarm := newAlarm(d.clock.now, nil, nap)
	defer alarm.stop()
	for at := range d.spec.Arrivals.Times(d.spec.source(streamArrivals)) {
		if d.came == d.plan.head.Buyers {
			break
		}
		alarm.until(int64(at))
		crew.admit(part{uint32(d.came), int64(at)})
		d.came++
	}
	crew.leave()
	d.empty()
}

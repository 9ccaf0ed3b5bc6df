package scenario

import (
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
)

// usage is what the driver's process has used so far.
type usage struct {
	cpu     time.Duration
	maxRSS  int64 // bytes
	gcs     int64
	gcPause time.Duration
	cgroup  cgroup
}

func readUsage() usage {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return usage{}
	}
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	return usage{
		cpu:     time.Duration(r.Utime.Nano() + r.Stime.Nano()),
		maxRSS:  int64(r.Maxrss) * rssUnit,
		gcs:     gc.NumGC,
		gcPause: gc.PauseTotal,
		cgroup:  readCgroup(os.DirFS("/")),
	}
}

// until adds to a driver what was used from u to now, in a time in which the
// doors were open.
func (u usage) until(now usage, open time.Duration, d *history.Driver) {
	d.Time += int64(open)
	d.CPU += int64(now.cpu - u.cpu)
	d.GCs += now.gcs - u.gcs
	d.GCPause += int64(now.gcPause - u.gcPause)
	d.GCPauseMax = max(d.GCPauseMax, int64(longestPause(now.gcs-u.gcs)))
	d.MaxRSS = now.maxRSS
	if lost := now.cgroup.since(u.cgroup); lost != nil {
		if d.Throttled == nil {
			d.Throttled = new(history.Throttled)
		}
		d.Throttled.Times += lost.Times
		d.Throttled.Time += lost.Time
	}
	d.CPUs = float64(min(runtime.GOMAXPROCS(0), runtime.NumCPU()))
	if quota := now.cgroup.quota; quota > 0 {
		d.Quota, d.CPUs = &quota, min(d.CPUs, quota)
	}
	d.Files = openFiles()
}

// longestPause is the longest of the collector's last n pauses, as far back as
// the runtime remembers.
func longestPause(n int64) time.Duration {
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	var longest time.Duration
	for _, pause := range gc.Pause[:min(n, int64(len(gc.Pause)))] {
		longest = max(longest, pause)
	}
	return longest
}

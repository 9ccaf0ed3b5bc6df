package scenario

import (
	"runtime/debug"
	"syscall"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
)

// usage is what the driver's process has used so far.
type usage struct {
	cpu    time.Duration
	maxRSS int64 // bytes
	gcs    int64
}

func readUsage() usage {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return usage{}
	}
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	return usage{
		cpu:    time.Duration(r.Utime.Nano() + r.Stime.Nano()),
		maxRSS: int64(r.Maxrss) * rssUnit,
		gcs:    gc.NumGC,
	}
}

// until is what was used from u to now.
func (u usage) until(now usage) history.Driver {
	return history.Driver{
		CPU: int64(now.cpu - u.cpu), MaxRSS: now.maxRSS,
		GCPauseMax: int64(longestPause(now.gcs - u.gcs)), Bound: "unknown",
	}
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

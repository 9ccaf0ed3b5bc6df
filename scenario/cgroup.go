package scenario

import (
	"bufio"
	"bytes"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
)

// A cgroup is the control group of this process, as far as it bounds the CPU.
// The zero cgroup bounds nothing.
type cgroup struct {
	// quota is in CPUs; 0: none.
	quota float64
	// counted: the group counts how often its quota was used up, throttled times
	// for lost together.
	counted   bool
	throttled int64
	lost      time.Duration
}

// Of every group above a process the smallest quota holds, and whichever was
// throttled kept it from running. Documented in the kernel's
// Documentation/admin-guide/cgroup-v2.rst and scheduler/sched-bwc.rst.

// readCgroup reads the groups of this process in the root of a file system.
func readCgroup(root fs.FS) cgroup {
	var g cgroup
	names, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return g
	}
	for lines := bufio.NewScanner(bytes.NewReader(names)); lines.Scan(); {
		// 0::/path for version 2, 4:cpu,cpuacct:/path for version 1.
		parts := strings.SplitN(lines.Text(), ":", 3)
		if len(parts) != 3 {
			continue
		}
		if parts[1] == "" {
			g.climb(root, "sys/fs/cgroup", parts[2], (*cgroup).readV2)
		}
		for controller := range strings.SplitSeq(parts[1], ",") {
			if controller == "cpu" {
				g.climb(root, "sys/fs/cgroup/"+parts[1], parts[2], (*cgroup).readV1)
				g.climb(root, "sys/fs/cgroup/cpu", parts[2], (*cgroup).readV1)
			}
		}
	}
	return g
}

// climb reads a group and those above it. In a container the group may be
// mounted where the root would be, and its name lead nowhere.
func (g *cgroup) climb(root fs.FS, mount, name string, read func(*cgroup, fs.FS, string)) {
	for at := path.Join(mount, name); len(at) >= len(mount); at = path.Dir(at) {
		read(g, root, at)
	}
}

func (g *cgroup) readV2(root fs.FS, dir string) {
	limit, _ := fs.ReadFile(root, path.Join(dir, "cpu.max")) // "max 100000", or "150000 100000"
	if parts := strings.Fields(string(limit)); len(parts) == 2 {
		g.bound(parts[0], parts[1])
	}
	g.count(root, dir, "throttled_usec", time.Microsecond)
}

func (g *cgroup) readV1(root fs.FS, dir string) {
	quota, _ := fs.ReadFile(root, path.Join(dir, "cpu.cfs_quota_us")) // -1 is none
	period, _ := fs.ReadFile(root, path.Join(dir, "cpu.cfs_period_us"))
	g.bound(strings.TrimSpace(string(quota)), strings.TrimSpace(string(period)))
	g.count(root, dir, "throttled_time", time.Nanosecond)
}

func (g *cgroup) bound(quota, period string) {
	q, errQ := strconv.ParseFloat(quota, 64)
	p, errP := strconv.ParseFloat(period, 64)
	if errQ != nil || errP != nil || q <= 0 || p <= 0 {
		return
	}
	if g.quota == 0 || q/p < g.quota {
		g.quota = q / p
	}
}

// count reads cpu.stat. The group that lost most stands for all: what one lost
// because of another above it is counted there.
func (g *cgroup) count(root fs.FS, dir, name string, unit time.Duration) {
	text, err := fs.ReadFile(root, path.Join(dir, "cpu.stat"))
	if err != nil {
		return
	}
	of := map[string]int64{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			of[key] = n
		}
	}
	lost, told := of[name]
	if !told {
		return // the root counts nothing
	}
	if took := time.Duration(lost) * unit; !g.counted || took > g.lost {
		g.throttled, g.lost = of["nr_throttled"], took
	}
	g.counted = true
}

// since is what was lost since; nil where nothing is counted.
func (g *cgroup) since(before cgroup) *history.Throttled {
	if !g.counted || !before.counted {
		return nil
	}
	return &history.Throttled{Times: g.throttled - before.throttled, Time: int64(g.lost - before.lost)}
}

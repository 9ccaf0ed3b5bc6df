package scenario

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
)

// files makes a file system of some names and texts.
func files(namesAndTexts ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i+1 < len(namesAndTexts); i += 2 {
		fsys[namesAndTexts[i]] = &fstest.MapFile{Data: []byte(namesAndTexts[i+1])}
	}
	return fsys
}

func TestReadCgroup(t *testing.T) {
	const v2, v1 = "0::/a/b\n", "9:name=systemd:/\n4:cpu,cpuacct:/a\n0::/\n"
	for _, test := range []struct {
		reason string
		root   fstest.MapFS
		want   cgroup
	}{
		{"no control groups", files(), cgroup{}},
		{"none that bounds", files("proc/self/cgroup", v2, "sys/fs/cgroup/cpu.stat", "usage_usec 5\n"), cgroup{}},
		{"a quota", files("proc/self/cgroup", v2, "sys/fs/cgroup/a/b/cpu.max", "150000 100000\n",
			"sys/fs/cgroup/a/b/cpu.stat", "usage_usec 9\nnr_periods 40\nnr_throttled 3\nthrottled_usec 250\n"),
			cgroup{1.5, true, 3, 250 * time.Microsecond}},
		{"no quota of its own, and a smaller one above", files("proc/self/cgroup", v2,
			"sys/fs/cgroup/a/b/cpu.max", "max 100000\n", "sys/fs/cgroup/a/b/cpu.stat", "nr_throttled 0\nthrottled_usec 0\n",
			"sys/fs/cgroup/a/cpu.max", "50000 100000\n", "sys/fs/cgroup/a/cpu.stat", "nr_throttled 7\nthrottled_usec 900\n"),
			cgroup{.5, true, 7, 900 * time.Microsecond}},
		{"a container that sees itself as the root", files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/cpu.max", "200000 100000\n",
			"sys/fs/cgroup/cpu.stat", "nr_throttled 1\nthrottled_usec 2\n"),
			cgroup{2, true, 1, 2 * time.Microsecond}},
		{"version 1", files("proc/self/cgroup", v1, "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "25000\n", "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n",
			"sys/fs/cgroup/cpu,cpuacct/a/cpu.stat", "nr_periods 9\nnr_throttled 2\nthrottled_time 5000\n"),
			cgroup{.25, true, 2, 5 * time.Microsecond}},
		{"version 1 without a quota, in a container whose name leads nowhere", files("proc/self/cgroup", v1, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n", "sys/fs/cgroup/cpu/cpu.stat", "nr_throttled 0\nthrottled_time 0\n"),
			cgroup{0, true, 0, 0}},
		{"what is no number is nothing", files("proc/self/cgroup", v2, "sys/fs/cgroup/a/b/cpu.max", "x y\n", "sys/fs/cgroup/a/b/cpu.stat", "throttled_usec x\n"), cgroup{}},
	} {
		if got := readCgroup(test.root); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.reason, got, test.want)
		}
	}
}

func TestUsageIsSummed(t *testing.T) {
	var d history.Driver
	before := usage{cpu: 5, gcPause: 7, cgroup: cgroup{counted: true, throttled: 2, lost: 100}}
	after := usage{cpu: 25, gcPause: 10, maxRSS: 99, cgroup: cgroup{quota: .5, counted: true, throttled: 5, lost: 150}}
	before.until(after, 40, &d)
	before.until(after, 60, &d)
	if d.Time != 100 || d.CPU != 40 || d.GCPause != 6 || d.MaxRSS != 99 || d.Throttled == nil || *d.Throttled != (history.Throttled{Times: 6, Time: 100}) {
		t.Errorf("%+v, %+v", d, d.Throttled)
	}
	if d.Quota == nil || *d.Quota != .5 || d.CPUs != .5 {
		t.Errorf("a quota of half a CPU: %v of %v", d.CPUs, d.Quota)
	}
	before.cgroup.counted, d.Throttled = false, nil
	before.until(after, 1, &d)
	if d.Throttled != nil {
		t.Errorf("nothing was counted before: %+v", d.Throttled)
	}
}

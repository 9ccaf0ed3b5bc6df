package scenario

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/arrival"
)

// What one buyer inside and one attempt take, measured at 200,000 buyers: a
// goroutine that waits for a connection, and what judge and reports keep.
const (
	bytesInside  = 6 << 10
	bytesAttempt = 64
)

// fits refuses a plan that needs more memory or open files than there are.
func (s *Spec) fits() error {
	if err := fitsFiles(s.Connections()+s.readLinks(), 1, openFiles()); err != nil {
		return err
	}
	return s.fitsInMemory()
}

func (s *Spec) fitsInMemory() error {
	free, known := freeMemory()
	if !known {
		return nil
	}
	inside := *s.Buyers
	switch {
	case s.Arrivals.Model == arrival.Closed:
		inside = min(inside, int64(s.Arrivals.Inside))
	case s.Arrivals.Paced():
		inside = 0 // as many as the server keeps waiting: not known before
	}
	need := inside*bytesInside + int64(float64(*s.Buyers)*s.purchases())*bytesAttempt
	if need <= free {
		return nil
	}
	return fmt.Errorf("%d buyers, %d of them inside at once, need about %s of memory and %s is free; --arrivals closed:N keeps fewer inside",
		*s.Buyers, inside, gib(need), gib(free))
}

func gib(bytes int64) string { return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30)) }

// freeMemory is what this process may still use: what the system has free, or
// what is left of the limit of its control group, in bytes.
func freeMemory() (bytes int64, known bool) {
	bytes, known = memAvailable()
	limit, limited := readNumber("/sys/fs/cgroup/memory.max")
	used, _ := readNumber("/sys/fs/cgroup/memory.current")
	if limited && (!known || limit-used < bytes) {
		return limit - used, true
	}
	return bytes, known
}

func memAvailable() (int64, bool) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), "MemAvailable:"); found {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			return kib << 10, err == nil
		}
	}
	return 0, false
}

func readNumber(path string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

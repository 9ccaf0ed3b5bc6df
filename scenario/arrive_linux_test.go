package scenario

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A nudge is a file that becomes readable in time, over and over though nobody
// reads it. Whether the runtime then wakes sooner is for BenchmarkSchedule to
// show: here nothing depends on how fast the machine is.
func TestANudgeComes(t *testing.T) {
	var n nudge
	n.open()
	readable := func(ms int) bool {
		for {
			got, err := unix.Poll([]unix.PollFd{{Fd: int32(n.fd), Events: unix.POLLIN}}, ms)
			if err != unix.EINTR {
				return got == 1
			}
		}
	}
	for range 3 {
		if n.in(time.Hour); readable(0) {
			t.Error("readable an hour early")
		}
		if n.in(time.Microsecond); !readable(10_000) {
			t.Error("not readable after 10 s")
		}
	}
	n.close()
	if _, err := unix.FcntlInt(uintptr(n.fd), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("the file is still open: %v", err)
	}
	new(nudge).in(time.Second) // where there is no timerfd
	new(nudge).close()
}

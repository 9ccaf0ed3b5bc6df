package scenario

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
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

// Who lets buyers in and never sleeps still has the runtime poll: two who talk to
// each other over a socket get a word in at every breath.
func TestWhoIsBehindLetsOthersBeHeard(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	var words atomic.Int64
	var talk sync.WaitGroup
	ends := [2]*os.File{os.NewFile(uintptr(fds[0]), "one"), os.NewFile(uintptr(fds[1]), "other")}
	for _, end := range ends {
		talk.Go(func() {
			var word [1]byte
			for {
				if _, err := end.Read(word[:]); err != nil {
					return
				}
				words.Add(1)
				end.Write(word[:])
			}
		})
	}
	ends[0].Write([]byte{1})

	var clock int64
	alarm := newAlarm(func() int64 { clock++; return clock + int64(time.Hour) }, nil, nap)
	alarm.late = true
	const breaths = 500
	for due := range int64(breaths * breath) {
		alarm.until(due)
	}
	alarm.stop()
	if n := words.Load(); n < breaths/4 {
		t.Errorf("%d words in %d breaths", n, breaths)
	}
	for _, end := range ends {
		end.Close()
	}
	talk.Wait()
}

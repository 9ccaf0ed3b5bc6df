package scenario

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A nudge makes the Go runtime look at its timers on time. A process with
// nothing to do sleeps in epoll_wait, whose time the runtime rounds up to whole
// milliseconds (netpoll in runtime/netpoll_epoll.go); a timer of the kernel's
// among the polled files wakes it to the microsecond. Nobody reads the file:
// the runtime polls it edge-triggered, and each expiry is an edge. Without a
// nudge the timers are a millisecond late, and that is all.
type nudge struct {
	fd   int
	file *os.File
}

func (n *nudge) open() {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err == nil {
		n.fd, n.file = fd, os.NewFile(uintptr(fd), "timerfd") // which has the runtime poll it
	}
}

// in nudges after that time, more than 0. It is called when the timer of Go's
// has been set, so that it does not come before that.
func (n *nudge) in(wait time.Duration) {
	if n.file != nil {
		unix.TimerfdSettime(n.fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(int64(wait))}, nil)
	}
}

// moment is the least time that wait takes: long enough for the file not to be
// ready when it is read, or the runtime would not have to poll.
const moment = 50 * time.Microsecond

// wait returns when the runtime has polled its files.
func (n *nudge) wait() {
	if n.file != nil {
		n.in(moment)
		var expiries [8]byte
		n.file.Read(expiries[:])
	}
}

func (n *nudge) close() {
	if n.file != nil {
		n.file.Close()
	}
}

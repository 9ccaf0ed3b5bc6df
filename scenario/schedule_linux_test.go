package scenario

import (
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

var platformWays = []way{
	{"nanosleep", func(c *clock) (func(int64) bool, func()) {
		runtime.LockOSThread()
		unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
		return func(at int64) bool {
			for wait := at - c.now(); wait > 0; wait = at - c.now() {
				pause := syscall.NsecToTimespec(wait)
				syscall.Nanosleep(&pause, nil)
			}
			return true
		}, runtime.UnlockOSThread
	}},
	{"timerfd", func(c *clock) (func(int64) bool, func()) {
		fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
		if err != nil {
			panic(err)
		}
		file := os.NewFile(uintptr(fd), "timerfd")
		var expiries [8]byte
		return func(at int64) bool {
			if wait := time.Duration(at - c.now()); wait > 0 {
				unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(int64(wait))}, nil)
				file.Read(expiries[:])
			}
			return true
		}, func() { file.Close() }
	}},
}

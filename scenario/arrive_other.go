//go:build !linux

package scenario

import "time"

// A nudge is not needed where the runtime waits to the nanosecond, as it does in
// kqueue.
type nudge struct{}

func (nudge) open()            {}
func (nudge) in(time.Duration) {}
func (nudge) wait()            {}
func (nudge) close()           {}

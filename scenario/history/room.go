package history

import (
	"math"
	"time"
)

// Admission is when a buyer is let in from the waiting room, in ns from the opening,
// however late the driver was: the n-th after n/Admit seconds. Without a waiting
// room it is 0.
func (h *Head) Admission(buyer uint32) int64 {
	if h.Admit == 0 {
		return 0
	}
	return int64(math.Round(float64(buyer) / h.Admit * 1e9))
}

// Waited is how long an attempt was in the waiting room: from due to admission, which
// is nothing for what a buyer asks for later. in is false for one that was still there
// when the doors closed.
func (h *Head) Waited(a *Attempt) (d time.Duration, in bool) {
	wait := max(h.Admission(a.Buyer)-a.Due, 0)
	return time.Duration(wait), (int64(a.Start)+1)*1000 > wait // Start is cut to microseconds
}

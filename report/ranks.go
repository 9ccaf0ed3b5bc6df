package report

import (
	"cmp"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// maxRanked bounds the attempts that ranks keeps.
const maxRanked = 2000

// ranks is an even sample of the attempts of a sale that reached a connection:
// every stride-th. When it is full, every second is let go and the stride
// doubles, so it needs no random source and no length known in advance.
type ranks struct {
	stride, seen int64
	kept         []ranked
}

// A ranked is an attempt with its place in the queue.
type ranked struct {
	call, response int64
	outcome        sale.Outcome
	// rank is the attempt's arrival rank: how many attempts were called
	// before it, to the stride of the sample.
	rank int64
}

// newRanks returns an empty sample.
func newRanks() *ranks { return &ranks{stride: 1} }

// add considers an attempt.
func (r *ranks) add(a *history.Attempt) {
	if a.Call == history.Never || a.Return == history.Never {
		return
	}
	if r.seen%r.stride == 0 {
		r.keep(a)
	}
	r.seen++
}

func (r *ranks) keep(a *history.Attempt) {
	if len(r.kept) == maxRanked {
		for i := range maxRanked / 2 {
			r.kept[i] = r.kept[2*i]
		}
		r.kept = r.kept[:maxRanked/2]
		r.stride *= 2
		if r.seen%r.stride != 0 {
			return
		}
	}
	r.kept = append(r.kept, ranked{call: a.Call, response: a.Return - a.Due, outcome: a.Outcome})
}

// finish puts the sample in order of call and numbers it.
func (r *ranks) finish() {
	slices.SortFunc(r.kept, func(a, b ranked) int { return cmp.Compare(a.call, b.call) })
	for i := range r.kept {
		r.kept[i].rank = int64(i) * r.stride
	}
}

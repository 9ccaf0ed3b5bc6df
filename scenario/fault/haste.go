package fault

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Haste says which buyers wait for less than they would. The zero Haste is
// ready, and lets all wait.
type Haste struct {
	// Seed decides whom it meets, by his request and how often he has sent it.
	Seed uint64

	mu  sync.Mutex
	now atomic.Pointer[[]*hurry]
}

// A hurry is one reason to leave early.
type hurry struct {
	share  float64
	within time.Duration
	// drawn: at any moment within that time, and not at its end.
	drawn bool
	hits  atomic.Int64
}

// On reports whether anybody is in haste now.
func (h *Haste) On() bool {
	all := h.now.Load()
	return all != nil && len(*all) > 0
}

// Cut returns how long after the call an attempt is given up, and whom to tell
// if it was; nil: it is not. Of a request the tries are counted from 0.
func (h *Haste) Cut(request uint32, try uint8) (wait time.Duration, left func()) {
	all := h.now.Load()
	if all == nil || len(*all) == 0 {
		return 0, nil
	}
	rng := rand.New(rand.NewPCG(h.Seed, uint64(request)<<8|uint64(try)))
	for _, one := range *all {
		if rng.Float64() >= one.share {
			continue
		}
		wait = one.within
		if one.drawn {
			wait = time.Duration(rng.Int64N(int64(one.within)))
		}
		return wait, func() { one.hits.Add(1) }
	}
	return 0, nil
}

// change replaces the reasons.
func (h *Haste) change(to func([]*hurry) []*hurry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []*hurry
	if now := h.now.Load(); now != nil {
		all = *now
	}
	all = to(slices.Clone(all))
	h.now.Store(&all)
}

func (r *Rig) hurry(_ context.Context, d *deed) (effect, error) {
	one := &hurry{share: d.share(), within: d.Delay, drawn: d.Do == "cancel"}
	r.Haste.change(func(all []*hurry) []*hurry { return append(all, one) })
	return effect{ofAll(d), func(context.Context) (string, error) {
		r.Haste.change(func(all []*hurry) []*hurry {
			return slices.DeleteFunc(all, func(h *hurry) bool { return h == one })
		})
		if one.hits.Load() == 0 {
			r.fail("%s met nobody", d.Fault)
		}
		return plural(one.hits.Load(), "attempt"), nil
	}}, nil
}

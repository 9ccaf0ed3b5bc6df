package fault

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Run lets faults happen when they are due, until ctx is done; then it heals
// those that go on, and the servers as a whole, and returns. It closes ready when
// what is due at the opening on our side of the wire goes on. A fault that never
// came to be is in Undone.
func (r *Rig) Run(ctx context.Context, faults []Fault, ready chan<- struct{}) {
	r.hands = make(chan struct{}, 1)
	var all sync.WaitGroup
	for i := range faults {
		begun := func() {}
		if kind, _ := kindOf(faults[i].Do); kind.ours && faults[i].At == 0 {
			r.first.Add(1)
			begun = sync.OnceFunc(r.first.Done)
		}
		all.Go(func() {
			defer begun()
			r.repeat(ctx, &faults[i], begun)
		})
		r.first.Wait() // in the order of the timeline: the first that hits a request has it
	}
	close(ready)
	all.Wait()
	if r.Server.Nodes() == nil || len(faults) == 0 {
		return
	}
	r.on.Add(1)
	defer r.on.Add(-1)
	healing, cancel := r.healing(ctx)
	defer cancel()
	if err := r.Server.Heal(healing); err != nil {
		r.fail("the servers did not heal: %v", err)
	}
}

// repeat lets a fault happen once, or each time it is due.
func (r *Rig) repeat(ctx context.Context, f *Fault, begun func()) {
	for at, times := f.At, 0; ; times++ {
		rest(ctx, at-time.Duration(r.Now()))
		if ctx.Err() != nil {
			if times == 0 {
				r.fail("the sale was over before %s", f)
			}
			return
		}
		r.happen(ctx, f, begun)
		if f.Every == 0 {
			return
		}
		for at += f.Every; at < time.Duration(r.Now()); at += f.Every {
			continue // it was late; the time it missed is gone
		}
	}
}

// happen lets a fault happen from its beginning to its end.
func (r *Rig) happen(ctx context.Context, f *Fault, begun func()) {
	kind, _ := kindOf(f.Do)
	d := &deed{Fault: f, lasts: f.lasts(), sale: ctx}
	held := !kind.ours // what happens on our side needs no server
	if held {
		r.hands <- struct{}{}
	}
	letGo := func() {
		if held {
			<-r.hands
			held = false
		}
	}
	defer letGo()
	if ctx.Err() != nil {
		r.fail("the sale was over before %s", f)
		return
	}
	r.on.Add(1)
	defer r.on.Add(-1)
	d.from = r.Now()
	effect, err := kind.begin(r, context.WithoutCancel(ctx), d) // what is begun is done
	begun()
	text := f.Do
	if effect.text != "" {
		text += " " + effect.text
	}
	if err != nil {
		r.fail("%s could not be done: %v", f, err)
		if effect.heal == nil {
			return
		}
	}
	if !kind.alone {
		letGo()
	}
	if effect.heal == nil {
		r.Note(Happened{From: d.from, Until: d.from, Healed: true, Text: text}) // it matters to all who come later
		return
	}
	if err == nil {
		rest(ctx, d.lasts)
	}
	if !held {
		r.hands <- struct{}{}
		held = true
	}
	r.end(ctx, f, d.from, text, &effect)
}

// end heals a fault and notes it.
func (r *Rig) end(ctx context.Context, f *Fault, from int64, text string, e *effect) {
	healing, cancel := r.healing(ctx)
	defer cancel()
	more, err := e.heal(healing)
	if err != nil {
		r.fail("%s could not be healed: %v", f, err)
	}
	if more != "" {
		text = fmt.Sprintf("%s, %s", text, more)
	}
	r.Note(Happened{From: from, Until: r.Now(), Healed: err == nil, Text: text})
}

// healing is the time that a healing may take, whether or not the sale is over. It
// ends with the server: one that was closed never answers again.
func (r *Rig) healing(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healTime)
	if died := r.Server.Died(); died != nil {
		go func() {
			select {
			case <-died:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	return ctx, cancel
}

package scenario

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Every buyer is played once, however many are inside, by no more goroutines
// than there are buyers inside at once.
func TestTheCrewPlaysEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const buyers, idle = 1000, 3
		var played [buyers]atomic.Int64
		var inside, most, wrong atomic.Int64
		crew := &crew{most: idle, play: func(buyer uint32, due int64) {
			most.Store(max(most.Load(), inside.Add(1)))
			played[buyer].Add(1)
			if due != int64(buyer)*7 {
				wrong.Add(1)
			}
			time.Sleep(time.Duration(1+buyer%5) * time.Millisecond)
			inside.Add(-1)
		}}
		for n := range uint32(buyers) {
			crew.admit(part{n, int64(n) * 7})
			time.Sleep(time.Millisecond / 2)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(crew.idle); n != idle {
			t.Errorf("%d are idle, want %d", n, idle)
		}
		crew.leave() // the bubble does not end while anybody is left
		for n := range played {
			if times := played[n].Load(); times != 1 {
				t.Errorf("buyer %d was played %d times", n, times)
			}
		}
		if wrong.Load() != 0 || most.Load() < idle {
			t.Errorf("%d buyers with a wrong instant, %d inside at once", wrong.Load(), most.Load())
		}
	})
}

// Leaving waits for whoever is inside.
func TestTheCrewLeavesLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Bool
		crew := &crew{most: 1, play: func(uint32, int64) { time.Sleep(time.Hour); done.Store(true) }}
		crew.admit(part{})
		if crew.leave(); !done.Load() {
			t.Error("the crew left before the buyer")
		}
	})
}

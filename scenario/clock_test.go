package scenario

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A connection that has handed a trial's reply on still reads the clock while
// the doors open.
func TestClockIsReadWhileItStarts(t *testing.T) {
	c := newClock()
	var reads sync.WaitGroup
	for range 2 {
		reads.Go(func() {
			for range 1000 {
				c.now()
			}
		})
	}
	c.start()
	reads.Wait()
}

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock()
		time.Sleep(time.Second)
		c.start()
		opened := time.Now()
		time.Sleep(3 * time.Millisecond)
		if at := c.now(); at != 3e6 {
			t.Errorf("3 ms after the opening the clock shows %d ns", at)
		}
		if at := c.at(3e6); !at.Equal(opened.Add(3 * time.Millisecond)) {
			t.Errorf("3 ms after the opening is %v, want %v", at, opened.Add(3*time.Millisecond))
		}
	})
}

package scenario

import "sync"

// maxIdle bounds the goroutines that wait for a buyer to play. A rush that is
// over must not leave its stacks behind: one that is idle keeps some 8 KiB.
const maxIdle = 1024

// A part is a buyer who is due.
type part struct {
	buyer uint32
	due   int64
}

// A crew plays buyers. A goroutine that is done with one waits for the next,
// with a stack that has its size already: to grow one for each buyer costs three
// times as much as to wake one (BenchmarkScheduleBuyer).
type crew struct {
	play func(buyer uint32, due int64)
	// most is how many may be idle.
	most   int
	inside sync.WaitGroup

	mu sync.Mutex
	// idle are those who wait; the last to have come is the first to go, since
	// its stack is still in the cache.
	idle []chan part
}

// admit has a buyer played, and does not wait for it.
func (c *crew) admit(p part) {
	c.inside.Add(1)
	if idle := c.pop(); idle != nil {
		idle <- p
		return
	}
	go c.stay(p)
}

func (c *crew) pop() (idle chan part) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := len(c.idle) - 1; last >= 0 {
		idle, c.idle = c.idle[last], c.idle[:last]
	}
	return idle
}

// stay plays a buyer, and further ones as long as it is kept.
func (c *crew) stay(p part) {
	next := make(chan part, 1) // who is given a part may not be waiting quite yet
	for more := true; more; p, more = <-next {
		c.play(p.buyer, p.due)
		kept := c.push(next)
		c.inside.Done()
		if !kept {
			return
		}
	}
}

// push reports whether there is room for one more who is idle.
func (c *crew) push(idle chan part) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) >= c.most {
		return false
	}
	c.idle = append(c.idle, idle)
	return true
}

// leave returns when every buyer has been played, and sends the crew home.
func (c *crew) leave() {
	c.inside.Wait()
	for idle := c.pop(); idle != nil; idle = c.pop() {
		close(idle)
	}
}

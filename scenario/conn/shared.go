package conn

import (
	"context"
	"sync"
)

// shared lets everybody ask at once, over connections that all have in common.
type shared struct {
	opener
	mu   sync.Mutex
	idle []carrier
}

// A starter is a carrier that is told when somebody takes it.
type starter interface{ start() }

// Take returns a place in the queue, without a wait.
func (s *shared) Take(ctx context.Context) (Link, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := s.pop()
	c.(starter).start()
	return c, nil
}

func (s *shared) pop() carrier {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.idle) - 1
	if last < 0 {
		return s.carrier()
	}
	c := s.idle[last]
	s.idle = s.idle[:last]
	return c
}

// Give returns a place.
func (s *shared) Give(l Link) {
	if c := l.(carrier); c.stands() {
		s.mu.Lock()
		s.idle = append(s.idle, c)
		s.mu.Unlock()
	}
}

package history

import (
	"iter"
	"slices"
	"sync"
)

// Memory is a sink that keeps everything in memory. The zero Memory is ready.
type Memory struct {
	mu      sync.Mutex
	batches [][]Attempt
	events  []Event
	texts   *Texts
}

func (m *Memory) readTexts(t *Texts) { m.texts = t }

// Append keeps a copy of the batch. It never fails.
func (m *Memory) Append(batch []Attempt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.batches = append(m.batches, slices.Clone(batch))
	return nil
}

// Event keeps an event.
func (m *Memory) Event(e Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, e)
}

// History returns what was kept so far, as a sale with the given head and
// tail. Its batches are not reused.
func (m *Memory) History(head Head, tail *Tail) *History {
	m.mu.Lock()
	defer m.mu.Unlock()
	batches := slices.Clone(m.batches)
	return &History{
		Head: head, Tail: tail, Events: slices.Clone(m.events), Texts: m.texts,
		Batches: func() iter.Seq2[[]Attempt, error] {
			return func(yield func([]Attempt, error) bool) {
				for _, b := range batches {
					if !yield(b, nil) {
						return
					}
				}
			}
		},
	}
}

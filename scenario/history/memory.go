package history

import (
	"iter"
	"slices"
	"sync"
)

// Memory is a sink that keeps everything in memory. The zero Memory is ready.
type Memory struct {
	mu       sync.Mutex
	batches  [][]Attempt
	events   []Event
	texts    *Texts
	receipts *Receipts
	// kept are the receipts of the attempts, which have numbers of their own.
	kept []map[string]string
}

func (m *Memory) reads(t *Texts, r *Receipts) { m.texts, m.receipts = t, r }

// Append keeps a copy of the batch. It never fails.
func (m *Memory) Append(batch []Attempt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	batch = slices.Clone(batch)
	for i := range batch {
		if n := &batch[i].Receipt; *n != 0 {
			m.kept = append(m.kept, m.receipts.receipt(*n))
			*n = uint32(len(m.kept))
		}
	}
	m.batches = append(m.batches, batch)
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
	batches, kept := slices.Clone(m.batches), slices.Clone(m.kept)
	return &History{
		Head: head, Tail: tail, Events: slices.Clone(m.events), Texts: m.texts,
		Receipt: func(n uint32) map[string]string {
			if n == 0 || int(n) > len(kept) {
				return nil
			}
			return kept[n-1]
		},
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

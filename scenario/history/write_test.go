package history

import (
	"errors"
	"iter"
	"path/filepath"
	"reflect"
	"testing"
)

// told is all that a reader learns of a history.
type told struct {
	attempts []Attempt
	replies  []string
	receipts []map[string]string
	events   []Event
	tail     *Tail
}

func tell(t *testing.T, h *History) told {
	t.Helper()
	all := told{events: h.Events, tail: h.Tail}
	for batch, err := range h.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range batch {
			all.replies, all.receipts = append(all.replies, h.Texts.Text(a.Reply)), append(all.receipts, h.Receipt(a.Receipt))
			a.Reply, a.Receipt = 0, 0 // numbers of their table
			all.attempts = append(all.attempts, a)
		}
	}
	return all
}

// What is written tells the same as what it was written from.
func TestWriteTellsTheSame(t *testing.T) {
	h, err := Open(few(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, whole := range []bool{true, false} {
		if !whole {
			h.Tail, h.Events = nil, nil
		}
		dir := filepath.Join(t.TempDir(), "written")
		if err := Write(dir, h); err != nil {
			t.Fatal(err)
		}
		written, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := tell(t, written), tell(t, h); len(want.attempts) == 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("whole %v: written %+v, want %+v", whole, got, want)
		}
	}
}

func TestWriteFails(t *testing.T) {
	dir := few(t)
	h, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if Write(dir, h) == nil {
		t.Error("a record was written over")
	}
	broken := errors.New("broken")
	h.Batches = func() iter.Seq2[[]Attempt, error] {
		return func(yield func([]Attempt, error) bool) { yield(nil, broken) }
	}
	if err := Write(filepath.Join(t.TempDir(), "half"), h); !errors.Is(err, broken) {
		t.Errorf("half a history is written with %v", err)
	}
}

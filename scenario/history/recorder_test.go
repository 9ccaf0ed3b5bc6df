package history

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

func TestAttemptIsOneCacheLine(t *testing.T) {
	if size := unsafe.Sizeof(Attempt{}); size != 64 {
		t.Errorf("an attempt has %d bytes", size)
	}
	c := new(chunk)
	if at := uintptr(unsafe.Pointer(&c.slots[0])); at%64 != 0 {
		t.Errorf("the slots begin %d bytes into a cache line", at%64)
	}
	apart := unsafe.Offsetof(c.done) - unsafe.Offsetof(c.next)
	if apart != 64 || unsafe.Offsetof(c.next)%64 != 0 {
		t.Errorf("the counters are %d bytes apart", apart)
	}
}

// putAll puts n attempts from each of many goroutines, numbered by buyer.
func putAll(r *Recorder, goroutines, n int) {
	var buyers sync.WaitGroup
	for g := range goroutines {
		buyers.Go(func() {
			for i := range n {
				r.Put(&Attempt{Buyer: uint32(g*n + i), Left: int64(g*n + i)})
			}
		})
	}
	buyers.Wait()
}

// checkAll fails unless each of n numbered attempts is there once.
func checkAll(t *testing.T, h *History, n int) {
	t.Helper()
	seen := make([]bool, n)
	for batch, err := range h.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range batch {
			if int(a.Buyer) >= n || a.Left != int64(a.Buyer) || seen[a.Buyer] {
				t.Fatalf("attempt %d of %d is torn, a stranger or there twice: %+v", a.Buyer, n, a)
			}
			seen[a.Buyer] = true
		}
	}
	if lost := slices.Index(seen, false); lost >= 0 {
		t.Fatalf("attempt %d is lost", lost)
	}
}

func TestRecorderKeepsEveryAttemptOnce(t *testing.T) {
	for _, row := range []struct {
		goroutines, each int
		reason           string
	}{
		{1, 0, "nothing"},
		{1, 1, "a chunk that is hardly begun"},
		{1, chunkSize, "exactly a chunk"},
		{1, 3*chunkSize + 1, "one more than some chunks"},
		{16, 2 * chunkSize, "many at once, with chunks that come back into use"},
	} {
		var m Memory
		r := NewRecorder(&m)
		putAll(r, row.goroutines, row.each)
		n := row.goroutines * row.each
		if got := r.Count(); got != int64(n) {
			t.Errorf("%s: counted %d of %d", row.reason, got, n)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Error(err)
		}
		checkAll(t, m.History(Head{}, nil), n)
		if got := r.Count(); got != int64(n) {
			t.Errorf("%s: counted %d of %d at the end", row.reason, got, n)
		}
	}
}

// Chunks are closed under the buyers' hands all the time.
func TestEarlyClosingLosesNothing(t *testing.T) {
	var m Memory
	r := NewRecorder(&m)
	const goroutines, each = 8, 20_000
	over := make(chan struct{})
	var closer sync.WaitGroup
	closer.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
				r.closeEarly()
			}
		}
	})
	putAll(r, goroutines, each)
	close(over)
	closer.Wait()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	checkAll(t, m.History(Head{}, nil), goroutines*each)
	if got := r.Count(); got != goroutines*each {
		t.Errorf("counted %d of %d", got, goroutines*each)
	}
}

func TestOpenChunkIsClosedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Memory
		r := NewRecorder(&m)
		defer r.Close()
		putAll(r, 3, 7)
		time.Sleep(beat + time.Millisecond)
		synctest.Wait()
		checkAll(t, m.History(Head{}, nil), 21)
	})
}

func TestChunksAreUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRecorder()
		defer r.Close()
		seen := make(map[*chunk]bool)
		for range 50 {
			seen[r.open.Load()] = true
			putAll(r, 1, chunkSize)
			synctest.Wait()
		}
		if len(seen) > 3 {
			t.Errorf("%d chunks were made where 3 do", len(seen))
		}
	})
}

// A gate is a sink that waits before it takes anything.
type gate struct {
	open chan struct{}
	Memory
}

func (g *gate) Append(batch []Attempt) error {
	<-g.open
	return g.Memory.Append(batch)
}

func TestSlowSinkHoldsNobodyUp(t *testing.T) {
	slow := &gate{open: make(chan struct{})}
	r := NewRecorder(slow)
	putAll(r, 4, 10*chunkSize) // returns although nothing is taken
	close(slow.open)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	checkAll(t, slow.History(Head{}, nil), 40*chunkSize)
}

// A full disk takes some batches and then no more.
type fullDisk struct{ room, refused int }

var errFull = errors.New("the disk is full")

func (f *fullDisk) Append([]Attempt) error {
	if f.room--; f.room >= 0 {
		return nil
	}
	f.refused++
	return errFull
}

func TestSinkErrorShowsWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Memory
		disk := &fullDisk{room: 1}
		r := NewRecorder(disk, &m)
		putAll(r, 1, chunkSize)
		synctest.Wait()
		if err := r.Err(); err != nil {
			t.Errorf("an error before there was one: %v", err)
		}
		putAll(r, 1, chunkSize)
		synctest.Wait()
		if err := r.Err(); !errors.Is(err, errFull) {
			t.Errorf("a full disk shows as %v", err)
		}
		putAll(r, 1, chunkSize)
		if err := r.Close(); !errors.Is(err, errFull) {
			t.Errorf("closing tells %v", err)
		}
		if disk.refused != 1 {
			t.Errorf("the sink that failed was asked %d times more", disk.refused-1)
		}
		if n := len(m.batches); n != 3 {
			t.Errorf("the other sink got %d of 3 chunks", n)
		}
	})
}

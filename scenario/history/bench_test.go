package history

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// realistic returns the attempts of an open sale at 50,000/s in the order in
// which they were put: by return, as good as.
func realistic(n int) []Attempt {
	r := rand.New(rand.NewPCG(1, 2))
	attempts := make([]Attempt, n)
	left := int64(n / 5)
	for i := range attempts {
		due := int64(i)*20_000 + r.Int64N(20_000)
		call := due + int64(r.ExpFloat64()*200_000)
		a := &attempts[i]
		*a = Attempt{
			Due: due, Call: call, Return: call + 200_000 + int64(r.ExpFloat64()*1_000_000),
			Start: uint32(r.ExpFloat64() * 100), Buyer: uint32(i), Request: uint32(i),
			Quantity: 1, Left: sale.Untold, Verb: sale.Buy, Outcome: sale.SoldOut,
		}
		switch {
		case r.IntN(1000) == 0:
			a.Outcome, a.Reply = sale.Indeterminate, 2
		case left > 0:
			left--
			a.Outcome, a.Granted, a.Left = sale.OK, 1, left
		}
	}
	slices.SortStableFunc(attempts, func(a, b Attempt) int { return int(a.Return - b.Return) })
	return attempts
}

func BenchmarkPut(b *testing.B) {
	r := NewRecorder()
	defer r.Close()
	a := realistic(1)[0]
	for b.Loop() {
		r.Put(&a)
	}
}

func BenchmarkPutParallel(b *testing.B) {
	r := NewRecorder()
	defer r.Close()
	b.RunParallel(func(pb *testing.PB) {
		a := realistic(1)[0]
		for pb.Next() {
			r.Put(&a)
		}
	})
}

// BenchmarkWrite writes a million attempts to disk.
func BenchmarkWrite(b *testing.B) {
	attempts := realistic(1_000_000)
	var bytes int64
	for b.Loop() {
		dir := writeAttempts(b, attempts)
		bytes = sizeOf(b, dir)
		os.RemoveAll(dir)
	}
	report(b, len(attempts))
	b.ReportMetric(float64(bytes)/float64(len(attempts)), "bytes/attempt")
}

// BenchmarkRead reads a million attempts back.
func BenchmarkRead(b *testing.B) {
	dir := writeAttempts(b, realistic(1_000_000))
	h, err := Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		n = 0
		for batch, err := range h.Batches() {
			if err != nil {
				b.Fatal(err)
			}
			n += len(batch)
		}
	}
	report(b, n)
}

func report(b *testing.B, attempts int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(attempts), "ns/attempt")
	b.ReportMetric(0, "ns/op")
}

// writeAttempts writes a complete record and returns its folder.
func writeAttempts(t testing.TB, attempts []Attempt) (dir string) {
	dir = filepath.Join(t.TempDir(), "history")
	f, err := Create(dir, Head{Version: Version, Items: []sale.Item{{ID: "1", Stock: 1000}}})
	if err != nil {
		t.Fatal(err)
	}
	texts := new(Texts)
	texts.Keep("connection reset by peer")
	f.reads(texts, new(Receipts))
	for batch := range slices.Chunk(attempts, chunkSize) {
		if err := f.Append(batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Finish(Tail{Ended: EndedDone, Attempts: int64(len(attempts))}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func sizeOf(t testing.TB, dir string) (bytes int64) {
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %v", dir, err)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
	}
	return bytes
}

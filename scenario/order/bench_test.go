package order

import (
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/seckill-bench/seckill/scenario/order/postgrestest"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// BenchmarkWrite is what an order takes while eight write.
func BenchmarkWrite(b *testing.B) {
	b.Run("embedded", func(b *testing.B) { benchmarkWrite(b, Embedded) })
	b.Run("file", func(b *testing.B) { benchmarkWrite(b, filepath.Join(b.TempDir(), "orders.db")) })
	b.Run("postgres", func(b *testing.B) { benchmarkWrite(b, postgrestest.Start(b, postgrestest.Options{}).URL()) })
}

func benchmarkWrite(b *testing.B, name string) {
	book, err := Open(b.Context(), name, Options{Workers: 8, OncePerBuyer: true})
	if err != nil {
		b.Fatal(err)
	}
	defer book.Close()
	if err := book.Open(b.Context(), []sale.Item{{ID: "7", Stock: 1 << 40}}); err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := strconv.FormatInt(next.Add(1), 10)
			if outcome, text := book.Write(b.Context(), Order{"7", id, id, 1}); outcome != sale.OK {
				b.Error(outcome, text)
			}
		}
	})
}

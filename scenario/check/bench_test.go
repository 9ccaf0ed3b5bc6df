package check

import (
	"math/rand/v2"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// million is a sale of a million attempts in flight a few hundred at a time,
// buyers in random order, in batches as the record has them. tells: each sale is
// told what it leaves, and the stock is read a thousand times.
func million(buyers, stock int, lost float64, tells bool) *history.History {
	const n, batch = 1_000_000, 4096
	hd := head(int64(stock), sale.Terms{Limit: 1, Order: sale.DuplicateFirst})
	hd.Buyers = int64(buyers)
	hd.Terms.Atomic = tells
	var events []history.Event
	r := rand.New(rand.NewPCG(1, 1))
	all, holds, audit := make([]history.Attempt, n), make([]bool, buyers), sale.Audit{Ledger: sale.Presence}
	for i := range all {
		u := uint32(r.IntN(buyers))
		a := history.Attempt{Due: int64(i)*1000 - 100_000, Call: int64(i)*1000 - r.Int64N(100_000), Return: int64(i)*1000 + 1000 + r.Int64N(200_000),
			Left: sale.Untold, Buyer: u, Request: uint32(i), Quantity: 1, Verb: sale.Buy, Outcome: sale.SoldOut}
		switch {
		case holds[u]:
			a.Outcome = sale.Duplicate
		case stock > 0:
			a.Outcome, holds[u], stock = sale.OK, true, stock-1
			if a.Left = int64(stock); !tells {
				a.Left = sale.Untold
			}
			audit.Holdings = append(audit.Holdings, sale.Holding{Buyer: hd.BuyerIDs.ID(u), Units: 1})
		}
		if r.Float64() < lost {
			a.Outcome = sale.Indeterminate
		}
		all[i] = a
		if tells && i%1000 == 0 {
			events = append(events, history.Event{Kind: history.EventStock, At: int64(i)*1000 - 50_000, Until: int64(i)*1000 + 50_000, Units: int64(stock)})
		}
	}
	var batches [][]history.Attempt
	for i := 0; i < n; i += batch {
		batches = append(batches, all[i:min(i+batch, n)])
	}
	h := newHistory(hd, batches...)
	h.Events = events
	left := int64(stock)
	audit.Stock = &left
	h.Tail = &history.Tail{Ended: history.EndedDone, Attempts: n, Audits: []sale.Audit{audit}}
	return h
}

// released is a sale of a million attempts, one every microsecond, in which every
// third buyer gives his unit back a moment later; mixed asks for one to three
// units.
func released(buyers, stock int, mixed bool) *history.History {
	const n = 1_000_000
	hd := head(int64(stock), sale.Terms{Limit: 3})
	if hd.Buyers = int64(buyers); mixed {
		hd.Quantity = 0
	}
	r := rand.New(rand.NewPCG(1, 1))
	left, holds := int64(stock), make([]int64, buyers)
	all := make([]history.Attempt, 0, n)
	var back []history.Attempt
	for i := int64(0); len(all) < n; i++ {
		now := i * 1000
		for len(back) > 0 && back[0].Call+50_000 < now {
			all, left = append(all, back[0]), left+int64(back[0].Quantity)
			holds[back[0].Buyer] -= int64(back[0].Quantity)
			back = back[1:]
		}
		u, q := uint32(r.IntN(buyers)), int64(3)
		if mixed {
			q = 1 + r.Int64N(3)
		}
		a := history.Attempt{Call: now - r.Int64N(100_000), Return: now + r.Int64N(200_000), Left: sale.Untold, Buyer: u, Request: uint32(i), Quantity: int32(q),
			Verb: sale.Buy, Outcome: sale.OK}
		a.Due = a.Call
		switch {
		case holds[u]+q > 3:
			a.Outcome = sale.Duplicate
		case left < q:
			a.Outcome = sale.SoldOut
		default:
			left, holds[u] = left-q, holds[u]+q
			if i%3 == 0 {
				b := a
				b.Verb, b.Due, b.Call, b.Return = sale.Release, now+200_001, now+200_001, now+300_000
				back = append(back, b)
			}
		}
		all = append(all, a)
	}
	if !mixed {
		hd.Quantity = 3
	}
	h := newHistory(hd, all)
	h.Tail = &history.Tail{Ended: history.EndedDone, Attempts: int64(len(all)), Audits: []sale.Audit{nothing}}
	return h
}

// BenchmarkCheck judges a million attempts; the target is 60 ns an attempt.
func BenchmarkCheck(b *testing.B) {
	for _, bench := range []struct {
		name          string
		buyers, stock int
		lost          float64
		tells         bool
	}{
		{"crowd", 1_000_000, 10_000, 0, false},
		{"repeats", 200_000, 100_000, 0, false},
		{"lost", 500_000, 250_000, 0.02, false},
		{"told", 500_000, 250_000, 0.02, true},
	} {
		h := million(bench.buyers, bench.stock, bench.lost, bench.tells)
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if v, err := Check(h); err != nil || v.Opinion != Valid {
					b.Fatal(v.Opinion, v.Violations, v.Doubts, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ns/attempt")
		})
	}
}

// BenchmarkFlow judges a million attempts of which some give back.
func BenchmarkFlow(b *testing.B) {
	for name, h := range map[string]*history.History{"released": released(200_000, 300_000, false), "mixed": released(200_000, 300_000, true)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if v, err := Check(h); err != nil || v.Opinion != Valid {
					b.Fatal(v.Opinion, v.Violations, v.Doubts, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ns/attempt")
		})
	}
}

package report

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A queue is a sale on a simulated server: so many connections, each busy
// with one purchase at a time, and one thread behind them that serves in order.
type queue struct {
	model        string
	stock        int64
	due          []time.Duration
	conns        int
	cost         time.Duration // mean time on the server's thread
	stall        time.Duration // how long the server stands still at half time
	lostShare    float64       // of replies
	droppedShare float64
	auditOff     int64 // what the audit differs by
}

// crowd is a burst.
func crowd(n int, stock int64) queue {
	return queue{model: modelBurst, stock: stock, due: make([]time.Duration, n), conns: 64, cost: 15 * time.Microsecond}
}

// poisson is a sale with n arrivals at so many a second.
func poisson(n int, perSecond float64, stock int64) queue {
	random := rand.New(rand.NewPCG(1, 2))
	s := queue{model: modelOpen, stock: stock, conns: 64, cost: 15 * time.Microsecond}
	at := 0.0
	for range n {
		at += random.ExpFloat64() / perSecond
		s.due = append(s.due, time.Duration(at*1e9))
	}
	return s
}

// attempts plays the sale.
func (s queue) attempts() []history.Attempt {
	random := rand.New(rand.NewPCG(3, 4))
	free := make([]int64, s.conns) // when each connection is free
	thread, left := int64(0), s.stock
	half := int64(s.due[len(s.due)-1])/2 + int64(len(s.due))*int64(s.cost)/4
	all := make([]history.Attempt, 0, len(s.due))
	for i, due := range s.due {
		a := history.Attempt{
			Due: int64(due), Start: uint32(random.IntN(200)), Buyer: uint32(i), Request: uint32(i), Quantity: 1,
			Verb: sale.Buy, Left: sale.Untold, Outcome: sale.Dropped, Call: history.Never, Return: history.Never,
		}
		if random.Float64() >= s.droppedShare {
			conn := slices.Index(free, slices.Min(free))
			a.Call = max(a.Due+int64(a.Start)*1000, free[conn])
			begin := max(a.Call+20_000, thread)
			if s.stall > 0 && begin > half {
				begin, s.stall = begin+int64(s.stall), 0
			}
			thread = begin + int64(float64(s.cost)*(0.5+random.ExpFloat64()/2))
			a.Return = thread + 20_000 + int64(random.ExpFloat64()*30_000)
			free[conn] = a.Return
			a.Outcome, left = s.answer(&a, left, random)
		}
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b history.Attempt) int { return cmp.Compare(a.Return, b.Return) })
	return all
}

func (s queue) answer(a *history.Attempt, left int64, random *rand.Rand) (sale.Outcome, int64) {
	switch {
	case random.Float64() < s.lostShare:
		a.Return = a.Call + int64(time.Second)
		return sale.Indeterminate, left
	case left > 0:
		a.Granted, a.Left = 1, left-1
		return sale.OK, left - 1
	default:
		return sale.SoldOut, left
	}
}

// closed is a sale of n attempts with so many buyers inside at once.
func closed(n, inside int, stock int64) queue {
	s := poisson(n, 45_000, stock)
	s.model, s.conns = modelClosed, inside
	return s
}

// history is the record of the sale.
func (s queue) history() *history.History {
	all := s.attempts()
	left := s.stock + s.auditOff
	for _, a := range all {
		left -= int64(a.Granted)
	}
	head := testHead(s.model, s.model)
	head.Items[0].Stock, head.Buyers = s.stock, int64(len(all))
	return record(head, testTail(int64(len(all)), left), nil, all)
}

// summary is the summary of a sale found valid.
func (s queue) summary(t testing.TB) *Summary {
	t.Helper()
	return summarize(t, s.history(), validVerdict())
}

// nothing is a sale to which nobody came.
func nothing() *history.History {
	return record(testHead(modelBurst, "burst"), testTail(0, 1000), nil, nil)
}

// extreme is one attempt as far out as the record can hold.
func extreme() *history.History {
	far := history.Attempt{Due: -5, Call: 3, Return: math.MaxInt64 / 4, Outcome: sale.OK, Granted: 1, Verb: sale.Buy, Quantity: 1}
	return record(testHead(modelBurst, "burst"), nil, nil, []history.Attempt{far})
}

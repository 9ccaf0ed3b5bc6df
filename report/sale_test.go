package report

import (
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

const (
	us = int64(time.Microsecond)
	ms = int64(time.Millisecond)
)

// testHead is the head of a sale of the given model.
func testHead(model, arrivals string) history.Head {
	return history.Head{
		Version: history.Version, Name: "flash-sale", Seed: 1, Shard: "1/1", Model: model,
		Started:  time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC),
		Scenario: "version: 1\nscript: once\nstock: 1000\nbuyers: 5000\narrivals: " + arrivals + "\nconns: pool:64\ntimeout: 1s\npatience: 0s\nseed: 1\n",
		Command:  "seckill run --seed 1", Quantity: 1, Buyers: 5000,
		Items:    []sale.Item{{ID: "lamp", Stock: 1000}},
		BuyerIDs: sale.BuyerIDs{From: 70001},
		Terms:    sale.Terms{Limit: 1, Order: sale.DuplicateFirst, RetrySafe: sale.RetryBuyer},
		Script:   history.Script{Name: "once", SHA1: "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e", Call: "evalsha"},
		Server: history.Server{
			Kind: "spawned", Address: "127.0.0.1:34567", Product: ptr("redis"), Version: ptr("7.0.15"), Topology: "standalone",
			Config:   map[string]*string{"appendonly": ptr("no"), "io-threads": ptr("1"), "maxmemory": nil},
			SameHost: ptr(true), Capabilities: map[string]bool{"config": true},
		},
		Host: history.Host{CPUs: 2, OS: "linux/amd64", Go: "go1.26.0", Seckill: "v0.1.0"},
	}
}

// testTail is the tail of a sale that ended as planned, with units left.
func testTail(attempts, left int64) *history.Tail {
	return &history.Tail{
		Finished: time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC), Ended: history.EndedDone, Attempts: attempts,
		Audits: []sale.Audit{{Stock: &left, Ledger: sale.Presence}},
		Driver: history.Driver{CPU: 120e6, MaxRSS: 48 << 20, GCPauseMax: 80e3, Bound: "unknown"},
	}
}

// measuredTail is testTail of a sale over pool:64 that was measured: its figures
// agree with the attempts.
func measuredTail(all []history.Attempt, left int64) *history.Tail {
	tail := testTail(int64(len(all)), left)
	var carried, called, last int64
	for i := range all {
		if a := &all[i]; a.Call != history.Never {
			called++
			carried += a.Return - a.Call
			last = max(last, a.Return)
		}
	}
	mean := float64(carried) / float64(last)
	tail.Driver.Time, tail.Driver.CPUs, tail.Driver.Files, tail.Driver.GCs, tail.Driver.GCPause = last, 2, 20000, 3, 120e3
	tail.Driver.CPU, tail.Driver.Throttled = last/2, &history.Throttled{}
	tail.Links = &history.Links{Seats: 64, Held: carried, Samples: 100, Late: 100e3, Open: 64, Busy: mean, InFlight: mean, Spread: 5, Sent: called}
	tail.Served = []history.Served{{
		Master: true, Time: last + ms, MainThread: ptr(last / 2), CPU: ptr(last/2 + ms), Resolution: 1000, Memory: ptr(int64(3 << 20)), MemoryPeak: ptr(int64(4 << 20)),
		Commands: ptr(4 * called), Rate: ptr(int64(1000)), Clients: ptr(int64(66)), Forks: ptr(int64(1)), LatestFork: ptr(300 * us),
		Calls:   map[string]history.Calls{"evalsha": {Calls: called, Time: called * 4 * us}, "get": {Calls: called, Time: called * us / 4}},
		Latency: map[string]map[string]float64{"evalsha": {"p50": 4.015, "p99": 9.023}},
		Slow:    ptr(int64(1)), Slowest: []history.Slow{{Name: "evalsha", At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Took: 12 * ms}},
	}}
	tail.Baseline = &history.Baseline{Ping: &history.RoundTrips{Count: 200, P50: 20 * us, Mean: 24 * us, Max: 90 * us}, NoOp: &history.RoundTrips{Count: 200, P50: 21 * us, Mean: 25 * us, Max: 95 * us}}
	return tail
}

// record is a history of attempts, in batches of different sizes.
func record(head history.Head, tail *history.Tail, texts *history.Texts, attempts []history.Attempt) *history.History {
	return &history.History{
		Head: head, Tail: tail, Texts: texts,
		Batches: func() iter.Seq2[[]history.Attempt, error] {
			return func(yield func([]history.Attempt, error) bool) {
				for batch := range slices.Chunk(attempts, 777) {
					if !yield(batch, nil) {
						return
					}
				}
			}
		},
	}
}

// bought is the n-th attempt of a burst that is answered one by one, every
// 20 µs, each after 500 µs of service: the first stock get a unit.
func bought(n, stock int64) history.Attempt {
	a := history.Attempt{
		Call: n * 20 * us, Return: n*20*us + 500*us, Start: uint32(n * 7), Left: sale.Untold,
		Buyer: uint32(n), Request: uint32(n), Quantity: 1, Verb: sale.Buy, Outcome: sale.SoldOut,
	}
	if n < stock {
		a.Outcome, a.Granted, a.Left = sale.OK, 1, stock-n-1
	}
	a.Start = min(a.Start, uint32(a.Call/1000))
	return a
}

// burst is a correct burst of n attempts on a stock.
func burstOf(n, stock int64) []history.Attempt {
	all := make([]history.Attempt, n)
	for i := range all {
		all[i] = bought(int64(i), stock)
	}
	return all
}

// arrivals is an open run of n buyers, one every 50 µs, served in 300 µs.
func arrivals(n, stock int64) []history.Attempt {
	all := burstOf(n, stock)
	for i := range all {
		a := &all[i]
		a.Due = int64(i) * 50 * us
		a.Start, a.Call, a.Return = 10, a.Due+20*us, a.Due+320*us
	}
	return all
}

// validVerdict exercises some rules and names flags for others.
func validVerdict() check.Verdict {
	v := check.Verdict{Opinion: check.Valid, Exercised: map[check.Rule]int64{}, Exercise: map[check.Rule]string{}}
	for _, rule := range check.Rules {
		v.Exercised[rule] = 4000
	}
	for _, rule := range []check.Rule{check.DuplicateSale, check.FalseDup} {
		v.Exercised[rule], v.Exercise[rule] = 0, "--attempts 2"
	}
	for _, rule := range []check.Rule{check.FalseStock, check.OrderMismatch, check.ForeignWrite} {
		delete(v.Exercised, rule)
	}
	return v
}

func summarize(t testing.TB, h *history.History, v check.Verdict) *Summary {
	t.Helper()
	s, err := Summarize(h, v)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validBurst is 5,000 attempts on 1,000 units, none of them wrong.
func validBurst(t testing.TB) *Summary {
	all := burstOf(5000, 1000)
	tail := measuredTail(all, 0)
	tail.Served[0].MainThread, tail.Served[0].CPU = ptr(tail.Driver.Time*19/20), ptr(tail.Driver.Time*20/21)
	return summarize(t, record(testHead(modelBurst, "burst"), tail, nil, all), validVerdict())
}

// invalidBurst has a buyer served twice, and replies nobody should print raw.
func invalidBurst(t testing.TB) *Summary {
	head := testHead(modelBurst, "burst")
	head.Script.Name = "article"
	texts := new(history.Texts)
	all := burstOf(600, 1000)
	all[599].Buyer, all[599].Reply = 17, texts.Keep("\x1b[31m<b>1</b>\r\n]]>")
	v := validVerdict()
	v.Opinion = check.Invalid
	v.Violations = []check.Violation{
		{Rule: check.DuplicateSale, Count: 3, Cases: []check.Case{{
			Message:  "Buyer 70018 may hold 1 unit and was told ok 2 times: request 17 returned at 0.840 ms, request 599 at 12.480 ms.",
			Attempts: []history.Attempt{all[17], all[599]},
		}}},
		{Rule: check.StockMismatch, Count: 1, Cases: []check.Case{{Message: "The stock is 400 at the end; 1000 less 599 units in the ledger is 401."}}},
	}
	return summarize(t, record(head, testTail(600, 400), texts, all), v)
}

// killed is what is left of a run whose driver was killed.
func killed(t testing.TB) *Summary {
	head := testHead(modelClosed, "closed:50")
	head.Server = history.Server{Kind: "embedded"}
	all := burstOf(400, 1000)
	for i := range all {
		all[i].Due = max(all[i].Call-100*us, 0)
		all[i].Start = 0
	}
	all[398].Outcome, all[398].Granted, all[398].Return = sale.Indeterminate, 0, all[398].Call+1000*ms
	all[399].Outcome, all[399].Granted, all[399].Call, all[399].Return = sale.Dropped, 0, history.Never, history.Never
	v := validVerdict()
	v.Opinion = check.Unknown
	v.Doubts = []string{"the record is incomplete: what the driver did after the last segment is not known"}
	v.Undecided = map[check.Rule]string{check.StockMismatch: "there is no audit"}
	return summarize(t, record(head, nil, nil, all), v)
}

// openRun is an open run with objectives, of which some are missed and some not decided.
func openRun(t testing.TB) *Summary {
	head := testHead(modelOpen, "constant:20000/s")
	head.Buyers, head.Objective = 20000, "p99<5ms,errors<0.1%,service.p99<1ms,ok.p99.9<1s,sold_out_at<300ms,all_answered<2s,indeterminate<1.3%,selling>15000/s"
	all := arrivals(20000, 1000)
	for i := range 250 {
		a := &all[2000+i*72]
		a.Outcome, a.Return = sale.Indeterminate, a.Call+1000*ms
	}
	tail := measuredTail(all, 0)
	tail.Links.Seats = 256
	tail.Baseline.NoOp, tail.Baseline.Refused = nil, []string{"a script that does nothing: ERR unknown command 'EVAL'"}
	tail.Ended, tail.NeverOffered = history.EndedDuration, 1000
	tail.Warnings = []string{"the collector stopped the driver for 80 µs"}
	return summarize(t, record(head, tail, nil, all), validVerdict())
}

// interrupted is a run that a person ended before anything was sold out.
func interrupted(t testing.TB) *Summary {
	tail := testTail(700, 300)
	tail.Ended, tail.Reason, tail.NeverOffered = history.EndedInterrupted, "a signal; what was in flight was waited for", 4300
	head := testHead(modelClosed, "closed:50")
	head.Objective = "service.p90<1ms"
	v := validVerdict()
	v.Opinion, v.Doubts = check.Unknown, []string{"the plan was not completed"}
	return summarize(t, record(head, tail, nil, burstOf(700, 1000)), v)
}

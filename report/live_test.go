package report

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func newTestLive(model string) *Live {
	head := testHead(model, model)
	return NewLive(&head)
}

func appendTo(t *testing.T, l *Live, batch []history.Attempt) {
	t.Helper()
	if err := l.Append(batch); err != nil {
		t.Fatal(err)
	}
}

func TestLiveBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLive(modelBurst)
		if s := l.Snapshot(); s.Left != 1000 || s.Attempts != 0 || s.Rate != 0 || s.P50 >= 0 {
			t.Errorf("before the first attempt: %+v", s)
		}
		all := burstOf(5000, 1000)
		all[4999].Outcome, all[4998].Outcome = sale.Dropped, sale.Failed
		all[4999].Return = history.Never
		appendTo(t, l, all)
		s := l.Snapshot()
		if s.Left != 0 || s.Stock != 1000 || s.Sold != 1000 || s.Attempts != 5000 || s.Errors != 2 {
			t.Errorf("counts: %+v", s)
		}
		if s.Rate < 49000 || s.Rate > 51000 {
			t.Errorf("in the first second the rate is over what there was of it: %v", s.Rate)
		}
		if s.P50 < 500*time.Microsecond || s.P50 > 510*time.Microsecond {
			t.Errorf("a burst shows service: p50 %v", s.P50)
		}
		time.Sleep(quiet + time.Second)
		if s := l.Snapshot(); s.Rate != 0 || s.P99 >= 0 || s.Attempts != 5000 {
			t.Errorf("when nothing comes any more: %+v", s)
		}
	})
}

func TestLiveShowsTheLastWholeSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLive(modelOpen)
		var slow []history.Attempt
		for n := range int64(2000) { // one second at 1,000/s, another whose response is 40 ms
			a := bought(n, 10)
			a.Due = n * ms
			a.Call, a.Return = a.Due+ms/10, a.Due+ms/2
			if n >= 1000 {
				a.Call, a.Return = a.Due+39*ms, min(a.Due+40*ms, 1999*ms)
			}
			slow = append(slow, a)
		}
		appendTo(t, l, slow)
		late := bought(1, 0)
		late.Due, late.Call, late.Return = 2000*ms, 2000*ms, 2001*ms
		appendTo(t, l, []history.Attempt{late})
		s := l.Snapshot()
		if s.Rate != 1000 {
			t.Errorf("rate %v, want 1000", s.Rate)
		}
		if s.P50 < 39*time.Millisecond || s.P50 > 41*time.Millisecond {
			t.Errorf("an open run shows response: p50 %v", s.P50)
		}
	})
}

func TestLiveOversold(t *testing.T) {
	l := newTestLive(modelBurst)
	appendTo(t, l, burstOf(1003, 1003))
	if s := l.Snapshot(); s.Left != 0 || s.Oversold != 3 {
		t.Errorf("left %d and oversold %d, want 0 and 3", s.Left, s.Oversold)
	}
}

func TestLiveOfSeveralItems(t *testing.T) {
	head := testHead(modelBurst, "burst")
	head.Items = []sale.Item{{ID: "a", Stock: 2}, {ID: "b", Stock: 10}}
	at := func(verb sale.Verb, n uint32, item uint16, units int32) history.Attempt {
		a := history.Attempt{Verb: verb, Outcome: sale.OK, Buyer: n, Request: n, Item: item, Quantity: units, Call: 0, Return: ms}
		if verb == sale.Buy {
			a.Granted = units
		}
		return a
	}
	restock := func(item uint16, units, until int64) func(*Live) {
		return func(l *Live) {
			l.Event(history.Event{Kind: history.EventRestock, Item: item, Units: units, At: ms, Until: until})
		}
	}
	sell := func(attempts ...history.Attempt) func(*Live) { return func(l *Live) { appendTo(t, l, attempts) } }
	for _, test := range []struct {
		reason                string
		do                    []func(*Live)
		stock, left, oversold int64
	}{
		{"units left are a sum", []func(*Live){sell(at(sale.Buy, 1, 0, 2), at(sale.Buy, 2, 1, 3))}, 12, 7, 0},
		{"an oversold item hides nothing of the other", []func(*Live){sell(at(sale.Buy, 1, 0, 2), at(sale.Buy, 2, 0, 5))}, 12, 10, 5},
		{"a release gives back, once", []func(*Live){sell(at(sale.Buy, 1, 1, 3), at(sale.Release, 1, 1, 3), at(sale.Release, 1, 1, 3))}, 12, 12, 0},
		{"a release that is told late is no negative stock", []func(*Live){sell(at(sale.Buy, 1, 0, 2), at(sale.Buy, 2, 0, 2)), sell(at(sale.Release, 1, 0, 2))}, 12, 10, 0},
		{"a confirmation moves nothing", []func(*Live){sell(at(sale.Buy, 1, 0, 2), at(sale.Confirm, 1, 0, 2))}, 12, 10, 0},
		{"a restock is on sale", []func(*Live){restock(0, 5, 2*ms), sell(at(sale.Buy, 1, 0, 6))}, 17, 11, 0},
		{"units that may have come are not left, and excuse", []func(*Live){restock(0, 5, history.Never), sell(at(sale.Buy, 1, 0, 6))}, 12, 10, 0},
		{"but no more than they are", []func(*Live){restock(0, 5, history.Never), sell(at(sale.Buy, 1, 0, 8))}, 12, 10, 1},
		{"an item that is none", []func(*Live){restock(7, 5, ms), sell(at(sale.Buy, 1, 7, 8))}, 12, 12, 0},
	} {
		l := NewLive(&head)
		for _, do := range test.do {
			do(l)
		}
		if s := l.Snapshot(); s.Stock != test.stock || s.Left != test.left || s.Oversold != test.oversold {
			t.Errorf("%s: %d on sale, %d left, %d oversold", test.reason, s.Stock, s.Left, s.Oversold)
		}
	}
}

func TestLiveTimesPurchases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLive(modelBurst)
		slow := bought(3, 10)
		slow.Verb, slow.Return = sale.Release, slow.Call+400*ms
		lost := slow
		lost.Verb, lost.Outcome = sale.Confirm, sale.Indeterminate
		appendTo(t, l, append(burstOf(100, 10), slow, lost))
		s := l.Snapshot()
		if s.P99 > time.Millisecond || s.Sold != 10 || s.Attempts != 102 || s.Errors != 1 {
			t.Errorf("%+v; want the times of purchases, and the attempts of all verbs", s)
		}
	})
}

func TestLiveIsSafeForManyGoroutines(t *testing.T) {
	l := newTestLive(modelBurst)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				appendTo(t, l, burstOf(500, 10))
				l.Snapshot()
			}
		})
	}
	wg.Wait()
	if s := l.Snapshot(); s.Attempts != 20000 {
		t.Errorf("%d attempts, want 20000", s.Attempts)
	}
}

func TestLiveTellsFaults(t *testing.T) {
	l := newTestLive(modelBurst)
	if s := l.Snapshot(); s.Faults != 0 || s.Fault != "" {
		t.Errorf("%d faults, %q, before any", s.Faults, s.Fault)
	}
	l.Event(fault("pause", 1, 2))
	l.Event(fault("kill primary\x1b[2J", 3, history.Never))
	l.Event(history.Event{Kind: history.EventReload, Text: "no fault"})
	if s := l.Snapshot(); s.Faults != 2 || s.Fault != `kill primary\x1b[2J` {
		t.Errorf("%d faults, the latest %q", s.Faults, s.Fault)
	}
}

func BenchmarkLive(b *testing.B) {
	l := newTestLive(modelOpen)
	batch := burstOf(4096, 1000)
	for b.Loop() {
		if err := l.Append(batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/attempt")
}

package scenario

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/order"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// The buyers neither wait for the book nor hear of it.
func TestASlowBookHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := &fakeBook{before: func(ctx context.Context, n int, _ order.Order) (sale.Outcome, string) {
			time.Sleep(100 * time.Millisecond)
			return 0, ""
		}}
		o, rec, attempts := queueOf(t, book, 2)
		began := time.Now()
		for n := range 20 {
			o.told(grantOf(uint32(n), int64(time.Since(began))), false)
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("the buyers waited %s", waited)
		}
		o.drain()
		rec.Close()
		if took := time.Since(began); took != time.Second || placed(*attempts, sale.OK) != 20 || book.most != 2 {
			t.Errorf("20 orders of 100 ms by two took %s, %d at the same time; %d written", took, book.most, placed(*attempts, sale.OK))
		}
		for i, a := range *attempts {
			if want := int64(100*time.Millisecond) * int64(i/2+1); a.Return != want || a.Call != want-int64(100*time.Millisecond) {
				t.Errorf("order %d: call %d, return %d, want %d: first come, first served", i, a.Call, a.Return, want)
			}
		}
	})
}

// What cannot be written in time is dropped, and told.
func TestTheQueueIsDrainedInBoundedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := &fakeBook{before: func(ctx context.Context, n int, _ order.Order) (sale.Outcome, string) {
			if n <= 3 {
				return 0, ""
			}
			<-ctx.Done()
			return sale.Indeterminate, ctx.Err().Error()
		}}
		o, rec, attempts := queueOf(t, book, 2)
		o.patience, o.drained = 10*time.Second, 25*time.Second
		began := time.Now()
		for n := range 20 {
			o.told(grantOf(uint32(n), 0), false)
		}
		o.drain()
		rec.Close()
		if took := time.Since(began); took != 25*time.Second {
			t.Errorf("it took %s", took)
		}
		if ok, open, dropped := placed(*attempts, sale.OK), placed(*attempts, sale.Indeterminate), placed(*attempts, sale.Dropped); ok != 3 || open != 6 || dropped != 11 {
			t.Errorf("%d written, %d open, %d dropped; want 3, 6 in three rounds of two, 11", ok, open, dropped)
		}
		if !o.doubtful.Load() || len(o.warnings()) != 1 || !strings.HasPrefix(o.warnings()[0], "11 orders were never written") {
			t.Errorf("%q", o.warnings())
		}
		for _, a := range *attempts {
			if a.Outcome == sale.Dropped && (a.Call != history.Never || a.Return != history.Never || rec.Texts.Text(a.Reply) != sale.NotDrained) {
				t.Errorf("dropped as %+v, %q", a, rec.Texts.Text(a.Reply))
			}
		}
	})
}

// A book that stands still must not fill the memory.
func TestTheQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := &fakeBook{before: func(context.Context, int, order.Order) (sale.Outcome, string) {
			time.Sleep(time.Hour)
			return 0, ""
		}}
		o, rec, attempts := queueOf(t, book, 1)
		o.most, o.patience, o.drained = 5, 2*time.Hour, time.Minute
		o.told(grantOf(0, 0), false)
		synctest.Wait() // it is being written, and waits no more
		for n := range 7 {
			o.told(grantOf(uint32(n)+1, 0), false)
			synctest.Wait()
		}
		o.drain()
		rec.Close()
		var full, late int
		for _, a := range *attempts {
			full += bool01(rec.Texts.Text(a.Reply) == sale.QueueFull)
			late += bool01(rec.Texts.Text(a.Reply) == sale.NotDrained)
		}
		if full != 2 || late != 5 {
			t.Errorf("%d of 7 found the queue full and %d were late; want 2 and 5", full, late)
		}
	})
}

func bool01(is bool) int {
	if is {
		return 1
	}
	return 0
}

// queueOf starts the workers of a book, for a sale of one item.
func queueOf(t *testing.T, book *fakeBook, workers int) (*orders, *history.Recorder, *[]history.Attempt) {
	t.Helper()
	head := &history.Head{Items: []sale.Item{{ID: "a", Stock: 1000}}, BuyerIDs: sale.BuyerIDs{From: 1}}
	if err := book.Open(t.Context(), head.Items); err != nil {
		t.Fatal(err)
	}
	attempts := new([]history.Attempt)
	d := &drive{plan: &plan{head: head}, rec: history.NewRecorder((*all)(attempts)), clock: newClock()}
	d.clock.start()
	return newOrders(t.Context(), book, workers, d), d.rec, attempts
}

func grantOf(buyer uint32, at int64) *history.Attempt {
	return &history.Attempt{Verb: sale.Buy, Outcome: sale.OK, Buyer: buyer, Request: buyer, Quantity: 2, Granted: 1, Return: at}
}

// BenchmarkTold is what a buyer pays for being told ok: less than a microsecond.
func BenchmarkTold(b *testing.B) {
	for _, booked := range []bool{false, true} {
		b.Run(map[bool]string{false: "nobody orders", true: "ordered"}[booked], func(b *testing.B) {
			var o *orders
			if booked {
				stand := make(chan struct{})
				book := &fakeBook{before: func(context.Context, int, order.Order) (sale.Outcome, string) { <-stand; return sale.Failed, "" }}
				head := &history.Head{Items: []sale.Item{{ID: "a", Stock: 1000}}, BuyerIDs: sale.BuyerIDs{From: 1}}
				d := &drive{plan: &plan{head: head}, rec: history.NewRecorder(), clock: newClock()}
				o = newOrders(b.Context(), book, 1, d)
				o.most = 1 << 40
				defer d.rec.Close()
				defer o.drain()
				defer close(stand)
				defer o.giveUp()
			}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				a := grantOf(1, 0)
				for pb.Next() {
					o.told(a, false)
				}
			})
			b.StopTimer() // what waits is dropped
		})
	}
}

package scenario

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/order"
	"github.com/seckill-bench/seckill/scenario/order/postgrestest"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A watchedBook is a real book. written is told how many orders are written, and
// looked comes before it is read.
type watchedBook struct {
	order.Book
	n       atomic.Int64
	written func(n int64)
	looked  func()
	rows    int64
}

func (b *watchedBook) Write(ctx context.Context, o order.Order) (sale.Outcome, string) {
	outcome, text := b.Book.Write(ctx, o)
	if outcome == sale.OK {
		b.written(b.n.Add(1))
	}
	return outcome, text
}

func (b *watchedBook) Read(ctx context.Context, item sale.Item) (*sale.Booked, error) {
	b.looked()
	booked, err := b.Book.Read(ctx, item)
	if err == nil {
		b.rows = int64(len(booked.Orders.Rows))
	}
	return booked, err
}

// sellInto runs a sale whose orders go into a real book.
func sellInto(t *testing.T, name string, stock int64, written func(int64), looked func()) (*watchedBook, *ran, check.Verdict) {
	t.Helper()
	book := &watchedBook{written: written, looked: looked}
	r, v := soldInto(t, t.Context(), nil, "once", func(s *Spec) {
		comesFor(2*stock, stock)(s)
		s.Orders, s.Timeout = name, 2*time.Second // between two readings of the book, too
		arrivals("closed:8")(s)
	}, func(s *Sale) {
		s.books = func(ctx context.Context, name string, o order.Options) (order.Book, error) {
			real, err := order.Open(ctx, name, o)
			book.Book = real
			return book, err
		}
	})
	return book, r, v
}

// told counts the purchases that were told ok: of a slow machine not all are.
func told(attempts []history.Attempt) (n int64) {
	for i := range attempts {
		n += int64(bool01(attempts[i].Verb == sale.Buy && attempts[i].Outcome == sale.OK))
	}
	return n
}

// A database that is killed in the middle of the sale and comes back: what is lost is
// counted to the order, and each has its reason.
func TestPostgresIsKilledAndComesBack(t *testing.T) {
	pg := postgrestest.Start(t, postgrestest.Options{})
	var kill, again sync.Once
	book, r, v := sellInto(t, pg.URL(), 600, func(n int64) {
		if n == 200 {
			kill.Do(pg.Kill)
		}
	}, func() {
		again.Do(func() {
			if err := pg.Start(); err != nil {
				t.Error(err)
			}
		})
	})
	l := v.Losses.Orders
	if l.Told != told(r.attempts) || l.Ordered == nil || *l.Ordered != book.rows || l.Lost != l.Told-book.rows || l.Failed+l.Unanswered != l.Lost || l.Failed == 0 {
		t.Errorf("%d rows: %+v", book.rows, l)
	}
	if ok := placed(r.attempts, sale.OK); book.rows < ok || book.rows > ok+placed(r.attempts, sale.Indeterminate) {
		t.Errorf("%d rows, %d acknowledged", book.rows, ok)
	}
	if v.Opinion != check.Invalid || len(v.Violations) != 1 || v.Violations[0].Rule != check.OrderMismatch || v.Violations[0].Count != l.Lost {
		t.Errorf("%s: %v", v.Opinion, v.Violations)
	}
}

// One that does not come back: what it refused is lost for certain, what it
// acknowledged nobody can look up, and nothing is called valid.
func TestPostgresIsKilledAndStaysAway(t *testing.T) {
	pg := postgrestest.Start(t, postgrestest.Options{})
	var kill sync.Once
	_, r, v := sellInto(t, pg.URL(), 600, func(n int64) {
		if n == 200 {
			kill.Do(pg.Kill)
		}
	}, func() {})
	l := v.Losses.Orders
	failed, open := placed(r.attempts, sale.Failed), placed(r.attempts, sale.OK)+placed(r.attempts, sale.Indeterminate)
	if l.Ordered != nil || failed == 0 || l.Lost != failed || l.Failed != failed || l.Open != open || l.Told != failed+open || l.Told != told(r.attempts) {
		t.Errorf("%d failed, %d open: %+v", failed, open, l)
	}
	if v.Opinion != check.Invalid || len(r.tail.Audits[0].Problems) != 1 {
		t.Errorf("%s, %q", v.Opinion, r.tail.Audits[0].Problems)
	}
}

// A file on a disk that fills up in the middle of the sale.
func TestOrdersOnAFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size="+strconv.Itoa(16<<20)); err != nil {
		t.Skipf("a file system of its own, which only root may have: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	filler := filepath.Join(disk, "filler")
	var fill sync.Once
	book, r, v := sellInto(t, filepath.Join(disk, "orders.db"), 600, func(n int64) {
		if n == 200 {
			fill.Do(func() {
				f, err := os.Create(filler)
				for err == nil { // until there is no room
					_, err = f.Write(make([]byte, 4096))
				}
				f.Close()
			})
		}
	}, func() { os.Remove(filler) })
	l := v.Losses.Orders
	if l.Told != told(r.attempts) || l.Ordered == nil || *l.Ordered != book.rows || book.rows < 200 || l.Lost != l.Told-book.rows || l.Failed+l.Unanswered != l.Lost || l.Lost == 0 {
		t.Errorf("%d rows: %+v", book.rows, l)
	}
	if ok := placed(r.attempts, sale.OK); book.rows < ok || v.Opinion != check.Invalid {
		t.Errorf("%d rows, %d acknowledged, %s", book.rows, ok, v.Opinion)
	}
}

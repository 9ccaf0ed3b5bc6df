package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/order"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// fakeBook is an order book in memory.
type fakeBook struct {
	mu     sync.Mutex
	opened []sale.Item
	left   map[string]int64
	rows   map[string][][]string
	once   bool
	// before is asked before each write: an outcome is what comes of it instead, and
	// nothing is written. after is told of what was written.
	before  func(ctx context.Context, n int, o order.Order) (sale.Outcome, string)
	openErr error
	readErr func(n int) error
	reads   int
	writes  int
	inside  int
	most    int
	removed []sale.Item
	closed  int
}

func (b *fakeBook) Open(_ context.Context, items []sale.Item) error {
	if b.openErr != nil {
		return b.openErr
	}
	b.opened, b.left, b.rows = items, map[string]int64{}, map[string][][]string{}
	for _, item := range items {
		b.left[item.ID] = item.Stock
	}
	return nil
}

func (b *fakeBook) Write(ctx context.Context, o order.Order) (sale.Outcome, string) {
	b.mu.Lock()
	b.writes++
	n := b.writes
	b.inside++
	b.most = max(b.most, b.inside)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.inside--
		b.mu.Unlock()
	}()
	if b.before != nil {
		if outcome, text := b.before(ctx, n, o); outcome != 0 {
			return outcome, text
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, row := range b.rows[o.Item] {
		if row[0] == o.Buyer && (b.once || row[1] == o.Request) {
			return sale.Duplicate, "there is such an order"
		}
	}
	if b.left[o.Item] < o.Quantity {
		return sale.SoldOut, "too few"
	}
	b.left[o.Item] -= o.Quantity
	b.rows[o.Item] = append(b.rows[o.Item], []string{o.Buyer, o.Request, strconv.FormatInt(o.Quantity, 10)})
	return sale.OK, ""
}

func (b *fakeBook) Read(_ context.Context, item sale.Item) (*sale.Booked, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reads++
	if b.readErr != nil {
		if err := b.readErr(b.reads); err != nil {
			return nil, err
		}
	}
	left := b.left[item.ID]
	return &sale.Booked{Left: &left, Orders: sale.Orders{Fields: []string{"buyer", "request", "qty"}, Rows: slices.Clone(b.rows[item.ID])}}, nil
}

func (b *fakeBook) Remove(_ context.Context, items []sale.Item) error { b.removed = items; return nil }
func (b *fakeBook) Close() error                                      { b.closed++; return nil }
func (b *fakeBook) String() string                                    { return "fake" }

// sold runs a sale whose orders go into a book, and judges it.
func soldInto(t *testing.T, ctx context.Context, book *fakeBook, script string, change func(*Spec), hook func(*Sale)) (*ran, check.Verdict) {
	t.Helper()
	s, err := strategy.Find(script, "")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.Open(ctx, server.Options{Server: "embedded"})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	planned, err := New(ctx, "test", good(func(s *Spec) {
		s.Orders, s.OrderWorkers, s.Timeout = "sqlite", 8, time.Minute // a slow machine is no lost answer
		change(s)
	}), s, srv)
	if err != nil {
		t.Fatal(err)
	}
	planned.books = func(_ context.Context, _ string, o order.Options) (order.Book, error) {
		book.once = o.OncePerBuyer
		return book, nil
	} // unless the hook has another one
	if hook != nil {
		hook(planned)
	}
	out := &ran{head: planned.Head}
	var kept history.Memory
	rec := history.NewRecorder((*all)(&out.attempts), &kept)
	out.tail, err = planned.Run(ctx, rec, func(e history.Event) {})
	if err = errors.Join(err, rec.Close()); err != nil {
		t.Fatal(err)
	}
	if int64(len(out.attempts)) != out.tail.Attempts {
		t.Errorf("%d attempts recorded, %d made", len(out.attempts), out.tail.Attempts)
	}
	v, err := check.Check(kept.History(planned.Head, &out.tail))
	if err != nil {
		t.Fatal(err)
	}
	return out, v
}

func placed(attempts []history.Attempt, o sale.Outcome) (n int64) {
	for i := range attempts {
		if attempts[i].Verb == sale.PlaceOrder && attempts[i].Outcome == o {
			n++
		}
	}
	return n
}

func comesFor(buyers, stock int64) func(*Spec) {
	return func(s *Spec) { s.Buyers, s.Stock = new(buyers), exactly(stock) }
}

func TestEveryGrantIsOrdered(t *testing.T) {
	for _, text := range []string{"burst", "closed:7", "poisson:20000/s"} {
		book := &fakeBook{}
		r, v := soldInto(t, t.Context(), book, "once", func(s *Spec) {
			comesFor(300, 40)(s)
			arrivals(text)(s)
			s.OrderWorkers, s.DoubleClick = 3, 0.2
		}, nil)
		if v.Opinion != check.Valid || v.Losses.Orders.Told != 40 || *v.Losses.Orders.Ordered != 40 || v.Losses.Orders.Lost != 0 || placed(r.attempts, sale.OK) != 40 {
			t.Errorf("%s: %s %v %v, %+v", text, v.Opinion, v.Doubts, v.Violations, v.Losses.Orders)
		}
		if book.most > 3 || !book.once || book.closed != 1 || len(book.removed) != 1 || len(book.opened) != 1 || r.head.Book != "sqlite" {
			t.Errorf("%s: %d at the same time, %+v", text, book.most, book)
		}
		grants := map[uint32]int64{}
		for _, a := range r.attempts {
			if a.Verb == sale.Buy && a.Outcome == sale.OK {
				grants[a.Request] = a.Return
			}
		}
		for _, a := range r.attempts {
			if a.Verb == sale.PlaceOrder && (a.Due != grants[a.Request] || a.Call < a.Due || a.Return < a.Call || a.Start != micros(a.Call-a.Due)) {
				t.Errorf("%s: an order due %d, called %d, returned %d, of a grant told at %d", text, a.Due, a.Call, a.Return, grants[a.Request])
			}
		}
	}
}

// Whose clients die is in the plan, and each of them loses what he was told.
func TestClientsDieBeforeTheyOrder(t *testing.T) {
	book := &fakeBook{}
	var died int64
	r, v := soldInto(t, t.Context(), book, "once", func(s *Spec) {
		comesFor(500, 300)(s)
		s.Abandon, s.Seed = 0.1, new(uint64(7))
	}, func(s *Sale) { s.spec.Abandon = 0.1 })
	spec := good(comesFor(500, 300))
	spec.Abandon, spec.Seed = 0.1, new(uint64(7))
	for _, a := range r.attempts {
		if a.Verb == sale.Buy && a.Outcome == sale.OK && spec.habitsOf(a.Buyer, &spec.everyone()[0]).abandons {
			died++
		}
	}
	l := v.Losses.Orders
	if died == 0 || l.Died != died || l.Lost != died || l.Told != 300 || *l.Ordered != 300-died || v.Opinion != check.Invalid {
		t.Errorf("%d died: %+v, %s", died, l, v.Opinion)
	}
	if placed(r.attempts, sale.Dropped) != died || book.writes != int(300-died) || len(v.Violations) != 1 || v.Violations[0].Count != died {
		t.Errorf("%d dropped, %d written, %v", placed(r.attempts, sale.Dropped), book.writes, v.Violations)
	}
}

func TestWhatBecomesOfOrders(t *testing.T) {
	fails := func(outcome sale.Outcome, text string) func(context.Context, int, order.Order) (sale.Outcome, string) {
		return func(_ context.Context, n int, _ order.Order) (sale.Outcome, string) {
			if n == 4 {
				return outcome, text
			}
			return 0, ""
		}
	}
	for _, tt := range []struct {
		reason string
		book   *fakeBook
		want   string
		opens  check.Opinion
		reads  int
	}{
		{"the disk was full once", &fakeBook{before: fails(sale.Failed, "disk full")}, "1 failed of 1", check.Invalid, 1},
		{"one got no answer", &fakeBook{before: fails(sale.Indeterminate, "gone")}, "1 unanswered of 1", check.Invalid, 2},
		{"one is acknowledged and not there", &fakeBook{before: fails(sale.OK, "")}, "1 gone of 1", check.Invalid, 1},
		{"the book cannot be read", &fakeBook{readErr: func(int) error { return errors.New("refused") }}, "0 of 0", check.Unknown, 1},
		{"the book cannot be read, and one was refused", &fakeBook{before: fails(sale.Failed, "x"), readErr: func(int) error { return errors.New("refused") }}, "1 failed of 1", check.Invalid, 1},
		{"it cannot be read again", &fakeBook{before: fails(sale.Indeterminate, ""), readErr: func(n int) error {
			if n == 2 {
				return errors.New("refused")
			}
			return nil
		}}, "0 of 0", check.Unknown, 2},
	} {
		book := tt.book
		_, v := soldInto(t, t.Context(), book, "once", func(s *Spec) {
			comesFor(30, 10)(s)
			s.Timeout = time.Second // between two readings of the book
		}, nil)
		l := v.Losses.Orders
		got := fmt.Sprintf("%d of %d", l.Lost, l.Lost)
		for name, n := range map[string]int64{"failed": l.Failed, "unanswered": l.Unanswered, "gone": l.Gone} {
			if n > 0 {
				got = fmt.Sprintf("%d %s of %d", n, name, l.Lost)
			}
		}
		if got != tt.want || v.Opinion != tt.opens || book.reads != tt.reads || len(book.removed) != 1 {
			t.Errorf("%s: %s, %s, %d reads: %v", tt.reason, got, v.Opinion, book.reads, v.Doubts)
		}
	}
}

// A write that is still going on when the book is read makes a reading worth nothing.
func TestTheBookChangesWhileItIsRead(t *testing.T) {
	book := &fakeBook{before: func(_ context.Context, n int, _ order.Order) (sale.Outcome, string) {
		if n == 1 {
			return sale.Indeterminate, ""
		}
		return 0, ""
	}}
	book.readErr = func(n int) error {
		if n == 2 {
			book.left[book.opened[0].ID]--
		}
		return nil
	}
	r, v := soldInto(t, t.Context(), book, "once", func(s *Spec) {
		comesFor(30, 10)(s)
		s.Timeout = time.Second
	}, nil)
	if audit := r.tail.Audits[0]; audit.Booked != nil || len(audit.Problems) != 1 || !strings.Contains(audit.Problems[0], "changed between two readings") || v.Opinion != check.Unknown {
		t.Errorf("%+v: %s", audit, v.Opinion)
	}
}

// The article's script sells twice to one buyer, and the unique key of the book
// says so.
func TestTheUniqueKeyTellsOfASecondSale(t *testing.T) {
	book := &fakeBook{}
	_, v := soldInto(t, t.Context(), book, "article", func(s *Spec) {
		comesFor(20, 100)(s)
		s.Attempts = exactly(2)
		arrivals("closed:4")(s)
	}, nil)
	l := v.Losses.Orders
	if l.Told != 40 || *l.Ordered != 20 || l.Second != 20 || l.Lost != 20 {
		t.Errorf("%+v", l)
	}
}

// Where every ok of a request is lost, the replay is what the client orders by.
func TestAReplayIsOrderedOnce(t *testing.T) {
	book := &fakeBook{}
	r, v := soldInto(t, t.Context(), book, "request", func(s *Spec) {
		comesFor(60, 200)(s)
		s.LostReplies, s.Retries, s.Timeout, s.DoubleClick = 0.3, 5, 2*time.Second, 0.3
		arrivals("closed:8")(s)
	}, nil)
	replayed := 0
	oks := map[uint32]bool{}
	for _, a := range r.attempts {
		if a.Verb == sale.Buy && a.Outcome == sale.OK {
			oks[a.Request] = true
		}
	}
	ordered := map[uint32]int{}
	for _, a := range r.attempts {
		if a.Verb == sale.PlaceOrder {
			ordered[a.Request]++
			replayed += bool01(!oks[a.Request])
		}
	}
	for request, n := range ordered {
		if n != 1 {
			t.Errorf("request %d is ordered %d times", request, n)
		}
	}
	for _, rows := range book.rows {
		for _, row := range rows {
			if row[2] != strconv.FormatInt(r.head.Quantity, 10) {
				t.Errorf("an order of %s units, of which %d were granted", row[2], r.head.Quantity)
			}
		}
	}
	if l := v.Losses.Orders; replayed == 0 || l.Lost != 0 || len(v.Violations) != 0 || int(l.Told) != len(ordered) {
		t.Errorf("%d by a replay: %+v, %v", replayed, l, v.Violations)
	}
}

// An interrupted sale has its orders written like any other.
func TestAnInterruptedSaleIsOrdered(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	book := &fakeBook{before: func(ctx context.Context, n int, _ order.Order) (sale.Outcome, string) {
		if n == 1 {
			stop()
		}
		if ctx.Err() != nil {
			return sale.Failed, ctx.Err().Error()
		}
		return 0, ""
	}}
	r, v := soldInto(t, ctx, book, "once", func(s *Spec) {
		comesFor(100_000, 100_000)(s)
		arrivals("closed:2")(s)
	}, nil)
	if l := v.Losses.Orders; r.tail.Ended != history.EndedInterrupted || l.Lost != 0 || l.Told == 0 || *l.Ordered != l.Told {
		t.Errorf("ended %s: %+v", r.tail.Ended, l)
	}
}

func TestABookThatWillNotHaveIt(t *testing.T) {
	srv, err := server.Open(t.Context(), server.Options{Server: "embedded"})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	s, err := strategy.Find("once", "")
	if err != nil {
		t.Fatal(err)
	}
	run := func(book *fakeBook, failed error, first func(*Sale)) error {
		planned, err := New(t.Context(), "test", good(func(s *Spec) { s.Orders, s.OrderWorkers = "sqlite", 2; comesFor(5, 5)(s) }), s, srv)
		if err != nil {
			t.Fatal(err)
		}
		planned.books = func(context.Context, string, order.Options) (order.Book, error) { return book, failed }
		if first != nil {
			first(planned)
		}
		rec := history.NewRecorder()
		defer rec.Close()
		_, err = planned.Run(t.Context(), rec, func(history.Event) {})
		return err
	}
	if err := run(nil, errors.New("refused"), nil); err == nil || err.Error() != "--orders: refused" {
		t.Errorf("a book that cannot be opened: %v", err)
	}
	known := &fakeBook{openErr: errors.New("the book knows item 7")}
	if err := run(known, nil, nil); err == nil || err.Error() != "--orders: the book knows item 7" || known.closed != 1 || known.removed != nil {
		t.Errorf("a book that knows the item: %v, %+v", err, known)
	}
	unsold := &fakeBook{}
	err = run(unsold, nil, func(s *Sale) {
		s.strategy.OpenFor = func(context.Context, strategy.Doer, sale.Item, sale.Took) error { return errors.New("not open") }
	})
	if err == nil || unsold.closed != 1 || len(unsold.removed) != 1 {
		t.Errorf("a sale that could not be opened: %v, %+v", err, unsold)
	}
}

func TestOrdersThatCannotBeKept(t *testing.T) {
	for reason, tt := range map[string]struct {
		change func(*Spec)
		want   string
	}{
		"no worker":       {func(s *Spec) { s.Orders, s.OrderWorkers = "sqlite", 0 }, "--order-workers 0: want from 1 to 1024"},
		"too many":        {func(s *Spec) { s.Orders, s.OrderWorkers = "sqlite", 1025 }, "--order-workers 1025"},
		"with releases":   {func(s *Spec) { s.Orders, s.Release = "sqlite", 0.5 }, "--orders does not go with --release"},
		"with a restock":  {func(s *Spec) { s.Orders, s.Restock = "sqlite", Restocks{{Units: 1}} }, "--orders does not go with --restock"},
		"as it should be": {func(s *Spec) { s.Orders = "sqlite" }, ""},
		"releases alone":  {func(s *Spec) { s.Release = 0.5 }, ""},
	} {
		spec := good(func(s *Spec) { s.OrderWorkers = 1024; tt.change(s) })
		if err := spec.checkOrders(); (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func TestWhereOrdersAreWritten(t *testing.T) {
	for name, want := range map[string]struct {
		keeps bool
		shown string
	}{
		"sqlite":                              {false, "sqlite"},
		"orders.db":                           {true, "orders.db"},
		"postgres://u:secret@h/db?x=1":        {false, "postgres://u@h/db?x=1"},
		"postgresql://h/db?password=s&user=u": {false, "postgresql://h/db?user=u"},
	} {
		if keepsBook(name) != want.keeps || WithoutPassword(name) != want.shown {
			t.Errorf("%s: kept %v, shown as %s", name, keepsBook(name), WithoutPassword(name))
		}
	}
	spec := good(func(s *Spec) { s.Orders = "orders.db" })
	if text, err := spec.YAML(); err != nil || !strings.Contains(text, "orders: /") {
		t.Errorf("a scenario that runs from anywhere: %v\n%s", err, text)
	}
}

package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// ordered is a burst of 100 on 40 units whose buyers order: of the grants number 3 and
// 5 die, 7 and 8 fail on a full disk, 9 on another thing, and the others take 2 ms
// each, one after the other from the instant of 10 ms on.
func orderedBurst() *history.History {
	texts := new(history.Texts)
	all := burstOf(100, 40)
	head := testHead(modelBurst, "burst")
	head.Items[0].Stock, head.Book, head.Buyers = 40, "sqlite", 100
	head.Scenario += "order_workers: 8\n"
	booked := &sale.Booked{Orders: sale.Orders{Fields: []string{"buyer", "request", "qty"}}}
	free := 10 * ms
	for n := range int64(40) {
		a := all[n]
		a.Verb, a.Due, a.Call, a.Return, a.Granted, a.Left, a.Start = sale.PlaceOrder, a.Return, free, free+2*ms, 0, sale.Untold, 0
		switch n {
		case 3, 5:
			a.Outcome, a.Call, a.Return, a.Reply = sale.Dropped, history.Never, history.Never, texts.Keep(sale.ClientDied)
		case 7, 8:
			a.Outcome, a.Reply = sale.Failed, texts.Keep("disk full")
		case 9:
			a.Outcome, a.Reply = sale.Failed, texts.Keep("no connection")
		default:
			booked.Orders.Rows = append(booked.Orders.Rows, []string{head.BuyerIDs.ID(a.Buyer), head.RequestID(a.Request), "1"})
		}
		if a.Call != history.Never {
			free += 2 * ms
		}
		all = append(all, a)
	}
	left := int64(40 - len(booked.Orders.Rows))
	booked.Left = &left
	tail := measuredTail(burstOf(100, 40), 0)
	tail.Attempts = int64(len(all))
	tail.Audits[0].Booked = booked
	for n := range int64(40) {
		tail.Audits[0].Holdings = append(tail.Audits[0].Holdings, sale.Holding{Buyer: head.BuyerIDs.ID(uint32(n)), Units: 1})
	}
	return record(head, tail, texts, all)
}

func heard(t *testing.T, h *history.History) *Summary {
	t.Helper()
	v, err := check.Check(h)
	if err != nil {
		t.Fatal(err)
	}
	return summarize(t, h, v)
}

func TestBookInEveryReport(t *testing.T) {
	s := heard(t, orderedBurst())
	for name, write := range map[string]Writer{"text": WriteText, "page": WriteHTML, "markdown": WriteMarkdown, "junit": WriteJUnit} {
		var out bytes.Buffer
		if err := write(&out, s); err != nil {
			t.Fatal(err)
		}
		words := strings.Join(strings.Fields(out.String()), " ")
		if want := "35 of 40; 5 paid and lost (2 clients died, 3 failed, 2 of them: disk full)"; !strings.Contains(words, want) {
			t.Errorf("%s: no %q in\n%s", name, want, out.String())
		}
	}
	var out bytes.Buffer
	if err := WriteText(&out, s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"lost      5 purchases told ok have no order", "Orders waiting            38 at most, at 1.28 ms", "all done after 86.0 ms",
		"order (transaction) 35 2.00 ms", "order (grant to order) 35", "orders sqlite, 8 at the same time, by the process that buys",
		"35 orders in the order book, whose stock row says 5",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestBookInJSON(t *testing.T) {
	s := heard(t, orderedBurst())
	for key, want := range map[string]any{
		"book.name": "sqlite", "book.told": 40., "book.ordered": 35., "book.lost": 5., "book.open": 0., "book.causes.client_died": 2., "book.causes.failed": 3.,
		"book.counts.ok": 35., "book.counts.failed": 3., "book.counts.dropped": 2., "book.refused.disk full": 2., "book.service.count": 35., "book.service.max": 2e6,
		"book.lag.count": 35., "book.drained_at": 86e6, "losses.orders": 5., "counts.attempts": 100.,
	} {
		if got, _ := lookup(decode(t, s), key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	if _, found := lookup(decode(t, heard(t, record(testHead(modelBurst, "burst"), testTail(100, 0), nil, burstOf(100, 40)))), "book"); found {
		t.Error("a book where there is none")
	}
	var metrics bytes.Buffer
	if err := WriteMetrics(&metrics, s); err != nil || !strings.Contains(metrics.String(), `seckill_orders{state="lost"} 5`+"\n") {
		t.Errorf("%v\n%s", err, metrics.String())
	}
}

// Orders are none of the sale's own attempts, and spoil no figure of it.
func TestOrdersSpoilNoFigure(t *testing.T) {
	h := orderedBurst()
	with := heard(t, h)
	var without []history.Attempt
	for batch := range h.Batches() {
		for _, a := range batch {
			if a.Verb == sale.Buy {
				without = append(without, a)
			}
		}
	}
	tail := *h.Tail
	tail.Attempts = 100
	plain := heard(t, record(h.Head, &tail, h.Texts, without))
	if with.Recorded != plain.Recorded || *with.Throughput != *plain.Throughput || *with.AllAnswered != *plain.AllAnswered || with.response.max() != plain.response.max() || with.lastReturn != plain.lastReturn {
		t.Errorf("%d attempts, %v/s and %d; without orders %d, %v/s, %d", with.Recorded, *with.Throughput, *with.AllAnswered, plain.Recorded, *plain.Throughput, *plain.AllAnswered)
	}
	h.Tail.Links.Sent++ // which the self-checks must see for all that
	if got := heard(t, h).checks; len(got) != 1 || !strings.Contains(got[0], "101 attempts were handed to connections") {
		t.Errorf("self-checks %q", got)
	}
}

func TestBacklog(t *testing.T) {
	order := func(due, ret int64, outcome sale.Outcome) *history.Attempt {
		return &history.Attempt{Verb: sale.PlaceOrder, Due: due, Call: due, Return: ret, Outcome: outcome}
	}
	for _, tt := range []struct {
		reason  string
		orders  []*history.Attempt
		most    int64
		at      int64
		emptyAt int64
	}{
		{"one after the other", []*history.Attempt{order(1, 2, sale.OK), order(2, 3, sale.OK)}, 1, 1, 3},
		{"in another order than they came", []*history.Attempt{order(5, 9, sale.OK), order(1, 8, sale.OK), order(3, 4, sale.OK)}, 2, 3, 9},
		{"three at once", []*history.Attempt{order(1, 5, sale.OK), order(1, 6, sale.Failed), order(1, 7, sale.Indeterminate)}, 3, 1, 7},
		{"one is never served", []*history.Attempt{order(1, 5, sale.OK), order(2, history.Never, sale.Dropped)}, 2, 2, 0},
	} {
		b := newBookSale()
		for _, a := range tt.orders {
			b.add(a, "")
		}
		b.finish()
		empty := int64(0)
		if b.emptyAt != nil {
			empty = *b.emptyAt
		}
		if b.most != tt.most || b.at != tt.at || empty != tt.emptyAt {
			t.Errorf("%s: %d at %d, empty at %d; want %d at %d, %d", tt.reason, b.most, b.at, empty, tt.most, tt.at, tt.emptyAt)
		}
	}
	b := newBookSale()
	b.add(&history.Attempt{Verb: sale.PlaceOrder, Due: 1, Call: history.Never, Return: history.Never, Outcome: sale.Dropped}, sale.ClientDied)
	if b.finish(); b.most != 0 || b.died != 1 {
		t.Errorf("who dies waits for nothing: %+v", b.backlog)
	}
}

func TestOrderedLine(t *testing.T) {
	n := int64(7)
	for want, l := range map[string]*check.OrderLosses{
		"":                           nil,
		"7 of 7; none lost":          {Told: 7, Ordered: &n},
		"the book could not be read": {Told: 7},
		"7 of 8; 1 paid and lost (1 client died)":                          {Told: 8, Ordered: &n, Lost: 1, Died: 1},
		"7 of 9; 2 paid and lost (1 acknowledged and gone, 1 never tried)": {Told: 9, Ordered: &n, Lost: 2, Gone: 1, Untried: 1},
		"7 of 9; 2 paid and lost (2 refused by the unique key)":            {Told: 9, Ordered: &n, Lost: 2, Second: 2},
		"7 of 12; 5 paid and lost (3 were never got to, 2 got no answer)":  {Told: 12, Ordered: &n, Lost: 5, Late: 3, Unanswered: 2},
		"7 of 9; 2 paid and lost (2 found no units in the stock row)":      {Told: 9, Ordered: &n, Lost: 2, SoldOut: 2},
		"the book could not be read; 1 paid and lost (1 failed)":           {Told: 7, Lost: 1, Failed: 1},
	} {
		s := &Summary{Verdict: check.Verdict{Losses: &check.Losses{Orders: l}}}
		if got := s.orderedLine(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestBookPicture(t *testing.T) {
	s := heard(t, orderedBurst())
	if !slices.ContainsFunc(pictures(s), func(p picture) bool { return p.name == "orders" }) {
		t.Error("there is no picture of the orders")
	}
	edges := []float64{0, 1, 2, 3}
	s.book = newBookSale()
	for _, a := range [][2]int64{{0, 25}, {12, 13}, {14, 15}} {
		s.book.add(&history.Attempt{Verb: sale.PlaceOrder, Due: a[0], Call: a[0], Return: a[1], Outcome: sale.OK}, "")
	}
	s.book.finish()
	p := s.backlogPanel(edges, 10, unitOf(30))
	if got := p.key[0].sample.(area).to; !slices.Equal(got, []float64{1, 2, 1}) {
		t.Errorf("waiting %v", got)
	}
	if s = heard(t, record(testHead(modelBurst, "burst"), testTail(100, 0), nil, burstOf(100, 40))); slices.ContainsFunc(pictures(s), func(p picture) bool { return p.name == "orders" }) {
		t.Error("a picture of no orders")
	}
}

func TestLiveOrders(t *testing.T) {
	h := orderedBurst()
	l := NewLive(&h.Head)
	for batch := range h.Batches() {
		if err := l.Append(batch); err != nil {
			t.Fatal(err)
		}
	}
	if now := l.Snapshot(); !now.Booked || now.Ordered != 40 || now.Attempts != 100 || now.Sold != 40 {
		t.Errorf("%+v", now)
	}
}

// What the caller does after a purchase goes over the buyers' connections, and is
// told apart like a confirmation.
func TestAfterInEveryReport(t *testing.T) {
	all := burstOf(100, 40)
	for n := range int64(40) {
		a := all[n]
		a.Verb, a.Due, a.Call, a.Return, a.Granted, a.Left, a.Start = sale.After, a.Return, a.Return, a.Return+ms, 0, sale.Untold, 0
		all = append(all, a)
	}
	s := summarize(t, record(testHead(modelBurst, "burst"), measuredTail(all, 960), nil, all), validVerdict())
	if s.Recorded != 140 || s.called != 140 || s.Attempts != 100 || len(s.checks) != 0 {
		t.Errorf("%d recorded, %d called, %d purchases, %q", s.Recorded, s.called, s.Attempts, s.checks)
	}
	if got, _ := lookup(decode(t, s), "by_verb.after.ok"); got != 40. {
		t.Errorf("by_verb.after.ok is %v", got)
	}
	var out bytes.Buffer
	if err := WriteText(&out, s); err != nil || !strings.Contains(out.String(), "Done after a purchase     40 attempts: 40 ok") || !strings.Contains(out.String(), "after (call to return)") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

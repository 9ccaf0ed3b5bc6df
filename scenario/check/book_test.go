package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// ordering is the try to write an order of a purchase; instants in ms.
func ordering(of history.Attempt, call, ret int64, outcome sale.Outcome) history.Attempt {
	of.Verb, of.Outcome, of.Due, of.Call, of.Return, of.Granted, of.Left = sale.PlaceOrder, outcome, of.Return, call*ms, ret*ms, 0, sale.Untold
	return of
}

// unwritten is an order that nobody tried to write. Reply 2 says that its client
// died, 3 that it was late.
func unwritten(of history.Attempt, reply uint16) history.Attempt {
	of = ordering(of, 0, 0, sale.Dropped)
	of.Call, of.Return, of.Reply = history.Never, history.Never, reply
	return of
}

func saying(reply uint16, a history.Attempt) history.Attempt {
	a.Reply = reply
	return a
}

// booked is a book with these orders, each a buyer, a request and a quantity.
func booked(left int64, rows ...[]string) sale.Audit {
	a := nothing
	a.Booked = &sale.Booked{Left: &left, Orders: sale.Orders{Fields: []string{"buyer", "request", "qty"}, Rows: rows}}
	return a
}

// orderOf is the order of a purchase, as the book has it.
func orderOf(a history.Attempt) []string {
	return []string{sale.BuyerIDs{From: 100}.ID(a.Buyer), requestOf(a), "1"}
}

type bookTest struct {
	reason   string
	attempts attempts
	audit    sale.Audit
	want     []Rule
	// lost is what the losses say.
	lost string
}

func (test *bookTest) history() *history.History {
	h := newHistory(head(3, sale.Terms{Limit: 2}), test.attempts)
	h.Head.Book, h.Tail = "sqlite", tail(int64(len(test.attempts)), test.audit)
	for _, text := range []string{sale.ClientDied, sale.NotDrained, "disk full"} {
		h.Texts.Keep(text)
	}
	return h
}

// mustBeMissed reports whether a history is cleared with a condition off.
func mustBeMissed(t *testing.T, test *bookTest, c condition) bool {
	t.Helper()
	v, err := check(test.history(), newFindings(c))
	if err != nil {
		t.Fatal(err)
	}
	return v.Opinion == Valid
}

var (
	okA, okB   = ordering(a0, 2, 3, sale.OK), ordering(b0, 2, 3, sale.OK)
	dbl        = again(buy(0, 0, 4, sale.OK), buy(0, 1, 3, sale.OK))
	lostReply  = again(buy(0, 0, 1, sale.Indeterminate), buy(0, 2, 3, sale.Replayed))
	unreadable = sale.Audit{Ledger: sale.NoLedger, Problems: []string{"the order book could not be read: gone"}}
	mismatch   = []Rule{OrderMismatch}
)

var bookTests = []bookTest{
	{"an order for each", attempts{a0, b0, okA, okB}, booked(1, orderOf(b0), orderOf(a0)), nil, "2 told, 2 ordered, 0 lost"},
	{"nobody was told ok, and nobody ordered", attempts{buy(0, 0, 1, sale.NotReady)}, booked(3), nil, "0 told, 0 ordered, 0 lost"},
	{"a client died", attempts{a0, b0, okA, unwritten(b0, 2)}, booked(2, orderOf(a0)), mismatch, "2 told, 1 ordered, 1 lost, 1 died"},
	{"a client died, and his order is there", attempts{a0, unwritten(a0, 2)}, booked(2, orderOf(a0)), nil, "1 told, 1 ordered, 0 lost"},
	{"an order was late", attempts{a0, unwritten(a0, 3)}, booked(3), mismatch, "1 told, 0 ordered, 1 lost, 1 late"},
	{"the disk was full", attempts{a0, saying(4, ordering(a0, 2, 3, sale.Failed))}, booked(3), mismatch, "1 told, 0 ordered, 1 lost, 1 failed"},
	{"the stock row ran out", attempts{a0, ordering(a0, 2, 3, sale.SoldOut)}, booked(3), mismatch, "1 told, 0 ordered, 1 lost, 1 without units"},
	{"an answer was lost, and the order is there", attempts{a0, ordering(a0, 2, 3, sale.Indeterminate)}, booked(2, orderOf(a0)), nil, "1 told, 1 ordered, 0 lost"},
	{"an answer was lost, and the order is not there", attempts{a0, ordering(a0, 2, 3, sale.Indeterminate)}, booked(3), mismatch, "1 told, 0 ordered, 1 lost, 1 unanswered"},
	{"an order was acknowledged, and is gone", attempts{a0, b0, okA, okB}, booked(2, orderOf(b0)), mismatch, "2 told, 1 ordered, 1 lost, 1 gone"},
	{"nobody tried to write the order", attempts{a0}, booked(3), mismatch, "1 told, 0 ordered, 1 lost, 1 untried"},
	{"two oks of one request, and the unique key refused the second order", append(slices.Clone(dbl), ordering(dbl[1], 4, 5, sale.OK), ordering(dbl[0], 5, 6, sale.Duplicate)),
		booked(2, orderOf(dbl[0])), mismatch, "2 told, 1 ordered, 1 lost, 1 second"},
	{"two oks of one request, and the client of the second died", append(slices.Clone(dbl), ordering(dbl[0], 5, 6, sale.OK), unwritten(dbl[1], 2)),
		booked(2, orderOf(dbl[0])), mismatch, "2 told, 1 ordered, 1 lost, 1 died"},
	{"two oks of one request, and two orders", append(slices.Clone(dbl), ordering(dbl[1], 4, 5, sale.OK), ordering(dbl[0], 5, 6, sale.OK)),
		booked(1, orderOf(dbl[0]), orderOf(dbl[0])), nil, "2 told, 2 ordered, 0 lost"},
	{"the ok was lost, and the replay was ordered", append(slices.Clone(lostReply), ordering(lostReply[1], 4, 5, sale.OK)), booked(2, orderOf(lostReply[0])), nil, "1 told, 1 ordered, 0 lost"},
	{"the ok was lost, and the replay was not ordered", append(slices.Clone(lostReply), unwritten(lostReply[1], 2)), booked(3), mismatch, "1 told, 0 ordered, 1 lost, 1 died"},
	{"two replays are one purchase", append(slices.Clone(lostReply), again(lostReply[0], buy(0, 4, 5, sale.Replayed))[1], ordering(lostReply[1], 6, 7, sale.OK)),
		booked(2, orderOf(lostReply[0])), nil, "1 told, 1 ordered, 0 lost"},
	{"the ok was lost, and nobody was told", attempts{buy(0, 0, 1, sale.Indeterminate), b0, okB}, booked(2, orderOf(b0)), nil, "1 told, 1 ordered, 0 lost"},
	{"the ok was lost on its way to us, and somebody ordered", attempts{lost1, b0, okB}, booked(1, orderOf(b0), orderOf(lost1)), nil, "1 told, 2 ordered, 0 lost"},
	{"an order of somebody who was refused", attempts{a0, okA, buy(2, 4, 5, sale.NotReady)}, booked(1, orderOf(a0), orderOf(buy(2, 4, 5, sale.OK))), mismatch, "1 told, 2 ordered, 0 lost"},
	{"an order of somebody who was refused, and acknowledged", attempts{a0, okA, buy(2, 4, 5, sale.NotReady), ordering(buy(2, 4, 5, sale.NotReady), 6, 7, sale.OK)}, booked(1, orderOf(a0), orderOf(buy(2, 4, 5, sale.OK))), mismatch, "1 told, 2 ordered, 0 lost"},
	{"an order of a stranger", attempts{a0, okA}, booked(1, orderOf(a0), []string{"mallory", "1", "1"}), mismatch, "1 told, 2 ordered, 0 lost"},
	{"an order of a request that is none", attempts{a0, okA}, booked(1, orderOf(a0), []string{"100", "007", "1"}), mismatch, "1 told, 2 ordered, 0 lost"},
	{"an order whose request has a zero too many", attempts{a0, okA}, booked(2, []string{"100", "0" + requestOf(a0), "1"}), mismatch, "1 told, 1 ordered, 1 lost, 1 gone"},
	{"two orders for one grant", attempts{a0, okA}, booked(1, orderOf(a0), orderOf(a0)), mismatch, "1 told, 2 ordered, 0 lost"},
	{"an order for two of one unit", attempts{a0, okA}, booked(1, []string{"100", requestOf(a0), "2"}), mismatch, "1 told, 1 ordered, 0 lost"},
	{"a part was granted, and that was ordered", attempts{part(1, 2, a0), okA}, booked(2, orderOf(a0)), nil, "1 told, 1 ordered, 0 lost"},
	{"a part was granted, and all was ordered", attempts{part(1, 2, a0), okA}, booked(1, []string{"100", requestOf(a0), "2"}), mismatch, "1 told, 1 ordered, 0 lost"},
	{"the stock row has a unit too many", attempts{a0, okA}, booked(3, orderOf(a0)), mismatch, "1 told, 1 ordered, 0 lost"},
	{"the stock row has a unit too few", attempts{a0, okA}, booked(1, orderOf(a0)), mismatch, "1 told, 1 ordered, 0 lost"},
	{"a released purchase's order is gone", attempts{a0, back(a0, 2, 3, sale.OK), b0, okB}, booked(2, orderOf(b0)), nil, "1 told, 1 ordered, 0 lost"},
	{"a released purchase's order is gone, and its unit was not put back", attempts{a0, back(a0, 2, 3, sale.OK), b0, okB}, booked(1, orderOf(b0)), nil, "1 told, 1 ordered, 0 lost"},
	{"other units, which a lost answer explains", append(again(a0, of(2, buy(0, 2, 3, sale.Indeterminate))), ordering(a0, 4, 5, sale.OK)), booked(1, []string{"100", requestOf(a0), "2"}), nil, "1 told, 1 ordered, 0 lost"},
	{"a released purchase's order is there", attempts{a0, okA, back(a0, 4, 5, sale.OK), b0, okB}, booked(1, orderOf(b0), orderOf(a0)), nil, "1 told, 2 ordered, 0 lost"},
	{"the book cannot be read, and the database had refused an order", attempts{a0, b0, okA, ordering(b0, 2, 3, sale.Failed)}, unreadable, mismatch, "2 told, - ordered, 1 lost, 1 failed, 1 open"},
	{"the book cannot be read, and a client had died", attempts{a0, unwritten(a0, 2)}, unreadable, mismatch, "1 told, - ordered, 1 lost, 1 died"},
}

func (l *OrderLosses) String() string {
	text := fmt.Sprintf("%d told, ", l.Told)
	if l.Ordered == nil {
		text += "- ordered"
	} else {
		text += fmt.Sprintf("%d ordered", *l.Ordered)
	}
	text += fmt.Sprintf(", %d lost", l.Lost)
	for _, c := range []struct {
		n    int64
		what string
	}{{l.Died, "died"}, {l.Late, "late"}, {l.Failed, "failed"}, {l.SoldOut, "without units"}, {l.Second, "second"},
		{l.Unanswered, "unanswered"}, {l.Gone, "gone"}, {l.Untried, "untried"}, {l.Open, "open"}} {
		if c.n > 0 {
			text += fmt.Sprintf(", %d %s", c.n, c.what)
		}
	}
	return text
}

func TestBook(t *testing.T) {
	for _, test := range bookTests {
		h := test.history()
		v := mustCheck(t, h)
		if got := broken(v); !slices.Equal(got, test.want) {
			t.Errorf("%s: broken %v, want %v", test.reason, got, test.want)
		}
		if got := v.Losses.Orders.String(); got != test.lost {
			t.Errorf("%s: %s; want %s", test.reason, got, test.lost)
		}
		if test.want == nil && v.Opinion == Invalid {
			t.Errorf("%s: %s", test.reason, v.Opinion)
		}
		if test.want == nil {
			continue
		}
		h.Head.Expect = []string{string(OrderMismatch)}
		if v := mustCheck(t, h); v.Opinion == Invalid || len(v.Expected()) != 1 {
			t.Errorf("%s, and expected: %s", test.reason, v.Opinion)
		}
	}
}

// A book that could not be read leaves the rule open, where nothing is seen broken.
func TestUnreadBook(t *testing.T) {
	silent := nothing
	for reason, audit := range map[string]sale.Audit{"a problem": unreadable, "not a word of it": silent} {
		test := bookTest{attempts: attempts{a0, b0, okA, ordering(b0, 2, 3, sale.Indeterminate)}, audit: audit}
		v := mustCheck(t, test.history())
		if v.Opinion != Unknown || v.Undecided[OrderMismatch] == "" || v.Losses.Orders.Open != 2 || v.Losses.Orders.Ordered != nil {
			t.Errorf("%s: %s, %v, %s", reason, v.Opinion, v.Undecided, v.Losses.Orders)
		}
	}
	test := bookTest{attempts: attempts{a0, okA}, audit: nothing}
	h := test.history()
	h.Head.Book = ""
	if v := mustCheck(t, h); v.Undecided[OrderMismatch] != "" || v.Losses != nil {
		t.Errorf("without a book: %v, %v", v.Undecided, v.Losses)
	}
}

// Where attempts are missing, those may explain an order that nobody is seen to
// have been told of. They explain no purchase without one.
func TestBookWithAttemptsMissing(t *testing.T) {
	for _, tt := range []struct {
		reason string
		test   bookTest
		broken bool
	}{
		{"an order of a stranger", bookTest{attempts: attempts{a0, okA}, audit: booked(1, orderOf(a0), orderOf(b0))}, false},
		{"two orders for one grant", bookTest{attempts: attempts{a0, okA}, audit: booked(1, orderOf(a0), orderOf(a0))}, false},
		{"other units", bookTest{attempts: attempts{a0, okA}, audit: booked(1, []string{"100", requestOf(a0), "2"})}, false},
		{"an order is gone", bookTest{attempts: attempts{a0, okA}, audit: booked(3)}, true},
		{"the stock row is off", bookTest{attempts: attempts{a0, okA}, audit: booked(0, orderOf(a0))}, true},
		{"a refused order, and no book to look into", bookTest{attempts: attempts{a0, ordering(a0, 2, 3, sale.Failed)}, audit: unreadable}, false},
	} {
		h := tt.test.history()
		h.Tail.Attempts++
		v := mustCheck(t, h)
		if got := slices.Contains(broken(v), OrderMismatch); got != tt.broken || v.Opinion == Valid {
			t.Errorf("%s: broken %v, %s", tt.reason, got, v.Opinion)
		}
	}
}

func TestBookSays(t *testing.T) {
	for _, tt := range []struct {
		reason string
		want   string
		causes bool
		rests  int
	}{
		{"a client died", "no order of buyer 101 for what he was told he has (0 < 1): his client died before it wrote one", false, 2},
		{"the disk was full", "no order of buyer 100 for what he was told he has (0 < 1): the database wrote nothing (disk full)", false, 2},
		{"two oks of one request, and the unique key refused the second order", "no order of buyer 100 for what he was told he has (1 < 2): the unique key of the book refused it", false, 2},
		{"two oks of one request, and the client of the second died", "no order of buyer 100 for what he was told he has (1 < 2): his client died before it wrote one", false, 2},
		{"an order was acknowledged, and is gone", "the book acknowledged an order of buyer 100 and does not hold it (0 < 1)", true, 2},
		{"nobody tried to write the order", "no order of buyer 100 for what he was told he has (0 < 1): nobody tried to write one", false, 1},
		{"two orders for one grant", "the book holds 2 orders of buyer 100 for one request that was granted once at most (2 > 1)", true, 1},
		{"an order for two of one unit", "the book holds an order of buyer 100 for 2 units, and he was granted 1 (2 ≠ 1)", true, 1},
		{"the stock row has a unit too many", "by the orders in the book, 1 unit ordered of 3 leave 2: its stock row says 3 (3 ≠ 3 - 1)", true, 0},
		{"an order of a stranger", `the book holds an order that nobody was told (1 > 0): buyer "mallory", request "1", qty "1"`, true, 0},
	} {
		i := slices.IndexFunc(bookTests, func(b bookTest) bool { return b.reason == tt.reason })
		h := bookTests[i].history()
		h.Tail.Signs = &history.Signs{Evicted: 7} // of another server
		c := mustCheck(t, h).Violations[0].Cases[0]
		if c.Message != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.reason, c.Message, tt.want)
		}
		if len(c.Causes) > 0 != tt.causes || strings.Contains(strings.Join(c.Causes, " "), "evict") {
			t.Errorf("%s: causes %q", tt.reason, c.Causes)
		}
		if len(c.Attempts) != tt.rests || tt.rests == 2 && (c.Attempts[1].Verb != sale.PlaceOrder || c.Attempts[0].Return != c.Attempts[1].Due) {
			t.Errorf("%s: rests on %+v", tt.reason, c.Attempts)
		}
	}
}

// Every item has a book of its own, and the losses are the sum.
func TestBookOfSeveralItems(t *testing.T) {
	second := b0
	second.Item = 1
	h := newHistory(head(1, one), attempts{a0, second, okA, unwritten(second, 2)})
	h.Head.Items = []sale.Item{{ID: "a", Stock: 1}, {ID: "b", Stock: 1, Index: 1}}
	h.Texts.Keep(sale.ClientDied)
	h.Head.Book, h.Tail = "sqlite", &history.Tail{Ended: history.EndedDone, Attempts: 4, Audits: []sale.Audit{booked(0, orderOf(a0)), booked(1)}}
	v := mustCheck(t, h)
	if got := v.Losses.Orders.String(); got != "2 told, 1 ordered, 1 lost, 1 died" || !slices.Equal(broken(v), mismatch) || v.Exercised[OrderMismatch] != 2 {
		t.Errorf("%s, %v, %d chances", got, broken(v), v.Exercised[OrderMismatch])
	}
	if c := v.Violations[0].Cases[0]; !strings.HasPrefix(c.Message, "item b: no order of buyer 101") || c.Item != 1 {
		t.Errorf("%+v", c)
	}
	h.Tail.Audits[0].Booked, h.Tail.Audits[0].Problems = nil, []string{"gone"}
	if got := mustCheck(t, h).Losses.Orders.String(); got != "2 told, - ordered, 1 lost, 1 died, 1 open" {
		t.Errorf("with one unread: %s", got)
	}
}

func TestDamagedOrders(t *testing.T) {
	for reason, damage := range map[string]func(*history.Attempt){
		"of no item":                    func(a *history.Attempt) { a.Item = 1 },
		"of no buyer":                   func(a *history.Attempt) { a.Buyer = 99 },
		"called before it was due":      func(a *history.Attempt) { a.Call = a.Due - 1 },
		"returned before it was called": func(a *history.Attempt) { a.Return = a.Call - 1 },
		"called and never over":         func(a *history.Attempt) { a.Return = history.Never },
		"with an outcome that is none":  func(a *history.Attempt) { a.Outcome = 77 },
	} {
		a := okA
		damage(&a)
		test := bookTest{attempts: attempts{a0, a}, audit: booked(2, orderOf(a0))}
		if _, err := Check(test.history()); err == nil || !strings.Contains(err.Error(), "damaged record") {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// What is done after a purchase weighs nothing, but for a reply that nobody knows.
func TestAfterIsJudgedLikeAConfirmation(t *testing.T) {
	after := ordering(a0, 2, 3, sale.OK)
	after.Verb = sale.After
	h := newHistory(head(1, one), attempts{a0, buy(1, 0, 1, sale.SoldOut), after})
	h.Tail = tail(3, held(1))
	if v := mustCheck(t, h); v.Opinion != Valid {
		t.Errorf("%s: %v %v", v.Opinion, broken(v), v.Doubts)
	}
	strange := after
	strange.Outcome, strange.Defect = sale.Indeterminate, sale.UnmappedReply
	h = newHistory(head(1, one), attempts{a0, buy(1, 0, 1, sale.SoldOut), strange})
	h.Tail = tail(3, held(1))
	if got := broken(mustCheck(t, h)); !slices.Equal(got, []Rule{UnmappedReply}) {
		t.Errorf("a reply nobody knows: %v", got)
	}
}

// The smallest record keeps of the book what it needs, and tells no lie with it.
func TestSmallestOfABook(t *testing.T) {
	i := slices.IndexFunc(bookTests, func(b bookTest) bool { return b.reason == "a client died" })
	small, v := smallest(t, bookTests[i].history(), OrderMismatch)
	if n := count(t, small); n != 2 || v.Violations[0].Count != 1 || small.Head.Book == "" {
		t.Errorf("%d attempts, broken %d times", n, v.Violations[0].Count)
	}
	test := bookTest{attempts: attempts{a0, b0, okA, okB}, audit: withStock(booked(1, orderOf(a0), orderOf(b0)), 0)}
	small, v = smallest(t, test.history(), StockMismatch)
	if n := count(t, small); n != 2 || len(v.Violations) != 1 || small.Head.Book != "" {
		t.Errorf("of a rule that is not about the book: %d attempts, %v", n, broken(v))
	}
}

package check

import (
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// left makes the reply to an attempt tell what is left.
func left(units int64, a history.Attempt) history.Attempt {
	a.Left = units
	return a
}

// stock is a reading of the stock; instants in ms.
func stock(units, at, until int64) history.Event {
	return history.Event{Kind: history.EventStock, Units: units, At: at * ms, Until: until * ms}
}

var (
	atomically  = sale.Terms{Limit: 1, Atomic: true}
	stocksFirst = sale.Terms{Limit: 1, Atomic: true, Order: sale.StockFirst}
	replays     = sale.Terms{Limit: 2, Atomic: true}
)

type stockTest struct {
	reason   string
	stock    int64
	quantity int64
	terms    sale.Terms
	attempts attempts
	readings []history.Event
	audit    sale.Audit
	want     []Rule
}

func (test *stockTest) history() *history.History {
	h := newHistory(head(test.stock, test.terms), test.attempts)
	h.Head.Quantity, h.Events = test.quantity, test.readings
	h.Tail = tail(int64(len(test.attempts)), test.audit)
	return h
}

// units makes attempts ask for so many.
func inUnits(n int32, all ...history.Attempt) attempts {
	for i := range all {
		all[i].Quantity = n
	}
	return all
}

var stockTests = []stockTest{
	{"a stock below zero", 1, 1, atomically, attempts{a0}, []history.Event{stock(-1, 2, 3)}, nothing, []Rule{NegativeStock}},
	{"a reply that tells of less than nothing", 1, 1, atomically, attempts{left(-1, a0)}, nil, nothing, []Rule{NegativeStock}},
	{"nothing left", 1, 1, atomically, attempts{left(0, a0)}, []history.Event{stock(0, 2, 3)}, nothing, nil},
	{"what a script tells that is no one command means nothing", 1, 1, one, attempts{left(-1, a0)}, []history.Event{stock(-1, 2, 3)}, nothing, nil},
	{"a part of a sale", 4, 2, replays, inUnits(2, a0), []history.Event{stock(3, 2, 3)}, nothing, []Rule{FalseStock}},
	{"a whole one", 4, 2, replays, inUnits(2, a0), []history.Event{stock(2, 2, 3)}, nothing, nil},
	{"more than the item opened with", 2, 1, atomically, attempts{a0}, []history.Event{stock(3, 0, 1)}, nothing, []Rule{FalseStock}},
	{"after a sale as much as before", 2, 1, atomically, attempts{left(2, a0)}, nil, nothing, []Rule{FalseStock}},
	{"before a sale as much as at the opening", 2, 1, atomically, attempts{a0}, []history.Event{stock(2, 0, 1)}, nothing, nil},

	{"two sales that leave the same stock", 3, 1, atomically, attempts{left(2, a0), left(2, b0)}, nil, nothing, []Rule{FalseStock}},
	{"two sales that leave one less each, in any order", 3, 1, atomically, attempts{left(1, a0), left(2, b0)}, nil, nothing, nil},
	{"a sale that leaves more than one before it", 3, 1, atomically, attempts{left(1, a0), left(2, buy(1, 2, 3, sale.OK))}, nil, nothing, []Rule{FalseStock}},
	{"a stock that goes up", 3, 1, atomically, attempts{a0, b0}, []history.Event{stock(2, 0, 1), stock(3, 2, 3)}, nothing, []Rule{FalseStock}},
	{"a stock that seems to go up while it is read", 3, 1, atomically, attempts{a0, b0}, []history.Event{stock(2, 0, 1), stock(3, 1, 3)}, nothing, nil},
	{"a stock read that was told to nobody yet", 3, 1, atomically, attempts{left(2, a0)}, []history.Event{stock(3, 2, 3)}, nothing, []Rule{FalseStock}},

	{"fewer gone than were acknowledged", 3, 1, atomically, attempts{a0, b0}, []history.Event{stock(2, 2, 3)}, nothing, []Rule{FalseStock}},
	{"a sale that has not returned", 3, 1, atomically, attempts{a0, buy(1, 0, 2, sale.OK)}, []history.Event{stock(2, 2, 3)}, nothing, nil},
	{"more gone than anybody asked for", 3, 1, atomically, attempts{a0}, []history.Event{stock(1, 2, 3)}, nothing, []Rule{FalseStock}},
	{"a lost reply explains it", 3, 1, atomically, attempts{a0, buy(1, 0, 1, sale.Indeterminate)}, []history.Event{stock(1, 2, 3)}, nothing, nil},
	{"but not if its buyer holds nothing", 3, 1, atomically, attempts{a0, buy(1, 0, 1, sale.Indeterminate)}, []history.Event{stock(1, 2, 3)}, held(1), []Rule{FalseStock}},
	{"the third sale where there were two", 3, 1, atomically, attempts{left(0, a0), b0}, nil, nothing, []Rule{FalseStock}},
	{"a lost reply is the third", 3, 1, atomically, attempts{left(0, a0), b0, buy(2, 0, 1, sale.Indeterminate)}, nil, nothing, nil},
	{"a second sale without a first", 3, 1, atomically, attempts{left(1, a0), buy(1, 2, 3, sale.OK)}, nil, nothing, []Rule{FalseStock}},

	{"units left after sold_out", 2, 1, atomically, attempts{a0, buy(1, 0, 9, sale.OK), buy(2, 2, 3, sale.SoldOut)}, []history.Event{stock(1, 4, 5)}, nothing, []Rule{FalseStock}},
	{"units left until sold_out returns", 2, 1, atomically, attempts{a0, buy(1, 0, 9, sale.OK), buy(2, 2, 4, sale.SoldOut)}, []history.Event{stock(1, 4, 5)}, nothing, nil},
	{"a duplicate says that his sale was made", 3, 1, atomically, attempts{buy(0, 0, 9, sale.OK), buy(0, 1, 2, sale.Duplicate)}, []history.Event{stock(3, 3, 4)}, nothing, []Rule{FalseStock}},
	{"another's does not", 3, 1, atomically, attempts{buy(0, 0, 9, sale.OK), b0, buy(1, 1, 2, sale.Duplicate)}, []history.Event{stock(2, 3, 4)}, nothing, nil},
	{"a refusal says the same of one who bought", 3, 1, atomically, attempts{buy(0, 0, 9, sale.OK), buy(0, 1, 2, sale.Refused)}, []history.Event{stock(3, 3, 4)}, held(1), []Rule{FalseStock}},
	{"and of one who did not that all is sold", 1, 1, atomically, attempts{buy(0, 0, 9, sale.OK), buy(1, 1, 2, sale.Refused)}, []history.Event{stock(1, 3, 4)}, held(1), []Rule{FalseStock}},
	{"and of one whose lost reply cannot have sold any more", 1, 1, atomically, attempts{buy(0, 0, 9, sale.OK), buy(1, 0, 1, sale.Indeterminate), buy(1, 1, 2, sale.Refused)}, []history.Event{stock(1, 3, 4)}, nothing, []Rule{FalseStock}},
	{"and of one whose lost reply sold that it had by then", 2, 1, atomically, attempts{buy(0, 0, 9, sale.OK), buy(1, 0, 1, sale.Indeterminate), buy(1, 1, 2, sale.Refused)}, []history.Event{stock(2, 3, 4)}, withStock(nothing, 0), []Rule{FalseStock}},
	{"but no more than that", 2, 1, atomically, attempts{buy(0, 0, 9, sale.OK), buy(1, 0, 1, sale.Indeterminate), buy(1, 1, 2, sale.Refused)}, []history.Event{stock(1, 3, 4)}, withStock(nothing, 0), nil},
	{"a replay says that its sale was made", 3, 1, replays, again(buy(0, 0, 9, sale.OK), buy(0, 1, 2, sale.Replayed)), []history.Event{stock(3, 3, 4)}, nothing, []Rule{FalseStock}},
	{"not if a lost reply of its request may have been", 3, 1, replays, again(buy(0, 0, 9, sale.OK), buy(0, 1, 2, sale.Replayed), buy(0, 0, 1, sale.Indeterminate)), []history.Event{stock(3, 3, 4)}, held(1), nil},
	{"a lost reply called after the replay is no reason for it", 3, 1, replays, again(buy(0, 0, 9, sale.OK), buy(0, 1, 2, sale.Replayed), buy(0, 3, 4, sale.Indeterminate)), []history.Event{stock(3, 3, 4)}, held(1), []Rule{FalseStock}},
	{"one called when the replay returned is", 3, 1, replays, append(again(buy(0, 2, 5, sale.Indeterminate), buy(0, 1, 2, sale.Replayed)), buy(1, 5, 6, sale.OK)), nil, held(0, 1), nil},
	{"sold out, and a duplicate was told later by a script that tests the stock first", 2, 1, stocksFirst, attempts{a0, buy(1, 0, 9, sale.OK), buy(0, 4, 5, sale.Duplicate)}, []history.Event{stock(0, 2, 3)}, nothing, []Rule{FalseStock}},
	{"the same while the stock was read", 2, 1, stocksFirst, attempts{a0, buy(1, 0, 9, sale.OK), buy(0, 3, 5, sale.Duplicate)}, []history.Event{stock(0, 2, 3)}, nothing, nil},
	{"the last sale of a holder who was told duplicate by such a script", 2, 1, stocksFirst, attempts{left(0, buy(0, 0, 9, sale.OK)), left(1, buy(1, 0, 9, sale.OK)), buy(0, 0, 9, sale.Duplicate)}, nil, nothing, []Rule{FalseStock}},
	{"the first one", 2, 1, stocksFirst, attempts{left(1, buy(0, 0, 9, sale.OK)), left(0, buy(1, 0, 9, sale.OK)), buy(0, 0, 9, sale.Duplicate)}, nil, nothing, nil},
}

// Where nothing is sold twice and nothing comes back, what is read and told
// counts as a chance; elsewhere it does not.
func TestChancesOfStocks(t *testing.T) {
	test := stockTest{stock: 3, quantity: 1, terms: atomically, attempts: attempts{left(2, a0), b0}, readings: []history.Event{stock(1, 2, 3), stock(3, 0, 0)}}
	for want, terms := range map[int64]sale.Terms{3: atomically, 0: one} {
		test.terms = terms
		v := mustCheck(t, test.history())
		if n, applied := v.Exercised[FalseStock]; n != want || applied != (want > 0) {
			t.Errorf("%+v: %d chances, applied %t", terms, n, applied)
		}
	}
	test.terms, test.attempts = atomically, append(test.attempts, back(a0, 4, 5, sale.OK))
	test.readings[0].Units = 7
	v := mustCheck(t, test.history())
	if _, applied := v.Exercised[FalseStock]; applied || v.Opinion != Valid {
		t.Errorf("with a release: %s, exercised %v", v.Opinion, v.Exercised)
	}
}

// Evidence names the sales and the numbers.
func TestWhatIsSaidOfStocks(t *testing.T) {
	for _, test := range []struct {
		attempts attempts
		readings []history.Event
		want     string
		rests    int
	}{
		{attempts{left(2, a0), left(2, b0)}, nil,
			"an attempt of buyer 101 sold between 0.000 ms and 1.000 ms was told 2 units left, and so was another sale: no two sales leave the same stock (2 = 2)", 2},
		{attempts{left(1, a0), left(2, buy(1, 2, 3, sale.OK))}, nil,
			"an attempt of buyer 100 sold between 0.000 ms and 1.000 ms was told 1 unit left, and after that an attempt sold between 2.000 ms and 3.000 ms was told 2 units left: the stock only goes down (1 ≤ 2)", 2},
		{attempts{a0, b0}, []history.Event{stock(2, 2, 3)},
			"an attempt of buyer 101 was sold between 0.000 ms and 1.000 ms, and after that the stock read between 2.000 ms and 3.000 ms was 2: it has no place among the 1 sale made by then, for others need them all", 1},
		{attempts{a0}, []history.Event{stock(1, 2, 3)}, "the stock read between 2.000 ms and 3.000 ms was 1: that is after 2 sales, and there were no more than 1 (2 > 1)", 0},
		{attempts{a0, buy(1, 4, 5, sale.OK)}, []history.Event{stock(1, 2, 3)},
			"an attempt of buyer 101 was sold between 4.000 ms and 5.000 ms, and before that the stock read between 2.000 ms and 3.000 ms was 1: that is after 2 sales, and too few of the others had been called", 1},
		{attempts{left(1, buy(0, 0, 3, sale.OK)), buy(1, 5, 6, sale.Indeterminate)}, nil,
			"by the stocks that were told and read, sale number 1 of 2 was made at 3.000 ms or earlier, and no attempt that was granted or may have been is left to be it", 0},
		{attempts{a0}, []history.Event{stock(4, 2, 3)}, "the stock read between 2.000 ms and 3.000 ms was 4, and the item opened with 3 (4 > 3)", 0},
		{attempts{a0, buy(1, 0, 9, sale.OK), buy(2, 0, 9, sale.OK), buy(3, 2, 3, sale.SoldOut)}, []history.Event{stock(2, 4, 5)},
			"by the stocks that were told and read, sale number 2 of 3 was made at 4.000 ms or later, and by them and the other answers at 3.000 ms or earlier (4.000 ms > 3.000 ms)", 0},
	} {
		s := stockTest{stock: 3, quantity: 1, terms: atomically, attempts: test.attempts, readings: test.readings, audit: nothing}
		v := mustCheck(t, s.history())
		if !slices.Equal(broken(v), []Rule{FalseStock}) || len(v.Violations[0].Cases) != 1 {
			t.Errorf("want %s\ngot %+v", test.want, v.Violations)
			continue
		}
		if c := v.Violations[0].Cases[0]; c.Message != test.want || len(c.Attempts) != test.rests {
			t.Errorf("want %s\ngot  %s, with %d attempts", test.want, c.Message, len(c.Attempts))
		}
	}
}

// What other rules find hides nothing that the stocks prove by themselves.
func TestStocksBesideOtherViolations(t *testing.T) {
	s := stockTest{stock: 1, quantity: 1, terms: atomically, audit: nothing,
		attempts: attempts{left(0, a0), left(0, b0), buy(2, 5, 6, sale.OK)}}
	if got := broken(mustCheck(t, s.history())); !slices.Equal(got, []Rule{Oversell, FalseStock}) {
		t.Errorf("two sales that leave nothing: %v", got)
	}
	s.attempts = attempts{a0, b0}
	s.readings = []history.Event{stock(1, 2, 3)}
	if got := broken(mustCheck(t, s.history())); !slices.Equal(got, []Rule{Oversell, FalseStock}) {
		t.Errorf("a stock read after two sales of one unit: %v", got)
	}
	s.readings = nil
	if got := broken(mustCheck(t, s.history())); !slices.Equal(got, []Rule{Oversell}) {
		t.Errorf("without: %v", got)
	}
}

// What nobody can decide is left open.
func TestStocksLeftOpen(t *testing.T) {
	either := again(buy(0, 0, 30, sale.OK), buy(0, 2, 5, sale.OK), buy(0, 3, 4, sale.Replayed))
	for _, test := range []struct {
		reason   string
		terms    sale.Terms
		attempts attempts
		readings []history.Event
		missing  int64
		want     string
	}{
		{"an attempt that is missing may have sold", atomically, attempts{a0}, []history.Event{stock(1, 2, 3)}, 1, "attempts are missing"},
		{"nothing missing explains more than before", atomically, attempts{left(1, a0), left(1, b0)}, nil, 1, ""},
		{"nothing missing explains a sale that the stock does not know", atomically, attempts{a0, b0}, []history.Event{stock(2, 2, 3)}, 1, ""},
		{"either of two sales may be replayed", replays, either, []history.Event{stock(3, 1, 1), stock(2, 4, 4), stock(2, 5, 5)}, 0, ""},
		{"here only the other one can be", replays, either, []history.Event{stock(2, 1, 1), stock(2, 5, 5)}, 0, "may or may not fit"},
		{"a refusal that a lost reply may explain", atomically, attempts{a0, buy(1, 0, 1, sale.Indeterminate), buy(1, 2, 3, sale.Refused)}, []history.Event{stock(2, 2, 3)}, 0, "may or may not fit"},
	} {
		s := stockTest{stock: 3, quantity: 1, terms: test.terms, attempts: test.attempts, readings: test.readings, audit: nothing}
		h := s.history()
		h.Tail.Attempts += test.missing
		v := mustCheck(t, h)
		said := v.Undecided[FalseStock]
		if !strings.Contains(said, test.want) || test.want == "" && said != "" && len(v.Violations) == 0 {
			t.Errorf("%s: %s, %v %v", test.reason, v.Opinion, v.Violations, v.Doubts)
		}
		if test.want != "" && v.Opinion != Unknown {
			t.Errorf("%s: %s, %v", test.reason, v.Opinion, v.Violations)
		}
	}
}

// A reading of nothing, or one that ended before it began, is no record.
func TestReadingsThatCannotBe(t *testing.T) {
	for _, e := range []history.Event{{Kind: history.EventStock, Item: 1}, {Kind: history.EventStock, At: 2, Until: 1}, {Kind: history.EventStock, At: 2, Until: history.Never}} {
		h := newHistory(head(1, atomically), attempts{a0})
		h.Events, h.Tail = []history.Event{e}, tail(1, nothing)
		if v, err := Check(h); err == nil {
			t.Errorf("%+v: %s", e, v.Opinion)
		}
	}
}

// Several items are judged each by its own stock, however many attempts there are.
func TestStocksOfManyAttempts(t *testing.T) {
	const n = 3 * fewOps
	hd := head(n, atomically)
	hd.Items, hd.Buyers = append(hd.Items, sale.Item{ID: "k", Stock: n}), 2*n
	var all attempts
	for i := range int64(2 * n) {
		a := left(n-1-i/2, buy(uint32(i*7%(2*n)), i, i+3, sale.OK))
		a.Item, a.Request = uint16(i%2), uint32(i)
		all = append(all, a)
	}
	h := newHistory(hd, all)
	h.Tail = tail(2*n, nothing)
	h.Tail.Audits = append(h.Tail.Audits, nothing)
	if v := mustCheck(t, h); v.Opinion != Valid || v.Exercised[FalseStock] != 2*n || v.Witness != 2*n {
		t.Errorf("%s, %d chances, an order of %d: %v", v.Opinion, v.Exercised[FalseStock], v.Witness, v.Violations)
	}
	for _, i := range []int{10, fewOps, 2*n - 5} {
		kept := all[i].Left
		all[i].Left--
		if v := mustCheck(t, h); !slices.Equal(broken(v), []Rule{FalseStock}) || v.Violations[0].Cases[0].Attempts[0].Item != all[i].Item {
			t.Errorf("attempt %d tells of one less: %v", i, v.Violations)
		}
		all[i].Left = kept
	}
}

package check

import (
	"fmt"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// fault is a fault from one instant to another, in ms.
func fault(text string, at, until int64) history.Event {
	e := history.Event{Kind: history.EventFault, Text: text, At: at * ms, Until: history.Never}
	if until != history.Never {
		e.Until = until * ms
	}
	return e
}

func (l *Losses) String() string {
	if l == nil {
		return "none told"
	}
	told := func(n *int64, unit int64) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n / unit)
	}
	return fmt.Sprintf("%s lost, oldest %s, units %s, %d twice", told(l.Sales, 1), told(l.Oldest, ms), told(l.Units, 1), l.Buyers)
}

func TestLosses(t *testing.T) {
	three := attempts{buy(0, 0, 1, sale.OK), buy(1, 10, 11, sale.OK), buy(2, 20, 21, sale.OK)}
	twice := attempts{buy(0, 0, 1, sale.OK), buy(0, 10, 11, sale.OK), buy(1, 30, 31, sale.OK)}
	in := func(ids ...string) sale.Audit {
		a := sale.Audit{Ledger: sale.Presence}
		for _, id := range ids {
			a.Holdings = append(a.Holdings, sale.Holding{Buyer: id, Units: 1})
		}
		return a
	}
	kill, again := fault("kill primary", 25, 30), fault("kill primary", 60, 70)
	released := attempts{a0, back(a0, 2, 3, sale.OK), buy(0, 5, 6, sale.OK), buy(1, 7, 8, sale.OK)}
	for _, tt := range []struct {
		reason   string
		terms    sale.Terms
		attempts attempts
		audit    sale.Audit
		events   []history.Event
		want     string
	}{
		{"nothing is told", one, three, nothing, nil, "none told"},
		{"nothing is lost", one, three, withStock(held(1, 1, 1), 2), nil, "0 lost, oldest -, units 0, 0 twice"},
		{"the stock alone says nothing of sales, and nothing of units", one, three, withStock(nothing, 3), nil, "none told"},
		{"two are not stored", one, three, held(1), nil, "2 lost, oldest -, units -, 0 twice"},
		{"and their units are back in the stock", one, three, withStock(held(1), 4), nil, "2 lost, oldest -, units 0, 0 twice"},
		{"and their units are gone", one, three, withStock(held(1), 2), nil, "2 lost, oldest -, units 2, 0 twice"},
		{"a unit that nobody had", one, three, withStock(held(1, 1, 1), 3), nil, "0 lost, oldest -, units -1, 0 twice"},
		{"the oldest returned before the fault began", one, three, held(1), []history.Event{kill}, "2 lost, oldest 14, units -, 0 twice"},
		{"each is held against the fault that comes next", one, three, held(1), []history.Event{again, fault("pause", 12, 13)}, "2 lost, oldest 39, units -, 0 twice"},
		{"none returned before a fault", one, three, held(1), []history.Event{fault("kill primary", 0, 5)}, "2 lost, oldest -, units -, 0 twice"},
		{"no other event is a fault", one, three, held(1), []history.Event{{Kind: history.EventReload, At: 90 * ms, Until: 90 * ms}}, "2 lost, oldest -, units -, 0 twice"},
		{"of two sales of a buyer the later is lost", sale.Terms{Limit: 2}, twice, held(1, 1), []history.Event{kill}, "1 lost, oldest 14, units -, 0 twice"},
		{"a ledger of ids tells a buyer who is not in it", sale.Terms{Limit: 2}, twice, in("101"), nil, "2 lost, oldest -, units -, 0 twice"},
		{"and not how often one is", sale.Terms{Limit: 2}, twice, in("100"), nil, "1 lost, oldest -, units -, 0 twice"},
		{"ids tell all where a buyer may hold one", one, three, withStock(in("100", "101", "102"), 2), nil, "0 lost, oldest -, units 0, 0 twice"},
		{"who was told ok twice and stands in a ledger of ids has lost nothing", one, twice, withStock(in("100", "101"), 2), nil, "0 lost, oldest -, units 1, 1 twice"},
		{"a buyer was told ok twice", one, twice, withStock(held(2, 1), 2), nil, "0 lost, oldest -, units 0, 1 twice"},
		{"one is stored twice", one, three, withStock(held(1, 2, 1), 1), nil, "0 lost, oldest -, units 0, 1 twice"},
		{"a negative entry is no more than he was sold", one, three, held(-5, 1, 1), nil, "1 lost, oldest -, units -, 0 twice"},
		{"what was released is not lost", one, released, withStock(held(1, 1), 3), nil, "0 lost, oldest -, units 0, 0 twice"},
		{"one is lost where units come back", one, released, withStock(held(0, 1), 4), []history.Event{kill}, "1 lost, oldest 19, units 0, 0 twice"},
		{"a restock that may have come explains a unit", one, three, withStock(held(1, 1, 1), 3), mayBring(1, 0), "0 lost, oldest -, units 0, 0 twice"},
		{"and no second one", one, three, withStock(held(1, 1, 1), 4), mayBring(1, 0), "0 lost, oldest -, units -1, 0 twice"},
		{"twice without giving back", one, attempts{a0, back(buy(1, 0, 1, sale.OK), 2, 3, sale.OK), buy(0, 5, 6, sale.OK)}, held(2), nil, "0 lost, oldest -, units -, 1 twice"},
	} {
		h := newHistory(head(5, tt.terms), tt.attempts)
		h.Tail, h.Events = tail(int64(len(tt.attempts)), tt.audit), tt.events
		if got := mustCheck(t, h).Losses.String(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.reason, got, tt.want)
		}
	}
}

// A buyer who is short of some units is short of as few sales as can be.
func TestLossesOfDifferentQuantities(t *testing.T) {
	hd := head(20, free)
	hd.Quantity = 0
	h := newHistory(hd, attempts{of(1, buy(0, 0, 1, sale.OK)), of(3, buy(0, 2, 3, sale.OK)), of(2, buy(0, 4, 5, sale.OK))})
	h.Tail = tail(3, held(2))
	if got := mustCheck(t, h).Losses.String(); got != "2 lost, oldest -, units -, 0 twice" {
		t.Errorf("4 of 6 units are missing: %s", got)
	}
	h.Tail.Attempts++
	if got := mustCheck(t, h).Losses.String(); got != "none told" {
		t.Errorf("an attempt that is missing may explain it: %s", got)
	}
}

func TestLossesOfSeveralItems(t *testing.T) {
	hd := head(1, one)
	hd.Items = append(hd.Items, sale.Item{ID: "j", Stock: 1}, sale.Item{ID: "k", Stock: 1})
	all := attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.OK), buy(2, 0, 1, sale.OK)}
	for i := range all {
		all[i].Item = uint16(i)
	}
	h := newHistory(hd, all)
	h.Tail = tail(3, withStock(held(), 0))
	h.Tail.Audits = append(h.Tail.Audits, withStock(held(0, 1), 1), nothing)
	if got := mustCheck(t, h).Losses.String(); got != "1 lost, oldest -, units 0, 0 twice" {
		t.Errorf("one sale is lost with its unit, one unit is invented, and one item tells nothing: %s", got)
	}
	h.Tail.Audits[0], h.Tail.Audits[1] = withStock(held(2), 0), withStock(held(0, 3), 0)
	if got := mustCheck(t, h).Losses.String(); got != "0 lost, oldest -, units -3, 2 twice" {
		t.Errorf("two buyers hold too much, each of one item: %s", got)
	}
}

// An entry in a ledger of ids stands for the units of one sale.
func TestLossesOfPairs(t *testing.T) {
	hd := head(10, sale.Terms{Limit: 2})
	hd.Quantity = 2
	h := newHistory(hd, attempts{of(2, buy(0, 0, 1, sale.OK)), of(2, buy(1, 0, 1, sale.OK))})
	h.Tail = tail(2, withStock(sale.Audit{Ledger: sale.Presence, Holdings: []sale.Holding{{Buyer: "100", Units: 1}}}, 6))
	if got := mustCheck(t, h).Losses.String(); got != "1 lost, oldest -, units 2, 0 twice" {
		t.Errorf("a sale of two and its units are gone: %s", got)
	}
}

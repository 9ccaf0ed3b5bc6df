package check

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

const ms = 1_000_000

// head is the head of a sale of one item in single units.
func head(stock int64, terms sale.Terms) history.Head {
	return history.Head{Name: "test", Items: []sale.Item{{ID: "i", Stock: stock}}, Quantity: 1, Buyers: 10, BuyerIDs: sale.BuyerIDs{From: 100}, Terms: terms}
}

// buy is an attempt with a request of its own; instants in ms.
func buy(buyer uint32, call, ret int64, outcome sale.Outcome) history.Attempt {
	return history.Attempt{Due: call * ms, Call: call * ms, Return: ret * ms, Buyer: buyer, Request: 1 + buyer<<16 + uint32(call+100),
		Quantity: 1, Verb: sale.Buy, Outcome: outcome, Left: sale.Untold}
}

// safeForBuyers are the terms of a script that sells nothing to a resend.
var safeForBuyers = sale.Terms{Limit: 2, RetrySafe: sale.RetryBuyer}

// again makes all attempts one request.
func again(attempts ...history.Attempt) []history.Attempt {
	for i := range attempts {
		attempts[i].Request = attempts[0].Request
	}
	return attempts
}

func with(a history.Attempt, d sale.Defect) history.Attempt {
	a.Defect = d
	return a
}

// held is a ledger in units: the buyer with number i holds units[i].
func held(units ...int64) sale.Audit {
	a := sale.Audit{Ledger: sale.Units}
	for i, n := range units {
		if n != 0 {
			a.Holdings = append(a.Holdings, sale.Holding{Buyer: sale.BuyerIDs{From: 100}.ID(uint32(i)), Units: n})
		}
	}
	return a
}

func withStock(a sale.Audit, n int64) sale.Audit {
	a.Stock = &n
	return a
}

var (
	one        = sale.Terms{Limit: 1}
	buyerFirst = sale.Terms{Limit: 1, Order: sale.DuplicateFirst}
	stockFirst = sale.Terms{Limit: 1, Order: sale.StockFirst}
	idempotent = sale.Terms{Limit: 2, RetrySafe: sale.RetryRequest}
	nothing    = sale.Audit{Ledger: sale.NoLedger}
)

type attempts = []history.Attempt

var ruleTests = []struct {
	reason   string
	stock    int64
	terms    sale.Terms
	attempts attempts
	audit    sale.Audit
	want     []Rule
}{
	{"one unit and two oks", 1, one, attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.OK)}, nothing, []Rule{Oversell}},
	{"one unit and one ok", 1, one, attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.SoldOut)}, nothing, nil},
	{"a lost reply may have sold the unit, no second one", 1, one, attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.Indeterminate)}, nothing, nil},

	{"a stock below zero, which the lost reply explains in number", 0, one, attempts{buy(0, 0, 1, sale.Indeterminate)}, withStock(nothing, -1), []Rule{NegativeStock}},
	{"a stock of zero", 1, one, attempts{buy(0, 0, 1, sale.OK)}, withStock(nothing, 0), nil},

	{"a buyer told ok twice", 2, one, attempts{buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.OK)}, nothing, []Rule{DuplicateSale}},
	{"a buyer sold twice, who was rightly told duplicate in between", 3, one, attempts{buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.Duplicate), buy(0, 4, 5, sale.OK)}, nothing, []Rule{DuplicateSale}},
	{"a buyer told duplicate before he asked, and then sold twice", 3, one, attempts{buy(0, 2, 3, sale.Duplicate), buy(0, 4, 5, sale.OK), buy(0, 6, 7, sale.OK)}, nothing, []Rule{DuplicateSale, FalseDup}},
	{"a buyer sold twice after he was told duplicate, which a lost reply explains", 3, one, attempts{buy(0, 0, 1, sale.Indeterminate), buy(0, 2, 3, sale.Duplicate), buy(0, 4, 5, sale.OK), buy(0, 6, 7, sale.OK)}, nothing, []Rule{DuplicateSale}},
	{"two lost replies that both sold", 2, one, attempts{buy(0, 0, 1, sale.Indeterminate), buy(0, 2, 3, sale.Indeterminate)}, held(2), []Rule{DuplicateSale}},
	{"twice with a limit of two", 2, sale.Terms{Limit: 2}, attempts{buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.OK)}, nothing, nil},
	{"one request granted twice, where it must be replayed", 2, idempotent, again(buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.OK)), nothing, []Rule{DuplicateSale}},
	{"one request granted twice at the same time, as a double click is", 2, idempotent, again(buy(0, 0, 4, sale.OK), buy(0, 1, 3, sale.OK)), nothing, []Rule{DuplicateSale}},
	{"one request granted twice, where a resend sells nothing", 2, safeForBuyers, again(buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.OK)), nothing, []Rule{DuplicateSale}},
	{"one request granted twice, where nothing is promised of resends", 2, sale.Terms{Limit: 2}, again(buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.OK)), nothing, nil},
	{"one request told ok and, at the same time, duplicate", 2, idempotent, append(again(buy(0, 0, 4, sale.OK), buy(0, 1, 3, sale.Duplicate)), buy(0, -1, 2, sale.OK)), nothing, []Rule{FalseDup}},
	{"two requests granted", 2, idempotent, attempts{buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.OK)}, nothing, nil},

	{"an ok and an empty ledger", 1, one, attempts{buy(0, 0, 1, sale.OK)}, held(), []Rule{LostSale}},
	{"a lost reply and an empty ledger", 1, one, attempts{buy(0, 0, 1, sale.Indeterminate)}, held(), nil},

	{"told sold_out and in the ledger", 2, one, attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.SoldOut)}, held(1, 1), []Rule{PhantomSale}},
	{"somebody in the ledger who was not there", 2, one, attempts{buy(0, 0, 1, sale.OK)}, held(1, 0, 0, 1), []Rule{PhantomSale}},
	{"a stranger who holds nothing", 2, one, attempts{buy(0, 0, 1, sale.OK)}, sale.Audit{Ledger: sale.Units, Holdings: []sale.Holding{{Buyer: "100", Units: 1}, {Buyer: "7"}}}, nil},
	{"a buyer whose units stand in two places", 2, sale.Terms{Limit: 2}, attempts{buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.OK)},
		sale.Audit{Ledger: sale.Units, Holdings: []sale.Holding{{Buyer: "100", Units: 1}, {Buyer: "100", Units: 1}}}, nil},
	{"a lost reply and in the ledger", 2, one, attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.Indeterminate)}, held(1, 1), nil},

	{"two units gone for one sale", 3, one, attempts{buy(0, 0, 1, sale.OK)}, withStock(nothing, 1), []Rule{StockMismatch}},
	{"two lost replies, one unit gone, two in the ledger", 3, one, attempts{buy(0, 0, 1, sale.Indeterminate), buy(1, 0, 1, sale.Indeterminate)}, withStock(held(1, 1), 2), []Rule{StockMismatch}},
	{"two lost replies, one unit gone, one in the ledger", 3, one, attempts{buy(0, 0, 1, sale.Indeterminate), buy(1, 0, 1, sale.Indeterminate)}, withStock(held(1), 2), nil},

	{"sold_out with a unit left", 2, one, attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.SoldOut)}, withStock(held(1), 1), []Rule{Undersell}},
	{"a lost reply explains that the unit is gone", 2, one, attempts{buy(0, 0, 1, sale.OK), buy(2, 0, 1, sale.Indeterminate), buy(1, 0, 1, sale.SoldOut)}, nothing, nil},
	{"an unlimited script says duplicate with a unit left", 2, sale.Terms{}, attempts{buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.Duplicate)}, withStock(nothing, 1), []Rule{Undersell}},
	{"more was sold than there is: nobody was turned away wrongly", 1, one, attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.OK), buy(2, 0, 1, sale.SoldOut)}, nothing, []Rule{Oversell}},

	{"a holder is told sold_out", 1, buyerFirst, attempts{buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.SoldOut)}, nothing, []Rule{FalseSoldOut}},
	{"the same, of a script that tests the stock first", 1, stockFirst, attempts{buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.SoldOut)}, nothing, nil},
	{"the same, of a script that does not tell", 1, one, attempts{buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.SoldOut)}, nothing, nil},

	{"a duplicate before the buyer asked", 1, one, attempts{buy(0, 0, 1, sale.Duplicate), buy(0, 2, 3, sale.OK)}, nothing, []Rule{FalseDup}},
	{"a double click whose refusal returns first", 1, one, attempts{buy(0, 0, 1, sale.Duplicate), buy(0, 0, 3, sale.OK)}, nothing, nil},
	{"a duplicate, and the lost reply before it sold nothing", 2, one, attempts{buy(0, 0, 1, sale.Indeterminate), buy(0, 2, 3, sale.Duplicate), buy(1, 0, 1, sale.OK), buy(2, 0, 1, sale.OK)}, held(0, 1, 1), []Rule{FalseDup}},
	{"a duplicate after sold_out, of a script that tests the stock first", 1, stockFirst, attempts{buy(0, 0, 1, sale.OK), buy(1, 2, 3, sale.SoldOut), buy(0, 4, 5, sale.Duplicate)}, nothing, []Rule{FalseDup}},
	{"the same, of a script that tests the buyer first", 1, buyerFirst, attempts{buy(0, 0, 1, sale.OK), buy(1, 2, 3, sale.SoldOut), buy(0, 4, 5, sale.Duplicate)}, nothing, nil},
	{"refused with a unit left, and bought later", 2, one, attempts{buy(0, 0, 1, sale.Refused), buy(0, 2, 3, sale.OK)}, held(1), []Rule{FalseDup}},

	{"a replay of a request that was never granted", 1, idempotent, again(buy(0, 0, 1, sale.NotReady), buy(0, 2, 3, sale.Replayed)), nothing, []Rule{FalseReplay}},
	{"a replay of a request whose first reply was lost", 1, idempotent, again(buy(0, 0, 1, sale.Indeterminate), buy(0, 2, 3, sale.Replayed)), nothing, nil},

	{"a sale called after sold_out returned", 1, one, attempts{buy(0, 0, 1, sale.SoldOut), buy(1, 2, 3, sale.OK)}, nothing, []Rule{LateSale}},
	{"a sale called when sold_out returned", 1, one, attempts{buy(0, 0, 2, sale.SoldOut), buy(1, 2, 3, sale.OK)}, nothing, nil},
	{"a sale called after a refusal of somebody without one", 1, one, attempts{buy(0, 0, 1, sale.Refused), buy(1, 2, 3, sale.OK)}, held(0, 1), []Rule{LateSale}},

	{"a reply without a name", 1, one, attempts{buy(0, 0, 1, sale.OK), with(buy(1, 0, 1, sale.Indeterminate), sale.UnmappedReply)}, nothing, []Rule{UnmappedReply}},
	{"an error inside the script", 1, one, attempts{buy(0, 0, 1, sale.OK), with(buy(1, 0, 1, sale.Indeterminate), sale.ScriptError)}, nothing, []Rule{ScriptError}},
	{"no reply at all", 1, one, attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.Indeterminate)}, nothing, nil},
}

// Each rule has a history that it alone catches, beside one that comes close.
func TestRules(t *testing.T) {
	alone := map[Rule]bool{}
	look := func(reason string, h *history.History, audit sale.Audit, made int, want []Rule) {
		if h.Tail == nil {
			h.Tail = tail(int64(made), audit)
		}
		v := mustCheck(t, h)
		if got := broken(v); !slices.Equal(got, want) {
			t.Errorf("%s: %v broken, want %v: %+v", reason, got, want, v.Violations)
		}
		if want == nil && strings.Contains(strings.Join(v.Doubts, " "), "cannot confirm") {
			t.Errorf("%s: %v", reason, v.Doubts)
		}
		if want == nil && len(v.Undecided) > 0 {
			t.Errorf("%s: left open: %v", reason, v.Undecided)
		}
		if len(want) == 1 {
			alone[want[0]] = true
		}
	}
	for _, test := range ruleTests {
		look(test.reason, newHistory(head(test.stock, test.terms), test.attempts), test.audit, len(test.attempts), test.want)
	}
	for _, test := range flowTests {
		h := newHistory(head(test.stock, test.terms), test.attempts)
		h.Events = test.restocks
		h.Head.Quantity = test.quantity
		look(test.reason, h, test.audit, len(test.attempts), test.want)
	}
	for _, test := range stockTests {
		look(test.reason, test.history(), test.audit, len(test.attempts), test.want)
	}
	for _, test := range orderTests {
		look(test.reason, test.history(), test.audit, len(test.attempts), test.want)
	}
	for _, r := range Rules {
		if !alone[r] {
			t.Errorf("no history that only %s catches", r)
		}
	}
}

func mustCheck(t *testing.T, h *history.History) Verdict {
	t.Helper()
	v, err := Check(h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func broken(v Verdict) []Rule {
	var rules []Rule
	for _, b := range v.Violations {
		rules = append(rules, b.Rule)
	}
	return rules
}

// crowd plays a whole sale, one attempt after the other: buyers come rounds
// times each, and sell decides.
func crowd(head history.Head, rounds int, sell func(buyer uint32) sale.Outcome) *history.History {
	var all []history.Attempt
	for range rounds {
		for u := range uint32(head.Buyers) {
			now := int64(len(all))
			a := buy(u, 0, 0, sell(u))
			a.Due, a.Call, a.Return, a.Request = now*1000, now*1000, now*1000+800, uint32(now)
			all = append(all, a)
		}
	}
	h := newHistory(head, all)
	h.Tail = &history.Tail{Ended: history.EndedDone, Attempts: int64(len(all))}
	return h
}

// sold plays the built-in scripts: once tests its set of buyers, article does not.
func sold(t *testing.T, buyers int64, rounds int, terms sale.Terms, testsBuyer bool) *history.History {
	t.Helper()
	stock, set := int64(1000), map[uint32]bool{}
	hd := head(stock, terms)
	hd.Buyers = buyers
	h := crowd(hd, rounds, func(u uint32) sale.Outcome {
		switch {
		case testsBuyer && set[u]:
			return sale.Duplicate
		case stock == 0:
			return sale.SoldOut
		}
		stock--
		set[u] = true
		return sale.OK
	})
	audit := sale.Audit{Stock: &stock, Ledger: sale.Presence}
	for u := range maps.Keys(set) {
		audit.Holdings = append(audit.Holdings, sale.Holding{Buyer: hd.BuyerIDs.ID(u), Units: 1})
	}
	h.Tail.Audits = []sale.Audit{audit}
	return h
}

func TestOnceIsValid(t *testing.T) {
	v := mustCheck(t, sold(t, 5000, 1, buyerFirst, true))
	if v.Opinion != Valid {
		t.Fatalf("%s: %v %v", v.Opinion, v.Violations, v.Doubts)
	}
	want := map[Rule]int64{Oversell: 4000, NegativeStock: 4000, DuplicateSale: 0, LostSale: 1000, PhantomSale: 4000, StockMismatch: 5000, Undersell: 1,
		FalseSoldOut: 0, FalseDup: 5000, LateSale: 3999, UnmappedReply: 5000, ScriptError: 5000}
	if !maps.Equal(v.Exercised, want) {
		t.Errorf("exercised %v, want %v", v.Exercised, want)
	}
	flags := map[Rule]string{DuplicateSale: "--attempts 3", FalseSoldOut: "--attempts 3 --buyers 1001"}
	if !maps.Equal(v.Exercise, flags) {
		t.Errorf("exercise %v, want %v", v.Exercise, flags)
	}
}

// A schedule brings no more buyers because somebody asks for them: there the stock
// has to be smaller.
func TestASaleThatDoesNotSellOutIsToldHow(t *testing.T) {
	for model, want := range map[string]string{"burst": "--buyers 2000", "open": "--stock 240"} {
		h := sold(t, 500, 1, buyerFirst, true)
		h.Head.Model, h.Head.Buyers, h.Tail.NeverOffered = model, 500, 20
		if v := mustCheck(t, h); v.Exercise[Oversell] != want {
			t.Errorf("%s: %q, want %q", model, v.Exercise[Oversell], want)
		}
	}
}

func TestOnceWithRepeatsIsValid(t *testing.T) {
	v := mustCheck(t, sold(t, 500, 3, buyerFirst, true))
	if v.Opinion != Valid || v.Exercised[DuplicateSale] != 1000 || v.Exercised[Undersell] != 0 {
		t.Errorf("%s, exercised %v: %v %v", v.Opinion, v.Exercised, v.Violations, v.Doubts)
	}
}

func TestArticle(t *testing.T) {
	if v := mustCheck(t, sold(t, 5000, 1, one, false)); v.Opinion != Valid || v.Exercised[DuplicateSale] != 0 {
		t.Errorf("distinct buyers: %s, exercised %v", v.Opinion, v.Exercised)
	}
	v := mustCheck(t, sold(t, 500, 3, one, false))
	if got := broken(v); v.Opinion != Invalid || !slices.Equal(got, []Rule{DuplicateSale, StockMismatch}) {
		t.Fatalf("%s: %v", v.Opinion, got)
	}
	twice, stock := v.Violations[0], v.Violations[1]
	if twice.Count != 500 || len(twice.Cases) != maxCases || len(twice.Cases[0].Attempts) != 2 {
		t.Errorf("duplicate-sale: %d, %d cases, %d attempts", twice.Count, len(twice.Cases), len(twice.Cases[0].Attempts))
	}
	const said = "buyer 100 was told ok 2 times, and the limit allows 1 sale (2 > 1)"
	if got := twice.Cases[0].Message; got != said {
		t.Errorf("got  %s\nwant %s", got, said)
	}
	if len(stock.Cases) != 1 || !strings.HasPrefix(stock.Cases[0].Message, "by the ledger, 500 units sold of 1000 leave 500: 0 left (0 ≠ 1000 - 500)") {
		t.Errorf("stock-mismatch: %+v", stock.Cases)
	}
}

package check

import (
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// back is the release of a purchase.
func back(of history.Attempt, call, ret int64, outcome sale.Outcome) history.Attempt {
	of.Verb, of.Outcome, of.Granted = sale.Release, outcome, 0
	of.Due, of.Call, of.Return = call*ms, call*ms, ret*ms
	return of
}

// of gives an attempt a quantity.
func of(n int32, a history.Attempt) history.Attempt {
	a.Quantity = n
	return a
}

// part is an attempt for some units that was granted fewer.
func part(granted, asked int32, a history.Attempt) history.Attempt {
	a.Quantity, a.Granted = asked, granted
	return a
}

// brings is a restock.
func brings(n, at, until int64) []history.Event {
	return []history.Event{{Kind: "restock", Units: n, At: at * ms, Until: until * ms}}
}

// mayBring is a restock whose answer was lost.
func mayBring(n, at int64) []history.Event {
	return []history.Event{{Kind: "restock", Units: n, At: at * ms, Until: history.Never}}
}

var (
	a0, b0 = buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.OK)
	twoMay = sale.Terms{Limit: 2}
	free   = sale.Terms{}
)

var flowTests = []struct {
	reason   string
	stock    int64
	quantity int64
	terms    sale.Terms
	attempts attempts
	restocks []history.Event
	audit    sale.Audit
	want     []Rule
}{
	{"one unit sold, released, sold again", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.OK), buy(1, 4, 5, sale.OK)}, nil, withStock(held(0, 1), 0), nil},
	{"sold again before it was released", 1, 1, one, attempts{a0, buy(1, 2, 3, sale.OK), back(a0, 4, 5, sale.OK)}, nil, nothing, []Rule{Oversell}},
	{"sold again while it was released", 1, 1, one, attempts{a0, buy(1, 2, 3, sale.OK), back(a0, 2, 5, sale.OK)}, nil, nothing, nil},
	{"one unit released by two clicks and sold twice", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.OK), back(a0, 2, 3, sale.OK), buy(1, 4, 5, sale.OK), buy(2, 4, 5, sale.OK)}, nil, nothing, []Rule{Oversell}},
	{"more in the ledger than was released", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.OK), buy(1, 4, 5, sale.OK), buy(2, 4, 5, sale.Indeterminate)}, nil, held(0, 1, 1), []Rule{Oversell}},
	{"a release counts once", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.OK), back(a0, 2, 4, sale.OK)}, nil, withStock(nothing, 1), nil},
	{"two clicks on a release brought two units", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.OK), back(a0, 2, 3, sale.OK)}, nil, withStock(nothing, 2), []Rule{StockMismatch}},
	{"a release of what was never granted", 2, 1, one, attempts{a0, back(buy(1, 0, 1, sale.SoldOut), 2, 3, sale.OK)}, nil, withStock(nothing, 2), []Rule{StockMismatch}},
	{"the same, and it brought nothing", 2, 1, one, attempts{a0, back(buy(1, 0, 1, sale.SoldOut), 2, 3, sale.OK)}, nil, withStock(nothing, 1), nil},
	{"a release that was turned down counts for nothing", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.NotReady)}, nil, withStock(nothing, 0), nil},
	{"a lost release that came back", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.Indeterminate)}, nil, withStock(held(), 1), nil},
	{"a lost release that did not", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.Indeterminate)}, nil, withStock(held(1), 0), nil},
	{"a lost release that came back, of a buyer who still holds", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.Indeterminate)}, nil, withStock(held(1), 1), []Rule{StockMismatch}},
	{"a lost reply, released, brings nothing that was not sold", 1, 1, one, attempts{buy(0, 0, 1, sale.Indeterminate), back(a0, 2, 3, sale.OK), buy(1, 4, 5, sale.OK), buy(2, 6, 7, sale.OK)}, nil, nothing, []Rule{Oversell}},
	{"a lost reply that sold, for he was told duplicate, and came back", 1, 1, one, attempts{buy(0, 0, 1, sale.Indeterminate), buy(0, 2, 3, sale.Duplicate), back(a0, 4, 5, sale.OK), b0, back(b0, 2, 3, sale.OK)}, nil, withStock(held(), 1), nil},
	{"too many left, which does not also make a refusal wrong", 1, 1, one, attempts{a0, buy(1, 2, 3, sale.SoldOut), back(a0, 4, 5, sale.OK)}, nil, withStock(nothing, 2), []Rule{StockMismatch}},
	{"a refusal, a release and a sale at one instant", 1, 1, buyerFirst, attempts{b0, buy(0, 3, 3, sale.SoldOut), back(b0, 3, 3, sale.OK), buy(0, 1, 3, sale.OK)}, nil, held(1), nil},
	{"a lost release that did not come back, and a lost reply that sold", 3, 1, twoMay, attempts{a0, back(a0, 2, 3, sale.Indeterminate), buy(0, 4, 5, sale.Indeterminate)}, nil, held(2), nil},
	{"a lost release that did not come back, and a restock that did come", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.Indeterminate)}, mayBring(1, 4), withStock(held(1), 1), nil},
	{"a release that ran before the purchase it is of, and so gave nothing back", 1, 1, one, attempts{back(a0, -2, 0, sale.OK), a0}, nil, held(1), nil},
	{"units released that never came back", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.OK)}, nil, withStock(nothing, 0), []Rule{StockMismatch}},
	{"units gone that are no whole sales", 4, 2, twoMay, attempts{of(2, a0), back(of(2, a0), 2, 3, sale.Indeterminate)}, nil, withStock(nothing, 3), []Rule{StockMismatch}},
	{"released and still in the ledger", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.OK)}, nil, held(1), []Rule{PhantomSale}},
	{"released and gone from the ledger", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.OK)}, nil, held(), nil},
	{"half a sale in the ledger", 4, 2, sale.Terms{Limit: 4}, attempts{of(2, a0), of(2, buy(0, 2, 3, sale.Indeterminate)), back(of(2, a0), 2, 3, sale.Indeterminate)}, nil, held(1), []Rule{PhantomSale}},
	{"somebody in the ledger who was not there", 2, 1, one, attempts{a0, back(a0, 2, 3, sale.OK)}, nil, held(0, 0, 1), []Rule{PhantomSale}},
	{"bought, released, bought again, and not in the ledger", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.OK), buy(0, 4, 5, sale.OK)}, nil, held(), []Rule{LostSale}},
	{"the same, and in the ledger", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.OK), buy(0, 4, 5, sale.OK)}, nil, held(1), nil},
	{"in a set, though all was released", 2, 1, twoMay, attempts{a0, back(a0, 2, 3, sale.OK)}, nil, sale.Audit{Ledger: sale.Presence, Holdings: []sale.Holding{{Buyer: "100", Units: 1}}}, []Rule{PhantomSale}},
	{"in a set with one of two released", 2, 1, twoMay, attempts{a0, buy(0, 2, 3, sale.OK), back(a0, 4, 5, sale.OK)}, nil, sale.Audit{Ledger: sale.Presence, Holdings: []sale.Holding{{Buyer: "100", Units: 1}}}, nil},
	{"bought again before the release was called", 2, 1, one, attempts{a0, buy(0, 2, 3, sale.OK), back(a0, 4, 5, sale.OK)}, nil, nothing, []Rule{DuplicateSale}},
	{"bought again while the release ran", 2, 1, one, attempts{a0, buy(0, 2, 4, sale.OK), back(a0, 3, 5, sale.OK)}, nil, nothing, nil},
	{"more in the ledger than the limit", 3, 1, one, attempts{a0, buy(0, 2, 3, sale.Indeterminate), back(b0, 2, 3, sale.OK)}, nil, held(2), []Rule{DuplicateSale}},
	{"one request granted twice", 3, 1, idempotent, append(again(buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.OK)), b0, back(b0, 2, 3, sale.OK)), nil, nothing, []Rule{DuplicateSale}},
	{"one request granted again after its release, which may have undone it", 1, 1, sale.Terms{Limit: 1, RetrySafe: sale.RetryRequest}, append(again(a0, buy(0, 4, 5, sale.OK)), back(a0, 2, 3, sale.OK)), nil, nothing, nil},
	{"refused before the release", 1, 1, one, attempts{a0, buy(1, 2, 3, sale.SoldOut), back(a0, 4, 5, sale.OK)}, nil, withStock(nothing, 1), nil},
	{"refused after the release", 1, 1, one, attempts{a0, back(a0, 2, 3, sale.OK), buy(1, 4, 5, sale.SoldOut)}, nil, withStock(nothing, 1), []Rule{Undersell}},
	{"refused while it was released", 1, 1, one, attempts{a0, back(a0, 2, 4, sale.OK), buy(1, 4, 5, sale.SoldOut)}, nil, withStock(nothing, 1), nil},
	{"told duplicate without a limit, with units left at all times", 2, 1, free, attempts{a0, buy(0, 2, 3, sale.Duplicate), back(a0, 4, 5, sale.OK)}, nil, nothing, []Rule{Undersell}},
	{"the same, and the item ran out", 1, 1, free, attempts{a0, buy(0, 2, 3, sale.Duplicate), back(a0, 4, 5, sale.OK)}, nil, nothing, nil},
	{"sold after sold_out and a release", 1, 1, one, attempts{a0, buy(1, 2, 3, sale.SoldOut), back(a0, 4, 5, sale.OK), buy(2, 6, 7, sale.OK)}, nil, nothing, nil},
	{"sold after sold_out and before the release", 2, 1, one, attempts{a0, buy(1, 2, 3, sale.SoldOut), buy(2, 4, 5, sale.OK), back(a0, 6, 7, sale.OK)}, nil, nothing, []Rule{LateSale}},
	{"told refused without holding, and sold later", 2, 1, one, attempts{a0, buy(1, 2, 3, sale.Refused), buy(2, 4, 5, sale.OK), back(a0, 6, 7, sale.OK)}, nil, held(0, 0, 1), []Rule{LateSale}},
	{"told refused with units left, and bought later", 3, 1, one, attempts{a0, buy(1, 2, 3, sale.Refused), buy(1, 4, 5, sale.OK), back(a0, 6, 7, sale.OK)}, nil, nothing, []Rule{FalseDup}},
	{"a holder told sold_out", 2, 1, buyerFirst, attempts{a0, b0, buy(0, 2, 3, sale.SoldOut), back(b0, 4, 5, sale.OK)}, nil, nothing, []Rule{FalseSoldOut}},
	{"told sold_out after his release", 1, 1, buyerFirst, attempts{a0, back(a0, 2, 3, sale.OK), buy(1, 4, 5, sale.OK), buy(0, 6, 7, sale.SoldOut)}, nil, nothing, nil},
	{"a request granted before told sold_out", 3, 1, idempotent, append(again(buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.SoldOut)), b0, buy(2, 0, 1, sale.OK), back(b0, 4, 5, sale.OK)), nil, nothing, []Rule{FalseSoldOut}},
	{"told duplicate after his release", 2, 1, one, attempts{a0, back(a0, 2, 3, sale.OK), buy(0, 4, 5, sale.Duplicate)}, nil, nothing, []Rule{FalseDup}},
	{"told duplicate before it", 2, 1, one, attempts{a0, buy(0, 2, 3, sale.Duplicate), back(a0, 4, 5, sale.OK)}, nil, nothing, nil},
	{"a request granted before told duplicate", 3, 1, idempotent, append(again(buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.Duplicate)), buy(0, -1, 1, sale.OK), b0, back(b0, 4, 5, sale.OK)), nil, nothing, []Rule{FalseDup}},
	{"told duplicate of an item that a stock-first script had sold out", 1, 1, stockFirst, attempts{a0, buy(0, 2, 3, sale.Duplicate), back(a0, 4, 5, sale.OK)}, nil, nothing, []Rule{FalseDup}},
	{"the same, with a lost reply of another that came back, if it ever sold", 1, 1, stockFirst, attempts{a0, buy(1, 0, 1, sale.Indeterminate), back(b0, 2, 3, sale.OK), buy(0, 4, 5, sale.Duplicate)}, nil, nothing, []Rule{FalseDup}},
	{"a replay of a request that was never granted", 1, 1, idempotent, append(again(buy(0, 0, 1, sale.NotReady), buy(0, 2, 3, sale.Replayed)), b0, back(b0, 4, 5, sale.OK)), nil, nothing, []Rule{FalseReplay}},

	{"sold out, restocked, sold again", 1, 1, one, attempts{a0, buy(1, 2, 3, sale.SoldOut), buy(2, 6, 7, sale.OK)}, brings(1, 4, 5), withStock(held(1, 0, 1), 0), nil},
	{"sold before the restock was called", 1, 1, one, attempts{a0, buy(2, 2, 3, sale.OK)}, brings(1, 4, 5), nothing, []Rule{Oversell}},
	{"turned away after the restock", 1, 1, one, attempts{a0, buy(1, 6, 7, sale.SoldOut)}, brings(1, 4, 5), nothing, []Rule{Undersell}},
	{"a restock that may have run, and did", 1, 1, one, attempts{a0, buy(2, 6, 7, sale.OK)}, mayBring(1, 4), withStock(nothing, 0), nil},
	{"a restock that may have run, and did not", 1, 1, one, attempts{a0, buy(2, 6, 7, sale.SoldOut)}, mayBring(1, 4), withStock(nothing, 0), nil},
	{"more left than was brought", 1, 1, one, attempts{a0}, brings(1, 4, 5), withStock(nothing, 2), []Rule{StockMismatch}},
	{"a stock below zero, with a restock that may have run", 1, 1, one, attempts{a0, buy(1, 2, 3, sale.Indeterminate)}, mayBring(1, 4), withStock(nothing, -1), []Rule{NegativeStock}},

	{"two units asked for, and one left", 4, 0, free, attempts{of(1, b0), of(2, a0), of(2, buy(1, 2, 3, sale.SoldOut))}, nil, withStock(held(2, 1), 1), nil},
	{"two units asked for, and two left", 5, 0, free, attempts{of(2, a0), of(1, buy(2, 4, 5, sale.OK)), of(2, buy(1, 2, 3, sale.SoldOut))}, nil, withStock(held(2, 0, 1), 2), []Rule{Undersell}},
	{"one unit asked for, turned away, and one sold later", 2, 0, free, attempts{of(1, a0), of(2, buy(3, 4, 9, sale.SoldOut)), of(1, buy(1, 2, 3, sale.SoldOut)), of(1, buy(2, 4, 5, sale.OK))}, nil, nothing, []Rule{LateSale}},
	{"two asked for, turned away, and one sold later", 2, 0, free, attempts{of(1, a0), of(2, buy(1, 2, 3, sale.SoldOut)), of(1, buy(2, 4, 5, sale.OK))}, nil, nothing, nil},
	{"a lost reply before; two asked for, turned away, and two sold one by one", 3, 0, free, attempts{of(2, buy(0, 0, 1, sale.Indeterminate)), of(2, buy(1, 2, 3, sale.SoldOut)), of(1, buy(2, 4, 5, sale.OK)), of(1, buy(3, 4, 5, sale.OK))}, nil, nothing, []Rule{LateSale}},
	{"over_limit with room for all he asked for", 9, 0, sale.Terms{Limit: 3}, attempts{of(1, a0), of(2, buy(0, 2, 3, sale.OverLimit))}, nil, nothing, []Rule{FalseDup}},
	{"over_limit with room for less", 9, 0, sale.Terms{Limit: 3}, attempts{of(2, a0), of(2, buy(0, 2, 3, sale.OverLimit))}, nil, nothing, nil},
	{"more units than the limit", 9, 0, twoMay, attempts{of(1, a0), of(2, buy(0, 2, 3, sale.OK))}, nil, nothing, []Rule{DuplicateSale}},
	{"more units than the stock", 3, 0, free, attempts{of(1, a0), of(3, b0)}, nil, nothing, []Rule{Oversell}},
	{"granted in part", 3, 2, sale.Terms{Limit: 2}, attempts{of(2, a0), part(1, 2, b0)}, nil, withStock(held(2, 1), 0), nil},
	{"granted in part, and all of it gone", 4, 2, sale.Terms{Limit: 2}, attempts{of(2, a0), part(1, 2, b0)}, nil, withStock(nothing, 0), []Rule{StockMismatch}},
	{"an odd quantity that was refused", 3, 1, one, attempts{a0, of(0, buy(1, 2, 3, sale.SoldOut)), of(-1, buy(2, 2, 3, sale.Refused))}, nil, withStock(nothing, 2), nil},
	{"less than nothing, granted: the stock went up", 3, 1, one, attempts{a0, part(-1, -1, buy(1, 2, 3, sale.OK))}, nil, withStock(nothing, 3), []Rule{StockMismatch}},
	{"all of one quantity, which the head does not tell", 2, 0, twoMay, attempts{of(2, a0), of(2, buy(1, 2, 3, sale.SoldOut))}, nil, withStock(nothing, 0), nil},
}

// receipt knows the orders that attempts captured by their number.
func receipt(n uint32) map[string]string {
	return map[uint32]map[string]string{1: {"order": "o1"}, 2: {"order": "o2"}}[n]
}

func holding(n uint32, a history.Attempt) history.Attempt {
	a.Receipt = n
	return a
}

func orders(fields []string, rows ...[]string) sale.Audit {
	return sale.Audit{Ledger: sale.NoLedger, Orders: &sale.Orders{Fields: fields, Rows: rows}}
}

var (
	byBuyer = []string{"buyer"}
	byOrder = []string{"buyer", "order"}
	lost1   = buy(1, 0, 1, sale.Indeterminate)
	retold  = again(buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.Replayed))
)

type orderTest struct {
	reason   string
	attempts attempts
	audit    sale.Audit
	foreign  []string
	want     []Rule
}

func (test *orderTest) history() *history.History {
	h := newHistory(head(2, sale.Terms{Limit: 2}), test.attempts)
	h.Receipt, h.Tail = receipt, tail(int64(len(test.attempts)), test.audit)
	h.Tail.Foreign = test.foreign
	return h
}

var orderTests = []orderTest{
	{"an order for each", attempts{a0, b0}, orders(byBuyer, []string{"101"}, []string{"100"}), nil, nil},
	{"no order", attempts{a0}, orders(byBuyer), nil, []Rule{OrderMismatch}},
	{"the order of another", attempts{a0, buy(2, 0, 1, sale.SoldOut), b0}, orders(byBuyer, []string{"100"}, []string{"102"}), nil, []Rule{OrderMismatch}},
	{"two orders for one grant", attempts{a0}, orders(byBuyer, []string{"100"}, []string{"100"}), nil, []Rule{OrderMismatch}},
	{"two grants and two orders alike", attempts{a0, buy(0, 2, 3, sale.OK)}, orders(byBuyer, []string{"100"}, []string{"100"}), nil, nil},
	{"an id that lost its last digits", attempts{a0}, orders(byBuyer, []string{"1e2"}), nil, []Rule{OrderMismatch}},
	{"the item, the request and the quantity agree", attempts{a0}, orders([]string{"item", "request", "qty"}, []string{"i", requestOf(a0), "1"}), nil, nil},
	{"the quantity does not", attempts{a0}, orders([]string{"qty"}, []string{"2"}), nil, []Rule{OrderMismatch}},
	{"a field that no attempt knows", attempts{a0}, orders([]string{"buyer", "price"}, []string{"100", "9.99"}), nil, nil},
	{"the captured order", attempts{holding(1, a0)}, orders(byOrder, []string{"100", "o1"}), nil, nil},
	{"another order than was captured", attempts{holding(1, a0)}, orders(byOrder, []string{"100", "o2"}), nil, []Rule{OrderMismatch}},
	{"of two purchases of a buyer only one knows its order", attempts{holding(1, a0), buy(0, 2, 3, sale.OK)}, orders(byOrder, []string{"100", "o1"}, []string{"100", "o2"}), nil, nil},
	{"a lost reply left its order", attempts{holding(2, a0), lost1}, orders(byOrder, []string{"100", "o2"}, []string{"101", "o1"}), nil, nil},
	{"a lost reply left none", attempts{holding(2, a0), lost1}, orders(byOrder, []string{"100", "o2"}), nil, nil},
	{"a lost reply left two", attempts{holding(2, a0), lost1}, orders(byOrder, []string{"100", "o2"}, []string{"101", "o1"}, []string{"101", "o3"}), nil, []Rule{OrderMismatch}},
	{"a released purchase's order is there", attempts{a0, back(a0, 2, 3, sale.OK)}, orders(byBuyer, []string{"100"}), nil, nil},
	{"a released purchase's order is gone", attempts{a0, back(a0, 2, 3, sale.OK)}, orders(byBuyer), nil, nil},
	{"the release was turned down, and the order is gone", attempts{a0, back(a0, 2, 3, sale.NotReady)}, orders(byBuyer), nil, []Rule{OrderMismatch}},
	{"a replay has no order of its own", retold, orders(byBuyer, []string{"100"}), nil, nil},
	{"a replay left one", retold, orders(byBuyer, []string{"100"}, []string{"100"}), nil, []Rule{OrderMismatch}},

	{"a key of nobody's", attempts{a0}, nothing, []string{`"x"`}, []Rule{ForeignWrite}},
	{"no such key", attempts{a0}, nothing, []string{}, nil},
}

// With a condition off that a flow rests on, it is at least no longer cleared
// wrongly: no order explains the answers. And no condition is dead weight:
// switched off, some history is no longer accused.
func TestFlowConditionsOff(t *testing.T) {
	missing := map[condition]bool{}
	for _, c := range []condition{acknowledgedOver, storedOver, stockBelowZero, acknowledgedTwice, storedTwice, requestGrantedAgain, saleNotStored, saleNotAsked,
		strangerStored, partStored, ledgerAgainstStock, stockNotWhole, tooMuchLeft, tooLittleLeft, turnedAway, holderToldSoldOut, requestSoldOutAgain,
		duplicateWithRoom, duplicateTooLate, requestDupAgain, refusedTooEarly, replayOfNothing, soldTooLate, soldAfterRefusal} {
		missing[c] = true
	}
	for _, test := range flowTests {
		h := newHistory(head(test.stock, test.terms), test.attempts)
		h.Events, h.Head.Quantity, h.Tail = test.restocks, test.quantity, tail(int64(len(test.attempts)), test.audit)
		for c := range missing {
			v, err := check(h, newFindings(c))
			if err != nil {
				t.Fatal(err)
			}
			if len(test.want) > 0 && v.Opinion == Valid {
				t.Errorf("%s: cleared with condition %d of %s off", test.reason, c, ruleOf[c])
			}
			if len(test.want) > 0 && len(v.Violations) == 0 {
				delete(missing, c)
			}
		}
	}
	for seed := uint64(0); seed < 200_000 && len(missing) > 0; seed += flowEvery {
		if c, one := aloneIn(t, small(seed)); one && missing[c] {
			delete(missing, c)
		}
	}
	for c := range missing {
		t.Errorf("condition %d of %s switched off, and nothing was missed", c, ruleOf[c])
	}
}

// The first lines of a verdict are for a person.
func TestFlowMessages(t *testing.T) {
	const stock, key = "by the history, 1 at the opening less 1 sold and with 1 released and 0 brought leave at most 1: 2 left (2 > 1)", `key "x" was changed, and nothing that the contract names or allows explains it`
	h := newHistory(head(1, one), attempts{a0, back(a0, 2, 3, sale.OK), back(a0, 2, 3, sale.OK)})
	h.Tail = tail(3, withStock(orders(byBuyer, []string{"100"}, []string{"100"}), 2))
	h.Tail.Foreign = []string{`"x"`}
	v := mustCheck(t, h)
	if got := broken(v); !slices.Equal(got, []Rule{StockMismatch, OrderMismatch, ForeignWrite}) {
		t.Fatalf("%v", got)
	}
	for i, want := range []string{stock, `2 orders for one grant of buyer 100 (2 > 1): buyer "100"`, key} {
		if got := v.Violations[i].Cases[0].Message; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if len(v.Violations[1].Cases[0].Attempts) != 1 || v.Violations[1].Cases[0].Attempts[0] != a0 {
		t.Errorf("evidence: %+v", v.Violations[1].Cases[0])
	}
	if v.Exercised[ForeignWrite] != 3 || v.Exercised[OrderMismatch] != 1 {
		t.Errorf("exercised %v", v.Exercised)
	}
}

// A sum of quantities that must be found among lost replies is not looked for
// to the end: the history is left open, and accuses nobody.
func TestFlowLeftOpen(t *testing.T) {
	h := newHistory(head(6, free), attempts{a0, of(2, buy(1, 0, 1, sale.Indeterminate)), of(3, buy(2, 0, 1, sale.Indeterminate))})
	for left, want := range map[int64]Opinion{5: Valid, 3: Valid, 0: Valid, 2: Unknown} {
		h.Tail = tail(3, withStock(nothing, left))
		if v := mustCheck(t, h); v.Opinion != want || want == Unknown && (v.Undecided[Oversell] == "" || len(v.Doubts) != 1) {
			t.Errorf("%d left: %s %v %v", left, v.Opinion, v.Doubts, v.Violations)
		}
	}
}

// A request turned away for a limit that does not exist, and granted once more
// units have come, where a request has one answer: no order explains it, and no
// rule names it.
func TestRequestTurnedAwayLeftOpen(t *testing.T) {
	h := newHistory(head(0, sale.Terms{RetrySafe: sale.RetryRequest}), again(buy(0, 0, 1, sale.Duplicate), buy(0, 4, 5, sale.OK)))
	h.Events, h.Tail = brings(1, 2, 3), tail(2, nothing)
	if v := mustCheck(t, h); v.Opinion != Unknown || v.Undecided[FalseDup] == "" {
		t.Errorf("%s %v %v", v.Opinion, v.Violations, v.Doubts)
	}
}

// Turned away for a limit that does not exist, when no order lets the item run
// out: the second sale needs what the release brings, and leaves one unit.
func TestTurnedAwayWithoutALimitLeftOpen(t *testing.T) {
	first := of(2, a0)
	list := attempts{first, back(first, 11, 14, sale.OK), of(2, buy(1, 13, 14, sale.OK)), of(1, buy(2, 13, 14, sale.Duplicate))}
	h := newHistory(head(3, free), list)
	h.Tail = tail(4, nothing)
	h.Tail.Ended = history.EndedInterrupted // more might have been sold
	if v := mustCheck(t, h); v.Opinion != Unknown || v.Undecided[Undersell] == "" {
		t.Errorf("%s %v %v", v.Opinion, v.Violations, v.Doubts)
	}
	h.Head.Items = []sale.Item{{ID: "i", Stock: 2}}
	if v := mustCheck(t, h); v.Opinion != Valid {
		t.Errorf("with one unit fewer: %s %v %v", v.Opinion, v.Violations, v.Doubts)
	}
}

// Where the record breaks off, a release or a restock that is not in it may
// explain what is.
func TestMissingReleasesAccuseNobody(t *testing.T) {
	h := newHistory(head(1, one), attempts{a0, b0})
	for scenario, want := range map[string]Opinion{"release: 0\nrestock: \"\"\n": Invalid, "release: 10%\n": Unknown, "restock: 5@1s": Unknown} {
		h.Head.Scenario = scenario
		if v := mustCheck(t, h); v.Opinion != want || (v.Undecided[Oversell] == "") != (want == Invalid) {
			t.Errorf("%q: %s %v, undecided %v", scenario, v.Opinion, v.Violations, v.Undecided)
		}
	}
}

func requestOf(a history.Attempt) string {
	h := head(1, one)
	return h.RequestID(a.Request)
}

// A lost reply may have granted in part where the contract says that the script
// does so, and only there.
func TestLostPartialGrants(t *testing.T) {
	for _, tt := range []struct {
		partial bool
		want    []Rule
	}{{true, nil}, {false, []Rule{StockMismatch}}} {
		h := newHistory(head(4, sale.Terms{Partial: tt.partial}), attempts{of(3, a0), of(3, buy(1, 2, 3, sale.Indeterminate))})
		h.Head.Quantity, h.Tail = 3, tail(2, withStock(nothing, 0))
		v := mustCheck(t, h)
		if got := broken(v); !slices.Equal(got, tt.want) {
			t.Errorf("partial %v: %v broken, want %v: %+v", tt.partial, got, tt.want, v.Violations)
		}
	}
}

package trace

import (
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// What was read beside the sale is by a clock that rows without instants know nothing
// of: they may have been before it and after it.
func TestEventsOrderNoUntimedRow(t *testing.T) {
	for _, text := range []string{"buyer,outcome\na,ok\nb,ok\n", "buyer,outcome,call_ns,return_ns\na,ok,,\nb,ok,50,60\n"} {
		rows := mustRead(t, file(t, csvFile, text), plainOptions())
		left := int64(0)
		tail := &history.Tail{Ended: history.EndedDone, Attempts: 2, Audits: []sale.Audit{{Ledger: sale.NoLedger, Stock: &left}}}
		events := []history.Event{{Kind: history.EventStock, At: 5, Until: 6, Units: 2}, {Kind: history.EventStock, At: 100, Until: 101, Units: 1}, {Kind: history.EventStock, At: 200, Until: 201, Units: 0}}
		h, err := rows.History(history.Head{Items: []sale.Item{{ID: "1", Stock: 2}}, Terms: sale.Terms{Limit: 1, Atomic: true}}, tail, events)
		if err != nil {
			t.Fatal(err)
		}
		v, err := check.Check(h)
		if err != nil || len(v.Violations) > 0 || v.Exercised[check.FalseStock] == 0 {
			t.Errorf("%q: %v %+v %v", text, err, v.Violations, v.Exercised)
		}
	}
}

// Orders are held against the ids that the tool gave its requests.
func TestOrdersKnowTheRequest(t *testing.T) {
	for order, broken := range map[string]bool{"r-1": false, "1": true} {
		rows := mustRead(t, file(t, csvFile, "buyer,request,outcome\na,r-1,ok\n"), plainOptions())
		audit := sale.Audit{Ledger: sale.NoLedger, Orders: &sale.Orders{Fields: []string{"request"}, Rows: [][]string{{order}}}}
		h, err := rows.History(history.Head{Items: []sale.Item{{ID: "1", Stock: 2}}}, &history.Tail{Ended: history.EndedDone, Attempts: 1, Audits: []sale.Audit{audit}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		v, err := check.Check(h)
		if err != nil || (len(v.Violations) > 0) != broken {
			t.Errorf("an order of %s: %v %+v", order, err, v.Violations)
		}
	}
}

// Who took part is told to the readers of keys that are a buyer's or a request's own.
func TestTook(t *testing.T) {
	rows := mustRead(t, file(t, csvFile, "buyer,request,item,outcome\na,x,i,ok\na,y,i,duplicate\nb,z,j,ok\n"), plainOptions())
	took := rows.Took(0, sale.Item{ID: "i"})
	got := ""
	for p := range took.Buyers {
		got += p.Buyer + " "
	}
	for p := range took.Requests {
		got += p.Request + " "
	}
	if got != "a x y " {
		t.Errorf("in the sale of item i were %q", got)
	}
}

// Units that may come at any moment from some instant on may have come before a row
// that does not say when it was.
func TestRestockMayPrecedeUntimedRow(t *testing.T) {
	rows := mustRead(t, file(t, csvFile, "buyer,outcome\na,ok\nb,ok\nc,ok\n"), plainOptions())
	tail := &history.Tail{Ended: history.EndedDone, Attempts: 3, Audits: []sale.Audit{{Ledger: sale.NoLedger, Stock: new(int64)}}}
	events := []history.Event{{Kind: history.EventRestock, At: 300, Until: history.Never, Units: 1}}
	h, err := rows.History(history.Head{Items: []sale.Item{{ID: "1", Stock: 2}}, Terms: sale.Terms{Limit: 1}}, tail, events)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := check.Check(h); err != nil || len(v.Violations) > 0 {
		t.Errorf("%v %+v", err, v.Violations)
	}
}

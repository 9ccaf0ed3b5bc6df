package trace

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A market is a small sale of one or two items by a right script, of which some
// attempts and the audit may be spoilt afterwards.
type market struct {
	*rand.Rand
	head     history.Head
	attempts []history.Attempt
	events   []history.Event
	receipts []map[string]string
	texts    *history.Texts
	free     []int64
	held     []map[uint32]int64
	orders   [][][]string
	now      int64
}

const marketBuyers = 7

func newMarket(seed uint64) *market {
	m := &market{Rand: rand.New(rand.NewPCG(seed, 3)), texts: new(history.Texts)}
	m.head = history.Head{Version: history.Version, Name: "market", Quantity: 1, Buyers: marketBuyers, BuyerIDs: sale.BuyerIDs{From: 1, Before: "b\"-", After: ",é"},
		Terms: sale.Terms{Limit: 1 + m.Int64N(2), Order: sale.DuplicateFirst, RetrySafe: sale.RetryNone, Atomic: true}}
	for i := range 1 + m.IntN(2) {
		stock := 1 + m.Int64N(6)
		m.head.Items = append(m.head.Items, sale.Item{ID: fmt.Sprint("item ", 9-i), Stock: stock, Index: i})
		m.free, m.held, m.orders = append(m.free, stock), append(m.held, map[uint32]int64{}), append(m.orders, [][]string{})
	}
	releases := m.IntN(3) == 0
	for range 3 + m.IntN(25) {
		m.buy(uint32(len(m.attempts)))
		if last := m.attempts[len(m.attempts)-1]; releases && last.Outcome == sale.OK && m.IntN(2) == 0 {
			m.release(last)
		}
	}
	return m
}

func (m *market) buy(request uint32) {
	m.now += m.Int64N(5)
	a := history.Attempt{Call: m.now - m.Int64N(6), Return: m.now + m.Int64N(6), Left: sale.Untold, Buyer: uint32(m.IntN(marketBuyers)), Request: request, Quantity: 1,
		Item: uint16(m.IntN(len(m.free))), Verb: sale.Buy, Try: uint8(m.IntN(2))}
	a.Due = a.Call - m.Int64N(3)
	if m.IntN(12) == 0 {
		a.Outcome, a.Call = sale.Dropped, history.Never
		m.attempts = append(m.attempts, a)
		return
	}
	switch held := m.held[a.Item]; {
	case held[a.Buyer] >= m.head.Terms.Limit:
		a.Outcome = sale.Duplicate
	case m.free[a.Item] == 0:
		a.Outcome = sale.SoldOut
	default:
		held[a.Buyer]++
		m.free[a.Item]--
		a.Outcome, a.Granted, a.Left = sale.OK, 1, m.free[a.Item]
		order := fmt.Sprintf("no. %d", request)
		m.receipts = append(m.receipts, map[string]string{"order": order})
		a.Receipt = uint32(len(m.receipts))
		m.orders[a.Item] = append(m.orders[a.Item], []string{m.head.BuyerIDs.ID(a.Buyer), m.head.RequestID(request), order})
	}
	if m.IntN(8) == 0 {
		a.Outcome, a.Granted, a.Left, a.Receipt, a.Reply = sale.Indeterminate, 0, sale.Untold, 0, m.texts.Keep("lost, \"timeout\"\nafter 1s")
	}
	m.attempts = append(m.attempts, a)
	if m.IntN(4) == 0 {
		m.events = append(m.events, history.Event{Kind: history.EventStock, At: m.now, Until: m.now + m.Int64N(3), Item: a.Item, Units: m.free[a.Item]})
	}
}

func (m *market) release(of history.Attempt) {
	a := of
	m.now = max(m.now, of.Return) + 1
	a.Verb, a.Outcome, a.Granted, a.Left, a.Receipt, a.Due, a.Call, a.Return = sale.Release, sale.OK, 0, sale.Untold, 0, m.now, m.now, m.now+m.Int64N(4)
	m.free[a.Item]++
	m.held[a.Item][a.Buyer]--
	m.now = a.Return + 1
	m.attempts = append(m.attempts, a)
}

// spoil makes something of it wrong.
func (m *market) spoil() {
	for range m.IntN(4) {
		a := &m.attempts[m.IntN(len(m.attempts))]
		switch {
		case a.Verb != sale.Buy || a.Outcome == sale.Dropped:
		case m.IntN(6) == 0:
			a.Outcome, a.Defect, a.Granted, a.Reply = sale.Indeterminate, sale.UnmappedReply, 0, m.texts.Keep("what?")
		case m.IntN(2) == 0:
			a.Outcome, a.Granted = sale.OK, 1
		default:
			a.Outcome, a.Granted, a.Left = []sale.Outcome{sale.SoldOut, sale.Duplicate, sale.Replayed, sale.Refused}[m.IntN(4)], 0, sale.Untold
		}
	}
}

func (m *market) history(ledger sale.Ledger, orders bool) *history.History {
	h := &history.History{Head: m.head, Events: m.events, Texts: m.texts,
		Batches: func() iter.Seq2[[]history.Attempt, error] {
			return func(yield func([]history.Attempt, error) bool) { yield(slices.Clone(m.attempts), nil) }
		},
		Receipt: func(n uint32) map[string]string {
			if n == 0 {
				return nil
			}
			return m.receipts[n-1]
		}}
	if m.IntN(12) == 0 {
		return h
	}
	h.Tail = &history.Tail{Ended: history.EndedDone, Attempts: int64(len(m.attempts)) + int64(m.IntN(9)/8), AuditsDiffer: m.IntN(15) == 0, Foreign: [][]string{nil, {}, {"\"x\""}}[m.IntN(8)/3]}
	for i := range m.head.Items {
		a := sale.Audit{Ledger: ledger, Stock: new(m.free[i] - int64(m.IntN(20)/19))}
		for id, units := range m.held[i] {
			if units > 0 && ledger != sale.NoLedger {
				if ledger == sale.Presence {
					units = 1
				}
				a.Holdings = append(a.Holdings, sale.Holding{Buyer: m.head.BuyerIDs.ID(id), Units: units})
			}
		}
		if orders {
			a.Orders = &sale.Orders{Fields: []string{"buyer", "request", "order"}, Rows: m.orders[i]}
		}
		if m.IntN(15) == 0 {
			a.Problems = []string{"stock: GET refused"}
		}
		h.Tail.Audits = append(h.Tail.Audits, a)
	}
	return h
}

// judged is what must be the same of two records of one sale.
func judged(t *testing.T, h *history.History) string {
	t.Helper()
	v, err := check.Check(h)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	fmt.Fprintln(&b, v.Opinion, v.Exercised, v.Undecided, v.Doubts, v.Witness)
	for _, broken := range v.Violations {
		fmt.Fprintln(&b, broken.Rule, broken.Count, broken.First, broken.Last)
		for _, c := range broken.Cases {
			fmt.Fprintln(&b, " ", c.Message)
		}
	}
	return b.String()
}

// again exports a history and imports it.
func again(t *testing.T, h *history.History, ending string) *history.History {
	t.Helper()
	dir := t.TempDir()
	path, left := filepath.Join(dir, "rows"+ending), filepath.Join(dir, "left.json")
	if err := Export(path, left, h); err != nil {
		t.Fatal(err)
	}
	rows := mustRead(t, path, plainOptions())
	account, err := ReadAccount(left)
	if err != nil {
		t.Fatal(err)
	}
	rows.AddItems(account)
	var items []sale.Item
	for i, id := range rows.Items {
		items = append(items, sale.Item{ID: id, Index: i})
	}
	tail, events, err := account.For(items)
	if err != nil {
		t.Fatal(err)
	}
	if tail != nil {
		tail.Attempts = *account.Sent
	}
	back, err := rows.History(history.Head{Items: items, Terms: h.Head.Terms}, tail, events)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// A record that is exported and imported again is judged the same: the verdict, what
// is broken and how often, in which words, and what has been exercised.
func TestExportedRecordIsJudgedTheSame(t *testing.T) {
	opinions := map[string]int{}
	for seed := range uint64(100) {
		m := newMarket(seed)
		if seed%3 > 0 {
			m.spoil()
		}
		h := m.history([]sale.Ledger{sale.Units, sale.Presence, sale.NoLedger}[seed%3], seed%4 == 0)
		want := judged(t, h)
		for _, ending := range []string{csvFile, jsonFile, parquetFile} {
			back := again(t, h, ending)
			if len(h.Head.Items) > 1 { // they may be numbered otherwise
				order(back, h.Head.Items)
			}
			if got := judged(t, back); got != want {
				t.Fatalf("seed %d, %s: imported it is\n%s\nand was\n%s", seed, ending, got, want)
			}
		}
		opinions[strings.Fields(want)[0]]++
	}
	if opinions["valid"] == 0 || opinions["invalid"] == 0 || opinions["unknown"] == 0 {
		t.Errorf("the verdicts are %v", opinions)
	}
	t.Log(opinions)
}

// order numbers the items as the first record does.
func order(h *history.History, items []sale.Item) {
	number := map[uint16]uint16{}
	for i, item := range h.Head.Items {
		number[uint16(i)] = uint16(slices.IndexFunc(items, func(other sale.Item) bool { return other.ID == item.ID }))
	}
	batches := h.Batches
	h.Batches = func() iter.Seq2[[]history.Attempt, error] {
		return func(yield func([]history.Attempt, error) bool) {
			for batch, err := range batches() {
				batch = slices.Clone(batch)
				for i := range batch {
					batch[i].Item = number[batch[i].Item]
				}
				if !yield(batch, err) {
					return
				}
			}
		}
	}
	if h.Tail != nil {
		audits := slices.Clone(h.Tail.Audits)
		for i := range audits {
			h.Tail.Audits[number[uint16(i)]] = audits[i]
		}
	}
	for i := range h.Events {
		h.Events[i].Item = number[h.Events[i].Item]
	}
	h.Head.Items = items
}

// Rows of a right sale without some or all of their instants, or blurred to whole
// milliseconds, accuse nobody.
func TestBlurredRowsAccuseNobody(t *testing.T) {
	without := 0
	for seed := range uint64(100) {
		m := newMarket(seed)
		for i := range m.attempts { // hundreds of microseconds apart
			a := &m.attempts[i]
			for _, at := range []*int64{&a.Due, &a.Call, &a.Return} {
				if *at != history.Never {
					*at = *at*137_000 + 17*epoch
				}
			}
		}
		text := "buyer,request,item,verb,outcome,call,return,left\n"
		for i := range m.attempts {
			a := &m.attempts[i]
			call, ret := m.stamp(a.Call), m.stamp(a.Return)
			if seed%4 == 1 || seed%4 == 2 && m.IntN(2) == 0 {
				call = ""
			}
			if seed%4 == 1 || seed%4 == 2 && m.IntN(2) == 0 {
				ret = ""
			}
			left := ""
			if a.Left != sale.Untold {
				left = fmt.Sprint(a.Left)
			}
			text += fmt.Sprintf("b%d,r%d,%d,%s,%s,%s,%s,%s\n", a.Buyer, a.Request, a.Item, a.Verb, a.Outcome, call, ret, left)
		}
		rows := mustRead(t, file(t, csvFile, text), Options{Quantity: 1, Copies: "keep"})
		tail := &history.Tail{Ended: history.EndedDone, Attempts: int64(len(m.attempts))}
		var items []sale.Item
		for _, id := range rows.Items {
			var i int
			fmt.Sscan(id, &i)
			items = append(items, sale.Item{ID: id, Stock: m.head.Items[i].Stock})
			tail.Audits = append(tail.Audits, sale.Audit{Ledger: sale.NoLedger, Stock: &m.free[i]})
		}
		h, err := rows.History(history.Head{Items: items, Terms: m.head.Terms}, tail, nil)
		if err != nil {
			t.Fatal(err)
		}
		v, err := check.Check(h)
		if err != nil || len(v.Violations) > 0 {
			t.Fatalf("seed %d: %v %+v\n%s", seed, err, v.Violations, text)
		}
		h.Head.Trace.ClockError = 0
		if v, err := check.Check(h); err != nil || len(v.Violations) > 0 {
			without++
		}
	}
	if without == 0 {
		t.Error("nothing was blurred enough to accuse anybody")
	}
}

// stamp is an instant in whole milliseconds, by a tool that rounds up or down.
func (m *market) stamp(ns int64) string {
	if ns == history.Never {
		return ""
	}
	return fmt.Sprint(ns/1e6 + m.Int64N(2))
}

func TestAccount(t *testing.T) {
	path := file(t, ".json", `{"stock": -1, "buyers": {"u1": 2, "u2": 1}, "orders": [{"buyer": "u1", "n": 17}], "opened": 9, "sent": 4}`)
	a, err := ReadAccount(path)
	if err != nil {
		t.Fatal(err)
	}
	items := []sale.Item{{ID: "i", Stock: 1}}
	tail, _, err := a.For(items)
	if err != nil || items[0].Stock != 9 || *tail.Audits[0].Stock != -1 || tail.Audits[0].Ledger != sale.Units || *a.Sent != 4 || !a.Opened("i") {
		t.Errorf("%+v %v", tail, err)
	}
	if want := (&sale.Orders{Fields: []string{"buyer", "n"}, Rows: [][]string{{"u1", "17"}}}); !reflect.DeepEqual(tail.Audits[0].Orders, want) {
		t.Errorf("orders %+v", tail.Audits[0].Orders)
	}
	a, err = ReadAccount(file(t, ".json", `{"items": [{"id": "b", "buyers": ["u1"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	tail, _, err = a.For([]sale.Item{{ID: "a"}, {ID: "b"}})
	if err != nil || len(tail.Audits[0].Problems) != 1 || tail.Audits[1].Ledger != sale.Presence || tail.Audits[1].Stock != nil {
		t.Errorf("%+v %v", tail, err)
	}
}

func TestAccountMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "the text breaks off",
		"{\n \"stock\": 1":                 ":2:12: the text breaks off",
		"{\n \"stock\": 1,}":               ":2:13: invalid character",
		`{"stock": "one"}`:                 "stock: want a whole number, not string",
		`{"stocks": 1}`:                    `unknown field "stocks"`,
		`{} {}`:                            "nothing behind it",
		`{"buyers": 3}`:                    "want an object with the units of each",
		`{"buyers": ["a", "a"]}`:           `buyer "a" is in the list twice`,
		`{"orders": 3}`:                    "want a list of objects",
		`{"orders": [{"a": 1}, {"b": 1}]}`: "order 2 has the fields",
		`{"orders": {"fields": ["a"], "rows": [["1", "2"]]}}`: "row 1 has 2 values",
		`{"items": [{"id": "a"}, {"id": "a"}]}`:               `item "a" is there twice`,
		`{"items": [], "stock": 1}`:                           "not both",
		`{"opened": -1}`:                                      "0 units or more",
		`{"ended": "badly"}`:                                  `unknown end "badly"`,
		`{"events": [{"kind": "party"}]}`:                     `unknown kind "party"`,
	} {
		_, err := ReadAccount(file(t, ".json", text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	one, err := ReadAccount(file(t, ".json", `{"stock": 1, "events": [{"kind": "stock", "item": "z"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, items := range [][]sale.Item{{{ID: "a"}}, {{ID: "a"}, {ID: "b"}}} {
		if _, _, err := one.For(items); err == nil {
			t.Errorf("%d items take an account of another", len(items))
		}
	}
}

func TestExportMistakes(t *testing.T) {
	h := newMarket(1).history(sale.Units, false)
	dir := t.TempDir()
	path, left := filepath.Join(dir, "rows.csv"), filepath.Join(dir, "left.json")
	if err := Export(filepath.Join(dir, "rows.txt"), left, h); err == nil || !strings.Contains(err.Error(), "want a file whose name ends in") {
		t.Error(err)
	}
	if err := os.WriteFile(left, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Export(path, left, h); err == nil || !strings.Contains(err.Error(), "left.json exists") {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("rows are left without what goes with them")
	}
	if err := Export(left, path, h); err == nil {
		t.Error("a file is written over")
	}
	h.Tail = &history.Tail{Audits: []sale.Audit{{Ledger: sale.Presence, Holdings: []sale.Holding{{Buyer: "\xff", Units: 1}}}}}
	if err := Export(path, filepath.Join(dir, "new.json"), h); err == nil || !strings.Contains(err.Error(), "no UTF-8") {
		t.Error(err)
	}
}

func BenchmarkRead(b *testing.B) {
	for _, ending := range []string{csvFile, jsonFile, parquetFile} {
		b.Run(ending[1:], func(b *testing.B) {
			m := newMarket(1)
			for i := range 100_000 {
				a := m.attempts[0]
				a.Buyer, a.Request = uint32(i), uint32(i)
				m.attempts = append(m.attempts, a)
			}
			h := m.history(sale.NoLedger, false)
			dir := b.TempDir()
			path := filepath.Join(dir, "rows"+ending)
			if err := Export(path, filepath.Join(dir, "left.json"), h); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := Read([]string{path}, Options{Quantity: 1, Copies: "keep"}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/row")
		})
	}
}

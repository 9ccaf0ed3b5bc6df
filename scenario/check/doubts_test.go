package check

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func tail(attempts int64, audit sale.Audit) *history.Tail {
	return &history.Tail{Ended: history.EndedDone, Attempts: attempts, Audits: []sale.Audit{audit}}
}

func TestDoubts(t *testing.T) {
	oks := attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.SoldOut)}
	repeat := attempts{buy(0, 0, 1, sale.OK), buy(0, 2, 3, sale.Indeterminate), buy(1, 4, 5, sale.SoldOut)}
	interrupted, differ, problem := tail(2, nothing), tail(2, nothing), tail(2, nothing)
	interrupted.Ended = history.EndedInterrupted
	differ.AuditsDiffer = true
	problem.Audits[0].Problems = []string{"GET refused"}
	undone := tail(2, nothing)
	undone.Undone = []string{"kill did not happen"}
	for _, test := range []struct {
		reason   string
		terms    sale.Terms
		attempts attempts
		tail     *history.Tail
		want     string // in the one doubt; empty: valid
		open     []Rule // some of the rules left undecided
	}{
		{"nothing to doubt", one, oks, tail(2, nothing), "", nil},
		{"no tail", one, oks, nil, "breaks off", []Rule{StockMismatch, FalseDup}},
		{"fewer recorded than made", one, oks, tail(3, nothing), "3 attempts and the record holds 2", []Rule{PhantomSale}},
		{"a fault that did not happen", one, oks, undone, "kill did not happen", nil},
		{"two audits", one, oks, differ, "differ", []Rule{LostSale}},
		{"what could not be read", one, oks, problem, "GET refused", []Rule{StockMismatch}},
		{"no audit", one, oks, &history.Tail{Attempts: 2}, "no audit", []Rule{Undersell}},
		{"no attempt", one, nil, tail(0, nothing), "no attempt", nil},
		{"only lost replies", one, attempts{buy(0, 0, 1, sale.Indeterminate)}, tail(1, nothing), "nobody was told ok", nil},
		{"demand beyond the stock and no sold_out", one, attempts{oks[0], buy(1, 0, 1, sale.Failed)}, tail(2, nothing), "nobody was told sold_out", nil},
		{"the same, interrupted", one, attempts{oks[0], buy(1, 0, 1, sale.Failed)}, interrupted, "", nil},
		{"a repeat without a duplicate", buyerFirst, repeat, tail(3, nothing), "nobody was told duplicate", nil},
		{"the same, of a script that does not test the buyer first", stockFirst, repeat, tail(3, nothing), "", nil},
		{"a holder who confirms has not come again", buyerFirst, attempts{oks[0], confirmation(oks[0], 2, 3, sale.OK), confirmation(oks[0], 4, 5, sale.Refused)}, tail(3, nothing), "", nil},
		{"orders that could not be read", one, oks, problem, "GET refused", []Rule{OrderMismatch}},
		{"a refusal that a lost reply may explain", one, attempts{oks[0], buy(1, 0, 1, sale.Indeterminate), buy(1, 0, 1, sale.Refused), buy(2, 0, 9, sale.Refused)},
			tail(4, nothing), "", nil},
	} {
		h := newHistory(head(1, test.terms), test.attempts)
		h.Tail = test.tail
		v := mustCheck(t, h)
		if test.want == "" {
			if v.Opinion != Valid {
				t.Errorf("%s: %s %v %v", test.reason, v.Opinion, v.Doubts, v.Violations)
			}
			continue
		}
		if v.Opinion != Unknown || len(v.Doubts) != 1 || !strings.Contains(v.Doubts[0], test.want) {
			t.Errorf("%s: %s %q, want one doubt with %q", test.reason, v.Opinion, v.Doubts, test.want)
		}
		for _, r := range test.open {
			if v.Undecided[r] == "" {
				t.Errorf("%s: %s decided", test.reason, r)
			}
		}
	}
}

// Whether a lost reply sold decides whether the refusal was right.
func TestRefusalLeftOpen(t *testing.T) {
	h := newHistory(head(3, one), attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.Indeterminate), buy(1, 2, 3, sale.Refused)})
	h.Tail = tail(3, nothing)
	if v := mustCheck(t, h); v.Opinion != Unknown || v.Undecided[Undersell] == "" {
		t.Errorf("without a ledger: %s %v", v.Opinion, v.Doubts)
	}
	h.Tail = tail(3, held(1, 1))
	if v := mustCheck(t, h); v.Opinion != Valid {
		t.Errorf("he holds his limit: %s %v", v.Opinion, v.Doubts)
	}
	h.Tail = tail(3, held(1))
	if v := mustCheck(t, h); !slices.Equal(broken(v), []Rule{Undersell}) {
		t.Errorf("he holds nothing: %s %v", v.Opinion, v.Violations)
	}
}

// A broken rule outweighs what is not known.
func TestViolationsComeBeforeDoubts(t *testing.T) {
	h := newHistory(head(1, one), attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.OK)})
	if v := mustCheck(t, h); v.Opinion != Invalid || len(v.Doubts) == 0 {
		t.Errorf("%s %v", v.Opinion, v.Doubts)
	}
}

// A tail may claim any number of attempts; room is made for those that come.
func TestRoomIsMadeForWhatIsRead(t *testing.T) {
	var sparse attempts
	for i := range uint32(2000) {
		sparse = append(sparse, buy(i*shardSize, 0, 1, sale.NotReady))
	}
	h := newHistory(head(1, one), sparse)
	h.Head.Buyers, h.Tail = 1<<31, tail(1<<40, nothing)
	least := testing.AllocsPerRun(1, func() { mustCheck(t, h) })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	mustCheck(t, h)
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 512<<20 { // the claim alone would take 8 GiB
		t.Errorf("%d MiB (in %.0f pieces) for 2,000 attempts", grown>>20, least)
	}
}

// Two final readings that differ accuse nobody.
func TestReadingsThatDifferAreNotUsed(t *testing.T) {
	h := newHistory(head(2, one), attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.Indeterminate)})
	h.Tail = tail(2, withStock(held(5), 2))
	if v := mustCheck(t, h); v.Opinion != Invalid {
		t.Fatalf("a ledger that does not fit: %s", v.Opinion)
	}
	h.Tail.AuditsDiffer = true
	if v := mustCheck(t, h); v.Opinion != Unknown || len(v.Violations) > 0 {
		t.Errorf("%s %v", v.Opinion, v.Violations)
	}
}

// More attempts than were made are no better than fewer.
func TestAttemptsTooMany(t *testing.T) {
	h := newHistory(head(1, one), attempts{buy(0, 0, 1, sale.OK), buy(1, 2, 3, sale.SoldOut)})
	h.Tail = tail(1, nothing)
	if v := mustCheck(t, h); v.Opinion != Unknown {
		t.Errorf("%s %v", v.Opinion, v.Doubts)
	}
}

// What is no purchase and no release that may have run is left to no rule, and
// a sale without stock proves what it can.
func TestWhatTheRulesDoNotWeigh(t *testing.T) {
	bought := buy(0, 0, 1, sale.OK)
	confirm, refusal := bought, back(bought, 2, 3, sale.SoldOut)
	confirm.Verb = sale.Confirm
	for reason, a := range map[string]history.Attempt{"a confirmation": confirm, "a release turned down": refusal} {
		h := newHistory(head(5, one), attempts{bought, a})
		h.Tail = tail(2, withStock(held(1), 4))
		if v := mustCheck(t, h); v.Opinion != Valid || v.Exercised[StockMismatch] != 1 {
			t.Errorf("%s: %s, exercised %v", reason, v.Opinion, v.Exercised)
		}
	}
	h := newHistory(head(0, one), attempts{buy(0, 0, 1, sale.SoldOut)})
	h.Tail = tail(1, withStock(held(), 0))
	if v := mustCheck(t, h); v.Opinion != Valid {
		t.Errorf("a sale without stock: %s %v", v.Opinion, v.Doubts)
	}
}

func TestItemsAreJudgedApart(t *testing.T) {
	hd := head(1, one)
	hd.Items = []sale.Item{{ID: "a", Stock: 1}, {ID: "b", Stock: 1}}
	on := func(item uint16, a history.Attempt) history.Attempt {
		a.Item = item
		return a
	}
	h := newHistory(hd, attempts{on(0, buy(0, 0, 1, sale.OK)), on(1, buy(0, 0, 1, sale.OK)), on(1, buy(1, 0, 1, sale.OK))})
	h.Tail = tail(3, nothing)
	h.Tail.Audits = append(h.Tail.Audits, nothing)
	v := mustCheck(t, h)
	if got := broken(v); !slices.Equal(got, []Rule{Oversell}) || !strings.HasPrefix(v.Violations[0].Cases[0].Message, "item b: ") {
		t.Errorf("%+v", v.Violations)
	}
}

func TestDamagedRecordsAreErrors(t *testing.T) {
	late, lost, early, free := buy(0, 3, 1, sale.OK), buy(0, 0, 1, sale.OK), buy(0, 0, 1, sale.OK), buy(0, 0, 1, sale.SoldOut)
	lost.Item, early.Due, free.Granted = 7, 1, 1
	for _, test := range []struct {
		reason string
		head   history.Head
		a      history.Attempt
	}{
		{"returned before it was called", head(1, one), late},
		{"an item that is not there", head(1, one), lost},
		{"called before it was due", head(1, one), early},
		{"never called, and returned before it was due", head(1, one), history.Attempt{Due: 2, Call: history.Never, Return: 1, Outcome: sale.Failed}},
		{"a sale of less than nothing", head(1, one), history.Attempt{Granted: -1, Quantity: 1, Verb: sale.Buy, Outcome: sale.OK}},
		{"a buyer beyond those announced", head(1, one), buy(10, 0, 1, sale.OK)},
		{"a refusal that was granted units", head(1, one), free},
		{"no outcome", head(1, one), history.Attempt{}},
		{"no items", history.Head{}, history.Attempt{}},
		{"a stock below zero", head(-1, one), buy(0, 0, 1, sale.OK)},
		{"a limit that nobody can use", history.Head{Items: []sale.Item{{ID: "i", Stock: 1}}, Quantity: 2, Terms: one}, history.Attempt{Outcome: sale.Dropped, Call: history.Never}},
	} {
		if v, err := Check(newHistory(test.head, attempts{test.a})); err == nil {
			t.Errorf("%s: %s", test.reason, v.Opinion)
		}
	}
}

// The evidence names the buyer's id, and holds the attempt.
func TestMessage(t *testing.T) {
	h := newHistory(head(1, one))
	a := with(buy(4, 2, 3, sale.Indeterminate), sale.UnmappedReply)
	a.Reply = h.Texts.Keep("(nil)")
	texts := h.Texts
	h = newHistory(head(1, one), attempts{buy(0, 0, 1, sale.OK), a})
	h.Texts, h.Tail = texts, tail(2, nothing)
	v := mustCheck(t, h)
	const want = "an attempt of buyer 104 got a reply that no rule of the contract names"
	if got := v.Violations[0].Cases[0].Message; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := v.Violations[0].Cases[0].Attempts; len(got) != 1 || got[0] != a {
		t.Errorf("the evidence is %+v, want %+v", got, a)
	}
	if v.Violations[0].First != 2*ms || v.Violations[0].Last != 2*ms {
		t.Errorf("first %d last %d", v.Violations[0].First, v.Violations[0].Last)
	}
}

// confirmation makes what was bought final; instants in ms.
func confirmation(of history.Attempt, call, ret int64, outcome sale.Outcome) history.Attempt {
	of = back(of, call, ret, outcome)
	of.Verb = sale.Confirm
	return of
}

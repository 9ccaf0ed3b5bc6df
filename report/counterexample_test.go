package report

import (
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// wrongSale is a sale of 40 units to 60 buyers, spoilt in some way.
func wrongSale(terms sale.Terms, spoil func(h *history.History, all []history.Attempt) []history.Attempt) *history.History {
	head := testHead(modelBurst, "burst")
	head.Terms, head.Items, head.Buyers = terms, []sale.Item{{ID: "lamp", Stock: 40}}, 100
	all := burstOf(60, 40)
	tail := testTail(60, 0)
	tail.Audits[0].Ledger = sale.Units
	for n := range uint32(40) {
		tail.Audits[0].Holdings = append(tail.Audits[0].Holdings, sale.Holding{Buyer: head.BuyerIDs.ID(n), Units: 1})
	}
	texts := new(history.Texts)
	for i := range all {
		all[i].Reply = texts.Keep(all[i].Outcome.String() + ", it says")
	}
	h := record(head, tail, texts, nil)
	all = spoil(h, all)
	h.Batches = record(head, tail, texts, all).Batches
	h.Receipt = func(uint32) map[string]string { return nil }
	h.Tail.Attempts = int64(len(all))
	return h
}

// told makes an attempt hear something else.
func told(a *history.Attempt, outcome sale.Outcome) {
	if a.Outcome, a.Granted, a.Left = outcome, 0, sale.Untold; outcome == sale.OK {
		a.Granted = 1
	}
}

// wrongSales breaks every rule that a record so far decides. Most is how many
// attempts the smallest history may hold.
var wrongSales = []struct {
	rule  check.Rule
	terms sale.Terms
	most  int64
	spoil func(h *history.History, all []history.Attempt) []history.Attempt
}{
	{check.Oversell, sale.Terms{Limit: 1}, 41, func(h *history.History, all []history.Attempt) []history.Attempt {
		h.Tail.Audits[0] = sale.Audit{Ledger: sale.NoLedger}
		told(&all[50], sale.OK)
		return all
	}},
	{check.NegativeStock, sale.Terms{Limit: 1}, 0, func(h *history.History, all []history.Attempt) []history.Attempt {
		*h.Tail.Audits[0].Stock = -2
		return all
	}},
	{check.DuplicateSale, sale.Terms{Limit: 1}, 2, func(h *history.History, all []history.Attempt) []history.Attempt {
		all[30].Buyer = 3
		return all
	}},
	{check.LostSale, sale.Terms{Limit: 1}, 1, func(h *history.History, all []history.Attempt) []history.Attempt {
		h.Tail.Audits[0].Holdings = h.Tail.Audits[0].Holdings[1:]
		return all
	}},
	{check.PhantomSale, sale.Terms{Limit: 1}, 41, func(h *history.History, all []history.Attempt) []history.Attempt {
		h.Tail.Audits[0].Holdings[39].Buyer = h.Head.BuyerIDs.ID(55)
		told(&all[39], sale.SoldOut)
		return all
	}},
	{check.StockMismatch, sale.Terms{Limit: 1}, 40, func(h *history.History, all []history.Attempt) []history.Attempt {
		*h.Tail.Audits[0].Stock = 1
		h.Tail.Audits[0].Ledger, h.Tail.Audits[0].Holdings = sale.NoLedger, nil
		return all
	}},
	{check.Undersell, sale.Terms{Limit: 1}, 1, func(h *history.History, all []history.Attempt) []history.Attempt {
		told(&all[39], sale.SoldOut)
		h.Tail.Audits[0].Holdings = h.Tail.Audits[0].Holdings[:39]
		*h.Tail.Audits[0].Stock = 1
		return all
	}},
	{check.FalseSoldOut, sale.Terms{Limit: 1, Order: sale.DuplicateFirst}, 2, func(h *history.History, all []history.Attempt) []history.Attempt {
		all[50].Buyer = 3
		return all
	}},
	{check.FalseDup, sale.Terms{Limit: 1}, 1, func(h *history.History, all []history.Attempt) []history.Attempt {
		told(&all[50], sale.Duplicate)
		return all
	}},
	{check.FalseReplay, sale.Terms{Limit: 1, RetrySafe: sale.RetryRequest}, 1, func(h *history.History, all []history.Attempt) []history.Attempt {
		told(&all[50], sale.Replayed)
		return all
	}},
	{check.LateSale, sale.Terms{Limit: 1}, 2, func(h *history.History, all []history.Attempt) []history.Attempt {
		told(&all[5], sale.SoldOut)
		told(&all[50], sale.OK)
		h.Tail.Audits[0].Holdings[5].Buyer = h.Head.BuyerIDs.ID(50)
		return all
	}},
	{check.OrderMismatch, sale.Terms{Limit: 1}, 1, func(h *history.History, all []history.Attempt) []history.Attempt {
		o := &sale.Orders{Fields: []string{"buyer"}}
		for n := range uint32(39) {
			o.Rows = append(o.Rows, []string{h.Head.BuyerIDs.ID(n)})
		}
		h.Tail.Audits[0].Orders = o
		return all
	}},
	{check.FalseStock, sale.Terms{Limit: 1, Atomic: true}, 2, func(h *history.History, all []history.Attempt) []history.Attempt {
		all[3].Left, all[7].Left = 5, 5
		return all
	}},
	{check.UnmappedReply, sale.Terms{Limit: 1}, 1, func(h *history.History, all []history.Attempt) []history.Attempt {
		told(&all[50], sale.Indeterminate)
		all[50].Defect = sale.UnmappedReply
		return all
	}},
	{check.ScriptError, sale.Terms{Limit: 1}, 1, func(h *history.History, all []history.Attempt) []history.Attempt {
		told(&all[50], sale.Indeterminate)
		all[50].Defect = sale.ScriptError
		return all
	}},
	{check.ForeignWrite, sale.Terms{Limit: 1}, 0, func(h *history.History, all []history.Attempt) []history.Attempt {
		h.Tail.Foreign = []string{`"a key of somebody"`}
		return all
	}},
}

// The smallest record of every rule, written and read again, alone breaks it.
func TestCounterexampleOfEveryRule(t *testing.T) {
	covered := map[check.Rule]bool{}
	for _, tt := range wrongSales {
		covered[tt.rule] = true
		dir := t.TempDir()
		h := wrongSale(tt.terms, tt.spoil)
		h.Events = []history.Event{fault("kill primary", 0, 1), {Kind: history.EventStock, Units: 40}}
		v, err := check.Check(h)
		if err != nil {
			t.Fatal(err)
		}
		s := summarize(t, h, v)
		s.KeepCounterexamples(dir, h)
		c := s.counterexampleOf(tt.rule)
		if c == nil || len(s.notes) > 0 {
			t.Errorf("%s: no counterexample: %q, broken: %v", tt.rule, s.notes, s.Verdict.Violations)
			continue
		}
		small, err := history.Open(filepath.Join(dir, c.Folder, "history"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := check.Check(small)
		if err != nil || again.Opinion != check.Invalid || !slices.ContainsFunc(again.Violations, func(v check.Violation) bool { return v.Rule == tt.rule }) {
			t.Errorf("%s: the smallest record is %s, breaks %v; %v", tt.rule, again.Opinion, again.Violations, err)
		}
		if c.Attempts > tt.most {
			t.Errorf("%s: it holds %d attempts, want %d at most", tt.rule, c.Attempts, tt.most)
		}
		if small.Head.Command != h.Head.Command || small.Head.Seed != h.Head.Seed {
			t.Errorf("%s: it does not say how the run is repeated", tt.rule)
		}
		for batch, err := range small.Batches() {
			if err != nil {
				t.Fatal(err)
			}
			for i := range batch {
				if text := small.Texts.Text(batch[i].Reply); !strings.HasSuffix(text, ", it says") {
					t.Errorf("%s: an attempt lost its reply: %q", tt.rule, text)
				}
			}
		}
		found := summarize(t, h, v)
		found.FindCounterexamples(dir)
		if !slices.Equal(found.Counterexamples, inRuleOrder(s.Counterexamples)) {
			t.Errorf("%s: found %v, written %v", tt.rule, found.Counterexamples, s.Counterexamples)
		}
	}
	for _, rule := range check.Rules {
		if !covered[rule] {
			t.Errorf("no history breaks %s", rule)
		}
	}
}

func inRuleOrder(all []Counterexample) []Counterexample {
	slices.SortFunc(all, func(a, b Counterexample) int {
		return slices.Index(check.Rules, a.Rule) - slices.Index(check.Rules, b.Rule)
	})
	return all
}

// A record without its end has counterexamples without one.
func TestCounterexampleOfAnIncompleteRecord(t *testing.T) {
	h := wrongSale(sale.Terms{Limit: 1}, func(h *history.History, all []history.Attempt) []history.Attempt {
		all[30].Buyer = 3
		return all
	})
	h.Tail = nil
	v, err := check.Check(h)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := summarize(t, h, v)
	s.KeepCounterexamples(dir, h)
	c := s.counterexampleOf(check.DuplicateSale)
	if c == nil || c.Attempts != 2 {
		t.Fatalf("%+v, %q", c, s.notes)
	}
	small, err := history.Open(filepath.Join(dir, c.Folder, "history"))
	if err != nil || small.Tail != nil {
		t.Fatalf("%v, tail %v", err, small)
	}
	if again, err := check.Check(small); err != nil || again.Opinion != check.Invalid {
		t.Errorf("%s, %v", again.Opinion, err)
	}
}

// What is unexpected comes first, and five rules at most get a record.
func TestCounterexamplesAreFew(t *testing.T) {
	h := wrongSale(sale.Terms{Limit: 1}, func(h *history.History, all []history.Attempt) []history.Attempt {
		all[30].Buyer = 3
		told(&all[50], sale.Duplicate)
		all[51].Defect, all[52].Defect = sale.ScriptError, sale.UnmappedReply
		h.Tail.Audits[0].Holdings = h.Tail.Audits[0].Holdings[1:]
		h.Tail.Foreign = []string{`"x"`}
		return all
	})
	h.Head.Expect = []string{check.LossAllowed, "phantom-sale"}
	v, err := check.Check(h)
	if err != nil {
		t.Fatal(err)
	}
	s := summarize(t, h, v)
	if len(v.Violations) <= maxCounterexamples || len(v.Unexpected()) > maxCounterexamples {
		t.Fatalf("%d broken, %d unexpected", len(v.Violations), len(v.Unexpected()))
	}
	s.KeepCounterexamples(t.TempDir(), h)
	if len(s.Counterexamples) != maxCounterexamples {
		t.Errorf("%d counterexamples", len(s.Counterexamples))
	}
	for _, broken := range v.Unexpected() {
		if s.counterexampleOf(broken.Rule) == nil {
			t.Errorf("%s was not expected and has none", broken.Rule)
		}
	}
}

// Where attempts cannot be read, a folder is not left half written.
func TestCounterexampleOfADamagedRecord(t *testing.T) {
	h := wrongSale(sale.Terms{Limit: 1}, func(h *history.History, all []history.Attempt) []history.Attempt {
		all[30].Buyer = 3
		return all
	})
	v, err := check.Check(h)
	if err != nil {
		t.Fatal(err)
	}
	s := summarize(t, h, v)
	h.Batches = func() iter.Seq2[[]history.Attempt, error] {
		return func(yield func([]history.Attempt, error) bool) { yield(nil, os.ErrPermission) }
	}
	dir := t.TempDir()
	s.KeepCounterexamples(dir, h)
	left, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
	if len(s.Counterexamples) != 0 || len(s.warnings()) == 0 || len(left) != 0 {
		t.Errorf("%v, warnings %q, left %v", s.Counterexamples, s.warnings(), left)
	}
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"results/a-1.2": "results/a-1.2", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "$(x)": "'$(x)'", "~": "'~'",
	} {
		if got := shellWord(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}

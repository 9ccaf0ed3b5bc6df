package check

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// read is a background read of the first item, whatever came of it; instants in ms.
func read(call, ret int64, outcome sale.Outcome) history.Attempt {
	return history.Attempt{Due: call * ms, Call: call * ms, Return: ret * ms, Left: sale.Untold, Verb: sale.Read, Outcome: outcome}
}

// besides are reads of all kinds, among them some that no purchase could be: before the
// doors, told ok, of buyer 0 and request 0.
func besides() []history.Attempt {
	unsent := read(3, 3, sale.Dropped)
	unsent.Call, unsent.Return = history.Never, history.Never
	return []history.Attempt{read(0, 1, sale.OK), read(0, 1, sale.OK), read(-50, 900, sale.OK), read(1, 2, sale.Failed), read(1, 5, sale.Indeterminate), unsent}
}

// withReads is a history with reads before and after its attempts.
func withReads(h *history.History, reads []history.Attempt) *history.History {
	var all []history.Attempt
	for batch := range h.Batches() {
		all = append(all, batch...)
	}
	with := newHistory(h.Head, reads[:len(reads)/2], all, reads[len(reads)/2:])
	with.Events, with.Texts, with.Receipt = h.Events, h.Texts, h.Receipt
	with.Head.Background = []history.Background{{Read: "stock", Rate: 1}}
	if h.Tail != nil {
		tail := *h.Tail
		tail.Attempts += int64(len(reads))
		with.Tail = &tail
	}
	return with
}

// Whatever is read beside a sale, the verdict on it is the same, and so are the
// evidence and the smallest record of each rule.
func TestReadsChangeNoVerdict(t *testing.T) {
	everyBroken(func(reason string, h *history.History, want []Rule) {
		alone, beside := mustCheck(t, h), mustCheck(t, withReads(h, besides()))
		if alone.Opinion != beside.Opinion || !slices.Equal(alone.Doubts, beside.Doubts) || !maps.Equal(alone.Exercised, beside.Exercised) || len(alone.Violations) != len(beside.Violations) {
			t.Errorf("%s: %s %v %v, with reads %s %v %v", reason, alone.Opinion, broken(alone), alone.Doubts, beside.Opinion, broken(beside), beside.Doubts)
			return
		}
		for i, one := range alone.Violations {
			two := beside.Violations[i]
			if one.Rule != two.Rule || one.Count != two.Count || len(one.Cases) != len(two.Cases) {
				t.Errorf("%s: %s %d times, with reads %s %d times", reason, one.Rule, one.Count, two.Rule, two.Count)
				continue
			}
			for k := range one.Cases {
				if !slices.Equal(one.Cases[k].Attempts, two.Cases[k].Attempts) {
					t.Errorf("%s: the evidence of %s is another beside reads", reason, one.Rule)
				}
			}
		}
		for _, rule := range want {
			small, _ := smallest(t, withReads(h, besides()), rule)
			if small == nil {
				t.Errorf("%s: no smallest history of %s beside reads", reason, rule)
				continue
			}
			for batch := range small.Batches() {
				if slices.ContainsFunc(batch, func(a history.Attempt) bool { return a.Verb == sale.Read }) {
					t.Errorf("%s: a read is in the smallest history of %s", reason, rule)
				}
			}
		}
	})
}

// A record whose reads are not all there lacks attempts, and one whose reads cannot
// have been made contradicts itself.
func TestReadsThatCannotBe(t *testing.T) {
	right := newHistory(head(1, one), attempts{buy(0, 0, 1, sale.OK)})
	right.Tail = tail(1, nothing)
	fewer := withReads(right, besides())
	fewer.Tail.Attempts++
	if v := mustCheck(t, fewer); len(v.Doubts) == 0 || !strings.Contains(v.Doubts[0], "the buyers made 8 attempts and the record holds 7") {
		t.Errorf("doubts %v", v.Doubts)
	}
	for want, change := range map[string]func(*history.Attempt){
		"":                             func(*history.Attempt) {},
		"is on item 1 of 1":            func(a *history.Attempt) { a.Item = 1 },
		"number 1, is none of the 1":   func(a *history.Attempt) { a.Request = 1 },
		"has none of the outcomes":     func(a *history.Attempt) { a.Outcome = 0 },
		"has none of the outcomes ":    func(a *history.Attempt) { a.Outcome = 200 },
		"was granted 1 units":          func(a *history.Attempt) { a.Granted = 1 },
		"was called before it was due": func(a *history.Attempt) { a.Due = a.Call + 1 },
		"or after it returned":         func(a *history.Attempt) { a.Return = a.Call - 1 },
		"returned before it was due":   func(a *history.Attempt) { a.Call, a.Due = history.Never, a.Return+1 },
		"or after it returned (never)": func(a *history.Attempt) { a.Return = history.Never },
	} {
		reads := besides()
		change(&reads[0])
		_, err := Check(withReads(right, reads))
		want, _, _ = strings.Cut(strings.TrimSpace(want), " (")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
)

// fault is a fault from one instant to another, in ms.
func fault(text string, at, until int64) history.Event {
	e := history.Event{Kind: history.EventFault, Text: text, At: at * ms, Until: history.Never}
	if until != history.Never {
		e.Until = until * ms
	}
	return e
}

// hurt is an open run of a second that stalls, with faults and readings of the stock.
func hurt(t testing.TB, faults ...history.Event) *Summary {
	q := poisson(12_000, 12_000, 4_000)
	q.stall, q.lostShare = 300*time.Millisecond, 0.002
	h := q.history()
	h.Events = faults
	left := int64(4000)
	for at := int64(0); at < 700*ms; at += 20 * ms {
		h.Events = append(h.Events, history.Event{Kind: history.EventStock, At: at, Until: at + ms, Units: max(left, 0)})
		left -= 240
	}
	return summarize(t, h, validVerdict())
}

// hurtOnce, hurtOften and hurtTogether are what pictures of faults must suit.
func hurtOnce(t testing.TB) *Summary { return hurt(t, fault("pause primary for 300ms", 560, 860)) }

func hurtOften(t testing.TB) *Summary {
	var faults []history.Event
	for i := range int64(12) {
		faults = append(faults, fault("drop-reply 5% of the replies", 50+80*i, 58+80*i))
	}
	return hurt(t, faults...)
}

func hurtTogether(t testing.TB) *Summary {
	return hurt(t, fault("kill primary", 200, 450), fault("drop-reply 5%", 380, 620), fault("script-flush", 700, 700), fault("acl <b>-SADD</b>", 900, history.Never), fault("busy", 910, 920))
}

// lossy is a burst in which a failover lost what it may lose.
func lossy(t testing.TB) *Summary {
	head := testHead(modelBurst, "burst")
	head.Expect = []string{check.LossAllowed}
	all := burstOf(5000, 1000)
	h := record(head, testTail(5000, 3), nil, all)
	h.Events = []history.Event{fault("kill primary", 12, 40)}
	v := validVerdict()
	v.Losses = &check.Losses{Sales: ptr(int64(3)), Oldest: ptr(int64(2 * ms)), Units: ptr(int64(0)), Buyers: 1}
	v.Violations = []check.Violation{{
		Rule: check.LostSale, Count: 3, Expected: true, First: all[500].Call, Last: all[590].Call,
		Cases: []check.Case{{
			Message: "1 sale acknowledged to buyer 70501, and the ledger holds 0 for him (1 > 0)", Attempts: []history.Attempt{all[500]},
			Faults: []string{"1.500 ms before the begin of: kill primary, 12.000 ms – 40.000 ms"},
			Causes: []string{"the server was stopped, and what it had not saved was gone (fault kill)"},
		}},
	}}
	v.Witness = 5000
	s := summarize(t, h, v)
	s.dir, s.Counterexamples = "results/flash sale", []Counterexample{{check.LostSale, "counterexample/lost-sale", 1}}
	return s
}

// explained is the same where nothing was expected, and a duplicate came besides.
func explained(t testing.TB) *Summary {
	s := lossy(t)
	v := &s.Verdict
	v.Opinion, v.Witness = check.Invalid, 0
	v.Violations[0].Expected = false
	late := v.Violations[0]
	late.Rule, late.Expected, late.Count = check.LateSale, true, 1
	v.Violations = append(v.Violations, late)
	return s
}

func TestVerdictWords(t *testing.T) {
	expected := func(rules ...check.Rule) (all []check.Violation) {
		for _, r := range rules {
			all = append(all, check.Violation{Rule: r, Expected: true})
		}
		return all
	}
	for _, tt := range []struct {
		reason string
		v      check.Verdict
		want   string
	}{
		{"nothing came", check.Verdict{Opinion: check.Valid}, "VALID"},
		{"losses came", check.Verdict{Opinion: check.Valid, Violations: expected(check.LostSale, check.LateSale)}, "VALID, with expected losses"},
		{"more than losses came", check.Verdict{Opinion: check.Valid, Violations: expected(check.LostSale, check.FalseDup)}, "VALID, with expected violations"},
		{"what else is broken weighs more", check.Verdict{Opinion: check.Invalid, Violations: append(expected(check.LostSale), check.Violation{Rule: check.FalseDup})}, "INVALID"},
		{"a doubt too", check.Verdict{Opinion: check.Unknown, Violations: expected(check.LostSale)}, "UNKNOWN"},
	} {
		if got := opinionWord(&tt.v); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.reason, got, tt.want)
		}
	}
}

func TestLossText(t *testing.T) {
	n := func(v int64) *int64 { return &v }
	for _, tt := range []struct {
		reason string
		losses *check.Losses
		want   string
	}{
		{"nobody could tell", nil, ""},
		{"nothing is lost", &check.Losses{Sales: n(0), Units: n(0)}, ""},
		{"sales, and how far back", &check.Losses{Sales: n(8598), Oldest: n(200 * ms)}, "8,598 acknowledged sales are not in the ledger, the oldest acknowledged 200 ms before the next fault began"},
		{"one of each", &check.Losses{Sales: n(1), Units: n(1), Buyers: 1}, "1 acknowledged sale is not in the ledger; 1 unit gone that neither stock nor ledger holds; 1 buyer served beyond the limit"},
		{"units invented", &check.Losses{Units: n(-2700), Buyers: 12}, "2,700 units there that nobody put there; 12 buyers served beyond the limit"},
	} {
		if got := lossText(tt.losses); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.reason, got, tt.want)
		}
	}
}

func TestExpectedLossesEndWell(t *testing.T) {
	if code := lossy(t).ExitCode(); code != 0 {
		t.Errorf("only what was expected: exit code %d", code)
	}
	if code := explained(t).ExitCode(); code != 1 {
		t.Errorf("something that was not expected: exit code %d", code)
	}
}

func TestFaultsText(t *testing.T) {
	for _, tt := range []struct {
		reason string
		faults []history.Event
		want   string
	}{
		{"one", []history.Event{fault("kill primary", 2000, 2310)}, "fault: kill, 2.00 s – 2.31 s"},
		{"one in an instant", []history.Event{fault("script-flush", 2, 2)}, "fault: script-flush at 2.00 ms"},
		{"one that was not healed", []history.Event{fault("acl -SADD now", 2, history.Never)}, "fault: acl, from 2.00 ms on"},
		{"many of a kind", []history.Event{fault("pause 1", 1, 2), fault("pause 1", 3, 4)}, "faults: pause (2×)"},
		{"many kinds", []history.Event{fault("a", 1, 2), fault("b", 3, 4), fault("b", 3, 4), fault("c", 3, 4), fault("d", 3, 4), fault("e", 3, 4)}, "faults: a, b (2×), c, 2 more"},
		{"what a picture must not hold", []history.Event{fault("<script>alert(1)</script> a&b; 漢", 1, 1)}, "fault: scriptalert1script at 1.00 ms"},
		{"nothing that may be held", []history.Event{fault("<>", 1, 1)}, "fault: fault at 1.00 ms"},
	} {
		s := &Summary{Events: append(tt.faults, history.Event{Kind: history.EventReload, Text: "no fault"})}
		if got := s.faultsText(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.reason, got, tt.want)
		}
	}
}

func TestReadingsAreSummed(t *testing.T) {
	s := severalItems(t)
	all := len(s.Head.Items)
	s.Events = []history.Event{{Kind: history.EventStock, At: -ms, Until: -ms, Item: uint16(all), Units: 7}} // no such item
	for i := range all {
		s.Events = append(s.Events, history.Event{Kind: history.EventStock, At: int64(i) * ms, Until: int64(i)*ms + 2*us, Item: uint16(i), Units: 2})
	}
	s.Events = append(s.Events, history.Event{Kind: history.EventStock, At: 1000 * ms, Until: 1002 * ms, Item: 0, Units: -1})
	got := s.readings(timeUnit{"ms", float64(ms)})
	want := fmt.Sprintf("[{%g %d} {1001 %d}]", float64(all-1)+.001, 2*all, 2*all-3)
	if fmt.Sprint(got) != want {
		t.Errorf("%v, want %s: from when all have been read", got, want)
	}
	for n := range 5000 {
		got = append(got, got[n%2])
	}
	if few := thinned(got, 100); len(few) > 102 || few[len(few)-1] != got[len(got)-1] {
		t.Errorf("%d of %d readings are drawn, the last one %v", len(few), len(got), few[len(few)-1])
	}
}

// Every picture along the time shades the faults, on both forms, and says in
// its key what they were.
func TestFaultsAreShaded(t *testing.T) {
	for name, s := range map[string]*Summary{"once": hurtOnce(t), "often": hurtOften(t), "together": hurtTogether(t)} {
		n := len(s.faultBands(timeUnit{"ns", 1}).from)
		for _, p := range pictures(s) {
			svg, err := p.inline(narrow)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Count(svg, "fill:var(--veil)")
			panels := len(p.panels)
			switch {
			case p.name == "latency" && got != 0:
				t.Errorf("%s: %s has no time axis, and %d bands", name, p.name, got)
			case p.name != "latency" && got != panels*n+1: // and one in the key
				t.Errorf("%s: %s has %d bands in %d panels and its key, want %d in each", name, p.name, got, panels, n)
			}
			if strings.Contains(svg, "<b>") {
				t.Errorf("%s: %s holds the text of a fault as it is", name, p.name)
			}
		}
	}
}

func TestPageTellsExpectedFromBroken(t *testing.T) {
	page := func(s *Summary) string {
		var b strings.Builder
		if err := WriteHTML(&b, s); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name    string
		page    string
		want    []string
		without []string
	}{
		{"expected", page(lossy(t)), []string{
			"with expected losses", "<h2>Expected violations</h2>", "lost-sale, violated 3 times, as expected", "kill primary, 12.000 ms", "the oldest acknowledged 2.00 ms before",
			"An order of 5,000 steps", "seckill check &#39;results/flash sale/counterexample/lost-sale&#39;", "Likely, not proven:</strong> the server was stopped", "no rule broken but those",
		}, []string{"<h2>Violations</h2>"}},
		{"broken", page(explained(t)), []string{"<h2>Violations</h2>", "<h2>Expected violations</h2>", "one rule broken", "the first at"}, []string{"with expected", "An order of"}},
		{"valid", page(validBurst(t)), nil, []string{"xpected violations", "Lost:", "Smallest"}},
	} {
		for _, text := range tt.want {
			if !strings.Contains(tt.page, text) {
				t.Errorf("%s: the page lacks %q", tt.name, text)
			}
		}
		for _, text := range tt.without {
			if strings.Contains(tt.page, text) {
				t.Errorf("%s: the page has %q", tt.name, text)
			}
		}
	}
	if !slices.Contains(strings.Fields(page(lossy(t))), `class="expected">violated`) {
		t.Error("the table of rules does not tell an expected violation")
	}
}

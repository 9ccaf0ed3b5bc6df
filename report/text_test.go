package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// reports are the summaries that every textual form is compared for.
var reports = []struct {
	name, reason string
	summary      func(testing.TB) *Summary
}{
	{"valid", "a burst leads with when it was sold out and says what a response time is there", validBurst},
	{"invalid", "the rules and their evidence come before any figure, with replies made safe", invalidBurst},
	{"unknown", "a killed run says why it proves nothing; the embedded server says what it is not", killed},
	{"interrupted", "an early end takes back an objective that was met so far", interrupted},
	{"lots", "several items are summed up, and one that was not sold out is counted", severalItems},
	{"returns", "what came back and what came after a purchase stands beside the sale", givenBack},
	{"expected", "what was expected to be lost is told with the verdict, and fails nothing", lossy},
	{"explained", "a violation says which fault it lies by, what is likely, and where it is alone", explained},
	{"open", "response comes first, and the objectives say why they are missed or not decided", openRun},
}

func TestText(t *testing.T) {
	for _, r := range reports {
		t.Run(r.name, func(t *testing.T) {
			golden(t, r.name+".txt", WriteText, r.summary(t))
		})
	}
}

func TestTextFitsTheTerminal(t *testing.T) {
	var all []*Summary
	for _, r := range reports {
		all = append(all, r.summary(t))
	}
	for _, n := range []int64{0, 1, 10, 5000} {
		all = append(all, summarize(t, record(testHead(modelBurst, "burst"), testTail(n, 0), nil, burstOf(n, 1000)), validVerdict()))
	}
	for _, s := range all {
		n := s.Attempts
		s.Head.Name = "a name\x1b[2J\u202e with controls"
		var out bytes.Buffer
		if err := WriteText(&out, s); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			if w := utf8.RuneCountInString(line); w > width {
				t.Errorf("%d attempts: a line of %d columns: %q", n, w, line)
			}
			if Plain(line) != line {
				t.Errorf("%d attempts: a line that is not safe to print: %q", n, line)
			}
		}
	}
}

func TestAskedIsToldWhereItDiffers(t *testing.T) {
	one, several, mixed := testHead(modelBurst, "burst"), testHead(modelBurst, "burst"), testHead(modelBurst, "burst")
	several.Items = append(several.Items, sale.Item{ID: "desk"})
	mixed.Quantity = 0
	for _, test := range []struct {
		reason string
		head   history.Head
		a      history.Attempt
		want   string
	}{
		{"all asked for the same", one, history.Attempt{Verb: sale.Buy, Quantity: 1}, ""},
		{"what was no purchase", one, history.Attempt{Verb: sale.Release, Quantity: 1}, "release"},
		{"which item", several, history.Attempt{Verb: sale.Buy, Quantity: 1, Item: 1}, "of desk"},
		{"how many", mixed, history.Attempt{Verb: sale.Confirm, Quantity: 1200}, "confirm 1,200"},
	} {
		s := Summary{Head: test.head}
		if got := s.asked(&test.a); got != test.want {
			t.Errorf("%s: %q, want %q", test.reason, got, test.want)
		}
		if line := s.attemptLine(&test.a); test.want != "" && !strings.Contains(line, "request 0, "+test.want+": due") {
			t.Errorf("%s: %q", test.reason, line)
		}
		if got := s.pageAttempt(&test.a).Asked; got != test.want {
			t.Errorf("%s: the page says %q", test.reason, got)
		}
	}
}

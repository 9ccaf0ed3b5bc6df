package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
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

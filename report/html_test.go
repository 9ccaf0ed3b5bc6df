package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func pageOf(t *testing.T, s *Summary) string {
	t.Helper()
	var page bytes.Buffer
	if err := WriteHTML(&page, s); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// outward is anything by which a page could reach out or run.
var outward = regexp.MustCompile(`(?i)https?:|//[a-z]|\bsrc=|\bhref|url\(|@import|<script|<link|<iframe|<object|\bon[a-z]+=|javascript:`)

func TestPageNeedsNothingElse(t *testing.T) {
	for name, s := range sampleSummaries(t) {
		page := pageOf(t, s)
		if found := outward.FindString(page); found != "" {
			t.Errorf("%s: the page holds %q", name, found)
		}
		if strings.Contains(page, "ZgotmplZ") {
			t.Errorf("%s: the template refused a value", name)
		}
	}
}

// hostile is a text that is dangerous in every place of a page.
const hostile = `</style></title><script>alert(1)</script>"'><img src=x onerror=alert(1)>{{.}}` + "\x1b[31m\u202e"

// hostileSummary has the text wherever a script, a server or a user can put one.
func hostileSummary(t *testing.T) *Summary {
	head := testHead(modelBurst, "burst")
	head.Name, head.Scenario, head.Command, head.Objective = hostile, hostile, hostile, ""
	head.Script = history.Script{Name: hostile, SHA1: hostile, Call: hostile}
	bad := hostile
	head.Server = history.Server{
		Kind: "remote", Address: hostile, Product: &bad, Version: &bad, Topology: hostile,
		Config: map[string]*string{hostile: &bad}, Refused: []string{hostile},
	}
	head.Host = history.Host{OS: hostile, Go: hostile, Seckill: hostile}
	tail := testTail(10, 0)
	tail.Ended, tail.Reason, tail.Warnings, tail.Driver.Bound = hostile, hostile, []string{hostile}, hostile
	texts := new(history.Texts)
	all := burstOf(10, 5)
	all[0].Reply = texts.Keep(hostile)
	v := validVerdict()
	v.Opinion, v.Doubts = check.Invalid, []string{hostile}
	v.Undecided = map[check.Rule]string{check.Oversell: hostile}
	v.Exercise[check.DuplicateSale] = hostile
	v.Violations = []check.Violation{{Rule: hostile, Count: 2, Cases: []check.Case{{Message: hostile, Attempts: all[:1]}}}}
	return summarize(t, record(head, tail, texts, all), v)
}

func TestPageEscapesEveryText(t *testing.T) {
	page := pageOf(t, hostileSummary(t))
	for _, raw := range []string{"<script", "<img", "</style></title>", "\x1b", "\u202e"} {
		if strings.Contains(page, raw) {
			t.Errorf("the page holds %q unescaped", raw)
		}
	}
	if n := strings.Count(page, "&lt;script&gt;"); n < 15 {
		t.Errorf("only %d of the hostile texts are shown", n)
	}
}

func TestPageSaysWhatMatters(t *testing.T) {
	for name, row := range map[string]struct {
		s    *Summary
		want []string
	}{
		"valid": {validBurst(t), []string{
			"1,000 of 1,000 units", "no rule broken", "not the cost of a purchase", "not exercised: --attempts 2",
			"5ca1ab1e", "same seed, same plan", "seckill run --seed 1", "share a host", "not told", `id="rank"`,
		}},
		"invalid": {invalidBurst(t), []string{
			"2 rules broken", "duplicate-sale, violated 3 times", "Buyer 70018 may hold", "12.480000 ms", "and 2 more", "violated once",
		}},
		"killed": {killed(t), []string{
			"The record is incomplete", "proves too little", "Not Redis.", "undecided: there is no audit", "coordinated omission",
		}},
		"open":    {openRun(t), []string{"p99&lt;5ms", "missed", "met", "inconclusive", "--duration", "stopped the driver", "not answered"}},
		"nothing": {sampleSummaries(t)["nothing"], []string{"unknown", "0 of 1,000 units"}},
	} {
		page := pageOf(t, row.s)
		for _, want := range row.want {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page does not say %q", name, want)
			}
		}
	}
}

func TestPageShowsWhatWasAskedWhereItDiffers(t *testing.T) {
	broken := func(s *Summary) *Summary {
		s.Verdict.Violations = []check.Violation{{Rule: check.Oversell, Count: 1, Cases: []check.Case{{Attempts: []history.Attempt{{Verb: sale.Buy, Quantity: 1}}}}}}
		return s
	}
	several := testHead(modelBurst, "burst")
	several.Items = append(several.Items, sale.Item{ID: "desk"})
	mixed := testHead(modelBurst, "burst")
	mixed.Quantity = 0
	for _, row := range []struct {
		reason string
		s      *Summary
		want   bool
	}{
		{"all asked for the same", broken(validBurst(t)), false},
		{"items differ", broken(summarize(t, record(several, nil, nil, nil), validVerdict())), true},
		{"quantities differ", broken(summarize(t, record(mixed, nil, nil, nil), validVerdict())), true},
		{"verbs differ", broken(summarize(t, record(testHead(modelOpen, "open"), nil, nil, afterwards()), validVerdict())), true},
	} {
		if got := strings.Contains(pageOf(t, row.s), "<th>asked</th>"); got != row.want {
			t.Errorf("%s: a column for it: %v", row.reason, got)
		}
	}
}

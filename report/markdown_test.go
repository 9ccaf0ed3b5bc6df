package report

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seckill-bench/seckill/scenario/sale"
)

func markdownOf(t *testing.T, s *Summary) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteMarkdown(&out, s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestMarkdown(t *testing.T) {
	for _, r := range reports {
		t.Run(r.name, func(t *testing.T) {
			golden(t, r.name+".md", WriteMarkdown, r.summary(t))
		})
	}
}

func TestMarkdownOfHostileTexts(t *testing.T) {
	for _, text := range []string{
		hostile, "a | b\n| c | d |", "```\n</pre><b>", "[x](javascript:alert(1))", "@everyone #1 www.example.com https://example.com",
		"<!-- ", "&lt;script&gt;", "- - -", "````````", "1. one",
	} {
		s := hostileSummary(t)
		s.Head.Name, s.Head.Command, s.Head.Script.Name, s.Tail.Reason, s.Verdict.Doubts[0] = text, text, text, text, text
		s.Verdict.Violations[0].Cases[0].Message = text
		s.Verdict.Violations[0].Rule = "oversell"
		s.Objective = []Finding{{Objective: Objective{Expr: text}, Verdict: Missed, Why: text}}
		checkMarkdown(t, markdownOf(t, s))
	}
}

// structure is what could open a tag, a link, an image or a code span, or name
// somebody, outside of what the summary writes itself.
var structure = regexp.MustCompile("[<>`\\[\\]~@$^\\\\]|&(?:[^#]|$)|&#[^0-9]|https?:|www\\.")

// checkMarkdown holds the shape: outside of fences nothing has a meaning but
// what the summary means, every row of a table has the cells of its head, and
// fences are closed.
func checkMarkdown(t *testing.T, text string) {
	t.Helper()
	fence, columns := "", 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case fence != "":
			if strings.Trim(line, "`") == "" && len(line) >= len(fence) {
				fence = ""
			}
		case strings.HasPrefix(line, "```"):
			fence = strings.TrimSuffix(line, "text")
		default:
			if found := structure.FindString(line); found != "" {
				t.Errorf("%q in %q", found, line)
			}
			n := strings.Count(line, "|")
			if strings.HasPrefix(line, "|") && columns == 0 {
				columns = n
			}
			if n != 0 && n != columns {
				t.Errorf("a row of %d bars in a table of %d: %q", n, columns, line)
			}
			if line == "" {
				columns = 0
			}
		}
	}
	if fence != "" {
		t.Errorf("the fence %q is not closed", fence)
	}
	if !strings.HasSuffix(text, "\n\n") {
		t.Error("the next summary would run into this one")
	}
}

func TestMarkdownSaysWhatMatters(t *testing.T) {
	for name, row := range map[string]struct {
		s    *Summary
		want []string
	}{
		"valid": {validBurst(t), []string{"## ✓ VALID: flash-sale\n", "| purchases | all | 5,000 |\n", "| sold_out | 4,000 |", "seckill run --seed 1\n```"}},
		"invalid": {invalidBurst(t), []string{
			"## ✗ INVALID", "### duplicate-sale, broken 3 times", "Buyer 70018 may hold 1 unit", "request 599: due 0.000000 ms", `reply \x1b[31m<b>1</b>\r\n]]>`,
			"### stock-mismatch, broken once", "1000 less 599 units",
		}},
		"unknown": {killed(t), []string{"## ? UNKNOWN", "- the record is incomplete", "- stock-mismatch could not be decided: there is no audit", "is not Redis"}},
		"open":    {openRun(t), []string{"| p99<5ms | missed |", "sold_out_at<300ms | met | 50.3 ms"}},
		"returns": {givenBack(t), []string{"of them resends | 40 |", "| release | all | 142 |", "2 items, "}},
	} {
		text := html.UnescapeString(markdownOf(t, row.s))
		for _, want := range row.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: it does not say %q:\n%s", name, want, text)
			}
		}
		checkMarkdown(t, markdownOf(t, row.s))
	}
	if text := markdownOf(t, invalidBurst(t)); strings.Contains(text, sale.NotReady.String()) {
		t.Error("it counts an outcome that never occurred")
	}
}

func TestInlineKeepsTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		got, first := inline(text), opening(text)
		if want := Plain(text); html.UnescapeString(got) != want {
			t.Fatalf("%q became %q", text, got)
		}
		if want := Plain(strings.TrimSpace(text)); html.UnescapeString(first) != want {
			t.Fatalf("%q became %q", text, first)
		}
		for _, safe := range []string{got, first} {
			if found := structure.FindString(safe); found != "" || strings.Contains(safe, "|") {
				t.Fatalf("%q holds %q", safe, found)
			}
		}
		if begins := regexp.MustCompile(`^[^\p{L}&\\]`).FindString(first); begins != "" {
			t.Fatalf("%q begins with %q", first, begins)
		}
	})
}

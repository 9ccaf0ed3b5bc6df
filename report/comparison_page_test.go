package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
)

func comparisonPageOf(t *testing.T, c *Comparison) string {
	t.Helper()
	var page bytes.Buffer
	if err := writeComparisonHTML(&page, c); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func TestWriteContests(t *testing.T) {
	if *samples == "" {
		t.Skip("only with -samples DIR")
	}
	for name, made := range contests {
		dir := filepath.Join(*samples, "compare-"+name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := WriteComparisonFolder(dir, made(t)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestComparisonPageSaysWhatMattersInOrder(t *testing.T) {
	for _, row := range []struct {
		name string
		want []string // in this order
	}{
		{"two", []string{"told", "decr: better", "Selling", "higher than that of once", "<h2>Beside once", ">service.p99<", ">better<", `id="paired"`, `id="percentiles"`, "What the variants set", "script decr", "rehearsal</th>", "round-10/decr", "Conditions", "seckill compare scripts.yaml", "What benchstat says", "(p=0.000 n=10)", "which were made in the same round"}},
		{"wrong", []string{"invalid", "naive is wrong", "naive: <", "Oversell broken in 9 of 11 runs; how fast it is comes second", "packed: <", "<h3>naive: ", "but wrong", "<h3>packed: ", "INVALID"}},
		{"limit", []string{"invalid", "Regression: head.lua", "all of the interval is worse than the 5%", "no regression beyond 5%", ">regression<", "regression: beyond 0.95", "20.8% not answered"}},
		{"one", []string{"unknown", "decr: inconclusive", "Why nothing can be concluded", "One round was made", "no interval from 1 round"}},
		{"none", []string{"unknown", "lost", "no round has"}},
	} {
		page := comparisonPageOf(t, contests[row.name](t))
		page = page[strings.Index(page, "<header"):]
		for _, want := range row.want {
			_, rest, found := strings.Cut(page, want)
			if !found {
				t.Errorf("%s: the page does not say %q where it should", row.name, want)
				continue
			}
			page = rest
		}
	}
}

func TestComparisonPageHasTheRowsOfTheMarkdown(t *testing.T) {
	c := contests["wrong"](t)
	page := comparisonPageOf(t, c)
	for i := range c.Contrasts {
		for k := range c.Contrasts[i].Rows {
			for _, cell := range c.cells(&c.Contrasts[i], k) {
				if !strings.Contains(page, ">"+strings.ReplaceAll(cell, "<", "&lt;")+"<") {
					t.Errorf("%s, row %d: the page lacks the cell %q", c.Contrasts[i].Variant, k, cell)
				}
			}
		}
	}
}

func TestComparisonPageNeedsNothingElse(t *testing.T) {
	c := contest(t, ComparisonOptions{}, modelBurst, 100, 1, entrant{name: hostile, cost: 1}, entrant{name: hostile + "2", cost: 1, wrong: 1})
	c.Name, c.Command, c.Warnings, c.Undecided = hostile, hostile, []string{hostile}, []string{hostile}
	c.Variants[1].Changes = []Change{{hostile, hostile}}
	for name, page := range map[string]string{"plain": comparisonPageOf(t, contests["limit"](t)), "hostile": comparisonPageOf(t, c)} {
		for _, raw := range []string{"<script", "<img", "</style></title>", "\x1b", "\u202e", "ZgotmplZ"} {
			if strings.Contains(page, raw) {
				t.Errorf("%s: the page holds %q", name, raw)
			}
		}
		if found := outward.FindString(page); name == "plain" && found != "" {
			t.Errorf("the page holds %q", found)
		}
		if n := strings.Count(page, "&lt;script&gt;"); name == "hostile" && n < 25 {
			t.Errorf("only %d of the hostile texts are shown", n)
		}
	}
}

func TestTitleOfAComparison(t *testing.T) {
	usual := entrant{name: "once", cost: 1}
	limit := ComparisonOptions{MaxRegression: ptr(0.5)}
	for _, row := range []struct {
		reason  string
		c       *Comparison
		want    string
		painted string
	}{
		{"wrong in its rehearsal alone", contest(t, ComparisonOptions{}, modelBurst, 200, 6, usual, entrant{name: "naive", cost: 0.5, wrong: 1}), "naive is wrong", "invalid"},
		{"the base is wrong too", contest(t, ComparisonOptions{}, modelBurst, 200, 6, entrant{name: "once", cost: 1, wrong: 1}, entrant{name: "naive", cost: 0.5, wrong: 1}), "2 of 2 variants are wrong", "invalid"},
		{"better", contest(t, ComparisonOptions{}, modelBurst, 200, 6, usual, entrant{name: "fast", cost: 0.5}), "fast: better", "told"},
		{"worse is no failure without a limit", contest(t, ComparisonOptions{}, modelBurst, 200, 6, usual, entrant{name: "slow", cost: 1.5}), "slow: worse", "told"},
		{"within the limit", contest(t, limit, modelBurst, 200, 6, usual, entrant{name: "slow", cost: 1.2}, entrant{name: "fast", cost: 0.7}), "No regression", "valid"},
		{"beyond it", contest(t, limit, modelBurst, 200, 6, usual, entrant{name: "slow", cost: 3}, entrant{name: "fast", cost: 0.7}), "Regression: slow", "invalid"},
		{"too few rounds", contest(t, limit, modelBurst, 200, 5, usual, entrant{name: "slow", cost: 3}), "slow: inconclusive", "unknown"},
		{"several without a limit", contest(t, ComparisonOptions{}, modelBurst, 200, 6, usual, entrant{name: "slow", cost: 3}, entrant{name: "fast", cost: 0.7}), "Compared", "told"},
	} {
		if got, painted := row.c.title(), row.c.titleState(); got != row.want || painted != row.painted {
			t.Errorf("%s: %q, painted as %s; want %q, %s", row.reason, got, painted, row.want, row.painted)
		}
	}
}

func TestConditionsOfTheEmbeddedServerAreTold(t *testing.T) {
	c := contest(t, ComparisonOptions{}, modelBurst, 200, 1, entrant{name: "once", cost: 1}, entrant{name: "decr", cost: 1})
	if strings.Contains(comparisonPageOf(t, c), "Not Redis.") {
		t.Error("a spawned server is called embedded")
	}
	c.any().Head.Server.Kind = "embedded"
	if !strings.Contains(comparisonPageOf(t, c), "Not Redis.") {
		t.Error("the page does not say that the embedded server is not Redis")
	}
	c.any().Verdict.Opinion, c.any().Verdict.Doubts = check.Unknown, []string{"nobody looked"}
	if page := comparisonPageOf(t, c); !strings.Contains(page, "In doubt") || !strings.Contains(page, "nobody looked") || c.title() != "Unknown" {
		t.Errorf("a doubt is not told under the title %q", c.title())
	}
}

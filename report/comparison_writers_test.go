package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// several is a comparison with one of each: a regression, a wrong one, and one
// that is near.
func several(t *testing.T) *Comparison {
	return trial{
		rounds: 8, names: []string{"watch", "naive", "near.lua"}, noise: .03, drift: .02,
		slower:  map[string]float64{"watch": 3.2, "naive": .8, "near.lua": 1.06},
		options: ComparisonOptions{MaxRegression: ptr(.05)},
		change: func(v string, round int, p *paced) {
			p.broken = v == "naive" && round > 2
			if round == 3 {
				p.bound = boundDriver
			}
		},
	}.comparison(t)
}

func open(t *testing.T) *Comparison {
	return trial{rounds: 4, names: []string{"watch"}, noise: .03, model: modelOpen, slo: "p99<1ms", slower: map[string]float64{"watch": 3}}.comparison(t)
}

func TestComparisonGolden(t *testing.T) {
	three, one := several(t), open(t)
	for _, tt := range []struct {
		name  string
		write func(io.Writer, *Comparison) error
		c     *Comparison
	}{
		{"compared.txt", WriteComparisonText, three}, {"compared.md", WriteComparisonMarkdown, three}, {"compared.junit.xml", WriteComparisonJUnit, three},
		{"compared-open.txt", WriteComparisonText, one}, {"compared-open.md", WriteComparisonMarkdown, one}, {"compared-open.json", WriteComparisonJSON, one},
	} {
		golden(t, tt.name, func(w io.Writer, _ *Summary) error { return tt.write(w, tt.c) }, nil)
	}
	fits(t, three)
	fits(t, one)
}

// A terminal of 80 columns holds the tables, one of 100 the sentences.
func fits(t *testing.T, c *Comparison) {
	t.Helper()
	var out bytes.Buffer
	if err := WriteComparisonText(&out, c); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		n := utf8.RuneCountInString(strings.TrimRight(line, "\n"))
		if n > width || strings.Contains(line, " .. ") && n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// What is wrong is nowhere called better.
func TestWrongIsNeverBetter(t *testing.T) {
	c := trial{rounds: 12, names: []string{"naive"}, noise: .01, slower: map[string]float64{"naive": .5}, change: func(v string, _ int, p *paced) { p.broken = v == "naive" }}.comparison(t)
	for _, write := range []func(io.Writer, *Comparison) error{WriteComparisonText, WriteComparisonMarkdown, WriteComparisonJUnit} {
		var out bytes.Buffer
		if err := write(&out, c); err != nil {
			t.Fatal(err)
		}
		if text := strings.ToLower(out.String()); strings.Contains(text, "better") || !strings.Contains(text, "wrong") || !strings.Contains(text, "oversell broken in 12 of 12 runs") {
			t.Errorf("%s", text)
		}
	}
	if got := c.result().Contrasts[0]; got.Word != "WRONG" || got.Figures[0].Side == "better" {
		t.Errorf("%+v", got)
	}
}

func TestComparisonJSON(t *testing.T) {
	var got struct {
		Verdict   string
		Answer    *string
		Exit      int `json:"exit_code"`
		Primary   string
		Undecided []string `json:"not_concluded"`
		Rounds    []struct {
			Round int
			Order []string
			Runs  []struct{ Variant, Folder, Verdict string }
		}
		Variants  []struct{ Name, Verdict string }
		Contrasts []struct {
			Variant, Word string
			Answer        *string
			More          *int `json:"more_rounds"`
			Figures       []struct {
				Metric          string
				Ratio, Low, P   *float64
				Each            []*float64 `json:"variant_rounds"`
				Rounds          int
				LowerIsBetter   bool `json:"lower_is_better"`
				Base, Variant   *float64
				High, Confident *float64
			}
		}
		Runs []struct{ Name, Folder string }
	}
	var out bytes.Buffer
	c := several(t)
	if err := errors.Join(WriteComparisonJSON(&out, c), json.Unmarshal(out.Bytes(), &got)); err != nil {
		t.Fatal(err)
	}
	if got.Verdict != "invalid" || got.Answer == nil || *got.Answer != "inconclusive" || got.Exit != 1 || got.Primary != "selling" || len(got.Runs) != 32 || len(got.Variants) != 4 {
		t.Errorf("%s, %v, exit %d, by %s, %d runs of %+v", got.Verdict, got.Answer, got.Exit, got.Primary, len(got.Runs), got.Variants)
	}
	if v := got.Variants; v[0].Verdict != "valid" || v[2].Verdict != "invalid" {
		t.Errorf("%+v", v)
	}
	if len(got.Rounds) != 8 || len(got.Rounds[0].Order) != 4 || got.Rounds[0].Runs[0].Variant != got.Rounds[0].Order[0] || got.Rounds[0].Runs[0].Folder != "round-01/"+got.Rounds[0].Order[0] {
		t.Errorf("%+v", got.Rounds[0])
	}
	if k := got.Contrasts; *k[0].Answer != "regression" || k[1].Word != "WRONG" || *k[2].Answer != "inconclusive" || k[2].More == nil || k[0].More != nil || len(k[0].Figures[0].Each) != 8 {
		t.Errorf("%+v", k)
	}
}

// A figure without an end is null, for JSON has no other word.
func TestComparisonJSONWithoutAnEnd(t *testing.T) {
	c := plain().made(t).changedBy(func(v string, _ int, s *Summary) {
		if v == "watch" {
			s.AllAnswered = nil
		}
	}).decided(t)
	var out bytes.Buffer
	if err := WriteComparisonJSON(&out, c); err != nil {
		t.Fatal(err)
	}
	for _, figure := range c.result().Contrasts[0].Figures {
		if figure.Metric == "all_answered" && (figure.Ratio != nil || figure.High != nil || figure.Variant != nil || figure.Base == nil || figure.P == nil) {
			t.Errorf("%+v", figure)
		}
	}
	if number(math.NaN()) != nil || number(math.Inf(-1)) != nil || *number(2) != 2 {
		t.Error("number")
	}
}

func TestComparisonHasTheKeysOfARun(t *testing.T) {
	keys := func(write func(io.Writer) error) map[string]any {
		var out bytes.Buffer
		all := map[string]any{}
		if err := errors.Join(write(&out), json.Unmarshal(out.Bytes(), &all)); err != nil {
			t.Fatal(err)
		}
		return all
	}
	run := keys(func(w io.Writer) error { return WriteJSON(w, validBurst(t)) })
	whole := keys(func(w io.Writer) error { return WriteComparisonJSON(w, plain().comparison(t)) })
	for key := range run {
		if _, has := whole[key]; !has {
			t.Errorf("result.json of a comparison lacks %s", key)
		}
	}
	if whole["answer"] != nil {
		t.Errorf("an answer that nobody asked for: %v", whole["answer"])
	}
}

func TestComparisonJUnit(t *testing.T) {
	few := plain()
	few.rounds = 2
	pass := few
	pass.options.PassInconclusive = true
	slow := plain()
	slow.slower, slow.options.MaxRegression = map[string]float64{"watch": 2}, ptr(.05)
	for _, tt := range []struct {
		reason                    string
		c                         *Comparison
		failures, errors, skipped int
	}{
		{"nothing is asked and nothing is wrong", plain().comparison(t), 0, 0, 5},
		{"too few rounds", few.comparison(t), 0, 1, 5},
		{"and that passes", pass.comparison(t), 0, 0, 6},
		{"a regression", slow.comparison(t), 1, 0, 5},
	} {
		var out bytes.Buffer
		var doc junitSuites
		if err := errors.Join(WriteComparisonJUnit(&out, tt.c), xml.Unmarshal(out.Bytes(), &doc)); err != nil {
			t.Fatal(err)
		}
		s := doc.Suites[0]
		if s.Name != "flash-sale" || s.Failures != tt.failures || s.Errors != tt.errors || s.Skipped != tt.skipped || s.Tests != len(s.Cases) {
			t.Errorf("%s: %d failures, %d errors, %d skipped of %d", tt.reason, s.Failures, s.Errors, s.Skipped, s.Tests)
		}
	}
}

// Names that somebody chose do no harm.
func TestComparisonEscapes(t *testing.T) {
	c := plain().made(t)
	c.Variants[1].Name = "\x1b[31m<b>|`x"
	c.Variants[1].Changes = []Change{{"script", "<i>\x1b[0m"}}
	c.decided(t)
	for name, write := range map[string]func(io.Writer, *Comparison) error{"text": WriteComparisonText, "Markdown": WriteComparisonMarkdown} {
		var out bytes.Buffer
		if err := write(&out, c); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "\x1b") || name == "Markdown" && (strings.Contains(out.String(), "<b>") || strings.Contains(out.String(), "<i>")) {
			t.Errorf("%s:\n%s", name, &out)
		}
	}
}

func TestWriteComparisonFolder(t *testing.T) {
	dir, c := t.TempDir(), plain().comparison(t)
	if err := WriteComparisonFolder(dir, c); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"result.json", "compare.md", "junit.xml", "bench.txt", "compare.html"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if err := WriteComparisonFolder(filepath.Join(dir, "none"), c); err == nil || !strings.Contains(err.Error(), "result.json") || !strings.Contains(err.Error(), "compare.md") {
		t.Errorf("%v", err)
	}
}

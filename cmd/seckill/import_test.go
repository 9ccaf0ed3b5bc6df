package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
)

// splitLine takes a line of a shell apart, where quotes hold words together.
func splitLine(line string) (words []string) {
	for _, word := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1) {
		words = append(words, strings.Trim(word, "'"))
	}
	return words
}

// TestImportPage runs every command of the page about imports, in order, beside the
// files that it shows.
func TestImportPage(t *testing.T) {
	folder := filepath.Join("..", "..", "scenario", "trace")
	page, err := os.ReadFile(filepath.Join(folder, "IMPORT.md"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Abs(filepath.Join(folder, "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(work)
	commands := regexp.MustCompile("(?m)^(seckill (?:check --import k6|check --import jm|run|report|check --import att).*)\n# exit (\\d): (.*)$").FindAllStringSubmatch(string(page), -1)
	if len(commands) != 5 {
		t.Fatalf("the page shows %d commands", len(commands))
	}
	for _, c := range commands {
		code, out, said := runMain(t.Context(), splitLine(c[1])[1:]...)
		if fmt.Sprint(code) != c[2] || !strings.HasPrefix(out, c[3]) {
			t.Errorf("$ %s\nends with %d:\n%s%s", c[1], code, out, said)
		}
	}
	for _, sample := range []string{"k6.jsonl", "jmeter.csv"} {
		text, _ := os.ReadFile(sample)
		line := strings.Split(string(text), "\n")[strings.Count(sample, "csv")]
		if begin, _, _ := strings.Cut(line, ",buy,"); !strings.Contains(string(page), begin) {
			t.Errorf("the page shows no line of %s", sample)
		}
	}
}

// verdictOf is what must be the same of two results folders: verdict, rules, counts.
func verdictOf(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Verdict    check.Opinion        `json:"verdict"`
		Doubts     []string             `json:"doubts"`
		Exercised  map[check.Rule]int64 `json:"exercised"`
		Undecided  map[check.Rule]string
		Counts     map[string]int64 `json:"counts"`
		Units      any              `json:"units"`
		Violations []struct {
			Rule  check.Rule `json:"rule"`
			Count int64      `json:"count"`
			Cases []struct {
				Message string `json:"message"`
			} `json:"cases"`
		} `json:"violations"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%+v", r)
}

// What we recorded ourselves, exported and imported, is judged the same: runs that are
// valid and runs that are not, with lost replies, releases, several items and orders.
func TestRecordedRunsAreJudgedTheSame(t *testing.T) {
	t.Chdir(t.TempDir())
	seen := map[string]bool{}
	for i, line := range []string{
		"--script once --stock 20 --buyers 100 --attempts 2",
		"--script once --stock 20 --buyers 60 --attempts 3 --lost-replies 10% --retries 1",
		"--script naive --stock 10 --buyers 80 --attempts 2",
		"--script decr --stock 10 --buyers 80 --attempts 3",
		"--script limited --stock 30 --buyers 40 --attempts 4 --items 3 --quantity 1..2",
		"--script request --stock 20 --buyers 60 --double-click 20% --lost-replies 5% --retries 2",
		"--script tokens --stock 12 --buyers 40 --attempts 2",
		"--script buckets --stock 40 --buyers 60 --release 30% --attempts 2",
		"--script course --stock 15 --buyers 50 --attempts 2 --double-click 10%",
	} {
		dir, back, ending := fmt.Sprint("r", i), fmt.Sprint("i", i), []string{"csv", "jsonl", "parquet"}[i%3]
		words := append(splitLine("run --server embedded --seed 5 --report min --timeout 300ms --out "+dir), splitLine(line)...)
		want, _, said := runMain(t.Context(), words...)
		if want == exitUsage {
			t.Errorf("%s: %s", line, said)
			continue
		}
		if err := os.Mkdir("x"+dir, 0o755); err != nil {
			t.Fatal(err)
		}
		code, out, said := runMain(t.Context(), "report", dir, "--export", "x"+dir+"/rows."+ending)
		if code != 0 {
			t.Errorf("%s: %s", line, said)
			continue
		}
		again := splitLine(strings.TrimSpace(strings.Split(out, "\n")[1]))[1:]
		code, _, said = runMain(t.Context(), append(again, "--out", back)...)
		if code != want {
			t.Errorf("%s: exit %d, and imported %d: %s", line, want, code, said)
			continue
		}
		first, second := verdictOf(t, dir), verdictOf(t, back)
		if first != second {
			t.Errorf("%s: imported it is\n%s\nand was\n%s", line, second, first)
		}
		seen[fmt.Sprint(want)] = true
	}
	if !slices.Contains([]bool{seen["0"]}, true) || !seen["1"] {
		t.Errorf("exit codes %v: want right and wrong ones", seen)
	}
}

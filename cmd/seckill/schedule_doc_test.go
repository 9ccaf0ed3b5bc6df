package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// The page about schedules shows commands that run as they stand, in a folder with the
// curve that it shows. Only the server is another one.
func TestSchedulesOfThePage(t *testing.T) {
	text, err := os.ReadFile("../../scenario/arrival/SCHEDULE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n## A curve that was measured\n")
	page, _, found := strings.Cut(rest, "\n## Letting buyers in\n")
	_, block, hasCurve := strings.Cut(page, "```csv\n")
	curve, _, _ := strings.Cut(block, "```")
	if !found || !hasCurve {
		t.Fatal("the page has changed")
	}
	t.Chdir(t.TempDir())
	write(t, "curve.csv", curve)
	ran := map[string]int{}
	for line := range strings.Lines(page) {
		command, isOne := strings.CutPrefix(line, "    seckill ")
		if !isOne {
			continue
		}
		var out, errs bytes.Buffer
		args := append(wordsOf(command), "--server", "embedded", "--report", "min", "--out", "r", "--replace", "--timeout", "1m")
		// An objective is not what is tried: a slow machine may miss it.
		if code := Main(t.Context(), t.Context(), args, &out, &errs); code == exitUsage || code == exitInvalid || !strings.HasPrefix(out.String(), "VALID") {
			t.Errorf("$ seckill %s exits %d\n%s%s", command, code, out.String(), errs.String())
			continue
		}
		result, err := os.ReadFile("r/result.json")
		if err != nil {
			t.Fatal(err)
		}
		for about, want := range map[string]string{
			"file:curve.csv": `"attempts": 350,`, "file-poisson": `"model": "open"`, "admit:": `"waiting_room": {`, "--background": `"read": "SCARD $buyers"`,
		} {
			if !strings.Contains(command, about) {
				continue
			}
			if ran[about]++; !bytes.Contains(result, []byte(want)) {
				t.Errorf("$ seckill %s: result.json lacks %s", command, want)
			}
		}
	}
	if len(ran) != 4 {
		t.Errorf("the page has commands of %v alone", ran)
	}
}

// wordsOf are those of a command, as a shell would have them.
func wordsOf(command string) (words []string) {
	for i, part := range strings.Split(command, "'") {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	return words
}

package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
)

// A run that breaks rules leaves, for each, a record that alone breaks it; check
// names it, and neither writes nor needs one.
func TestCounterexamplesOfARun(t *testing.T) {
	t.Chdir(t.TempDir())
	code, out := seckill(t, "run", "--server", "embedded", "--script", "article", "--stock", "200", "--buyers", "120", "--attempts", "3", "--report", "min", "--out", "r")
	if code != exitInvalid || !strings.Contains(out, "seckill check r/counterexample/duplicate-sale") || !strings.Contains(out, "Repeat it:") {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	if code, out := seckill(t, "check", "r"); code != exitInvalid || !strings.Contains(out, "seckill check r/counterexample/duplicate-sale") {
		t.Errorf("check: exit code %d:\n%s", code, out)
	}
	small := filepath.Join("r", "counterexample", "duplicate-sale")
	if code, out := seckill(t, "check", small); code != exitInvalid || !strings.Contains(out, "duplicate-sale broken") {
		t.Errorf("check of the smallest: exit code %d:\n%s", code, out)
	}
	if n := attemptsIn(t, small); n > 2 {
		t.Errorf("it holds %d attempts, and two oks are enough", n)
	}
	if code, out := seckill(t, "report", small); code != exitInvalid || exists(filepath.Join(small, "counterexample")) {
		t.Errorf("a counterexample has one of its own: exit code %d:\n%s", code, out)
	}
	before := read(t, small)
	if err := os.WriteFile(filepath.Join("r", "counterexample", "mine.txt"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out := seckill(t, "report", "r"); code != exitInvalid {
		t.Errorf("report: exit code %d:\n%s", code, out)
	}
	if after := read(t, small); before != after || !exists(filepath.Join("r", "counterexample", "mine.txt")) {
		t.Error("made again it differs, or what is not ours is gone")
	}
	if err := os.RemoveAll(filepath.Join("r", "counterexample")); err != nil {
		t.Fatal(err)
	}
	if code, out := seckill(t, "check", "r"); code != exitInvalid || strings.Contains(out, "Smallest") || exists(filepath.Join("r", "counterexample")) {
		t.Errorf("check names or writes what is not there: exit code %d:\n%s", code, out)
	}
}

// Where a counterexample cannot be written the verdict stands, with a warning.
func TestCounterexampleThatCannotBeWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	if code, out := seckill(t, "run", "--server", "embedded", "--script", "article", "--stock", "200", "--buyers", "20", "--attempts", "3", "--report", "min", "--out", "r"); code != exitInvalid {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	if err := os.RemoveAll(filepath.Join("r", "counterexample")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("r", "counterexample"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out := seckill(t, "report", "r"); code != exitInvalid {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	result, err := os.ReadFile(filepath.Join("r", "result.json"))
	if err != nil || !strings.Contains(string(result), "smallest record could not be removed: ") || !strings.Contains(string(result), `"counterexample": null`) {
		t.Errorf("%v: no warning:\n%s", err, result)
	}
}

func TestValidRunsLeaveNoCounterexample(t *testing.T) {
	t.Chdir(t.TempDir())
	if code, out := seckill(t, "run", "--server", "embedded", "--stock", "20", "--buyers", "60", "--out", "r"); code != 0 || exists("r/counterexample") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// read is all files of a record as one text.
func read(t *testing.T, dir string) string {
	files, err := filepath.Glob(filepath.Join(dir, "history", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(file + "\n" + string(text))
	}
	return all.String()
}

func attemptsIn(t *testing.T, dir string) (n int) {
	h, err := history.Open(filepath.Join(dir, "history"))
	if err != nil {
		t.Fatal(err)
	}
	for batch, err := range h.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		n += len(batch)
	}
	return n
}

// Every rule that a wrong script of the corpus breaks has a smallest record that
// check alone finds broken.
func TestCounterexamplesOfTheCorpus(t *testing.T) {
	srv := privateServer(t)
	for _, row := range bugs {
		if row.probed != "" || row.counted {
			continue // the cases of a probe are small already
		}
		t.Run(row.class+" "+row.script, func(t *testing.T) {
			dir := t.TempDir()
			record(t, srv, row, filepath.Join(dir, "history"))
			summary, err := judge(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range summary.Verdict.Violations[:min(len(summary.Verdict.Violations), 5)] {
				small := filepath.Join(dir, "counterexample", string(v.Rule))
				code, out := seckill(t, "check", small)
				_, again, err := judgeRecord(small)
				if err != nil || code != exitInvalid || !slices.ContainsFunc(again.Verdict.Violations, func(w check.Violation) bool { return w.Rule == v.Rule }) {
					t.Errorf("%s: exit code %d, %v:\n%s", v.Rule, code, err, out)
					continue
				}
				t.Logf("%s: %d of %d attempts", v.Rule, again.Recorded, summary.Recorded)
			}
		})
	}
}

// record plays the sale of a row into a folder.
func record(t *testing.T, srv *server.Server, row bug, dir string) {
	t.Helper()
	s, err := seller(row.script)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []change{row.around, row.misuse} {
		s = c.apply(s)
	}
	spec, err := parseSpec(row.flags)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(1)
	spec.Seed = &seed
	planned, err := scenario.New(context.Background(), row.class, spec, s, srv)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := history.Create(dir, planned.Head)
	if err != nil {
		t.Fatal(err)
	}
	rec := history.NewRecorder(folder)
	tail, err := planned.Run(t.Context(), rec, folder.Event)
	if err = cmp.Or(err, rec.Close()); err == nil {
		err = folder.Finish(tail)
	}
	if err != nil {
		t.Fatal(err)
	}
}

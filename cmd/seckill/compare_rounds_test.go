package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/compare"
	"github.com/seckill-bench/seckill/scenario/history"
)

// runMain runs the program and returns its exit code and what it said.
func runMain(ctx context.Context, line ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = Main(ctx, context.Background(), line, &out, &errs)
	return code, out.String(), errs.String()
}

// Every variant is run once a round, in the order that the seed draws, with the
// seed of the round, on a server of its own and for an item of its own.
func TestRounds(t *testing.T) {
	t.Chdir(t.TempDir())
	const seed, rounds = 40, 2
	code, _, said := runMain(t.Context(), "compare", "--server", "embedded", "--buyers", "30", "--stock", "9", "--vary", "script=once,packed,article",
		"--rounds", fmt.Sprint(rounds), "--seed", fmt.Sprint(seed), "--out", "r")
	if code != exitUnknown { // too few rounds
		t.Fatalf("exit code %d\n%s", code, said)
	}
	variants := []string{"once", "packed", "article"}
	items, servers := map[string]bool{}, map[string]bool{}
	for round := range rounds + 1 {
		var heads []*history.Head
		for _, name := range variants {
			h, err := history.Open(filepath.Join("r", fmt.Sprintf("round-%02d", round), name, "history"))
			if err != nil {
				t.Fatal(err)
			}
			spec, err := scenario.Parse(h.Head.Scenario)
			if err != nil || h.Head.Seed != seed+uint64(round) || spec.Script != name || *spec.Buyers != 30 || spec.Variants != nil {
				t.Errorf("round %d of %s: seed %d, %+v (%v)", round, name, h.Head.Seed, spec, err)
			}
			if want := fmt.Sprintf("--seed %d", seed+round); !strings.Contains(h.Head.Command, want) || strings.Contains(h.Head.Command, "compare") {
				t.Errorf("round %d of %s is repeated by %s", round, name, h.Head.Command)
			}
			items[h.Head.Items[0].ID], servers[h.Head.Server.Address] = true, true
			heads = append(heads, &h.Head)
		}
		order := []int{0, 1, 2}
		slices.SortFunc(order, func(a, b int) int { return heads[a].Started.Compare(heads[b].Started) })
		if want := compare.Order(seed, round, 3); !slices.Equal(order, want) {
			t.Errorf("round %d was run in the order %v, want %v", round, order, want)
		}
	}
	if n := (rounds + 1) * len(variants); len(items) != n || len(servers) < 2 {
		t.Errorf("%d items on %d servers in %d runs", len(items), len(servers), n)
	}
	if n := strings.Count(said, "\n"); n != (rounds+1)*len(variants) || !strings.Contains(said, "round 2 of 2  ") {
		t.Errorf("said\n%s", said)
	}
}

// What a comparison left is told again, from its records alone, and the same.
func TestComparisonToldAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	line := []string{"compare", "--server", "embedded", "--buyers", "30", "--stock", "9", "--vary", "script=once,packed", "--rounds", "6", "--seed", "1"}
	code, first, said := runMain(t.Context(), append(line, "--out", "r")...)
	if code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, first, said)
	}
	if code, told, said := runMain(t.Context(), "report", "r"); code != 0 || told != first {
		t.Errorf("exit code %d, %s\n%s\nand at first\n%s", code, said, told, first)
	}
	if code, told, said := runMain(t.Context(), "compare", "r", "--baseline", "packed"); code != 0 || !strings.Contains(told, "once beside packed") {
		t.Errorf("with the other as base: exit code %d, %s%s", code, told, said)
	}
	// One that was killed in its third round has two.
	os.Remove("r/round-03/once/history/tail.json")
	for round := 4; round <= 6; round++ {
		os.RemoveAll(filepath.Join("r", fmt.Sprintf("round-%02d", round)))
	}
	if code, told, _ := runMain(t.Context(), "compare", "r"); code != exitUnknown || !strings.Contains(told, " 2 rounds ") {
		t.Errorf("exit code %d\n%s", code, told)
	}
}

// A signal ends the arrivals of the run that goes on; the rounds before it count.
func TestInterruptedComparison(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, test := range []struct {
		why, until string // what the progress says before the signal
		code       int
		says       string
	}{
		{"in the rehearsal", "rehearsal", exitUsage, "interrupted before the rehearsal was over"},
		{"in the first round", "round 1", exitUsage, "interrupted before the first round was over"},
		{"in the second", "round 2", exitUnknown, "interrupted after 1 of 9 rounds"},
	} {
		ctx, stop := context.WithCancel(t.Context())
		var out bytes.Buffer
		errs := &trigger{word: test.until, fire: stop}
		code := Main(ctx, t.Context(), []string{
			"compare", "--server", "embedded", "--buyers", "30", "--stock", "9", "--vary", "script=once,packed", "--rounds", "9", "--seed", "1", "--out", "r", "--replace",
		}, &out, errs)
		stop()
		if code != test.code || !strings.Contains(out.String()+errs.String(), test.says) {
			t.Errorf("%s: exit code %d\n%s%s", test.why, code, out.String(), errs.String())
		}
		if _, err := os.Stat("r"); (err == nil) != (test.code == exitUnknown) {
			t.Errorf("%s: the folder: %v", test.why, err)
		}
	}
}

// A trigger fires when a word is written.
type trigger struct {
	bytes.Buffer
	word string
	fire func()
}

func (w *trigger) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.word) {
		w.fire()
	}
	return w.Buffer.Write(p)
}

// recordSets makes so many runs of each script in turn, in folders of their names.
func recordSets(t *testing.T, rounds int, flags []string, scripts ...string) {
	t.Helper()
	for round := range rounds {
		for _, script := range scripts {
			line := append([]string{
				"run", "--server", "embedded", "--buyers", "30", "--stock", "9", "--report", "min", "--seed", fmt.Sprint(round), "--script", script,
				"--out", fmt.Sprintf("%s/%d", script, round),
			}, flags...)
			if code := Main(t.Context(), t.Context(), line, io.Discard, io.Discard); code != 0 {
				t.Fatalf("%v: exit code %d", line, code)
			}
		}
	}
}

// Folders of runs are compared, the k-th of one with the k-th of the other, or
// the sentence says why not.
func TestFoldersCompared(t *testing.T) {
	t.Chdir(t.TempDir())
	recordSets(t, 6, nil, "once", "packed")
	if err := os.CopyFS("copied", os.DirFS("once")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		why  string
		line []string
		code int
		says string
	}{
		{"the base by its flag", []string{"once", "--baseline", "./packed/"}, 0, "once beside packed"},
		{"one against one", []string{"once/3", "packed/3"}, exitUnknown, "one round"},
		{"unequal numbers", []string{"once/3", "packed"}, exitUnknown, "3 has 1 run and packed 6 runs"},
		{"what cannot be decided passes", []string{"once/3", "packed/3", "--on-inconclusive", "pass"}, 0, "one round"},
		{"the same twice", []string{"once", "./once"}, exitUsage, "once is there twice"},
		{"a copy", []string{"once", "copied"}, exitUsage, "hold the same run"},
		{"one alone", []string{"once"}, exitUsage, "one folder of results is nothing to compare"},
		{"no record", []string{"once", "."}, exitUsage, ". holds runs of several variants: script"},
		{"no such folder", []string{"once", "none"}, exitUsage, "none: no such folder"},
		{"no such base", []string{"once", "packed", "--baseline", "none"}, exitUsage, "--baseline none: no such folder"},
		{"a file", []string{"once", "once/0/result.json"}, exitUsage, "is no folder"},
		{"a flag of run", []string{"once", "packed", "--stock", "4"}, exitUsage, "--stock: folders hold runs that were made before"},
	} {
		code, out, said := runMain(t.Context(), append([]string{"compare"}, test.line...)...)
		if code != test.code || !strings.Contains(strings.Join(strings.Fields(out+said), " "), test.says) {
			t.Errorf("%s: exit code %d, want %d and %q\n%s%s", test.why, code, test.code, test.says, out, said)
		}
	}
	if _, err := os.Stat("once/result.json"); err == nil {
		t.Error("reports went into a folder that was only read")
	}
	if code, out, said := runMain(t.Context(), "compare", "once", "packed", "--out", "both"); code != 0 || !strings.Contains(out, "packed beside once, 6 rounds") {
		t.Errorf("exit code %d\n%s%s", code, out, said)
	}
	if _, err := os.Stat("both/result.json"); err != nil {
		t.Error(err)
	}
	if err := os.MkdirAll("empty/below", 0o755); err != nil {
		t.Fatal(err)
	}
	if code, _, said := runMain(t.Context(), "compare", "once", "empty"); code != exitUsage || !strings.Contains(said, "empty holds no record of a sale") {
		t.Errorf("exit code %d, %s", code, said)
	}
	head, err := os.ReadFile("once/2/history/head.json")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "once/2/history/head.json", strings.Replace(string(head), `"version": 1,`, `"version": 7,`, 1))
	if code, _, said := runMain(t.Context(), "compare", "once", "packed"); code != exitUsage ||
		!strings.Contains(said, "once/2/history/head.json: the record has version 7; this seckill reads version 1") {
		t.Errorf("another version: exit code %d, %s", code, said)
	}
}

// A script that takes much longer is a regression where a limit was given, and
// beside it the other is none.
func TestRegression(t *testing.T) {
	privateServer(t)
	t.Chdir(t.TempDir())
	slow := strings.Replace(freeLua, "return 1\n", "for i = 1, 3000000 do end\nreturn 1\n", 1)
	for name, source := range map[string]string{"free": freeLua, "slow": slow} {
		write(t, name+".lua", source)
		write(t, name+".yaml", strings.Replace(freeYAML, "free.lua", name+".lua", 1))
	}
	for _, test := range []struct {
		why  string
		line []string
		code int
	}{
		{"a difference that nobody limits", []string{
			"--vary", "script=free.lua,slow.lua", "--rounds", "6", "--server", "redis-server", "--timeout", "30s", "--buyers", "20", "--stock", "9", "--out", "r",
		}, 0},
		{"a regression", []string{"r", "--max-regression", "5%"}, exitMissed},
		{"no regression", []string{"r", "--max-regression", "5%", "--baseline", "slow.lua"}, 0},
	} {
		if code, out, said := runMain(t.Context(), slices.Concat([]string{"compare"}, test.line)...); code != test.code {
			t.Errorf("%s: exit code %d, want %d\n%s%s", test.why, code, test.code, out, said)
		}
	}
}

// A variant that is wrong is told as that, however few rounds were made; one that
// cannot be opened ends it all in the rehearsal.
func TestWrongVariants(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "broken.lua", "return redis.call('NOSUCH')\n")
	write(t, "broken.yaml", strings.Replace(freeYAML, "free.lua", "broken.lua", 1))
	for _, test := range []struct {
		why, script, says string
		code              int
	}{
		{"sells twice to a buyer", "article", "duplicate-sale", exitInvalid},
		{"does not open", "broken.lua", "variant broken.lua: ", exitUsage},
	} {
		code, out, said := runMain(t.Context(), "compare", "--server", "embedded", "--buyers", "30", "--stock", "60", "--attempts", "2", "--seed", "1",
			"--vary", "script=once,"+test.script, "--rounds", "1", "--max-regression", "5%", "--limit", "1", "--out", "of-"+test.script)
		if code != test.code || !strings.Contains(out+said, test.says) {
			t.Errorf("%s: exit code %d, want %d and %q\n%s%s", test.why, code, test.code, test.says, out, said)
		}
		if _, err := os.Stat("of-" + test.script); (err == nil) != (code != exitUsage) {
			t.Errorf("%s: its folder: %v", test.why, err)
		}
	}
}

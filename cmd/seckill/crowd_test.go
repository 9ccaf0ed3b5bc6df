package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario"
)

// blocks are the texts of a page that stand in fences of a language.
func blocks(page, language string) (all []string) {
	for i, part := range strings.Split(page, "```") {
		if text, is := strings.CutPrefix(part, language+"\n"); is && i%2 == 1 {
			all = append(all, text)
		}
	}
	return all
}

// The commands and the scenarios of the page run as they stand there, but small.
func TestPageOfTheCrowdRuns(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "scenario", "CROWD.md"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	var commands []string
	for _, text := range blocks(string(page), "") {
		for line := range strings.Lines(text) {
			if command, is := strings.CutPrefix(strings.TrimSpace(line), "seckill "); is {
				commands = append(commands, command)
			}
		}
	}
	for _, text := range blocks(string(page), "yaml") {
		write(t, "crowd.yaml", text)
		commands = append(commands, "run crowd.yaml")
	}
	if len(commands) != 2 {
		t.Fatalf("the page has the commands %q", commands)
	}
	for _, command := range commands {
		args := append(strings.Fields(command), strings.Fields("--server embedded --buyers 200 --stock 150 --timeout 300ms --seed 1 --report min --replace --out results")...)
		var out, errs bytes.Buffer
		if code := Main(t.Context(), t.Context(), args, &out, &errs); code != 0 {
			t.Fatalf("seckill %s: exit code %d\n%s%s", command, code, out.String(), errs.String())
		}
		var result struct {
			ByKind map[string]struct{ Buyers int64 } `json:"by_kind"`
		}
		text, err := os.ReadFile(filepath.Join("results", "result.json"))
		if err == nil {
			err = json.Unmarshal(text, &result)
		}
		buyers := int64(0)
		for name, kind := range result.ByKind {
			buyers += kind.Buyers
			if kind.Buyers == 0 || !strings.Contains(out.String(), "    "+name+" ") {
				t.Errorf("seckill %s: %d buyers of kind %s; the text is\n%s", command, kind.Buyers, name, out.String())
			}
		}
		if err != nil || len(result.ByKind) != 3 || buyers != 200 {
			t.Errorf("seckill %s: %d kinds with %d buyers, %v", command, len(result.ByKind), buyers, err)
		}
		scenarioAsRun(t)
	}
}

// scenarioAsRun reads what a run recorded as its scenario.
func scenarioAsRun(t *testing.T) {
	t.Helper()
	var head struct{ Scenario string }
	text, err := os.ReadFile(filepath.Join("results", "history", "head.json"))
	if err == nil {
		err = json.Unmarshal(text, &head)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Parse(head.Scenario)
	if err != nil || len(s.Crowd) != 3 {
		t.Fatalf("%v in\n%s", err, head.Scenario)
	}
	for _, k := range s.Crowd {
		if k.Attempts == nil || k.DoubleClick == nil || k.Patience == nil || k.Resend.Max == nil {
			t.Errorf("of %s not everything is written out: %+v", k.Kind, k)
		}
	}
}

// A crowd on the command line is there instead of that of the file.
func TestCrowdReplacesTheFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "s.yaml", "version: 1\ncrowd: [{kind: own, share: 100%}]\nbuyers: 50\nstock: 20\n")
	for _, tt := range []struct{ flags, want string }{{"", "own"}, {"--crowd honest:50%,bot:50%", "bot"}} {
		var out, errs bytes.Buffer
		args := strings.Fields("run s.yaml --server embedded --seed 1 --report min --replace --out results " + tt.flags)
		if code := Main(t.Context(), t.Context(), args, &out, &errs); code != 0 {
			t.Fatalf("%s: exit code %d\n%s%s", tt.flags, code, out.String(), errs.String())
		}
		if got := out.String(); !strings.Contains(got, "    "+tt.want+" ") || tt.flags != "" && strings.Contains(got, "    own ") {
			t.Errorf("%s: want %s in\n%s", tt.flags, tt.want, got)
		}
	}
	var out, errs bytes.Buffer
	if code := Main(t.Context(), t.Context(), strings.Fields("run --server embedded --crowd honest:50%"), &out, &errs); code != exitUsage || !strings.Contains(errs.String(), "--crowd: the shares of the kinds sum to 0.5, not to 1") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}

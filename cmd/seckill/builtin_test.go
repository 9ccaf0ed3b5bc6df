package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario"
)

var builtinSeeds = flag.Int("seeds", 1, "with how many seeds the built-in scenarios are run")

// A page says what comes of a built-in scenario.
type page struct {
	verdict          string
	broken, expected []string
	// sometimes are rules that a run may break or not.
	sometimes []string
}

var pageLines = regexp.MustCompile(`(?m)^\*\*(Verdict|Broken|Expected|Sometimes):\*\* (.*?)\.?$`)

func readPage(t *testing.T, name string) (p page, text string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", "scenario", "builtin", name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range pageLines.FindAllStringSubmatch(string(source), -1) {
		rules := strings.Split(strings.ReplaceAll(m[2], "`", ""), ", ")
		slices.Sort(rules)
		switch m[1] {
		case "Verdict":
			p.verdict = m[2]
		case "Broken":
			p.broken = rules
		case "Sometimes":
			p.sometimes = rules
		case "Expected":
			p.expected = rules
		}
	}
	return p, string(source)
}

// Every built-in scenario with faults ends as its page says.
func TestScenariosKeepTheirPages(t *testing.T) {
	privateServer(t) // there is a redis-server, or this is no place for it
	for _, name := range scenario.Names() {
		var spec scenario.Spec
		if err := scenario.Load(name, &spec); err != nil {
			t.Fatal(err)
		}
		if len(spec.Faults) == 0 || name == stormName { // which is several runs: TestStorm
			continue
		}
		want, text := readPage(t, name)
		if !strings.Contains(text, "seckill run "+name) {
			t.Errorf("the page of %s does not say how to run it", name)
		}
		for seed := 1; seed <= *builtinSeeds; seed++ {
			t.Run(fmt.Sprintf("%s %d", name, seed), func(t *testing.T) {
				t.Parallel()
				got := runBuiltin(t, name, seed)
				got.broken = slices.DeleteFunc(got.broken, func(rule string) bool { return slices.Contains(want.sometimes, rule) })
				if got.verdict != want.verdict || !slices.Equal(got.broken, want.broken) || !slices.Equal(got.expected, want.expected) {
					t.Errorf("came out as %+v, the page says %+v", got, want)
				}
			})
		}
	}
}

func runBuiltin(t *testing.T, name string, seed int, flags ...string) (p page) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	args := append([]string{"run", name, "--server", "redis-server", "--seed", fmt.Sprint(seed), "--out", dir, "--report", "min"}, flags...)
	var said strings.Builder
	Main(t.Context(), t.Context(), args, io.Discard, &said)
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	var result struct {
		Verdict    string
		Violations []struct {
			Rule     string
			Expected bool
		}
	}
	if err := json.Unmarshal(text, &result); err != nil {
		t.Fatal(err)
	}
	p.verdict = result.Verdict
	for _, v := range result.Violations {
		if v.Expected {
			p.expected = append(p.expected, v.Rule)
		} else {
			p.broken = append(p.broken, v.Rule)
		}
	}
	slices.Sort(p.broken)
	slices.Sort(p.expected)
	return p
}

// A client library that sends again by itself, unseen, has a script tell buyers
// that they have bought before they have been told that they bought.
func TestLibraryRetriesAreCaught(t *testing.T) {
	privateServer(t)
	got := runBuiltin(t, "lost-replies", 1, "--client-retries", "3", "--retries", "0")
	if got.verdict != "invalid" || !slices.Contains(got.broken, "false-duplicate") {
		t.Errorf("came out as %+v", got)
	}
}

package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// stormPage finds the commands of the page.
var stormPage = regexp.MustCompile("(?m)^seckill (run retry-storm .*)$")

// The short storm of the page runs each policy, and says of each what it says of
// the long one. Whether goodput came back is the machine's to say, and no test's.
func TestStorm(t *testing.T) {
	privateServer(t) // there is a redis-server, or this is no place for it
	t.Parallel()
	page, text := readPage(t, stormName)
	m := stormPage.FindStringSubmatch(text)
	if m == nil {
		t.Fatal("the page has no short storm")
	}
	words, dir := words(m[1]), filepath.Join(t.TempDir(), "out")
	var said, told strings.Builder
	code := Main(t.Context(), t.Context(), append(words, "--server", "redis-server", "--seed", "1", "--out", dir), &told, &said)
	if code != 0 && code != exitUnknown {
		t.Fatalf("exit code %d\n%s%s", code, told.String(), said.String())
	}
	var result struct {
		Verdict, Answer string
		Carries         float64
		Runs            []struct{ Name, Folder, Verdict string }
		Policies        []struct {
			Name     string
			Recovery *struct {
				Verdict   string
				Purchases int64
				Resends   int64
			}
		}
	}
	readJSON(t, filepath.Join(dir, "result.json"), &result)
	if result.Verdict != page.verdict || result.Answer == "" || result.Carries <= 0 || len(result.Runs) != 5 || result.Runs[0].Name != "carries" {
		t.Errorf("came out as %+v", result)
	}
	for i, p := range policies(3) {
		if i >= len(result.Policies) || result.Policies[i].Name != p.name {
			t.Fatalf("policies %+v", result.Policies)
		}
		r := result.Policies[i].Recovery
		if r == nil || r.Verdict == "" || (p.name == "leave") != (r.Resends == 0) {
			t.Errorf("%s: %+v", p.name, r)
		}
		var run struct{ Verdict string }
		readJSON(t, filepath.Join(dir, p.name, "result.json"), &run)
		if run.Verdict != "valid" {
			t.Errorf("the sale of %s is %s", p.name, run.Verdict)
		}
		if !strings.Contains(text, "`"+p.name+"`") || !strings.Contains(told.String(), "    "+p.name+" ") {
			t.Errorf("%s is not on the page, or not in the text:\n%s", p.name, told.String())
		}
	}
	for _, name := range []string{"storm.html", "storm.png", "storm.svg", "summary.md", "junit.xml"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// words are those of a command line in which some are quoted.
func words(line string) (all []string) {
	for _, m := range regexp.MustCompile(`'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		all = append(all, m[1]+m[2])
	}
	return all
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// What a storm cannot be made of is said in a sentence, before anything is sent.
func TestStormRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--server", "embedded"}, "cannot be stopped"},
		{[]string{"--stock", "5"}, "--stock: retry-storm has a plan of its own"},
		{[]string{"--fault", "kill at=1s"}, "wants one stall"},
		{[]string{"--fault", "pause at=1s for=1s", "--fault", "pause at=3s for=1s"}, "wants one stall"},
		{[]string{"--fault", "pause at=1s for=1s every=4s"}, "wants one stall"},
		{[]string{"--duration", "5s"}, "longer than until the stall ends"},
		{[]string{"--retries", "0"}, "--retries: want 1 or more"},
		{[]string{"--arrivals", "closed:4"}, "want a rate"},
		{[]string{"--arrivals", "poisson:300/s*5s"}, "--duration says how long"},
		{[]string{"--gateway", "9*20ms"}, "more workers than connections"},
		{[]string{"--gateway", "fast"}, "no gateway"},
		{[]string{"--slo", "back<0"}, "back"},
		{[]string{"--script", "article"}, "promises nothing for a request that is sent again"},
		{[]string{"--script", "watch"}, "watch"},
	} {
		dir := filepath.Join(t.TempDir(), "out")
		args := append([]string{"run", stormName, "--out", dir}, c.args...)
		if c.args[0] != "--server" {
			args = append(args, "--server", "embedded")
		}
		var said strings.Builder
		code := Main(t.Context(), t.Context(), args, io.Discard, &said)
		if code != exitUsage || !strings.Contains(said.String(), c.says) || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("%v: exit code %d, %s", c.args, code, said.String())
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%v left a folder", c.args)
		}
	}
}

// A sale behind a gateway is a sale.
func TestRunBehindAGateway(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	var said strings.Builder
	code := Main(t.Context(), t.Context(), []string{
		"run", "--server", "embedded", "--gateway", "8*1ms", "--stock", "50", "--buyers", "100", "--timeout", "30s", "--report", "min", "--out", dir,
	}, io.Discard, &said)
	var result struct {
		Counts map[string]int64
		Driver struct {
			Bound    string
			Warnings []string
		}
	}
	readJSON(t, filepath.Join(dir, "result.json"), &result)
	if code != 0 || result.Counts["ok"] != 50 || result.Counts["sold_out"] != 50 || result.Driver.Bound != "schedule" {
		t.Errorf("exit code %d, %+v\n%s", code, result, said.String())
	}
	for _, warning := range result.Driver.Warnings {
		if strings.Contains(warning, "self-check") {
			t.Error(warning)
		}
	}
}

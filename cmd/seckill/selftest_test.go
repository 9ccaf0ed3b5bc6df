package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/lua"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// privateServer is a redis-server of the test's own.
func privateServer(t *testing.T) *server.Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	srv, err := server.Open(t.Context(), server.Options{Server: "redis-server"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}

// Every wrong script is caught by the rules that must, and no right one accused.
func TestEveryBugIsCaught(t *testing.T) {
	srv := privateServer(t)
	for _, row := range bugs {
		t.Run(row.class+" "+row.script, func(t *testing.T) {
			tried := newTrial(row)
			tried.with(t.Context(), srv, 1)
			for _, line := range slices.Concat(tried.missed, tried.alarms) {
				t.Error(line)
			}
		})
	}
}

// What the judge must miss is told: a right script in the place of a wrong one.
func TestSelftestCanFail(t *testing.T) {
	srv := privateServer(t)
	for _, tt := range []struct {
		reason         string
		row            bug
		missed, alarms int
		prints         string
	}{
		{"a script without the bug is caught by no rule",
			bug{class: "c", script: "once", twin: "once", must: []check.Rule{check.Oversell, check.Undersell}, flags: drained}, 2, 0, "MISSED: oversell, undersell"},
		{"a twin with a bug is accused of each rule it breaks",
			bug{class: "c", script: "off-by-one", twin: "wrong-sign", must: []check.Rule{check.Oversell}, flags: drained + " --sample 0s"}, 0, 2, "  2\n"}, // a reading would accuse it too, now and then
		{"a twin that sells nothing shows nothing",
			bug{class: "c", script: "off-by-one", twin: "once", must: []check.Rule{check.Oversell}, flags: drained, around: closed}, 1, 1, "  1\n"},
		{"a sale that cannot be had shows nothing",
			bug{class: "c", script: "once", twin: "once", flags: small + "--items 0"}, 1, 1, "MISSED"},
		{"no script had to be reloaded",
			bug{class: "c", script: "once", twin: "once", flags: drained, counted: true}, 1, 0, "MISSED"},
		{"a rule is broken where only reloads are to be counted",
			bug{class: "c", script: "off-by-one", twin: "once", flags: drained, counted: true, around: forgettingScripts}, 2, 0, "MISSED, and 2 more"},
	} {
		tried := newTrial(tt.row)
		tried.with(t.Context(), srv, 1)
		if len(tried.missed) != tt.missed || len(tried.alarms) != tt.alarms {
			t.Errorf("%s: missed %q, alarms %q; want %d and %d", tt.reason, tried.missed, tried.alarms, tt.missed, tt.alarms)
		}
		var out bytes.Buffer
		code, err := (&selftestCmd{Seeds: 1, Only: "c"}).report(&app{stdout: &out}, []*trial{tried})
		if code != exitInvalid || err != nil || !strings.Contains(out.String(), tt.prints) {
			t.Errorf("%s: exit code %d, error %v, want %q in\n%s", tt.reason, code, err, tt.prints, &out)
		}
	}
}

// closed: nobody gets through the door.
func closed(s *strategy.Strategy) {
	s.Call = func(context.Context, strategy.Doer, *sale.Purchase) sale.Answer {
		return sale.Answer{Outcome: sale.Failed}
	}
}

// Every script of the corpus says in its first line what it is there for, and
// is.
func TestCorpusFirstLines(t *testing.T) {
	form := regexp.MustCompile(`^-- (?:right: \S.*|([a-z-]+): ([a-z-]+(?:, [a-z-]+)*))$`)
	files, err := fs.Glob(lua.Files, "corpus/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := lua.Files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		m := form.FindStringSubmatch(first)
		if m == nil {
			t.Errorf("%s: the first line %q is neither class: rule, rule nor right: what it does", file, first)
			continue
		}
		name := strings.TrimSuffix(path.Base(file), ".lua")
		if m[1] == "" && !isTwin(name) {
			t.Errorf("%s is nobody's twin", file)
		}
		if m[1] != "" && !slices.ContainsFunc(bugs, func(b bug) bool {
			return b.script == name && b.class == m[1] && rules(b.must) == m[2]
		}) {
			t.Errorf("%s is not in the table with the class and the rules of its first line %q", file, first)
		}
	}
}

// isTwin reports whether a script stands beside a wrong one, or is the reader
// of one that does.
func isTwin(name string) bool {
	return slices.ContainsFunc(bugs, func(b bug) bool {
		contract, err := lua.Files.ReadFile("corpus/" + b.twin + ".yaml")
		return b.twin == name || err == nil && strings.Contains(string(contract), name+".lua")
	})
}

func rules(all []check.Rule) string {
	var names []string
	for _, rule := range all {
		names = append(names, string(rule))
	}
	return strings.Join(names, ", ")
}

func TestSelftestFlags(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--only nothing", "--only nothing: known: off-by-one, "},
		{"--seeds 0", "--seeds 0: want 1 or more"},
		{"--server redis://127.0.0.1:1", "a server of its own"},
		{"--server /no/such/server", "/no/such/server"},
	} {
		var out, errs bytes.Buffer
		code := Main(t.Context(), t.Context(), append([]string{"selftest"}, strings.Fields(tt.args)...), &out, &errs)
		if code != exitUsage || !strings.Contains(errs.String(), tt.want) || out.Len() > 0 {
			t.Errorf("selftest %s: exit code %d, %q, %q; want %q", tt.args, code, out.String(), errs.String(), tt.want)
		}
	}
}

// Nothing of the corpus is among what users are offered.
func TestCorpusIsNotOffered(t *testing.T) {
	for _, name := range strategy.Names() {
		if _, err := fs.Stat(lua.Files, "corpus/"+name+".lua"); err == nil || strings.Contains(name, "/") {
			t.Errorf("script %s of the corpus is offered to users", name)
		}
	}
}

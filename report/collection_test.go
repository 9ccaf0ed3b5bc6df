package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
)

// exercisedBurst is a valid run in which every rule had its chances.
func exercisedBurst(t *testing.T) *Summary {
	s := validBurst(t)
	for rule := range s.Verdict.Exercised {
		s.Verdict.Exercised[rule] = 7
	}
	return s
}

// lostSome is a run that ended as planned, with something left open.
func lostSome(t *testing.T) *Summary {
	s := exercisedBurst(t)
	s.Verdict.Opinion, s.Verdict.Doubts = check.Unknown, []string{"3 refusals may or may not be explained"}
	return s
}

func collected(vague bool, runs ...*Summary) *Collection {
	c := &Collection{Name: "gate", Script: "once", Seed: 1, Command: "seckill run gate --script once", Strict: true}
	for i, s := range runs {
		c.Runs = append(c.Runs, CollectedRun{Name: fmt.Sprintf("run-%d", i), Folder: fmt.Sprintf("run-%d", i), Summary: s, Vague: vague})
	}
	return c
}

func TestCollectionOpinion(t *testing.T) {
	lenient := collected(false, validBurst(t))
	lenient.Strict = false
	doubted := collected(false, exercisedBurst(t))
	doubted.Doubts = []string{"a phase could not be run"}
	for _, tt := range []struct {
		reason string
		c      *Collection
		want   check.Opinion
		exit   int
		says   string
	}{
		{"every run is valid, and every rule had a chance in one of them", collected(false, validBurst(t), exercisedBurst(t)), check.Valid, 0, ""},
		{"a rule that was applied had no chance in any run", collected(false, validBurst(t), validBurst(t)), check.Unknown, 3, "duplicate-sale had no chance"},
		{"the same, where that is no doubt", lenient, check.Valid, 0, ""},
		{"one run is invalid", collected(false, exercisedBurst(t), invalidBurst(t)), check.Invalid, 1, ""},
		{"a broken rule outweighs a doubt", collected(false, lostSome(t), invalidBurst(t)), check.Invalid, 1, ""},
		{"a run leaves something open", collected(false, exercisedBurst(t), lostSome(t)), check.Unknown, 3, "run-1: 3 refusals"},
		{"so it does where lost replies are the point", collected(true, exercisedBurst(t), lostSome(t)), check.Valid, 0, ""},
		{"but a run that broke off is a doubt even so", collected(true, exercisedBurst(t), killed(t)), check.Unknown, 3, "run-1: "},
		{"a doubt of the whole", doubted, check.Unknown, 3, "a phase could not be run"},
	} {
		said := strings.Join(tt.c.AllDoubts(), "; ")
		if tt.c.Opinion() != tt.want || tt.c.ExitCode() != tt.exit || !strings.Contains(said, tt.says) || (said == "") != (tt.says == "") && tt.want != check.Invalid {
			t.Errorf("%s: %s, exit %d, doubts %q", tt.reason, tt.c.Opinion(), tt.c.ExitCode(), said)
		}
	}
}

// An audit that failed is a doubt, also where lost replies are the point.
func TestVagueRunsMustBeAudited(t *testing.T) {
	s := lostSome(t)
	s.Tail.Audits[0].Problems = []string{"stock: WRONGTYPE"}
	if c := collected(true, s); c.Opinion() != check.Unknown {
		t.Errorf("%s", c.Opinion())
	}
}

// Each rule is told once, with what all runs saw of it.
func TestCollectionMerges(t *testing.T) {
	one, two := invalidBurst(t), invalidBurst(t)
	c := collected(false, one, exercisedBurst(t), two)
	var out bytes.Buffer
	if err := WriteCollectionJSON(&out, c); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Verdict    string
		Sales      int
		Violations []struct {
			Rule  check.Rule
			Count int64
			Cases []struct{ Message string }
		}
		Counts map[string]int64
		Runs   []struct {
			Name, Folder, Verdict string
			Broken                []check.Rule
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Verdict != "invalid" || got.Sales != 3 || len(got.Runs) != 3 || got.Runs[1].Verdict != "valid" || len(got.Runs[1].Broken) != 0 {
		t.Errorf("read as %+v", got)
	}
	if want := 2*one.Attempts + c.Runs[1].Summary.Attempts; got.Counts["attempts"] != want {
		t.Errorf("%d attempts, want %d", got.Counts["attempts"], want)
	}
	for i, v := range got.Violations {
		alone := one.Verdict.Violations[i]
		if v.Rule != alone.Rule || v.Count != 2*alone.Count || len(v.Cases) != 2*len(alone.Cases) || !strings.HasPrefix(v.Cases[0].Message, "run-0: ") {
			t.Errorf("violation %+v, one run has %+v", v, alone)
		}
	}
	if len(got.Violations) != len(one.Verdict.Violations) {
		t.Errorf("%d rules are broken, want %d", len(got.Violations), len(one.Verdict.Violations))
	}
}

// The keys of a collection's result are those of a run's, and some more.
func TestCollectionHasTheKeysOfARun(t *testing.T) {
	keys := func(write func(io.Writer) error) map[string]any {
		var out bytes.Buffer
		all := map[string]any{}
		if err := errors.Join(write(&out), json.Unmarshal(out.Bytes(), &all)); err != nil {
			t.Fatal(err)
		}
		return all
	}
	run := keys(func(w io.Writer) error { return WriteJSON(w, validBurst(t)) })
	whole := keys(func(w io.Writer) error { return WriteCollectionJSON(w, collected(false, validBurst(t))) })
	for key := range run {
		if _, has := whole[key]; !has {
			t.Errorf("result.json of a collection lacks %s", key)
		}
	}
}

func TestCollectionJUnit(t *testing.T) {
	for _, tt := range []struct {
		reason                   string
		c                        *Collection
		failures, errors, suites int
	}{
		{"all is well", collected(false, exercisedBurst(t)), 0, 0, 1},
		{"two rules are broken, in two runs", collected(false, invalidBurst(t), invalidBurst(t), exercisedBurst(t)), 2, 0, 1},
		{"two rules had no chance, and so the verdict is unknown", collected(false, validBurst(t)), 0, 3, 1},
	} {
		var out bytes.Buffer
		var doc junitSuites
		if err := errors.Join(WriteCollectionsJUnit(&out, []*Collection{tt.c, tt.c}), xml.Unmarshal(out.Bytes(), &doc)); err != nil {
			t.Fatal(err)
		}
		if len(doc.Suites) != 2 || doc.Suites[0].Failures != tt.failures || doc.Suites[0].Errors != tt.errors || doc.Suites[0].Name != "gate/once" {
			t.Errorf("%s: %+v", tt.reason, doc.Suites)
		}
	}
}

// What a person reads names the rule, the run and the lines to paste, and
// escapes what a script said.
func TestCollectionTexts(t *testing.T) {
	c := collected(false, exercisedBurst(t), invalidBurst(t))
	c.Skipped = []Skipped{{"releases", "its contract has no release"}}
	c.Warnings = []string{"mine.lua:3: \x1b[31mred <b>|"}
	c.Runs[1].ByHand = func(*check.Case) []string { return []string{`redis-cli SET 'a b' "` + strings.Repeat("x", 120) + `"`} }
	for name, write := range map[string]func(io.Writer, *Collection) error{"text": WriteCollectionText, "Markdown": WriteCollectionMarkdown} {
		var out bytes.Buffer
		if err := write(&out, c); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"INVALID", "duplicate-sale", "run-1", "redis-cli SET 'a b'", "releases", "its contract has no release", "mine.lua"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("the %s does not say %q:\n%s", name, want, &out)
			}
		}
		if strings.Contains(out.String(), "\x1b") || name == "Markdown" && strings.Contains(out.String(), "red <b>") {
			t.Errorf("the %s holds what a script said as it is:\n%s", name, &out)
		}
		for line := range strings.Lines(out.String()) {
			if name == "text" && len([]rune(line)) > width+1 && !strings.Contains(line, "redis-cli") {
				t.Errorf("a line of %d columns: %s", len([]rune(line)), line)
			}
		}
	}
}

func TestWorth(t *testing.T) {
	c := collected(false, slices.Repeat([]*Summary{exercisedBurst(t)}, 203)...)
	if got := c.Worth(); !strings.HasPrefix(got, "A fault that strikes more than 1.5% of such sales") {
		t.Errorf("203 sales: %s", got)
	}
	if got := collected(false, invalidBurst(t)).Worth(); got != "" {
		t.Errorf("of a broken script: %s", got)
	}
}

func TestCollectionAnnotations(t *testing.T) {
	list := collected(false, invalidBurst(t)).Annotations("mine.lua")
	if len(list) != 2 || list[0].Level != LevelError || list[0].File != "mine.lua" || !strings.Contains(list[0].Text, "run-0: ") {
		t.Errorf("%+v", list)
	}
	list = collected(false, validBurst(t)).Annotations("mine.lua")
	if len(list) != 2 || list[0].Level != LevelWarning {
		t.Errorf("unknown: %+v", list)
	}
}

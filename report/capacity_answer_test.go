package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/capacity"
	"github.com/seckill-bench/seckill/scenario/check"
)

// Every end has its exit code, its word and a sentence.
func TestCapacityAnswers(t *testing.T) {
	o := capacity.Options{Start: 15000, Climb: time.Second, Confirm: 2 * time.Second}
	quick, capped, high := o, o, o
	quick.Quick = true
	capped.Most = 30000
	high.Least = 60000
	limited := func(s *CapacityStep) {
		if s.Result == capacity.Failed {
			s.Result, s.Why = capacity.Limited, "the host was the bound"
		}
	}
	wrong := func(s *CapacityStep) {
		if s.Rate > 20000 {
			s.Result, s.Broken = capacity.Wrong, []check.Rule{check.Oversell}
		}
	}
	doubtful := func(s *CapacityStep) { s.Result = capacity.Unknown }
	cut := searched(Selling, o, 47000, nil)
	cut.Answer.Ended, cut.Answer.Confirmed, cut.Answer.Why = capacity.Unfinished, false, "the search was ended before it was done"
	masters := searched(Selling, o, 47000, limited)
	masters.Masters = 3
	blind := searched(Selling, o, 47000, func(s *CapacityStep) { s.Result = capacity.Limited })
	coy := CapacitySearch{Figure: Refusing, Unmeasured: "it says not_ready"}
	found := searched(Selling, o, 47000, nil)
	for _, tt := range []struct {
		reason   string
		searches []CapacitySearch
		quick    bool
		code     int
		word     string
		opinion  check.Opinion
		sentence string
	}{
		{"a knee", []CapacitySearch{found}, false, 0, "FOUND", check.Valid, "40,500/s holds p99<5ms (4 of 4 steps of 2 s); 42,400/s does not (0 of 2)"},
		{"an estimate", []CapacitySearch{searched(Selling, quick, 47000, nil)}, true, 0, "ESTIMATE", check.Valid, "an estimate: about 40,500/s holds p99<5ms (2 of 2 steps of 1 s); 42,400/s does not"},
		{"all that is allowed", []CapacitySearch{searched(Selling, capped, 47000, nil)}, false, 0, "FOUND", check.Valid, "30,000/s holds p99<5ms (4 of 4 steps of 2 s); the objective was met at the highest rate allowed"},
		{"nothing", []CapacitySearch{searched(Selling, high, 47000, nil)}, false, 4, "MISSED", check.Valid, "no rate that was tried holds p99<5ms: the objective was missed at the lowest rate tried, 60,000/s"},
		{"the driver was the bound", []CapacitySearch{searched(Selling, o, 47000, limited)}, false, 3, "UNDECIDED", check.Valid, "40,500/s holds p99<5ms (4 of 4 steps of 2 s); driver, host or limit were the bound at 42,400/s"},
		{"the driver was the bound at once", []CapacitySearch{searched(Selling, high, 47000, limited)}, false, 3, "UNDECIDED", check.Valid, "no rate is known to hold p99<5ms: driver, host or limit were the bound at the lowest rate tried"},
		{"masters that the host does not let run are no figure", []CapacitySearch{masters}, false, 3, "UNDECIDED", check.Valid, "no figure: 40,500/s held p99<5ms, and then driver, host or limit were the bound"},
		{"a wrong script", []CapacitySearch{searched(Selling, o, 47000, wrong)}, false, 1, "INVALID", check.Invalid, "a rule was broken at 30,000/s"},
		{"a script of which nobody knows", []CapacitySearch{searched(Selling, o, 47000, doubtful)}, false, 3, "UNDECIDED", check.Unknown, "nobody can tell whether the script was right at the lowest rate"},
		{"interrupted", []CapacitySearch{cut}, false, 3, "UNDECIDED", check.Valid, "40,500/s held p99<5ms (4 of 4 steps of 2 s), which is not confirmed; 42,400/s does not (0 of 2); the search was ended"},
		{"driver, host or limit were the bound at every rate", []CapacitySearch{blind}, false, 3, "UNDECIDED", check.Valid, "no rate is known to hold p99<5ms: driver, host or limit were the bound at every rate tried, from 15,000/s down to 3,750/s"},
		{"a figure that the script does not show", []CapacitySearch{coy, found}, false, 3, "UNDECIDED", check.Valid, "not measured: it says not_ready"},
		{"a wrong script outweighs the others", []CapacitySearch{searched(Selling, high, 47000, nil), searched(Refusing, o, 47000, wrong)}, false, 1, "INVALID", check.Invalid, "no rate that was tried"},
		{"not decided outweighs missed", []CapacitySearch{searched(Selling, high, 47000, nil), cut}, false, 3, "UNDECIDED", check.Valid, "no rate that was tried"},
		{"no search", nil, false, 3, "UNDECIDED", check.Unknown, ""},
	} {
		c := &Capacity{SLO: "p99<5ms", Quick: tt.quick, Searches: tt.searches}
		if code, word, opinion := c.ExitCode(), c.word(), c.Opinion(); code != tt.code || word != tt.word || opinion != tt.opinion {
			t.Errorf("%s: exit code %d, %s, %s; want %d, %s, %s", tt.reason, code, word, opinion, tt.code, tt.word, tt.opinion)
		}
		failures, errs := map[int]int{1: 1, 4: 1}[tt.code], map[int]int{3: 1}[tt.code]
		switch tt.reason { // two searches, and neither is found
		case "a wrong script outweighs the others":
			failures = 2
		case "not decided outweighs missed":
			failures = 1
		}
		var out bytes.Buffer
		var doc junitSuites
		if err := errors.Join(WriteCapacityJUnit(&out, c), xml.Unmarshal(out.Bytes(), &doc)); err != nil {
			t.Fatal(err)
		}
		if s := doc.Suites[0]; s.Failures != failures || s.Errors != errs || s.Tests != len(s.Cases) || s.Tests < len(tt.searches) {
			t.Errorf("%s: junit.xml has %d failures and %d errors of %d cases", tt.reason, s.Failures, s.Errors, s.Tests)
		}
		if len(tt.searches) == 0 {
			continue
		}
		if got := tt.searches[0].sentence(c.SLO, c.Quick); !strings.HasPrefix(got, tt.sentence) && !strings.Contains(got, tt.sentence) {
			t.Errorf("%s: %s\nwant %s", tt.reason, got, tt.sentence)
		}
	}
}

// What a plan reckons with are the figures that were found, and no others.
func TestCapacityFigures(t *testing.T) {
	o := capacity.Options{Start: 15000}
	limited := searched(Selling, o, 47000, func(s *CapacityStep) {
		if s.Result == capacity.Failed {
			s.Result = capacity.Limited
		}
	})
	alone, three, six := searched(Selling, o, 47000, nil), searched(Selling, o, 90000, nil), limited
	alone.Masters, three.Masters, six.Masters = 1, 3, 6
	f := (&Capacity{Searches: []CapacitySearch{alone, three, six}}).Figures()
	if len(f.Scale) != 2 || f.Scale[0].Held != 40500 || f.Scale[1] != (capacity.ScaleFigure{Instances: 3, Held: 77700}) || f.Selling != 40500 || !f.Limited {
		t.Errorf("of three scales: %+v", f)
	}
	f = sampleCapacity(t).Figures()
	if f.Selling != 40500 || f.Refusing != 77700 || f.Estimated || f.Limited {
		t.Errorf("of both figures: %+v", f)
	}
	wrong := alone
	wrong.Masters, wrong.Answer.Ended = 0, capacity.AtWrong
	if f := (&Capacity{Searches: []CapacitySearch{wrong}}).Figures(); f.Selling != 0 {
		t.Errorf("of a wrong script: %+v", f)
	}
}

// The report says whether the steps went through a fork, as far as it is known.
func TestForkSentence(t *testing.T) {
	step := func(forks *int64, seen bool) CapacityStep {
		return CapacityStep{Folder: "selling/step-09", Forks: forks, ForkSeen: seen}
	}
	for want, s := range map[string]CapacityStep{
		"the server saved its data and rewrote its append-only file, each by a fork, in selling/step-09": step(ptr(int64(2)), true),
		"the server forked 2 times in these steps":                                                       step(ptr(int64(2)), false),
		"no fork was seen":                       step(ptr(int64(0)), false),
		"whether the server forked is not known": step(nil, false),
	} {
		if got := (&CapacitySearch{Steps: []CapacityStep{s}}).forkSentence(); !strings.HasPrefix(got, want) {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// What was wrong is in junit.xml, with the command that shows it again.
func TestCapacityJUnitNamesTheRule(t *testing.T) {
	wrong := func(s *CapacityStep) {
		if s.Rate > 20000 {
			s.Result, s.Why = capacity.Wrong, "broken: oversell"
		}
	}
	c := &Capacity{Name: "\x1bx", SLO: "p99<5ms", Searches: []CapacitySearch{searched(Selling, capacity.Options{Start: 15000}, 47000, wrong)}}
	text := written(t, WriteCapacityJUnit, c)
	for _, want := range []string{"<failure message=\"15,000/s held", `type="wrong"`, "selling/step-c at 30,000/s: broken: oversell", "seckill run --stock 100 --seed 2"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("a name is not escaped")
	}
}

// Where steps did not agree another search may end elsewhere.
func TestMixedSentence(t *testing.T) {
	for _, tt := range []struct {
		tries []capacity.Tried
		want  string
	}{
		{[]capacity.Tried{{Rate: 1000, Passed: 2, Tries: 2}, {Rate: 2000, Tries: 2}}, ""},
		{[]capacity.Tried{{Rate: 1000, Passed: 2, Tries: 3}, {Rate: 2000, Tries: 2}}, "At 1,000/s some steps passed and some did not"},
		{[]capacity.Tried{{Rate: 1000, Passed: 2, Tries: 3}, {Rate: 2000, Passed: 1, Tries: 3}}, "From 1,000/s to 2,000/s some steps passed and some did not"},
	} {
		s := CapacitySearch{Answer: capacity.Answer{Tries: tt.tries}}
		if got := s.mixedSentence(); !strings.HasPrefix(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

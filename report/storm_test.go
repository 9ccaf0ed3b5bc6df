package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seckill-bench/seckill/scenario/check"
)

// stormOf is a storm of some policies, at 80% of 375/s, through queues.
func stormOf(t *testing.T, slo string, resends ...int) *Storm {
	t.Helper()
	storm := &Storm{
		Collection: &Collection{Name: "retry-storm", Script: "once", Command: "seckill run retry-storm --seed 1"},
		Carries:    375, CarriesBy: "measured", Offered: 300, Waits: time.Second,
	}
	for _, n := range resends {
		h := endless{load: .8, perSecond: 300, stall: s(4), heal: s(6), waits: s(1), resends: n}.history(1, s(20))
		h.Head.Objective = slo
		sum, err := Summarize(h, check.Verdict{Opinion: check.Valid})
		if err != nil {
			t.Fatal(err)
		}
		name := []string{"none", "again", "twice"}[n]
		storm.Policies = append(storm.Policies, StormPolicy{Name: name, About: "they <do>", Summary: sum})
		storm.Runs = append(storm.Runs, CollectedRun{Name: name, Folder: name, Summary: sum})
	}
	return storm
}

func TestStormAnswers(t *testing.T) {
	for _, c := range []struct {
		resends []int
		slo     string
		answer  string
		code    int
	}{
		{[]int{0, 1, 2}, "", "goodput came back with none; did not come back with again and twice", 0},
		{[]int{0}, "", "goodput came back with none", 0},
		{[]int{1}, "", "goodput did not come back with again", 0},
		{[]int{0}, "back<5s", "goodput came back with none", 0},
		{[]int{0}, "back<1s", "goodput came back with none", 4},
		{[]int{0, 1}, "back<5s", "goodput came back with none; did not come back with again", 4},
	} {
		storm := stormOf(t, c.slo, c.resends...)
		if got := storm.Answer(); got != c.answer {
			t.Errorf("%v: %q, want %q", c.resends, got, c.answer)
		}
		if got := storm.ExitCode(); got != c.code {
			t.Errorf("%v with %q: exit code %d, want %d", c.resends, c.slo, got, c.code)
		}
	}
	broken := stormOf(t, "", 0)
	broken.Runs[0].Summary.Verdict.Opinion = check.Invalid
	if code := broken.ExitCode(); code != 1 {
		t.Errorf("of a wrong sale the exit code is %d", code)
	}
	unseen := stormOf(t, "", 0)
	unseen.Policies[0].Summary.Recovery = nil
	if code, answer := unseen.ExitCode(), unseen.Answer(); code != 3 || answer != "whether goodput came back nobody can tell with none" {
		t.Errorf("without a stall: %d, %s", code, answer)
	}
}

// The cause tells what the queue alone takes from what the resends add.
func TestStormCauses(t *testing.T) {
	after := func(d time.Duration) *time.Duration { return &d }
	for _, c := range []struct {
		r     Recovery
		load  float64
		cause string
	}{
		{Recovery{Verdict: Back, After: after(s(3.2))}, .8, "as fast as the queue allows"},
		{Recovery{Verdict: Back, After: after(s(6)), Resends: 500}, .8, "3.00 s later than the queue alone would be, for 500 resends stood in it as well"},
		{Recovery{Verdict: Back, After: after(s(6))}, .8, "before the queue was gone"},
		{Recovery{Verdict: Back, After: after(s(12))}, .8, "4.00 s after the queue should have been gone, though nobody asked again"},
		{Recovery{Verdict: Back, After: after(s(12))}, 1.2, "more was carried than was measured before"},
		{Recovery{Verdict: NotBack, Resends: 5, Peak: 4}, .8, "up to 4.00 attempts a purchase ask for 320% of what is carried"},
		{Recovery{Verdict: NotBack, Peak: 1}, 1.2, "more arrives than is carried"},
		{Recovery{Verdict: NotBack, Peak: 1, Watched: s(5)}, .8, "the queue alone takes 8.00 s"},
		{Recovery{Verdict: NotBack, Peak: 1, Watched: s(15)}, .8, "nobody asked again"},
		{Recovery{Verdict: Undecided, Why: "too few"}, .8, "too few"},
	} {
		c.r.At, c.r.Heal = 4e9, 6e9
		p := StormPolicy{Name: "x", Summary: &Summary{Recovery: []Recovery{c.r}}}
		storm := &Storm{Carries: 100, Offered: 100 * c.load, Waits: s(1), Policies: []StormPolicy{p}}
		if got := storm.Cause(&p); !strings.Contains(got, c.cause) {
			t.Errorf("%+v at %v: %q, want %q", c.r, c.load, got, c.cause)
		}
	}
}

func TestStormWriters(t *testing.T) {
	storm, dir := stormOf(t, "back<5s", 0, 1), t.TempDir()
	if err := WriteStormFolder(dir, storm); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := WriteStormText(&text, storm); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > width {
			t.Errorf("too wide: %s", line)
		}
	}
	for name, wants := range map[string][]string{
		"summary.md": {"Goodput came back with none", "| again |"}, "storm.html": {"they &lt;do&gt;", "<svg", "again"}, "storm.svg": {"<svg"}, "storm.png": {"PNG"}, "junit.xml": {"retry-storm/once"},
	} {
		file, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(file), want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
	}
	for _, want := range []string{"goodput came back with none", "not back in", "80% of 375/s", "again, back<5s", "seckill run retry-storm --seed 1"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
	file, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	var result struct {
		Load      float64
		Verdict   string
		Objective []struct{ Expr, Verdict string }
		Policies  []struct {
			Name     string
			Recovery struct {
				Verdict string
				After   *int64
			}
		}
	}
	if err := json.Unmarshal(file, &result); err != nil {
		t.Fatal(err)
	}
	if p := result.Policies; result.Load != .8 || len(p) != 2 || p[0].Recovery.Verdict != Back || p[0].Recovery.After == nil || p[1].Recovery.Verdict != NotBack || p[1].Recovery.After != nil {
		t.Errorf("result.json says %+v", result)
	}
	if o := result.Objective; len(o) != 2 || o[0].Expr != "none: back<5s" || o[1].Verdict != Missed {
		t.Errorf("objectives %+v", o)
	}
}

package report

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/capacity"
	"github.com/seckill-bench/seckill/scenario/check"
)

// stepAt is a step at a server that serves one after the other, of which a share
// of its saturation is asked.
func stepAt(step capacity.Step, saturation float64) CapacityStep {
	used := step.Rate / saturation
	out := CapacityStep{
		Step: step, Result: capacity.Passed, Verdict: check.Valid, Offered: ptr(step.Rate * 1.001), Achieved: ptr(min(step.Rate, saturation)),
		Attempts: int64(step.Rate * step.Length.Seconds()), Good: 1, Within: 5 * time.Millisecond, Bound: boundSchedule, BoundBy: "nobody was busy", Forks: ptr(int64(0)),
		Command: "seckill run --stock 100 --seed 2",
	}
	wait := 100 * float64(time.Microsecond) / max(1-used, .002)
	out.P50, out.P99, out.P999 = ptr(time.Duration(wait)), ptr(time.Duration(5*wait)), ptr(time.Duration(8*wait))
	if used > .9 {
		out.Result, out.Why, out.Good = capacity.Failed, "p99<5ms missed: 30.0 ms of 100,000 attempts", .7
		out.Bound, out.BoundBy = boundServer, "its main thread used 97% of a core"
	}
	if step.Fork {
		out.Forks, out.ForkSeen = ptr(int64(2)), true
	}
	if step.Phase == capacity.Beyond {
		out.Past = &PastKnee{Goodput: 21000, Late: ptr(200 * time.Millisecond), Lost: ptr(1100 * time.Millisecond), Recovery: 1500 * time.Millisecond}
	}
	return out
}

// searched is a search for the rate of such a server; change changes each step.
func searched(figure string, o capacity.Options, saturation float64, change func(*CapacityStep)) CapacitySearch {
	found := CapacitySearch{Name: figure, Figure: figure, Probe: &CapacityProbe{Rate: saturation, Folder: figure + "/probe"}}
	search := capacity.New(o)
	for step, more := search.Next(); more; step, more = search.Next() {
		taken := stepAt(step, saturation)
		taken.Folder = figure + "/step-" + string(rune('a'+step.Number-1))
		if change != nil {
			change(&taken)
		}
		found.Steps = append(found.Steps, taken)
		search.Record(taken.Result)
	}
	found.Answer = search.Answer()
	return found
}

// sampleCapacity is a search for both figures, with a plan.
func sampleCapacity(t testing.TB) *Capacity {
	o := capacity.Options{Start: 15000, Attempts: 1200}
	c := &Capacity{
		Name: "flash-sale", Command: "seckill capacity --slo 'p99<5ms' --seed 1", SLO: "p99<5ms", Seed: 1,
		Began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Ended: time.Date(2026, 1, 2, 3, 8, 5, 0, time.UTC),
		Searches:   []CapacitySearch{searched(Selling, o, 47000, nil), searched(Refusing, o, 90000, nil)},
		Conditions: openSummary(t),
	}
	var demand capacity.Demand
	if err := demand.UnmarshalText([]byte("buyers=60000,window=10s,first=0.5,retries=2")); err != nil {
		t.Fatal(err)
	}
	plan := demand.Plan(c.Figures())
	c.Plan = &plan
	return c
}

// openSummary is that of an open run that kept its objective.
func openSummary(t testing.TB) *Summary {
	all := arrivals(20000, 20000)
	head := testHead(modelOpen, "poisson:20000/s*1s")
	head.Objective = "p99<5ms"
	return summarize(t, record(head, measuredTail(all, 0), nil, all), validVerdict())
}

func written(t *testing.T, write func(io.Writer, *Capacity) error, c *Capacity) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out, c); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// What was found is written as it was before.
func TestCapacityReports(t *testing.T) {
	for name, write := range map[string]func(io.Writer, *Capacity) error{
		"capacity.txt": WriteCapacityText, "capacity.md": WriteCapacityMarkdown, "capacity.json": WriteCapacityJSON, "capacity.junit.xml": WriteCapacityJUnit,
	} {
		got := written(t, write, sampleCapacity(t))
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(path); err != nil || got != string(want) {
			t.Errorf("%s differs (%v); with -update it is written anew. Got:\n%s", path, err, got)
		}
	}
}

// The text has no line that is too wide, but those to be pasted.
func TestCapacityTextIsNarrow(t *testing.T) {
	for line := range strings.Lines(written(t, WriteCapacityText, sampleCapacity(t))) {
		if n := len([]rune(strings.TrimSpace(line))); n > width && !strings.Contains(line, "seckill capacity") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// Everything is written, and result.json is JSON.
func TestCapacityFolder(t *testing.T) {
	dir := t.TempDir()
	if err := WriteCapacityFolder(dir, sampleCapacity(t)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"result.json", "junit.xml", "capacity.md", "capacity.html", "knee-selling.png", "knee-selling.svg", "knee-refusing.png", "knee-refusing.svg"} {
		if file, err := os.Stat(filepath.Join(dir, name)); err != nil || file.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	text, _ := os.ReadFile(filepath.Join(dir, "result.json"))
	if !json.Valid(text) {
		t.Error("result.json is no JSON")
	}
	undrawn := sampleCapacity(t)
	undrawn.Searches = nil // pictures take time
	if err := WriteCapacityFolder(filepath.Join(dir, "missing"), undrawn); err == nil || !strings.Contains(err.Error(), "more reports could not be written") {
		t.Errorf("into a folder that is not there: %v", err)
	}
}

// The page needs no network, holds every picture in both widths, and escapes what
// others wrote.
func TestCapacityPage(t *testing.T) {
	c := sampleCapacity(t)
	page := written(t, WriteCapacityHTML, c)
	if found := outward.FindString(page); found != "" || strings.Contains(page, "ZgotmplZ") {
		t.Errorf("the page holds %q, or a value that the template refused", found)
	}
	if n := strings.Count(page, "<svg"); n != 4 {
		t.Errorf("%d pictures, want 4", n)
	}
	c.Name, c.Command, c.SLO = hostile, hostile, "p99<5ms"
	c.Warnings = []string{hostile}
	c.Searches[0].Steps[0].Why, c.Searches[0].Steps[0].Result = hostile, capacity.Limited
	c.Searches[0].Unmeasured = hostile
	c.Conditions = hostileSummary(t)
	page = written(t, WriteCapacityHTML, c)
	for _, raw := range []string{"<script", "<img", "</style></title>", "\x1b", "\u202e"} {
		if strings.Contains(page, raw) {
			t.Errorf("the page holds %q unescaped", raw)
		}
	}
	for _, text := range []string{written(t, WriteCapacityText, c), written(t, WriteCapacityMarkdown, c)} {
		if strings.Contains(text, "\x1b") || strings.Contains(text, "\u202e") {
			t.Error("a text commands the terminal")
		}
	}
}

// The pictures are well-formed, whatever was found.
func TestKneePictures(t *testing.T) {
	one := searched(Selling, capacity.Options{Start: 15000, Most: 15000, Least: 15000, Quick: true}, 47000, nil)
	one.Steps, one.Answer.Tries = one.Steps[:1], []capacity.Tried{{Rate: 15000, Passed: 1, Tries: 1}}
	none := searched(Selling, capacity.Options{Start: 4000, Least: 1000, Quick: true}, 900, func(s *CapacityStep) {
		s.P99, s.P999, s.Unanswered = nil, nil, s.Attempts/2
		if s.Rate > 2000 {
			s.P50, s.Achieved = nil, nil
		}
	})
	limited := searched(Selling, capacity.Options{Start: 15000}, 47000, func(s *CapacityStep) {
		if s.Result == capacity.Failed {
			s.Result = capacity.Limited
		}
	})
	for name, s := range map[string]CapacitySearch{"one": one, "none": none, "limited": limited, "both": searched(Selling, capacity.Options{Start: 15000}, 47000, nil)} {
		c := &Capacity{Name: name, SLO: "p99<5ms", Searches: []CapacitySearch{s}}
		all := c.pictures()
		if len(all) != 1 {
			t.Fatalf("%s: %d pictures", name, len(all))
		}
		p := all[0]
		svg, err := p.svg()
		if err == nil {
			err = wellFormed(svg)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
			t.Errorf("%s: a place that is no number", name)
		}
		if *samples != "" {
			png, _ := p.png()
			small, _ := p.inline(narrow)
			os.WriteFile(filepath.Join(*samples, "knee-"+name+".png"), png, 0o644)
			os.WriteFile(filepath.Join(*samples, "knee-"+name+"-narrow.svg"), []byte(strings.Replace(small, "<svg", `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"`, 1)), 0o644)
		}
	}
	closed := CapacitySearch{Steps: []CapacityStep{stepAt(capacity.Step{}, 1)}}
	if all := (&Capacity{SLO: "p99<5ms", Searches: []CapacitySearch{closed, {}}}).pictures(); len(all) != 0 {
		t.Errorf("%d pictures of nothing", len(all))
	}
}

package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/seckill-bench/seckill/scenario/check"
)

func TestJUnit(t *testing.T) {
	for _, r := range reports {
		t.Run(r.name, func(t *testing.T) {
			golden(t, r.name+".junit.xml", WriteJUnit, r.summary(t))
		})
	}
}

func TestJUnitCounts(t *testing.T) {
	for _, test := range []struct {
		reason                            string
		s                                 *Summary
		tests, failures, errored, skipped int
	}{
		{"one case a rule; what was not exercised is skipped", validBurst(t), len(check.Rules), 0, 0, 5},
		{"a broken rule fails", invalidBurst(t), len(check.Rules), 2, 0, 4},
		{"what was expected passes", lossy(t), len(check.Rules), 0, 0, 5},
		{"an undecided rule and an unknown verdict are errors", killed(t), len(check.Rules) + 1, 0, 2, 5},
		{"so is an objective that cannot be decided; a missed one fails", openRun(t), len(check.Rules) + 8, 4, 2, 5},
	} {
		var out bytes.Buffer
		if err := WriteJUnit(&out, test.s); err != nil {
			t.Fatal(err)
		}
		var doc junitSuites
		if err := xml.Unmarshal(out.Bytes(), &doc); err != nil {
			t.Fatalf("%s: %v", test.reason, err)
		}
		j := doc.Suites[0]
		if len(j.Cases) != j.Tests || j.Tests != test.tests || j.Failures != test.failures || j.Errors != test.errored || j.Skipped != test.skipped {
			t.Errorf("%s: %d tests, %d failures, %d errors, %d skipped", test.reason, j.Tests, j.Failures, j.Errors, j.Skipped)
		}
	}
}

func TestMetrics(t *testing.T) {
	for _, r := range reports {
		t.Run(r.name, func(t *testing.T) {
			golden(t, r.name+".metrics.txt", WriteMetrics, r.summary(t))
		})
	}
}

// TestMetricsAreOpenMetrics holds the shape of the text: every line is a
// descriptor or a sample of the family described last, and the last is EOF.
func TestMetricsAreOpenMetrics(t *testing.T) {
	s := invalidBurst(t)
	s.Head.Name = "quote \" backslash \\ newline \n end"
	var out bytes.Buffer
	if err := WriteMetrics(&out, s); err != nil {
		t.Fatal(err)
	}
	text, ends := strings.CutSuffix(out.String(), "# EOF\n")
	if !ends {
		t.Error("does not end in # EOF")
	}
	descriptor := regexp.MustCompile(`^# (TYPE|UNIT|HELP) (\w+) .+$`)
	sample := regexp.MustCompile(`^(\w+)(\{(\w+="([^"\\\n]|\\["\\n])*",?)+\})? -?[0-9.e+-]+$`)
	family, seen := "", map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if m := descriptor.FindStringSubmatch(line); m != nil {
			if m[1] == "TYPE" && seen[m[2]] {
				t.Errorf("%s is described twice", m[2])
			}
			family, seen[m[2]] = m[2], true
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil || !strings.HasPrefix(m[1], family) {
			t.Errorf("not a sample of %s: %q", family, line)
		}
	}
}

func TestBench(t *testing.T) { golden(t, "valid.bench.txt", WriteBench, validBurst(t)) }

func TestHlogIsReadBack(t *testing.T) {
	s := openRun(t)
	var out bytes.Buffer
	if err := WriteHlog(&out, s); err != nil {
		t.Fatal(err)
	}
	tags := map[string]int64{}
	reader := hdrhistogram.NewHistogramLogReader(&out)
	for {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		tags[h.Tag()] = h.TotalCount()
		if p99 := h.ValueAtPercentile(99); h.Tag() == "response" && (p99 < 320*us || p99 > 321*us) {
			t.Errorf("p99 of the answered responses is %d", p99)
		}
	}
	for tag, want := range map[string]int64{"response": 19750, "service": 19750, "lateness": 20000, "ok.response": 1000, "sold_out.service": 18750} {
		if tags[tag] != want {
			t.Errorf("%s holds %d, want %d", tag, tags[tag], want)
		}
	}
}

func TestScenarioIsAsRun(t *testing.T) {
	s := validBurst(t)
	var out bytes.Buffer
	if err := WriteScenario(&out, s); err != nil || out.String() != s.Head.Scenario {
		t.Errorf("%q, %v", out.String(), err)
	}
	if got := s.setting("conns"); got != "pool:64" {
		t.Errorf("conns is %q", got)
	}
	s.Head.Scenario = "not: [a scenario"
	if got := s.settings(); got != nil {
		t.Errorf("settings of a broken text: %v", got)
	}
}

func TestWriteFolder(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "result.json")
	if err := os.WriteFile(old, []byte("an earlier report"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := summarize(t, record(testHead(modelBurst, "burst"), testTail(100, 0), nil, burstOf(100, 10)), validVerdict())
	if err := WriteFolder(dir, s); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names[e.Name()] = true
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("left behind: %s", e.Name())
		}
	}
	for _, want := range strings.Fields(`result.json latency.hlog junit.xml bench.txt metrics.txt scenario.yaml report.html
		latency.png latency.svg timeline.png timeline.svg stock.png stock.svg`) {
		if !names[want] {
			t.Errorf("no %s", want)
		}
	}
	if text, err := os.ReadFile(old); err != nil || !bytes.HasPrefix(text, []byte("{")) {
		t.Errorf("the earlier report was not replaced: %q, %v", text, err)
	}
}

func TestWriteFolderNamesTheFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	s := summarize(t, record(testHead(modelBurst, "burst"), nil, nil, nil), validVerdict())
	err := WriteFolder(dir, s)
	if err == nil || !strings.Contains(err.Error(), "writing "+filepath.Join(dir, "result.json")) {
		t.Errorf("got %v", err)
	}
}

func TestWriteFileLeavesTheEarlierReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "result.json")
	if err := os.WriteFile(path, []byte("earlier"), 0o600); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	err := writeFile(path, nil, func(io.Writer, *Summary) error { return full })
	if !errors.Is(err, full) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(path); string(text) != "earlier" {
		t.Errorf("the earlier report is %q, %v", text, err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

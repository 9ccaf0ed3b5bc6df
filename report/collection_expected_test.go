package report

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
)

// lossyRun is lossy with every rule exercised.
func lossyRun(t *testing.T) *Summary {
	s := lossy(t)
	for rule := range s.Verdict.Exercised {
		s.Verdict.Exercised[rule] = 7
	}
	return s
}

// Expected violations of runs weigh nothing in the whole, and every report tells them.
func TestCollectionWithExpectedLosses(t *testing.T) {
	c := collected(false, exercisedBurst(t), lossyRun(t), lossyRun(t))
	if c.Opinion() != check.Valid || c.ExitCode() != 0 || c.Worth() != "" {
		t.Errorf("%s, exit code %d, worth %q, doubts %q", c.Opinion(), c.ExitCode(), c.Worth(), c.AllDoubts())
	}
	write := func(write func(io.Writer, *Collection) error) string {
		var b bytes.Buffer
		if err := write(&b, c); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for form, tt := range map[string]struct{ got, want string }{
		"text":     {write(WriteCollectionText), "expected  lost-sale  6 in 2 runs: the scenario does not promise to prevent it"},
		"verdict":  {write(WriteCollectionText), "VALID, with expected losses  gate"},
		"markdown": {write(WriteCollectionMarkdown), "**Expected: lost-sale, 6 times in 2 runs**"},
		"heading":  {write(WriteCollectionMarkdown), "## ✓ VALID, with expected losses: "},
		"junit":    {write(func(w io.Writer, c *Collection) error { return WriteCollectionsJUnit(w, []*Collection{c}) }), `failures="0" errors="0"`},
		"output":   {write(func(w io.Writer, c *Collection) error { return WriteCollectionsJUnit(w, []*Collection{c}) }), "<system-out><![CDATA[expected: broken 3 times"},
	} {
		if !strings.Contains(tt.got, tt.want) {
			t.Errorf("%s lacks %q:\n%s", form, tt.want, tt.got)
		}
	}
	want := Annotation{Level: LevelNotice, File: "once.lua", Line: 1, Title: "once: lost-sale, as expected", Text: "6 times in 2 runs: " + notPromised}
	if list := c.Annotations("once.lua"); !slices.Equal(list, []Annotation{want}) {
		t.Errorf("annotations %+v, want %+v", list, want)
	}
}

// A rule that is expected to break in one run and must not in another stands
// there twice, and fails.
func TestCollectionTellsExpectedFromBroken(t *testing.T) {
	broken := lossyRun(t)
	broken.Verdict.Opinion, broken.Verdict.Violations[0].Expected = check.Invalid, false
	c := collected(false, lossyRun(t), broken)
	var out bytes.Buffer
	if err := WriteCollectionJSON(&out, c); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Verdict    string
		Violations []struct {
			Rule     string
			Expected bool
			Count    int
		}
		Losses struct{ Sales, Oldest, Units, Buyers int64 }
		Runs   []struct{ Broken, Expected []string }
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Violations) != 2 || got.Violations[0].Expected || !got.Violations[1].Expected || got.Violations[0].Count != 3 {
		t.Errorf("violations %+v", got.Violations)
	}
	if got.Losses.Sales != 6 || got.Losses.Oldest != 2*ms || got.Losses.Units != 0 || got.Losses.Buyers != 2 {
		t.Errorf("losses %+v", got.Losses)
	}
	if got.Verdict != "invalid" || len(got.Runs[0].Broken) != 0 || !slices.Equal(got.Runs[0].Expected, []string{"lost-sale"}) || !slices.Equal(got.Runs[1].Broken, []string{"lost-sale"}) {
		t.Errorf("%s, runs %+v", got.Verdict, got.Runs)
	}
	var text, junit bytes.Buffer
	if err := WriteCollectionText(&text, c); err != nil || !strings.HasPrefix(text.String(), "INVALID  ") || !strings.Contains(text.String(), "Seen in: run-1 (3).") ||
		!strings.Contains(text.String(), "Likely, not proven: the server was stopped") || !strings.Contains(text.String(), "lost-sale'") {
		t.Errorf("%v:\n%s", err, &text)
	}
	if err := WriteCollectionsJUnit(&junit, []*Collection{c}); err != nil || !strings.Contains(junit.String(), `failures="1"`) {
		t.Errorf("%v:\n%s", err, &junit)
	}
}

package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot"

	"github.com/seckill-bench/seckill/scenario/check"
)

var samples = flag.String("samples", "", "write the pictures and the page of some sales below this folder")

// sampleSummaries are sales of every kind and size a picture must suit.
func sampleSummaries(t *testing.T) map[string]*Summary {
	stalled := poisson(12_000, 12_000, 4_000)
	stalled.stall = 400 * time.Millisecond
	broken := crowd(5000, 1000)
	broken.lostShare, broken.droppedShare, broken.auditOff = 0.02, 0.03, -7
	lost := crowd(100, 10)
	lost.lostShare = 1
	return map[string]*Summary{
		"burst":   crowd(5000, 1000).summary(t),
		"stalled": stalled.summary(t),
		"closed":  closed(10_000, 100, 2_000).summary(t),
		"broken":  broken.summary(t),
		"lost":    lost.summary(t),
		"ten":     crowd(10, 3).summary(t),
		"one":     crowd(1, 3).summary(t),
		"few":     poisson(10, 5, 3).summary(t),
		"extreme": summarize(t, extreme(), check.Verdict{Opinion: check.Unknown}),
		"lots":    severalItems(t),
		"returns": givenBack(t),
		"once":    hurtOnce(t),
		"often":   hurtOften(t),
		"several": hurtTogether(t),
		"nothing": summarize(t, nothing(), check.Verdict{Opinion: check.Unknown}),
	}
}

func TestWriteSamples(t *testing.T) {
	if *samples == "" {
		t.Skip("only with -samples DIR")
	}
	all := sampleSummaries(t)
	all["open"], all["killed"], all["invalid"] = openRun(t), killed(t), invalidBurst(t)
	all["expected"], all["explained"] = lossy(t), explained(t)
	all["million"] = poisson(1_000_000, 20_000, 500_000).summary(t)
	for name, s := range all {
		dir := filepath.Join(*samples, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := WriteFolder(dir, s); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPicturesAreWellFormed(t *testing.T) {
	for name, s := range sampleSummaries(t) {
		for _, p := range pictures(s) {
			file, err := p.svg()
			if err != nil {
				t.Fatal(err)
			}
			inline, err := p.inline(narrow)
			if err != nil {
				t.Fatal(err)
			}
			for form, svg := range map[string][]byte{"file": file, "inline": []byte(inline)} {
				if err := wellFormed(svg); err != nil {
					t.Errorf("%s, %s.svg, %s: %v", name, p.name, form, err)
				}
			}
		}
	}
}

func wellFormed(doc []byte) error {
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestPictureSizes(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(writePlots(dir, pictures(crowd(10, 3).summary(t)))...); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"latency", "timeline", "stock", "rank"} {
		f, err := os.Open(filepath.Join(dir, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if c, err := png.DecodeConfig(f); err != nil || c.Width != 1440 || c.Height < 400 || c.Height > 1440 {
			t.Errorf("%s.png: %d × %d dots, %v; want 1440 across, 400 to 1440 high", name, c.Width, c.Height, err)
		}
	}
}

func TestPicturesOfEachSale(t *testing.T) {
	summaries := sampleSummaries(t)
	for _, row := range []struct{ sale, want, reason string }{
		{"burst", "latency timeline stock rank", "a burst has ranks"},
		{"stalled", "latency timeline stock", "an open run has none"},
		{"closed", "latency timeline stock", "nor has a closed one"},
		{"lots", "latency timeline stock", "200 items in turn are one sale"},
		{"returns", "latency timeline stock rank", "releases do not rank"},
		{"one", "latency timeline stock rank", "a single attempt is still drawn"},
		{"lost", "timeline stock", "nobody was answered: no latency, no ranks, and no empty axes for them"},
		{"nothing", "", "nobody came"},
	} {
		var names []string
		for _, p := range pictures(summaries[row.sale]) {
			names = append(names, p.name)
		}
		if got := strings.Join(names, " "); got != row.want {
			t.Errorf("%s: pictures %q, want %q: %s", row.sale, got, row.want, row.reason)
		}
	}
}

func TestAxesHaveARangeAndTicks(t *testing.T) {
	for name, s := range sampleSummaries(t) {
		for _, p := range pictures(s) {
			for i, panel := range p.panels {
				for which, axis := range map[string]plot.Axis{"x": panel.X, "y": panel.Y} {
					if !(axis.Min < axis.Max) || math.IsInf(axis.Max-axis.Min, 0) {
						t.Errorf("%s, %s, panel %d: %s runs from %g to %g", name, p.name, i, which, axis.Min, axis.Max)
					}
					if n := labelled(axis); n < 2 && i == len(p.panels)-1 || n > 12 {
						t.Errorf("%s, %s, panel %d: %s has %d labelled ticks from %g to %g", name, p.name, i, which, n, axis.Min, axis.Max)
					}
				}
				if len(panel.key) == 0 || panel.y == "" {
					t.Errorf("%s, %s, panel %d has no key or no label", name, p.name, i)
				}
			}
		}
	}
}

func labelled(axis plot.Axis) (n int) {
	for _, t := range axis.Tick.Marker.Ticks(axis.Min, axis.Max) {
		if !t.IsMinor() {
			n++
		}
	}
	return n
}

func TestPaintsDiffer(t *testing.T) {
	style, err := pages.ReadFile("page.html.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, p := range paints {
		for _, key := range []string{p.name, fmt.Sprint(p.R, p.G, p.B)} {
			if seen[key] {
				t.Errorf("two paints are %s", key)
			}
			seen[key] = true
		}
		if n := strings.Count(string(style), "--"+p.name+":"); n != 2 {
			t.Errorf("the page gives --%s %d values, want one for light and one for dark", p.name, n)
		}
	}
}

func TestInlinePicturesLeaveColoursToThePage(t *testing.T) {
	for _, p := range pictures(crowd(5000, 1000).summary(t)) {
		svg, err := p.inline(wide)
		if err != nil {
			t.Fatal(err)
		}
		if at := regexp.MustCompile("#[0-9A-Fa-f]{6}").FindString(svg); at != "" {
			t.Errorf("%s has a colour of its own: %s", p.name, at)
		}
	}
}

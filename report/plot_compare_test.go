package report

import (
	"bytes"
	"cmp"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"github.com/seckill-bench/seckill/scenario/compare"
)

func TestComparisonPictures(t *testing.T) {
	for _, name := range []string{"wrong", "limit", "one", "none"} {
		c := contests[name](t)
		all := comparisonPictures(c)
		if len(all) != 2 || all[0].name != "paired" || all[1].name != "percentiles" {
			t.Errorf("%s: %d pictures", name, len(all))
		}
		for _, p := range all {
			for _, panel := range p.panels {
				if x := panel.X; !(x.Min < x.Max) || labelled(x) < 2 || len(panel.key) == 0 {
					t.Errorf("%s, %s: from %g to %g with %d labelled ticks", name, p.name, x.Min, x.Max, labelled(x))
				}
			}
			inline, err := p.inline(narrow)
			if err != nil {
				t.Fatal(err)
			}
			if err := wellFormed([]byte(inline)); err != nil {
				t.Errorf("%s, %s: %v", name, p.name, err)
			}
			if at := regexp.MustCompile("#[0-9A-Fa-f]{6}").FindString(inline); at != "" {
				t.Errorf("%s, %s has a colour of its own: %s", name, p.name, at)
			}
			for i := range c.Variants {
				if n := c.Variants[i].Name; len(n) < 20 && !strings.Contains(inline, ">"+n) && n != "lost" && (i > 0 || p.name == "percentiles") {
					t.Errorf("%s, %s does not name %s", name, p.name, n)
				}
			}
		}
	}
}

func TestComparisonPicturesAreFiles(t *testing.T) {
	dir := t.TempDir()
	if err := writeComparisonPlots(dir, contests["one"](t)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"paired", "percentiles"} {
		file, err := os.ReadFile(filepath.Join(dir, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if c, err := png.DecodeConfig(bytes.NewReader(file)); err != nil || c.Width != 1440 || c.Height < 250 {
			t.Errorf("%s.png: %d × %d dots, %v", name, c.Width, c.Height, err)
		}
		file, err = os.ReadFile(filepath.Join(dir, name+".svg"))
		if err := cmp.Or(err, wellFormed(file)); err != nil || !strings.Contains(string(file), "seed 1") {
			t.Errorf("%s.svg: %v, or without its conditions", name, err)
		}
	}
}

func TestLongTitlesFit(t *testing.T) {
	long := strings.Repeat("long ", 60)
	p := picture{title: long, conditions: long, height: 100, panels: []panel{{Plot: newPlot("x")}}}
	p.panels[0].rangeOf(0, 1, 0, 1)
	file, err := p.svg()
	if err != nil || strings.Contains(string(file), long) || strings.Count(string(file), "…") != 2 {
		t.Errorf("a title runs out of its picture: %v", err)
	}
}

func TestManyVariantsAreShownInLess(t *testing.T) {
	many := contests["many"](t)
	if got, want := comparisonConditions(many), "scripts: 7 variants beside once, 10 rounds on redis 7.0.15 · burst · seed 1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if one := many.pairedRows(metricsDrawn(len(many.Contrasts))); len(one) != 7 || one[0].heading != "" || one[0].label != "naive: wrong" {
		t.Errorf("of seven variants %d rows are drawn, the first %+v", len(one), one[0])
	}
	if page := comparisonPageOf(t, many); len(page) > 400_000 {
		t.Errorf("the page of 88 runs has %d bytes", len(page))
	}
}

func TestNoPictureWithoutAFigure(t *testing.T) {
	lost := func(name string) entrant { return entrant{name: name, cost: 1, lost: 1} }
	c := contest(t, ComparisonOptions{}, modelBurst, 100, 6, lost("once"), lost("decr"))
	for i := range c.Contrasts {
		for k := range c.Contrasts[i].Rows {
			c.Contrasts[i].Rows[k].Estimate = compare.Estimate{}
		}
	}
	if all := comparisonPictures(c); len(all) != 0 {
		t.Errorf("%d pictures of nothing, the first %s", len(all), all[0].name)
	}
}

func TestCurvesEndWhereTheyMust(t *testing.T) {
	curves, open := contests["limit"](t).variantCurves()
	if !open || len(curves) != 4 {
		t.Fatalf("%d curves, open %t", len(curves), open)
	}
	base, head := curves[0], curves[1]
	if end := base.curve[len(base.curve)-1].X; math.Abs(end-1200) > 1 {
		t.Errorf("12,000 attempts are drawn up to 1/(1−q) = %g, want 1,200: ten lie beyond", end)
	}
	share := float64(head.pooled.missed()) / float64(head.pooled.missed()+head.pooled.count())
	if end := head.curve[len(head.curve)-1].X; end > 1/share || end < 0.9/share {
		t.Errorf("with a share of %g not answered the curve ends at %g, want %g", share, end, 1/share)
	}
	times := newTimeAxis(base.curve, head.curve)
	l := lanesOf(curves, times, 1200)
	if l.of(0) != -1 || l.of(1) != 0 || math.Abs(l.list[0].from*share-1) > 1e-9 {
		t.Errorf("the bars are %+v", l.list)
	}
	if top := l.above(times); top <= times.hi {
		t.Errorf("the bars stand in the curves: the axis ends at %g, was %g", top, times.hi)
	}
}

func TestEachCurveHasALine(t *testing.T) {
	seen := map[string]int{}
	for i := range 19 {
		s := variantStyle(i, 1)
		key := fmt.Sprint(paints[s.Color.(paint)].name, s.Dashes)
		if other, twice := seen[key]; twice {
			t.Errorf("variants %d and %d are both drawn as %s", other, i, key)
		}
		seen[key] = i
	}
}

func TestPairedRows(t *testing.T) {
	c := contests["limit"](t)
	rows := c.pairedRows(2)
	if rows[0].heading != "head.lua" || rows[0].limit != 0.95 || rows[1].heading != "" || rows[1].limit != 0 {
		t.Errorf("the first rows are %+v and %+v", rows[0], rows[1])
	}
	for _, row := range []struct {
		reason    string
		ratio     float64
		lower     bool
		wrong     bool
		adjusted  float64
		want      paint
		wantLimit float64
	}{
		{"more is better", 1.2, false, false, 0.01, blue, 0.95},
		{"less of what should be more", 0.8, false, false, 0.01, vermilion, 0.95},
		{"less is better", 0.8, true, false, 0.01, blue, 1.05},
		{"more of what should be less", 1.2, true, false, 0.01, vermilion, 1.05},
		{"it may be chance", 1.2, false, false, 0.2, muted, 0.95},
		{"wrong is not better", 1.2, false, true, 0.01, muted, 0.95},
		{"wrong and worse", 0.8, false, true, 0.01, vermilion, 0.95},
	} {
		r := ContrastRow{Metric: Metric{Lower: row.lower}, Adjusted: row.adjusted, Estimate: compare.Estimate{Rounds: 6, Ratio: row.ratio, Low: row.ratio - 0.1, High: row.ratio + 0.1, Confidence: 0.95}}
		if got := (&pairedRow{ContrastRow: &r, wrong: row.wrong}).paint(); got != row.want {
			t.Errorf("%s: painted %s, want %s", row.reason, paints[got].name, paints[row.want].name)
		}
		if got := r.limit(ptr(0.05)); math.Abs(got-row.wantLimit) > 1e-9 || r.limit(nil) != 0 {
			t.Errorf("%s: the limit is at %g, want %g", row.reason, got, row.wantLimit)
		}
	}
	wrong := contests["wrong"](t).pairedRows(4)
	at := slices.IndexFunc(wrong, func(r pairedRow) bool { return strings.HasPrefix(r.heading, "naive") })
	if at < 0 || wrong[at].heading != "naive: wrong" {
		t.Error("the picture does not say that naive is wrong")
	}
}

func TestRatiosBeyondAllMeasureAreDrawn(t *testing.T) {
	r := ContrastRow{BaseRounds: []float64{1, 1, math.Inf(1), math.NaN()}, Rounds: []float64{2, math.Inf(1), 1, 1}, Estimate: compare.Estimate{Rounds: 3, Ratio: 2}}
	rows := pairedRows{{label: "x", ContrastRow: &r}}
	lo, hi := rows.span()
	if lo >= 1 || lo < 0.9 || hi <= 2 || hi > 2.5 {
		t.Errorf("the axis runs from %g to %g; want from about 1 to about 2", lo, hi)
	}
	if got := r.ratios(); got[0] != 2 || !math.IsInf(got[1], 1) || got[2] != 0 || !math.IsNaN(got[3]) {
		t.Errorf("the ratios are %g", got)
	}
	p := picture{panels: []panel{{Plot: newPlot("x")}}, height: 200}
	p.panels[0].Add(rows)
	p.panels[0].rangeOf(lo, hi, 0, 1)
	drawn, err := p.inline(narrow)
	if n := strings.Count(drawn, "A2,2"); err != nil || n < 3 {
		t.Errorf("%d arcs of dots are drawn, want those of three: %v", n, err)
	}
}

func TestSpread(t *testing.T) {
	for _, row := range []struct {
		heights, want []vg.Length
		reason        string
	}{
		{[]vg.Length{10, 50, 90}, []vg.Length{10, 50, 90}, "room enough"},
		{[]vg.Length{50, 51, 52}, []vg.Length{50, 60, 70}, "one above the other"},
		{[]vg.Length{97, 98, 99}, []vg.Length{80, 90, 100}, "not above the top"},
		{[]vg.Length{-5, -4, 99}, []vg.Length{0, 10, 99}, "nor below the bottom"},
	} {
		if got := spread(row.heights, 10, 0, 100); !slices.Equal(got, row.want) {
			t.Errorf("%v to %v, want %v: %s", row.heights, got, row.want, row.reason)
		}
	}
}

func TestShortened(t *testing.T) {
	style := textStyle(ink, sizeText)
	const long = "server_config=appendonly yes appendfsync always"
	if got := shortened("once", style, 100); got != "once" {
		t.Errorf("a short text became %q", got)
	}
	got := shortened(long, style, 100)
	if style.Width(got) > 100 || !strings.HasPrefix(got, "server") || !strings.HasSuffix(got, "always") || !strings.Contains(got, "…") {
		t.Errorf("%q is %g points wide", got, style.Width(got).Points())
	}
}

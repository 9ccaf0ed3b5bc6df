package report

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A timeline draws a series as panels above each other on one time axis.
type timeline struct {
	*Summary
	*series
	unit timeUnit
	// edges are where the bins begin, and where the last one ends, in unit.
	edges []float64
}

// timelinePicture draws rate, latency and outcomes over time.
func timelinePicture(s *Summary) (picture, bool) {
	t := timeline{Summary: s, series: s.series.coarse()}
	bins := t.filled()
	t.unit = unitOf(int64(len(bins)) * t.width())
	for i := range bins {
		t.edges = append(t.edges, t.unit.of(int64(i)*t.width()))
	}
	t.edges = append(t.edges, t.unit.of(t.last))
	panels := []panel{t.rates()}
	if latency, ok := t.latency(); ok {
		panels = append(panels, latency)
	}
	panels = append(panels, t.outcomes())
	t.bottom(panels)
	return picture{
		name: "timeline", title: "The sale over time", height: 170 * vg.Length(len(panels)), panels: panels,
		caption: t.caption(),
	}, true
}

func (t *timeline) caption() string {
	width := shortDuration(float64(t.width()))
	small := "In a step of fewer than 100 attempts p99 is the slowest of them."
	if len(t.verbsAfter()) > 0 {
		small += " Latency and outcomes are of purchases alone; the rates count releases and confirmations too."
	}
	if t.byReturn {
		return fmt.Sprintf("In a burst all are due at once, so each attempt stands where its reply came back, in steps of %s. %s", width, small)
	}
	return fmt.Sprintf("Each attempt stands where it was due, in steps of %s, so a stall is a mountain of latency and not a gap; completions are counted where they came back. %s", width, small)
}

// bottom writes the time axis under the last panel, and nowhere else.
func (t *timeline) bottom(panels []panel) {
	for i := range panels {
		p := panels[i].Plot
		p.X.Min, p.X.Max = 0, t.edges[len(t.edges)-1]
		if i < len(panels)-1 {
			p.X.Tick.Marker = noLabels{niceTicks{}}
			continue
		}
		by := "due instant"
		if t.byReturn {
			by = "instant of return"
		}
		p.X.Label.Text = fmt.Sprintf("%s, %s since the doors opened", by, t.unit.name)
	}
}

// perSecond turns a count in a bin into a rate. A sale often ends early in its
// last bin; to divide by what it covers of it would show a peak of noise.
func (t *timeline) perSecond(n int64) float64 {
	length := t.width()
	if t.used == 1 {
		length = max(t.last, 1)
	}
	return float64(n) * 1e9 / float64(length)
}

// rates is the panel of attempts due and completed. The due rate of a burst
// would be a needle that hides the rest.
func (t *timeline) rates() panel {
	p := panel{Plot: newPlot(""), y: "attempts/s"}
	t.shadeFaults(&p, t.unit)
	bins := t.filled()
	due, done := make([]float64, len(bins)), make(plotter.XYs, len(bins)+1)
	top := 0.0
	for i, b := range bins {
		due[i] = t.perSecond(b.due)
		done[i] = plotter.XY{X: t.edges[i], Y: t.perSecond(b.answered)}
		top = max(top, done[i].Y)
		if !t.byReturn {
			top = max(top, due[i])
		}
	}
	done[len(bins)] = plotter.XY{X: t.edges[len(bins)], Y: done[len(bins)-1].Y}
	if !t.byReturn {
		p.show("due", area{x: t.edges, from: make([]float64, len(due)), to: due, paint: pale})
	}
	p.show("completed", steps(done, stroke(blue, lineThick)))
	t.showSoldOut(&p, t.unit)
	t.showEvents(&p, t.unit)
	p.rangeOf(0, 1, 0, max(1.08*top, 1))
	return p
}

// latency is the panel of the median and the 99th percentile; false when no
// attempt was answered.
func (t *timeline) latency() (panel, bool) {
	what := "response"
	if t.byReturn {
		what = "service"
	}
	p50, _ := t.percentile(0.5)
	p99, lost := t.percentile(0.99)
	axis := newTimeAxis(append(slices.Clone(p50), p99...)...)
	if axis.hi == 0 {
		return panel{}, false
	}
	p := panel{Plot: newPlot("")}
	t.shadeFaults(&p, t.unit)
	axis.label(&p, what)
	if slices.Contains(lost, true) {
		p.show("p99 not answered", t.columns(lost, axis, shade))
	}
	p.showSpans(what+" p99", p99, axis, orange)
	p.showSpans(what+" p50", p50, axis, blue)
	p.rangeOf(0, 1, axis.lo, axis.hi)
	t.markAll(&p, t.unit)
	return p, true
}

// percentile returns the quantile q, in ns, in the middle of each bin, as
// stretches of neighbouring bins that have one, and which bins have it among
// the attempts not answered.
func (t *timeline) percentile(q float64) (stretches []plotter.XYs, lost []bool) {
	lost = make([]bool, t.used)
	open := false
	for i, b := range t.filled() {
		if b.latency == nil {
			open = false
			continue
		}
		ns, ok := b.latency.quantile(q)
		lost[i] = !ok
		if ok && !open {
			stretches = append(stretches, nil)
		}
		if open = ok; ok {
			last := &stretches[len(stretches)-1]
			*last = append(*last, plotter.XY{X: (t.edges[i] + t.edges[i+1]) / 2, Y: float64(ns)})
		}
	}
	return stretches, lost
}

// columns shades whole bins.
func (t *timeline) columns(which []bool, axis timeAxis, c paint) area {
	a := area{x: t.edges, from: make([]float64, t.used), to: make([]float64, t.used), paint: c}
	for i := range which {
		a.from[i], a.to[i] = axis.lo, axis.lo
		if which[i] {
			a.to[i] = axis.hi
		}
	}
	return a
}

// outcomes is the panel of what the attempts came to, stacked.
func (t *timeline) outcomes() panel {
	p := panel{Plot: newPlot(""), y: "outcomes/s"}
	t.shadeFaults(&p, t.unit)
	bins := t.filled()
	floor := make([]float64, len(bins))
	top := 0.0
	for _, o := range sale.Outcomes {
		if t.Counts[o] == 0 {
			continue
		}
		ceiling := make([]float64, len(bins))
		for i, b := range bins {
			ceiling[i] = floor[i] + t.perSecond(b.outcomes[o])
			top = max(top, ceiling[i])
		}
		p.show(o.String()+" "+thousands(t.Counts[o]), area{x: t.edges, from: floor, to: ceiling, paint: outcomePaints[o]})
		floor = ceiling
	}
	t.markAll(&p, t.unit)
	p.rangeOf(0, 1, 0, max(1.08*top, 1))
	return p
}

// showSpans draws a line through each stretch, and a dot for one that is too
// short for a line.
func (p *panel) showSpans(text string, stretches []plotter.XYs, axis timeAxis, c paint) {
	p.key = append(p.key, keyEntry{text, line(nil, stroke(c, lineThick))})
	for _, stretch := range stretches {
		at := axis.points(stretch)
		p.Add(line(at, stroke(c, lineThick)))
		if len(at) <= 2 {
			p.Add(dots{at, c, 2})
		}
	}
}

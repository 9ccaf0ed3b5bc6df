package report

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	// runsDrawn is the most variants whose runs are drawn one by one: of more
	// nobody can tell which run is whose.
	runsDrawn = 4
	// laneHeight is the height of a bar of attempts that were not answered.
	laneHeight = vg.Length(7)
	// runPoints is how many percentiles the thin curve of a run is drawn through.
	runPoints = 80
	// dataHeight is about how high the data of a picture are, laneRoom the most of it
	// that bars may take.
	dataHeight, laneRoom = vg.Length(230), 0.5
)

// A variantCurve is the times of a variant: all counted runs together, and each.
type variantCurve struct {
	name   string
	number int
	pooled *distribution
	curve  plotter.XYs
	runs   []plotter.XYs
}

// percentilesPicture draws time against percentile, a curve a variant.
func percentilesPicture(c *Comparison) (picture, bool) {
	curves, open := c.variantCurves()
	last, all := 1.0, []plotter.XYs{}
	for i := range curves {
		last = max(last, sureUpTo(curves[i].pooled))
		all = append(append(all, curves[i].curve), curves[i].runs...)
	}
	times := newTimeAxis(all...)
	if times.hi == 0 {
		return picture{}, false
	}
	what := "service"
	if open {
		what = "response"
	}
	p := panel{Plot: newPlot("percentile of the attempts")}
	times.label(&p, what)
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, percentileTicks{}
	lanes := lanesOf(curves, times, last)
	times.hi = lanes.above(times)
	p.drawCurves(curves, times, lanes)
	p.rangeOf(1, last, times.lo, times.hi)
	return picture{
		name: "percentiles", title: upperFirst(what) + " by percentile, all rounds together", panels: []panel{p},
		height: max(300, 90+endLine*vg.Length(len(curves))), caption: percentilesCaption(open, lanes),
	}, true
}

// variantCurves are those of the variants that have enough attempts for one, of
// response for open arrivals and else of service.
func (c *Comparison) variantCurves() (all []variantCurve, open bool) {
	for i := range c.Variants {
		v := variantCurve{name: Plain(c.Variants[i].Name), number: i, pooled: newDistribution(digits)}
		for _, run := range c.Variants[i].Runs {
			d := run.Summary.service
			if run.Summary.Head.Model == modelOpen {
				open, d = true, run.Summary.response
			}
			v.pooled.merge(d)
			if len(c.Variants) <= runsDrawn && len(c.Variants[i].Runs) > 1 {
				v.runs = append(v.runs, sureCurve(d, runPoints))
			}
		}
		if v.curve = sureCurve(v.pooled, curvePoints); v.pooled.count()+v.pooled.missed() >= 2*beyond {
			all = append(all, v)
		}
	}
	return all, open
}

// sureUpTo is the 1/(1−q) up to which at least ten attempts lie beyond.
func sureUpTo(d *distribution) float64 { return float64(d.count()+d.missed()) / beyond }

// sureCurve is the curve up to there.
func sureCurve(d *distribution, points int) plotter.XYs {
	last := sureUpTo(d)
	if d.count() == 0 || last < 2 {
		return nil
	}
	curve := percentileCurve(d, last, points)
	if d.missed() == 0 { // its end is the slowest of all, which lies further right
		ns, _ := d.quantile(1 - 1/last)
		curve[len(curve)-1].Y = float64(ns)
	}
	return curve
}

func (p *panel) drawCurves(curves []variantCurve, times timeAxis, lanes lanes) {
	p.Add(lanes)
	for _, v := range curves {
		for _, run := range v.runs {
			p.Add(line(times.points(run), variantStyle(v.number, 0.4)))
		}
	}
	for i, v := range slices.Backward(curves) { // the base on top
		at := times.points(v.curve)
		p.Add(line(at, variantStyle(v.number, lineThick)))
		end := endLabel{text: v.name, style: variantStyle(v.number, lineThick)}
		switch k := lanes.of(i); {
		case k >= 0:
			end.down, end.lane = lanes.middle(k), true
		case len(at) > 0:
			end.from = at[len(at)-1]
		default:
			continue
		}
		p.ends = append(p.ends, end)
	}
	p.key = append(p.key, keyEntry{"all rounds", line(nil, stroke(muted, lineThick))})
	if slices.ContainsFunc(curves, func(v variantCurve) bool { return len(v.runs) > 0 }) {
		p.key = append(p.key, keyEntry{"each round", line(nil, stroke(muted, 0.4))})
	}
	for _, v := range curves {
		if d := v.pooled; d.missed() > 0 {
			text := fmt.Sprintf("%s: %s not answered", shortened(v.name, textStyle(ink, sizeText), 110), share(d.missed(), d.count()+d.missed()))
			p.key = append(p.key, keyEntry{text, laneSample{variantStyle(v.number, laneHeight-3)}})
		}
	}
}

func percentilesCaption(open bool, l lanes) string {
	text := "Each step to the right looks at a tenth as many, slower attempts; the height is the time that the share below stayed within. A curve ends where fewer than ten attempts lie beyond. "
	if open {
		text += "Response counts from the instant an attempt was due, so waiting for a stalled server is in it."
	} else {
		text += "Service counts from the call, so a queue of buyers is not in it."
	}
	if len(l.list) > 0 {
		text += " A bar at the top is the share that was not answered, which counts as longer than anything."
	}
	return text
}

// lanes are bars at the top of a panel, over the share of each variant that was
// not answered.
type lanes struct {
	list []lane
	last float64
}

// A lane begins at a percentile, over the end of the curve there, if it has one.
type lane struct {
	curve int
	from  float64
	end   plotter.XYs
	style draw.LineStyle
}

// lanesOf are the bars of the variants whose share is within the picture.
func lanesOf(curves []variantCurve, times timeAxis, last float64) lanes {
	l := lanes{last: last}
	for i, v := range curves {
		n, missed := v.pooled.count()+v.pooled.missed(), v.pooled.missed()
		if missed == 0 || float64(n)/float64(missed) >= last {
			continue
		}
		bar := lane{curve: i, from: float64(n) / float64(missed), style: variantStyle(v.number, laneHeight-3)}
		if at := times.points(v.curve); len(at) > 0 {
			bar.end = at[len(at)-1:]
		}
		l.list = append(l.list, bar)
	}
	return l
}

// of is the number of a curve's bar; -1: it has none.
func (l lanes) of(curve int) int {
	return slices.IndexFunc(l.list, func(b lane) bool { return b.curve == curve })
}

// middle is how far below the top a bar is.
func (l lanes) middle(k int) vg.Length { return laneHeight*vg.Length(k) + laneHeight/2 + 1 }

// height is that of all bars.
func (l lanes) height() vg.Length { return laneHeight*vg.Length(len(l.list)) + 2 }

// above is the top of an axis on which no curve reaches into the bars.
func (l lanes) above(t timeAxis) float64 {
	if len(l.list) == 0 {
		return t.hi
	}
	room := 1 / (1 - min(float64(l.height()/dataHeight), laneRoom))
	if t.logarithmic {
		return t.lo * math.Pow(t.hi/t.lo, room)
	}
	return t.lo + (t.hi-t.lo)*room
}

// Plot implements plot.Plotter.
func (l lanes) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	first := l.last
	for _, b := range l.list {
		first = min(first, b.from)
	}
	if len(l.list) > 0 {
		c.FillPolygon(shade, []vg.Point{{X: toX(first), Y: c.Max.Y - l.height()}, {X: c.Max.X, Y: c.Max.Y - l.height()}, {X: c.Max.X, Y: c.Max.Y}, {X: toX(first), Y: c.Max.Y}})
	}
	for k, b := range l.list {
		y := c.Max.Y - l.middle(k)
		for _, end := range b.end {
			c.StrokeLine2(dashes(b.style.Color.(paint), lineThin), toX(b.from), toY(end.Y), toX(b.from), y)
		}
		c.StrokeLine2(b.style, toX(b.from), y, c.Max.X, y)
	}
}

// A laneSample stands for a bar in the key.
type laneSample struct{ style draw.LineStyle }

// Thumbnail implements plot.Thumbnailer.
func (l laneSample) Thumbnail(c *draw.Canvas) {
	c.SetColor(shade)
	c.Fill(c.Rectangle.Path())
	c.StrokeLine2(l.style, c.Min.X+3, c.Center().Y, c.Max.X, c.Center().Y)
}

package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	// headingHeight is that of a variant's name, rowText that of the line above a
	// strip, stripHeight that of the strip.
	headingHeight, rowText, stripHeight = vg.Length(22), vg.Length(15), vg.Length(24)
	rowHeight                           = rowText + stripHeight + 4
	// axisHeight is about what the axis and the key take.
	axisHeight = vg.Length(62)
)

// A pairedRow is one metric of a variant; a row with a heading begins a variant.
type pairedRow struct {
	heading, label string
	// wrong: the variant is, so that nothing of it is better.
	wrong bool
	// under: the row stands under a heading, its own or an earlier one.
	under bool
	*ContrastRow
	// limit is the ratio beyond which it is a regression; 0: none was asked for.
	limit float64
}

// metricsDrawn is how many metrics of each variant are drawn: the primary one and
// a few, and of many variants it alone.
func metricsDrawn(variants int) int {
	switch {
	case variants <= 2:
		return 4
	case variants <= 4:
		return 2
	}
	return 1
}

// pairedPicture draws, for each variant and metric, the ratio to the base of each
// round.
func pairedPicture(c *Comparison) (picture, bool) {
	rows := c.pairedRows(metricsDrawn(len(c.Contrasts)))
	lo, hi := rows.span()
	if lo == 0 {
		return picture{}, false
	}
	base := Plain(c.Variants[0].Name)
	p := panel{Plot: newPlot("ratio to " + shortened(base, textStyle(ink, sizeText), 120) + ", log scale")}
	p.HideY()
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ratioTicks{}
	p.Add(rows)
	p.key = rows.key()
	p.rangeOf(lo, hi, 0, 1)
	title := "Ratio to " + base + ", round by round"
	if rows[0].heading == "" {
		title = upperFirst(Plain(rows[0].Name)) + ": r" + title[1:]
	}
	return picture{
		name: "paired", title: title, panels: []panel{p}, height: axisHeight + rows.height(),
		caption: "Each dot is one round, the first at the top: a slope is drift. The bar is the interval of the ratio with 95% confidence, the line in it the estimate; a bar across 1 shows no difference.",
	}, true
}

// pairedRows are the first metrics of each variant, less those without a figure.
// With one metric each the variant is the label.
func (c *Comparison) pairedRows(most int) (rows pairedRows) {
	for i := range c.Contrasts {
		x := &c.Contrasts[i]
		name := Plain(x.Variant)
		wrong := len(c.variant(x.Variant).broken()) > 0
		if wrong {
			name += ": wrong"
		}
		drawn := 0
		for k := range x.Rows {
			if drawn == most || k > 0 && x.Rows[k].Estimate.Rounds == 0 {
				continue
			}
			row := pairedRow{label: label(&x.Rows[k].Metric), under: most > 1, wrong: wrong, ContrastRow: &x.Rows[k]}
			if k == 0 {
				row.heading, row.limit = name, x.Rows[k].limit(c.Options.MaxRegression)
			}
			if most == 1 {
				row.heading, row.label = "", name
			}
			rows = append(rows, row)
			drawn++
		}
	}
	return rows
}

// label names a metric, and says which way is better where it is not more.
func label(m *Metric) string {
	if m.Lower {
		return Plain(m.Name) + ", less is better"
	}
	return Plain(m.Name)
}

// limit is the ratio at which a regression begins; 0: nobody asked.
func (r *ContrastRow) limit(share *float64) float64 {
	switch {
	case share == nil:
		return 0
	case r.Lower:
		return 1 + *share
	}
	return 1 - *share
}

// ratios are those of the rounds, NaN where one lacks the figure.
func (r *ContrastRow) ratios() []float64 {
	all := make([]float64, min(len(r.BaseRounds), len(r.Rounds)))
	for i := range all {
		all[i] = r.Rounds[i] / r.BaseRounds[i]
	}
	return all
}

// estimateText is the ratio with its interval in a line.
func (r *ContrastRow) estimateText() string {
	switch {
	case r.Estimate.Rounds == 0:
		return "no round has both"
	case r.Confidence == 0:
		return fmt.Sprintf("× %s, no interval from %s", ratioText(r.Ratio), roundsOf(r.Estimate.Rounds))
	}
	return fmt.Sprintf("× %s (%s .. %s)", ratioText(r.Ratio), ratioText(r.Low), ratioText(r.High))
}

// paint is blue for better, vermilion for worse, and muted where neither is shown
// or the variant is wrong.
func (r *pairedRow) paint() paint {
	switch r.side() {
	case "better":
		if r.wrong {
			return muted
		}
		return blue
	case "worse":
		return vermilion
	}
	return muted
}

// pairedRows draw themselves one below the other.
type pairedRows []pairedRow

// span is the range of all that is drawn, with some room; 0 where no row has a
// figure.
func (rows pairedRows) span() (lo, hi float64) {
	lo, hi = 1, 1
	found := false
	for _, r := range rows {
		values := append(r.ratios(), r.limit)
		if r.Confidence > 0 {
			values = append(values, r.Low, r.High)
		}
		for _, v := range values {
			if v > 0 && !math.IsInf(v, 1) { // NaN is not
				lo, hi = min(lo, v), max(hi, v)
			}
		}
		found = found || r.Estimate.Rounds > 0
	}
	if !found {
		return 0, 0
	}
	room := max(math.Pow(hi/lo, 0.06), 1.02)
	return lo / room, hi * room
}

// height is that of all rows.
func (rows pairedRows) height() (h vg.Length) {
	for _, r := range rows {
		h += rowHeight
		if r.heading != "" {
			h += headingHeight
		}
	}
	return h
}

func (rows pairedRows) key() []keyEntry {
	key := []keyEntry{{"a round", dots{nil, muted, 2.5}}, {"95% interval, estimate", intervalSample{muted}}}
	for _, side := range []struct {
		text  string
		paint paint
	}{{"better", blue}, {"worse", vermilion}} {
		for _, r := range rows {
			if r.paint() == side.paint {
				key = append(key, keyEntry{side.text, dots{nil, side.paint, 2.5}})
				break
			}
		}
	}
	for _, r := range rows {
		if r.limit > 0 {
			return append(key, keyEntry{fmt.Sprintf("regression: beyond %s", shortNumber(r.limit)), limitSample{}})
		}
	}
	return key
}

// Plot implements plot.Plotter.
func (rows pairedRows) Plot(c draw.Canvas, p *plot.Plot) {
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if x := c.X(p.X.Norm(t.Value)); !t.IsMinor() {
			c.StrokeLine2(stroke(faint, lineThin), x, c.Min.Y, x, c.Max.Y)
		}
	}
	// A key of several lines leaves less than the picture was made for.
	scale := min(c.Size().Y/rows.height(), 1)
	top := c.Max.Y
	for _, r := range rows {
		if r.heading != "" {
			top -= headingHeight * scale
			style := textStyle(ink, sizeTitle-2)
			c.FillText(style, vg.Point{X: c.Min.X, Y: top + 4}, shortened(r.heading, style, c.Size().X))
		}
		top -= rowText
		r.drawText(c, top+4)
		strip := c
		strip.Max.Y, strip.Min.Y = top, top-(rowHeight*scale-rowText-4)
		r.drawStrip(strip, p)
		top = strip.Min.Y - 4
	}
}

// drawText writes the metric on the left and the estimate on the right.
func (r *pairedRow) drawText(c draw.Canvas, y vg.Length) {
	style := textStyle(ink, sizeText)
	room := c.Size().X - style.Width(r.estimateText()) - 8
	if r.under {
		style.Color = muted
	}
	c.FillText(style, vg.Point{X: c.Min.X, Y: y}, shortened(r.label, style, room))
	style.Color, style.XAlign = ink, draw.XRight
	c.FillText(style, vg.Point{X: c.Max.X, Y: y}, r.estimateText())
}

// drawStrip draws the interval, the dots on it, and the limit.
func (r *pairedRow) drawStrip(c draw.Canvas, p *plot.Plot) {
	at := func(ratio float64) vg.Length { return c.X(p.X.Norm(min(max(ratio, p.X.Min), p.X.Max))) }
	fill := func(with paint, from, to, inset vg.Length) {
		c.FillPolygon(with, []vg.Point{{X: from, Y: c.Min.Y + inset}, {X: to, Y: c.Min.Y + inset}, {X: to, Y: c.Max.Y - inset}, {X: from, Y: c.Max.Y - inset}})
	}
	if r.limit > 0 {
		edge := c.Min.X
		if r.Lower {
			edge = c.Max.X
		}
		fill(shade, edge, at(r.limit), 0)
		c.StrokeLine2(dashes(vermilion, 1.25), at(r.limit), c.Min.Y, at(r.limit), c.Max.Y)
	}
	c.StrokeLine2(stroke(ink, lineThin), at(1), c.Min.Y, at(1), c.Max.Y)
	if r.Estimate.Rounds == 0 {
		return
	}
	if r.Confidence > 0 {
		fill(pale, at(r.Low), max(at(r.High), at(r.Low)+1), 3)
	}
	ratios := r.ratios()
	var path vg.Path
	for i, ratio := range ratios {
		if !math.IsNaN(ratio) { // one that is beyond all measure stands at the edge
			y := c.Max.Y - 3 - (c.Size().Y-6)*vg.Length(float64(i)+0.5)/vg.Length(len(ratios))
			path = dots{radius: 2}.dot(path, vg.Point{X: at(ratio), Y: y})
		}
	}
	c.SetColor(r.paint())
	c.Fill(path)
	c.StrokeLine2(stroke(r.paint(), 2), at(r.Ratio), c.Min.Y+1, at(r.Ratio), c.Max.Y-1)
}

// An intervalSample stands for an interval and its estimate in the key.
type intervalSample struct{ paint paint }

// Thumbnail implements plot.Thumbnailer.
func (s intervalSample) Thumbnail(c *draw.Canvas) {
	c.SetColor(pale)
	c.Fill(c.Rectangle.Path())
	c.StrokeLine2(stroke(s.paint, 2), c.Center().X, c.Min.Y-1, c.Center().X, c.Max.Y+1)
}

// A limitSample stands for the limit in the key.
type limitSample struct{}

// Thumbnail implements plot.Thumbnailer.
func (limitSample) Thumbnail(c *draw.Canvas) {
	c.SetColor(shade)
	c.Fill(c.Rectangle.Path())
	c.StrokeLine2(dashes(vermilion, 1.25), c.Max.X, c.Min.Y-1, c.Max.X, c.Max.Y+1)
}

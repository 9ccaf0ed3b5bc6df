package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	titleHeight = vg.Length(42)
	// margin is left free around a picture.
	margin = vg.Length(8)
	// keyLine is the height of a line of the key, swatch the width of a sample in it.
	keyLine = vg.Length(15)
	swatch  = vg.Length(16)
	// panelGap is left free between two panels.
	panelGap = vg.Length(8)
	// labelWidth is left free for the label of a vertical axis.
	labelWidth = vg.Length(16)
	// lastTick is left free on the right for half the label of the last tick.
	lastTick = vg.Length(14)
)

// A panel is a plot under its key. The key stands above the plot and never
// over the data.
type panel struct {
	*plot.Plot
	// y labels the vertical axis.
	y   string
	key []keyEntry
	// ends name the curves beside their ends.
	ends []endLabel
}

// A keyEntry says what a sample of a line, area or mark stands for.
type keyEntry struct {
	text   string
	sample plot.Thumbnailer
}

// show adds what it draws to the panel and to its key.
func (p *panel) show(text string, what interface {
	plot.Plotter
	plot.Thumbnailer
}) {
	p.Add(what)
	p.key = append(p.key, keyEntry{text, what})
}

// rangeOf fixes the panel's axes.
func (p *panel) rangeOf(xmin, xmax, ymin, ymax float64) {
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = xmin, xmax, ymin, ymax
}

// drawTitled draws the picture under its title.
func (p *picture) drawTitled(c draw.Canvas) {
	c.SetColor(paper)
	c.Fill(c.Rectangle.Path())
	for _, l := range []struct {
		text string
		draw.TextStyle
		down vg.Length
	}{{p.title, textStyle(ink, sizeTitle), 19}, {p.conditions, textStyle(muted, sizeText), 34}} {
		c.FillText(l.TextStyle, vg.Point{X: c.Min.X + margin, Y: c.Max.Y - l.down}, shortened(l.text, l.TextStyle, c.Size().X-2*margin))
	}
	p.draw(draw.Crop(c, 0, 0, 0, -titleHeight))
}

// draw draws the panels one below the other, their vertical axes aligned.
func (p *picture) draw(c draw.Canvas) {
	c = draw.Crop(c, margin, -margin, margin/2, -margin/2)
	n := vg.Length(len(p.panels))
	height := (c.Size().Y - panelGap*(n-1)) / n
	for i := range p.panels {
		tile := c
		tile.Min.Y = c.Max.Y - height
		p.panels[i].draw(tile, p.leftmost(tile))
		c.Max.Y = tile.Min.Y - panelGap
	}
}

// leftmost is where the data of every panel begins.
func (p *picture) leftmost(c draw.Canvas) vg.Length {
	var x, label vg.Length
	for _, panel := range p.panels {
		x = max(x, panel.DataCanvas(c).Min.X)
		if panel.y != "" {
			label = labelWidth
		}
	}
	return x + label
}

// draw draws the key and below it the plot, whose data begin at left.
func (p *panel) draw(c draw.Canvas, left vg.Length) {
	c.Max.Y -= p.drawKey(c, left)
	room := p.endRoom(c)
	c.Max.X -= room
	label := textStyle(ink, sizeText)
	label.Rotation, label.XAlign, label.YAlign = math.Pi/2, draw.XCenter, draw.YTop
	data := p.DataCanvas(c)
	c.FillText(label, vg.Point{X: c.Min.X, Y: data.Center().Y}, p.y)
	c.Min.X += left - data.Min.X
	ticks := p.X.Tick.Marker
	p.X.Tick.Marker = fitted{ticks, p.X, p.DataCanvas(c).Size().X}
	p.Draw(c)
	p.X.Tick.Marker = ticks // another width may have room for more of them
	p.drawEnds(p.DataCanvas(c), room)
}

// drawKey draws the key into as many lines as it needs and returns their height.
func (p *panel) drawKey(c draw.Canvas, left vg.Length) (height vg.Length) {
	style := textStyle(ink, sizeText)
	x, y := left, c.Max.Y-keyLine
	for _, e := range p.key {
		width := swatch + 4 + style.Width(e.text) + 14
		if x > left && x+width > c.Max.X+14 {
			x, y = left, y-keyLine
		}
		box := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: x, Y: y + 3}, Max: vg.Point{X: x + swatch, Y: y + 11},
		}}
		e.sample.Thumbnail(&box)
		c.FillText(style, vg.Point{X: x + swatch + 4, Y: y + 3}, e.text)
		x += width
	}
	return c.Max.Y - y + 6
}

// line is a line through the points.
func line(points plotter.XYs, style draw.LineStyle) *plotter.Line {
	return &plotter.Line{XYs: points, LineStyle: style}
}

// steps is a line that keeps each point's height until the next.
func steps(points plotter.XYs, style draw.LineStyle) *plotter.Line {
	return &plotter.Line{XYs: points, LineStyle: style, StepStyle: plotter.PostStep}
}

// dots are points drawn as one path, which keeps an SVG of thousands small.
type dots struct {
	at     plotter.XYs
	paint  paint
	radius vg.Length
}

// Plot implements plot.Plotter.
func (d dots) Plot(c draw.Canvas, p *plot.Plot) {
	var path vg.Path
	toX, toY := p.Transforms(&c)
	for _, xy := range d.at {
		if at := (vg.Point{X: toX(xy.X), Y: toY(xy.Y)}); c.Contains(at) {
			path = d.dot(path, at)
		}
	}
	c.SetColor(d.paint)
	c.Fill(path)
}

// Thumbnail implements plot.Thumbnailer.
func (d dots) Thumbnail(c *draw.Canvas) {
	d.radius = max(d.radius, 3)
	c.SetColor(d.paint)
	c.Fill(d.dot(nil, c.Center()))
}

// dot adds a circle to a path.
func (d dots) dot(path vg.Path, at vg.Point) vg.Path {
	path.Move(at.Add(vg.Point{X: d.radius}))
	path.Arc(at, d.radius, 0, 2*math.Pi)
	path.Close()
	return path
}

// An area is what lies between two heights over stretches of the horizontal axis.
type area struct {
	// from and to are the heights of each stretch, which begins at the x of
	// its number and ends at the next; x is one longer.
	x, from, to []float64
	paint       paint
}

// Plot implements plot.Plotter.
func (a area) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	var outline []vg.Point
	for i, y := range a.to {
		outline = append(outline, vg.Point{X: toX(a.x[i]), Y: toY(y)}, vg.Point{X: toX(a.x[i+1]), Y: toY(y)})
	}
	for i, y := range slices.Backward(a.from) {
		outline = append(outline, vg.Point{X: toX(a.x[i+1]), Y: toY(y)}, vg.Point{X: toX(a.x[i]), Y: toY(y)})
	}
	c.FillPolygon(a.paint, outline)
}

// Thumbnail implements plot.Thumbnailer.
func (a area) Thumbnail(c *draw.Canvas) { c.SetColor(a.paint); c.Fill(c.Rectangle.Path()) }

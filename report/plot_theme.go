package report

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A paint is a colour of the pictures by its role or hue.
type paint uint8

const (
	paper paint = iota
	ink
	muted
	faint
	pale
	grey
	shade
	orange
	sky
	green
	yellow
	blue
	vermilion
	purple
	veil
	hem
)

// paints holds, for each paint, its colour on white and the name by which the
// page's style sheet knows it; the page has a second colour for dark screens.
// No two are equal, so that a picture's colours can be told apart by value.
// The hues are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which
// differ for the colour-blind.
var paints = [...]struct {
	name string
	color.RGBA
}{
	paper:     {"paper", color.RGBA{0xff, 0xff, 0xff, 0xff}},
	ink:       {"ink", color.RGBA{0x1c, 0x21, 0x28, 0xff}},
	muted:     {"muted", color.RGBA{0x5b, 0x65, 0x71, 0xff}},
	faint:     {"faint", color.RGBA{0xe4, 0xe7, 0xeb, 0xff}},
	pale:      {"pale", color.RGBA{0xce, 0xd4, 0xdb, 0xff}},
	grey:      {"grey", color.RGBA{0x9a, 0xa3, 0xad, 0xff}},
	shade:     {"shade", color.RGBA{0xfb, 0xe5, 0xd8, 0xff}},
	orange:    {"orange", color.RGBA{0xe6, 0x9f, 0x00, 0xff}},
	sky:       {"sky", color.RGBA{0x56, 0xb4, 0xe9, 0xff}},
	green:     {"green", color.RGBA{0x00, 0x9e, 0x73, 0xff}},
	yellow:    {"yellow", color.RGBA{0xf0, 0xe4, 0x42, 0xff}},
	blue:      {"blue", color.RGBA{0x00, 0x72, 0xb2, 0xff}},
	vermilion: {"vermilion", color.RGBA{0xd5, 0x5e, 0x00, 0xff}},
	purple:    {"purple", color.RGBA{0xcc, 0x79, 0xa7, 0xff}},
	veil:      {"veil", color.RGBA{0xe7, 0xe3, 0xf4, 0xff}},
	hem:       {"hem", color.RGBA{0x8f, 0x80, 0xc4, 0xff}},
}

// RGBA implements color.Color.
func (p paint) RGBA() (r, g, b, a uint32) { return paints[p].RGBA.RGBA() }

// outcomePaints is indexed by outcome.
var outcomePaints = [sale.Dropped + 1]paint{
	sale.OK: green, sale.Replayed: yellow, sale.SoldOut: sky, sale.Duplicate: purple, sale.OverLimit: blue,
	sale.Refused: orange, sale.NotReady: muted, sale.Failed: vermilion, sale.Indeterminate: ink, sale.Dropped: grey,
}

// Sizes are in points, 72 to the inch. The wide form is for files and desktops,
// the narrow one for telephones.
const (
	wide   = vg.Length(720)
	narrow = vg.Length(320)

	lineThin  = vg.Length(0.75)
	lineThick = vg.Length(1.75)

	sizeText  = vg.Length(10)
	sizeTitle = vg.Length(13)
)

// sans is the face of every text: Liberation Sans, whose widths are Arial's.
func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// textStyle is a text in the given colour, put on its left end and its base line.
func textStyle(c paint, size vg.Length) draw.TextStyle {
	return draw.TextStyle{Color: c, Font: sans(size), Handler: plot.DefaultTextHandler}
}

// stroke is the style of a solid line.
func stroke(c paint, width vg.Length) draw.LineStyle { return draw.LineStyle{Color: c, Width: width} }

// dashes is the style of a broken line.
func dashes(c paint, width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: width, Dashes: []vg.Length{4, 3}}
}

// newPlot returns an empty plot in the house style with horizontal grid lines.
// Its vertical axis is labelled by the panel.
func newPlot(x string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = paper
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Padding = 0
		axis.LineStyle = stroke(grey, lineThin)
		axis.Tick.LineStyle = axis.LineStyle
		axis.Tick.Length = 4
		axis.Tick.Label.Font = sans(sizeText)
		axis.Tick.Label.Color = muted
		axis.Label.TextStyle.Font = sans(sizeText)
		axis.Label.TextStyle.Color = ink
		axis.Label.Padding = 4
		axis.Tick.Marker = niceTicks{}
	}
	p.X.Label.Text = x
	p.Add(gridLines{})
	return p
}

// gridLines draws a faint line at every labelled tick of the vertical axis.
type gridLines struct{}

// Plot implements plot.Plotter.
func (gridLines) Plot(c draw.Canvas, p *plot.Plot) {
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		y := c.Y(p.Y.Norm(t.Value))
		if !t.IsMinor() && c.ContainsY(y) {
			c.StrokeLine2(stroke(faint, lineThin), c.Min.X, y, c.Max.X, y)
		}
	}
}

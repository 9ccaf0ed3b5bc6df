package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seckill-bench/seckill/scenario/capacity"
)

// tries are circles at the share of the steps of a rate that passed, of the rates
// that are asked for: filled or hollow, so that they can be told apart without
// colours.
type tries struct {
	all    []capacity.Tried
	of     func(capacity.Tried) bool
	hollow bool
	paint  paint
}

// tryRadius is that of a circle.
const tryRadius = vg.Length(4)

// Plot implements plot.Plotter.
func (t tries) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	for _, tried := range t.all {
		if t.of(tried) {
			t.circle(c, vg.Point{X: toX(tried.Rate), Y: toY(shareOf(tried))})
		}
	}
}

// Thumbnail implements plot.Thumbnailer.
func (t tries) Thumbnail(c *draw.Canvas) { t.circle(*c, c.Center()) }

func (t tries) circle(c draw.Canvas, at vg.Point) {
	path := dots{radius: tryRadius}.dot(nil, at)
	if t.hollow {
		c.SetColor(paper)
		c.Fill(path)
		c.SetLineStyle(stroke(t.paint, lineThick))
		c.Stroke(path)
		return
	}
	c.SetColor(t.paint)
	c.Fill(path)
}

// shareOf is the share of the steps that passed; of those of which nobody knows,
// none did.
func shareOf(t capacity.Tried) float64 { return float64(t.Passed) / float64(max(t.Tries, 1)) }

// tryLabels write above each circle how many of how many passed, as far as there
// is room: the highest rates first, which the knee is among.
type tryLabels []capacity.Tried

// Plot implements plot.Plotter.
func (l tryLabels) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	style := textStyle(ink, sizeText)
	style.XAlign = draw.XCenter
	free := map[float64]vg.Length{} // up to where there is room, by height
	for i := len(l) - 1; i >= 0; i-- {
		tried := l[i]
		text := fmt.Sprintf("%d/%d", tried.Passed, tried.Tries)
		if tried.Tries == 0 {
			text = "?"
		}
		x, half := toX(tried.Rate), style.Width(text)/2+2
		if end, taken := free[shareOf(tried)]; taken && x+half > end {
			continue
		}
		free[shareOf(tried)] = x - half
		at := vg.Point{X: x, Y: toY(shareOf(tried)) + tryRadius + 4}
		c.FillPolygon(paper, box(at, half, sizeText)) // a mark may run through it
		c.FillText(style, at, text)
	}
}

// box is what a text of a size takes that stands in the middle above a point.
func box(at vg.Point, half, height vg.Length) []vg.Point {
	return []vg.Point{{X: at.X - half, Y: at.Y - 2}, {X: at.X + half, Y: at.Y - 2}, {X: at.X + half, Y: at.Y + height}, {X: at.X - half, Y: at.Y + height}}
}

// rateTicks are the ticks of a logarithmic axis of rates: ones, twos and fives of
// every decade or, where those are too few, the multiples of a step.
type rateTicks struct{}

// Ticks implements plot.Ticker.
func (rateTicks) Ticks(lo, hi float64) []plot.Tick {
	if hi < 6*lo {
		return niceTicks{}.Ticks(lo, hi)
	}
	wide := hi > 300*lo
	var ticks []plot.Tick
	for decade := math.Pow(10, math.Floor(math.Log10(lo))); decade <= hi; decade *= 10 {
		for m := 1.0; m < 10; m++ {
			v := m * decade
			if v < lo || v > hi {
				continue
			}
			t := plot.Tick{Value: v}
			if m == 1 || !wide && (m == 2 || m == 5) {
				t.Label = shortNumber(v)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// shareTicks are none, half and all.
type shareTicks struct{}

// Ticks implements plot.Ticker.
func (shareTicks) Ticks(float64, float64) []plot.Tick {
	return []plot.Tick{{Value: 0, Label: "none"}, {Value: .5, Label: "half"}, {Value: 1, Label: "all"}}
}

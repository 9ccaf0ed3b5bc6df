package report

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	// endLine is the height of a label at the end of a curve, leader the length
	// of the line that leads to it.
	endLine = vg.Length(13)
	leader  = vg.Length(20)
	// endShare is the most of a panel's width that such labels take.
	endShare = 0.34
)

// An endLabel names a curve beside its right end, so that no key must be read.
type endLabel struct {
	text  string
	style draw.LineStyle // of the curve
	from  plotter.XY     // its end
	// lane: the end is at the right edge, so far down from the top.
	lane bool
	down vg.Length
}

// endRoom is the width that the labels of a panel take on the right.
func (p *panel) endRoom(c draw.Canvas) (room vg.Length) {
	if len(p.ends) == 0 {
		return lastTick
	}
	style := textStyle(ink, sizeText)
	for i := range p.ends {
		room = max(room, style.Width(p.ends[i].text))
	}
	return min(room+leader+2, c.Size().X*endShare)
}

// drawEnds draws the labels right of the data, each as near to its curve's end
// as the others let it.
func (p *panel) drawEnds(data draw.Canvas, room vg.Length) {
	toX, toY := p.Transforms(&data)
	type placed struct {
		endLabel
		x, y vg.Length
	}
	labels := make([]placed, len(p.ends))
	for i, e := range p.ends {
		labels[i] = placed{endLabel: e, x: data.Max.X, y: data.Max.Y - e.down}
		if !e.lane { // else there is no point, and 0 is on no logarithmic axis
			labels[i].x, labels[i].y = toX(e.from.X), toY(e.from.Y)
		}
	}
	slices.SortStableFunc(labels, func(a, b placed) int { return cmp.Compare(a.y, b.y) })
	heights := make([]vg.Length, len(labels))
	for i := range labels {
		heights[i] = labels[i].y
	}
	for i, at := range spread(heights, endLine, data.Min.Y+4, data.Max.Y-4) {
		l := &labels[i]
		thin := l.style
		thin.Width = lineThin
		edge := max(data.Max.X, l.x)
		data.StrokeLines(thin, []vg.Point{{X: l.x, Y: l.y}, {X: edge, Y: l.y}, {X: edge + leader - 9, Y: at}})
		data.StrokeLine2(l.style, edge+leader-9, at, edge+leader-3, at)
		style := textStyle(ink, sizeText)
		data.FillText(style, vg.Point{X: edge + leader, Y: at - 3.5}, shortened(l.text, style, room-leader-2))
	}
}

// spread moves rising heights as little as it can so that each is at least gap
// above the one before, and all lie between lo and hi as far as they fit.
func spread(heights []vg.Length, gap, lo, hi vg.Length) []vg.Length {
	at := slices.Clone(heights)
	floor := lo
	for i := range at {
		at[i] = max(at[i], floor)
		floor = at[i] + gap
	}
	ceiling := hi
	for i := range slices.Backward(at) {
		at[i] = min(at[i], ceiling)
		ceiling = at[i] - gap
	}
	return at
}

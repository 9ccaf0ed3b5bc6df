package report

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/plotter"

	"github.com/seckill-bench/seckill/scenario/history"
)

// stockPicture draws the units left by the answers, and the audit's figure
// beside the last of them.
func stockPicture(s *Summary) (picture, bool) {
	stock := s.Stock()
	if stock == 0 && s.Granted == 0 {
		return picture{}, false
	}
	end := s.series.last
	unit := unitOf(end)
	p := panel{Plot: newPlot("instant of return, " + unit.name + " since the doors opened"), y: "units left"}
	p.Y.Tick.Marker = wholeTicks{}
	s.shadeFaults(&p, unit)
	left := s.series.left(stock)
	left = append(left, plotter.XY{X: float64(end), Y: left[len(left)-1].Y})
	lo, hi := 0.0, float64(max(stock, 1))
	for i := range left {
		left[i].X /= unit.ns
		lo, hi = min(lo, left[i].Y), max(hi, left[i].Y)
	}
	last := left[len(left)-1]
	p.show(s.stockLine(), line(left, stroke(blue, lineThick)))
	read := s.readings(unit)
	for _, at := range read {
		lo, hi = min(lo, at.Y), max(hi, at.Y)
	}
	p.showReadings(read)
	s.showSoldOut(&p, unit)
	s.showEvents(&p, unit)
	if s.Left != nil {
		lo, hi = min(lo, float64(*s.Left)), max(hi, float64(*s.Left))
		p.showAudit(float64(*s.Left), last)
	}
	room := (hi - lo) * 0.06
	if lo < 0 {
		lo -= room
	}
	p.rangeOf(0, last.X*1.02, lo, hi+room)
	return picture{
		name: "stock", title: "Units left", height: 240, panels: []panel{p},
		caption: s.stockCaption(),
	}, true
}

// stockLine names the line of the units left.
func (s *Summary) stockLine() string {
	text := "stock less the units granted"
	if n := len(s.Head.Items); n > 1 {
		text = "stock of the " + thousands(int64(n)) + " items less the units granted"
	}
	if s.Released != nil || s.Restocked != nil {
		text += ", and what came back"
	}
	return text
}

func (s *Summary) stockCaption() string {
	line := "The line is what the answers say: the stock less every unit granted, where its reply came back. "
	if s.Released != nil || s.Restocked != nil {
		line = "The line is what the answers say: the stock less every unit granted, and more every unit released or restocked, where the reply came back. "
	}
	if slices.ContainsFunc(s.Events, func(e history.Event) bool { return e.Kind == history.EventStock }) {
		line += "The small dots are the stock as it was read on the way. "
	}
	return line + "The dot at its end is the audit, the server's own account when all was quiet."
}

// showAudit marks the audited stock at the end of the line.
func (p *panel) showAudit(audited float64, last plotter.XY) {
	text, c := fmt.Sprintf("audit: %s left", thousands(int64(audited))), green
	if audited != last.Y {
		text, c = fmt.Sprintf("audit: %s left, by the answers %s", thousands(int64(audited)), thousands(int64(last.Y))), vermilion
	}
	p.show(text, dots{plotter.XYs{{X: last.X, Y: audited}}, c, 4.5})
}

// left returns instants in ns and the units then left, from the opening on: a
// step for each unit while the bins are narrow enough to tell them apart, else
// a slope from the first move to the last of a bin.
func (s *series) left(stock int64) plotter.XYs {
	points := plotter.XYs{{X: 0, Y: float64(stock)}}
	for _, b := range s.filled() {
		if !b.still() {
			points = append(points, plotter.XY{X: float64(b.firstMove), Y: float64(stock)})
			stock += b.back - b.taken
			points = append(points, plotter.XY{X: float64(b.lastMove), Y: float64(stock)})
		}
	}
	return points
}

package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seckill-bench/seckill/scenario/history"
)

// marksApart is how near two marks may stand, as a share of the last instant:
// items that are restocked one after the other get one mark.
const marksApart = 1.0 / 400

// marks are vertical lines at some instants, across a whole panel.
type marks struct {
	at    []float64
	style draw.LineStyle
}

// Plot implements plot.Plotter.
func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	for _, at := range m.at {
		if x := c.X(p.X.Norm(at)); c.ContainsX(x) {
			c.StrokeLine2(m.style, x, c.Min.Y, x, c.Max.Y)
		}
	}
}

// Thumbnail implements plot.Thumbnailer.
func (m marks) Thumbnail(c *draw.Canvas) {
	x := c.Center().X
	c.StrokeLine2(m.style, x, c.Min.Y-1, x, c.Max.Y+2)
}

// soldOutMark stands where the last item was first seen to be sold out; false
// where one was not.
func (s *Summary) soldOutMark(unit timeUnit) (marks, bool) {
	if s.SoldOutAt == nil {
		return marks{}, false
	}
	return marks{[]float64{unit.of(*s.SoldOutAt)}, dashes(vermilion, lineThick)}, true
}

// showSoldOut marks it in a panel and in its key.
func (s *Summary) showSoldOut(p *panel, unit timeUnit) {
	if m, is := s.soldOutMark(unit); is {
		text := "sold out after " + span(*s.SoldOutAt)
		if len(s.items) > 1 {
			text = "last item sold out after " + span(*s.SoldOutAt)
		}
		p.show(text, m)
	}
}

// showEvents marks the restocks, reloads and forks in a panel and in its key, and names
// the faults.
func (s *Summary) showEvents(p *panel, unit timeUnit) {
	s.nameFaults(p, unit)
	if m := s.eventMarks(history.EventRestock, unit, stroke(purple, lineThick)); len(m.at) > 0 {
		text := "restocked"
		if n := s.restocked(); n > 0 {
			text += ": " + thousands(n) + " units"
		}
		if s.MaybeRestocked > 0 {
			text += " (perhaps " + thousands(s.MaybeRestocked) + " more)"
		}
		p.show(text, m)
	}
	if m := s.eventMarks(history.EventReload, unit, s.reloadStyle()); len(m.at) > 0 {
		p.show("script loaded again", m)
	}
	if m := s.eventMarks(history.EventFork, unit, forkStyle()); len(m.at) > 0 {
		p.show("the server forked", m)
	}
}

// markAll marks the same in a panel whose key has no room for it.
func (s *Summary) markAll(p *panel, unit timeUnit) {
	if m, is := s.soldOutMark(unit); is {
		p.Add(m)
	}
	p.Add(edges(s.faultBands(unit)))
	p.Add(s.eventMarks(history.EventRestock, unit, stroke(purple, lineThick)), s.eventMarks(history.EventReload, unit, s.reloadStyle()))
	p.Add(s.eventMarks(history.EventFork, unit, forkStyle()))
}

func forkStyle() draw.LineStyle { return dashes(ink, lineThin) }

func (*Summary) reloadStyle() draw.LineStyle {
	style := dashes(muted, lineThick)
	style.Dashes = []vg.Length{1.5, 2}
	return style
}

// eventMarks are the instants of the events of a kind, one where they stand
// too near each other to be told apart.
func (s *Summary) eventMarks(kind string, unit timeUnit, style draw.LineStyle) marks {
	var at []float64
	for i := range s.Events {
		if s.Events[i].Kind == kind {
			at = append(at, unit.of(s.Events[i].At))
		}
	}
	slices.Sort(at)
	last, apart := math.Inf(-1), unit.of(s.series.last)*marksApart
	at = slices.DeleteFunc(at, func(x float64) bool {
		near := x-last < apart
		if !near {
			last = x
		}
		return near
	})
	return marks{at, style}
}

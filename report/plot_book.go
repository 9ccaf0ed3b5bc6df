package report

import (
	"fmt"

	"gonum.org/v1/plot/plotter"
)

// bookBins is how many steps the picture of the order book has at most, fewestBins at
// least, and ordersPerBin how many orders one should hold: with fewer, a rate is noise.
const (
	bookBins     = 120
	ordersPerBin = 20
)

// bookPicture draws the orders over time: those that began to wait and those that
// were over, and how many waited. False where nobody wrote any.
func bookPicture(s *Summary) (picture, bool) {
	b := s.book
	if b == nil || len(b.came) == 0 {
		return picture{}, false
	}
	end := max(b.last, 1)
	unit := unitOf(end)
	width := end/int64(min(max(len(b.came)/ordersPerBin, fewestBins), bookBins)) + 1
	bins := int(end/width) + 1
	edges := make([]float64, bins+1)
	for i := range edges {
		edges[i] = unit.of(min(int64(i)*width, end))
	}
	panels := []panel{s.orderRates(edges, width, unit), s.backlogPanel(edges, width, unit)}
	panels[0].X.Tick.Marker = noLabels{niceTicks{}}
	panels[1].X.Label.Text = unit.name + " since the doors opened"
	for i := range panels {
		panels[i].X.Min, panels[i].X.Max = 0, edges[bins]
	}
	return picture{
		name: "orders", title: "Orders behind the sale", height: 340, panels: panels,
		caption: fmt.Sprintf("An order begins to wait when its purchase was told ok, and is over when the database has answered, in steps of %s. What waits is what is sold and not yet written down: a client that dies now loses it.", shortDuration(float64(width))),
	}, true
}

// orderRates is the panel of the orders that came and were over.
func (s *Summary) orderRates(edges []float64, width int64, unit timeUnit) panel {
	p := panel{Plot: newPlot(""), y: "orders/s"}
	s.shadeFaults(&p, unit)
	bins := len(edges) - 1
	came, over := make([]float64, bins), make(plotter.XYs, bins+1)
	perSecond := 1e9 / float64(width)
	for _, at := range s.book.came {
		came[max(at, 0)/width] += perSecond
	}
	for i := range over {
		over[i].X = edges[i]
	}
	for _, at := range s.book.left {
		over[max(at, 0)/width].Y += perSecond
	}
	over[bins].Y = over[bins-1].Y
	top := 0.0
	for i := range came {
		top = max(top, came[i], over[i].Y)
	}
	p.show("told ok", area{x: edges, from: make([]float64, bins), to: came, paint: pale})
	p.show("written or given up", steps(over, stroke(blue, lineThick)))
	s.showSoldOut(&p, unit)
	s.showEvents(&p, unit)
	p.rangeOf(0, 1, 0, max(1.08*top, 1))
	return p
}

// backlogPanel is the panel of the orders that waited: the most in each step.
func (s *Summary) backlogPanel(edges []float64, width int64, unit timeUnit) panel {
	p := panel{Plot: newPlot(""), y: "orders waiting"}
	p.Y.Tick.Marker = wholeTicks{}
	s.shadeFaults(&p, unit)
	bins := len(edges) - 1
	most := make([]float64, bins)
	at, waiting := 0, 0.0
	for _, step := range s.book.steps {
		for bin := int(max(step.at, 0) / width); at < bin; {
			at++
			most[at] = waiting // as the step before left it
		}
		waiting = float64(step.waiting)
		most[at] = max(most[at], waiting)
	}
	for at++; at < bins; at++ {
		most[at] = waiting
	}
	p.show("waiting or being written, "+thousands(s.book.most)+" at most", area{x: edges, from: make([]float64, bins), to: most, paint: orange})
	s.markAll(&p, unit)
	p.rangeOf(0, 1, 0, 1.08*float64(max(s.book.most, 1)))
	return p
}

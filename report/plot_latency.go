package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

const (
	// curvePoints is how many percentiles a curve is drawn through.
	curvePoints = 300
	// logFrom is the ratio of the longest to the shortest time from which a
	// time axis is logarithmic: below it a linear one shows both.
	logFrom = 25
)

// latencyPicture draws time against percentile, response and service: the axis
// is 1/(1−q), as in the plots of HdrHistogram, so that the slow few get room.
func latencyPicture(s *Summary) (picture, bool) {
	n := s.response.count() + s.response.missed()
	if s.response.count() == 0 {
		return picture{}, false
	}
	p := panel{Plot: newPlot("percentile of the attempts")}
	last := float64(max(n, 10))
	response, service := percentileCurve(s.response, last, curvePoints), percentileCurve(s.service, last, curvePoints)
	times := newTimeAxis(response, service)
	times.label(&p, "time")
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, percentileTicks{}
	if missed := s.response.missed(); missed > 0 {
		text := fmt.Sprintf("not answered: %s of %s (%s)", thousands(missed), thousands(n), share(missed, n))
		p.show(text, times.unanswered(float64(n)/float64(missed), last, times.points(service)))
	}
	p.showCurve("service (from call)", times.points(service), s.service, orange)
	p.showCurve("response (from due)", times.points(response), s.response, blue)
	p.key = append(p.key, keyEntry{fmt.Sprintf("fewer than %d attempts beyond", beyond), line(nil, dashes(muted, lineThick))})
	p.rangeOf(1, last, times.lo, times.hi)
	return picture{
		name: "latency", title: "Latency by percentile", height: 300, panels: []panel{p},
		caption: latencyCaption(s),
	}, true
}

// unanswered is what lies, from one percentile to the last, above all times:
// there the response of an attempt without an answer is. Service is of what was
// sent and can go on below, where attempts were dropped.
func (t timeAxis) unanswered(from, last float64, service plotter.XYs) area {
	a := area{x: []float64{from}, paint: shade}
	until := func(x, floor float64) {
		a.x, a.from, a.to = append(a.x, x), append(a.from, floor), append(a.to, t.hi)
	}
	for i, at := range service {
		if at.X > from {
			until(at.X, service[max(i-1, 0)].Y)
		}
	}
	if end := a.x[len(a.x)-1]; end < last {
		until(last, t.lo)
	}
	return a
}

func latencyCaption(s *Summary) string {
	read := "Each step to the right looks at a tenth as many, slower attempts; the height is the time that the share below stayed within."
	if s.service.count()+s.service.missed() < s.response.count()+s.response.missed() {
		read += " Service is of the attempts that were sent; the others have a response alone, which is longer than any."
	}
	switch s.Head.Model {
	case modelBurst:
		return read + " All were due at once, so response shows the length of the queue; service is the cost of one purchase."
	case modelClosed:
		return read + " The loop waits for its answers, so response is not corrected for coordinated omission."
	default:
		return read + " Response counts from the instant an attempt was due, so waiting for a stalled server is in it."
	}
}

// percentileCurve returns points of 1/(1−q), so many from 1 to last, and ns, up to
// where the curve meets the attempts that were not answered.
func percentileCurve(d *distribution, last float64, points int) plotter.XYs {
	var curve plotter.XYs
	for i := range points {
		x := math.Pow(last, float64(i)/float64(points-1))
		ns, ok := d.quantile(1 - 1/x)
		if !ok {
			return curve
		}
		curve = append(curve, plotter.XY{X: x, Y: float64(ns)})
	}
	if d.missed() == 0 {
		curve[len(curve)-1].Y = float64(d.max())
	}
	return curve
}

// showCurve draws a curve, broken where it rests on fewer than ten attempts.
func (p *panel) showCurve(text string, curve plotter.XYs, d *distribution, c paint) {
	sure := float64(d.count()+d.missed()) / beyond
	split := 0
	for split < len(curve) && curve[split].X <= sure {
		split++
	}
	p.Add(line(curve[max(split-1, 0):], dashes(c, lineThick)))
	p.show(text, line(curve[:split], stroke(c, lineThick)))
}

// A timeAxis is the range and scale that show some times best.
type timeAxis struct {
	lo, hi      float64
	logarithmic bool
	unit        timeUnit
}

// newTimeAxis fits an axis to the heights, in ns, of some curves; it is empty
// when they are.
func newTimeAxis(curves ...plotter.XYs) timeAxis {
	lo, hi := math.Inf(1), 0.0
	for _, curve := range curves {
		for _, at := range curve {
			lo, hi = min(lo, max(at.Y, 1)), max(hi, at.Y, 1)
		}
	}
	if hi >= logFrom*lo {
		return timeAxis{lo: 1 / roundUp(1.02/lo, 1, 2, 5), hi: roundUp(1.02*hi, 1, 2, 5), logarithmic: true, unit: timeUnit{"", 1}}
	}
	unit := unitOf(int64(hi))
	return timeAxis{hi: 1.05 * hi / unit.ns, unit: unit}
}

// label gives a panel the axis.
func (t timeAxis) label(p *panel, what string) {
	if t.logarithmic {
		p.y = what + " (log scale)"
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, durationTicks{}
		return
	}
	p.y = what + ", " + t.unit.name
}

// points puts heights in ns on the axis.
func (t timeAxis) points(curve plotter.XYs) plotter.XYs {
	scaled := make(plotter.XYs, len(curve))
	for i, at := range curve {
		scaled[i] = plotter.XY{X: at.X, Y: max(at.Y/t.unit.ns, t.lo)}
	}
	return scaled
}

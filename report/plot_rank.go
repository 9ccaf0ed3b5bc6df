package report

import (
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// rankPicture draws the response of a burst's attempts against their place in
// the queue.
func rankPicture(s *Summary) (picture, bool) {
	ranks := s.series.ranks
	if ranks == nil {
		return picture{}, false
	}
	var longest int64
	for _, r := range ranks.kept {
		if r.outcome.Answered() {
			longest = max(longest, r.response)
		}
	}
	if longest == 0 {
		return picture{}, false
	}
	unit := unitOf(longest)
	p := panel{Plot: newPlot("arrival rank (order of call)"), y: "response, " + unit.name}
	p.X.Tick.Marker = wholeTicks{}
	top := 1.05 * unit.of(longest)
	byOutcome := ranks.points(unit, top)
	for _, o := range sale.Outcomes {
		text := o.String()
		if !o.Answered() {
			text += " (no answer: drawn at the top)"
		}
		if at := byOutcome[o]; len(at) > 0 {
			p.show(text, dots{at, outcomePaints[o], dotRadius(len(ranks.kept))})
		}
	}
	p.rangeOf(0, 1.01*float64(ranks.kept[len(ranks.kept)-1].rank+1), 0, top)
	return picture{
		name: "rank", title: "Response against arrival rank", height: 280, panels: []panel{p},
		caption: rankCaption(ranks.stride),
	}, true
}

// points returns ranks and response times by outcome; an attempt without an
// answer has none and is put at the top.
func (r *ranks) points(unit timeUnit, top float64) (byOutcome [sale.Dropped + 1]plotter.XYs) {
	for _, a := range r.kept {
		at := plotter.XY{X: float64(a.rank + 1), Y: unit.of(a.response)}
		if !a.outcome.Answered() {
			at.Y = top
		}
		byOutcome[a.outcome] = append(byOutcome[a.outcome], at)
	}
	return byOutcome
}

func rankCaption(stride int64) string {
	which := "Each dot is an attempt"
	if stride > 1 {
		which = "Each dot is one attempt in " + thousands(stride)
	}
	return which + ", from the first to reach a connection to the last. A straight line is a fair queue, a cloud is a lottery, a step is a stall. Earlier callers win: this is position, not cost."
}

// dotRadius makes few dots large and many small.
func dotRadius(n int) vg.Length {
	switch {
	case n <= 100:
		return 3
	case n <= 700:
		return 2
	default:
		return 1.25
	}
}

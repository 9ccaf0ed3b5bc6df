package report

import (
	"fmt"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

const (
	// stormPanel is the height of the panel of a policy.
	stormPanel = vg.Length(150)
	// stormBins is about how many steps a panel has.
	stormBins = 80
)

// pictures is goodput over time, a panel for each policy; none without a stall.
func (s *Storm) pictures() []picture {
	var panels []panel
	top, end := 0.0, int64(0)
	for i := range s.Policies {
		if r := s.Policies[i].recovery(); r != nil {
			end = max(end, int64(len(r.bins))*goodStep)
		}
	}
	width := (end/stormBins + goodStep) / goodStep * goodStep
	unit := unitOf(end)
	for i := range s.Policies {
		p := &s.Policies[i]
		if r := p.recovery(); r != nil {
			drawn, highest := p.panel(r, width, unit)
			panels, top = append(panels, drawn), max(top, highest)
		}
	}
	if len(panels) == 0 {
		return nil
	}
	for i := range panels {
		panels[i].rangeOf(0, unit.of(end), 0, 1.08*top)
		if i < len(panels)-1 {
			panels[i].X.Tick.Marker = noLabels{niceTicks{}}
			continue
		}
		panels[i].X.Label.Text = unit.name + " since the doors opened"
	}
	return []picture{{
		name: "storm", title: "Goodput through a stall of " + bound(int64(s.stall())), height: stormPanel * vg.Length(len(panels)), panels: panels,
		conditions: Plain(fmt.Sprintf("%s · %s of %s · buyers wait %s · seed %d", s.what(), rate(s.Offered), rate(s.Carries), bound(int64(s.Waits)), s.Seed)),
		caption:    fmt.Sprintf("Each purchase stands where it was first due, in steps of %s: goodput is those that were answered while their buyers waited. Between the two lines is what was asked and brought nobody anything.", shortDuration(float64(width))),
	}}
}

// panel draws what was due, what was asked and what was answered with one policy,
// and returns the highest of it.
func (p *StormPolicy) panel(r *Recovery, width int64, unit timeUnit) (drawn panel, top float64) {
	drawn = panel{Plot: newPlot(""), y: Plain(p.Name) + ", per second"}
	stall := bands{[]float64{unit.of(r.At)}, []float64{unit.of(r.Heal)}}
	drawn.Add(stall, gridLines{})
	var asked, good plotter.XYs
	var at, none, due []float64
	g := goodput{bins: r.bins}
	for from := int64(0); from+width <= int64(len(r.bins))*goodStep; from += width {
		b := g.sum(from, from+width)
		per := func(n int64) float64 { return float64(n) / (float64(width) / 1e9) }
		x := unit.of(from)
		at, none, due = append(at, x), append(none, 0), append(due, per(b.due))
		asked = append(asked, plotter.XY{X: x, Y: per(b.due + b.resends)})
		good = append(good, plotter.XY{X: x, Y: per(b.good)})
		top = max(top, per(b.due+b.resends))
	}
	ends := unit.of(int64(len(at)) * width)
	at = append(at, ends)
	for _, l := range []*plotter.XYs{&asked, &good} {
		*l = append(*l, plotter.XY{X: ends, Y: (*l)[len(*l)-1].Y})
	}
	drawn.show("due", area{x: at, from: none, to: due, paint: pale})
	drawn.show("asked, resends among it", steps(asked, stroke(orange, lineThick)))
	drawn.show("goodput", steps(good, stroke(blue, lineThick)))
	drawn.Add(edges(stall))
	if r.After == nil {
		drawn.key = append(drawn.key, keyEntry{"stall; " + goodputWords(r), stall})
		return drawn, top
	}
	back := marks{[]float64{unit.of(r.Heal + int64(*r.After))}, dashes(green, lineThick)}
	drawn.Add(back)
	drawn.key = append(drawn.key, keyEntry{"stall", stall}, keyEntry{goodputWords(r), back})
	return drawn, top
}

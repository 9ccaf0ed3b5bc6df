package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seckill-bench/seckill/scenario/capacity"
)

// kneeHeight is the height of the three panels.
const kneeHeight = vg.Length(720)

// pictures are the knees of the searches that have a step with a response time.
func (c *Capacity) pictures() (all []picture) {
	for i := range c.Searches {
		if p, ok := c.kneePicture(&c.Searches[i]); ok {
			all = append(all, p)
		}
	}
	return all
}

// kneePicture draws response times, what was achieved and how many steps passed,
// each against the rate that was offered.
func (c *Capacity) kneePicture(s *CapacitySearch) (picture, bool) {
	k := newKnee(s)
	if len(k.rates) == 0 {
		return picture{}, false
	}
	return picture{
		name: "knee-" + s.Name, title: "The knee: " + s.title(), conditions: c.kneeConditions(s), height: kneeHeight,
		panels:  []panel{k.times(c), k.achieved(), k.passes()},
		caption: "Each dot is a step, offered the rate below it; lines join the medians of a rate. Left of the knee response times hardly move and all that is offered is carried; right of it the queue grows for as long as buyers come.",
	}, true
}

// kneeConditions says in a line what was measured.
func (c *Capacity) kneeConditions(s *CapacitySearch) string {
	if c.Conditions == nil {
		return Plain(c.Name)
	}
	server := c.Conditions.serverName()
	if c.Conditions.Head.Server.Kind == "embedded" {
		server = "the embedded server, which is not Redis"
	}
	return Plain(fmt.Sprintf("%s · %s on %s · %s · %s · connections %s · seed %d",
		c.Name, c.Conditions.Head.Script.Name, server, c.SLO, c.arrivalsLine(), c.Conditions.setting("conns"), c.Seed))
}

// A knee is a search as it is drawn.
type knee struct {
	*CapacitySearch
	// rates are those that were tried, from the lowest; the axis is from least to most.
	rates       []float64
	least, most float64
}

func newKnee(s *CapacitySearch) *knee {
	k := &knee{CapacitySearch: s}
	timed := false
	for i := range s.Steps {
		if step := &s.Steps[i]; step.Rate > 0 { // a closed run has none
			k.rates = append(k.rates, step.Rate)
			timed = timed || step.P50 != nil
		}
	}
	if !timed {
		return &knee{}
	}
	slices.Sort(k.rates)
	k.rates = slices.Compact(k.rates)
	k.least, k.most = k.rates[0]/1.15, 1.15*k.rates[len(k.rates)-1]
	return k
}

// at are the steps at a rate.
func (k *knee) stepsAt(rate float64) (steps []*CapacityStep) {
	for i := range k.Steps {
		if k.Steps[i].Rate == rate {
			steps = append(steps, &k.Steps[i])
		}
	}
	return steps
}

// panel is one over the rates.
func (k *knee) panel(x, y string) panel {
	p := panel{Plot: newPlot(x), y: y}
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, rateTicks{}
	return p
}

// kneeCurves are the percentiles that are drawn.
var kneeCurves = []struct {
	name  string
	q     float64
	of    func(*CapacityStep) *time.Duration
	paint paint
}{
	{"p99.9", .999, func(s *CapacityStep) *time.Duration { return s.P999 }, orange},
	{"p99", .99, func(s *CapacityStep) *time.Duration { return s.P99 }, blue},
	{"p50", .5, func(s *CapacityStep) *time.Duration { return s.P50 }, sky},
}

// times is the panel of response times, in ns on a logarithmic axis. A percentile
// among the attempts that were not answered is drawn at the top.
func (k *knee) times(c *Capacity) panel {
	p := k.panel("", "response (log scale)")
	k.mark(&p, false)
	lo, hi := k.timeRange(c.limits())
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, durationTicks{}
	unanswered := false
	for _, curve := range kneeCurves {
		var each, medians plotter.XYs
		for _, rate := range k.rates {
			var here []float64
			for _, step := range k.stepsAt(rate) {
				switch at := curve.of(step); {
				case at != nil:
					here = append(here, float64(*at))
				case step.unanswered(curve.q):
					here = append(here, hi)
					unanswered = true
				}
			}
			for _, y := range here {
				each = append(each, plotter.XY{X: rate, Y: y})
			}
			if len(here) > 0 {
				slices.Sort(here)
				medians = append(medians, plotter.XY{X: rate, Y: here[len(here)/2]})
			}
		}
		if len(each) == 0 {
			continue
		}
		p.Add(line(medians, stroke(curve.paint, lineThin)))
		p.show(curve.name, dots{each, curve.paint, 2.5})
	}
	if unanswered {
		p.key = append(p.key, keyEntry{"at the top: not answered", dots{nil, paper, 0}})
	}
	for _, limit := range c.limits() {
		p.show("objective "+Plain(limit.Expr), line(plotter.XYs{{X: k.least, Y: limit.Limit}, {X: k.most, Y: limit.Limit}}, dashes(vermilion, lineThick)))
	}
	p.rangeOf(k.least, k.most, lo, hi)
	return p
}

// limits are the objectives on response times.
func (c *Capacity) limits() (limits []Objective) {
	all, _ := ParseObjectives(c.SLO, modelOpen)
	for _, o := range all {
		if o.figure == responseTime {
			limits = append(limits, o)
		}
	}
	return limits
}

// timeRange holds every time and limit.
func (k *knee) timeRange(limits []Objective) (lo, hi float64) {
	lo, hi = math.Inf(1), 0
	grow := func(ns float64) { lo, hi = min(lo, ns), max(hi, ns) }
	for i := range k.Steps {
		for _, curve := range kneeCurves {
			if at := curve.of(&k.Steps[i]); at != nil && k.Steps[i].Rate > 0 {
				grow(max(float64(*at), 1))
			}
		}
	}
	for _, limit := range limits {
		grow(limit.Limit)
	}
	return 1 / roundUp(1.1/lo, 1, 2, 5), roundUp(1.1*hi, 1, 2, 5)
}

// achieved is the panel of what was carried.
func (k *knee) achieved() panel {
	p := k.panel("", "achieved, replies/s")
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, rateTicks{}
	var each plotter.XYs
	for i := range k.Steps {
		if step := &k.Steps[i]; step.Rate > 0 && step.Achieved != nil && *step.Achieved > 0 {
			each = append(each, plotter.XY{X: step.Rate, Y: *step.Achieved})
		}
	}
	p.show("all that was offered", line(plotter.XYs{{X: k.least, Y: k.least}, {X: k.most, Y: k.most}}, stroke(pale, lineThick)))
	k.mark(&p, true)
	p.show("achieved", dots{each, blue, 3})
	lo, hi := k.least, k.most
	for _, at := range each {
		lo, hi = min(lo, at.Y/1.15), max(hi, at.Y*1.15)
	}
	p.rangeOf(k.least, k.most, max(lo, 1e-3), hi)
	return p
}

// passes is the panel of how many steps passed at each rate.
func (k *knee) passes() panel {
	p := k.panel("offered, arrivals/s (log scale)", "steps that passed")
	p.Y.Tick.Marker = shareTicks{}
	k.mark(&p, false)
	p.show("held", tries{k.Answer.Tries, func(t capacity.Tried) bool { return 2*t.Passed > t.Tries }, false, green})
	p.show("did not", tries{k.Answer.Tries, func(t capacity.Tried) bool { return t.Tries > 0 && 2*t.Passed <= t.Tries }, true, vermilion})
	if slices.ContainsFunc(k.Answer.Tries, untoldOnly) {
		p.show("not known", tries{k.Answer.Tries, untoldOnly, true, grey})
	}
	p.Add(tryLabels(k.Answer.Tries))
	p.rangeOf(k.least, k.most, -.15, 1.3)
	return p
}

func untoldOnly(t capacity.Tried) bool { return t.Tries == 0 }

// mark stands at the rate that held and at the one that did not; named: in the key
// as well.
func (k *knee) mark(p *panel, named bool) {
	for _, at := range []struct {
		text  string
		rate  float64
		style draw.LineStyle
	}{
		{"held: " + rate(k.Answer.Held), k.Answer.Held, stroke(green, lineThick)},
		{"did not: " + rate(k.Answer.Broke), k.Answer.Broke, dashes(vermilion, lineThick)},
	} {
		if m := (marks{[]float64{at.rate}, at.style}); at.rate > 0 && named {
			p.show(at.text, m)
		} else if at.rate > 0 {
			p.Add(m)
		}
	}
}

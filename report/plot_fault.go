package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seckill-bench/seckill/scenario/history"
)

const (
	// narrowest is how wide a band is drawn at least: a fault without a length
	// must be seen too.
	narrowest = vg.Length(1.5)
	// kindsNamed is how many kinds of fault a key names.
	kindsNamed = 3
	// readingsDrawn bounds the readings in a picture.
	readingsDrawn = 1500
)

// bands are stretches of the horizontal axis across a whole panel.
type bands struct{ from, to []float64 }

// on returns where a band lies in a panel; false for one outside of it.
func (b bands) on(c draw.Canvas, p *plot.Plot, i int) (left, right vg.Length, seen bool) {
	from, to := p.X.Norm(b.from[i]), p.X.Norm(b.to[i])
	left, right = c.X(min(max(from, 0), 1)), c.X(min(max(to, 0), 1))
	return left, max(right, left+narrowest), to >= 0 && from <= 1
}

// Plot implements plot.Plotter.
func (b bands) Plot(c draw.Canvas, p *plot.Plot) {
	for i := range b.from {
		if left, right, seen := b.on(c, p, i); seen {
			c.FillPolygon(veil, []vg.Point{{X: left, Y: c.Min.Y}, {X: right, Y: c.Min.Y}, {X: right, Y: c.Max.Y}, {X: left, Y: c.Max.Y}})
		}
	}
}

// Thumbnail implements plot.Thumbnailer.
func (b bands) Thumbnail(c *draw.Canvas) {
	c.SetColor(veil)
	c.Fill(c.Rectangle.Path())
	for _, x := range []vg.Length{c.Min.X, c.Max.X} {
		c.StrokeLine2(stroke(hem, lineThin), x, c.Min.Y, x, c.Max.Y)
	}
}

// edges are the begins and ends of bands, which are seen over areas that cover
// the bands and where bands overlap. A narrow one is a single line.
type edges bands

// Plot implements plot.Plotter.
func (e edges) Plot(c draw.Canvas, p *plot.Plot) {
	for i := range e.from {
		left, right, seen := bands(e).on(c, p, i)
		if !seen {
			continue
		}
		c.StrokeLine2(stroke(hem, lineThin), left, c.Min.Y, left, c.Max.Y)
		if right-left > 2*narrowest && right < c.Max.X {
			c.StrokeLine2(stroke(hem, lineThin), right, c.Min.Y, right, c.Max.Y)
		}
	}
}

// faultBands are the faults of the sale; one that was not healed lasts to the end.
func (s *Summary) faultBands(unit timeUnit) (b bands) {
	end := s.series.last
	for i := range s.Events {
		e := &s.Events[i]
		if e.Kind != history.EventFault {
			continue
		}
		until := max(e.At, e.Until)
		if e.Until == history.Never {
			until = max(e.At, end)
		}
		b.from, b.to = append(b.from, unit.of(e.At)), append(b.to, unit.of(until))
	}
	return b
}

// shadeFaults draws the faults behind all else in a panel: it must come first.
// The grid is drawn again over them.
func (s *Summary) shadeFaults(p *panel, unit timeUnit) {
	if b := s.faultBands(unit); len(b.from) > 0 {
		p.Add(b, gridLines{})
	}
}

// nameFaults names them in the key, and draws their edges over all else.
func (s *Summary) nameFaults(p *panel, unit timeUnit) {
	if b := s.faultBands(unit); len(b.from) > 0 {
		p.Add(edges(b))
		p.key = append(p.key, keyEntry{s.faultsText(), b})
	}
}

// faultsText is what the key says of the faults: of one its window, of more how
// often each kind came.
func (s *Summary) faultsText() string {
	var kinds []string
	count := map[string]int{}
	var last *history.Event
	for i := range s.Events {
		if e := &s.Events[i]; e.Kind == history.EventFault {
			kind := faultName(e.Text)
			if count[kind]++; count[kind] == 1 {
				kinds = append(kinds, kind)
			}
			last = e
		}
	}
	if len(kinds) == 1 && count[kinds[0]] == 1 {
		return "fault: " + kinds[0] + faultWindow(last)
	}
	var parts []string
	for _, kind := range kinds[:min(len(kinds), kindsNamed)] {
		if n := count[kind]; n > 1 {
			kind += fmt.Sprintf(" (%s×)", thousands(int64(n)))
		}
		parts = append(parts, kind)
	}
	if more := len(kinds) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return "faults: " + strings.Join(parts, ", ")
}

func faultWindow(e *history.Event) string {
	switch {
	case e.Until == history.Never:
		return ", from " + span(e.At) + " on"
	case e.Until <= e.At:
		return " at " + span(e.At)
	}
	return ", " + span(e.At) + " – " + span(e.Until)
}

// faultName is the first word of a fault, its kind. It goes into pictures, where
// nothing is escaped: all but letters, digits and a few harmless signs is left out.
func faultName(text string) string {
	safe := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return -1
	}
	kind, _, _ := strings.Cut(text, " ")
	kind = strings.Map(safe, kind)
	return cmp.Or(kind[:min(len(kind), 20)], "fault")
}

// readings are the stocks that were read while the sale ran: of several items
// their sum, from when each has been read. The instant is the middle of the reading.
func (s *Summary) readings(unit timeUnit) (at plotter.XYs) {
	var read []history.Event
	for i := range s.Events {
		if e := s.Events[i]; e.Kind == history.EventStock && int(e.Item) < len(s.Head.Items) {
			read = append(read, e)
		}
	}
	slices.SortStableFunc(read, func(a, b history.Event) int { return int(min(max(a.At-b.At, -1), 1)) })
	latest, sum := map[uint16]int64{}, int64(0)
	for _, e := range read {
		sum += e.Units - latest[e.Item]
		latest[e.Item] = e.Units
		if len(latest) == len(s.Head.Items) {
			at = append(at, plotter.XY{X: unit.of(e.At + (max(e.Until, e.At)-e.At)/2), Y: float64(sum)})
		}
	}
	return thinned(at, readingsDrawn)
}

// thinned keeps about so many of the points, the last among them.
func thinned(at plotter.XYs, most int) (some plotter.XYs) {
	stride := (len(at) + most - 1) / most
	for i := range at {
		if i%stride == 0 || i == len(at)-1 {
			some = append(some, at[i])
		}
	}
	return some
}

// showReadings draws them as points on a thin line.
func (p *panel) showReadings(at plotter.XYs) {
	if len(at) == 0 {
		return
	}
	p.Add(line(at, stroke(orange, lineThin)))
	p.show("stock read: "+thousands(int64(len(at)))+" readings", dots{at, orange, dotRadius(len(at))})
}

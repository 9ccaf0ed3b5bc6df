package capacity

import (
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
)

// A Source is where a number of a plan comes from.
type Source string

// The sources.
const (
	Measured  Source = "measured"  // a search confirmed it
	Estimated Source = "estimated" // a search found it, and did not confirm it
	Given     Source = "given"     // by who asked
	Assumed   Source = "assumed"   // since nobody gave it
	Reckoned  Source = "reckoned"  // from the others
)

// A Line is a number of a plan.
type Line struct {
	Name  string
	Value float64
	// Unit is attempts/s, buyers, s, instances or empty.
	Unit   string
	Source Source
	// Formula says how it was reckoned, in the names of other lines; of the others it
	// is empty.
	Formula string
}

// Figure is the value with its unit, for people.
func (l *Line) Figure() string {
	text := number(l.Value)
	if l.Unit == "instances" && l.Value == 1 {
		return text + " instance"
	}
	if l.Unit != "" {
		text += " " + l.Unit
	}
	return text
}

// Figures are what was measured.
type Figures struct {
	// Selling and Refusing are the rates that held, in attempts per second: where
	// each attempt is granted, and where none is. 0: none held, or it was not measured.
	Selling, Refusing float64
	// Estimated: they were not confirmed.
	Estimated bool
	// Limited: a search ended where the driver was the bound, so servers may carry more.
	Limited bool
	// Capped: a search ended at the highest rate that was allowed, so servers may
	// carry more.
	Capped bool
	// None says of which of them it is known that no rate holds, or that the script is
	// wrong; empty: of none.
	None string
	// Stock is how many sales there are to make; 0: not known.
	Stock float64
	Scale []ScaleFigure
}

// A ScaleFigure is the rate that held with as many instances, measured together.
type ScaleFigure struct {
	Instances int
	Held      float64
}

// A Plan is how many instances stand a demand, and where each number of it comes
// from.
type Plan struct {
	// Instances is the answer; 0: no rate held, so there is none.
	Instances int
	Lines     []Line
	// Notes are sentences, without a full stop, about what the numbers do not say.
	Notes []string
}

// Names of lines that others are reckoned from.
const (
	buyersLine = "buyers"
	triesLine  = "attempts a buyer"
	firstLine  = "share in the first second"
	peakLine   = "peak"
	roomLine   = "headroom"
)

// Plan reckons what the demand needs of servers like the measured one:
//
//	peak = buyers × (1 + retries) × share in the first second
//	usable = held × (1 - headroom)
//	instances = ⌈peak / usable⌉
//
// The lower of the two rates decides, which is that of selling: as the doors open
// every attempt is granted. Once the stock is gone all are refused; what that takes
// is a line of its own, and the two are never mixed into one rate.
func (d *Demand) Plan(f Figures) Plan {
	var p Plan
	peak := p.demand(d)
	headroom := p.choice(roomLine, d.Headroom, usualHeadroom)
	source := Measured
	if f.Estimated {
		source = Estimated
	}
	p.Instances = max(p.instances("selling", f.Selling, source, peak, headroom), p.instances("refusing", f.Refusing, source, peak, headroom))
	if f.None != "" {
		p.Instances = 0
		p.note(f.None + ": no number of instances stands the demand")
		return p
	}
	if p.Instances == 0 {
		p.note("no rate held: there is nothing to plan with")
		return p
	}
	formula := "the larger of those while selling and while refusing"
	if f.Selling <= 0 || f.Refusing <= 0 {
		formula = "of the one rate that is known"
	}
	p.add("instances", float64(p.Instances), "instances", Reckoned, formula)
	p.stock(&f, peak)
	p.caveats(d, &f)
	p.scale(&f, source, peak, headroom)
	return p
}

// demand adds what the crowd sends, and returns the peak.
func (p *Plan) demand(d *Demand) float64 {
	p.add(buyersLine, d.Buyers, "buyers", Given, "")
	retries := p.choice("retries", d.Retries, usualRetries)
	p.add(triesLine, 1+retries, "", Reckoned, "1 + retries")
	var first float64
	if d.Window > 0 {
		p.add("window", d.Window.Seconds(), "s", Given, "")
	}
	if d.First != nil {
		first = *d.First
		p.add(firstLine, first, "", Given, "")
	} else {
		first = 1 / d.Window.Seconds()
		p.add(firstLine, first, "", Reckoned, "1 / window, as if as many came in each second")
	}
	peak := d.Buyers * (1 + retries) * first
	p.add(peakLine, peak, "attempts/s", Reckoned, buyersLine+" × "+triesLine+" × "+firstLine)
	return peak
}

// instances adds what one of the two rates asks for, and returns how many; 0:
// that rate is not known.
func (p *Plan) instances(name string, held float64, source Source, peak, headroom float64) int {
	if held <= 0 {
		return 0
	}
	usable := held * (1 - headroom)
	n := int(math.Ceil(peak/usable - 1e-9)) // a whole number but for the rounding of floats is one
	p.add("held while "+name, held, "attempts/s", source, "")
	p.add("usable while "+name, usable, "attempts/s", Reckoned, "held while "+name+" × (1 - headroom)")
	p.add("instances while "+name, float64(n), "instances", Reckoned, "peak / usable while "+name+", rounded up")
	return n
}

// stock says how long the selling lasts, where it is known how much there is.
func (p *Plan) stock(f *Figures, peak float64) {
	if f.Stock <= 0 || f.Selling <= 0 {
		return
	}
	p.add("stock", f.Stock, "sales", Given, "")
	p.add("sold out after", f.Stock/min(peak, f.Selling), "s", Reckoned, "stock / the lower of peak and held while selling, where it is one item's")
	if share := f.Stock / peak; share < 1 && f.Refusing > 0 {
		p.note(fmt.Sprintf("at most %.3g%% of the attempts in the first second are sales: the others ask for no more than refusing does", 100*share))
	}
}

// caveats are what stands behind the arithmetic.
func (p *Plan) caveats(d *Demand, f *Figures) {
	if f.Estimated {
		p.note("the rates are estimates: no long steps confirmed them")
	}
	if f.Limited {
		p.note("the driver was the bound: the servers may carry more, and fewer may do")
	}
	if f.Capped {
		p.note("the search was allowed to go no higher: the servers may carry more, and fewer may do")
	}
	if f.Selling <= 0 || f.Refusing <= 0 {
		p.note("only one of selling and refusing is known")
	}
	if retries := d.Retries; retries != nil && *retries > 0 {
		p.note("all attempts of a buyer are counted into the second in which he comes: who comes again later makes the peak lower")
	}
	if p.Instances > 1 {
		if len(f.Scale) > 1 {
			p.note("each further instance is taken to carry what one did alone; what several carried together is held by them above, and what was not measured is not known")
		} else {
			p.note("each further instance is taken to carry what the measured one did, which holds where each sells items of its own")
		}
		p.note("one item lies in one slot, so one instance sells it: more of them serve more items, and an item that is too hot for one needs its stock in buckets")
	}
}

// scale adds what was measured with several instances. Nothing is drawn out beyond that.
func (p *Plan) scale(f *Figures, source Source, peak, headroom float64) {
	scale := slices.Clone(f.Scale)
	slices.SortFunc(scale, func(a, b ScaleFigure) int { return a.Instances - b.Instances })
	enough, leaves, most := 0, 0.0, 0.0
	for _, s := range scale {
		name := fmt.Sprintf("held by %d", s.Instances)
		p.add(name, s.Held, "attempts/s", source, "")
		usable := s.Held * (1 - headroom)
		p.add(fmt.Sprintf("usable of %d", s.Instances), usable, "attempts/s", Reckoned, name+" × (1 - headroom)")
		if enough == 0 && usable >= peak*(1-1e-9) {
			enough, leaves = s.Instances, usable
		}
		most = max(most, usable)
	}
	switch {
	case enough == 1:
		p.note(fmt.Sprintf("measured alone, one leaves %s usable, and the peak is %s", perSecond(leaves), perSecond(peak)))
	case enough > 0:
		p.note(fmt.Sprintf("measured together, %d of them leave %s usable, and the peak is %s", enough, perSecond(leaves), perSecond(peak)))
	case len(scale) > 0:
		p.note(fmt.Sprintf("no number of instances that was measured carries the peak of %s: the best leaves %s usable", perSecond(peak), perSecond(most)))
	}
}

// choice adds a number that may be given, and returns it.
func (p *Plan) choice(name string, given *float64, usual float64) float64 {
	if given != nil {
		p.add(name, *given, "", Given, "")
		return *given
	}
	p.add(name, usual, "", Assumed, "")
	return usual
}

func (p *Plan) add(name string, value float64, unit string, source Source, formula string) {
	p.Lines = append(p.Lines, Line{name, value, unit, source, formula})
}

func (p *Plan) note(sentence string) { p.Notes = append(p.Notes, sentence) }

// Write writes the lines of the plan as a table, and its notes below.
func (p *Plan) Write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range p.Lines {
		from := string(l.Source)
		if l.Formula != "" {
			from += ": " + l.Formula
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", l.Name, l.Figure(), from)
	}
	for _, note := range p.Notes {
		fmt.Fprintf(table, "- %s\n", note)
	}
	return table.Flush()
}

package report

import (
	"math"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// A timeUnit is the unit of a time axis.
type timeUnit struct {
	name string
	ns   float64
}

// unitOf returns the unit in which a time axis up to ns is easiest read.
func unitOf(ns int64) timeUnit {
	switch {
	case ns < 2*int64(time.Millisecond):
		return timeUnit{"µs", float64(time.Microsecond)}
	case ns < 2*int64(time.Second):
		return timeUnit{"ms", float64(time.Millisecond)}
	case ns < 10*int64(time.Minute):
		return timeUnit{"s", float64(time.Second)}
	default:
		return timeUnit{"min", float64(time.Minute)}
	}
}

// of converts a time in ns.
func (u timeUnit) of(ns int64) float64 { return float64(ns) / u.ns }

// niceTicks are ticks at multiples of 1, 2, 2.5 or 5 times a power of ten, four
// to seven of them.
type niceTicks struct{}

// Ticks implements plot.Ticker.
func (niceTicks) Ticks(lo, hi float64) []plot.Tick {
	step := roundUp((hi-lo)/6, 1, 2, 2.5, 5)
	var ticks []plot.Tick
	for k := math.Ceil(lo/step - 1e-9); k*step <= hi+step*1e-9; k++ {
		ticks = append(ticks, plot.Tick{Value: k * step, Label: shortNumber(k * step)})
	}
	return ticks
}

// roundUp is the least of the multiples of a power of ten that is at least x.
// The multiples rise from 1.
func roundUp(x float64, multiples ...float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range multiples {
		if m*power >= x*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// shortNumber writes a number as a tick has room for it.
func shortNumber(x float64) string {
	switch a := math.Abs(x); {
	case a >= 1e9:
		return shortNumber(x/1e6) + "M"
	case a >= 1e6:
		return strconv.FormatFloat(x/1e6, 'f', -1, 64) + "M"
	case a >= 1e3:
		return thousands(int64(math.Round(x)))
	default:
		return strconv.FormatFloat(math.Round(x*1e6)/1e6+0, 'f', -1, 64) // +0: there is no -0
	}
}

// wholeTicks are niceTicks at whole numbers alone.
type wholeTicks struct{}

// Ticks implements plot.Ticker.
func (wholeTicks) Ticks(lo, hi float64) []plot.Tick {
	var ticks []plot.Tick
	for _, t := range (niceTicks{}).Ticks(lo, hi) {
		if t.Value == math.Round(t.Value) {
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// noLabels are the ticks of another ticker without their labels.
type noLabels struct{ plot.Ticker }

// Ticks implements plot.Ticker.
func (n noLabels) Ticks(lo, hi float64) []plot.Tick {
	ticks := n.Ticker.Ticks(lo, hi)
	for i := range ticks {
		ticks[i].Label = ""
	}
	return ticks
}

// labelGap is left free between two labels of a horizontal axis.
const labelGap = vg.Length(5)

// fitted are the ticks of a horizontal axis that is so wide, less labels that would
// touch: what is left are powers of ten where the scale has them, or every second.
type fitted struct {
	plot.Ticker
	axis  plot.Axis
	width vg.Length
}

// Ticks implements plot.Ticker.
func (f fitted) Ticks(lo, hi float64) []plot.Tick {
	ticks := f.Ticker.Ticks(lo, hi)
	if _, decades := f.Ticker.(percentileTicks); decades && f.touch(ticks) {
		for i := range ticks {
			if power := math.Log10(ticks[i].Value); math.Abs(power-math.Round(power)) > 1e-9 {
				ticks[i].Label = ""
			}
		}
	}
	for f.touch(ticks) {
		odd := false
		for i := range ticks {
			if !ticks[i].IsMinor() {
				if odd {
					ticks[i].Label = ""
				}
				odd = !odd
			}
		}
	}
	return ticks
}

// touch reports whether two labels do.
func (f fitted) touch(ticks []plot.Tick) bool {
	end := vg.Length(math.Inf(-1))
	for _, t := range ticks {
		if t.IsMinor() {
			continue
		}
		middle, half := vg.Length(f.axis.Norm(t.Value))*f.width, f.axis.Tick.Label.Width(t.Label)/2
		if middle-half < end {
			return true
		}
		end = middle + half + labelGap
	}
	return false
}

// durationTicks are the ticks of a logarithmic axis in ns: every decade, with
// twos and fives where there are few, each labelled with its unit.
type durationTicks struct{}

// Ticks implements plot.Ticker.
func (durationTicks) Ticks(lo, hi float64) []plot.Tick {
	few := math.Log10(hi/lo) <= 2.5
	var ticks []plot.Tick
	for decade := math.Pow(10, math.Floor(math.Log10(lo))); decade <= hi; decade *= 10 {
		for m := 1.0; m < 10; m++ {
			v := m * decade
			if v < lo*(1-1e-9) || v > hi*(1+1e-9) {
				continue
			}
			t := plot.Tick{Value: v}
			if m == 1 || few && (m == 2 || m == 5) {
				t.Label = shortDuration(v)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// shortDuration writes a time in ns with its unit, as short as it is exact to
// three digits.
func shortDuration(ns float64) string {
	unit := timeUnit{"ns", 1}
	for _, u := range []timeUnit{{"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}} {
		if math.Abs(ns) >= u.ns*(1-1e-9) {
			unit = u
		}
	}
	v, _ := strconv.ParseFloat(strconv.FormatFloat(ns/unit.ns, 'g', 3, 64), 64)
	return strconv.FormatFloat(v, 'f', -1, 64) + " " + unit.name
}

// percentileTicks are the ticks of an axis of 1/(1−q): 0%, 90%, 99%, 99.9% …
// Source: the plots of HdrHistogram, https://hdrhistogram.github.io/HdrHistogram/plotFiles.html.
type percentileTicks struct{}

// Ticks implements plot.Ticker.
func (percentileTicks) Ticks(_, hi float64) []plot.Tick {
	few := hi <= 200
	var ticks []plot.Tick
	for decade := 1.0; decade <= hi*(1+1e-9); decade *= 10 {
		for m := 1.0; m < 10 && m*decade <= hi*(1+1e-9); m++ {
			t := plot.Tick{Value: m * decade}
			if m == 1 || few && (m == 2 || m == 5) {
				t.Label = percentLabel(t.Value)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// percentLabel writes the percentile at 1/(1−q) = x.
func percentLabel(x float64) string {
	return strconv.FormatFloat(math.Round(100*(1-1/x)*1e7)/1e7, 'f', -1, 64) + "%"
}

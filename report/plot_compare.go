package report

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// variantPaints are those of the variants after the base, which is ink: the
// hues that stand out on white and on black. Further variants get them again,
// broken.
var variantPaints = [...]paint{blue, vermilion, green, purple, orange, sky}

// variantStyle is the line of a variant by its number; 0 is the base.
func variantStyle(i int, width vg.Length) draw.LineStyle {
	if i == 0 {
		return stroke(ink, width)
	}
	style := stroke(variantPaints[(i-1)%len(variantPaints)], width)
	switch (i - 1) / len(variantPaints) {
	case 0:
	case 1:
		style.Dashes = []vg.Length{7, 3}
	default:
		style.Dashes = []vg.Length{2, 2.5}
	}
	return style
}

// comparisonPictures returns the pictures of a comparison; none has an empty axis.
func comparisonPictures(c *Comparison) (all []picture) {
	for _, draw := range []func(*Comparison) (picture, bool){pairedPicture, percentilesPicture} {
		if p, ok := draw(c); ok {
			p.conditions = comparisonConditions(c)
			all = append(all, p)
		}
	}
	return all
}

// variantsNamed is how many variants the line under a title names.
const variantsNamed = 3

// comparisonConditions says in a line what the pictures show.
func comparisonConditions(c *Comparison) string {
	what := c.what()
	if n := len(c.Variants) - 1; n > variantsNamed {
		what = fmt.Sprintf("%s: %d variants beside %s, %s on %s", c.Name, n, c.Variants[0].Name, roundsOf(len(c.roundNumbers())), c.any().serverName())
	}
	return Plain(fmt.Sprintf("%s · %s · seed %d", what, c.any().Head.Model, c.Seed))
}

// writeComparisonPlots writes the pictures as files into a folder.
func writeComparisonPlots(dir string, c *Comparison) error {
	return errors.Join(writePlots(dir, comparisonPictures(c))...)
}

// ratioTicks are the ticks of a logarithmic axis of ratios: at even distances
// where it is short, else at ones, twos and fives.
type ratioTicks struct{}

// Ticks implements plot.Ticker.
func (ratioTicks) Ticks(lo, hi float64) []plot.Tick {
	if hi/lo < 4 {
		return niceTicks{}.Ticks(lo, hi)
	}
	few := hi/lo <= 200
	var ticks []plot.Tick
	for decade := math.Pow(10, math.Floor(math.Log10(lo))); decade <= hi; decade *= 10 {
		for m := 1.0; m < 10; m++ {
			if v := m * decade; v >= lo && v <= hi {
				t := plot.Tick{Value: v}
				if m == 1 || few && (m == 2 || m == 5) {
					t.Label = shortNumber(v)
				}
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}

// shortened cuts the middle out of a text that is wider than it may be.
func shortened(text string, style draw.TextStyle, width vg.Length) string {
	runes := []rune(text)
	for kept := len(runes) - 1; style.Width(text) > width && kept > 1; kept-- {
		text = string(runes[:(kept+1)/2]) + "…" + string(runes[len(runes)-kept/2:])
	}
	return text
}

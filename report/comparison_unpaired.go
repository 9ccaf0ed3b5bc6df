package report

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchunit"

	"github.com/seckill-bench/seckill/scenario/compare"
)

// whyUnpaired says why benchstat's answer is not ours.
const whyUnpaired = "benchstat sets all runs of one variant beside all runs of the other (Mann-Whitney) and does not know which were made in the same round: what moves both runs of a round, as a machine that warms up or a neighbour does, it counts as noise. It corrects for nothing else that was asked at the same time. So it may miss what the pairs show, and name what they do not; the answers above are those of the pairs."

// unpaired is what benchstat says of two samples of a metric with a unit 1/s, ns
// or share, as it prints it: each centre with its 95% interval, the difference, its
// p-value and the sizes. NaN stands for a round without the figure.
func unpaired(base, variant []float64, unit string) string {
	known := func(all []float64) *benchmath.Sample {
		all = slices.DeleteFunc(slices.Clone(all), math.IsNaN)
		return benchmath.NewSample(all, &benchmath.DefaultThresholds)
	}
	old, new := known(base), known(variant)
	if len(old.Values) == 0 || len(new.Values) == 0 {
		return "no figure to compare"
	}
	a, b := benchmath.AssumeNothing.Summary(old, compare.Confidence), benchmath.AssumeNothing.Summary(new, compare.Confidence)
	test := benchmath.AssumeNothing.Compare(old, new)
	text := fmt.Sprintf("%s against %s: %s (%s)", centre(a, unit), centre(b, unit), test.FormatDelta(a.Center, b.Center), test)
	for _, warning := range test.Warnings {
		text += ", " + warning.Error()
	}
	return text
}

// centre writes a summary in the units of benchstat, which counts in seconds.
func centre(s benchmath.Summary, unit string) string {
	v, of := s.Center, ""
	switch unit {
	case "ns":
		v, of = v/1e9, "s"
	case "1/s":
		of = "/s"
	}
	return benchunit.Scale(v, benchunit.Decimal) + of + " ± " + s.PctRangeString()
}

package report

import (
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"
)

func labels(ticks []plot.Tick) string {
	var all []string
	for _, t := range ticks {
		if !t.IsMinor() {
			all = append(all, t.Label)
		}
	}
	return strings.Join(all, " ")
}

func TestTicks(t *testing.T) {
	for _, row := range []struct {
		ticker       plot.Ticker
		lo, hi       float64
		want, reason string
	}{
		{niceTicks{}, 0, 76, "0 20 40 60", "no -0"},
		{niceTicks{}, -7, 1000, "0 200 400 600 800 1,000", "below zero"},
		{niceTicks{}, 0, 0.004, "0 0.001 0.002 0.003 0.004", "small"},
		{niceTicks{}, 0, 12.5e6, "0 2.5M 5M 7.5M 10M 12.5M", "large"},
		{wholeTicks{}, 0, 3, "0 1 2 3", "units are whole"},
		{durationTicks{}, 5e4, 2e6, "50 µs 100 µs 200 µs 500 µs 1 ms 2 ms", "few decades: ones, twos and fives"},
		{durationTicks{}, 1e3, 1e9, "1 µs 10 µs 100 µs 1 ms 10 ms 100 ms 1 s", "many: ones"},
		{percentileTicks{}, 1, 10, "0% 50% 80% 90%", "ten attempts"},
		{percentileTicks{}, 1, 1e6, "0% 90% 99% 99.9% 99.99% 99.999% 99.9999%", "a million, as HdrHistogram's plots have it"},
		{noLabels{niceTicks{}}, 0, 10, "", "an upper panel"},
	} {
		if got := labels(row.ticker.Ticks(row.lo, row.hi)); got != row.want {
			t.Errorf("%T from %g to %g: %q, want %q: %s", row.ticker, row.lo, row.hi, got, row.want, row.reason)
		}
	}
}

func TestTicksFitTheirAxis(t *testing.T) {
	percentiles := newPlot("").X
	percentiles.Scale, percentiles.Min, percentiles.Max = plot.LogScale{}, 1, 200
	numbers := newPlot("").X
	numbers.Min, numbers.Max = 0, 6_000
	for _, row := range []struct {
		ticker       plot.Ticker
		axis         plot.Axis
		width        vg.Length
		want, reason string
	}{
		{percentileTicks{}, percentiles, 600, "0% 50% 80% 90% 95% 98% 99% 99.5%", "there is room"},
		{percentileTicks{}, percentiles, 150, "0% 90% 99%", "99% and 99.5% would touch"},
		{niceTicks{}, numbers, 300, "0 1,000 2,000 3,000 4,000 5,000 6,000", "there is room"},
		{niceTicks{}, numbers, 150, "0 2,000 4,000 6,000", "every second has it"},
		{niceTicks{}, numbers, 50, "0 4,000", "every fourth"},
	} {
		if got := labels(fitted{row.ticker, row.axis, row.width}.Ticks(row.axis.Min, row.axis.Max)); got != row.want {
			t.Errorf("%T on %g points: %q, want %q: %s", row.ticker, row.width.Points(), got, row.want, row.reason)
		}
	}
}

func TestNiceTicksAreFew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hi := rapid.Float64Range(1e-3, 1e15).Draw(t, "hi")
		if n := len(niceTicks{}.Ticks(0, hi)); n < 4 || n > 7 {
			t.Fatalf("%d ticks from 0 to %g", n, hi)
		}
	})
}

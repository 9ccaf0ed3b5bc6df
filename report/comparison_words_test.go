package report

import (
	"math"
	"testing"
)

func TestRatiosInWords(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		ratio            float64
		words, than, own string
	}{
		{1, "the same as", "the same as", "1.000"},
		{.909, "9.1% lower", "9.1% lower than", "0.909"},
		{1.12, "12.0% higher", "12.0% higher than", "1.120"},
		{1.9, "90.0% higher", "90.0% higher than", "1.900"},
		{2, "2.00 times", "2.00 times", "2.000"},
		{31.3, "31.3 times", "31.3 times", "31.3"},
		{1e5, "100,000 times", "100,000 times", "100,000"},
		{.0004, "99.960% lower", "99.960% lower than", "<0.001"},
		{0, "100% lower", "100% lower than", "0"},
		{inf, "beyond all measure beside", "beyond all measure beside", "∞"},
	} {
		if words, than, own := changeWords(tt.ratio), changeThan(tt.ratio), ratioText(tt.ratio); words != tt.words || than != tt.than || own != tt.own {
			t.Errorf("%v: %q, %q, %q", tt.ratio, words, than, own)
		}
	}
}

func TestIntervalsInWords(t *testing.T) {
	for _, tt := range []struct {
		low, high float64
		want      string
	}{
		{.882, .936, "11.8% to 6.4% lower"},
		{1.01, 1.05, "1.0% to 5.0% higher"},
		{.95, 1.02, "5.0% lower to 2.0% higher"},
		{2.5, 3.5, "2.50 to 3.50 times"},
		{1.5, 2.5, "50.0% higher to 2.50 times"},
		{.95, 1, "5.0% lower to the same"},
		{1, 1.05, "the same to 5.0% higher"},
		{3, math.Inf(1), "3.00 times to beyond all measure"},
	} {
		if got := intervalWords(tt.low, tt.high); got != tt.want {
			t.Errorf("%v to %v: %q, want %q", tt.low, tt.high, got, tt.want)
		}
	}
}

func TestPInWords(t *testing.T) {
	for p, want := range map[float64]string{1: "1", .9996: "1", .0494: "0.049", .002: "0.002", .0004: "<0.001"} {
		if got := pText(p); got != want {
			t.Errorf("%v: %s, want %s", p, got, want)
		}
	}
}

func TestFigureCells(t *testing.T) {
	for _, tt := range []struct {
		unit   string
		figure *float64
		want   string
	}{
		{unitRate, ptr(51234.4), "51,234/s"}, {unitTime, ptr(12.34e6), "12.3 ms"}, {unitShare, ptr(.9875), "98.8%"}, {unitCount, ptr(3.0), "3.00"},
		{unitTime, ptr(math.Inf(1)), "never"}, {unitTime, nil, "-"},
	} {
		m := Metric{Unit: tt.unit}
		if got := m.cell(tt.figure); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.unit, got, tt.want)
		}
	}
}

func TestNamesInAColumn(t *testing.T) {
	for name, want := range map[string]string{"once": "once", "123456789": "123456789", "1234567890": "12345678…", "\x1b[31m": `\x1b[31m`} {
		if got := short(name, 9); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := pad("a", 3) + pad("bcd", 3) + pad("e", -3) + "|"; got != "  a bcde  |" {
		t.Errorf("%q", got)
	}
}

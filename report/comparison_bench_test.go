package report

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"
)

// benchResults reads bench.txt of a comparison.
func benchResults(t *testing.T, c *Comparison) (text string, results []*benchfmt.Result) {
	t.Helper()
	var out bytes.Buffer
	if err := writeComparisonBench(&out, c); err != nil {
		t.Fatal(err)
	}
	text = out.String()
	reader := benchfmt.NewReader(&out, "bench.txt")
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.Result:
			results = append(results, record.Clone())
		case *benchfmt.SyntaxError:
			t.Error(record)
		}
	}
	return text, results
}

func TestComparisonBenchIsOneTableByVariant(t *testing.T) {
	for name, want := range map[string]map[string]int{
		"two": {"once": 10, "decr": 10}, "wrong": {"once": 10, "packed": 10, "naive": 10}, "none": {"once": 7, "decr": 7},
	} {
		_, results := benchResults(t, contests[name](t))
		// As benchstat -col variant does: a table for each set of other conditions.
		var parser benchproc.ProjectionParser
		column, err := parser.Parse("variant", nil)
		if err != nil {
			t.Fatal(err)
		}
		table, err := parser.Parse(".config", nil)
		if err != nil {
			t.Fatal(err)
		}
		tables, columns := map[benchproc.Key]bool{}, map[string]int{}
		for _, result := range results {
			tables[table.Project(result)] = true
			columns[column.Project(result).StringValues()]++
		}
		if len(tables) != 1 {
			t.Errorf("%s: %d tables, want 1", name, len(tables))
		}
		for variant, runs := range want {
			if columns[variant] != runs {
				t.Errorf("%s: %d results of %s, want %d", name, columns[variant], variant, runs)
			}
		}
	}
}

func TestComparisonBenchHoldsTheFiguresAndConditions(t *testing.T) {
	c := contests["two"](t)
	text, results := benchResults(t, c)
	for i, result := range results[:10] {
		for unit, want := range map[string]float64{
			"selling/s": c.Contrasts[0].Rows[0].BaseRounds[i], "attempts/s": *c.Variants[0].Runs[i].Summary.Throughput,
		} {
			if got, ok := result.Value(unit); !ok || math.Abs(got-want) > 0.5 {
				t.Errorf("round %d: %s is %g, %t; want %g", i+1, unit, got, ok, want)
			}
		}
		if got, ok := result.Value("service-p99-sec"); !ok || math.Abs(got*1e9-float64(*c.Variants[0].Runs[i].Summary.service.percentiles().P99)) > 0.5 {
			t.Errorf("round %d: service.p99 is %g s, %t", i+1, got, ok)
		}
		if strings.Count(string(result.Name), "/") > 0 || result.GetConfig("model") != modelBurst || result.GetConfig("script") != "" {
			t.Errorf("%s: model %q, script %q", result.Name, result.GetConfig("model"), result.GetConfig("script"))
		}
	}
	for _, want := range []string{"# script: decr\n", "# script-sha1: once\n", "Unit selling/s better=higher\n", "Unit service-p99-ns better=lower\n", "\nvariant: decr\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("bench.txt lacks %q", want)
		}
	}
	if never, _ := benchResults(t, contests["limit"](t)); strings.Contains(never, "Inf") || strings.Contains(never, "NaN") {
		t.Error("bench.txt holds a figure that is none")
	}
}

func TestUnpaired(t *testing.T) {
	ten := []float64{100, 101, 102, 103, 104, 105, 106, 107, 108, 109}
	times := func(by float64) (all []float64) {
		for _, v := range ten {
			all = append(all, v*by)
		}
		return all
	}
	for _, row := range []struct {
		base, variant      []float64
		unit, want, reason string
	}{
		{ten, times(1.5), "1/s", "104.5/s ± 3% against 156.8/s ± 3%: +50.00% (p=0.000 n=10)", "a difference"},
		{times(1e6), times(0.9e6), "ns", "104.5ms ± 3% against 94.05ms ± 3%: -10.00% (p=0.000 n=10)", "benchstat counts in seconds"},
		{ten, ten, "1/s", "104.5/s ± 3% against 104.5/s ± 3%: ~ (p=1.000 n=10)", "none"},
		{ten, append(times(1.5), math.NaN()), "1/s", "104.5/s ± 3% against 156.8/s ± 3%: +50.00% (p=0.000 n=10)", "a round without the figure is left out"},
		{ten[:3], times(1.5)[:3], "share", "101.0 ± ∞ against 151.5 ± ∞: ~ (p=0.100 n=3), need >= 4 samples to detect a difference at alpha level 0.05", "three against three"},
		{nil, ten, "1/s", "no figure to compare", "nothing"},
	} {
		if got := unpaired(row.base, row.variant, row.unit); got != row.want {
			t.Errorf("%q, want %q: %s", got, row.want, row.reason)
		}
	}
}

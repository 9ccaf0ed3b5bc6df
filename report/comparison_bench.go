package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// writeComparisonBench writes bench.txt of a comparison, for
//
//	benchstat -col variant bench.txt
//
// one line a run that counts, in the order of the variants. Configuration lines
// are the conditions that all runs share, and the variant: benchstat sets beside
// each other only runs that agree in all other lines, so what differs between
// variants stands in lines that it does not read. Each line holds the figures of
// the contrasts beside those of WriteBench.
func writeComparisonBench(w io.Writer, c *Comparison) error {
	var b strings.Builder
	shared, own := c.benchConfigs()
	writeConfig(&b, "", shared)
	metrics := c.contrasted()
	for i := range metrics {
		if better := "higher"; metrics[i].Unit != "" {
			if metrics[i].Lower {
				better = "lower"
			}
			fmt.Fprintf(&b, "Unit %s better=%s\n", metrics[i].benchUnit(), better)
		}
	}
	for i := range c.Variants {
		v := &c.Variants[i]
		fmt.Fprintf(&b, "\nvariant: %s\n", Plain(v.Name))
		writeConfig(&b, "# ", own[i])
		for k := range v.Runs {
			line := benchLine(v.Runs[k].Summary)
			for m := range metrics {
				unit := metrics[m].benchUnit()
				value := metrics[m].of(v.Runs[k].Summary)
				if value != nil && !math.IsInf(*value, 0) && line != "" && !strings.Contains(line+" ", " "+unit+" ") {
					line += " " + strconv.FormatFloat(math.Round(*value*1e6)/1e6, 'f', -1, 64) + " " + unit
				}
			}
			if line != "" {
				b.WriteString(line + "\n")
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// contrasted are the metrics of the contrasts.
func (c *Comparison) contrasted() (all []Metric) {
	for i := range c.Contrasts {
		for k := range c.Contrasts[i].Rows {
			m := c.Contrasts[i].Rows[k].Metric
			if m.of != nil && !slices.ContainsFunc(all, func(known Metric) bool { return known.Name == m.Name }) {
				all = append(all, m)
			}
		}
	}
	return all
}

// benchUnit is the metric as a unit of a benchmark: benchstat reads the ns of
// service-p99-ns as nanoseconds.
func (m *Metric) benchUnit() string {
	name := strings.ReplaceAll(benchKey(m.Name), ".", "-")
	switch m.Unit {
	case "ns":
		return name + "-ns"
	case "1/s":
		return name + "/s"
	}
	return name + "-" + benchKey(m.Unit)
}

// benchConfigs are the conditions in which all runs agree, and those of each
// variant in which they do not.
func (c *Comparison) benchConfigs() (shared []setting, own [][]setting) {
	own = make([][]setting, len(c.Variants))
	values := map[string][]string{}
	for i := range c.Variants {
		for k := range c.Variants[i].Runs {
			for _, s := range effective(c.Variants[i].Runs[k].Summary.benchConfig()) {
				if k == 0 {
					own[i] = append(own[i], s)
				}
				values[s.name] = append(values[s.name], s.value)
			}
		}
	}
	runs := 0
	for i := range c.Variants {
		runs += len(c.Variants[i].Runs)
	}
	agreed := func(s setting) bool {
		all := values[s.name]
		return len(all) == runs && !slices.ContainsFunc(all, func(v string) bool { return v != all[0] })
	}
	for i := range own {
		if len(own[i]) > 0 && shared == nil {
			shared = slices.DeleteFunc(slices.Clone(own[i]), func(s setting) bool { return !agreed(s) })
		}
		own[i] = slices.DeleteFunc(own[i], agreed)
	}
	return shared, own
}

// effective leaves of several settings of a name the last, and none without a
// value.
func effective(all []setting) (kept []setting) {
	for i, s := range all {
		later := func(t setting) bool { return benchKey(t.name) == benchKey(s.name) && t.value != "" }
		if s.value != "" && !slices.ContainsFunc(all[i+1:], later) {
			kept = append(kept, s)
		}
	}
	return kept
}

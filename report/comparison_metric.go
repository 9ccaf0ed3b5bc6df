package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A Metric is a figure by which variants are compared.
type Metric struct {
	// Name is as in selling, service.p99; Unit is 1/s, ns, share or count.
	Name, Unit string
	// Lower: less of it is better.
	Lower bool

	// of is nil where a run has no such figure, and +Inf where it was longer than
	// anybody waited.
	of func(*Summary) *float64
}

// The units of metrics.
const (
	unitRate  = "1/s"
	unitTime  = "ns"
	unitShare = "share"
	unitCount = "count"
)

// The metrics that decide where no other is named.
const (
	metricSelling    = "selling"
	metricThroughput = "throughput"
	metricGood       = "good"
)

// metricsOf are the metrics of a model of arrivals. A response time and what was
// good within one mean nothing unless arrivals are open. limit is the time within
// which an answer is good; nil: none was given.
func metricsOf(model string, limit *float64) []Metric {
	all := []Metric{
		{metricSelling, unitRate, false, func(s *Summary) *float64 { selling, _ := s.sellingRates(); return selling }},
		{metricThroughput, unitRate, false, func(s *Summary) *float64 { return s.Throughput }},
	}
	if model == modelOpen && limit != nil {
		all = append(all, Metric{metricGood, unitShare, false, func(s *Summary) *float64 { return s.goodWithin(int64(*limit)) }})
	}
	all = append(all, percentileMetric("service", func(s *Summary) *distribution { return s.service }, .5, .99, .999)...)
	if model == modelOpen {
		all = append(all, percentileMetric("response", func(s *Summary) *distribution { return s.response }, .5, .99)...)
	}
	all = append(all, percentileMetric("ok.service", func(s *Summary) *distribution { return s.byOutcome[sale.OK].service }, .99)...)
	return append(all, []Metric{
		{"sold_out_at", unitTime, true, func(s *Summary) *float64 { return instantOrNever(s.SoldOutAt) }},
		{"all_answered", unitTime, true, func(s *Summary) *float64 { return instantOrNever(s.AllAnswered) }},
		{"errors", unitShare, true, (*Summary).errorShare},
		{"driver_cpu", unitTime, true, (*Summary).driverCPU},
		{"server_cpu", unitTime, true, (*Summary).serverCPU},
		{"round_trips", unitCount, true, func(s *Summary) *float64 { return s.RoundTrips }},
	}...)
}

// percentileMetric are percentiles of a kind of time. One that falls among those
// without an answer is longer than all there are.
func percentileMetric(name string, times func(*Summary) *distribution, quantiles ...float64) (all []Metric) {
	for _, q := range quantiles {
		of := func(s *Summary) *float64 {
			d := times(s)
			if d == nil || !d.told(q) {
				return nil
			}
			v, ok := d.quantile(q)
			if !ok {
				return ptr(math.Inf(1))
			}
			return ptr(float64(v))
		}
		all = append(all, Metric{name + "." + percentileName(q), unitTime, true, of})
	}
	return all
}

// percentileName is p99.9 for 0.999.
func percentileName(q float64) string { return fmt.Sprintf("p%g", 100*q) }

func instantOrNever(at *int64) *float64 {
	if at == nil {
		return ptr(math.Inf(1))
	}
	return ptr(float64(*at))
}

// goodWithin is the share of the purchases due that had a definite business reply
// before a time after they were due, to the digits of the histogram; nil when
// none was due.
func (s *Summary) goodWithin(ns int64) *float64 {
	due := s.response.count() + s.response.missed()
	if due == 0 {
		return nil
	}
	return ptr(float64(s.response.within(ns-1)) / float64(due))
}

func (s *Summary) errorShare() *float64 {
	if s.Attempts == 0 {
		return nil
	}
	return ptr(float64(s.NotAnswered()) / float64(s.Attempts))
}

// driverCPU is that of an attempt, a background read being one too, in ns; nil where
// it is not known.
func (s *Summary) driverCPU() *float64 {
	if s.Tail == nil || s.Tail.Driver.CPU == 0 || s.made == 0 {
		return nil
	}
	return ptr(float64(s.Tail.Driver.CPU) / float64(s.made))
}

// serverCPU is that of all processes of the server, for an attempt, in ns; nil
// where one does not tell.
func (s *Summary) serverCPU() *float64 {
	if s.Tail == nil || len(s.Tail.Served) == 0 || len(s.Tail.Untold) > 0 || s.made == 0 {
		return nil
	}
	var cpu int64
	for i := range s.Tail.Served {
		of := s.Tail.Served[i].CPU
		if of == nil {
			return nil
		}
		cpu += *of
	}
	return ptr(float64(cpu) / float64(s.made))
}

// metrics are those of the comparison, the primary one first.
func (c *Comparison) metrics() ([]Metric, error) {
	first := c.any()
	all := metricsOf(first.Head.Model, first.responseLimit())
	name, err := c.primary(first)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(m Metric) bool { return m.Name == name })
	if at < 0 {
		return nil, fmt.Errorf("--primary %s: %s", name, unknownMetric(name, all))
	}
	primary := all[at]
	return append([]Metric{primary}, slices.Delete(all, at, at+1)...), nil
}

// CheckPrimary refuses a primary metric that runs with a model of arrivals and
// objectives will not have; an empty one is the usual. An error says what to give.
func CheckPrimary(name, model string, objectives []Objective) error {
	would := &Summary{}
	would.Head.Model = model
	for _, o := range objectives {
		would.Objective = append(would.Objective, Finding{Objective: o})
	}
	c := &Comparison{Options: ComparisonOptions{Primary: name}, Variants: []Variant{{Runs: []VariantRun{{Summary: would}}}}}
	_, err := c.metrics()
	return err
}

// primary is the name of the metric that decides.
func (c *Comparison) primary(first *Summary) (string, error) {
	open := first.Head.Model == modelOpen
	wanted := c.Options.Primary
	if open && first.responseLimit() == nil && (wanted == "" || wanted == metricGood) {
		return "", fmt.Errorf("open arrivals are compared by the share of attempts that were good, and nobody said within what time: " +
			"give a response time as objective (--slo 'p99<5ms'), or name what decides (--primary selling)")
	}
	switch {
	case wanted != "":
		return wanted, nil
	case open:
		return metricGood, nil
	case c.neverSoldOut() != "":
		return metricThroughput, nil
	}
	return metricSelling, nil
}

// neverSoldOut names a variant none of whose runs sold all it had; empty: each
// has one that did.
func (c *Comparison) neverSoldOut() string {
	for i := range c.Variants {
		sold := func(run VariantRun) bool { return run.Summary.SoldOutAt != nil }
		if !slices.ContainsFunc(c.Variants[i].Runs, sold) {
			return c.Variants[i].Name
		}
	}
	return ""
}

func unknownMetric(name string, known []Metric) string {
	if name == metricGood || strings.HasPrefix(name, "response.") {
		return "it has a meaning for open arrivals alone (--arrivals poisson:RATE); use selling, service.p99 or sold_out_at"
	}
	var names []string
	for _, m := range known {
		names = append(names, m.Name)
	}
	return "there is no such figure; known: " + strings.Join(names, ", ")
}

// responseLimit is the limit of the first objective that bounds a response time,
// in ns; nil without one.
func (s *Summary) responseLimit() *float64 {
	for i := range s.Objective {
		if o := &s.Objective[i]; o.figure == responseTime {
			return &o.Limit
		}
	}
	return nil
}

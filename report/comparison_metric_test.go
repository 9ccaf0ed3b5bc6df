package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
)

func namesOf(rows []ContrastRow) (names []string) {
	for _, row := range rows {
		names = append(names, row.Name)
	}
	return names
}

// What decides depends on how buyers arrive, unless it is named.
func TestPrimary(t *testing.T) {
	unsold := func(_ string, _ int, p *paced) { p.stock = 1000 }
	for _, tt := range []struct {
		reason          string
		model, slo      string
		named           string
		change          func(string, int, *paced)
		want, wantError string
	}{
		{reason: "a burst is decided by how fast it sells", want: "selling"},
		{reason: "or by the whole run where nothing was sold out", change: unsold, want: "throughput"},
		{reason: "or by what is named", named: "service.p50", want: "service.p50"},
		{reason: "an open run by what was good", model: modelOpen, slo: "service.p99<9ms,p99<5ms", want: "good"},
		{reason: "an open run where another is named", model: modelOpen, named: "response.p50", want: "response.p50"},
		{reason: "nobody said within what time", model: modelOpen, wantError: "give a response time as objective (--slo 'p99<5ms'), or name what decides (--primary selling)"},
		{reason: "a service time is no such time", model: modelOpen, slo: "service.p99<9ms", wantError: "give a response time as objective"},
		{reason: "good is named and has no limit", model: modelOpen, named: "good", wantError: "give a response time as objective"},
		{reason: "a response time of a burst", named: "response.p99", wantError: "--primary response.p99: it has a meaning for open arrivals alone"},
		{reason: "good of a burst", named: "good", wantError: "open arrivals alone"},
		{reason: "no such figure", named: "speed", wantError: "--primary speed: there is no such figure; known: selling, throughput, service.p50"},
	} {
		c := trial{rounds: 1, names: []string{"watch"}, model: tt.model, slo: tt.slo, options: ComparisonOptions{Primary: tt.named}, change: tt.change}.made(t)
		err := c.Decide()
		switch {
		case tt.wantError != "":
			if err == nil || !strings.Contains(err.Error(), tt.wantError) {
				t.Errorf("%s: %v", tt.reason, err)
			}
		case err != nil || c.Contrasts[0].Rows[0].Name != tt.want:
			t.Errorf("%s: %v, %v", tt.reason, c.Contrasts, err)
		default:
			if names := namesOf(c.Contrasts[0].Rows); len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
				t.Errorf("%s: a figure is there twice: %v", tt.reason, names)
			}
		}
	}
	for _, alone := range []*Comparison{{}, {Variants: []Variant{{Name: "once"}}}, {Variants: []Variant{{Name: "once"}, {Name: "watch"}}}} {
		if err := alone.Decide(); err == nil {
			t.Errorf("%d variants and no run are compared", len(alone.Variants))
		}
	}
}

// The figures are those of the runs.
func TestComparisonMetrics(t *testing.T) {
	s := openRun(t)
	s.RoundTrips, s.Tail.Untold = ptr(2.0), nil
	got := map[string]*float64{}
	all := metricsOf(modelOpen, ptr(float64(5*ms)))
	for _, m := range all {
		got[m.Name] = m.of(s)
	}
	if len(got) != 15 {
		t.Errorf("%d figures", len(got))
	}
	selling, _ := s.sellingRates()
	inf := math.Inf(1)
	for name, want := range map[string]float64{
		"selling": *selling, "throughput": *s.Throughput, "good": 19750.0 / 20000, "service.p50": float64(300 * us), "service.p99": inf, "service.p99.9": inf,
		"response.p50": float64(320 * us), "response.p99": inf, "ok.service.p99": float64(300 * us), "sold_out_at": float64(*s.SoldOutAt), "all_answered": inf,
		"errors": .0125, "driver_cpu": float64(s.Tail.Driver.CPU) / 20000, "server_cpu": float64(*s.Tail.Served[0].CPU) / 20000, "round_trips": 2,
	} {
		if f := got[name]; f == nil || *f != want && math.Abs(*f-want) > want/1000 {
			t.Errorf("%s: %v, want %v", name, f, want)
		}
	}
	for _, m := range all {
		if lower := !slices.Contains([]string{"selling", "throughput", "good"}, m.Name); m.Lower != lower {
			t.Errorf("%s: less is better is %t", m.Name, m.Lower)
		}
	}
	for _, m := range metricsOf(modelBurst, ptr(5.0)) {
		if m.Name == "good" || strings.HasPrefix(m.Name, "response") {
			t.Errorf("%s of a burst", m.Name)
		}
	}
}

// What nobody counted is no figure.
func TestMetricsThatAreNotThere(t *testing.T) {
	s := summarize(t, record(testHead(modelBurst, "burst"), nil, nil, nil), validVerdict())
	for _, m := range metricsOf(modelBurst, nil) {
		if f := m.of(s); f != nil && !math.IsInf(*f, 1) {
			t.Errorf("%s of nothing is %v", m.Name, *f)
		}
	}
	s = validBurst(t)
	s.Tail.Untold = []string{"a node does not say"}
	if s.serverCPU() != nil {
		t.Error("the CPU of some nodes is taken for that of all")
	}
	s.Tail.Untold = nil
	s.Tail.Served = append(s.Tail.Served, history.Served{})
	if s.serverCPU() != nil {
		t.Error("the CPU of one node is taken for that of two")
	}
}

// An answer exactly at the limit is too late, one just before it good.
func TestGoodWithin(t *testing.T) {
	s := openRun(t) // all are answered after 320 µs but 250 of 20,000
	for limit, want := range map[int64]float64{319 * us: 0, 321 * us: .9875, 5 * ms: .9875, 5000 * ms: .9875} {
		if got := s.goodWithin(limit); *got != want {
			t.Errorf("within %d: %v, want %v", limit, *got, want)
		}
	}
}

// A run that broke off has no figures; one that never ended a percentile has
// one beyond all measure.
func TestFiguresLeftOut(t *testing.T) {
	c := trial{rounds: 8, names: []string{"watch"}, noise: .01}.made(t).changedBy(func(v string, round int, s *Summary) {
		switch {
		case v == "watch" && round == 2:
			s.Tail.Ended = history.EndedServerLost
		case v == "watch" && round < 5:
			s.AllAnswered = nil
		}
	})
	if err := c.Decide(); err != nil {
		t.Fatal(err)
	}
	for _, row := range c.Contrasts[0].Rows {
		if !math.IsNaN(row.Rounds[1]) || row.Estimate.Rounds != 7 {
			t.Errorf("%s: %v in %d rounds", row.Name, row.Rounds, row.Estimate.Rounds)
		}
		if row.Name == "all_answered" && (!math.IsInf(row.Rounds[0], 1) || !math.IsInf(row.High, 1) || row.Low == 0 || math.IsInf(*row.Figure, 1)) {
			t.Errorf("%+v", row)
		}
	}
	rows := namesOf(c.changedBy(func(_ string, _ int, s *Summary) { s.AllAnswered = nil }).decided(t).Contrasts[0].Rows)
	if slices.Contains(rows, "all_answered") || !slices.Contains(rows, "sold_out_at") {
		t.Errorf("a figure that no run has is shown: %v", rows)
	}
}

func (c *Comparison) decided(t *testing.T) *Comparison {
	t.Helper()
	if err := c.Decide(); err != nil {
		t.Fatal(err)
	}
	return c
}

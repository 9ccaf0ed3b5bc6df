package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// Shapes of the times of a sale, in ns.
var shapes = map[string]func(*rand.Rand) float64{
	"uniform":     func(r *rand.Rand) float64 { return r.Float64() * 1e6 },
	"exponential": func(r *rand.Rand) float64 { return r.ExpFloat64() * 300e3 },
	"two humps": func(r *rand.Rand) float64 {
		if r.Float64() < .95 {
			return 80e3 * (1 + .1*r.NormFloat64())
		}
		return 40e6 * (1 + .1*r.NormFloat64())
	},
	"long tail": func(r *rand.Rand) float64 { return 50e3 * math.Pow(r.Float64(), -1/1.2) },
	"the same":  func(*rand.Rand) float64 { return 123_456 },
	"nanoseconds": func(r *rand.Rand) float64 {
		return float64(r.IntN(3000))
	},
	"a stall": func(r *rand.Rand) float64 { return max(2e9*(5*r.Float64()-4), 0) + 100e3*(1+r.Float64()) },
}

// shaped is a record of n attempts with times of a shape, of which a share was
// never answered: some of them are lost, and some never sent.
func shaped(n int, shape func(*rand.Rand) float64, missing float64) []history.Attempt {
	random := rand.New(rand.NewPCG(uint64(n), 7))
	all := arrivals(int64(n), int64(n)/2)
	for i := range all {
		a := &all[i]
		a.Call = a.Due + int64(random.ExpFloat64()*50e3)
		a.Return = a.Call + int64(shape(random))
		a.Start = uint32((a.Call - a.Due) / 1000)
		switch lost := random.Float64() < missing; {
		case lost && i%2 == 0:
			a.Outcome, a.Granted, a.Left = sale.Indeterminate, 0, sale.Untold
		case lost:
			a.Outcome, a.Granted, a.Left, a.Call, a.Return = sale.Dropped, 0, sale.Untold, history.Never, history.Never
		}
	}
	return all
}

// sorted are the times of a record, not answered ones at the end.
func sorted(all []history.Attempt, time func(*history.Attempt) (ns int64, counts, answered bool)) []int64 {
	var times []int64
	for i := range all {
		if ns, counts, answered := time(&all[i]); counts && answered {
			times = append(times, ns)
		} else if counts {
			times = append(times, math.MaxInt64)
		}
	}
	slices.Sort(times)
	return times
}

// exactly is the smallest time that a share of the due, in parts of ten
// thousand, stays within: nil among those not answered, or where fewer than ten
// lie beyond.
func exactly(times []int64, parts int) *int64 {
	rank := max((parts*len(times)+9999)/10_000, 1)
	if len(times)-rank < 10 || times[rank-1] == math.MaxInt64 {
		return nil
	}
	return &times[rank-1]
}

// Every percentile of result.json is within 0.1% of the one sorted from the record.
func TestPercentilesAreThoseOfTheRecord(t *testing.T) {
	for name, shape := range shapes {
		for _, n := range []int{100, 1000, 9999, 10_000} {
			for _, missing := range []float64{0, .004, .03} {
				compareToRecord(t, fmt.Sprintf("%s, %d attempts, %g missing", name, n, missing), shaped(n, shape, missing))
			}
		}
		compareToRecord(t, name+", 100,000 attempts", shaped(100_000, shape, .004))
	}
	if !testing.Short() {
		compareToRecord(t, "a million", shaped(1_000_000, shapes["two humps"], .0005))
	}
}

func compareToRecord(t *testing.T, name string, all []history.Attempt) {
	t.Helper()
	s := summarize(t, record(testHead(modelOpen, "poisson:20000/s"), testTail(int64(len(all)), 0), nil, all), validVerdict())
	var out bytes.Buffer
	if err := WriteJSON(&out, s); err != nil {
		t.Fatal(err)
	}
	var got result
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	compare := func(what string, got *latency, truth []int64) {
		t.Helper()
		compareTimes(t, name+": "+what, got, truth)
	}
	compare("response", got.Latency.Response, sorted(all, func(a *history.Attempt) (int64, bool, bool) {
		return a.Return - a.Due, true, a.Outcome.Answered()
	}))
	compare("service", got.Latency.Service, sorted(all, func(a *history.Attempt) (int64, bool, bool) {
		return a.Return - a.Call, a.Outcome != sale.Dropped, a.Outcome.Answered()
	}))
	compare("lateness", got.Latency.Lateness, sorted(all, func(a *history.Attempt) (int64, bool, bool) {
		return a.Call - a.Due, true, a.Outcome != sale.Dropped
	}))
	ok := got.ByOutcome["ok"]
	compare("response of ok", ok.Response, sorted(all, func(a *history.Attempt) (int64, bool, bool) {
		return a.Return - a.Due, a.Outcome == sale.OK, true
	}))
}

func compareTimes(t *testing.T, name string, got *latency, truth []int64) {
	t.Helper()
	answered, _ := slices.BinarySearch(truth, math.MaxInt64)
	if got.Count != int64(len(truth)) || got.NotAnswered != int64(len(truth)-answered) {
		t.Errorf("%s: %d attempts, %d of them not answered; want %d and %d", name, got.Count, got.NotAnswered, len(truth), len(truth)-answered)
	}
	comparePercentiles(t, name, got.percentiles, truth, answered == len(truth))
	if got.Answered != nil {
		comparePercentiles(t, name+", of the answered", *got.Answered, truth[:answered], true)
	}
	if (got.Answered != nil) != (answered < len(truth)) {
		t.Errorf("%s: the answered alone are told: %v", name, got.Answered != nil)
	}
}

func comparePercentiles(t *testing.T, name string, got percentiles, truth []int64, all bool) {
	t.Helper()
	for _, p := range []struct {
		parts int
		got   *int64
	}{{5000, got.P50}, {9000, got.P90}, {9900, got.P99}, {9990, got.P999}, {9999, got.P9999}} {
		switch want := exactly(truth, p.parts); {
		case (want == nil) != (p.got == nil):
			t.Errorf("%s: p%g is told: %v", name, float64(p.parts)/100, p.got != nil)
		case want != nil && (*p.got < *want || float64(*p.got-*want) > .001*float64(*want)):
			t.Errorf("%s: p%g is %d, and by the record %d", name, float64(p.parts)/100, *p.got, *want)
		}
	}
	if !all {
		if got.Max != nil || got.Mean != nil {
			t.Errorf("%s: maximum and mean of what never ended are told", name)
		}
		return
	}
	var sum float64
	for _, ns := range truth {
		sum += float64(ns)
	}
	if got.Max == nil || *got.Max != truth[len(truth)-1] || got.Mean == nil || math.Abs(float64(*got.Mean)-sum/float64(len(truth))) > 1 {
		t.Errorf("%s: maximum and mean are not those of the record", name)
	}
}

// What latency.hlog holds, read by the library's own reader, has the percentiles
// of the record too.
func TestHlogHasThePercentilesOfTheRecord(t *testing.T) {
	all := shaped(20_000, shapes["a stall"], .01)
	s := summarize(t, record(testHead(modelOpen, "poisson:20000/s"), testTail(20_000, 0), nil, all), validVerdict())
	var out bytes.Buffer
	if err := WriteHlog(&out, s); err != nil {
		t.Fatal(err)
	}
	h, err := hdrhistogram.NewHistogramLogReader(&out).NextIntervalHistogram()
	if err != nil || h.Tag() != "response" {
		t.Fatalf("the first line is of %q: %v", h.Tag(), err)
	}
	truth := sorted(all, func(a *history.Attempt) (int64, bool, bool) { return a.Return - a.Due, a.Outcome.Answered(), true })
	for _, parts := range []int{5000, 9000, 9900, 9990} {
		got, want := h.ValueAtPercentile(float64(parts)/100), *exactly(truth, parts)
		if math.Abs(float64(got-want)) > .001*float64(want) {
			t.Errorf("p%g is %d, and by the record %d", float64(parts)/100, got, want)
		}
	}
}

// A stall is a mountain at the instants at which attempts were due during it, and
// a gap among those at which they were answered.
func TestAStallIsAMountain(t *testing.T) {
	const begin, length = int64(4e9), int64(2e9)
	all := arrivals(10_000, 10_000)
	for i := range all { // 1,000/s, each answered at once or when the stall is over
		a := &all[i]
		a.Due = int64(i) * ms
		a.Call, a.Return = a.Due, a.Due+100*us
		if a.Due >= begin && a.Due < begin+length {
			a.Return = begin + length + 100*us
		}
	}
	s := fill(modelOpen, all)
	for i, b := range s.filled() {
		from, to := int64(i)*s.width(), int64(i+1)*s.width()
		if from <= begin || to >= begin+length {
			continue
		}
		if p50, ok := b.latency.quantile(.5); !ok || math.Abs(float64(begin+length-(from+to)/2-p50)) > .02*float64(p50)+float64(ms) {
			t.Errorf("from %d ms: p50 is %d ms", from/ms, p50/ms)
		}
		if b.answered != 0 || math.Abs(float64(b.due)-float64(s.width())/float64(ms)) > 1 {
			t.Errorf("from %d ms: %d due, %d answered", from/ms, b.due, b.answered)
		}
	}
	if after := s.at(begin + length); after.answered < length/ms {
		t.Errorf("%d are answered when the stall is over, want %d and more", after.answered, length/ms)
	}
}

package main

import (
	"flag"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/capacity"
)

var knees = flag.Uint64("knees", 0, "for how many seeds the knee of a programmed server is searched to the end")

// A paced server has a cost a purchase, and the same buyers come to it at any
// rate, only faster: so there is one knee, and the recursion of Lindley knows it.
type paced struct {
	seed  uint64
	cost  func(int) time.Duration
	q     float64         // .9 or .99: the percentile of the response that is bounded
	bound time.Duration   // of it
	units []time.Duration // when the buyers come at one a second
	steps capacity.Options
}

func (p *paced) flags(rate float64, length time.Duration) string {
	return fmt.Sprintf("--seed %d --arrivals poisson:%g/s*%v --conns pool:64", p.seed, rate, length)
}

// sell runs a whole sale over the server, and says by its report how it went.
func (p *paced) sell(t *testing.T, step capacity.Step) capacity.Result {
	m := measure(t, p.flags(step.Rate, step.Length), p.cost, stall{})
	told := m.Latency.Response.P99
	if p.q == .9 {
		told = m.Latency.Response.P90
	}
	if told == nil {
		t.Fatalf("no percentile is told of %d attempts", len(m.attempts))
	}
	if *told > p.bound {
		return capacity.Failed
	}
	return capacity.Passed
}

// passes says by the recursion whether a step at a rate passes.
func (p *paced) passes(rate float64, length time.Duration) bool {
	length = max(length, time.Duration(float64(p.steps.Attempts)/rate*1e9))
	var due []time.Duration
	for _, at := range p.units {
		if at = time.Duration(float64(at) / rate); at < length {
			due = append(due, at)
		}
	}
	return quantile(between(due, departures(due, p.cost, stall{})), p.q) <= p.bound
}

// knee is the rate up to which steps of a length pass.
func (p *paced) knee(length time.Duration) float64 {
	low, high := p.steps.Least, p.steps.Most
	for high > 1.0001*low {
		if middle := math.Sqrt(low * high); p.passes(middle, length) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// search looks for the knee in real sales, from the plan to the report.
func (p *paced) search(t *testing.T) {
	const fast = 2500
	for _, at := range measure(t, p.flags(fast, p.steps.Confirm), constantly(time.Microsecond), stall{}).due() {
		p.units = append(p.units, fast*at)
	}
	s := capacity.New(p.steps)
	for step, more := s.Next(); more; step, more = s.Next() {
		s.Record(p.sell(t, step))
	}
	a, length := s.Answer(), p.steps.Confirm
	if p.steps.Quick {
		length = p.steps.Climb
	}
	knee := p.knee(length)
	t.Logf("held %g/s, broke at %g/s; by the recursion %.1f/s", a.Held, a.Broke, knee)
	if math.Abs(a.Held/knee-1) > .05 || a.Confirmed == p.steps.Quick || a.Ended != capacity.AtKnee {
		t.Errorf("the knee is at %.1f/s; the search says %+v", knee, a)
	}
	if !p.passes(a.Held, length) {
		t.Errorf("by the recursion steps at %g/s fail", a.Held)
	}
}

// A quick search, whose steps tell a p90; with -knees N whole searches as well,
// whose steps tell a p99.
func TestTheSearchFindsTheKnee(t *testing.T) {
	quick := capacity.Options{Least: 100, Most: 2000, Start: 500, Climb: 200 * time.Millisecond, Confirm: 2 * time.Second, Attempts: 180, Quick: true}
	(&paced{seed: 1, cost: exponentially(time.Millisecond), q: .9, bound: 5 * time.Millisecond, steps: quick}).search(t)

	steps := capacity.Options{Least: 100, Most: 2000, Start: 500, Climb: time.Second, Confirm: 2 * time.Second, Attempts: 1200}
	costs := map[string]func(int) time.Duration{"constant": constantly(time.Millisecond), "exponential": exponentially(time.Millisecond)}
	for name, cost := range costs {
		for seed := range *knees {
			t.Run(fmt.Sprintf("%s %d", name, seed), func(t *testing.T) {
				(&paced{seed: seed, cost: cost, q: .99, bound: 20 * time.Millisecond, steps: steps}).search(t)
			})
		}
	}
}

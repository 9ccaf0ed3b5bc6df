package report

import (
	"fmt"
	"strings"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// An Objective is a bound on one figure of a run.
type Objective struct {
	// Expr is the objective as written.
	Expr string
	// Limit is the bound: ns for a time, a share from 0 to 1, or a rate per second.
	Limit float64
	// Above: the figure must lie above the limit, and not below it.
	Above  bool
	figure figure
	// quantile is the share from 0 to 1 that must keep the bound.
	quantile float64
	// outcome restricts a time to attempts with one outcome (0: all), or is the
	// outcome whose share is bounded.
	outcome sale.Outcome
}

// A figure is what an objective bounds.
type figure int

const (
	responseTime figure = iota
	serviceTime
	admittedTime
	errorShare
	outcomeShare
	sentShare
	throughputRate
	sellingRate
	soldOutAt
	allAnswered
	goodputBack
)

// A unit is that of a limit.
type unit int

const (
	aTime unit = iota
	aShare
	aRate
)

var figureUnits = [...]unit{
	responseTime: aTime, serviceTime: aTime, admittedTime: aTime, errorShare: aShare, outcomeShare: aShare, sentShare: aShare,
	throughputRate: aRate, sellingRate: aRate, soldOutAt: aTime, allAnswered: aTime, goodputBack: aTime,
}

// ParseObjectives reads the objectives of --slo, joined by commas, for a run
// with the given model of arrivals: burst, closed or open. A response time is
// refused where arrivals wait for the server or come all at once; the error
// says what to use instead. An empty text holds none.
func ParseObjectives(text, model string) ([]Objective, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var all []Objective
	for part := range strings.SplitSeq(text, ",") {
		o, err := parseObjective(strings.TrimSpace(part))
		switch {
		case err != nil:
		case o.figure == responseTime:
			err = mayClaimResponse(model)
		case o.figure == admittedTime && model != modelBurst:
			err = errNoRoom
		}
		if err != nil {
			return nil, fmt.Errorf("objective %q: %w", strings.TrimSpace(part), err)
		}
		all = append(all, o)
	}
	return all, nil
}

func mayClaimResponse(model string) error {
	const instead = "use service.p99, sold_out_at or all_answered, admitted.p99 behind a waiting room (--arrivals admit:RATE), or open arrivals (--arrivals poisson:RATE)"
	switch model {
	case modelBurst:
		return fmt.Errorf("in a burst everyone is due at once, so a response time only says how long the queue was; %s", instead)
	case modelClosed:
		return fmt.Errorf("in a closed run the next buyer waits until a place is free, so a response time leaves out what a slow server keeps from being asked; %s", instead)
	}
	return nil
}

// byChance reports whether the figure would be another in the next run of the
// same plan. How many buy and how many come too late is a fact of stock and buyers.
func (o *Objective) byChance() bool {
	switch o.figure {
	case soldOutAt, allAnswered, goodputBack:
		return false
	case outcomeShare:
		return !o.outcome.Answered() || o.outcome == sale.NotReady
	}
	return true
}

package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// An Objective is a bound on one figure of a run.
type Objective struct {
	// Expr is the objective as written.
	Expr string
	// Limit is the bound: ns for a time, a share from 0 to 1 for errors.
	Limit  float64
	figure figure
	// quantile is the share from 0 to 1 that must keep the bound.
	quantile float64
	// outcome restricts a response time to attempts with one outcome; 0: all.
	outcome sale.Outcome
}

// A figure is what an objective bounds.
type figure int

const (
	responseTime figure = iota
	serviceTime
	errorShare
	soldOutAt
	allAnswered
)

var figureNames = map[string]figure{"errors": errorShare, "sold_out_at": soldOutAt, "all_answered": allAnswered}

var percentile = regexp.MustCompile(`^(?:(\w+)\.)?p(\d{1,2})\.?(\d*)$`)

const grammar = "known: p99<5ms, ok.p99<10ms, service.p99<1ms, errors<0.1%, sold_out_at<300ms, all_answered<2s"

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
		if err == nil && o.figure == responseTime {
			err = mayClaimResponse(model)
		}
		if err != nil {
			return nil, fmt.Errorf("objective %q: %w", strings.TrimSpace(part), err)
		}
		all = append(all, o)
	}
	return all, nil
}

func parseObjective(expr string) (Objective, error) {
	name, limit, found := strings.Cut(expr, "<")
	if !found {
		return Objective{}, fmt.Errorf("want FIGURE<LIMIT; %s", grammar)
	}
	o, err := parseFigure(strings.TrimSpace(name))
	if err != nil {
		return Objective{}, err
	}
	o.Expr = expr
	o.Limit, err = parseLimit(strings.TrimSpace(limit), o.figure)
	return o, err
}

func parseFigure(name string) (Objective, error) {
	if f, known := figureNames[name]; known {
		return Objective{figure: f}, nil
	}
	m := percentile.FindStringSubmatch(name)
	if m == nil || m[2]+m[3] == "100" {
		return Objective{}, fmt.Errorf("unknown figure %q; %s", name, grammar)
	}
	share, _ := strconv.ParseFloat(m[2]+"."+m[3]+"0", 64) // the expression admits digits only
	if share == 0 {
		return Objective{}, fmt.Errorf("unknown figure %q: a percentile lies between 0 and 100", name)
	}
	o := Objective{quantile: share / 100}
	switch m[1] {
	case "":
		return o, nil
	case "service":
		o.figure = serviceTime
		return o, nil
	}
	if err := o.outcome.UnmarshalText([]byte(m[1])); err != nil {
		return Objective{}, fmt.Errorf("%w, and service", err)
	}
	if !o.outcome.Answered() {
		return Objective{}, fmt.Errorf("an attempt that is %s has no response time; use errors", o.outcome)
	}
	return o, nil
}

func parseLimit(text string, f figure) (float64, error) {
	if f == errorShare {
		number, percent := strings.CutSuffix(text, "%")
		v, err := strconv.ParseFloat(number, 64)
		if !percent || err != nil || !(v > 0 && v <= 100) {
			return 0, fmt.Errorf("limit %q: want a share above 0, as 0.1%%", text)
		}
		return v / 100, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("limit %q: want a time above 0, as 5ms", text)
	}
	return float64(d), nil
}

func mayClaimResponse(model string) error {
	const instead = "use service.p99, sold_out_at or all_answered, or open arrivals (--arrivals poisson:RATE)"
	switch model {
	case modelBurst:
		return fmt.Errorf("in a burst everyone is due at once, so a response time only says how long the queue was; %s", instead)
	case modelClosed:
		return fmt.Errorf("in a closed run the next buyer waits until a place is free, so a response time leaves out what a slow server keeps from being asked; %s", instead)
	}
	return nil
}

// A tally counts, exactly, the attempts an objective is about.
type tally struct {
	Objective
	n, bad int64
}

// add counts one attempt. Good is a definite business reply within the limit.
func (t *tally) add(a *history.Attempt) {
	var took time.Duration
	var answered bool
	switch t.figure {
	case responseTime:
		if t.outcome != 0 && a.Outcome != t.outcome {
			return
		}
		took, answered = a.Response()
	case serviceTime:
		if a.Call == history.Never {
			return
		}
		took, answered = a.Service()
	case errorShare:
		answered = a.Outcome.Answered()
		took = math.MinInt64
	default:
		took, answered = math.MinInt64, true
	}
	t.n++
	if !answered || float64(took) >= t.Limit {
		t.bad++
	}
}

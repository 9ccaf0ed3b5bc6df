package report

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

const grammar = "known: p99<5ms, ok.p99<10ms, service.p99<1ms, ok.service.p99<1ms, admitted.p99<5ms, errors<0.1%, OUTCOME<1%, sent>99.9%, throughput>50000/s, selling>40000/s, sold_out_at<300ms, all_answered<2s, back<10s"

// figureNames are those of result.json, where it has one.
var figureNames = map[string]figure{
	"errors": errorShare, "sent": sentShare, "throughput": throughputRate, "selling": sellingRate,
	"sold_out_at": soldOutAt, "all_answered": allAnswered, "back": goodputBack,
}

// refused are names that one might try, and why they are none.
var refused = map[string]string{
	"max":     "the longest of all is one attempt, and longer the longer the run is; use p99.9",
	"mean":    "a mean hides the slow ones; use p50 or p99",
	"offered": "what is offered is the schedule's; use sent",
	"granted": "how many units are sold is for the judge to say; use sold_out_at or selling",
}

var percentile = regexp.MustCompile(`^(?:(\w+)\.)?(?:(\w+)\.)?p(\d{1,2})\.?(\d*)$`)

func parseObjective(expr string) (Objective, error) {
	at := strings.IndexAny(expr, "<>")
	if at < 0 {
		return Objective{}, fmt.Errorf("want FIGURE<LIMIT or FIGURE>LIMIT; %s", grammar)
	}
	name, sign, limit := strings.TrimSpace(expr[:at]), expr[at], strings.TrimSpace(expr[at+1:])
	if rest, equal := strings.CutPrefix(limit, "="); equal {
		return Objective{}, fmt.Errorf("want %s%c%s: a figure that is its limit exactly does not keep it", name, sign, strings.TrimSpace(rest))
	}
	o, err := parseFigure(name)
	if err != nil {
		return Objective{}, err
	}
	o.Expr, o.Above = expr, sign == '>'
	if o.Limit, err = o.parseLimit(limit); err != nil {
		return Objective{}, err
	}
	return o, o.checkSign()
}

func parseFigure(name string) (Objective, error) {
	if f, known := figureNames[name]; known {
		return Objective{figure: f}, nil
	}
	if why := refused[name[strings.LastIndexByte(name, '.')+1:]]; why != "" {
		return Objective{}, fmt.Errorf("%s is no objective: %s", name, why)
	}
	o := Objective{figure: outcomeShare}
	if o.outcome.UnmarshalText([]byte(name)) == nil {
		return o, nil
	}
	m := percentile.FindStringSubmatch(name)
	if m == nil || m[3]+m[4] == "100" {
		return Objective{}, fmt.Errorf("unknown figure %q; %s", name, grammar)
	}
	share, _ := strconv.ParseFloat(m[3]+"."+m[4]+"0", 64) // the expression admits digits only
	if share == 0 {
		return Objective{}, fmt.Errorf("unknown figure %q: a percentile lies between 0 and 100", name)
	}
	o = Objective{quantile: share / 100}
	return o, o.parseTime(m[1], m[2], "p"+m[3]+m[4])
}

// timeNames are the times of an attempt that may be bounded; none: response.
var timeNames = map[string]figure{"": responseTime, "response": responseTime, "service": serviceTime, "admitted": admittedTime}

// parseTime reads what stands before a percentile: an outcome, which time it is,
// or both in this order, which is that of by_outcome in result.json.
func (o *Objective) parseTime(first, second, percentile string) error {
	f, isTime := timeNames[first]
	if isTime && second == "" {
		o.figure = f
		return nil
	}
	if isTime {
		return fmt.Errorf("the outcome comes first: %s.%s.%s", second, first, percentile)
	}
	var known bool
	if o.figure, known = timeNames[second]; !known {
		return fmt.Errorf("unknown time %q; known: response, service, admitted", second)
	}
	if new(sale.Verb).UnmarshalText([]byte(first)) == nil {
		return fmt.Errorf("objectives are of purchases, and %s is none; its times are in the report", first)
	}
	if err := o.outcome.UnmarshalText([]byte(first)); err != nil {
		return fmt.Errorf("%w, and response, service, admitted", err)
	}
	if !o.outcome.Answered() {
		return fmt.Errorf("an attempt that is %s has no response time; use errors or %[1]s<1%%", o.outcome)
	}
	return nil
}

// parseLimit reads the limit in the unit of the figure.
func (o *Objective) parseLimit(text string) (float64, error) {
	switch figureUnits[o.figure] {
	case aShare:
		number, percent := strings.CutSuffix(text, "%")
		v, err := strconv.ParseFloat(number, 64)
		if !percent || err != nil || !(v > 0 && v <= 100) {
			return 0, fmt.Errorf("limit %q: want a share above 0, as 0.1%%", text)
		}
		return v / 100, nil
	case aRate:
		number, perSecond := strings.CutSuffix(text, "/s")
		v, err := strconv.ParseFloat(number, 64)
		if !perSecond || err != nil || !(v > 0 && v < 1e12) {
			return 0, fmt.Errorf("limit %q: want a rate above 0, as 50000/s", text)
		}
		return v, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("limit %q: want a time above 0, as 5ms", text)
	}
	return float64(d), nil
}

// checkSign refuses a bound from the side on which more is better.
func (o *Objective) checkSign() error {
	either := o.figure == outcomeShare && !o.byChance()
	switch {
	case o.Above && o.Limit == 1 && figureUnits[o.figure] == aShare:
		return errors.New("no share is above 100%; want one below, as 99.9%")
	case either || o.Above == slices.Contains([]figure{sentShare, throughputRate, sellingRate}, o.figure):
		return nil
	case o.Above:
		return fmt.Errorf("more of it is worse: want %s", strings.Replace(o.Expr, ">", "<", 1))
	default:
		return fmt.Errorf("more of it is better: want %s", strings.Replace(o.Expr, "<", ">", 1))
	}
}

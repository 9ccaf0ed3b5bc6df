package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// SearchObjectives reads the objectives of a search for the highest rate that
// keeps them in every figure, Selling or Refusing, that is searched for. It
// returns how many attempts a step must have to decide them. An error says which
// objective no rate can be searched by.
func SearchObjectives(text string, figures []string) (attempts int, err error) {
	all, err := ParseObjectives(text, modelOpen)
	if err != nil {
		return 0, err
	}
	decides := false
	for i := range all {
		o := &all[i]
		if err := o.searchable(figures); err != nil {
			return 0, fmt.Errorf("objective %q: %w", o.Expr, err)
		}
		decides = decides || o.outcome == 0 && (o.figure == responseTime || o.figure == errorShare)
		attempts = max(attempts, o.attemptsNeeded())
	}
	if !decides {
		return 0, fmt.Errorf("a search needs a response time or errors that have to be kept, as in --slo 'p99<5ms,errors<0.1%%'")
	}
	return attempts, nil
}

// searchable refuses what does not get worse with the rate, and outcomes that do
// not occur.
func (o *Objective) searchable(figures []string) error {
	switch {
	case o.figure != responseTime && o.figure != serviceTime && o.figure != errorShare:
		return fmt.Errorf("that is a figure of a single run; a search is for a response time or errors, and beside them a service time")
	case o.outcome == 0:
		return nil
	}
	for _, figure := range figures {
		if !slices.Contains(outcomesOf[figure], o.outcome) {
			return fmt.Errorf("in a search for the %s rate nobody is answered %s; --figure chooses another search", figure, o.outcome)
		}
	}
	return nil
}

// outcomesOf are the answers that a search is about, by its figure.
var outcomesOf = map[string][]sale.Outcome{
	Selling:  {sale.OK, sale.Replayed},
	Refusing: {sale.SoldOut, sale.Refused},
}

// attemptsNeeded is how many attempts it takes: ten beyond a percentile, and of
// errors three for each one that is allowed.
func (o *Objective) attemptsNeeded() int {
	need := beyond / (1 - o.quantile)
	if o.figure == errorShare {
		need = 3 / o.Limit
	}
	return int(math.Ceil(need - 1e-6))
}

// Package report turns the history of a sale and its verdict into what people
// and programs read: a summary, and from it the text, the files of the results
// folder, the pictures and the page. It reaches no server and no clock, so
// every report can be made again from a saved history.
package report

import (
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A Summary is a sale in figures. Instants are nanoseconds from the opening
// of the doors; what does not exist is nil.
type Summary struct {
	Head history.Head
	// Tail is nil when the record is incomplete.
	Tail    *history.Tail
	Events  []history.Event
	Verdict check.Verdict
	// Counts holds the attempts of each outcome.
	Counts map[sale.Outcome]int64
	// Attempts is all attempts that were due, dropped ones included.
	Attempts int64
	// Granted is the units acknowledged.
	Granted int64
	// Left is the units left by the audit; nil where an item's stock could not be read.
	Left *int64
	// Duration is the time from the first due instant to the last return.
	Duration *time.Duration
	// Throughput is the attempts with a reply per second of Duration.
	Throughput *float64
	// Offered is the buyers that arrived per second, from the first due
	// instant to the last; nil unless the model is open.
	Offered *float64
	// SoldOutAt is when the last item was first seen to be sold out: the
	// earliest return of a sold_out for it or, for a script whose only word
	// is refused, the return of the ok that took its last unit. Nil when an
	// item was not sold out.
	SoldOutAt *int64
	// AllAnswered is the last return; nil when an attempt got no definite
	// business reply.
	AllAnswered *int64
	// Objective holds the objectives in the order they were given.
	Objective []Finding

	// defects is the replies that no rule names and the errors of the script.
	defects int64
	// firstDue and lastReturn are history.Never without an attempt that has one.
	firstDue, lastReturn int64
	texts                *history.Texts
	// response and service are over answered attempts; the others are missed.
	response, service *distribution
	// lateness is due to call, lag due to start, wait start to call.
	lateness, lag, wait *distribution
	// returns are the instants at which attempts were answered.
	returns *distribution
	// byOutcome is indexed by outcome, for those with a business reply; nil distributions where it never occurred.
	byOutcome [sale.Dropped + 1]outcomeTimes
	series    *series
}

// outcomeTimes are the times of the attempts with one outcome.
type outcomeTimes struct{ response, service *distribution }

// Models of arrival: what the latency figures may claim depends on them.
const (
	modelBurst  = "burst"
	modelClosed = "closed"
	modelOpen   = "open"
)

// NotAnswered is the number of attempts without a definite business reply.
func (s *Summary) NotAnswered() int64 {
	return s.Counts[sale.Failed] + s.Counts[sale.Indeterminate] + s.Counts[sale.Dropped]
}

// Stock is the units all items opened with.
func (s *Summary) Stock() (units int64) {
	for _, item := range s.Head.Items {
		units += item.Stock
	}
	return units
}

// ExitCode is the exit code of a run with this summary: 1 invalid; 3 unknown,
// or an objective that cannot be decided; 4 an objective missed; else 0.
func (s *Summary) ExitCode() int {
	var missed, undecided bool
	for _, f := range s.Objective {
		missed = missed || f.Verdict == Missed
		undecided = undecided || f.Verdict == Inconclusive
	}
	switch {
	case s.Verdict.Opinion == check.Invalid:
		return 1
	case s.Verdict.Opinion != check.Valid || undecided:
		return 3
	case missed:
		return 4
	default:
		return 0
	}
}

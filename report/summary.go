// Package report turns the history of a sale and its verdict into what people
// and programs read: a summary, and from it the text, the files of the results
// folder, the pictures and the page. It reaches no server and no clock, so
// every report can be made again from a saved history.
package report

import (
	"fmt"
	"slices"
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
	// Counts holds the purchases of each outcome.
	Counts map[sale.Outcome]int64
	// Attempts is all purchases that were due, dropped ones included. Releases
	// and confirmations are counted apart.
	Attempts int64
	// Recorded is all attempts of the sale, of any verb: orders and the reads of
	// others are none.
	Recorded int64
	// Resends is the purchases sent again under the same request.
	Resends int64
	// Granted is the units acknowledged as sold.
	Granted int64
	// Released is the units of them that were given back: each request that was
	// granted once, when its release was answered ok. Nil when nobody released.
	Released *int64
	// Restocked is the units that certainly came on top while the sale ran, and
	// MaybeRestocked those that may have. Restocked is nil without a restock.
	Restocked      *int64
	MaybeRestocked int64
	// Left is the units left by the audit; nil where an item's stock could not be read.
	Left *int64
	// Duration is the time from the first due instant to the last return of any verb.
	Duration *time.Duration
	// Throughput is the attempts of any verb with a reply per second of Duration.
	Throughput *float64
	// Offered is the buyers that arrived per second, from the first due
	// instant to the last; nil unless the model is open.
	Offered *float64
	// Sent is the share of the purchases that were due, resends among them, that
	// were handed to a connection, however late; nil when none was due.
	Sent *float64
	// RoundTrips is how many exchanges an attempt that was sent took, in the mean:
	// those that loaded a script or restocked are counted too. Nil where nobody knows.
	RoundTrips *float64
	// SoldOutAt is when the last item was first seen to be sold out: the
	// earliest return of a sold_out for as few units as anybody asked of it or,
	// for a script whose only word is refused, the return of the ok that took
	// its last unit. Nil when an item was not sold out.
	SoldOutAt *int64
	// AllAnswered is the last return; nil when an attempt of any verb got no
	// definite business reply.
	AllAnswered *int64
	// Objective holds the objectives in the order they were given.
	Objective []Finding
	// Bound is what limited the run: server, connections, driver, host, schedule or
	// unknown.
	Bound string
	// Recovery is what became of the goodput after each stall of the server; none
	// unless the model is open.
	Recovery []Recovery
	// Counterexamples are the small records beside this one that alone break a
	// rule.
	Counterexamples []Counterexample

	// dir is the results folder, where it is known.
	dir string
	// notes are warnings about the reports themselves, checks those of figures that
	// do not agree.
	notes, checks []string
	// boundBy is the figure that Bound rests on, or why it is not known.
	boundBy string
	// called is the attempts of any verb that were handed to a connection, carried
	// the sum of their service times in ns, and replies those with a reply of any kind.
	called, replies int64
	carried         float64
	// abandoned is the attempts of any verb that were given up after their call,
	// abandonedAt the sum of the instants in ns.
	abandoned   int64
	abandonedAt float64
	// answers is the attempts of any verb with a business reply, answerTime the sum
	// of their service times in ns.
	answers    int64
	answerTime float64

	// silent is the attempts of any verb without a definite business reply, and
	// early those of them that were over before their timeout, as far as that is
	// known: dropped, failed, or answered with a defect.
	silent, early int64
	// firstDue, lastReturn and lastSale, the last return of an ok, are history.Never
	// without an attempt that has one.
	firstDue, lastReturn, lastSale int64
	// dueRate is the attempts of any verb that were due per second while buyers
	// arrived; nil unless the model is open.
	dueRate *float64
	texts   *history.Texts
	// response and service are over answered attempts; the others are missed.
	response, service *distribution
	// lateness is due to call, lag due to start, wait start to call. Time in a
	// waiting room is in the first alone.
	lateness, lag, wait *distribution
	// made is all attempts of the record, those beside the sale too.
	made int64
	// reads are the background reads, in the order of Head.Background.
	reads []readFigures
	// room is nil without a waiting room.
	room *room
	// returns are the instants at which attempts were answered.
	returns *distribution
	// byOutcome is indexed by outcome, for those with a business reply; nil distributions where it never occurred.
	byOutcome [sale.Dropped + 1]outcomeTimes
	// byVerb is indexed by verb; that of a purchase is empty.
	byVerb [sale.After + 1]verbFigures
	// kinds is in the order of Head.Crowd.
	kinds []kindFigures
	// items is in the order of Head.Items.
	items  []itemSale
	series *series
	// book is nil where nobody wrote orders.
	book *bookSale
}

// outcomeTimes are the times of the attempts with one outcome.
type outcomeTimes struct{ response, service *distribution }

// mostSent is the share of what was due that has to be sent for a schedule to
// have been kept by and large: buyers who are still waiting when the doors close
// are not what is meant.
const mostSent = .95

// Models of arrival: what the latency figures may claim depends on them.
const (
	modelBurst  = "burst"
	modelClosed = "closed"
	modelOpen   = "open"
)

// warnings are the driver's, those of the self-checks, and those about the
// reports.
func (s *Summary) warnings() []string {
	if s.Tail == nil {
		return s.notes
	}
	return slices.Concat(s.Tail.Warnings, s.imported(), s.unsent(), s.checks, s.notes)
}

// unsent warns of a schedule that was not kept.
func (s *Summary) unsent() []string {
	if s.Sent == nil || *s.Sent >= mostSent || s.Head.Model != modelOpen {
		return nil
	}
	return []string{fmt.Sprintf("only %s of the attempts that were due were sent: the server was offered less than the schedule says", percent(*s.Sent))}
}

// NotAnswered is the number of purchases without a definite business reply.
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

// doubts are the judge's, and for the rules that could not be decided one each.
func (s *Summary) doubts() []string {
	all := slices.Clone(s.Verdict.Doubts)
	for _, rule := range inOrder(s.Verdict.Undecided) {
		all = append(all, fmt.Sprintf("%s could not be decided: %s", rule, s.Verdict.Undecided[rule]))
	}
	return all
}

// ExitCode is the exit code of a run with this summary: 1 invalid; 3 unknown,
// or an objective that cannot be decided; 4 an objective missed; else 0.
func (s *Summary) ExitCode() int {
	var missed, undecided bool
	for _, f := range s.Objective {
		missed = missed || f.Verdict == Missed
		undecided = undecided || f.Verdict == Inconclusive
	}
	switch opinion := s.Verdict.Opinion; {
	case opinion == check.Invalid:
		return 1
	case opinion != check.Valid || undecided:
		return 3
	case missed:
		return 4
	default:
		return 0
	}
}

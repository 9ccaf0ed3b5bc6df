package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A Storm is one stall of the server, met by buyers who ask again in different
// ways: which of these ways does the goodput survive?
type Storm struct {
	*Collection
	// Carries is how many purchases a second are carried without a stall, and
	// CarriesBy says who says so.
	Carries   float64
	CarriesBy string
	// Offered is how many buyers arrive a second, and Waits how long one of them
	// waits for the answer to an attempt.
	Offered float64
	Waits   time.Duration
	// Policies are in the order of the runs of the collection.
	Policies []StormPolicy
}

// A StormPolicy is a way to ask again. The last runs of the collection are those
// of the policies.
type StormPolicy struct {
	// Name is also the folder of its run; About says what its buyers do.
	Name, About string
	Summary     *Summary
}

// recovery is what became of the goodput; nil where there was no stall.
func (p *StormPolicy) recovery() *Recovery {
	if len(p.Summary.Recovery) == 0 {
		return nil
	}
	return &p.Summary.Recovery[0]
}

// verdict is that of the recovery.
func (p *StormPolicy) verdict() string {
	if r := p.recovery(); r != nil {
		return r.Verdict
	}
	return Undecided
}

// Load is the share of what is carried that arrives.
func (s *Storm) Load() float64 { return s.Offered / s.Carries }

// asked is the most that was asked for, retries among it, as a share of what is
// carried.
func (s *Storm) asked(p *StormPolicy) float64 {
	if r := p.recovery(); r != nil {
		return s.Load() * r.Peak
	}
	return s.Load()
}

// stall is how long the server stood still, in the longest run.
func (s *Storm) stall() (longest time.Duration) {
	for i := range s.Policies {
		if r := s.Policies[i].recovery(); r != nil {
			longest = max(longest, time.Duration(r.Heal-r.At))
		}
	}
	return longest
}

// QueueFloor is the least that a queue takes which a stall leaves behind, if nobody
// asks again: served after the heal the wait is below what a buyer waits for, and
// gone after the queue is empty. At a load of 0.8 two seconds of a stall leave 1.6
// seconds of work, and a fifth of the time is left to do it: 8 seconds. False: at
// this load it never ends.
func QueueFloor(load float64, stall, waits time.Duration) (served, gone time.Duration, ends bool) {
	if load >= 1 || load <= 0 {
		return 0, 0, false
	}
	work := load * stall.Seconds()
	seconds := func(s float64) time.Duration { return time.Duration(math.Round(max(0, s) * 1e9)) }
	return seconds((work - waits.Seconds()) / (1 - load)), seconds(work / (1 - load)), true
}

// floor is that of the storm.
func (s *Storm) floor() (served, gone time.Duration, ends bool) {
	return QueueFloor(s.Load(), s.stall(), s.Waits)
}

// floorSlack is how much later than the queue allows is not later: what is carried
// was measured, and who comes is drawn.
const (
	floorSlack = .15
	leastSlack = 500 * time.Millisecond
)

// Cause says in half a sentence why a policy came out as it did.
func (s *Storm) Cause(p *StormPolicy) string {
	r := p.recovery()
	if r == nil {
		return "the server was not stopped"
	}
	served, gone, ends := s.floor()
	slack := func(d time.Duration) time.Duration { return d + time.Duration(floorSlack*float64(d)) + leastSlack }
	switch {
	case r.Verdict == Undecided:
		return r.Why
	case r.Verdict != Back && r.Resends > 0:
		return fmt.Sprintf("up to %s attempts a purchase ask for %s of what is carried, so the queue does not end", three(r.Peak), percent(s.asked(p)))
	case r.Verdict != Back && !ends:
		return "more arrives than is carried, so the queue does not end"
	case r.Verdict != Back && gone > r.Watched:
		return fmt.Sprintf("the queue alone takes %s", span(int64(gone)))
	case r.Verdict != Back:
		return "nobody asked again: less was carried than was measured before"
	case !ends:
		return "though more arrives than is carried: more was carried than was measured before"
	case *r.After <= slack(served):
		return "as fast as the queue allows"
	case r.Resends > 0:
		return fmt.Sprintf("%s later than the queue alone would be, for %s resends stood in it as well", span(int64(*r.After-served)), thousands(r.Resends))
	case *r.After <= slack(gone):
		return "before the queue was gone, or as it was"
	}
	return fmt.Sprintf("%s after the queue should have been gone, though nobody asked again: less was carried than was measured before", span(int64(*r.After-gone)))
}

// Answer says in a sentence with which policies goodput came back.
func (s *Storm) Answer() string {
	by := map[string][]string{}
	for i := range s.Policies {
		p := &s.Policies[i]
		by[p.verdict()] = append(by[p.verdict()], p.Name)
	}
	var parts []string
	for _, of := range []struct{ verdict, said string }{
		{Back, "goodput came back with %s"}, {FellAgain, "came back and fell again with %s"}, {NotBack, "did not come back with %s"}, {Undecided, "nobody can tell with %s"},
	} {
		if names := by[of.verdict]; len(names) > 0 {
			parts = append(parts, fmt.Sprintf(of.said, inWords(names)))
		}
	}
	answer := strings.Join(parts, "; ")
	switch {
	case len(by[Back]) > 0:
		return answer
	case len(by[Undecided]) == len(s.Policies):
		return "whether goodput came back " + answer
	}
	return "goodput " + answer
}

// inWords joins names as a sentence does.
func inWords(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// conditions says in a sentence what the storm was.
func (s *Storm) conditions() string {
	line := fmt.Sprintf("a stall of %s at %s of %s (%s), %s, buyers who wait %s", bound(int64(s.stall())), percent(math.Round(100*s.Load())/100), rate(s.Carries), s.CarriesBy, rate(s.Offered), bound(int64(s.Waits)))
	if served, gone, ends := s.floor(); ends {
		soon := "at once"
		if served > 0 {
			soon = "after " + span(int64(served))
		}
		line += fmt.Sprintf("; without resends the queue is short enough for them %s, and gone after %s", soon, span(int64(gone)))
	}
	return line
}

// ExitCode is that of the sales, and where those are valid: 3 if of some policy
// nobody can tell, or an objective is undecided; 4 if an objective was missed. That
// goodput did not come back is an answer, and no failure, unless an objective says
// so: back<10s.
func (s *Storm) ExitCode() int {
	code := s.Collection.ExitCode()
	var missed, undecided bool
	for i := range s.Policies {
		p := &s.Policies[i]
		undecided = undecided || p.verdict() == Undecided || p.Summary.decided(Inconclusive) > 0
		missed = missed || p.Summary.decided(Missed) > 0
	}
	switch {
	case code != 0:
		return code
	case undecided:
		return 3
	case missed:
		return 4
	}
	return 0
}

// A stormRow is a policy as a line of a table.
type stormRow struct{ name, goodput, attempts, asked, ok, gaveUp string }

func (s *Storm) rows() (rows []stormRow) {
	for i := range s.Policies {
		p := &s.Policies[i]
		row := stormRow{name: p.Name, goodput: goodputWords(p.recovery()), attempts: "-", asked: percent(math.Round(100*s.asked(p)) / 100), ok: thousands(p.Summary.Counts[sale.OK])}
		if r := p.recovery(); r != nil {
			row.attempts, row.gaveUp = three(r.Amplification()), thousands(r.Lost)
		}
		rows = append(rows, row)
	}
	return rows
}

// goodputWords is a recovery in a cell of a table.
func goodputWords(r *Recovery) string {
	switch {
	case r == nil:
		return "no stall"
	case r.Verdict == Back && *r.After == 0:
		return "back at once"
	case r.Verdict == Back:
		return "back after " + inSpan(r.After)
	case r.Verdict == FellAgain:
		return "fell again after " + inSpan(r.Fell)
	case r.Verdict == NotBack:
		return "not back in " + span(int64(r.Watched))
	}
	return Undecided
}

// state is how the answer is coloured, and its sign.
func (s *Storm) state() (state, sign string) {
	switch code := s.ExitCode(); {
	case code == 1 || code == 4:
		return string(check.Invalid), "✗"
	case code == 3:
		return string(check.Unknown), "?"
	case slices.ContainsFunc(s.Policies, func(p StormPolicy) bool { return p.verdict() != Back }):
		return string(check.Unknown), "!"
	}
	return string(check.Valid), "✓"
}

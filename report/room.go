package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A room is what became of those who were in the waiting room.
type room struct {
	// waiting is from due to admission, of the purchases that were let in; the others
	// are missed.
	waiting *distribution
	// admitted is from admission to return, by outcome and, at 0, of all; those without
	// a business reply are missed. nil: none had that outcome.
	admitted [sale.Dropped + 1]*distribution
}

func newRoom() *room {
	r := &room{waiting: newDistribution(digits)}
	r.admitted[0] = newDistribution(digits)
	return r
}

// add counts a purchase that waited so long. What a buyer asks for once he is in
// did not wait.
func (r *room) add(a *history.Attempt, waited time.Duration, in bool) {
	switch {
	case !in:
		r.waiting.miss()
		return
	case a.Try == 0 && a.Due == 0:
		r.waiting.add(int64(waited))
	}
	took, answered := a.Response()
	if !answered {
		r.admitted[0].miss()
		return
	}
	of := &r.admitted[a.Outcome]
	if *of == nil {
		*of = newDistribution(digits)
	}
	r.admitted[0].add(int64(took - waited))
	(*of).add(int64(took - waited))
}

// times are those from admission to return of an outcome, or of all (0); nil: there
// are none.
func (r *room) times(of sale.Outcome) *distribution {
	if r == nil {
		return nil
	}
	return r.admitted[of]
}

// errNoRoom refuses a time that only a waiting room has.
var errNoRoom = errors.New("nobody is admitted: there is no waiting room (--arrivals admit:RATE); use service.p99, or response times with open arrivals")

// CheckAdmitted refuses objectives from admission on where there is no waiting room.
func CheckAdmitted(objectives []Objective, room bool) error {
	for i := range objectives {
		if objectives[i].figure == admittedTime && !room {
			return fmt.Errorf("objective %q: %w", objectives[i].Expr, errNoRoom)
		}
	}
	return nil
}

// comesBy is the model of what the server has to carry. Buyers behind a waiting room
// are all due at once, and come to the server at a rate of their own.
func (s *Summary) comesBy() string {
	if s.room != nil {
		return modelOpen
	}
	return s.Head.Model
}

func (s *Summary) burstClaim() string {
	if s.room == nil {
		return burstClaim
	}
	return fmt.Sprintf("All are due when the doors open and %s are let in: a response time (due to return) is first of all the time in the waiting room, which says who came "+
		"when and nothing about the server. From admission on these are open arrivals at that rate, evenly spread: admission to return is what the server made of them.", rate(s.Head.Admit))
}

// roomFacts say how long it took to get in.
func (s *Summary) roomFacts() []fact {
	if s.room == nil {
		return nil
	}
	w := s.room.waiting
	text := rate(s.Head.Admit) + " let in"
	if w.count() > 0 {
		text += fmt.Sprintf("; the last of %s after %s", thousands(w.count()), span(w.max()))
	}
	if n := w.missed(); n > 0 {
		text += fmt.Sprintf("; %s attempts of buyers who were still waiting when the doors closed", thousands(n))
	}
	return []fact{{"Waiting room", text}}
}

// roomTables are the times that a waiting room parts.
func (s *Summary) roomTables() []timeTable {
	if s.room == nil {
		return nil
	}
	admitted := s.timeTable("admitted (to return)", s.room.times(0), func(outcomeTimes) *distribution { return nil })
	for _, o := range sale.Outcomes {
		if d := s.room.times(o); d != nil && d != s.room.times(0) {
			admitted.rows = append(admitted.rows, timeRow{o.String(), d})
		}
	}
	if len(admitted.rows) == 2 && s.room.times(0).missed() == 0 {
		admitted.rows = admitted.rows[:1] // the one outcome is all
	}
	return []timeTable{admitted, {name: "waiting (due to admission)", rows: []timeRow{{"all", s.room.waiting}}}}
}

// A roomResult is the waiting room in result.json.
type roomResult struct {
	// Rate is how many were let in a second.
	Rate float64 `json:"rate"`
	// Waiting is due to admission, Admitted admission to return.
	Waiting  *latency `json:"waiting"`
	Admitted *latency `json:"admitted"`
}

func (r *room) result(rate float64) *roomResult {
	if r == nil {
		return nil
	}
	return &roomResult{rate, r.waiting.latency(), r.times(0).latency()}
}

// stagesShown is how many stages are told one by one.
const stagesShown = 6

// shortArrivals leaves out the middle of a curve.
func shortArrivals(text string) string {
	stages := strings.Split(text, ",")
	if len(stages) <= stagesShown || !strings.Contains(stages[0], "/s") {
		return text
	}
	first, last := slices.Clone(stages[:2]), stages[len(stages)-1]
	return fmt.Sprintf("%s … %s (%d stages)", strings.Join(first, ","), last, len(stages))
}

package report

import (
	"fmt"
	"time"
)

// A recoveryResult is a Recovery in result.json; instants and lengths in ns.
type recoveryResult struct {
	Fault         string   `json:"fault"`
	At            int64    `json:"at"`
	Heal          int64    `json:"heal"`
	Verdict       string   `json:"verdict"`
	Why           string   `json:"why"`
	Before        *float64 `json:"before"`
	Answered      *float64 `json:"answered"`
	After         *int64   `json:"after"`
	First         *int64   `json:"first"`
	Fell          *int64   `json:"fell"`
	Watched       int64    `json:"watched"`
	Purchases     int64    `json:"purchases"`
	Lost          int64    `json:"lost"`
	Resends       int64    `json:"resends"`
	Amplification float64  `json:"amplification"`
	Peak          float64  `json:"peak_amplification"`
}

func recoveryResults(of []Recovery) (all []recoveryResult) {
	for i := range of {
		all = append(all, of[i].result())
	}
	return all
}

func (r *Recovery) result() recoveryResult {
	return recoveryResult{
		Fault: r.Text, At: r.At, Heal: r.Heal, Verdict: r.Verdict, Why: r.Why, Before: notZero(r.Before), Answered: notZero(r.Answered),
		After: inNs(r.After), First: inNs(r.First), Fell: inNs(r.Fell), Watched: int64(r.Watched),
		Purchases: r.Purchases, Lost: r.Lost, Resends: r.Resends, Amplification: r.Amplification(), Peak: r.Peak,
	}
}

func inNs(d *time.Duration) *int64 {
	if d == nil {
		return nil
	}
	return ptr(int64(*d))
}

// Sentence says what became of the goodput.
func (r *Recovery) Sentence() string {
	switch {
	case r.Verdict == Back && *r.After == 0:
		return "came back as the server went on"
	case r.Verdict == Back && r.Fell != nil:
		return fmt.Sprintf("came back for good %s after the server went on; before, it had come back after %s and fallen again after %s", inSpan(r.After), inSpan(r.First), inSpan(r.Fell))
	case r.Verdict == Back:
		return fmt.Sprintf("came back %s after the server went on", inSpan(r.After))
	case r.Verdict == FellAgain:
		return fmt.Sprintf("came back %s after the server went on, and fell again after %s", inSpan(r.First), inSpan(r.Fell))
	case r.Verdict == NotBack:
		return fmt.Sprintf("did not come back in the %s after the server went on", span(int64(r.Watched)))
	}
	return "undecided: " + r.Why
}

// inSpan writes a length of time that there is.
func inSpan(d *time.Duration) string { return span(int64(*d)) }

// recoveryFacts say what became of the goodput after each stall.
func (s *Summary) recoveryFacts() (facts []fact) {
	for i := range s.Recovery {
		r := &s.Recovery[i]
		if i == maxFaults {
			return append(facts, fact{"Goodput", fmt.Sprintf("after %d more stalls: see result.json", len(s.Recovery)-i)})
		}
		line := r.Sentence()
		if r.Verdict != Undecided {
			line += fmt.Sprintf(" (%s before the stall); %s of the %s purchases due meanwhile got no answer, %s attempts each", rate(r.Before),
				thousands(r.Lost), thousands(r.Purchases), three(r.Amplification()))
		}
		facts = append(facts, fact{"Goodput", line})
	}
	return facts
}

// findBack decides by the slowest of the stalls how soon goodput was back for good.
func (s *Summary) findBack(f *Finding) {
	f.N = s.Attempts
	if len(s.Recovery) == 0 {
		f.open(ReasonFew, "there was no stall to come back from, or arrivals were not open")
		return
	}
	for i := range s.Recovery {
		switch r := &s.Recovery[i]; {
		case r.Verdict == Undecided:
			f.open(ReasonShort, r.Why)
			return
		case r.Verdict != Back:
			f.Value, f.Point, f.Verdict, f.Why = nil, false, Missed, "goodput "+r.Sentence()
			return
		case f.Value == nil || float64(*r.After) > *f.Value:
			f.byInstant(int64(*r.After), "goodput was back")
		}
	}
}

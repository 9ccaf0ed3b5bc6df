package check

import "github.com/seckill-bench/seckill/scenario/history"

// A margin is by how much the instants of a history may be off. An attempt that
// is held to have begun earlier and ended later can only be explained by more:
// what was right stays right.
type margin int64

func marginOf(head *history.Head) margin {
	if head.Trace == nil {
		return 0
	}
	return margin(max(head.Trace.ClockError, 0))
}

// widen makes an attempt as long as it may have been. An instant that does not
// exist stays so.
func (m margin) widen(a *history.Attempt) {
	if m == 0 {
		return
	}
	if a.Call != history.Never {
		a.Call -= int64(m)
		if a.Due > a.Call {
			a.Due = a.Call
		}
	}
	if a.Return != history.Never {
		a.Return += int64(m)
	}
}

// events are those of a history, as long as they may have been.
func (m margin) events(all []history.Event) []history.Event {
	if m == 0 {
		return all
	}
	wide := make([]history.Event, len(all))
	for i, e := range all {
		e.At -= int64(m)
		if e.Until != history.Never {
			e.Until += int64(m)
		}
		wide[i] = e
	}
	return wide
}

// byInstants are the rules that say nothing, or less, of attempts of which none can
// be told to have been before another, and why.
var byInstants = map[Rule]string{
	LateSale:     "no row says when it ran, and the rule does nothing but compare instants",
	FalseDup:     "no row says when it ran: only that the buyer asked, and holds his limit at the end",
	FalseSoldOut: "no row says when it ran: only what the buyer holds at the end, and not in which order a request was answered",
	FalseReplay:  "no row says when it ran: only that something of the same request may have been granted",
	FalseStock:   "no row says when it ran: only that the stocks told can all be, and no two are the same",
}

// unordered says which rules could not be held, or not wholly, against a history in
// which no attempt can be told to have been before another.
func (v *Verdict) unordered(head *history.Head) {
	if !head.Trace.Unordered() {
		return
	}
	v.Limited = byInstants
	delete(v.Exercised, LateSale)
	delete(v.Exercise, LateSale)
}

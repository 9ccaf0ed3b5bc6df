package check

import (
	"errors"

	"github.com/seckill-bench/seckill/scenario/history"
)

// Check judges a history. It reads the attempts once, and a second time only
// to show the evidence of what is broken. It fails where the history cannot be
// read or contradicts itself; a history that proves nothing is no failure.
func Check(h *history.History) (Verdict, error) {
	return check(h, newFindings())
}

func check(h *history.History, found *findings) (Verdict, error) {
	if len(h.Head.Items) == 0 {
		return Verdict{}, errors.New("the history names no item")
	}
	read, err := gather(h, found)
	if err != nil {
		return Verdict{}, err
	}
	d := &doubts{undecided: map[Rule]string{}}
	v := Verdict{Undecided: d.undecided, Exercised: map[Rule]int64{}, Exercise: map[Rule]string{}}
	sum, err := judgeItems(h, read, found, d, &v)
	if err != nil {
		return Verdict{}, err
	}
	if v.Violations, err = violations(h, found); err != nil {
		return Verdict{}, err
	}
	v.Doubts = d.lines
	v.conclude(sum)
	return v, nil
}

// judgeItems judges each item on its own. It returns the terms with the
// capacities summed.
func judgeItems(h *history.History, read *reading, found *findings, d *doubts, v *Verdict) (sum terms, err error) {
	complete := d.record(h, read.attempts)
	capacity := int64(0)
	for i, item := range h.Head.Items {
		if sum, err = newTerms(&h.Head, item); err != nil {
			return sum, err
		}
		capacity += sum.capacity
		j := &judge{item: uint16(i), terms: sum, record: &read.records[i], ids: h.Head.BuyerIDs, found: found}
		j.knowledge = know(h.Tail, i, complete, &sum)
		if j.beyond > 0 {
			j.judgeBelowZero()
		} else {
			j.judge()
		}
		j.exercised(v.Exercised)
		d.item(j, itemPrefix(&h.Head, j.item), h.Tail)
	}
	sum.capacity = capacity
	return sum, nil
}

// conclude weighs what was found: a broken rule outweighs every doubt.
func (v *Verdict) conclude(sum terms) {
	for _, broken := range v.Violations {
		delete(v.Undecided, broken.Rule)
		v.Exercised[broken.Rule] = max(v.Exercised[broken.Rule], broken.Count)
	}
	for r, chances := range v.Exercised {
		if chances == 0 {
			v.Exercise[r] = exercise(r, &sum)
		}
	}
	switch {
	case len(v.Violations) > 0:
		v.Opinion = Invalid
	case len(v.Doubts) > 0 || len(v.Undecided) > 0:
		v.Opinion = Unknown
	default:
		v.Opinion = Valid
	}
}

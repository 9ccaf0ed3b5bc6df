package report

import (
	"math"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A tally counts, exactly, the attempts an objective is about.
type tally struct {
	Objective
	// n is all of them. bad are those that do not keep the bound of a time; of a
	// share, those that count towards it, or for sent the others.
	n, bad int64
	// over is when they happened; nil where that says nothing of chance.
	over *batches
	head *history.Head
}

// newTally returns an empty tally. What a fault did was planned, and is no
// accident that others of its kind would follow.
func newTally(o Objective, head *history.Head, harmed bool) tally {
	t := tally{Objective: o, head: head}
	if figureUnits[o.figure] == aRate || o.byChance() && !harmed {
		t.over = newBatches()
	}
	return t
}

// add counts one attempt. Good is a definite business reply within the limit.
func (t *tally) add(a *history.Attempt) {
	if figureUnits[t.figure] == aRate {
		t.reply(a)
		return
	}
	if a.Verb != sale.Buy || t.leavesOut(a) {
		return
	}
	bad := t.isBad(a)
	t.n++
	if bad {
		t.bad++
	}
	if t.over != nil {
		t.over.add(t.instant(a), bad)
	}
}

// leavesOut reports whether the objective is not about a purchase.
func (t *tally) leavesOut(a *history.Attempt) bool {
	switch t.figure {
	case serviceTime:
		if a.Call == history.Never {
			return true
		}
	case admittedTime:
		if _, in := t.head.Waited(a); !in {
			return true
		}
	case responseTime:
	default:
		return false
	}
	return t.outcome != 0 && a.Outcome != t.outcome
}

func (t *tally) isBad(a *history.Attempt) bool {
	var took time.Duration
	var answered bool
	switch t.figure {
	case responseTime:
		took, answered = a.Response()
	case serviceTime:
		took, answered = a.Service()
	case admittedTime:
		took, answered = a.Response()
		waited, _ := t.head.Waited(a)
		took -= waited
	case errorShare:
		return !a.Outcome.Answered()
	case outcomeShare:
		return a.Outcome == t.outcome
	case sentShare:
		return a.Call == history.Never
	default:
		took, answered = math.MinInt64, true
	}
	return !answered || float64(took) >= t.Limit
}

// instant is when an attempt happened, as far as batches are concerned: an
// attempt counts where it was due, and a service time where it began.
func (t *tally) instant(a *history.Attempt) int64 {
	if t.figure == serviceTime {
		return a.Call
	}
	if t.figure == admittedTime {
		waited, _ := t.head.Waited(a)
		return a.Due + int64(waited)
	}
	return a.Due
}

// reply counts one towards a rate: of any kind towards throughput, a business
// reply towards selling.
func (t *tally) reply(a *history.Attempt) {
	if a.Outcome.Answered() || t.figure == throughputRate && a.Defect != sale.NoDefect {
		t.n++
		t.over.add(a.Return, false)
	}
}

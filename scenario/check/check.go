package check

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/seckill-bench/seckill/scenario/history"
)

// Check judges a history. It reads the attempts once, and a second time only
// to show the evidence of what is broken. It fails where the history cannot be
// read or contradicts itself; a history that proves nothing is no failure.
//
// Items are judged side by side on as many processors as there are; the verdict
// does not depend on which comes first.
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
	if h.Tail != nil && h.Tail.Foreign != nil {
		found.foreign(h.Tail.Foreign)
		v.Exercised[ForeignWrite] += read.ran
	}
	if v.Violations, err = violations(h, found); err != nil {
		return Verdict{}, err
	}
	v.Doubts = d.all()
	if h.Head.Model == "open" && h.Tail != nil {
		sum.comers = h.Head.Buyers - h.Tail.NeverOffered
	}
	v.conclude(sum)
	v.unordered(&h.Head)
	return v, nil
}

// A hearing is the judging of all items: what is known of all of them, and
// what each leaves behind.
type hearing struct {
	*history.History
	read     *reading
	complete bool
	// returns: units may have come back, or come on top.
	returns bool
	terms   []terms
	doubts  [][]doubt
	lost    []itemLoss
	next    atomic.Int64
	// witnessed sums the steps of the orders that were replayed.
	witnessed atomic.Int64
}

// judgeItems judges each item on its own. It returns the terms with the
// capacities summed.
func judgeItems(h *history.History, read *reading, found *findings, d *doubts, v *Verdict) (sum terms, err error) {
	all := &hearing{History: h, read: read, complete: d.record(h, read.attempts, read.idle), returns: mayReturnUnits(h, read),
		terms: make([]terms, len(read.records)), doubts: make([][]doubt, len(read.records)), lost: make([]itemLoss, len(read.records))}
	capacity := int64(0)
	for i, item := range h.Head.Items {
		if all.terms[i], err = newTerms(&h.Head, item, &read.records[i]); err != nil {
			return sum, err
		}
		sum = all.terms[i]
		capacity += sum.capacity
	}
	sum.capacity = capacity
	all.judge(found, v.Exercised)
	v.Witness = all.witnessed.Load()
	v.Losses = sumLosses(all.lost, h.Events)
	for _, list := range all.doubts {
		for _, one := range list {
			d.file(one)
		}
	}
	return sum, nil
}

// judge shares the items among the processors.
func (all *hearing) judge(found *findings, exercised map[Rule]int64) {
	workers := min(runtime.GOMAXPROCS(0), len(all.terms))
	founds, counts := make([]*findings, workers), make([]map[Rule]int64, workers)
	var wait sync.WaitGroup
	for w := range workers {
		founds[w], counts[w] = found.fork(), map[Rule]int64{}
		wait.Go(func() {
			desk := &desk{places: places{far: map[uint32]uint32{}}}
			for i := int(all.next.Add(1)) - 1; i < len(all.terms); i = int(all.next.Add(1)) - 1 {
				all.judgeItem(i, desk, founds[w], counts[w])
			}
		})
	}
	wait.Wait()
	for w := range workers {
		found.merge(founds[w])
		for r, n := range counts[w] {
			exercised[r] += n
		}
	}
}

func (all *hearing) judgeItem(i int, desk *desk, found *findings, exercised map[Rule]int64) {
	r := &all.read.records[i]
	j := &judge{item: uint16(i), terms: all.terms[i], record: r, ids: all.Head.BuyerIDs, imported: all.Head.Trace != nil, found: found, desk: desk}
	j.knowledge = know(all.Tail, i, all.complete, &j.terms)
	j.tells.reset(0)
	before := found.total()
	if r.flows() || all.returns && !all.complete {
		j.judgeFlow(all.returns)
	} else {
		j.judge()
		j.judgeStocks(found.total() == before)
		if found.total() == before && j.complete && j.unsettled == 0 && !j.unheard {
			j.confirm()
		}
	}
	j.judgeOrders()
	j.judgeBook()
	all.witnessed.Add(j.witnessed)
	j.exercised(exercised)
	all.doubts[i], all.lost[i] = j.doubts(itemPrefix(&all.Head, j.item), all.Tail), j.lost
	r.shards, r.claims, r.book = nil, nil, nil
}

// mayReturnUnits reports whether units were released or brought, or may have
// been by attempts and events that are not in the record: the scenario says.
func mayReturnUnits(h *history.History, read *reading) bool {
	for i := range read.records {
		r := &read.records[i]
		if r.count[returned]+r.count[mayReturn] > 0 || len(r.restocks) > 0 {
			return true
		}
	}
	for line := range strings.Lines(h.Head.Scenario) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		if name == "release" && value != "" && strings.Trim(value, "0.%") != "" || name == "restock" && value != "" && value != "[]" && value != "null" {
			return true
		}
	}
	return false
}

// conclude weighs what was found: a broken rule outweighs every doubt, unless it
// was expected.
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
	case len(v.Unexpected()) > 0:
		v.Opinion = Invalid
	case len(v.Doubts) > 0 || len(v.Undecided) > 0:
		v.Opinion = Unknown
	default:
		v.Opinion = Valid
		return
	}
	v.Witness = 0
}

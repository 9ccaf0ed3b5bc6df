package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// What became of the goodput after a stall.
const (
	// Back: it is as it was before, until the end.
	Back = "back"
	// NotBack: it never was for long enough, FellAgain: it was, and is no more.
	NotBack   = "not back"
	FellAgain = "fell again"
	// Undecided: Recovery.Why says why nobody can tell.
	Undecided = "undecided"
)

// A Recovery is what a stall of the server did to the goodput of a run with open
// arrivals. Goodput is the purchases that got a business reply while their buyers
// waited, of those due then: a purchase counts where it was first due, whichever
// of its attempts was answered.
//
// It is back at the first instant after the heal from which a bin and the two
// seconds from it on have at least 90% of the share that was answered before the
// stall, and it has fallen again where a bin and the two seconds from it on have
// less. That a share is looked at, and not a rate, takes the chance of who comes
// when out of it; that a bin and two seconds agree, the odd bin.
type Recovery struct {
	// Text is the fault, At when it began, and Heal when the server went on.
	Text     string
	At, Heal int64
	// Verdict is Back, NotBack, FellAgain or Undecided, and Why explains the last.
	Verdict, Why string
	// Before is the goodput per second before the stall, the median of its bins,
	// and Answered the median share of those due who were answered.
	Before, Answered float64
	// After is how long after the heal it was back for good, First how long after
	// it was back first, Fell when it fell first; nil where that never was.
	After, First, Fell *time.Duration
	// Purchases are those first due from the stall until goodput was back for good,
	// or to the end, Lost those of them that were never answered, and Resends the
	// attempts meanwhile that were not the first of their purchase.
	Purchases, Lost, Resends int64
	// Watched is how long purchases were due after the heal.
	Watched time.Duration
	// Peak is the most attempts for a purchase that were due in a second.
	Peak float64

	bins  []goodBin
	width int64
}

// Amplification is the attempts for each purchase from the stall on.
func (r *Recovery) Amplification() float64 {
	if r.Purchases == 0 {
		return 1
	}
	return float64(r.Purchases+r.Resends) / float64(r.Purchases)
}

const (
	// goodStep is the finest bin, in ns.
	goodStep = int64(20 * time.Millisecond)
	// keepsShare is how much of the goodput makes it that of before.
	keepsShare = .9
	// keepsFor is how long it has to be so.
	keepsFor = int64(2 * time.Second)
	// fewestGood is how many purchases a bin has at least.
	fewestGood = 20
	// steadyFor is how long there must be something to come back to, in ns and in
	// bins, and steadyShare how many of those due were answered then at least.
	steadyFor   = int64(time.Second)
	steadyBins  = 5
	steadyShare = .5
)

// stallKinds are the faults by which a server stands still and forgets nothing.
var stallKinds = []string{"pause", "client-pause", "busy-script"}

// A goodBin is the purchases first due in a step of time, those of them that were
// answered, and the resends due in it.
type goodBin struct{ due, good, resends int64 }

func (b *goodBin) add(o goodBin) {
	b.due, b.good, b.resends = b.due+o.due, b.good+o.good, b.resends+o.resends
}

// share is how many of those due were answered.
func (b goodBin) share() float64 { return float64(b.good) / float64(max(b.due, 1)) }

// goodput counts purchases over time, attempts coming in any order. It is nil, and
// counts nothing, in a run without a stall.
type goodput struct {
	stalls []history.Event
	bins   []goodBin
	// open are the purchases whose first attempt was not answered, or not seen yet.
	open map[uint32]openPurchase
}

type openPurchase struct {
	due        int64
	seen, good bool
}

// newGoodput returns nil where there is nothing to come back from.
func newGoodput(h *history.History) *goodput {
	stalls := stallsOf(h.Events)
	if h.Head.Model != modelOpen || len(stalls) == 0 {
		return nil
	}
	return &goodput{stalls: stalls, open: map[uint32]openPurchase{}}
}

// stallsOf are the stalls that ended, in their order; those that began sooner than
// goodput could be back from the one before are a part of that one.
func stallsOf(events []history.Event) (stalls []history.Event) {
	for _, e := range events {
		kind, _, _ := strings.Cut(e.Text, " ")
		if e.Kind == history.EventFault && e.Until != history.Never && slices.Contains(stallKinds, kind) {
			stalls = append(stalls, e)
		}
	}
	slices.SortStableFunc(stalls, func(a, b history.Event) int { return int(min(max(a.At-b.At, -1), 1)) })
	var apart []history.Event
	for _, e := range stalls {
		if last := len(apart) - 1; last >= 0 && e.At < apart[last].Until+keepsFor {
			apart[last].Until = max(apart[last].Until, e.Until)
			continue
		}
		apart = append(apart, e)
	}
	return apart
}

// add counts an attempt.
func (g *goodput) add(a *history.Attempt) {
	if g == nil || a.Verb != sale.Buy {
		return
	}
	answered := a.Outcome.Answered()
	switch {
	case a.Try == 0 && answered:
		g.at(a.Due).add(goodBin{due: 1, good: 1})
		return
	case a.Try > 0:
		g.at(a.Due).resends++
	}
	of := g.open[a.Request]
	if of.good = of.good || answered; a.Try == 0 {
		of.due, of.seen = a.Due, true
	}
	g.open[a.Request] = of
}

func (g *goodput) at(due int64) *goodBin {
	n := int(max(due, 0) / goodStep)
	for len(g.bins) <= n {
		g.bins = append(g.bins, goodBin{})
	}
	return &g.bins[n]
}

// finish says what became of the goodput after each stall.
func (g *goodput) finish() (all []Recovery) {
	if g == nil {
		return nil
	}
	for _, of := range g.open {
		if of.seen {
			b := goodBin{due: 1}
			if of.good {
				b.good = 1
			}
			g.at(of.due).add(b)
		}
	}
	g.open = nil
	end := int64(len(g.bins)) * goodStep
	for end > 0 && g.bins[end/goodStep-1].due == 0 { // resends of those who came last
		end -= goodStep
	}
	for i, e := range g.stalls {
		until := end
		if i+1 < len(g.stalls) {
			until = min(end, g.stalls[i+1].At)
		}
		r := Recovery{Text: e.Text, At: e.At, Heal: e.Until}
		r.judge(g, until)
		all = append(all, r)
	}
	return all
}

// sum is what was due from one instant to another.
func (g *goodput) sum(from, until int64) (sum goodBin) {
	for n := max(from, 0) / goodStep; n < until/goodStep && n < int64(len(g.bins)); n++ {
		sum.add(g.bins[n])
	}
	return sum
}

// judge decides, by what was due until then.
func (r *Recovery) judge(g *goodput, until int64) {
	heal := (r.Heal + goodStep - 1) / goodStep * goodStep
	r.Watched = time.Duration(max(0, until-heal))
	if r.steady(g, g.stalls[0].At) && r.seen(until-heal) {
		r.scan(g, heal, until)
	}
	back := until
	if r.After != nil {
		back = heal + int64(*r.After)
	}
	r.count(g, back, until)
}

// steady finds what there is to come back to, before the first stall, and how wide a bin must be for
// chance not to look like a change of a tenth: three standard deviations of its
// share are less than that.
func (r *Recovery) steady(g *goodput, stall int64) bool {
	before := g.sum(0, stall)
	length := stall - g.firstDue()
	perStep := float64(before.due) / float64(max(length, goodStep)/goodStep)
	need := max(fewestGood, 900*(1-before.share())/max(before.share(), .01))
	steps := int64(math.Ceil(need / max(perStep, 1e-9)))
	r.width = steps * goodStep
	var shares, rates []float64
	for to := stall / goodStep * goodStep; length > 0 && to-r.width >= g.firstDue(); to -= r.width {
		b := g.sum(to-r.width, to)
		shares = append(shares, b.share())
		rates = append(rates, float64(b.good)/time.Duration(r.width).Seconds())
	}
	if len(shares) > steadyBins { // those who came just before the stall met it
		shares, rates = shares[1:], rates[1:]
	}
	switch {
	case length < steadyFor:
		return r.undecided("there was only %s before the stall to compare with", span(max(length, 0)))
	case before.due > fewestGood && before.share() < steadyShare:
		return r.undecided("only %s of those due before the stall were answered: there was nothing to come back to", percent(before.share()))
	case len(shares) < steadyBins || r.width > keepsFor/4:
		return r.undecided("only %s purchases were due before the stall: too few to tell a change from chance", thousands(before.due))
	}
	late, early := *medianOf(shares[:len(shares)/2]), *medianOf(shares[len(shares)/2:])
	r.Answered, r.Before = *medianOf(shares), *medianOf(rates)
	if late < keepsShare*early {
		return r.undecided("goodput fell before the stall, from %s answered to %s: there was nothing steady to come back to", percent(early), percent(late))
	}
	return true
}

// seen reports whether the run went on long enough after the heal.
func (r *Recovery) seen(after int64) bool {
	if after < keepsFor {
		return r.undecided("purchases were due for only %s after the server went on", span(max(after, 0)))
	}
	return true
}

func (r *Recovery) undecided(format string, args ...any) bool {
	r.Verdict, r.Why = Undecided, fmt.Sprintf(format, args...)
	return false
}

// firstDue is the first bin in which anything was due.
func (g *goodput) firstDue() int64 {
	return int64(slices.IndexFunc(g.bins, func(b goodBin) bool { return b.due > 0 })) * goodStep
}

// scan goes through the bins after the heal.
func (r *Recovery) scan(g *goodput, heal, until int64) {
	least := keepsShare * r.Answered
	up, down := false, int64(history.Never) // down: since when it is not good, so near the end that it may not have fallen
	for at := heal; at+r.width <= until; at += r.width {
		bin, ahead := g.sum(at, at+r.width), g.sum(at, min(at+keepsFor, until))
		if bin.due == 0 {
			continue
		}
		good, stays := bin.share() >= least, ahead.share() >= least
		after := time.Duration(at - heal)
		if good {
			down = history.Never
		}
		switch {
		case !up && good && stays:
			if until-at < keepsFor {
				r.undecided("goodput may have come back %s after the server went on, %s before the end: too late to see it stay", span(int64(after)), span(until-at))
				return
			}
			up, r.After = true, &after
			if r.First == nil {
				r.First = &after
			}
		case up && !good && !stays && until-at >= keepsFor/2:
			up, r.After = false, nil
			if r.Fell == nil {
				r.Fell = &after
			}
		case up && !good && !stays && down == history.Never:
			down = at
		}
	}
	switch {
	case up && down != history.Never && until-down >= keepsFor/4:
		r.After = nil
		r.undecided("goodput fell %s before the end: too late to see whether it stays so", span(until-down))
	case up:
		r.Verdict = Back
	case r.First != nil:
		r.Verdict = FellAgain
	default:
		r.Verdict = NotBack
	}
}

// count counts from the stall to when goodput was back, and keeps the bins for a
// picture.
func (r *Recovery) count(g *goodput, back, until int64) {
	met := g.sum(r.At, back)
	r.Purchases, r.Lost, r.Resends = met.due, met.due-met.good, met.resends
	r.Peak = 1
	for at := r.At / goodStep * goodStep; at < until; at += int64(time.Second) {
		if b := g.sum(at, min(at+int64(time.Second), until)); b.due >= fewestGood {
			r.Peak = max(r.Peak, float64(b.due+b.resends)/float64(b.due))
		}
	}
	r.bins = g.bins
}

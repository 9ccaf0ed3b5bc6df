package check

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

const (
	// maxKept is how many attempts on an item are looked at for the few that a
	// violation rests on.
	maxKept = 1 << 17
	// maxChecks and maxWork bound the search for them: how many histories are
	// judged, and how many attempts, entries and orders they hold together.
	maxChecks = 200
	maxWork   = 1 << 22
)

// Smallest returns a part of a history that Check alone finds the same rule
// broken in, with as few attempts as it can find: the one or two of the first
// case, those of its buyers, or for a sum the sales that make it up. It is judged
// before it is returned, and breaks no rule that the whole does not. The facts of
// the audit that it does not need are left out; none is changed. Nil where there
// is none that is small enough.
//
// What keeps it honest: either it says how many attempts were made, so that the
// judge knows that some are missing and takes only what the others prove by
// themselves, or it holds every attempt that could explain the case.
func Smallest(h *history.History, whole *Verdict, rule Rule) (*history.History, error) {
	i := slices.IndexFunc(whole.Violations, func(v Violation) bool { return v.Rule == rule })
	if i < 0 || len(whole.Violations[i].Cases) == 0 {
		return nil, nil
	}
	r := &reducer{whole: h, rule: rule, first: whole.Violations[i].Cases[0]}
	for _, v := range whole.Violations {
		r.broken = append(r.broken, v.Rule)
	}
	if err := r.read(); err != nil {
		return nil, err
	}
	r.near, _ = around(h.Events, r.first.Attempts)
	for _, candidates := range []func() *history.History{r.excerpt, r.ofBuyers, r.fewestSales, r.fewestBuyers, r.allSales, r.everything} {
		if small := candidates(); small != nil {
			return small, nil
		}
	}
	return nil, nil
}

// A selection is some attempts of a history and their receipts.
type selection []picked

type picked struct {
	history.Attempt
	receipt map[string]string
}

// A reducer looks for the smallest history of one rule.
type reducer struct {
	whole  *history.History
	rule   Rule
	first  Case
	broken []Rule
	near   []history.Event
	// all holds the attempts on the item of the case; where they would be too many
	// without refusals (lean), and then without some sales (short).
	all         selection
	lean, short bool
	total       int64
	checks      int
	work        int
	flowing     bool
}

// read keeps the attempts on the item of the case.
func (r *reducer) read() error {
	for batch, err := range r.whole.Batches() {
		if err != nil {
			return err
		}
		for i := range batch {
			a := &batch[i]
			r.total++
			if a.Verb == sale.Read {
				continue // it explains nothing
			}
			if a.Item != r.first.Item {
				continue
			}
			r.keep(a)
		}
	}
	slices.SortStableFunc(r.all, func(a, b picked) int {
		return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Call, b.Call), cmp.Compare(a.Return, b.Return), cmp.Compare(a.Buyer, b.Buyer),
			cmp.Compare(a.Request, b.Request), cmp.Compare(a.Try, b.Try))
	})
	return nil
}

// keep keeps an attempt on the item, if there is room for it. There always is for
// those of the buyers of the case.
func (r *reducer) keep(a *history.Attempt) {
	r.flowing = r.flowing || a.Verb == sale.Release
	if len(r.all) >= maxKept && !r.lean {
		r.lean = true
		r.all = r.all.only(r.needed)
	}
	switch {
	case !r.lean, r.concerned(a), moves(a) && len(r.all) < maxKept:
		r.all = append(r.all, picked{*a, receiptOf(r.whole, a)})
	case moves(a):
		r.short = true
	}
}

// needed reports whether an attempt moved units or may have, or is of a buyer of
// the case.
func (r *reducer) needed(a *history.Attempt) bool { return moves(a) || r.concerned(a) }

func moves(a *history.Attempt) bool {
	return (a.Verb == sale.Buy || a.Verb == sale.Release) && (a.Outcome == sale.OK || a.Outcome == sale.Indeterminate)
}

// concerned reports whether an attempt is of a buyer of the case.
func (r *reducer) concerned(a *history.Attempt) bool {
	return slices.ContainsFunc(r.first.Attempts, func(c history.Attempt) bool { return c.Buyer == a.Buyer })
}

// inCase reports whether an attempt is one that the case rests on.
func (r *reducer) inCase(a *history.Attempt) bool { return slices.Contains(r.first.Attempts, *a) }

func (p selection) only(is func(*history.Attempt) bool) (some selection) {
	for i := range p {
		if is(&p[i].Attempt) {
			some = append(some, p[i])
		}
	}
	return some
}

// excerpt tries the attempts of the case alone, and says that others are missing.
func (r *reducer) excerpt() *history.History {
	if r.flowing && !ofItself[r.rule] {
		return nil // a release that is left out may explain it
	}
	return r.try(r.all.only(r.inCase), r.made(), r.anyFacts)
}

// ofItself are the rules that a single attempt or fact breaks, whatever else there was.
var ofItself = map[Rule]bool{NegativeStock: true, UnmappedReply: true, ScriptError: true, ForeignWrite: true}

// made is how many attempts the record says were made, or holds.
func (r *reducer) made() int64 {
	if r.whole.Tail == nil {
		return r.total
	}
	return max(r.whole.Tail.Attempts, r.total)
}

// missing is how many of them are not in the whole record either.
func (r *reducer) missing() int64 { return r.made() - r.total }

// ofBuyers tries all attempts of the buyers of the case: nobody else's explains
// what a buyer holds or was told about it. Stocks that replies tell are left
// out, since the sales of others lie between them.
func (r *reducer) ofBuyers() *history.History {
	if !aboutBuyers[r.rule] {
		return nil
	}
	// Why he was refused, where he was not told, depends on all others.
	own := r.all.only(func(a *history.Attempt) bool { return r.concerned(a) && a.Outcome != sale.Refused })
	releases := len(own.only(func(a *history.Attempt) bool { return a.Verb == sale.Release }))
	if r.flowing && releases == 0 && (r.rule == FalseSoldOut || r.rule == FalseDup) {
		return nil // what others gave back may have changed between two answers
	}
	for i := range own {
		own[i].Left = sale.Untold
	}
	return r.try(own, int64(len(own))+r.missing(), r.ownFacts)
}

// aboutBuyers are the rules that are broken by what one buyer did and holds.
var aboutBuyers = map[Rule]bool{DuplicateSale: true, LostSale: true, PhantomSale: true, FalseSoldOut: true, FalseDup: true, FalseReplay: true, OrderMismatch: true}

// fewestSales tries the attempts of the case and as many sales, by their
// returns, as it takes, and says that others are missing.
func (r *reducer) fewestSales() *history.History {
	if r.flowing { // with sales missing nothing is held against them
		return nil
	}
	order := r.all.only(r.inCase)
	rest := r.all.only(func(a *history.Attempt) bool { return moves(a) && !r.inCase(a) })
	slices.SortStableFunc(rest, func(a, b picked) int {
		return cmp.Or(cmp.Compare(uncertain(&a.Attempt), uncertain(&b.Attempt)), cmp.Compare(a.Return, b.Return))
	})
	order = append(order, rest...)
	return r.shortest(len(order), func(n int) *history.History { return r.try(slices.Clone(order[:n]), r.made(), r.anyFacts) })
}

func uncertain(a *history.Attempt) int64 { return bit(a.Outcome != sale.OK) }

// fewestBuyers does the same with buyers whole, where units came back: what a
// buyer gave back is missing with what he had bought.
func (r *reducer) fewestBuyers() *history.History {
	if r.rule != Oversell || !r.flowing || r.short {
		return nil
	}
	first := map[uint32]int64{}
	for i := range r.all {
		if a := &r.all[i]; a.Outcome == sale.OK && a.Verb == sale.Buy {
			if at, known := first[a.Buyer]; !known || a.Return < at {
				first[a.Buyer] = a.Return
			}
		}
	}
	var buyers []uint32
	for b := range first {
		buyers = append(buyers, b)
	}
	slices.SortFunc(buyers, func(a, b uint32) int { return cmp.Or(cmp.Compare(first[a], first[b]), cmp.Compare(a, b)) })
	return r.shortest(len(buyers), func(n int) *history.History {
		among := map[uint32]bool{}
		for _, b := range buyers[:n] {
			among[b] = true
		}
		own := r.all.only(func(a *history.Attempt) bool { return moves(a) && among[a.Buyer] })
		for i := range own {
			own[i].Left = sale.Untold
		}
		return r.try(own, int64(len(own))+r.missing(), noFacts)
	})
}

// shortest looks for the fewest of n, by halving, with which a history is found.
func (r *reducer) shortest(n int, find func(int) *history.History) *history.History {
	best := find(n)
	if best == nil {
		return nil
	}
	low, high := 0, n // find(high) found, and low is too few
	for low+1 < high {
		middle := (low + high) / 2
		if small := find(middle); small != nil {
			best, high = small, middle
		} else {
			low = middle
		}
	}
	return best
}

// allSales tries every attempt that moved units or may have, and those of the
// buyers of the case.
func (r *reducer) allSales() *history.History {
	if r.short {
		return nil
	}
	some := r.all.only(r.needed)
	return r.try(some, int64(len(some))+r.missing(), r.allFacts)
}

// everything tries the item alone.
func (r *reducer) everything() *history.History {
	if r.lean {
		return nil
	}
	return r.try(slices.Clone(r.all), int64(len(r.all))+r.missing(), r.allFacts)
}

// try judges attempts with ever more facts of the audit, and returns the first
// history in which the rule is broken and no rule that the whole keeps.
func (r *reducer) try(some selection, made int64, beside func(selection) []facts) *history.History {
	for _, f := range beside(some) {
		if !r.has(f) {
			continue
		}
		cost := len(some) + r.size(f)
		if r.checks++; r.checks > maxChecks || r.work+cost > maxWork {
			return nil
		}
		r.work += cost
		small := r.build(some, f, made)
		if v, err := Check(small); err == nil && r.same(&v) {
			return small
		}
	}
	return nil
}

func (r *reducer) same(v *Verdict) bool {
	again := false
	for _, b := range v.Violations {
		again = again || b.Rule == r.rule
		if !slices.Contains(r.broken, b.Rule) {
			return false
		}
	}
	return again
}

// build makes a history of some attempts.
func (r *reducer) build(some selection, f facts, made int64) *history.History {
	h := &history.History{Head: r.whole.Head, Texts: r.whole.Texts, Events: r.events()}
	h.Head.Expect = nil // it is there to show what is broken
	if !f.booked {
		h.Head.Book = ""
	}
	attempts := make([]history.Attempt, len(some))
	for i := range some {
		attempts[i] = some[i].Attempt
		attempts[i].Receipt = uint32(i) + 1
	}
	h.Receipt = func(n uint32) map[string]string {
		if n == 0 || n > math.MaxInt32 || int(n) > len(some) {
			return nil
		}
		return some[n-1].receipt
	}
	h.Batches = func() iter.Seq2[[]history.Attempt, error] {
		return func(yield func([]history.Attempt, error) bool) { yield(attempts, nil) }
	}
	if r.whole.Tail != nil {
		tail := *r.whole.Tail
		tail.Attempts, tail.Audits, tail.Foreign = made, r.audits(f), nil
		// What was measured is of the whole, and would be held against a part.
		tail.Driver.Time, tail.Links, tail.Served, tail.Untold, tail.Baseline = 0, nil, nil, nil, nil
		if r.rule == ForeignWrite {
			tail.Foreign = r.whole.Tail.Foreign[:min(1, len(r.whole.Tail.Foreign))]
		}
		h.Tail = &tail
	}
	return h
}

// events are those that the case needs: units that came on top, the faults
// beside it, and the readings of the stock where the rule is about them.
func (r *reducer) events() (some []history.Event) {
	for _, e := range r.whole.Events {
		switch {
		case e.Kind == history.EventRestock && e.Item == r.first.Item,
			e.Kind == history.EventStock && e.Item == r.first.Item && r.rule == FalseStock,
			e.Kind == history.EventFault && slices.Contains(r.near, e):
			some = append(some, e)
		}
	}
	return some
}

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/check"
)

// A finding is what goes wrong in the cases of a class.
type finding struct {
	class string
	// cases are those in which a rule is broken, shown the plainest of them.
	cases []*judged
	shown *judged
	// fresh are the rules that no class before it has broken. Without one it may
	// well be the same finding seen once more.
	fresh []check.Rule
}

// findings lists what goes wrong, class by class in the order of the cases, which
// go from plain to strange.
func (p *probed) findings() (all []*finding) {
	known := map[check.Rule]bool{}
	for _, class := range p.brokenClasses() {
		f := &finding{class: class}
		for i := range p.cases {
			if c := &p.cases[i]; c.broken() && c.Class == class {
				f.cases = append(f.cases, c)
			}
		}
		f.shown = slices.MinFunc(f.cases, func(a, b *judged) int {
			return cmp.Or(-cmp.Compare(a.freshRules(known), b.freshRules(known)), cmp.Compare(len(a.Steps), len(b.Steps)))
		})
		for _, v := range f.shown.verdict.Violations {
			if !known[v.Rule] {
				f.fresh = append(f.fresh, v.Rule)
			}
		}
		for _, c := range f.cases {
			for _, v := range c.verdict.Violations {
				known[v.Rule] = true
			}
		}
		all = append(all, f)
	}
	return all
}

// brokenClasses are the classes of cases in which a rule is broken.
func (p *probed) brokenClasses() (classes []string) {
	for i := range p.cases {
		if c := &p.cases[i]; c.broken() && !slices.Contains(classes, c.Class) {
			classes = append(classes, c.Class)
		}
	}
	return classes
}

// freshRules counts the broken rules that are not known yet.
func (j *judged) freshRules(known map[check.Rule]bool) (n int) {
	for _, v := range j.verdict.Violations {
		if !known[v.Rule] {
			n++
		}
	}
	return n
}

// evidence is the first case of a broken rule; of a reply that is wrong in
// itself, with the reply.
func (f *finding) evidence(v *check.Violation) string {
	seen := v.Cases[0]
	text := fmt.Sprintf("%s: %s", v.Rule, seen.Message)
	if (v.Rule == check.ScriptError || v.Rule == check.UnmappedReply) && len(seen.Attempts) > 0 {
		text += ": " + f.shown.History.Texts.Text(seen.Attempts[0].Reply)
	}
	return text
}

// words says what is wrong, with the rules that are broken.
func (f *finding) words() string {
	text := ""
	for _, rule := range f.fresh {
		text = cmp.Or(text, faultWords[f.class][rule])
	}
	for _, rule := range f.fresh {
		text = cmp.Or(text, ruleWords[rule])
	}
	return fmt.Sprintf("%s (%s)", text, strings.Join(f.shown.rules(), ", "))
}

// faultWords say what is wrong with a script that breaks a rule in the cases of
// a class, and in none that comes before. ruleWords say it of any class.
var (
	faultWords = map[string]map[check.Rule]string{
		"first": {
			check.StockMismatch: "counts the stock wrong at the first purchase", check.LostSale: "does not note who bought",
			check.Undersell: "refuses the first buyer", check.FalseDup: "refuses the first buyer", check.ScriptError: "crashes at the first purchase",
			check.UnmappedReply: "answers a purchase with what the contract does not name", check.OrderMismatch: "does not leave the order it should",
		},
		"same-again": {
			check.DuplicateSale: "sells twice to one buyer", check.StockMismatch: "takes units for a purchase that it refuses",
			check.ForeignWrite: "changes something when it refuses", check.ScriptError: "crashes when a second purchase comes",
		},
		"same-request": {check.DuplicateSale: "sells a request twice that is sent again"},
		"drain": {
			check.Oversell: "sells more than there is", check.NegativeStock: "counts below zero when all is sold",
			check.PhantomSale: "sells the last unit and says that it did not", check.Undersell: "refuses buyers while there is stock",
		},
		"last-unit":      {check.Oversell: "sells the last unit twice", check.PhantomSale: "sells the last unit and says that it did not"},
		"string-compare": {check.Oversell: "compares numbers as texts", check.Undersell: "compares numbers as texts", check.OrderMismatch: "loses orders when there are many"},
		"above-stock":    {check.Oversell: "sells more units in one purchase than there are"},
		"odd-quantity":   {check.Oversell: "takes a quantity that is none, and makes stock of it", check.ForeignWrite: "takes a quantity that is none"},
		"missing-stock": {
			check.Oversell: "re-initialises a missing stock, or sells without one", check.ScriptError: "crashes where the stock key is missing",
		},
		"early": {
			check.Undersell: "leaves a stock of zero behind that the opening then finds", check.Oversell: "sells before the item is opened",
			check.StockMismatch: "sells before the item is opened", check.ScriptError: "crashes where the stock key is missing",
		},
		"big-ids": {
			check.PhantomSale: "loses the last digits of long ids", check.LostSale: "loses the last digits of long ids",
			check.FalseDup: "takes neighbouring long ids for one",
		},
		"odd-ids":       {check.LostSale: "changes ids", check.PhantomSale: "changes ids", check.FalseDup: "takes different ids for one"},
		"raw-ids":       {check.LostSale: "changes ids", check.PhantomSale: "changes ids", check.FalseDup: "takes different ids for one"},
		"two-items":     {check.FalseDup: "knows the buyers of one item at another"},
		"item-mix":      {check.FalseDup: "mixes up items and buyers in its keys"},
		"wrong-type":    {check.StockMismatch: "takes a unit and then fails", check.LostSale: "sells over a key of another type"},
		"release-twice": {check.StockMismatch: "gives units back twice", check.Oversell: "gives units back twice, and sells them"},
		"release-stranger": {
			check.StockMismatch: "lets strangers give units back", check.Oversell: "lets strangers give units back",
		},
		"release-one": {
			check.DuplicateSale: "forgets what a buyer holds when he gives some of it back", check.StockMismatch: "gives back more or fewer units than were bought",
			check.LostSale: "forgets what a buyer holds when he gives some of it back", check.PhantomSale: "does not forget what a buyer gives back",
			check.FalseDup: "does not forget what a buyer gives back",
		},
		"cluster":         {check.ScriptError: "breaks on a Redis Cluster, which it promises to run on"},
		"undeclared-keys": {check.ScriptError: "touches keys that it does not declare, and promises to declare them"},
	}
	ruleWords = map[check.Rule]string{
		check.Oversell: "sells more than there is", check.NegativeStock: "counts below zero",
		check.DuplicateSale: "sells a buyer more than he may have", check.LostSale: "loses sales from its ledger",
		check.PhantomSale: "sells and says that it did not", check.StockMismatch: "stock and sales do not add up",
		check.Undersell: "refuses while there is stock", check.FalseSoldOut: "says sold out to who holds all he may",
		check.FalseDup: "says duplicate to who has room", check.FalseStock: "tells a stock that never was",
		check.FalseReplay: "answers a new request as if it were an old one", check.LateSale: "sells after it has said sold out",
		check.OrderMismatch: "orders and sales do not pair", check.UnmappedReply: "answers what the contract does not name",
		check.ScriptError: "crashes", check.ForeignWrite: "changes keys that it must not",
	}
)

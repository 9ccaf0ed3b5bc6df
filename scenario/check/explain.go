package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// instant prints an instant relative to the opening of the doors.
func instant(ns int64) string {
	switch ns {
	case forever, history.Never:
		return "never"
	}
	return fmt.Sprintf("%.3f ms", float64(ns)/1e6)
}

func sales(n int64) string { return plural(n, "sale") }

func units(n int64) string { return plural(n, "unit") }

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// itemPrefix names the item where there are several.
func itemPrefix(head *history.Head, item uint16) string {
	if len(head.Items) == 1 {
		return ""
	}
	return fmt.Sprintf("item %s: ", head.Items[item].ID)
}

// violations gathers the findings of each rule and looks their attempts up.
func violations(h *history.History, found *findings) ([]Violation, error) {
	attempts, err := lookUp(h, found)
	if err != nil {
		return nil, err
	}
	var all []Violation
	expected := expectedBy(h)
	for _, r := range Rules {
		if list := found.of(r); list.count > 0 {
			v := explain(r, &list, h, attempts)
			v.Expected = slices.Contains(expected, r)
			all = append(all, v)
		}
	}
	return all, nil
}

// of merges the shortlists of a rule's conditions.
func (f *findings) of(r Rule) shortlist {
	merged := shortlist{first: history.Never, last: history.Never}
	for c, rule := range ruleOf {
		list := &f.lists[c]
		if rule != r || list.count == 0 {
			continue
		}
		merged.merge(list)
	}
	return merged
}

func explain(r Rule, list *shortlist, h *history.History, attempts map[key]history.Attempt) Violation {
	v := Violation{Rule: r, Count: list.count, First: list.first, Last: list.last}
	for _, f := range list.cases {
		c := Case{Item: f.item, condition: f.condition}
		for _, o := range f.ops {
			c.Attempts = append(c.Attempts, attempts[keyOf(f.item, o)])
		}
		c.Message = f.sentence
		if !f.apart {
			c.Message = itemPrefix(&h.Head, f.item) + f.sentence
		}
		if len(f.ops) > 0 {
			c.Message = named(c.Message, h.Head.BuyerIDs.ID(f.ops[0].buyer))
		}
		near, told := around(h.Events, c.Attempts)
		if c.Faults, c.Causes = told, causes(r, h, near); f.condition.ofBook() {
			c.Causes = bookCauses(f.condition) // what befell the server explains nothing
		}
		v.Cases = append(v.Cases, c)
	}
	return v
}

// named says whose attempt a sentence speaks of: the rules, which compare
// numbers, say "a buyer" and "an attempt".
func named(sentence, buyer string) string {
	if strings.Contains(sentence, "a buyer") {
		return strings.Replace(sentence, "a buyer", "buyer "+buyer, 1)
	}
	return strings.Replace(sentence, "an attempt", "an attempt of buyer "+buyer, 1)
}

// A key tells an attempt from all others of a history: its op, and its item.
type key struct {
	item uint16
	op   op
}

func keyOf(item uint16, o op) key {
	o.next = 0
	return key{item, o}
}

// lookUp reads the history again for the attempts that findings rest on.
func lookUp(h *history.History, found *findings) (map[key]history.Attempt, error) {
	wanted := found.wanted()
	if len(wanted) == 0 {
		return nil, nil
	}
	wide := marginOf(&h.Head)
	for batch, err := range h.Batches() {
		if err != nil {
			return nil, err
		}
		for i := range batch {
			if batch[i].Verb == sale.Read {
				continue
			}
			k, a := key{item: batch[i].Item}, batch[i]
			wide.widen(&a)
			k.op.set(&a)
			k.op.next = 0
			// Of attempts alike in all that the rules see, the first to end.
			if a, is := wanted[k]; is && (a.Outcome == 0 || batch[i].Return < a.Return) {
				wanted[k] = batch[i]
			}
		}
	}
	return wanted, nil
}

func (f *findings) wanted() map[key]history.Attempt {
	wanted := map[key]history.Attempt{}
	for i := range f.lists {
		for _, one := range f.lists[i].cases {
			for _, o := range one.ops {
				wanted[keyOf(one.item, o)] = history.Attempt{}
			}
		}
	}
	return wanted
}

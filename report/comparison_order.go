package report

import (
	"fmt"
	"time"

	"github.com/seckill-bench/seckill/scenario/compare"
)

// apart says of which variants the runs lie in time as one block after the
// other: whatever changed meanwhile is in the difference.
func (c *Comparison) apart() (sentences []string) {
	base := &c.Variants[0]
	for i := range c.Variants[1:] {
		v := &c.Variants[i+1]
		if len(base.Runs) < 2 || len(v.Runs) < 2 {
			continue
		}
		first, then := base, v
		if v.earliest().Before(base.earliest()) {
			first, then = v, base
		}
		if first.latest().Before(then.earliest()) {
			sentences = append(sentences, fmt.Sprintf("all runs of %s were made before all of %s: what changed meanwhile cannot be told from what the variants do; run them in turn", first.Name, then.Name))
		}
	}
	return sentences
}

func (v *Variant) earliest() time.Time {
	at := v.Runs[0].Summary.Head.Started
	for _, run := range v.Runs {
		if started := run.Summary.Head.Started; started.Before(at) {
			at = started
		}
	}
	return at
}

func (v *Variant) latest() time.Time {
	at := v.Runs[0].Summary.Head.Started
	for _, run := range v.Runs {
		if started := run.Summary.Head.Started; started.After(at) {
			at = started
		}
	}
	return at
}

// sameOrder says of which variants one was run before the other in every round:
// what the first run of a round leaves behind is in the difference.
func (c *Comparison) sameOrder() (sentences []string) {
	base := &c.Variants[0]
	for i := range c.Variants[1:] {
		v := &c.Variants[i+1]
		before, rounds := 0, 0
		for _, round := range c.paired() {
			rounds++
			if base.in(round).Summary.Head.Started.Before(v.in(round).Summary.Head.Started) {
				before++
			}
		}
		first, then := base.Name, v.Name
		switch {
		case rounds < compare.MinRounds || before != 0 && before != rounds:
			continue
		case before == 0:
			first, then = then, first
		}
		sentences = append(sentences, fmt.Sprintf("%s was run before %s in all %d rounds: what the earlier run leaves behind cannot be told from the variants, unless the order was drawn", first, then, rounds))
	}
	return sentences
}

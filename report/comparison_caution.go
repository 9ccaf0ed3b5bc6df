package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/compare"
)

// cautions are what has to be said beside the figures of a comparison.
func (c *Comparison) cautions() (sentences []string) {
	say := func(sentence string) {
		if sentence != "" {
			sentences = append(sentences, sentence)
		}
	}
	say(c.embedded())
	say(c.fallenBack())
	say(c.boundElsewhere())
	say(c.brokenOff())
	say(c.missed())
	say(c.drifted())
	for _, sentence := range c.sameOrder() {
		say(sentence)
	}
	say(c.powerless())
	say(c.skewed())
	say(c.unlikeGo())
	return sentences
}

// counted are the runs of the rounds that count.
func (c *Comparison) counted() (all []*Summary) {
	for i := range c.Variants {
		for _, run := range c.Variants[i].Runs {
			all = append(all, run.Summary)
		}
	}
	return all
}

func (c *Comparison) embedded() string {
	for _, s := range c.counted() {
		if s.Head.Server.Kind == "embedded" {
			return embeddedSentence + " These figures are those of a simulation of it in the driver's process: which variant is faster on Redis, they do not say."
		}
	}
	return ""
}

// fallenBack says that throughput decides where selling was meant to.
func (c *Comparison) fallenBack() string {
	if name := c.neverSoldOut(); name != "" && c.Options.Primary == "" && c.any().Head.Model != modelOpen {
		return fmt.Sprintf("no run of %s was sold out, so there is no rate while selling: the throughput of whole runs decides; with less stock there would be", name)
	}
	return ""
}

func (c *Comparison) boundElsewhere() string {
	bounds := map[string]int{}
	all := c.counted()
	for _, s := range all {
		bounds[s.Bound]++
	}
	n := bounds[boundDriver] + bounds[boundHost]
	if n == 0 {
		return ""
	}
	who := "the driver"
	switch {
	case bounds[boundDriver] == 0:
		who = "the host, which driver and server share,"
	case bounds[boundHost] > 0:
		who = "the driver or the host"
	}
	return fmt.Sprintf("in %d of %d runs %s was the bound and not the server: the difference says little about the server, which may carry more either way", n, len(all), who)
}

// missed counts the runs that missed an objective: those are of single runs, and
// what is compared is how variants differ.
func (c *Comparison) missed() string {
	var parts []string
	for i := range c.Variants {
		n := 0
		for _, run := range c.Variants[i].Runs {
			if slices.ContainsFunc(run.Summary.Objective, func(f Finding) bool { return f.Verdict == Missed }) {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s", runsOf(n), c.Variants[i].Name))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, " and ") + " missed an objective of --slo: a comparison is about the difference, and does not fail by that; seckill run does"
}

// brokenOff counts runs whose figures are left out.
func (c *Comparison) brokenOff() string {
	var parts []string
	for i := range c.Variants {
		n := 0
		for _, run := range c.Variants[i].Runs {
			if run.Summary.endedEarly() {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s", runsOf(n), c.Variants[i].Name))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, " and ") + " did not end as planned: the figures of those are left out, which favours whoever breaks off when it is slow"
}

// clearDrift is the change of the base over the rounds from which on it is told.
const clearDrift = .01

func (c *Comparison) drifted() string {
	row := &c.Contrasts[0].Rows[0]
	trend := compare.Drift(row.BaseRounds)
	if trend.P > 1-compare.Confidence || math.Abs(trend.Change-1) < clearDrift {
		return ""
	}
	return fmt.Sprintf("%s of %s drifted: by its trend that of the last round is %s that of the first (p %s); ratios within a round bear that, medians over the rounds do not",
		row.Name, c.Variants[0].Name, changeThan(trend.Change), pText(trend.P))
}

// powerless says that so few rounds cannot tell anything from nothing, once
// they are corrected for the number of questions.
func (c *Comparison) powerless() string {
	rounds, families := 0, [2]int{}
	for i, family := range c.families() {
		families[min(i, 1)] = max(families[min(i, 1)], len(family))
		for _, row := range family {
			rounds = max(rounds, row.Estimate.Rounds)
		}
	}
	whose := ""
	switch smallest := math.Exp2(1 - float64(rounds)); {
	case rounds == 0:
		return ""
	case smallest*float64(families[0]) > 1-compare.Confidence:
		whose = fmt.Sprintf("the primary figure of %d variants", families[0])
	case smallest*float64(families[1]) > 1-compare.Confidence:
		whose = fmt.Sprintf("the %d figures beside the primary one", families[1])
	default:
		return ""
	}
	return fmt.Sprintf("with %d rounds p cannot be less than %s, and corrected for %s never below 0.05: that nothing is called better or worse there shows nothing; more rounds would",
		rounds, pText(math.Exp2(1-float64(rounds))), whose)
}

func (c *Comparison) skewed() string {
	for i := range c.Contrasts {
		if c.Contrasts[i].Rows[0].Widened {
			return fmt.Sprintf("the ratios of %s to %s are so skewed that their median lies outside the signed-rank interval, which was widened to it: look at the rounds one by one", c.Contrasts[i].Variant, c.Variants[0].Name)
		}
	}
	return ""
}

// unlikeGo tells of drivers that were built with different compilers.
func (c *Comparison) unlikeGo() string {
	all := c.counted()
	for _, s := range all {
		if s.Head.Host.Go != all[0].Head.Host.Go {
			return fmt.Sprintf("the driver was built with %s and with %s", all[0].Head.Host.Go, s.Head.Host.Go)
		}
	}
	return ""
}

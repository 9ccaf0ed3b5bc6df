package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/compare"
)

// What is said of a contrast in a word, of the whole too.
const (
	wordWrong        = "WRONG"
	wordForeseen     = "WRONG, AS EXPECTED"
	wordUnknown      = "UNKNOWN"
	wordRegression   = "REGRESSION"
	wordNoRegression = "NO REGRESSION"
	wordInconclusive = "INCONCLUSIVE"
	wordBetter       = "BETTER"
	wordWorse        = "WORSE"
	wordNoDifference = "NO DIFFERENCE SHOWN"
	wordCompared     = "COMPARED"
)

// On which side of no difference a figure is.
const (
	sideBetter   = "better"
	sideWorse    = "worse"
	sideEqual    = "equal"
	sideNotShown = "not shown"
	sideWrong    = "but wrong" // better, of a variant that is wrong
)

// Word says in a word what came of the comparison, the worst first: WRONG,
// UNKNOWN, INCONCLUSIVE, REGRESSION, NO REGRESSION, or COMPARED where no limit was
// asked for.
func (c *Comparison) Word() string {
	switch c.collection().Opinion() {
	case check.Invalid:
		return wordWrong
	case check.Unknown:
		return wordUnknown
	}
	answers := map[compare.Answer]bool{}
	for i := range c.Contrasts {
		answers[c.Contrasts[i].Answer] = true
	}
	switch {
	case len(c.Undecided) > 0 || answers[compare.Inconclusive]:
		return wordInconclusive
	case answers[compare.Regression]:
		return wordRegression
	case answers[compare.NoRegression]:
		return wordNoRegression
	case c.Options.MaxRegression != nil:
		return wordForeseen // that is what is left: nobody has an answer
	}
	return wordCompared
}

// wordOf says in a word what came of one contrast. A variant that is wrong is
// never better, also where nobody expected it to be right, and nothing is compared
// with a base that is.
func (c *Comparison) wordOf(contrast *Contrast) string {
	row := &contrast.Rows[0]
	switch {
	case len(c.variant(contrast.Variant).broken()) > 0:
		return wordWrong
	case len(c.foreseen(contrast.Variant)) > 0:
		return wordForeseen
	case len(c.Undecided) > 0 || c.baseWrong(contrast.Variant):
		return wordInconclusive
	}
	switch contrast.Answer {
	case compare.Regression:
		return wordRegression
	case compare.NoRegression:
		return wordNoRegression
	case compare.Inconclusive:
		return wordInconclusive
	}
	switch row.side() {
	case sideBetter:
		return wordBetter
	case sideWorse:
		return wordWorse
	}
	return wordNoDifference
}

// variant is the one with a name.
func (c *Comparison) variant(name string) *Variant {
	at := slices.IndexFunc(c.Variants, func(v Variant) bool { return v.Name == name })
	return &c.Variants[max(at, 0)]
}

// side says on which side of no difference the figure is: better, worse, equal
// in every round, or not shown.
func (r *ContrastRow) side() string {
	switch {
	case r.Confidence > 0 && r.Low == 1 && r.High == 1:
		return sideEqual
	case r.Confidence == 0 || r.Adjusted > 1-compare.Confidence:
		return sideNotShown
	case (r.Ratio < 1) == r.Lower:
		return sideBetter
	}
	return sideWorse
}

// answerTo is the last cell of a row: that of the primary metric is the answer
// to the limit where one was asked for. Nothing of a variant that is wrong is
// better.
func (c *Comparison) answerTo(contrast *Contrast, row int) string {
	r := &contrast.Rows[row]
	switch side := c.sideOf(contrast, r); {
	case row == 0 && len(c.Undecided) > 0:
		return string(compare.Inconclusive)
	case side == sideWrong:
		return side
	case row == 0 && contrast.Answer != "":
		return string(contrast.Answer)
	default:
		return side
	}
}

// sideOf is the side of a figure, unless it would be the better one of a variant
// that is wrong.
func (c *Comparison) sideOf(contrast *Contrast, r *ContrastRow) string {
	side := r.side()
	if side == sideBetter && c.wrong(contrast.Variant) {
		return sideWrong
	}
	return side
}

// headline is the word of a contrast with the limit that it holds beyond.
func (c *Comparison) headline(contrast *Contrast) string {
	word := c.wordOf(contrast)
	if word == wordNoRegression {
		word += " beyond " + percent(*c.Options.MaxRegression)
	}
	return word
}

// sentence is the conclusion of a contrast, without a full stop.
func (c *Comparison) sentence(contrast *Contrast) string {
	v, base := c.variant(contrast.Variant), &c.Variants[0]
	row := &contrast.Rows[0]
	figures := row.beside(base.Name)
	switch {
	case c.wrong(v.Name):
		return fmt.Sprintf("%s; how fast it is comes second: %s", v.inRuns(c.brokenOf(v)), figures)
	case len(c.Undecided) > 0:
		return figures + "; nothing can be concluded from that"
	case c.baseWrong(contrast.Variant):
		return fmt.Sprintf("%s; but %s is wrong, and how fast something wrong is says nothing", figures, base.Name)
	case c.Options.MaxRegression == nil:
		return figures
	}
	limit := percent(*c.Options.MaxRegression)
	switch contrast.Answer {
	case compare.Regression:
		return fmt.Sprintf("%s: all of the interval is worse than the %s that --max-regression allows", figures, limit)
	case compare.NoRegression:
		return figures
	}
	return figures + fmt.Sprintf(": the interval straddles the %s that --max-regression allows; %s", limit, row.moreRounds(*c.Options.MaxRegression))
}

func (r *ContrastRow) moreRounds(limit float64) string {
	switch more := r.More(limit, r.Lower); more {
	case 0:
		return "it lies so near to it that no number of rounds can be told that would settle it"
	case 1:
		return "about 1 more round would settle it"
	default:
		return fmt.Sprintf("about %d more rounds would settle it", more)
	}
}

// foreseen counts, for each rule that a variant broke as was expected and the base
// did not, the runs in which it was. What both break is what the scenario does to
// whoever sells.
func (c *Comparison) foreseen(variant string) map[check.Rule]int {
	runs, base := c.variant(variant).expected(), c.Variants[0].expected()
	maps.DeleteFunc(runs, func(rule check.Rule, _ int) bool { return base[rule] > 0 })
	return runs
}

// wrong reports whether a variant broke a rule, be it as was expected.
func (c *Comparison) wrong(variant string) bool {
	return len(c.variant(variant).broken())+len(c.foreseen(variant)) > 0
}

// baseWrong reports whether the base broke a rule, be it as was expected where the
// variant did not.
func (c *Comparison) baseWrong(variant string) bool {
	if len(c.Variants[0].broken()) > 0 {
		return true
	}
	too := c.variant(variant).expected()
	for rule := range c.Variants[0].expected() {
		if too[rule] == 0 {
			return true
		}
	}
	return false
}

// brokenOf are the rules for which a variant is wrong.
func (c *Comparison) brokenOf(v *Variant) map[check.Rule]int {
	if broken := v.broken(); len(broken) > 0 {
		return broken
	}
	return c.foreseen(v.Name)
}

// brokenIn says which rules the runs of a variant broke, and in how many.
func (v *Variant) brokenIn() string { return v.inRuns(v.broken()) }

// inRuns says in how many of a variant's runs rules were broken.
func (v *Variant) inRuns(broken map[check.Rule]int) string {
	n := len(v.runs())
	var parts []string
	for _, rule := range inOrder(broken) {
		parts = append(parts, fmt.Sprintf("%s broken in %d of %s", rule, broken[rule], runsOf(n)))
	}
	return strings.Join(parts, ", ")
}

// beside says how the variant's figure is beside the base's.
func (r *ContrastRow) beside(base string) string {
	switch {
	case r.Estimate.Rounds == 0:
		return fmt.Sprintf("no round has %s of both it and %s", r.Name, base)
	case r.Confidence == 0:
		return fmt.Sprintf("%s %s that of %s in %s, too few for an interval", r.Name, changeThan(r.Ratio), base, roundsOf(r.Estimate.Rounds))
	case r.Low == 1 && r.High == 1:
		return fmt.Sprintf("%s the same as that of %s in every round", r.Name, base)
	}
	return fmt.Sprintf("%s %s that of %s (%s, p %s)", r.Name, changeThan(r.Ratio), base, intervalWords(r.Low, r.High), pText(r.Adjusted))
}

func roundsOf(n int) string {
	if n == 1 {
		return "1 round"
	}
	return fmt.Sprintf("%d rounds", n)
}

// changeThan is changeWords before the word that.
func changeThan(ratio float64) string {
	if ratio == 1 || ratio >= 2 {
		return changeWords(ratio)
	}
	return changeWords(ratio) + " than"
}

// changeWords is a ratio as a change: 9.1% lower, 12% higher, 3.2 times.
func changeWords(ratio float64) string {
	switch {
	case math.IsInf(ratio, 1):
		return "beyond all measure beside"
	case ratio == 1:
		return "the same as"
	case ratio >= 2:
		return timesText(ratio) + " times"
	case ratio < 1:
		return changePercent(1-ratio) + " lower"
	}
	return changePercent(ratio-1) + " higher"
}

// changePercent writes a share with the digits that matter beside an interval:
// more of them where next to nothing is left.
func changePercent(share float64) string {
	digits := 1
	switch {
	case share > .99 && share < 1:
		digits = 3
	case share == 1:
		digits = 0
	}
	return strconv.FormatFloat(100*share, 'f', digits, 64) + "%"
}

func timesText(ratio float64) string {
	if ratio < 1000 {
		return three(ratio)
	}
	return thousands(int64(ratio))
}

// intervalWords is an interval as changes.
func intervalWords(low, high float64) string {
	switch {
	case high <= 1 && low < 1 && high < 1:
		return changePercent(1-low) + " to " + changePercent(1-high) + " lower"
	case low > 1 && high < 2:
		return changePercent(low-1) + " to " + changePercent(high-1) + " higher"
	case low >= 2 && !math.IsInf(high, 1):
		return timesText(low) + " to " + timesText(high) + " times"
	}
	return boundWords(low) + " to " + boundWords(high)
}

func boundWords(ratio float64) string {
	switch {
	case ratio == 1:
		return "the same"
	case math.IsInf(ratio, 1):
		return "beyond all measure"
	}
	return changeWords(ratio)
}

// pText writes a p-value.
func pText(p float64) string {
	switch {
	case p < .001:
		return "<0.001"
	case p > .9995:
		return "1"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}

// ratioText writes a ratio with the digits that matter beside an interval.
func ratioText(ratio float64) string {
	switch {
	case math.IsInf(ratio, 1):
		return "∞"
	case ratio == 0:
		return "0"
	case ratio < .001:
		return "<0.001"
	case ratio < 9.9995:
		return strconv.FormatFloat(ratio, 'f', 3, 64)
	}
	return timesText(ratio)
}

// cell writes a figure of the metric; - where there is none.
func (m *Metric) cell(figure *float64) string {
	switch {
	case figure == nil:
		return "-"
	case math.IsInf(*figure, 1):
		return "never"
	}
	switch m.Unit {
	case unitRate:
		return rate(*figure)
	case unitTime:
		return span(int64(math.Round(*figure)))
	case unitShare:
		return percent(*figure)
	}
	return three(*figure)
}

// cells are those of a row of the table: the figure, base, variant, ratio,
// interval, p and answer.
func (c *Comparison) cells(contrast *Contrast, row int) []string {
	r := &contrast.Rows[row]
	ratio, interval, p := "-", "-", "-"
	if r.Estimate.Rounds > 0 {
		ratio = ratioText(r.Ratio)
	}
	if r.Confidence > 0 {
		interval, p = ratioText(r.Low)+" .. "+ratioText(r.High), pText(r.Adjusted)
	}
	return []string{r.Name, r.cell(r.Base), r.cell(r.Figure), ratio, interval, p, c.answerTo(contrast, row)}
}

// what says in a line what was compared.
func (c *Comparison) what() string {
	var others []string
	for i := range c.Variants[1:] {
		others = append(others, c.Variants[i+1].Name)
	}
	what := fmt.Sprintf("%s beside %s, %s", strings.Join(others, ", "), c.Variants[0].Name, roundsOf(len(c.paired())))
	if name := c.serverNames(); name != "" {
		what += " on " + name
	}
	return c.Name + ": " + what
}

// serverNames are those of the base's server, where all have it.
func (c *Comparison) serverNames() string {
	name := c.any().serverName()
	for _, s := range c.counted() {
		if s.serverName() != name {
			return ""
		}
	}
	return name
}

// how says how the figures came about, and what stands in the table.
func (c *Comparison) how() string {
	if len(c.Contrasts) == 0 {
		return ""
	}
	name := c.Contrasts[0].Rows[0].Name
	return fmt.Sprintf("What decides is %s. Figures are medians over the rounds; a ratio is the median of those within each round, with its signed-rank interval of 95%%. "+
		"p is corrected for being one of several (Holm): that of %s for the number of variants, the others for the figures of the same variant.", c.about(name), name)
}

// about explains the metric that decides.
func (c *Comparison) about(name string) string {
	switch limit := c.any().responseLimit(); {
	case name == metricSelling:
		return "selling, the answers a second until the last unit was sold"
	case name == metricThroughput:
		return "throughput, the replies a second of the whole run"
	case name == metricGood && limit != nil:
		return "good, the share of the attempts due that were answered within " + bound(int64(*limit))
	}
	return name
}

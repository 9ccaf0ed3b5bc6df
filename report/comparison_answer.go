package report

import (
	"fmt"
	"slices"
	"strings"
)

// A variantAnswer is what a comparison says of one variant: whether it is right
// before how it compares.
type variantAnswer struct {
	Variant string
	// State is how the page paints it: bad, open, good or same.
	State string
	// Word is the answer in a word or two, Text in a sentence without a full stop.
	Word, Text string
}

// wordStates is how the page paints a word; another one is plain.
var wordStates = map[string]string{
	wordWrong: "bad", wordForeseen: "bad", sideWrong: "bad", wordRegression: "bad", wordWorse: "bad", "regression": "bad", "worse": "bad",
	wordUnknown: "open", wordInconclusive: "open", "inconclusive": "open",
	wordBetter: "good", wordNoRegression: "good", "better": "good", "no regression": "good",
}

// stateOf is how the page paints a word.
func stateOf(word string) string {
	if state, known := wordStates[word]; known {
		return state
	}
	return "same"
}

// answers are those of the variants, wrong ones first. The base is among them
// where it is wrong.
func (c *Comparison) answers() (all []variantAnswer) {
	if broken := c.Variants[0].brokenIn(); broken != "" {
		all = append(all, variantAnswer{Plain(c.Variants[0].Name), stateOf(wordWrong), spoken(wordWrong), Plain(broken)})
	}
	for i := range c.Contrasts {
		x := &c.Contrasts[i]
		all = append(all, variantAnswer{Plain(x.Variant), stateOf(c.wordOf(x)), spoken(c.headline(x)), Plain(c.sentence(x))})
	}
	wrong := func(a variantAnswer) int { return int(oneIf(strings.HasPrefix(a.Word, spoken(wordWrong)))) }
	slices.SortStableFunc(all, func(a, b variantAnswer) int { return wrong(b) - wrong(a) })
	return all
}

// spoken writes a word of the terminal as a page does.
func spoken(word string) string { return strings.ToLower(word) }

// title is the answer to the whole in a line: who is wrong, before all.
func (c *Comparison) title() string {
	answers := c.answers()
	with := func(word string) (names []string) {
		for _, a := range answers {
			if a.Word == spoken(word) {
				names = append(names, a.Variant)
			}
		}
		return names
	}
	word := c.Word()
	switch wrong, names := with(wordWrong), with(word); {
	case len(wrong) == 1:
		return wrong[0] + " is wrong"
	case len(wrong) > 1:
		return fmt.Sprintf("%d of %d variants are wrong", len(wrong), len(c.Variants))
	case len(answers) == 1 && word != wordUnknown:
		return answers[0].Variant + ": " + answers[0].Word
	case len(names) > 0 && len(names) < len(answers):
		return upperFirst(spoken(word)) + ": " + strings.Join(names, ", ")
	}
	return upperFirst(spoken(word))
}

// titleState is how the page paints the whole.
func (c *Comparison) titleState() string {
	switch stateOf(c.Word()) {
	case "bad":
		return "invalid"
	case "open":
		return "unknown"
	case "good":
		return "valid"
	}
	return "told"
}

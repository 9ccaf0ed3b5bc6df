// Package check judges the history of a sale. It is pure: it reaches no
// server, no clock and no source of randomness, so a saved history is judged
// again with the same result.
//
// It is stable: names and signatures change with the version alone.
package check

import "github.com/seckill-bench/seckill/scenario/history"

// An Opinion is what the judge thinks of a history.
type Opinion string

const (
	// Valid: no rule is broken, and nothing that had to be known is missing.
	Valid Opinion = "valid"
	// Invalid: at least one rule is broken that was not expected to be.
	Invalid Opinion = "invalid"
	// Unknown: no rule is seen broken that was not expected to be, but the doubts
	// say why that proves nothing.
	Unknown Opinion = "unknown"
)

// A Verdict is an opinion with its evidence.
type Verdict struct {
	Opinion Opinion
	// Violations holds each broken rule once, in the order of Rules.
	Violations []Violation
	// Doubts are sentences that say why a verdict is not valid although
	// nothing was seen broken.
	Doubts []string
	// Undecided names the rules that could not be decided, and why.
	Undecided map[Rule]string
	// Exercised counts, for every rule that was applied, its chances: the
	// occasions at which a script without the property would have shown it.
	// A rule with no chance is not exercised, never passed.
	Exercised map[Rule]int64
	// Witness is the steps of the order that was made of the attempts of a valid
	// history, all items together, and replayed: it explains every answer. 0
	// where the verdict is not valid.
	Witness int64
	// Exercise names, for each rule not exercised, the flag that would.
	Exercise map[Rule]string
	// Limited says of rules why they were not applied, or where they have chances
	// not wholly; nil where all could be.
	Limited map[Rule]string
	// Losses counts what was lost; nil where no audit tells.
	Losses *Losses
}

// A Violation is a broken rule: how often, and the first few cases.
type Violation struct {
	Rule  Rule
	Count int64
	// Expected: the scenario does not promise that the rule holds. Such a
	// violation is told and counted, and weighs nothing.
	Expected bool
	// First and Last are the instants of the earliest and the latest case, in
	// ns from the opening; history.Never where the audit alone tells.
	First, Last int64
	// Cases are the earliest few; those without an instant come last.
	Cases []Case
}

// A Case is one occasion at which a rule was broken.
type Case struct {
	// Message says in a sentence what was seen, with the buyer and the numbers;
	// Rule.MustHold says what had to be.
	Message string
	// Attempts are the one or two attempts the case rests on; none where it
	// rests on the audit alone.
	Attempts []history.Attempt
	// Item is the number in Head.Items of the item it is about; 0 for a case of
	// none.
	Item uint16
	// Faults say in a few words each what was done to the sale while an attempt
	// of the case was open or, where nothing was, what came next to it.
	Faults []string
	// Causes are what the server's counts and the faults make likely to have
	// caused it, the likeliest first. None is proved.
	Causes []string

	condition condition
}

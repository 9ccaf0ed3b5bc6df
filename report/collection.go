package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
)

// A Collection is several runs with one script that are judged together: the
// cases of a probe, the phases of a gate.
type Collection struct {
	// Name says what they are: probe, gate.
	Name string
	// Script is the name of the script.
	Script string
	// Command runs them again.
	Command string
	Seed    uint64
	Runs    []CollectedRun
	// Strict: a rule that was applied and never had a chance to be broken is a
	// doubt.
	Strict bool
	// Doubts are those beside the runs' own, Warnings what is said beside the
	// verdict.
	Doubts, Warnings []string
	// Hand is the folder in which the lines that repeat a case by hand are to be
	// typed.
	Hand string
	// Skipped are the runs that the script cannot be asked for.
	Skipped []Skipped
}

// A Skipped is a run that was not made, and why.
type Skipped struct{ Name, Why string }

// A CollectedRun is one run of a collection.
type CollectedRun struct {
	Name string
	// Folder is where its record is, relative to that of the collection.
	Folder  string
	Summary *Summary
	// Vague: attempts whose outcome nobody knows are the point of this run, so
	// what it leaves undecided is no doubt as long as it ended as planned.
	Vague bool
	// Case: it is a small sale that was made to show one thing, one buyer at a
	// time, and says nothing of how often.
	Case bool
	// About says in a sentence, without a full stop, what happens in it; empty:
	// its name does.
	About string
	// ByHand returns the lines that repeat a case on an empty server; nil: there
	// are none.
	ByHand func(*check.Case) []string
}

// doubtful reports whether what the run leaves open is a doubt of the whole.
func (r *CollectedRun) doubtful() bool {
	s := r.Summary
	if s.Verdict.Opinion != check.Unknown {
		return false
	}
	return !r.Vague || s.Tail == nil || s.endedEarly() || s.auditFailed()
}

// auditFailed reports whether something that the contract names could not be
// read.
func (s *Summary) auditFailed() bool {
	for i := range s.Tail.Audits {
		if len(s.Tail.Audits[i].Problems) > 0 {
			return true
		}
	}
	return s.Tail.AuditsDiffer
}

// Opinion is invalid if a rule is broken in some run, unknown if there is a
// doubt, and else valid.
func (c *Collection) Opinion() check.Opinion {
	for i := range c.Runs {
		if c.Runs[i].Summary.Verdict.Opinion == check.Invalid {
			return check.Invalid
		}
	}
	if len(c.AllDoubts()) > 0 {
		return check.Unknown
	}
	return check.Valid
}

// ExitCode is the exit code of a collection: 1 invalid, 3 unknown, else 0.
func (c *Collection) ExitCode() int {
	switch c.Opinion() {
	case check.Invalid:
		return 1
	case check.Unknown:
		return 3
	}
	return 0
}

// AllDoubts are the doubts of the whole and of its runs, and if it is strict
// the rules that never had a chance.
func (c *Collection) AllDoubts() []string {
	doubts := listOf(c.Doubts)
	doubts = append(doubts, c.doubtsOfRuns()...)
	if c.Strict {
		doubts = append(doubts, c.withoutChance()...)
	}
	return doubts
}

// doubtsOfRuns tells each doubt once, with the first run that has it. That a
// rule could not be decided is told where no doubt says why.
func (c *Collection) doubtsOfRuns() (doubts []string) {
	var texts []string
	runs := map[string][]string{}
	tell := func(run, text string) {
		if runs[text] == nil {
			texts = append(texts, text)
		}
		if !slices.Contains(runs[text], run) {
			runs[text] = append(runs[text], run)
		}
	}
	for i := range c.Runs {
		r := &c.Runs[i]
		if !r.doubtful() {
			continue
		}
		v := &r.Summary.Verdict
		for _, line := range v.Doubts {
			tell(r.Name, line)
		}
		for _, rule := range inOrder(v.Undecided) {
			if !slices.Contains(v.Doubts, v.Undecided[rule]) {
				tell(r.Name, fmt.Sprintf("%s could not be decided: %s", rule, v.Undecided[rule]))
			}
		}
	}
	for _, text := range texts {
		from := runs[text][0]
		if more := len(runs[text]) - 1; more > 0 {
			from += fmt.Sprintf(" and %d more", more)
		}
		doubts = append(doubts, from+": "+text)
	}
	return doubts
}

// Exercised sums the chances of every rule that some run applied.
func (c *Collection) Exercised() map[check.Rule]int64 {
	sum := map[check.Rule]int64{}
	for i := range c.Runs {
		for rule, chances := range c.Runs[i].Summary.Verdict.Exercised {
			sum[rule] += chances
		}
	}
	return sum
}

func (c *Collection) withoutChance() (doubts []string) {
	sum := c.Exercised()
	for _, rule := range inOrder(sum) {
		if sum[rule] == 0 {
			doubts = append(doubts, fmt.Sprintf("%s had no chance to be broken: that %s is not shown", rule, rule.MustHold()))
		}
	}
	return doubts
}

// Sales is the number of items that were sold in all runs but the cases, which
// Cases counts. Attempts is that of all attempts.
func (c *Collection) Sales() (n int) {
	for i := range c.Runs {
		if !c.Runs[i].Case {
			n += len(c.Runs[i].Summary.Head.Items)
		}
	}
	return n
}

// Cases is the number of runs that are cases.
func (c *Collection) Cases() (n int) {
	for i := range c.Runs {
		if c.Runs[i].Case {
			n++
		}
	}
	return n
}

// Attempts is the number of attempts in all runs.
func (c *Collection) Attempts() (n int64) {
	for i := range c.Runs {
		n += c.Runs[i].Summary.Attempts
	}
	return n
}

// broken returns, for each rule that is broken and was not expected to be, the
// runs it is broken in.
func (c *Collection) broken() map[check.Rule][]*CollectedRun {
	return c.runsBy((*check.Verdict).Unexpected)
}

// expected returns the same of what was expected.
func (c *Collection) expected() map[check.Rule][]*CollectedRun {
	return c.runsBy((*check.Verdict).Expected)
}

func (c *Collection) runsBy(broken func(*check.Verdict) []check.Violation) map[check.Rule][]*CollectedRun {
	runs := map[check.Rule][]*CollectedRun{}
	for i := range c.Runs {
		for _, v := range broken(&c.Runs[i].Summary.Verdict) {
			runs[v.Rule] = append(runs[v.Rule], &c.Runs[i])
		}
	}
	return runs
}

// casesIn counts the cases of a rule in runs.
func casesIn(runs []*CollectedRun, rule check.Rule) (n int64) {
	for _, run := range runs {
		n += run.Summary.violationOf(rule).Count
	}
	return n
}

// word is the verdict as a report begins with it.
func (c *Collection) word() string {
	v := check.Verdict{Opinion: c.Opinion()}
	for rule := range c.expected() {
		v.Violations = append(v.Violations, check.Violation{Rule: rule, Expected: true})
	}
	return opinionWord(&v)
}

// span is when the first run began and the last one ended; no end if one did
// not.
func (c *Collection) span() (began time.Time, ended *time.Time) {
	for i := range c.Runs {
		s := c.Runs[i].Summary
		if began.IsZero() || s.Head.Started.Before(began) {
			began = s.Head.Started
		}
	}
	for i := range c.Runs {
		s := c.Runs[i].Summary
		if s.Tail == nil {
			return began, nil
		}
		if ended == nil || s.Tail.Finished.After(*ended) {
			ended = &s.Tail.Finished
		}
	}
	return began, ended
}

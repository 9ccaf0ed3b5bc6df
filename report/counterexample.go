package report

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
)

const (
	// counterexampleFolder holds a results folder a broken rule, with a record in
	// it that alone breaks the rule.
	counterexampleFolder = "counterexample"
	// maxCounterexamples is how many rules get one.
	maxCounterexamples = 5
)

// A Counterexample is a small record of its own that breaks a rule.
type Counterexample struct {
	Rule check.Rule
	// Folder is where it is, relative to the results folder, with slashes.
	Folder string
	// Attempts is how many it holds.
	Attempts int64
}

// KeepCounterexamples writes into a results folder, for each broken rule, the
// smallest record that seckill check alone finds it broken in, in place of earlier
// ones: unexpected ones first, and of five rules at most. What cannot be written is
// a warning of the summary and nothing more. A folder that is a counterexample
// itself gets none.
func (s *Summary) KeepCounterexamples(dir string, h *history.History) {
	s.dir = dir
	if isCounterexample(dir) {
		return
	}
	for _, rule := range check.Rules { // whatever an earlier judge found
		if err := os.RemoveAll(filepath.Join(dir, counterexampleFolder, string(rule))); err != nil {
			s.notes = append(s.notes, "an earlier smallest record could not be removed: "+err.Error())
			return
		}
	}
	_ = os.Remove(filepath.Join(dir, counterexampleFolder)) // unless something else is in it
	broken := slices.Concat(s.Verdict.Unexpected(), s.Verdict.Expected())
	for _, v := range broken[:min(len(broken), maxCounterexamples)] {
		if err := s.keep(v.Rule, h); err != nil {
			s.notes = append(s.notes, fmt.Sprintf("the smallest record that breaks %s could not be written: %v", v.Rule, err))
		}
	}
}

// keep writes the counterexample of a rule, if there is one.
func (s *Summary) keep(rule check.Rule, h *history.History) error {
	small, err := check.Smallest(h, &s.Verdict, rule)
	if err != nil || small == nil {
		return err
	}
	c := Counterexample{Rule: rule, Folder: path.Join(counterexampleFolder, string(rule))}
	to := filepath.Join(s.dir, filepath.FromSlash(c.Folder))
	if err = history.Write(filepath.Join(to, "history"), small); err == nil {
		c.Attempts, err = countAttempts(small)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(to)) // half of one proves nothing
	}
	s.Counterexamples = append(s.Counterexamples, c)
	return nil
}

// FindCounterexamples looks for those that a results folder holds already.
func (s *Summary) FindCounterexamples(dir string) {
	s.dir = dir
	for _, v := range s.Verdict.Violations {
		c := Counterexample{Rule: v.Rule, Folder: path.Join(counterexampleFolder, string(v.Rule))}
		h, err := history.Open(filepath.Join(dir, filepath.FromSlash(c.Folder), "history"))
		if err != nil {
			continue
		}
		if c.Attempts, err = countAttempts(h); err == nil {
			s.Counterexamples = append(s.Counterexamples, c)
		}
	}
}

func isCounterexample(dir string) bool {
	whole, err := filepath.Abs(dir)
	return err == nil && filepath.Base(filepath.Dir(whole)) == counterexampleFolder
}

func countAttempts(h *history.History) (n int64, err error) {
	for batch, err := range h.Batches() {
		if err != nil {
			return 0, err
		}
		n += int64(len(batch))
	}
	return n, nil
}

// counterexampleOf is the counterexample of a rule; nil: there is none.
func (s *Summary) counterexampleOf(rule check.Rule) *Counterexample {
	for i := range s.Counterexamples {
		if s.Counterexamples[i].Rule == rule {
			return &s.Counterexamples[i]
		}
	}
	return nil
}

// smallest says what the record holds that alone breaks a rule, and how it is
// judged; two empty texts: there is none.
func (s *Summary) smallest(rule check.Rule) (what, command string) {
	c := s.counterexampleOf(rule)
	if c == nil {
		return "", ""
	}
	held := thousands(c.Attempts) + " attempts"
	if c.Attempts == 1 {
		held = "1 attempt"
	}
	return held + " and what the audit says", "seckill check " + shellWord(filepath.Join(s.dir, filepath.FromSlash(c.Folder)))
}

// plainWord is what a shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// shellWord quotes a word for a shell.
func shellWord(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

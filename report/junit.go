package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
)

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	Failure   *junitMessage `xml:"failure"`
	Error     *junitMessage `xml:"error"`
	Skipped   *junitMessage `xml:"skipped"`
	// Output is text of a case that passes.
	Output *junitOutput `xml:"system-out"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",cdata"`
}

type junitOutput struct {
	Text string `xml:",cdata"`
}

// WriteJUnit writes junit.xml: one testsuite, in it a case for each rule, one
// for each objective and, for an unknown verdict, one that holds the doubts.
// Violated or missed is a failure, undecided an error, not exercised skipped. What
// was expected to be violated passes and says so in its output: a failure would
// fail the build, and skipped would say that nothing was looked at.
func WriteJUnit(w io.Writer, s *Summary) error {
	return (&junitSuites{Suites: []junitSuite{s.junit()}}).write(w)
}

func (doc *junitSuites) write(w io.Writer) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *Summary) junit() junitSuite {
	suite := junitSuite{
		Name:      Plain(s.Head.Name + "/" + s.Head.Script.Name),
		Time:      "0",
		Timestamp: s.Head.Started.UTC().Format(time.RFC3339),
		Properties: []junitProperty{
			{"seed", fmt.Sprint(s.Head.Seed)},
			{"server", Plain(s.serverName())},
			{"digest", Plain(s.Head.Script.SHA1)},
			{"command", Plain(s.Head.Command)},
			{"verdict", string(s.Verdict.Opinion)},
			{"bound", Plain(s.Bound)},
		},
	}
	if ended := s.ended(); ended != "" {
		suite.Properties = append(suite.Properties, junitProperty{"ended", Plain(ended)})
	}
	if ordered := s.orderedLine(); ordered != "" {
		suite.Properties = append(suite.Properties, junitProperty{"ordered", Plain(ordered)})
	}
	if s.Duration != nil {
		suite.Time = fmt.Sprintf("%.3f", s.Duration.Seconds())
	}
	for _, rule := range check.Rules {
		suite.add(s.ruleCase(rule))
	}
	for _, f := range s.Objective {
		suite.add(f.junit())
	}
	if s.Verdict.Opinion == check.Unknown {
		suite.add(junitCase{Name: "verdict", Error: &junitMessage{
			Message: "unknown", Type: "unknown", Text: plainLines(s.doubts()),
		}})
	}
	return suite
}

func (j *junitSuite) add(c junitCase) {
	c.ClassName, c.Time = j.Name, "0"
	j.Tests++
	switch {
	case c.Failure != nil:
		j.Failures++
	case c.Error != nil:
		j.Errors++
	case c.Skipped != nil:
		j.Skipped++
	}
	j.Cases = append(j.Cases, c)
}

func (s *Summary) ruleCase(rule check.Rule) junitCase {
	c := junitCase{Name: string(rule)}
	if v := s.violationOf(rule); v != nil && v.Expected {
		c.Output = &junitOutput{plainLines(append([]string{fmt.Sprintf("expected: broken %s; %s", times(v.Count), notPromised)}, s.evidence(v)...))}
		return c
	} else if v != nil {
		c.Failure = &junitMessage{Message: fmt.Sprintf("broken %s: %s", times(v.Count), rule.MustHold()), Type: string(rule), Text: plainLines(s.evidence(v))}
		return c
	}
	if why, undecided := s.Verdict.Undecided[rule]; undecided {
		c.Error = &junitMessage{Message: Plain(why), Type: "undecided"}
		return c
	}
	if s.Verdict.Exercised[rule] == 0 {
		c.Skipped = &junitMessage{Message: "not exercised"}
		if _, applied := s.Verdict.Exercised[rule]; !applied {
			c.Skipped.Message = notApplied
		}
		if rule == check.LateSale && s.Verdict.Limited[rule] != "" {
			c.Skipped.Message = s.how(rule)
		} else if how := s.Verdict.Exercise[rule]; how != "" {
			c.Skipped.Message += "; what would: " + Plain(how)
		}
	} else if why := s.Verdict.Limited[rule]; why != "" {
		c.Output = &junitOutput{"in part: " + why}
	}
	return c
}

func (s *Summary) violationOf(rule check.Rule) *check.Violation {
	for i := range s.Verdict.Violations {
		if s.Verdict.Violations[i].Rule == rule {
			return &s.Verdict.Violations[i]
		}
	}
	return nil
}

// evidence lists the cases of a violation, each with its attempts.
func (s *Summary) evidence(v *check.Violation) []string {
	var lines []string
	for i := range v.Cases {
		c := &v.Cases[i]
		lines = append(lines, c.Message)
		for i := range c.Attempts {
			lines = append(lines, "  "+s.attemptLine(&c.Attempts[i]))
		}
		for _, line := range s.around(v.Rule, c) {
			lines = append(lines, "  "+line)
		}
	}
	if why := likely(v); why != "" {
		lines = append(lines, "likely, not proven: "+why)
	}
	if what, command := s.smallest(v.Rule); what != "" {
		lines = append(lines, "smallest, "+what+": "+command)
	}
	return lines
}

func (f *Finding) junit() junitCase {
	c := junitCase{Name: "objective " + f.Expr, Output: &junitOutput{Plain(f.reading())}}
	switch f.Verdict {
	case Missed:
		c.Failure = &junitMessage{Message: f.Why, Type: f.Verdict}
	case Inconclusive:
		c.Error = &junitMessage{Message: f.Why, Type: f.Verdict}
	}
	return c
}

func plainLines(lines []string) string {
	safe := make([]string, len(lines))
	for i, line := range lines {
		safe[i] = Plain(line)
	}
	return strings.Join(safe, "\n")
}

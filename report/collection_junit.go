package report

import (
	"fmt"
	"io"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
)

// WriteCollectionsJUnit writes junit.xml of several collections: a testsuite
// for each, in it a case for each rule. Broken in some run is a failure, unless it
// was expected to be in all such runs,
// undecided in all that applied it or without a chance in a strict collection an
// error, else not exercised or not applied skipped.
func WriteCollectionsJUnit(w io.Writer, all []*Collection) error {
	var doc junitSuites
	for _, c := range all {
		doc.Suites = append(doc.Suites, c.suite())
	}
	return doc.write(w)
}

func (c *Collection) suite() junitSuite {
	began, ended := c.span()
	suite := junitSuite{
		Name: Plain(c.Name + "/" + c.Script), Time: "0", Timestamp: began.UTC().Format(time.RFC3339),
		Properties: []junitProperty{{"seed", fmt.Sprint(c.Seed)}, {"command", Plain(c.Command)}, {"verdict", string(c.Opinion())}},
	}
	if ended != nil {
		suite.Time = fmt.Sprintf("%.3f", ended.Sub(began).Seconds())
	}
	if len(c.Runs) > 0 {
		s := c.Runs[0].Summary
		suite.Properties = append(suite.Properties, junitProperty{"server", Plain(s.serverName())}, junitProperty{"digest", s.Head.Script.SHA1})
	}
	broken, expected, chances := c.broken(), c.expected(), c.Exercised()
	for _, rule := range check.Rules {
		suite.add(c.ruleCase(rule, broken[rule], expected[rule], chances))
	}
	if c.Opinion() == check.Unknown {
		suite.add(junitCase{Name: "verdict", Error: &junitMessage{Message: "unknown", Type: "unknown", Text: plainLines(c.AllDoubts())}})
	}
	return suite
}

func (c *Collection) ruleCase(rule check.Rule, broken, expected []*CollectedRun, chances map[check.Rule]int64) junitCase {
	all := junitCase{Name: string(rule)}
	n, applied := chances[rule]
	switch {
	case len(broken) > 0:
		run := clearest(broken, rule)
		all = run.Summary.ruleCase(rule)
		all.Failure.Message = run.Name + ": " + all.Failure.Message
	case len(expected) > 0:
		all = clearest(expected, rule).Summary.ruleCase(rule)
	case !applied:
		all.Skipped = &junitMessage{Message: notApplied}
	case n == 0 && c.Strict:
		all.Error = &junitMessage{Message: "it had no chance to be broken", Type: "undecided"}
	case n == 0:
		all.Skipped = &junitMessage{Message: "not exercised"}
	}
	return all
}

package report

import (
	"fmt"
	"io"
	"time"

	"github.com/seckill-bench/seckill/scenario/capacity"
)

// WriteCapacityJUnit writes junit.xml of searches: one testsuite, in it a case for
// each search. A broken rule, and an objective that no rate holds, is a failure; a
// rate that cannot be told is an error.
func WriteCapacityJUnit(w io.Writer, c *Capacity) error {
	suite := junitSuite{
		Name: Plain(c.Name), Time: fmt.Sprintf("%.3f", c.Ended.Sub(c.Began).Seconds()), Timestamp: c.Began.UTC().Format(time.RFC3339),
		Properties: []junitProperty{{"seed", fmt.Sprint(c.Seed)}, {"command", Plain(c.Command)}, {"objective", Plain(c.SLO)}, {"verdict", string(c.Opinion())}},
	}
	if s := c.Conditions; s != nil {
		suite.Name = Plain(c.Name + "/" + s.Head.Script.Name)
		suite.Properties = append(suite.Properties, junitProperty{"server", Plain(s.serverName())}, junitProperty{"digest", Plain(s.Head.Script.SHA1)})
	}
	for i := range c.Searches {
		suite.add(c.searchCase(&c.Searches[i]))
	}
	if c.ExitCode() == 3 && suite.Failures+suite.Errors == 0 {
		suite.add(junitCase{Name: "interrupted", Error: &junitMessage{Message: "ended before all was searched for", Type: string(capacity.Unfinished)}})
	}
	return (&junitSuites{Suites: []junitSuite{suite}}).write(w)
}

func (c *Capacity) searchCase(s *CapacitySearch) junitCase {
	sentence := Plain(s.sentence(c.SLO, c.Quick))
	one, evidence := junitCase{Name: Plain(s.title())}, []string{s.boundSentence()}
	for i := range s.Steps {
		if step := &s.Steps[i]; step.Result == capacity.Wrong {
			evidence = append(evidence, fmt.Sprintf("%s at %s: %s", step.Folder, rate(step.Rate), step.Why), step.Command)
		}
	}
	said := &junitMessage{Message: sentence, Type: string(s.Answer.Ended), Text: plainLines(evidence)}
	switch s.exitCode(c.Quick) {
	case 0:
		one.Output = &junitOutput{sentence}
	case 3:
		one.Error = said
	default:
		one.Failure = said
	}
	return one
}

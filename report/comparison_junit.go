package report

import (
	"fmt"
	"io"

	"github.com/seckill-bench/seckill/scenario/compare"
)

// WriteComparisonJUnit writes junit.xml of a comparison: a case for each rule, over
// all runs, and one for each contrast. A regression is a failure, what cannot be
// decided an error, unless that was asked to pass, and then skipped.
func WriteComparisonJUnit(w io.Writer, c *Comparison) error {
	suite := c.collection().suite()
	suite.Name = Plain(c.Name)
	for i := range suite.Cases {
		suite.Cases[i].ClassName = suite.Name
	}
	for i := range c.Contrasts {
		suite.add(c.contrastCase(&c.Contrasts[i]))
	}
	return (&junitSuites{Suites: []junitSuite{suite}}).write(w)
}

func (c *Comparison) contrastCase(contrast *Contrast) junitCase {
	sentence := c.headline(contrast) + ": " + Plain(c.sentence(contrast))
	one := junitCase{Name: Plain(fmt.Sprintf("%s beside %s: %s", contrast.Variant, c.Variants[0].Name, contrast.Rows[0].Name))}
	said := &junitMessage{Message: sentence, Type: string(compare.Inconclusive), Text: plainLines(c.Undecided)}
	undecided := len(c.Undecided) > 0 || contrast.Answer == compare.Inconclusive
	switch {
	case undecided && c.Options.PassInconclusive:
		one.Skipped = said
	case undecided:
		one.Error = said
	case contrast.Answer == compare.Regression:
		one.Failure = &junitMessage{Message: sentence, Type: string(compare.Regression)}
	default:
		one.Output = &junitOutput{sentence}
	}
	return one
}

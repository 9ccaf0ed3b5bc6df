package conn

import (
	"regexp"
	"time"
)

// Slack is how far a pace lets somebody be before his turn.
const Slack time.Duration = slack

// A Refusal is a row of the table, as tests see it.
type Refusal struct {
	Start  string
	Inside bool
}

// Refusals is the table.
func Refusals() (all []Refusal) {
	for _, r := range refusals {
		all = append(all, Refusal{r.start, r.inside})
	}
	return all
}

// InsideScript is how an error tells that it comes from inside a script.
func InsideScript() *regexp.Regexp { return insideScript }

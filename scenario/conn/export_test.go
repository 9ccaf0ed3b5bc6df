package conn

import "regexp"

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

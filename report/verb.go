package report

import (
	"fmt"
	"strings"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// afterBuy are the verbs of what a buyer does with what he has bought.
var afterBuy = []sale.Verb{sale.After, sale.Release, sale.Confirm}

// verbFigures are the attempts of one verb. Its distributions are nil without any.
type verbFigures struct {
	count, resends    int64
	outcomes          [sale.Dropped + 1]int64
	response, service *distribution
}

// add counts an attempt.
func (v *verbFigures) add(a *history.Attempt) {
	v.count1(a)
	if !a.Outcome.Answered() {
		v.response.miss()
		if a.Call != history.Never {
			v.service.miss()
		}
		return
	}
	v.response.add(a.Return - a.Due)
	v.service.add(a.Return - a.Call)
}

// count1 counts an attempt and leaves out its times.
func (v *verbFigures) count1(a *history.Attempt) {
	if v.response == nil {
		v.response, v.service = newDistribution(digits), newDistribution(digits)
	}
	v.count++
	v.outcomes[min(a.Outcome, sale.Dropped)]++
	if a.Try > 0 {
		v.resends++
	}
}

// verbsAfter are the verbs beside purchases that were attempted.
func (s *Summary) verbsAfter() []sale.Verb {
	var used []sale.Verb
	for _, verb := range afterBuy {
		if s.byVerb[verb].count > 0 {
			used = append(used, verb)
		}
	}
	return used
}

// verbFacts says of each verb beside purchases what came of its attempts.
func (s *Summary) verbFacts() []fact {
	var facts []fact
	for _, verb := range s.verbsAfter() {
		v := &s.byVerb[verb]
		var parts []string
		for _, o := range sale.Outcomes {
			if n := v.outcomes[o]; n > 0 {
				parts = append(parts, thousands(n)+" "+o.String())
			}
		}
		value := fmt.Sprintf("%s attempts: %s", thousands(v.count), strings.Join(parts, ", "))
		if v.resends > 0 {
			value += "; " + thousands(v.resends) + " were resends"
		}
		facts = append(facts, fact{map[sale.Verb]string{sale.Release: "Releases", sale.Confirm: "Confirmations", sale.After: "Done after a purchase"}[verb], value})
	}
	return facts
}

// verbTables are the times of the verbs beside purchases, a table a verb.
func (s *Summary) verbTables() []timeTable {
	var tables []timeTable
	for _, verb := range s.verbsAfter() {
		v := &s.byVerb[verb]
		tables = append(tables, timeTable{name: verb.String(), peers: true, rows: []timeRow{
			{"call to return", v.service}, {"due to return", v.response},
		}})
	}
	return tables
}

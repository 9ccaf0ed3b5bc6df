package report

import (
	"fmt"
	"strings"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// readFigures are the attempts of one background read. They are in none of the
// figures of the sale.
type readFigures struct {
	verbFigures
	// wrong is the first text of one that failed, in the record's table.
	wrong uint16
}

// beside counts an attempt that asks nothing of the sale.
func (c *collector) beside(a *history.Attempt) {
	if a.Verb != sale.Read || int(a.Request) >= len(c.reads) {
		return
	}
	r := &c.reads[a.Request]
	r.add(a)
	if r.wrong == 0 {
		r.wrong = a.Reply
	}
}

// errors are those that were sent and got no answer, or an error, and those that were
// never sent.
func (r *readFigures) errors() int64 { return r.count - r.outcomes[sale.OK] }

// readFacts says of each background read how many there were.
func (s *Summary) readFacts() []fact {
	var facts []fact
	for i := range s.reads {
		r, of := &s.reads[i], &s.Head.Background[i]
		text := fmt.Sprintf("%s, %s asked for: %s reads", Plain(of.Read), rate(of.Rate), thousands(r.count))
		var wrong []string
		for _, o := range []sale.Outcome{sale.Failed, sale.Indeterminate, sale.Dropped} {
			if n := r.outcomes[o]; n > 0 {
				wrong = append(wrong, thousands(n)+" "+o.String())
			}
		}
		if len(wrong) > 0 {
			text += ", " + strings.Join(wrong, ", ")
		}
		if said := s.texts.Text(r.wrong); r.wrong != 0 && said != "" {
			text += " (first: " + Plain(said) + ")"
		}
		facts = append(facts, fact{"Background", text})
	}
	return facts
}

// readTables are the times of the background reads, a table a read.
func (s *Summary) readTables() []timeTable {
	var tables []timeTable
	for i := range s.reads {
		if r := &s.reads[i]; r.count > 0 {
			tables = append(tables, timeTable{name: readName(&s.Head.Background[i]), peers: true, rows: []timeRow{
				{"due to return", r.response}, {"call to return", r.service},
			}})
		}
	}
	return tables
}

// longestName is how long a command may be as the name of a row.
const longestName = 10

// readName is what a table calls a read: its command, cut where it is long.
func readName(of *history.Background) string {
	name := []rune(Plain(of.Read))
	if len(name) > longestName {
		name = append(name[:longestName-1], '…')
	}
	return string(name)
}

// A readResult is one background read in result.json.
type readResult struct {
	Read string `json:"read"`
	// Rate is the one asked for.
	Rate   float64 `json:"rate"`
	Count  int64   `json:"count"`
	Errors int64   `json:"errors"`
	// Counts are by outcome: ok, failed, indeterminate, dropped.
	Counts   map[string]int64 `json:"counts"`
	Response *latency         `json:"response"`
	Service  *latency         `json:"service"`
}

func (s *Summary) readResults() (all []readResult) {
	for i := range s.reads {
		r, of := &s.reads[i], &s.Head.Background[i]
		all = append(all, readResult{
			of.Read, of.Rate, r.count, r.errors(), namedCounts(&r.outcomes), r.response.latency(), r.service.latency(),
		})
	}
	return all
}

// readDistributions are for the log: background.N.response and .service, N from 1.
func (s *Summary) readDistributions() (all []taggedDistribution) {
	for i := range s.reads {
		if r := &s.reads[i]; r.count > 0 {
			name := fmt.Sprintf("background.%d.", i+1)
			all = append(all, taggedDistribution{name + "response", r.response}, taggedDistribution{name + "service", r.service})
		}
	}
	return all
}

// reads writes the background reads.
func (m *metrics) reads(s *Summary) {
	if len(s.reads) == 0 {
		return
	}
	m.family("seckill_background_reads", "counter", "", "Reads beside the sale that were due.")
	for i := range s.reads {
		for _, o := range sale.Outcomes {
			if n := s.reads[i].outcomes[o]; n > 0 {
				m.sample("seckill_background_reads_total", float64(n), "read", s.Head.Background[i].Read, "outcome", o.String())
			}
		}
	}
	const name = "seckill_background_response_seconds"
	m.family(name, "summary", "seconds", "Of reads beside the sale, from due to return. Quantiles are over all that were due; count and sum are of the answered.")
	for i := range s.reads {
		if r := &s.reads[i]; r.count > 0 {
			m.quantiles(name, r.response, "read", s.Head.Background[i].Read)
		}
	}
}

package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/check"
)

// A pace tells a line of each run while a comparison goes on.
type pace struct {
	w              io.Writer
	most, variants int
	until          bool
	began          time.Time
	runs           int
	spent          time.Duration
}

// ran tells of a run.
func (p *pace) ran(round int, name string, s *report.Summary, took time.Duration) {
	p.runs++
	p.spent += took
	where := "rehearsal"
	if of := "of"; round > 0 {
		if p.until {
			of = "of at most"
		}
		where = fmt.Sprintf("round %d %s %d", round, of, p.most)
	}
	line := fmt.Sprintf("%s  %s  ", where, report.Plain(name))
	if s.Throughput != nil {
		line += fmt.Sprintf("%.0f/s", *s.Throughput)
	}
	if opinion := s.Verdict.Opinion; opinion != check.Valid {
		line += "  " + strings.ToUpper(string(opinion))
		if broken := brokenRules(s); broken != "" {
			line += ": " + broken
		}
	}
	if left := p.left(); left > 0 {
		line += fmt.Sprintf("  (%s left)", left)
	}
	fmt.Fprintln(p.w, line)
}

// left is how long the runs that are left will take, if they take as long as
// those before.
func (p *pace) left() time.Duration {
	runs := (p.most+1)*p.variants - p.runs
	return (p.spent / time.Duration(p.runs) * time.Duration(runs)).Round(time.Second)
}

// brokenRules names the rules that are broken in a run and were not expected to be.
func brokenRules(s *report.Summary) string {
	var rules []string
	for _, v := range s.Verdict.Unexpected() {
		rules = append(rules, string(v.Rule))
	}
	return strings.Join(rules, ", ")
}

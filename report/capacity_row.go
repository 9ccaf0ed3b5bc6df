package report

import (
	"fmt"
	"time"

	"github.com/seckill-bench/seckill/scenario/capacity"
)

// stepColumns heads the cells of a step.
var stepColumns = []string{"step", "for", "offered", "achieved", "p50", "p99", "p99.9", "good", "bound", "result"}

// cells are a step in words.
func (s *CapacityStep) cells() []string {
	return []string{
		s.Folder, s.what(), rateOrNone(s.Offered), rateOrNone(s.Achieved), s.time(s.P50, .5), s.time(s.P99, .99), s.time(s.P999, .999),
		percent(s.Good), s.Bound, string(s.Result),
	}
}

// what is the phase and length of the step.
func (s *CapacityStep) what() string {
	text := string(s.Phase) + " " + bound(int64(s.Length))
	if s.ForkSeen {
		text += ", forks"
	}
	return text
}

// time writes a percentile: - where it cannot be told, none where it falls among
// the attempts that were not answered.
func (s *CapacityStep) time(p *time.Duration, q float64) string {
	switch {
	case p != nil:
		return span(int64(*p))
	case s.unanswered(q):
		return "none"
	}
	return "-"
}

// unanswered reports whether a percentile falls among the attempts that were not
// answered.
func (s *CapacityStep) unanswered(q float64) bool {
	return s.Unanswered > s.Attempts-rankOf(q, s.Attempts)
}

// reasonsTold is how many steps of a kind are explained.
const reasonsTold = 2

// reasons explain the steps that neither passed nor plainly missed: the first of
// each kind, for the others are as a rule the same.
func (s *CapacitySearch) reasons() (lines []string) {
	told := map[capacity.Result]int{}
	for i := range s.Steps {
		step := &s.Steps[i]
		if step.Result != capacity.Wrong && step.Result != capacity.Limited && step.Result != capacity.Unknown {
			continue
		}
		if told[step.Result]++; told[step.Result] <= reasonsTold {
			lines = append(lines, fmt.Sprintf("%s, %s: %s", step.Folder, step.Result, step.Why))
		}
	}
	for _, result := range []capacity.Result{capacity.Wrong, capacity.Limited, capacity.Unknown} {
		if more := told[result] - reasonsTold; more > 0 {
			lines = append(lines, fmt.Sprintf("%d more %s %s: why stands in result.json", more, plural(more, "step"), result))
		}
	}
	return lines
}

// percentilesNote explains the cells that hold no time.
const percentilesNote = "-: fewer than ten attempts lie beyond that percentile. none: it falls among the attempts that were not answered. " +
	"Good: answered within the bound of the objective on response times, of all attempts."

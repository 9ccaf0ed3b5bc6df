package report

import (
	"fmt"
	"path"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// nothingBroken is the verdict of a run in which replies that never came leave
// something open.
const nothingBroken = "nothing broken"

// A runRow is a line of the table of runs. The cases of a probe share one.
type runRow struct{ name, sales, attempts, ok, verdict string }

func (c *Collection) rows() (rows []runRow) {
	told := map[string]bool{}
	for i := range c.Runs {
		r := &c.Runs[i]
		if group := path.Dir(r.Name); !r.Case {
			rows = append(rows, r.row())
		} else if !told[group] {
			told[group] = true
			rows = append(rows, c.casesRow(group))
		}
	}
	return rows
}

func (r *CollectedRun) row() runRow {
	s := r.Summary
	return runRow{r.Name, thousands(int64(len(s.Head.Items))), thousands(s.Attempts), thousands(s.Counts[sale.OK]), r.verdict()}
}

// casesRow is the line of all cases in a folder: the worst verdict, and how many
// share it.
func (c *Collection) casesRow(group string) runRow {
	var attempts, ok int64
	verdicts, cases := map[string]int{}, 0
	for i := range c.Runs {
		if r := &c.Runs[i]; r.Case && path.Dir(r.Name) == group {
			attempts, ok = attempts+r.Summary.Attempts, ok+r.Summary.Counts[sale.OK]
			verdicts[r.verdict()]++
			cases++
		}
	}
	row := runRow{group, fmt.Sprintf("%d cases", cases), thousands(attempts), thousands(ok), string(check.Valid)}
	for _, opinion := range []check.Opinion{check.Invalid, check.Unknown} {
		if n := verdicts[string(opinion)]; n > 0 {
			row.verdict = fmt.Sprintf("%s in %d", opinion, n)
			break
		}
	}
	return row
}

// verdict is a run's verdict in words.
func (r *CollectedRun) verdict() string {
	opinion := r.Summary.Verdict.Opinion
	if opinion == check.Unknown && !r.doubtful() {
		return nothingBroken
	}
	return string(opinion)
}

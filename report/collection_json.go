package report

import (
	"io"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A collectionResult is result.json of a collection: the same keys as that of a
// run, with sums where sums mean something and null where they do not, and the
// runs beside.
type collectionResult struct {
	result
	Warnings []string    `json:"warnings"`
	Sales    int         `json:"sales"`
	Runs     []runResult `json:"runs"`
}

// A runResult is a run of a collection in short.
type runResult struct {
	Name     string           `json:"name"`
	Folder   string           `json:"folder"`
	Verdict  check.Opinion    `json:"verdict"`
	Broken   []check.Rule     `json:"broken"`
	Expected []check.Rule     `json:"expected"`
	Sales    int              `json:"sales"`
	Counts   map[string]int64 `json:"counts"`
	Command  string           `json:"command"`
	Undecide []string         `json:"doubts"`
}

// WriteCollectionJSON writes result.json of a collection.
func WriteCollectionJSON(w io.Writer, c *Collection) error { return writeJSON(w, c.result()) }

func (c *Collection) result() collectionResult {
	began, ended := c.span()
	r := collectionResult{Warnings: listOf(c.Warnings), Sales: c.Sales(), Runs: []runResult{}, result: result{
		Version: 1, Name: c.Name, Seed: c.Seed, Shard: "1/1", Started: began, Finished: ended,
		Verdict: c.Opinion(), Doubts: c.AllDoubts(), Violations: append(c.violations(c.broken(), false), c.violations(c.expected(), true)...), Losses: losses(c.losses()), Exercised: c.Exercised(),
		Exercise: map[check.Rule]string{}, Undecided: map[check.Rule]string{}, Objective: []objective{}, Model: "several",
		Counts: map[string]int64{"attempts": c.Attempts()}, ByOutcome: map[string]outcomeResult{},
		Driver: driver{Bound: "unknown", Warnings: []string{}}, Command: c.Command,
	}}
	if len(c.Runs) > 0 {
		first := c.Runs[0].Summary.result()
		r.Server, r.Script, r.Host = first.Server, first.Script, first.Host
	}
	var left int64
	for i := range c.Runs {
		run := &c.Runs[i]
		r.Runs = append(r.Runs, run.result())
		for _, o := range sale.Outcomes {
			r.Counts[o.String()] += run.Summary.Counts[o]
		}
		r.Units.Granted += run.Summary.Granted
		if run.Summary.Left != nil {
			left += *run.Summary.Left
			r.Units.Left = &left
		}
	}
	return r
}

func (r *CollectedRun) result() runResult {
	s := r.Summary.result()
	short := runResult{
		Name: r.Name, Folder: r.Folder, Verdict: s.Verdict, Broken: []check.Rule{}, Expected: []check.Rule{}, Sales: len(r.Summary.Head.Items),
		Counts: s.Counts, Command: s.Command, Undecide: s.Doubts,
	}
	for _, v := range s.Violations {
		if v.Expected {
			short.Expected = append(short.Expected, v.Rule)
		} else {
			short.Broken = append(short.Broken, v.Rule)
		}
	}
	return short
}

// violations merges those of the runs: each rule once, with the first cases of
// each run, which say in which run they were seen. A rule may be there twice: as
// broken in some runs and as expected to be in others.
func (c *Collection) violations(broken map[check.Rule][]*CollectedRun, expected bool) []violation {
	all := []violation{}
	for _, rule := range inOrder(broken) {
		v := violation{Rule: rule, MustHold: rule.MustHold(), Expected: expected, Cases: []caseOfWrong{}}
		for _, run := range broken[rule] {
			for _, of := range run.Summary.violations() {
				if of.Rule != rule {
					continue
				}
				v.Count += of.Count
				for _, seen := range of.Cases {
					seen.Message = run.Name + ": " + seen.Message
					v.Cases = append(v.Cases, seen)
				}
			}
		}
		all = append(all, v)
	}
	return all
}

// losses sums those of the runs; nil where none tells.
func (c *Collection) losses() *check.Losses {
	var sum *check.Losses
	add := func(to **int64, n *int64) {
		switch {
		case n == nil:
		case *to == nil:
			*to = ptr(*n)
		default:
			**to += *n
		}
	}
	for i := range c.Runs {
		l := c.Runs[i].Summary.Verdict.Losses
		if l == nil {
			continue
		}
		if sum == nil {
			sum = new(check.Losses)
		}
		add(&sum.Sales, l.Sales)
		add(&sum.Units, l.Units)
		sum.Buyers += l.Buyers
		if l.Oldest != nil && (sum.Oldest == nil || *l.Oldest > *sum.Oldest) {
			sum.Oldest = l.Oldest
		}
	}
	return sum
}

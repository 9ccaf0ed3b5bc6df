package report

import (
	"io"
	"time"

	"github.com/seckill-bench/seckill/scenario/capacity"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
)

// A capacityResult is result.json of a search. Times are in ns, rates per second;
// what does not exist is null.
type capacityResult struct {
	Version   int            `json:"version"`
	Kind      string         `json:"kind"`
	Name      string         `json:"name"`
	Seed      uint64         `json:"seed"`
	Started   time.Time      `json:"started"`
	Finished  time.Time      `json:"finished"`
	Ended     string         `json:"ended"`
	Verdict   check.Opinion  `json:"verdict"`
	Objective string         `json:"objective"`
	Quick     bool           `json:"quick"`
	Searches  []searchResult `json:"searches"`
	Plan      *planResult    `json:"plan"`
	Warnings  []string       `json:"warnings"`
	Server    history.Server `json:"server"`
	Script    history.Script `json:"script"`
	Host      history.Host   `json:"host"`
	Command   string         `json:"command"`
}

// A searchResult is one search. Held and Broke are null where there is no such
// rate.
type searchResult struct {
	Name      string   `json:"name"`
	Figure    string   `json:"figure"`
	Masters   *int64   `json:"masters"`
	Held      *float64 `json:"held"`
	Broke     *float64 `json:"broke"`
	Confirmed bool     `json:"confirmed"`
	// Mixed are the lowest rate at which a step failed and the highest at which one
	// passed; null where they all agree.
	Mixed      []float64    `json:"mixed"`
	Ended      capacity.End `json:"ended"`
	Why        string       `json:"why"`
	Unmeasured *string      `json:"unmeasured"`
	Probe      *probeResult `json:"probe"`
	Bound      *string      `json:"bound"`
	BoundBy    *string      `json:"bound_by"`
	Tries      []triedRate  `json:"tries"`
	Steps      []stepResult `json:"steps"`
}

type probeResult struct {
	Rate    float64 `json:"rate"`
	Bound   string  `json:"bound"`
	BoundBy string  `json:"bound_by"`
	Folder  string  `json:"folder"`
}

type triedRate struct {
	Rate   float64 `json:"rate"`
	Passed int     `json:"passed"`
	Tries  int     `json:"tries"`
	Untold int     `json:"untold"`
}

type stepResult struct {
	Step        int             `json:"step"`
	Folder      string          `json:"folder"`
	Phase       capacity.Phase  `json:"phase"`
	Rate        float64         `json:"rate"`
	Length      time.Duration   `json:"length"`
	Result      capacity.Result `json:"result"`
	Why         string          `json:"why"`
	Verdict     check.Opinion   `json:"verdict"`
	Broken      []check.Rule    `json:"broken"`
	Doubts      []string        `json:"doubts"`
	Offered     *float64        `json:"offered"`
	Achieved    *float64        `json:"achieved"`
	Attempts    int64           `json:"attempts"`
	NotAnswered int64           `json:"not_answered"`
	P50         *time.Duration  `json:"p50"`
	P99         *time.Duration  `json:"p99"`
	P999        *time.Duration  `json:"p999"`
	Good        float64         `json:"good"`
	Within      *int64          `json:"good_within"`
	Bound       string          `json:"bound"`
	BoundBy     string          `json:"bound_by"`
	Forks       *int64          `json:"forks"`
	ForkSeen    bool            `json:"fork_seen"`
	Past        *pastResult     `json:"past_knee"`
	Command     string          `json:"command"`
}

type pastResult struct {
	Goodput  float64        `json:"goodput"`
	Late     *time.Duration `json:"late"`
	Lost     *time.Duration `json:"lost"`
	Recovery time.Duration  `json:"recovery"`
}

// A planResult is what a sale needs; instances is null where no rate held.
type planResult struct {
	Instances *int64     `json:"instances"`
	Lines     []planLine `json:"lines"`
	Notes     []string   `json:"notes"`
}

type planLine struct {
	Name    string          `json:"name"`
	Value   float64         `json:"value"`
	Unit    string          `json:"unit"`
	Source  capacity.Source `json:"source"`
	Formula string          `json:"formula"`
}

// WriteCapacityJSON writes result.json of a search.
func WriteCapacityJSON(w io.Writer, c *Capacity) error { return writeJSON(w, c.result()) }

func (c *Capacity) result() capacityResult {
	r := capacityResult{
		Version: 1, Kind: "capacity", Name: c.Name, Seed: c.Seed, Started: c.Began, Finished: c.Ended, Ended: history.EndedDone,
		Verdict: c.Opinion(), Objective: c.SLO, Quick: c.Quick, Searches: []searchResult{},
		Warnings: c.allWarnings(), Command: c.Command,
	}
	if c.Interrupted {
		r.Ended = history.EndedInterrupted
	}
	if s := c.Conditions; s != nil {
		r.Server, r.Script, r.Host = s.Head.Server, s.Head.Script, s.Head.Host
		r.Server.Config, r.Server.Capabilities = mapOf(r.Server.Config), mapOf(r.Server.Capabilities)
	}
	for i := range c.Searches {
		r.Searches = append(r.Searches, c.Searches[i].result())
	}
	if p := c.Plan; p != nil {
		r.Plan = &planResult{Instances: notZero(int64(p.Instances)), Lines: []planLine{}, Notes: listOf(p.Notes)}
		for _, line := range p.Lines {
			r.Plan.Lines = append(r.Plan.Lines, planLine(line))
		}
	}
	return r
}

func (s *CapacitySearch) result() searchResult {
	a := &s.Answer
	r := searchResult{
		Name: s.Name, Figure: s.Figure, Masters: notZero(int64(s.Masters)), Held: notZero(a.Held), Broke: notZero(a.Broke), Confirmed: a.Confirmed,
		Ended: a.Ended, Why: a.Why, Unmeasured: notEmpty(s.Unmeasured), Tries: []triedRate{}, Steps: []stepResult{},
	}
	if from, to := a.Mixed(); from > 0 {
		r.Mixed = []float64{from, to}
	}
	if s.Probe != nil {
		r.Probe = &probeResult{s.Probe.Rate, s.Probe.Bound, s.Probe.BoundBy, s.Probe.Folder}
	}
	if step := s.limiting(); step != nil {
		r.Bound, r.BoundBy = &step.Bound, notEmpty(step.BoundBy)
	}
	for _, t := range a.Tries {
		r.Tries = append(r.Tries, triedRate(t))
	}
	for i := range s.Steps {
		r.Steps = append(r.Steps, s.Steps[i].result())
	}
	return r
}

func (s *CapacityStep) result() stepResult {
	r := stepResult{
		Step: s.Number, Folder: s.Folder, Phase: s.Phase, Rate: s.Rate, Length: s.Length, Result: s.Result, Why: s.Why,
		Verdict: s.Verdict, Broken: listOf(s.Broken), Doubts: listOf(s.Doubts), Offered: s.Offered, Achieved: s.Achieved,
		Attempts: s.Attempts, NotAnswered: s.Unanswered, P50: s.P50, P99: s.P99, P999: s.P999, Good: s.Good,
		Within: notZero(int64(s.Within)), Bound: s.Bound, BoundBy: s.BoundBy, Forks: s.Forks, ForkSeen: s.ForkSeen, Command: s.Command,
	}
	if s.Past != nil {
		r.Past = &pastResult{s.Past.Goodput, s.Past.Late, s.Past.Lost, s.Past.Recovery}
	}
	return r
}

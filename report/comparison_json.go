package report

import (
	"cmp"
	"io"
	"math"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/compare"
)

// A comparisonResult is result.json of a comparison: the keys of a collection,
// over all runs, and what the rounds say. A bound that does not exist, as one
// beyond all measure, is null.
type comparisonResult struct {
	collectionResult
	// Answer is the worst of the contrasts; null where no limit was asked for.
	Answer    *compare.Answer  `json:"answer"`
	Exit      int              `json:"exit_code"`
	Primary   *string          `json:"primary"`
	Options   optionsResult    `json:"options"`
	Undecided []string         `json:"not_concluded"`
	Variants  []variantResult  `json:"variants"`
	Contrasts []contrastResult `json:"contrasts"`
	Rounds    []roundResult    `json:"rounds"`
	Drift     *driftResult     `json:"drift"`
}

type optionsResult struct {
	MaxRegression    *float64 `json:"max_regression"`
	Until            *float64 `json:"until"`
	PassInconclusive bool     `json:"pass_inconclusive"`
}

// A variantResult is a variant and what its runs were.
type variantResult struct {
	Name     string             `json:"name"`
	Changes  map[string]string  `json:"changes"`
	Script   string             `json:"script"`
	Server   string             `json:"server"`
	Verdict  check.Opinion      `json:"verdict"`
	Broken   map[check.Rule]int `json:"broken"`
	Runs     int                `json:"runs"`
	Settings map[string]*string `json:"server_settings"`
}

type contrastResult struct {
	Variant    string          `json:"variant"`
	Base       string          `json:"base"`
	Answer     *compare.Answer `json:"answer"`
	Word       string          `json:"word"`
	Conclusion string          `json:"conclusion"`
	// More is null where no number of further rounds can be told, or none is needed.
	More    *int             `json:"more_rounds"`
	Figures []estimateResult `json:"figures"`
}

type estimateResult struct {
	Metric     string     `json:"metric"`
	Unit       string     `json:"unit"`
	Lower      bool       `json:"lower_is_better"`
	Base       *float64   `json:"base"`
	Variant    *float64   `json:"variant"`
	Rounds     int        `json:"rounds"`
	Ratio      *float64   `json:"ratio"`
	Low        *float64   `json:"low"`
	High       *float64   `json:"high"`
	Confidence *float64   `json:"confidence"`
	P          *float64   `json:"p"`
	Adjusted   *float64   `json:"p_adjusted"`
	Widened    bool       `json:"widened"`
	Side       string     `json:"side"`
	Unpaired   *string    `json:"unpaired"`
	BaseEach   []*float64 `json:"base_rounds"`
	Each       []*float64 `json:"variant_rounds"`
}

// A roundResult is a round, its runs in the order they were made.
type roundResult struct {
	Round int              `json:"round"`
	Order []string         `json:"order"`
	Runs  []roundRunResult `json:"runs"`
}

type roundRunResult struct {
	Variant string        `json:"variant"`
	Folder  string        `json:"folder"`
	Seed    uint64        `json:"seed"`
	Started time.Time     `json:"started"`
	Verdict check.Opinion `json:"verdict"`
	Bound   string        `json:"bound"`
}

type driftResult struct {
	Metric string   `json:"metric"`
	Change *float64 `json:"change"`
	P      float64  `json:"p"`
}

// WriteComparisonJSON writes result.json of a comparison.
func WriteComparisonJSON(w io.Writer, c *Comparison) error { return writeJSON(w, c.result()) }

func (c *Comparison) result() comparisonResult {
	r := comparisonResult{
		collectionResult: c.collection().result(), Exit: c.ExitCode(), Undecided: listOf(c.Undecided),
		Options:  optionsResult{c.Options.MaxRegression, c.Options.Until, c.Options.PassInconclusive},
		Variants: []variantResult{}, Contrasts: []contrastResult{}, Rounds: c.rounds(),
	}
	r.Warnings = listOf(c.Warnings)
	for i := range c.Variants {
		r.Variants = append(r.Variants, c.Variants[i].result())
	}
	for i := range c.Contrasts {
		r.Contrasts = append(r.Contrasts, c.contrastResult(&c.Contrasts[i]))
	}
	if s := c.any(); s != nil {
		r.Model = s.Head.Model
	}
	if len(c.Contrasts) > 0 {
		primary := &c.Contrasts[0].Rows[0]
		trend := compare.Drift(primary.BaseRounds)
		r.Primary, r.Drift = &primary.Name, &driftResult{primary.Name, number(trend.Change), trend.P}
	}
	if c.Options.MaxRegression != nil {
		r.Answer = ptr(c.worst())
	}
	return r
}

// worst is the worst answer: what cannot be decided before a regression, as in
// the exit codes.
func (c *Comparison) worst() compare.Answer {
	rank := []compare.Answer{compare.NoRegression, compare.Regression, compare.Inconclusive}
	worst := 0
	for i := range c.Contrasts {
		worst = max(worst, slices.Index(rank, c.Contrasts[i].Answer))
	}
	return rank[worst]
}

func (v *Variant) result() variantResult {
	r := variantResult{Name: v.Name, Changes: map[string]string{}, Broken: v.broken(), Runs: len(v.Runs), Verdict: check.Valid, Settings: map[string]*string{}}
	for _, change := range v.Changes {
		r.Changes[change.Name] = change.Value
	}
	rank := []check.Opinion{check.Valid, check.Unknown, check.Invalid}
	worst := 0
	for _, run := range v.runs() {
		worst = max(worst, slices.Index(rank, run.Summary.Verdict.Opinion))
		r.Script, r.Server, r.Settings = run.Summary.Head.Script.Name, run.Summary.serverName(), mapOf(run.Summary.Head.Server.Config)
	}
	r.Verdict = rank[worst]
	return r
}

func (c *Comparison) contrastResult(contrast *Contrast) contrastResult {
	r := contrastResult{Variant: contrast.Variant, Base: c.Variants[0].Name, Word: c.wordOf(contrast), Conclusion: c.sentence(contrast)}
	if c.Options.MaxRegression != nil {
		r.Answer = &contrast.Answer
		if more := contrast.Rows[0].More(*c.Options.MaxRegression, contrast.Rows[0].Lower); more > 0 && contrast.Answer == compare.Inconclusive {
			r.More = &more
		}
	}
	for i := range contrast.Rows {
		figure := contrast.Rows[i].result()
		figure.Side = c.sideOf(contrast, &contrast.Rows[i])
		r.Figures = append(r.Figures, figure)
	}
	return r
}

func (r *ContrastRow) result() estimateResult {
	e := estimateResult{
		Metric: r.Name, Unit: r.Unit, Lower: r.Lower, Rounds: r.Estimate.Rounds, Widened: r.Widened,
		Unpaired: notEmpty(r.Unpaired), BaseEach: numbers(r.BaseRounds), Each: numbers(r.Rounds),
	}
	if r.Base != nil {
		e.Base = number(*r.Base)
	}
	if r.Figure != nil {
		e.Variant = number(*r.Figure)
	}
	if r.Estimate.Rounds > 0 {
		e.Ratio = number(r.Ratio)
	}
	if r.Confidence > 0 {
		e.Low, e.High, e.Confidence, e.P, e.Adjusted = number(r.Low), number(r.High), &r.Confidence, &r.P, &r.Adjusted
	}
	return e
}

// number is null where it is none, or has no end.
func number(f float64) *float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

func numbers(figures []float64) []*float64 {
	all := make([]*float64, len(figures))
	for i, figure := range figures {
		all[i] = number(figure)
	}
	return all
}

// rounds are the rounds that count, each in the order it was run.
func (c *Comparison) rounds() []roundResult {
	all := []roundResult{}
	for _, round := range c.roundNumbers() {
		one := roundResult{Round: round, Order: []string{}, Runs: []roundRunResult{}}
		for i := range c.Variants {
			if run := c.Variants[i].in(round); run != nil {
				s := run.Summary
				one.Runs = append(one.Runs, roundRunResult{c.Variants[i].Name, run.Folder, s.Head.Seed, s.Head.Started, s.Verdict.Opinion, s.Bound})
			}
		}
		slices.SortStableFunc(one.Runs, func(a, b roundRunResult) int { return cmp.Or(a.Started.Compare(b.Started)) })
		for _, run := range one.Runs {
			one.Order = append(one.Order, run.Variant)
		}
		all = append(all, one)
	}
	return all
}

package report

import (
	"encoding/json"
	"io"
	"maps"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A result is result.json. Times are in ns, memory in bytes, rates per second;
// what does not exist is null.
type result struct {
	Version    int                      `json:"version"`
	Name       string                   `json:"name"`
	Seed       uint64                   `json:"seed"`
	Shard      string                   `json:"shard"`
	Started    time.Time                `json:"started"`
	Finished   *time.Time               `json:"finished"`
	Ended      *string                  `json:"ended"`
	Reason     *string                  `json:"reason"`
	Verdict    check.Opinion            `json:"verdict"`
	Doubts     []string                 `json:"doubts"`
	Exercised  map[check.Rule]int64     `json:"exercised"`
	Exercise   map[check.Rule]string    `json:"exercise"`
	Undecided  map[check.Rule]string    `json:"undecided"`
	Violations []violation              `json:"violations"`
	Objective  []objective              `json:"objective"`
	Model      string                   `json:"model"`
	Item       terms                    `json:"item"`
	Items      []sale.Item              `json:"items,omitempty"`
	Counts     map[string]int64         `json:"counts"`
	Units      units                    `json:"units"`
	Duration   *time.Duration           `json:"duration"`
	Throughput *float64                 `json:"throughput"`
	Offered    *float64                 `json:"offered"`
	SoldOutAt  *int64                   `json:"sold_out_at"`
	AllAnswer  *int64                   `json:"all_answered"`
	Latency    latencies                `json:"latency"`
	ByOutcome  map[string]outcomeResult `json:"by_outcome"`
	Server     history.Server           `json:"server"`
	Script     script                   `json:"script"`
	Host       history.Host             `json:"host"`
	Driver     driver                   `json:"driver"`
	Command    string                   `json:"command"`
}

type violation struct {
	Rule     check.Rule    `json:"rule"`
	MustHold string        `json:"must_hold"`
	Count    int64         `json:"count"`
	Cases    []caseOfWrong `json:"cases"`
}

type caseOfWrong struct {
	Message  string    `json:"message"`
	Attempts []attempt `json:"attempts"`
}

// An attempt is the evidence of a case; instants in ns from the opening.
type attempt struct {
	Buyer    uint32       `json:"buyer"`
	BuyerID  string       `json:"buyer_id"`
	Request  uint32       `json:"request"`
	Try      uint8        `json:"try"`
	Item     string       `json:"item"`
	Verb     string       `json:"verb"`
	Quantity int32        `json:"quantity"`
	Due      int64        `json:"due"`
	Start    int64        `json:"start"`
	Call     *int64       `json:"call"`
	Return   *int64       `json:"return"`
	Outcome  sale.Outcome `json:"outcome"`
	Defect   *string      `json:"defect"`
	Granted  int32        `json:"granted"`
	Left     *int64       `json:"left"`
	Reply    string       `json:"reply"`
}

type objective struct {
	Expr    string   `json:"expr"`
	Value   *float64 `json:"value"`
	Limit   float64  `json:"limit"`
	N       int64    `json:"n"`
	Verdict string   `json:"verdict"`
	Why     string   `json:"why"`
}

type terms struct {
	Stock    int64  `json:"stock"`
	Quantity int64  `json:"quantity"`
	Limit    *int64 `json:"limit"`
	Buyers   int64  `json:"buyers"`
}

type units struct {
	Granted int64  `json:"granted"`
	Left    *int64 `json:"left"`
}

type latencies struct {
	Response       *latency `json:"response"`
	Service        *latency `json:"service"`
	Lateness       *latency `json:"lateness"`
	DriverLag      *latency `json:"driver_lag"`
	ConnectionWait *latency `json:"connection_wait"`
}

// A latency counts all attempts its percentiles are over, those not answered
// among them.
type latency struct {
	Count       int64 `json:"count"`
	NotAnswered int64 `json:"not_answered"`
	percentiles
	// Answered is over the answered attempts alone; null where that is all.
	Answered *percentiles `json:"answered"`
}

type percentiles struct {
	P50   *int64 `json:"p50"`
	P90   *int64 `json:"p90"`
	P99   *int64 `json:"p99"`
	P999  *int64 `json:"p999"`
	P9999 *int64 `json:"p9999"`
	Max   *int64 `json:"max"`
	Mean  *int64 `json:"mean"`
}

type outcomeResult struct {
	Count    int64    `json:"count"`
	Response *latency `json:"response"`
	Service  *latency `json:"service"`
}

type script struct {
	history.Script
	Reloads *int64 `json:"reloads"`
}

type driver struct {
	CPU           *int64   `json:"cpu"`
	CPUPerAttempt *int64   `json:"cpu_per_attempt"`
	MaxRSS        *int64   `json:"max_rss"`
	GCPauseMax    *int64   `json:"gc_pause_max"`
	Bound         string   `json:"bound"`
	Warnings      []string `json:"warnings"`
}

// WriteJSON writes result.json.
func WriteJSON(w io.Writer, s *Summary) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(s.result())
}

func (s *Summary) result() result {
	var stock int64
	if len(s.Head.Items) > 0 {
		stock = s.Head.Items[0].Stock
	}
	r := result{
		Version: 1, Name: s.Head.Name, Seed: s.Head.Seed, Shard: s.Head.Shard, Started: s.Head.Started,
		Verdict: s.Verdict.Opinion, Doubts: listOf(s.Verdict.Doubts), Violations: s.violations(),
		Exercised: mapOf(s.Verdict.Exercised), Exercise: mapOf(s.Verdict.Exercise), Undecided: mapOf(s.Verdict.Undecided),
		Objective: []objective{}, Model: s.Head.Model,
		Item:   terms{Stock: stock, Quantity: s.Head.Quantity, Limit: notZero(s.Head.Terms.Limit), Buyers: s.Head.Buyers},
		Counts: map[string]int64{"attempts": s.Attempts}, Units: units{s.Granted, s.Left},
		Duration: s.Duration, Throughput: s.Throughput, Offered: s.Offered, SoldOutAt: s.SoldOutAt, AllAnswer: s.AllAnswered,
		Latency:   latencies{s.response.latency(), s.service.latency(), s.lateness.latency(), s.lag.latency(), s.wait.latency()},
		ByOutcome: s.outcomeResults(), Server: s.Head.Server, Script: script{Script: s.Head.Script}, Host: s.Head.Host,
		Driver: driver{Bound: "unknown", Warnings: []string{}}, Command: s.Head.Command,
	}
	r.Server.Config, r.Server.Capabilities = mapOf(r.Server.Config), mapOf(r.Server.Capabilities)
	for _, f := range s.Objective {
		r.Objective = append(r.Objective, objective{f.Expr, f.Value, f.Limit, f.N, f.Verdict, f.Why})
	}
	for o, n := range s.Counts {
		r.Counts[o.String()] = n
	}
	if len(s.Head.Items) > 1 {
		r.Items = s.Head.Items
	}
	r.addTail(s)
	return r
}

func (r *result) addTail(s *Summary) {
	t := s.Tail
	if t == nil {
		return
	}
	r.Finished, r.Ended, r.Script.Reloads = &t.Finished, &t.Ended, &t.Reloads
	if t.Reason != "" {
		r.Reason = &t.Reason
	}
	r.Driver = driver{
		CPU: notZero(t.Driver.CPU), MaxRSS: notZero(t.Driver.MaxRSS), GCPauseMax: &t.Driver.GCPauseMax,
		Bound: t.Driver.Bound, Warnings: listOf(t.Warnings),
	}
	if s.Attempts > 0 {
		r.Driver.CPUPerAttempt = notZero(t.Driver.CPU / s.Attempts)
	}
}

func (s *Summary) violations() []violation {
	all := []violation{}
	for _, v := range s.Verdict.Violations {
		cases := []caseOfWrong{}
		for _, c := range v.Cases {
			w := caseOfWrong{Message: c.Message, Attempts: []attempt{}}
			for i := range c.Attempts {
				w.Attempts = append(w.Attempts, s.attempt(&c.Attempts[i]))
			}
			cases = append(cases, w)
		}
		all = append(all, violation{v.Rule, v.Rule.MustHold(), v.Count, cases})
	}
	return all
}

func (s *Summary) attempt(a *history.Attempt) attempt {
	e := attempt{
		Buyer: a.Buyer, BuyerID: s.Head.BuyerIDs.ID(a.Buyer), Request: a.Request, Try: a.Try,
		Verb: a.Verb.String(), Quantity: a.Quantity, Due: a.Due, Start: a.Due + int64(a.Start)*1000,
		Call: unlessNever(a.Call), Return: unlessNever(a.Return), Outcome: a.Outcome, Granted: a.Granted, Reply: s.texts.Text(a.Reply),
	}
	if int(a.Item) < len(s.Head.Items) {
		e.Item = s.Head.Items[a.Item].ID
	}
	if a.Defect != sale.NoDefect {
		e.Defect = ptr(a.Defect.String())
	}
	if a.Left != sale.Untold {
		e.Left = &a.Left
	}
	return e
}

func (s *Summary) outcomeResults() map[string]outcomeResult {
	all := make(map[string]outcomeResult)
	for o, n := range s.Counts {
		if n == 0 {
			continue
		}
		times := s.byOutcome[o]
		all[o.String()] = outcomeResult{n, times.response.latency(), times.service.latency()}
	}
	return all
}

// latency is nil for a distribution that is nil.
func (d *distribution) latency() *latency {
	if d == nil {
		return nil
	}
	l := &latency{Count: d.count() + d.missed(), NotAnswered: d.missed(), percentiles: d.percentiles()}
	if d.missed() > 0 {
		l.Max, l.Mean = nil, nil
		l.Answered = ptr(d.answered().percentiles())
	}
	return l
}

func (d *distribution) percentiles() percentiles {
	at := func(q float64) *int64 {
		if v, ok := d.quantile(q); ok && d.told(q) {
			return &v
		}
		return nil
	}
	p := percentiles{P50: at(.5), P90: at(.9), P99: at(.99), P999: at(.999), P9999: at(.9999)}
	if d.count() > 0 {
		p.Max, p.Mean = ptr(d.max()), ptr(int64(d.mean()))
	}
	return p
}

func unlessNever(at int64) *int64 {
	if at == history.Never {
		return nil
	}
	return &at
}

func notZero(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// listOf makes an empty list where there is none: JSON has it as [], not null.
func listOf[T any](list []T) []T { return append([]T{}, list...) }

// mapOf is listOf for a map.
func mapOf[K comparable, V any](m map[K]V) map[K]V {
	full := make(map[K]V, len(m))
	maps.Copy(full, m)
	return full
}

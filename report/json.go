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
	Limited    map[check.Rule]string    `json:"limited,omitempty"`
	Trace      *history.Trace           `json:"imported,omitempty"`
	Violations []violation              `json:"violations"`
	Losses     *lossResult              `json:"losses"`
	Witness    *int64                   `json:"witness"`
	Faults     []faultResult            `json:"faults,omitempty"`
	Recovery   []recoveryResult         `json:"recovery,omitempty"`
	Objective  []objective              `json:"objective"`
	Model      string                   `json:"model"`
	Item       terms                    `json:"item"`
	Items      []item                   `json:"items,omitempty"`
	Omitted    int                      `json:"items_omitted,omitempty"`
	Counts     map[string]int64         `json:"counts"`
	Resends    int64                    `json:"resends"`
	Units      units                    `json:"units"`
	Duration   *time.Duration           `json:"duration"`
	Throughput *float64                 `json:"throughput"`
	Offered    *float64                 `json:"offered"`
	Sent       *float64                 `json:"sent"`
	RoundTrips *float64                 `json:"round_trips"`
	SoldOutAt  *int64                   `json:"sold_out_at"`
	AllAnswer  *int64                   `json:"all_answered"`
	Latency    latencies                `json:"latency"`
	Room       *roomResult              `json:"waiting_room,omitempty"`
	ByOutcome  map[string]outcomeResult `json:"by_outcome"`
	ByVerb     map[string]verbResult    `json:"by_verb"`
	Background []readResult             `json:"background,omitempty"`
	ByKind     map[string]kindResult    `json:"by_kind,omitempty"`
	Orders     *orders                  `json:"orders,omitempty"`
	Book       *bookResult              `json:"book,omitempty"`
	Server     history.Server           `json:"server"`
	Script     script                   `json:"script"`
	Host       history.Host             `json:"host"`
	Driver     driver                   `json:"driver"`
	Links      *history.Links           `json:"connections"`
	Served     []history.Served         `json:"served"`
	Untold     []string                 `json:"untold"`
	Mean       *meanService             `json:"service_mean"`
	Baseline   *history.Baseline        `json:"baseline"`
	Command    string                   `json:"command"`
}

// A faultResult is something that was done to the sale. Until is null where it
// was not healed.
type faultResult struct {
	Text  string `json:"text"`
	At    int64  `json:"at"`
	Until *int64 `json:"until"`
}

func (s *Summary) faultResults() (all []faultResult) {
	for i := range s.Events {
		e := &s.Events[i]
		if e.Kind != history.EventFault {
			continue
		}
		f := faultResult{Text: e.Text, At: e.At}
		if e.Until != history.Never {
			f.Until = &e.Until
		}
		all = append(all, f)
	}
	return all
}

type violation struct {
	Rule     check.Rule `json:"rule"`
	MustHold string     `json:"must_hold"`
	Expected bool       `json:"expected"`
	Count    int64      `json:"count"`
	// First and Last are instants; null where the audit alone tells.
	First *int64        `json:"first"`
	Last  *int64        `json:"last"`
	Cases []caseOfWrong `json:"cases"`
	// Counterexample is null where there is none.
	Counterexample *counterexample `json:"counterexample"`
}

type caseOfWrong struct {
	Message  string    `json:"message"`
	Attempts []attempt `json:"attempts"`
	Audit    *string   `json:"audit"`
	Faults   []string  `json:"faults"`
	Causes   []string  `json:"causes"`
}

// A counterexample is a record of its own; its folder is relative to this one.
type counterexample struct {
	Folder   string `json:"folder"`
	Attempts int64  `json:"attempts"`
}

// lossResult is what was lost; null where no audit tells.
type lossResult struct {
	Sales  *int64 `json:"sales"`
	Oldest *int64 `json:"oldest"`
	Units  *int64 `json:"units"`
	Buyers int64  `json:"buyers"`
	Orders *int64 `json:"orders,omitempty"`
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
	Due      *int64       `json:"due"`
	Start    *int64       `json:"start"`
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
	Low     *float64 `json:"low"`
	High    *float64 `json:"high"`
	Point   bool     `json:"point"`
	Verdict string   `json:"verdict"`
	Reason  Reason   `json:"reason"`
	Why     string   `json:"why"`
}

type terms struct {
	Stock    int64  `json:"stock"`
	Quantity *int64 `json:"quantity"`
	Limit    *int64 `json:"limit"`
	Buyers   int64  `json:"buyers"`
}

type units struct {
	Granted        int64  `json:"granted"`
	Left           *int64 `json:"left"`
	Released       *int64 `json:"released"`
	Restocked      *int64 `json:"restocked"`
	MaybeRestocked *int64 `json:"maybe_restocked"`
}

// An item is one of several.
type item struct {
	ID        string `json:"id"`
	Stock     int64  `json:"stock"`
	Granted   int64  `json:"granted"`
	Left      *int64 `json:"left"`
	Released  *int64 `json:"released,omitempty"`
	Restocked *int64 `json:"restocked,omitempty"`
	SoldOutAt *int64 `json:"sold_out_at"`
	// Counts holds attempts and the outcomes that occurred.
	Counts map[string]int64 `json:"counts"`
}

// itemsListed bounds the items of result.json.
const itemsListed = 1000

// orders are those the audits could read.
type orders struct {
	Read int `json:"read"`
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

type verbResult struct {
	Count    int64            `json:"count"`
	OK       int64            `json:"ok"`
	Resends  int64            `json:"resends"`
	Counts   map[string]int64 `json:"counts"`
	Response *latency         `json:"response"`
	Service  *latency         `json:"service"`
}

type script struct {
	history.Script
	Reloads *int64 `json:"reloads"`
}

type driver struct {
	Time          *int64             `json:"time"`
	CPU           *int64             `json:"cpu"`
	CPUPerAttempt *int64             `json:"cpu_per_attempt"`
	CPUs          *float64           `json:"cpus"`
	Quota         *float64           `json:"cpu_quota"`
	Throttled     *history.Throttled `json:"throttled"`
	MaxRSS        *int64             `json:"max_rss"`
	GCPauseMax    *int64             `json:"gc_pause_max"`
	GCPause       *int64             `json:"gc_pause"`
	GCs           *int64             `json:"gcs"`
	Files         *int64             `json:"files"`
	Bound         string             `json:"bound"`
	BoundBy       *string            `json:"bound_by"`
	Warnings      []string           `json:"warnings"`
}

// WriteJSON writes result.json.
func WriteJSON(w io.Writer, s *Summary) error { return writeJSON(w, s.result()) }

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func (s *Summary) result() result {
	var stock int64
	if len(s.Head.Items) > 0 {
		stock = s.Head.Items[0].Stock
	}
	r := result{
		Version: 1, Name: s.Head.Name, Seed: s.Head.Seed, Shard: s.Head.Shard, Started: s.Head.Started,
		Verdict: s.Verdict.Opinion, Doubts: listOf(s.Verdict.Doubts), Violations: s.violations(),
		Losses: losses(s.Verdict.Losses), Faults: s.faultResults(), Recovery: recoveryResults(s.Recovery), Witness: notZero(s.Verdict.Witness),
		Exercised: mapOf(s.Verdict.Exercised), Exercise: mapOf(s.Verdict.Exercise), Undecided: mapOf(s.Verdict.Undecided),
		Limited: s.Verdict.Limited, Trace: s.Head.Trace,
		Objective: []objective{}, Model: s.Head.Model,
		Item:   terms{Stock: stock, Quantity: notZero(s.Head.Quantity), Limit: notZero(s.Head.Terms.Limit), Buyers: s.Head.Buyers},
		Counts: map[string]int64{"attempts": s.Attempts}, Resends: s.Resends,
		Units:    units{s.Granted, s.Left, s.Released, s.Restocked, notZero(s.MaybeRestocked)},
		Duration: s.Duration, Throughput: s.Throughput, Offered: s.Offered, Sent: s.Sent, RoundTrips: s.RoundTrips, SoldOutAt: s.SoldOutAt, AllAnswer: s.AllAnswered,
		Room:      s.room.result(s.Head.Admit),
		Latency:   latencies{s.response.latency(), s.service.latency(), s.lateness.latency(), s.lag.latency(), s.wait.latency()},
		ByOutcome: s.outcomeResults(), ByVerb: s.verbResults(), ByKind: s.kindResults(), Background: s.readResults(), Orders: s.orders(), Book: s.bookResult(), Server: s.Head.Server, Script: script{Script: s.Head.Script}, Host: s.Head.Host,
		Driver: driver{Bound: boundUnknown, Warnings: []string{}}, Served: []history.Served{}, Untold: []string{}, Command: s.Head.Command,
	}
	r.Server.Config, r.Server.Capabilities = mapOf(r.Server.Config), mapOf(r.Server.Capabilities)
	for _, f := range s.Objective {
		r.Objective = append(r.Objective, objective{f.Expr, f.Value, f.Limit, f.N, f.Low, f.High, f.Point, f.Verdict, f.Reason, f.Why})
	}
	for o, n := range s.Counts {
		r.Counts[o.String()] = n
	}
	if len(s.Head.Items) > 1 {
		r.Items = s.itemResults()
		r.Omitted = len(s.Head.Items) - len(r.Items)
	}
	r.addTail(s)
	return r
}

func (r *result) addTail(s *Summary) {
	t := s.Tail
	if t == nil {
		return
	}
	d := &t.Driver
	r.Finished, r.Ended, r.Script.Reloads = &t.Finished, &t.Ended, &t.Reloads
	if t.Reason != "" {
		r.Reason = &t.Reason
	}
	r.Driver = driver{
		CPU: notZero(t.Driver.CPU), MaxRSS: notZero(t.Driver.MaxRSS), GCPauseMax: &t.Driver.GCPauseMax,
		Bound: s.Bound, Warnings: listOf(s.warnings()), Time: notZero(d.Time), CPUs: notZero(d.CPUs), Quota: d.Quota,
		Throttled: d.Throttled, GCPause: &d.GCPause, GCs: &d.GCs, Files: notZero(d.Files), BoundBy: notEmpty(s.boundBy),
	}
	r.Links, r.Served, r.Untold, r.Baseline = t.Links, listOf(t.Served), listOf(t.Untold), t.Baseline
	r.Mean = s.meanService()
	if s.made > 0 {
		r.Driver.CPUPerAttempt = notZero(t.Driver.CPU / s.made)
	}
}

func unlessNever(at int64) *int64 {
	if at == history.Never {
		return nil
	}
	return &at
}

func notZero[N int64 | float64](n N) *N {
	if n == 0 {
		return nil
	}
	return &n
}

func notEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// listOf makes an empty list where there is none: JSON has it as [], not null.
func listOf[T any](list []T) []T { return append([]T{}, list...) }

// mapOf is listOf for a map.
func mapOf[K comparable, V any](m map[K]V) map[K]V {
	full := make(map[K]V, len(m))
	maps.Copy(full, m)
	return full
}

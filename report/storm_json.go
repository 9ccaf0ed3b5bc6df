package report

import (
	"io"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A stormResult is result.json of a storm: that of the collection, and the policies.
type stormResult struct {
	collectionResult
	Answer    string         `json:"answer"`
	Carries   float64        `json:"carries"`
	CarriesBy string         `json:"carries_by"`
	Load      float64        `json:"load"`
	Waits     int64          `json:"waits"`
	Floor     *floorResult   `json:"floor"`
	Policies  []policyResult `json:"policies"`
}

// A floorResult is what the queue alone takes after the heal, in ns.
type floorResult struct {
	Served int64 `json:"served"`
	Gone   int64 `json:"gone"`
}

type policyResult struct {
	Name     string          `json:"name"`
	About    string          `json:"about"`
	Cause    string          `json:"cause"`
	Asked    float64         `json:"asked"`
	OK       int64           `json:"ok"`
	Recovery *recoveryResult `json:"recovery"`
}

// WriteStormJSON writes result.json of a storm.
func WriteStormJSON(w io.Writer, s *Storm) error {
	r := stormResult{
		collectionResult: s.Collection.result(), Answer: s.Answer(), Carries: s.Carries, CarriesBy: s.CarriesBy, Load: s.Load(), Waits: int64(s.Waits),
	}
	r.Offered = &s.Offered
	if served, gone, ends := s.floor(); ends {
		r.Floor = &floorResult{int64(served), int64(gone)}
	}
	for i := range s.Policies {
		p := &s.Policies[i]
		of := policyResult{Name: p.Name, About: p.About, Cause: s.Cause(p), Asked: s.asked(p), OK: p.Summary.Counts[sale.OK]}
		if rec := p.recovery(); rec != nil {
			of.Recovery = ptr(rec.result())
		}
		r.Policies = append(r.Policies, of)
		for _, f := range p.Summary.result().Objective {
			f.Expr = p.Name + ": " + f.Expr
			r.Objective = append(r.Objective, f)
		}
	}
	return writeJSON(w, r)
}

package main

import (
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/arrival"
)

// belowLimit is the share of --max-rate up to which a search goes. Arrivals are
// drawn: closer to the limit the limit would have them wait, and not the server.
const belowLimit = .9

// most is the highest rate that is tried; 0: any.
func (s *rateSearch) most(of *report.Capacity) (float64, error) {
	limit := s.MaxRateOn(s.server)
	most := belowLimit * float64(limit)
	switch {
	case limit == 0 || s.To > 0 && float64(s.To) <= most:
		return float64(s.To), nil
	case float64(s.From) > most:
		return 0, fmt.Errorf("--from %s: connections are handed out at most at %s (--max-rate), and a search goes no higher than nine tenths of that", arrival.Rate(s.From), limit)
	}
	warning := fmt.Sprintf("connections are handed out at most at %s (--max-rate): the search goes no higher than nine tenths of that, and the server may carry more", limit)
	if !slices.Contains(of.Warnings, warning) {
		of.Warnings = append(of.Warnings, warning)
	}
	return most, nil
}

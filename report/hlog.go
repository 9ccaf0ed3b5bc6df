package report

import (
	"io"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// WriteHlog writes latency.hlog, an HdrHistogram log in format V2 with one
// line for each distribution, told apart by tag: response, service, lateness,
// driver_lag, connection_wait, OUTCOME.response and OUTCOME.service for each
// outcome of a purchase with a business reply, waiting and admitted behind a
// waiting room, and VERB.response and
// VERB.service for releases and confirmations. Times are in ns and of the answered
// attempts; a comment says how many were not.
func WriteHlog(w io.Writer, s *Summary) error {
	all := []taggedDistribution{
		{"response", s.response}, {"service", s.service}, {"lateness", s.lateness},
		{"driver_lag", s.lag}, {"connection_wait", s.wait},
	}
	for _, o := range sale.Outcomes {
		if t := s.byOutcome[o]; t.response != nil {
			all = append(all, taggedDistribution{o.String() + ".response", t.response}, taggedDistribution{o.String() + ".service", t.service})
		}
	}
	if s.room != nil {
		all = append(all, taggedDistribution{"waiting", s.room.waiting}, taggedDistribution{"admitted", s.room.times(0)})
	}
	for _, verb := range s.verbsAfter() {
		v := &s.byVerb[verb]
		all = append(all, taggedDistribution{verb.String() + ".response", v.response}, taggedDistribution{verb.String() + ".service", v.service})
	}
	all = append(all, s.readDistributions()...)
	var length time.Duration
	if s.Duration != nil {
		length = *s.Duration
	}
	comment := "[seckill: times in ns of answered attempts; " + thousands(s.silent) + " more were due and not answered]"
	return writeLog(w, comment, s.Head.Started, length, all)
}

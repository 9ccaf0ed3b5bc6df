package report

import (
	"slices"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// Compact drops what only the reports of the run itself need: what its pictures
// over time are drawn from, and the entries of the ledgers, unless they are
// evidence. A summary takes 6 to 14 MB, of which some 2 MB are left, so that those
// of many runs can be kept.
func (s *Summary) Compact() {
	s.series = nil
	if s.Tail == nil || len(s.Verdict.Violations) > 0 {
		return
	}
	tail := *s.Tail
	tail.Audits = slices.Clone(tail.Audits)
	for i := range tail.Audits {
		tail.Audits[i].Holdings, tail.Audits[i].Singles, tail.Audits[i].Orders = nil, sale.Singles{}, nil
	}
	s.Tail = &tail
}

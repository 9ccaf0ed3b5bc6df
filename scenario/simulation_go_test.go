package scenario

import (
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// Strategies of several commands are accused of nothing either, whatever happens
// between two of them. Where those who hear at one instant go on at one instant,
// a sale does not repeat exactly.
func TestSimulationOfSeveralCommands(t *testing.T) {
	for _, tt := range []struct {
		of    group
		seeds uint64
	}{{severalCommands, simulations / 6}, {overFew(severalCommands), simulations / 12}} {
		t.Run(tt.of.name, func(t *testing.T) {
			t.Parallel()
			verdicts, met, further := map[check.Opinion]int{}, map[sale.Outcome]int{}, int64(0)
			eachSeed(t, tt.of, tt.seeds, func(seed uint64, s *simulation) {
				if s.verdict.Opinion == check.Invalid {
					t.Errorf("%s is accused: %+v over %+v\n%s", s.script, s.verdict.Violations, s.faults, replay(tt.of, seed))
				}
				verdicts[s.verdict.Opinion]++
				for _, a := range s.attempts {
					met[a.Outcome]++
				}
				further += s.tail.Links.Further
			})
			t.Logf("verdicts %v, outcomes %v, %d further commands", verdicts, met, further)
			if *simulated == 0 && (verdicts[check.Valid] < int(tt.seeds)/4 || met[sale.Indeterminate] < int(tt.seeds)/2 || met[sale.Failed] < int(tt.seeds)/2 || further < int64(tt.seeds)) {
				t.Errorf("the sales prove little: %v, %v, %d further commands", verdicts, met, further)
			}
		})
	}
}

package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/history"
)

// scriptCalls are the commands that call a script: what these take is all that an
// attempt takes of the server's main thread but for reading and writing. What a
// script calls is in it, and counted by the server a second time.
var scriptCalls = []string{"evalsha", "eval", "fcall"}

// commandTime is what the commands that were sent to a process took by its
// clock, in ns.
func (s *Summary) commandTime(of *history.Served) (ns int64) {
	if !slices.Contains(scriptCalls, s.Head.Script.Call) {
		for _, calls := range of.Calls {
			ns += calls.Time
		}
		return ns
	}
	for _, name := range scriptCalls {
		ns += of.Calls[name].Time
	}
	return ns
}

// calls sums the calls of the script on all processes; false where one does not
// tell them, or the strategy has no script.
func (s *Summary) calls() (sum history.Calls, told bool) {
	if s.Tail == nil || !slices.Contains(scriptCalls, s.Head.Script.Call) {
		return sum, false
	}
	for i := range s.Tail.Served {
		of := &s.Tail.Served[i]
		if of.Calls == nil {
			return sum, false
		}
		if !of.Master {
			continue // a replica may run what its primary ran, again
		}
		calls := of.Calls[s.Head.Script.Call]
		sum.Calls += calls.Calls
		sum.Rejected += calls.Rejected
		sum.Time += calls.Time
	}
	return sum, sum.Calls > 0
}

// A meanService is the mean time from call to return of what was answered, in ns,
// and the parts of it: what the server says that a call of the script took, and
// the rest. That is all between: the queue before the server, the wire, the
// kernels, and until the driver had read the reply. Only means may be subtracted,
// no percentiles.
type meanService struct {
	Service int64 `json:"service"`
	Server  int64 `json:"server"`
	Rest    int64 `json:"rest"`
}

// meanService is nil where the server does not tell its part, or an attempt
// takes several commands.
func (s *Summary) meanService() *meanService {
	calls, told := s.calls()
	if !told || s.answers == 0 || !s.oneCommandEach() {
		return nil
	}
	m := &meanService{Service: int64(s.answerTime / float64(s.answers)), Server: calls.Time / calls.Calls}
	m.Rest = m.Service - m.Server
	return m
}

// oneCommandEach reports whether attempts take one command each, but for a few.
func (s *Summary) oneCommandEach() bool {
	const few = 200
	l := s.Tail.Links
	return l != nil && l.Further*few <= l.Sent
}

// roundTrips is nil where nothing was sent, or nobody counted.
func (s *Summary) roundTrips() *float64 {
	if s.Tail == nil || s.Tail.Links == nil || s.called == 0 {
		return nil
	}
	return ptr(1 + float64(s.Tail.Links.Further)/float64(s.called))
}

// servedLine says what the server used; empty where nobody knows.
func (s *Summary) servedLine() string {
	if s.Tail == nil {
		return ""
	}
	var parts []string
	for i := range s.Tail.Served {
		of := &s.Tail.Served[i]
		if !of.Master || of.Time == 0 {
			continue
		}
		line := strings.TrimSpace(of.Node + " used")
		if of.MainThread != nil {
			line += " " + percent(float64(*of.MainThread)/float64(of.Time)) + " of a core in its main thread,"
		}
		if of.CPU != nil {
			line += " " + percent(float64(*of.CPU)/float64(of.Time)) + " in all"
		}
		if of.Memory != nil {
			line += ", " + size(*of.Memory)
		}
		parts = append(parts, strings.TrimSuffix(line, ",")+servedAsides(of))
	}
	if m := s.meanService(); m != nil {
		parts = append(parts, fmt.Sprintf("of a mean service of %s the script took %s, and queue, wire and kernels %s", span(m.Service), span(m.Server), span(m.Rest)))
	}
	return strings.Join(append(parts, s.Tail.Untold...), "; ")
}

// servedAsides are what may have slowed a process down.
func servedAsides(of *history.Served) (text string) {
	if of.Forks != nil && *of.Forks > 0 && of.LatestFork != nil {
		text += fmt.Sprintf(", forked %s (%s)", times(*of.Forks), span(*of.LatestFork))
	}
	if of.Saving {
		text += ", was saving"
	}
	if of.Slow != nil && *of.Slow > 0 && len(of.Slowest) > 0 {
		text += fmt.Sprintf(", slow commands: %s, the longest %s (%s)", thousands(*of.Slow), span(of.Slowest[0].Took), of.Slowest[0].Name)
	}
	return text
}

// baselineLine says what an idle server took; empty where it was not asked.
func (s *Summary) baselineLine() string {
	if s.Tail == nil || s.Tail.Baseline == nil {
		return ""
	}
	b := s.Tail.Baseline
	var parts []string
	for _, of := range []struct {
		name  string
		trips *history.RoundTrips
	}{{"PING", b.Ping}, {"a script that does nothing", b.NoOp}} {
		if t := of.trips; t != nil {
			parts = append(parts, fmt.Sprintf("%s p50 %s, mean %s", of.name, span(t.P50), span(t.Mean)))
		}
	}
	for _, refused := range b.Refused {
		parts = append(parts, "refused: "+refused)
	}
	return strings.Join(parts, "; ")
}

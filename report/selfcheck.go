package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
)

// The tolerances of the self-checks.
const (
	// apart is how far two figures of the same thing may be apart: a share of them.
	apart = .02
	// stopped is how long, all together, attempts may be kept from running between
	// two clocks that are read one after the other. Of short runs it is much.
	stopped = 50 * time.Millisecond
	// deviations is how many standard errors a mean of readings may be off: one in
	// about 16,000 is, by chance.
	deviations = 4
	// kept is how much longer commands may take by the clock than by the CPU of the
	// thread that runs them, and keptLeast how much longer at least.
	kept      = 1.25
	keptLeast = 20 * time.Millisecond
)

// selfChecks hold the figures of the run against each other, where there are two
// of the same thing from two sources, and say in sentences which differ. A run that
// can be measured is silent.
func (s *Summary) selfChecks() []string {
	if s.Tail == nil || s.Tail.Links == nil || s.Tail.Driver.Time == 0 || s.made != s.Tail.Attempts || s.setting("gateway") != "" {
		return nil // the judge has doubts about a record that lacks attempts; behind a gateway connections are not the buyers'
	}
	checks := []string{s.sentIsRecorded(), s.little(), s.utilisation(), s.serverCounted(), s.serverKept()}
	return slices.DeleteFunc(checks, func(text string) bool { return text == "" })
}

// sentIsRecorded: each exchange is the first of an attempt in the record, or is
// known to be something else.
func (s *Summary) sentIsRecorded() string {
	l := s.Tail.Links
	if sent := l.Sent - l.Further; sent != s.called {
		return fmt.Sprintf("self-check: %s attempts were handed to connections, and the record holds %s of them: figures are of what was recorded",
			thousands(sent), thousands(s.called))
	}
	return ""
}

// little compares the exchanges under way, by the gauge of the connections, with
// throughput times mean service, by the instants in the record. The two are
// the same by Little's law (Little, A Proof for the Queuing Formula L = λW, 1961).
// Whose buyer gave up is still under way on a connection that others use.
func (s *Summary) little() string {
	l := s.Tail.Links
	if l.Held == 0 || !s.oneCommandEach() {
		return ""
	}
	open, slack := float64(s.Tail.Driver.Time), apart*s.carried+float64(stopped)
	held := float64(l.Held)
	if more := held - s.carried; -slack <= more && more <= slack+s.outlived(open) {
		return ""
	}
	return fmt.Sprintf("self-check: by their gauge the connections had %s exchanges under way in the mean, and throughput times mean service is %s: the service times, or the time of the run, are not what they seem",
		three(held/open), three(s.carried/open))
}

// outlived is how long exchanges can have been under way after their buyers had
// given up, all together: until the doors closed at most.
func (s *Summary) outlived(open float64) float64 {
	return max(float64(s.abandoned)*open-s.abandonedAt, 0)
}

// utilisation compares how busy shared connections were, by readings of the
// gauge, with the service times in the record. A mean of n readings is as far off
// as chance lets it, and a late reading sees the connections as they were later:
// with every exchange that began or ended meanwhile it may be one off.
func (s *Summary) utilisation() string {
	l := s.Tail.Links
	if l.Seats == 0 || l.Samples == 0 || !s.oneAtATime() || !s.oneCommandEach() {
		return ""
	}
	open, seats := float64(s.Tail.Driver.Time), float64(l.Seats)
	record := s.carried / open
	chance := deviations * max(l.Spread, math.Sqrt(record), 1) / math.Sqrt(float64(l.Samples))
	late := 2 * float64(s.called) / open * float64(l.Late)
	if math.Abs(l.Busy-record) <= apart*record+float64(stopped)/open+chance+late {
		return ""
	}
	return fmt.Sprintf("self-check: by %s readings the connections were busy for %s of the time, and by the service times for %s", thousands(l.Samples), percent(l.Busy/seats), percent(record/seats))
}

// serverCounted compares the calls that a server of our own counted with the
// record: not more than were sent, not fewer than were answered.
func (s *Summary) serverCounted() string {
	calls, told := s.calls()
	if !told || s.Head.Server.Kind != "spawned" || len(s.Tail.Untold) > 0 || s.setting("client_retries") != "0" || s.harmed() {
		return ""
	}
	most := s.called + s.Tail.Links.Further
	if s.Head.Script.Call == "eval" {
		most = calls.Calls // stocks are read by it too
	}
	if calls.Calls <= most && calls.Calls+calls.Rejected >= s.replies {
		return ""
	}
	return fmt.Sprintf("self-check: the server counted %s calls of the script, and the record holds %s attempts of which %s were answered",
		thousands(calls.Calls+calls.Rejected), thousands(s.called), thousands(s.replies))
}

func (s *Summary) harmed() bool {
	return slices.ContainsFunc(s.Events, func(e history.Event) bool { return e.Kind == history.EventFault })
}

// serverKept compares what commands took by the server's clock with the CPU time
// of the thread that ran them: it cannot have run longer than it was let.
func (s *Summary) serverKept() string {
	if s.Bound == boundHost {
		return "" // that says it
	}
	for i := range s.Tail.Served {
		of := &s.Tail.Served[i]
		if !of.Master || of.MainThread == nil {
			continue
		}
		took, ran := s.commandTime(of), *of.MainThread+2*of.Resolution
		if float64(took) > kept*float64(ran)+float64(keptLeast) {
			return fmt.Sprintf("self-check: the server's commands took %s by its clock, and their thread had %s of CPU: something else kept it from running, or it waited",
				span(took), span(*of.MainThread))
		}
	}
	return ""
}

// lacksSome reports whether more was sent than the record holds.
func (s *Summary) lacksSome() bool {
	l := s.Tail.Links
	return l != nil && s.made == s.Tail.Attempts && s.setting("gateway") == "" && s.sentIsRecorded() != ""
}

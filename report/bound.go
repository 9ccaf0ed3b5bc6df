package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
)

// What a run can be bound by.
const (
	boundServer      = "server"
	boundConnections = "connections"
	boundDriver      = "driver"
	boundHost        = "host"
	boundLimit       = "limit"
	boundSchedule    = "schedule"
	boundUnknown     = "unknown"
)

// The shares from which on somebody was the bound.
const (
	busyThread  = .90 // of a core, the server's main thread
	spareThread = .80 // below it, that thread had time
	busyCPUs    = .90 // of the CPUs that the driver may use, or that it shares with the server
	spareCPUs   = .80
	busyLinks   = .95 // of the time, the connections
	throttled   = .05 // of the time, by the quota of the control group
)

// lateFrom is the driver lag that one attempt in a hundred may have.
const lateFrom = time.Millisecond

// busy is who was how busy while the doors were open. A share is 1 for all there
// is.
type busy struct {
	model string
	// thread is of a core the main thread of the busiest master, or at least and at
	// most what it may have been; nil: not told, and untold says why. commands is the
	// share of the time that commands took by that master's clock: less, for
	// reading and writing are not in it, or more, where the thread was kept from running.
	thread   *between
	commands float64
	untold   string
	// driver is the share of the CPUs that it may use; host is that of the CPUs of
	// the machine that it and the server use together, 0 where they share none.
	driver, host float64
	// throttled is the share of the time that the driver was kept from running.
	throttled float64
	// starved: the server was kept from running while it had something to do.
	starved bool
	// lag is the driver lag that one attempt in a hundred exceeds, lagging how many
	// buyers were due and did not yet run, in the mean, and door the share of the
	// time until 99 of a hundred ran.
	lag           time.Duration
	lagging, door float64
	// seats is the share of the time that shared connections were busy, waiting how
	// many buyers waited for one in the mean. seats is 0 where none were shared.
	seats, waiting float64
	// kept is how many buyers the limit of --max-rate kept waiting in the mean;
	// keeping says so.
	kept    float64
	keeping string
}

// between is a share that is not known exactly: counted in ticks, or over a time
// that is not quite that of the doors.
type between struct{ least, most float64 }

// bound names who limited a run, and says by which figure. Where several were
// busy the first of these is named:
//
//  1. the server, by CPU: whatever else was busy, more load would not get more out
//     of it;
//  2. the driver, by its control group or its own CPU: it would not have got more
//     out of an idle server;
//  3. the host: the CPUs that both need are used up;
//  4. the server, by what its commands took;
//  5. the driver, by its lag: buyers stood ready and were not let run;
//  6. the limit of --max-rate, which kept buyers waiting although there were
//     connections: that is known whatever the server does not tell;
//  7. the connections;
//  8. the schedule, when nobody was busy.
//
// What cannot be told, because the server does not say, somebody was nearly a
// bound, or another program had the CPU, is unknown.
func (b *busy) bound() (by, why string) {
	switch {
	case b.thread != nil && b.thread.least >= busyThread:
		return boundServer, "its main thread used " + percent(b.thread.least) + " of a core"
	case b.throttled >= throttled:
		return boundDriver, "its control group had used up its quota of CPU and kept it from running for " + percent(b.throttled) + " of the time"
	case b.driver >= busyCPUs:
		return boundDriver, "it used " + percent(b.driver) + " of the CPUs that it may use"
	case b.host >= busyCPUs:
		return boundHost, "driver and server share it and used " + percent(b.host) + " of its CPUs"
	case b.commands >= busyThread:
		return boundServer, "its commands took " + percent(b.commands) + " of the time"
	case b.lags():
		return boundDriver, b.lateness()
	case b.kept >= 1:
		return boundLimit, b.keeping
	case b.thread == nil:
		return boundUnknown, b.untold
	case b.thread.most >= spareThread || b.driver >= spareCPUs || b.host >= spareCPUs:
		return boundUnknown, "nobody was quite a bound: " + b.shares()
	case b.starved:
		return boundUnknown, "something else kept the server from running: " + b.shares()
	case b.seats >= busyLinks && b.waiting >= 1:
		return boundConnections, fmt.Sprintf("they were busy for %s of the time, and %s buyers waited for one in the mean", percent(b.seats), three(b.waiting))
	}
	if b.model != modelOpen && b.waiting >= 1 {
		return boundUnknown, "buyers waited, and nobody was busy all the time: " + b.shares()
	}
	switch b.model {
	case modelBurst: // all were due at once: no schedule kept them
		return boundUnknown, "nobody was busy: " + b.shares()
	case modelClosed:
		return boundSchedule, "nobody comes before another leaves, and nobody was busy: " + b.shares()
	}
	return boundSchedule, "nobody was busy: " + b.shares()
}

// lags reports whether the driver was late. In a burst everybody is due at once
// and the way through the door is long; that was the bound where it was most of
// the run. In a closed run an attempt is due when its buyer runs.
func (b *busy) lags() bool {
	switch {
	case b.lag <= lateFrom:
		return false
	case b.model == modelBurst:
		return b.door >= .5
	}
	return b.model == modelOpen && b.lagging >= 1
}

// lateness says how many waited for the driver, and beside them how many waited
// for a connection, which may be more.
func (b *busy) lateness() string {
	why := fmt.Sprintf("buyers were due and did not yet run: %s in the mean, and one in a hundred for %s or longer", three(b.lagging), span(int64(b.lag)))
	if b.waiting >= 1 {
		why += fmt.Sprintf("; %s more waited for a connection", three(b.waiting))
	}
	return why
}

// shares says how busy everybody was.
func (b *busy) shares() string {
	parts := []string{fmt.Sprintf("the server's main thread used %s of a core", percent((b.thread.least+b.thread.most)/2)), "the driver " + percent(b.driver) + " of its CPUs"}
	if b.host > 0 {
		parts = append(parts, "both together "+percent(b.host)+" of the machine's")
	}
	if b.seats > 0 {
		parts = append(parts, "connections were busy for "+percent(b.seats)+" of the time")
	}
	return strings.Join(parts, ", ")
}

// setBound finds who was the bound. What the run knows of itself stands: one
// buyer at a time is bound by the schedule.
func (s *Summary) setBound() {
	s.Bound = boundUnknown
	if s.Tail == nil {
		return
	}
	switch d := &s.Tail.Driver; {
	case d.Bound != "" && d.Bound != boundUnknown:
		s.Bound = d.Bound
	case d.Time == 0:
		s.boundBy = "the record does not hold how busy anybody was"
	default:
		s.Bound, s.boundBy = s.busy().bound()
	}
	if of := s.setting("gateway"); of != "" && !s.boundByUs() { // it is there to be the bound, and keeps nobody busy
		s.Bound, s.boundBy = boundSchedule, "the gateway before the server ("+of+") is no faster"
	}
}

// busy puts the measured figures into shares.
func (s *Summary) busy() *busy {
	d := &s.Tail.Driver
	open := float64(d.Time)
	b := &busy{model: s.comesBy(), starved: s.serverKept() != ""}
	b.thread, b.untold = s.mainThread()
	for i := range s.Tail.Served {
		if of := &s.Tail.Served[i]; of.Master {
			b.commands = max(b.commands, float64(s.commandTime(of))/open)
		}
	}
	if l := s.Tail.Links; l != nil {
		b.kept, b.keeping = float64(l.Kept)/open, s.limitLine()
	}
	if d.Throttled != nil && s.Head.Host.CPUs > 0 {
		b.throttled = float64(d.Throttled.Time) / open / float64(s.Head.Host.CPUs)
	}
	if s.Head.Server.Kind == "embedded" {
		return b // it runs in the driver's process: nobody can say whose the CPU was
	}
	if d.CPUs > 0 {
		b.driver = float64(d.CPU) / open / d.CPUs
	}
	b.host = s.hostShare()
	if ran := s.lag.answered(); ran.count() > 0 {
		at99, _ := ran.quantile(.99)
		b.lag, b.lagging, b.door = time.Duration(at99), ran.mean()*float64(ran.count())/open, float64(at99)/open
	}
	if l := s.Tail.Links; l != nil && l.Seats > 0 {
		b.seats = l.Busy / max(float64(l.Seats), l.Open) // in a cluster there are as many to each master
		if l.Held > 0 && s.oneAtATime() {
			b.seats = float64(l.Held) / open / float64(l.Seats)
		}
		b.waiting = s.wait.mean() * float64(s.wait.count()) / open
	}
	return b
}

// oneAtATime reports whether a shared connection carries one exchange at a time.
func (s *Summary) oneAtATime() bool { return strings.HasPrefix(s.setting("conns"), "pool:") }

// mainThread is how busy that of the busiest master was, or why nobody knows.
func (s *Summary) mainThread() (*between, string) {
	if s.Head.Server.Kind == "embedded" {
		return nil, "the embedded server runs in the driver's process"
	}
	var busiest *between
	for i := range s.Tail.Served {
		of := &s.Tail.Served[i]
		if !of.Master {
			continue
		}
		share := s.threadShare(of)
		if share == nil {
			return nil, "the server does not say what CPU it used"
		}
		if busiest == nil || share.least > busiest.least {
			busiest = share
		}
	}
	if busiest == nil {
		return nil, "the server does not say what CPU it used"
	}
	return busiest, ""
}

// threadShare is how busy the main thread of a process was, by its CPU time. The
// two accounts are a little further apart than the doors were open: at least, it
// was spread over all of that time, at most it fell into the doors'. nil: not told.
func (s *Summary) threadShare(of *history.Served) *between {
	cpu := of.MainThread
	if cpu == nil && !of.IOThreads {
		cpu = of.CPU // before Redis 6.2 there is that of the process alone
	}
	open, time, slack := float64(s.Tail.Driver.Time), float64(of.Time), 2*float64(of.Resolution)
	if time <= 0 || cpu == nil {
		return nil
	}
	share := &between{max(float64(*cpu)-slack, 0) / time, (float64(*cpu) + slack) / open}
	share.most = max(share.most, share.least)
	return share
}

// hostShare is how much of the machine driver and server used together; 0 where
// they do not share one.
func (s *Summary) hostShare() float64 {
	d, same := &s.Tail.Driver, s.Head.Server.SameHost
	if same == nil || !*same || s.Head.Host.CPUs == 0 {
		return 0
	}
	cores := float64(s.Head.Host.CPUs)
	if d.Quota != nil && s.Head.Server.Kind == "spawned" {
		cores = min(cores, *d.Quota) // the server is of the same control group
	}
	used := float64(d.CPU) / float64(d.Time)
	for i := range s.Tail.Served {
		if of := &s.Tail.Served[i]; of.CPU != nil && of.Time > 0 {
			used += float64(*of.CPU) / float64(of.Time)
		}
	}
	return used / cores
}

// boundSentence says who was the bound, and by which figure; empty where the
// record is incomplete.
func (s *Summary) boundSentence() string {
	if s.Tail == nil {
		return ""
	}
	by := "the " + s.Bound
	if s.Bound == boundUnknown {
		by = "not known"
	}
	if s.boundBy != "" {
		by += ": " + s.boundBy
	}
	if s.Bound == boundConnections || s.Bound == boundLimit {
		by += "; the server may carry more"
	}
	return by
}

// notTheServers stands beside a rate that is not what the server can do.
func (s *Summary) notTheServers() string {
	if !s.boundByUs() {
		return ""
	}
	return "; the " + s.Bound + " was the bound: the server may carry more"
}

package report

import (
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
)

func TestBound(t *testing.T) {
	thread := func(share float64) *between { return &between{share, share} }
	for _, test := range []struct {
		reason string
		busy
		want, why string
	}{
		{"the main thread uses its core", busy{thread: thread(.90)}, boundServer, "90% of a core"},
		{"not quite", busy{thread: thread(.899)}, boundUnknown, "nobody was quite a bound"},
		{"the server comes before all others", busy{model: modelOpen, thread: thread(.95), driver: 1, host: 1, throttled: 1, seats: 1, waiting: 99, lag: time.Second, lagging: 99}, boundServer, ""},
		{"it may have been 90%, and may not", busy{thread: &between{.7, .95}}, boundUnknown, ""},
		{"at least 90%", busy{thread: &between{.9, 1}}, boundServer, ""},
		{"the control group stops the driver", busy{thread: thread(.5), throttled: .05, host: 1}, boundDriver, "quota"},
		{"now and then", busy{thread: thread(.5), throttled: .049}, boundSchedule, ""},
		{"the driver uses its CPUs", busy{thread: thread(.5), driver: .9, host: .95}, boundDriver, "it used 90% of the CPUs"},
		{"nearly", busy{thread: thread(.5), driver: .89}, boundUnknown, "the driver 89% of its CPUs"},
		{"both use the machine", busy{thread: thread(.85), driver: .7, host: .9}, boundHost, "90% of its CPUs"},
		{"nearly", busy{thread: thread(.5), driver: .5, host: .89}, boundUnknown, "both together 89%"},
		{"the host comes before the lag that it makes", busy{model: modelOpen, thread: thread(.5), host: .9, lag: time.Second, lagging: 9}, boundHost, ""},
		{"its commands take the time, whoever has the CPU", busy{model: modelOpen, thread: thread(.3), commands: .9, lag: time.Second, lagging: 9, seats: 1, waiting: 9}, boundServer, "its commands took 90% of the time"},
		{"nearly", busy{thread: thread(.3), commands: .89}, boundSchedule, ""},
		{"the host comes before what it makes longer", busy{thread: thread(.6), commands: .95, host: .9}, boundHost, ""},
		{"no CPU is told, but that", busy{commands: .95}, boundServer, ""},
		{"buyers stand ready and do not run", busy{model: modelOpen, thread: thread(.5), lag: 2 * time.Millisecond, lagging: 1}, boundDriver, "1.00 in the mean, and one in a hundred for 2.00 ms"},
		{"few of them", busy{model: modelOpen, thread: thread(.5), lag: 2 * time.Millisecond, lagging: .9}, boundSchedule, ""},
		{"not for long", busy{model: modelOpen, thread: thread(.5), lag: time.Millisecond, lagging: 5}, boundSchedule, ""},
		{"the way through the door is the run", busy{model: modelBurst, thread: thread(.5), lag: 20 * time.Millisecond, lagging: 500, door: .5}, boundDriver, ""},
		{"a part of it", busy{model: modelBurst, thread: thread(.5), lag: 20 * time.Millisecond, lagging: 500, door: .4}, boundUnknown, "nobody was busy"},
		{"in a closed run nobody is due before he runs", busy{model: modelClosed, thread: thread(.5), lag: time.Second, lagging: 9, door: 1}, boundSchedule, ""},
		{"the server does not say", busy{untold: "it does not say", seats: 1, waiting: 9}, boundUnknown, "it does not say"},
		{"the driver is known by itself", busy{untold: "it does not say", driver: .95}, boundDriver, ""},
		{"every connection is taken, and somebody waits", busy{thread: thread(.79), seats: .95, waiting: 1}, boundConnections, "95% of the time, and 1.00 buyers waited"},
		{"and another program has the CPU", busy{thread: thread(.5), seats: 1, waiting: 9, starved: true}, boundUnknown, "something else kept the server"},
		{"nobody waits for one", busy{thread: thread(.79), seats: 1, waiting: .9}, boundSchedule, ""},
		{"one is free now and then, and buyers come as they please", busy{model: modelOpen, thread: thread(.79), seats: .94, waiting: 9}, boundSchedule, ""},
		{"one is free, and buyers are all there", busy{model: modelBurst, thread: thread(.79), seats: .94, waiting: 9}, boundUnknown, "buyers waited"},
		{"the server is nearly busy too", busy{thread: thread(.80), seats: 1, waiting: 9}, boundUnknown, ""},
		{"nobody is busy, and none comes before another leaves", busy{model: modelClosed, thread: thread(.2)}, boundSchedule, "before another leaves"},
		{"the driver is late, and connections are short", busy{model: modelOpen, thread: thread(.5), lag: time.Second, lagging: 9, waiting: 1600}, boundDriver, "1600 more waited for a connection"},
		{"nobody is busy", busy{model: modelOpen, thread: thread(.2), driver: .2, host: .2, seats: .3}, boundSchedule, "20% of a core"},
	} {
		if got, why := test.bound(); got != test.want || !strings.Contains(why, test.why) || why == "" {
			t.Errorf("%s: %s, %q; want %s, %q", test.reason, got, why, test.want, test.why)
		}
	}
}

// measured is an open run of 20,000 attempts in a second, changed before it is
// put into figures.
func measured(t *testing.T, change func(h *history.History, tail *history.Tail)) *Summary {
	t.Helper()
	all := arrivals(20000, 1000)
	tail := measuredTail(all, 0)
	h := record(testHead(modelOpen, "constant:20000/s"), tail, nil, all)
	h.Head.Objective = "p99<5ms,service.p99<100µs"
	if change != nil {
		change(h, tail)
	}
	return summarize(t, h, validVerdict())
}

func TestBoundOfAServer(t *testing.T) {
	type change = func(*history.History, *history.Tail)
	thread := func(share float64) change {
		return func(_ *history.History, tail *history.Tail) {
			tail.Served[0].MainThread = ptr(int64(share * float64(tail.Served[0].Time)))
		}
	}
	for _, test := range []struct {
		reason string
		change change
		want   string
	}{
		{"half a core, a quarter of the driver's", nil, boundSchedule},
		{"a whole core", thread(.92), boundServer},
		{"of two masters the busier one", func(_ *history.History, tail *history.Tail) {
			tail.Served = append([]history.Served{tail.Served[0]}, tail.Served...)
			tail.Served[1].MainThread = ptr(tail.Served[1].Time)
		}, boundServer},
		{"a busy replica is no bound", func(_ *history.History, tail *history.Tail) {
			tail.Served = append(tail.Served, tail.Served[0])
			tail.Served[1].Master, tail.Served[1].MainThread, tail.Served[1].CPU = false, ptr(tail.Served[1].Time), nil
		}, boundSchedule},
		{"of two masters one does not tell", func(_ *history.History, tail *history.Tail) {
			tail.Served = append(tail.Served, history.Served{Master: true, Time: 1})
		}, boundUnknown},
		{"the process where no thread is told", func(_ *history.History, tail *history.Tail) {
			tail.Served[0].MainThread, tail.Served[0].CPU = nil, ptr(tail.Served[0].Time)
		}, boundServer},
		{"not where others read and write", func(_ *history.History, tail *history.Tail) {
			tail.Served[0].MainThread, tail.Served[0].CPU, tail.Served[0].IOThreads = nil, ptr(tail.Served[0].Time), true
		}, boundUnknown},
		{"no CPU, and commands that took all the time", func(_ *history.History, tail *history.Tail) {
			tail.Served[0].MainThread, tail.Served[0].CPU = nil, nil
			tail.Served[0].Calls["evalsha"] = history.Calls{Calls: 20000, Time: tail.Driver.Time * 95 / 100}
		}, boundServer},
		{"what a script calls is in it already", func(_ *history.History, tail *history.Tail) {
			tail.Served[0].MainThread, tail.Served[0].CPU = nil, nil
			tail.Served[0].Calls["evalsha"] = history.Calls{Calls: 20000, Time: tail.Driver.Time / 2}
			tail.Served[0].Calls["get"] = history.Calls{Calls: 20000, Time: tail.Driver.Time / 2}
		}, boundUnknown},
		{"ticks that are long beside the run", func(_ *history.History, tail *history.Tail) {
			tail.Served[0].Resolution = tail.Driver.Time / 4
		}, boundUnknown},
		{"ticks, and commands that took all the time", func(_ *history.History, tail *history.Tail) {
			tail.Served[0].Resolution = tail.Driver.Time / 4
			tail.Served[0].Calls["evalsha"] = history.Calls{Calls: 20000, Time: tail.Driver.Time * 95 / 100}
		}, boundServer},
		{"the accounts are of a longer time", func(_ *history.History, tail *history.Tail) {
			tail.Served[0].Time *= 3
			tail.Served[0].MainThread = ptr(tail.Driver.Time)
		}, boundUnknown},
	} {
		if s := measured(t, test.change); s.Bound != test.want {
			t.Errorf("%s: %s (%s), want %s", test.reason, s.Bound, s.boundBy, test.want)
		}
	}
}

func TestBoundOfADriver(t *testing.T) {
	driver := func(cores float64) func(*history.History, *history.Tail) {
		return func(_ *history.History, tail *history.Tail) {
			tail.Driver.CPU = int64(cores * float64(tail.Driver.Time))
		}
	}
	for _, test := range []struct {
		reason string
		change func(*history.History, *history.Tail)
		want   string
	}{
		{"the driver on its CPUs", driver(1.85), boundDriver},
		{"with one to use", func(h *history.History, tail *history.Tail) {
			tail.Driver.CPUs = 1
			driver(.95)(h, tail)
		}, boundDriver},
		{"two that share a machine", driver(1.4), boundHost},
		{"not the same machine", func(h *history.History, tail *history.Tail) {
			h.Head.Server.SameHost = ptr(false)
			driver(1.4)(h, tail)
		}, boundSchedule},
		{"the quota is of both", func(h *history.History, tail *history.Tail) {
			tail.Driver.Quota, tail.Driver.CPUs = ptr(1.), 1
		}, boundHost},
		{"the quota that is used up", func(_ *history.History, tail *history.Tail) {
			tail.Driver.Throttled = &history.Throttled{Times: 9, Time: tail.Driver.Time / 5}
		}, boundDriver},
		{"every seat taken, and who waits", func(h *history.History, tail *history.Tail) {
			tail.Links.Seats = 5
			waits(h)
		}, boundConnections},
		{"of pipelined ones by the readings", func(h *history.History, tail *history.Tail) {
			h.Head.Scenario = strings.Replace(h.Head.Scenario, "pool:64", "pipelined:1", 1)
			tail.Links.Seats, tail.Links.Open, tail.Links.Busy = 1, 1, .96
			waits(h)
		}, boundConnections},
		{"not by how long exchanges took: many share one", func(h *history.History, tail *history.Tail) {
			h.Head.Scenario = strings.Replace(h.Head.Scenario, "pool:64", "pipelined:1", 1)
			tail.Links.Seats, tail.Links.Open, tail.Links.Busy = 1, 1, .5
			waits(h)
		}, boundSchedule},
		{"as many to each master of a cluster, most of them busy", func(h *history.History, tail *history.Tail) {
			h.Head.Scenario = strings.Replace(h.Head.Scenario, "pool:64", "pipelined:4", 1)
			tail.Links.Seats, tail.Links.Open, tail.Links.Busy = 4, 12, 11.6
			waits(h)
		}, boundConnections},
		{"some of them", func(h *history.History, tail *history.Tail) {
			h.Head.Scenario = strings.Replace(h.Head.Scenario, "pool:64", "pipelined:4", 1)
			tail.Links.Seats, tail.Links.Open, tail.Links.Busy = 4, 12, 7
			waits(h)
		}, boundSchedule},
		{"none shared", func(h *history.History, tail *history.Tail) {
			tail.Links.Seats = 0
			waits(h)
		}, boundSchedule},
		{"the run knows it", func(_ *history.History, tail *history.Tail) { tail.Driver = history.Driver{Bound: boundSchedule} }, boundSchedule},
		{"a record of old", func(_ *history.History, tail *history.Tail) { tail.Driver = history.Driver{CPU: 5, Bound: "unknown"} }, boundUnknown},
		{"the embedded server", func(h *history.History, tail *history.Tail) {
			h.Head.Server.Kind = "embedded"
			driver(2)(h, tail)
		}, boundUnknown},
		{"half a record", func(h *history.History, tail *history.Tail) { h.Tail = nil }, boundUnknown},
	} {
		if s := measured(t, test.change); s.Bound != test.want {
			t.Errorf("%s: %s (%s), want %s", test.reason, s.Bound, s.boundBy, test.want)
		}
	}
}

// waits has everybody due a millisecond earlier, of which he ran and waited for
// a connection.
func waits(h *history.History) {
	var all []history.Attempt
	for batch := range h.Batches() {
		all = append(all, batch...)
	}
	for i := range all {
		all[i].Due -= ms
	}
	h.Batches = record(h.Head, h.Tail, nil, all).Batches
}

func TestARateThatIsNotTheServers(t *testing.T) {
	for _, test := range []struct {
		reason   string
		cores    float64
		bound    string
		says     bool
		verdicts [2]string
	}{
		{"an idle driver decides", .5, boundSchedule, false, [2]string{Met, Missed}},
		{"a busy one cannot say what the server would have done", 1.9, boundDriver, true, [2]string{Inconclusive, Inconclusive}},
		{"nor can a busy machine", 1.4, boundHost, true, [2]string{Inconclusive, Inconclusive}},
	} {
		s := measured(t, func(_ *history.History, tail *history.Tail) {
			tail.Driver.CPU = int64(test.cores * float64(tail.Driver.Time))
		})
		sentence := test.bound + " was the bound: the server may carry more"
		for name, write := range map[string]Writer{"text": WriteText, "page": WriteHTML} {
			var out strings.Builder
			if err := write(&out, s); err != nil {
				t.Fatal(err)
			}
			text := strings.Join(strings.Fields(out.String()), " ")
			if strings.Contains(text, sentence) != test.says || !strings.Contains(text, "the "+test.bound) {
				t.Errorf("%s: the %s says it: %v", test.reason, name, !test.says)
			}
		}
		if s.Bound != test.bound || s.Objective[0].Verdict != test.verdicts[0] || s.Objective[1].Verdict != test.verdicts[1] {
			t.Errorf("%s: %s, %+v", test.reason, s.Bound, s.Objective)
		}
		if code := s.ExitCode(); test.says && code != 3 || !test.says && code != 4 {
			t.Errorf("%s: exit code %d", test.reason, code)
		}
	}
}

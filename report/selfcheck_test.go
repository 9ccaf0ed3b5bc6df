package report

import (
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func TestSelfChecks(t *testing.T) {
	type change = func(*history.History, *history.Tail)
	links := func(change func(*history.Links)) change {
		return func(_ *history.History, tail *history.Tail) { change(tail.Links) }
	}
	calls := func(change func(*history.Calls)) change {
		return func(_ *history.History, tail *history.Tail) {
			c := tail.Served[0].Calls["evalsha"]
			change(&c)
			tail.Served[0].Calls["evalsha"] = c
		}
	}
	both := func(a, b change) change {
		return func(h *history.History, tail *history.Tail) { a(h, tail); b(h, tail) }
	}
	for _, test := range []struct {
		reason string
		change change
		want   string // how the one warning begins; empty: none
	}{
		{"all agree", nil, ""},
		{"more was sent than is recorded", links(func(l *history.Links) { l.Sent++ }), "20,001 attempts were handed"},
		{"less was", links(func(l *history.Links) { l.Sent-- }), "19,999 attempts were handed"},
		{"what was no attempt's first is known", links(func(l *history.Links) { l.Sent, l.Further = l.Sent+20, 20 }), ""},
		{"a record that lacks attempts is the judge's", func(h *history.History, tail *history.Tail) { tail.Attempts++; tail.Links.Sent++ }, ""},
		{"the gauge says 2% more, and as much as a stop makes", links(func(l *history.Links) { l.Held = l.Held*102/100 + int64(stopped) }), ""},
		{"more than that", links(func(l *history.Links) { l.Held = l.Held*102/100 + int64(stopped) + 1000 }), "by their gauge the connections had"},
		{"less than that", links(func(l *history.Links) { l.Held = l.Held*98/100 - int64(stopped) - 1000 }), "by their gauge the connections had"},
		{"a gauge that does not say", links(func(l *history.Links) { l.Held = 0 }), ""},
		{"an attempt takes several commands", both(links(func(l *history.Links) { l.Held *= 3; l.Sent, l.Further = 3*l.Sent, 2*l.Sent }), calls(func(c *history.Calls) {})), ""},
		{"readings that chance explains", links(func(l *history.Links) { l.Busy += 4 * l.Spread / 10 }), ""},
		{"readings that nothing explains", links(func(l *history.Links) { l.Busy, l.Late = 60, 0 }), "by 100 readings the connections were busy for 93.8%"},
		{"too few of them", links(func(l *history.Links) { l.Busy, l.Late, l.Samples = 12, 0, 4 }), ""},
		{"read too late", links(func(l *history.Links) { l.Busy, l.Late = 60, 2*ms }), ""},
		{"pipelined connections hold several", func(h *history.History, tail *history.Tail) {
			h.Head.Scenario = strings.Replace(h.Head.Scenario, "pool:64", "pipelined:8", 1)
			tail.Links.Seats, tail.Links.Busy, tail.Links.Late = 8, .1, 0
		}, ""},
		{"the server ran it more often than it was sent", calls(func(c *history.Calls) { c.Calls++ }), "the server counted 20,001 calls"},
		{"less often than was answered", calls(func(c *history.Calls) { c.Calls-- }), "the server counted 19,999 calls"},
		{"one it refused before it ran", calls(func(c *history.Calls) { c.Calls--; c.Rejected++ }), ""},
		{"a server that others use", both(calls(func(c *history.Calls) { c.Calls += 7 }), func(h *history.History, _ *history.Tail) { h.Head.Server.Kind = "remote" }), ""},
		{"a process of which nobody knows", both(calls(func(c *history.Calls) { c.Calls = 5 }), func(_ *history.History, tail *history.Tail) { tail.Untold = []string{"it was started again"} }), ""},
		{"a library that sends again", both(calls(func(c *history.Calls) { c.Calls += 7 }), func(h *history.History, _ *history.Tail) { h.Head.Scenario += "client_retries: 3\n" }), ""},
		{"a fault", both(calls(func(c *history.Calls) { c.Calls += 7 }), func(h *history.History, _ *history.Tail) {
			h.Events = []history.Event{{Kind: history.EventFault, Text: "kill"}}
		}), ""},
		{"commands took longer than their thread ran", func(_ *history.History, tail *history.Tail) {
			of := &tail.Served[0]
			of.MainThread = ptr(int64(100 * ms))
			of.Calls["evalsha"] = history.Calls{Calls: 20000, Time: 150 * ms}
		}, "the server's commands took 150 ms by its clock, and their thread had 100 ms"},
		{"not by so much", func(_ *history.History, tail *history.Tail) {
			of := &tail.Served[0]
			of.MainThread = ptr(int64(100 * ms))
			of.Calls["evalsha"] = history.Calls{Calls: 20000, Time: 140 * ms}
		}, ""},
		{"the machine was busy: that is said already", func(_ *history.History, tail *history.Tail) {
			of := &tail.Served[0]
			of.MainThread = ptr(int64(100 * ms))
			of.Calls["evalsha"] = history.Calls{Calls: 20000, Time: 150 * ms}
			tail.Driver.CPU = tail.Driver.Time * 14 / 10
		}, ""},
		{"a record of old", func(_ *history.History, tail *history.Tail) { tail.Links, tail.Driver.Time = nil, 0 }, ""},
	} {
		s := measured(t, func(h *history.History, tail *history.Tail) {
			if test.change != nil {
				test.change(h, tail)
			}
			if !strings.Contains(h.Head.Scenario, "client_retries") {
				h.Head.Scenario += "client_retries: 0\n"
			}
		})
		got := strings.Join(s.checks, "; ")
		if test.want == "" && got != "" || !strings.HasPrefix(got, strings.TrimSpace("self-check: "+test.want)) && test.want != "" || len(s.checks) > 1 {
			t.Errorf("%s: %q, want %q", test.reason, got, test.want)
		}
	}
}

// TestWhoWasDroppedWasNotSent: he had no connection, so nobody misses him there.
func TestWhoWasDroppedWasNotSent(t *testing.T) {
	all := arrivals(2000, 1000)
	a := &all[1999]
	a.Outcome, a.Granted, a.Call, a.Return = sale.Dropped, 0, history.Never, history.Never
	s := summarize(t, record(testHead(modelOpen, "constant:20000/s"), measuredTail(all, 0), nil, all), validVerdict())
	if len(s.checks) > 0 || s.called != 1999 {
		t.Errorf("%d called, %v", s.called, s.checks)
	}
}

// TestChecksAreWarnings: a figure that is not what it seems says so beside
// the others, and an objective that was met on a part of what was sent is open.
func TestChecksAreWarnings(t *testing.T) {
	s := measured(t, func(_ *history.History, tail *history.Tail) { tail.Links.Sent += 500 })
	if warnings := s.warnings(); len(warnings) != 1 || !strings.HasPrefix(warnings[0], "self-check") {
		t.Errorf("warnings: %v", warnings)
	}
	if f := s.Objective[0]; f.Verdict != Inconclusive || !strings.Contains(f.Why, "all that was sent") {
		t.Errorf("%+v", f)
	}
}

// TestLittleKnowsWhoGaveUp: an exchange whose buyer left may be under way until
// the doors close, and no longer; and the time until he left is no less.
func TestLittleKnowsWhoGaveUp(t *testing.T) {
	for _, test := range []struct {
		reason string
		more   int64 // that the gauge saw, of an attempt given up at half time
		defect sale.Defect
		warns  bool
	}{
		{"its reply came when he had left", 400 * ms, sale.NoDefect, false},
		{"longer than the doors were open", 700 * ms, sale.NoDefect, true},
		{"the gauge saw less than the record", -400 * ms, sale.NoDefect, true},
		{"a reply that nobody understands ends it", 400 * ms, sale.UnmappedReply, true},
	} {
		all := arrivals(20000, 1000)
		a := &all[10000]
		a.Outcome, a.Granted, a.Left, a.Defect = sale.Indeterminate, 0, sale.Untold, test.defect
		tail := measuredTail(all, 0)
		tail.Links.Held += test.more
		s := summarize(t, record(testHead(modelOpen, "constant:20000/s"), tail, nil, all), validVerdict())
		if said := s.little(); (said != "") != test.warns {
			t.Errorf("%s: %q", test.reason, said)
		}
	}
}

func TestMeanService(t *testing.T) {
	for _, test := range []struct {
		reason string
		change func(*history.History, *history.Tail)
		want   *meanService
	}{
		{"the server's part is what a call took", nil, &meanService{300 * us, 4 * us, 296 * us}},
		{"a strategy in Go has no script", func(h *history.History, _ *history.Tail) { h.Head.Script.Call = "go" }, nil},
		{"attempts of several commands", func(_ *history.History, tail *history.Tail) { tail.Links.Further = 200; tail.Links.Sent += 200 }, nil},
		{"a server that does not tell", func(_ *history.History, tail *history.Tail) { tail.Served[0].Calls = nil }, nil},
		{"nobody asked", func(_ *history.History, tail *history.Tail) { tail.Served = nil }, nil},
	} {
		got := measured(t, test.change).meanService()
		if (got == nil) != (test.want == nil) || got != nil && *got != *test.want {
			t.Errorf("%s: %+v, want %+v", test.reason, got, test.want)
		}
	}
}

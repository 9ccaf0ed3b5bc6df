package report

import (
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/capacity"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// openStep is the run of a step of 20,000 arrivals in a second, each answered
// after 320 µs, with an objective.
func openStep(t *testing.T, slo string, change func(h *history.History, all []history.Attempt, v *check.Verdict)) *Summary {
	t.Helper()
	all := arrivals(20000, 20000)
	head := testHead(modelOpen, "poisson:20000/s*1s")
	head.Objective = slo
	h, v := record(head, measuredTail(all, 0), nil, all), validVerdict()
	if change != nil {
		change(h, all, &v)
	}
	return summarize(t, h, v)
}

// slowFrom has everybody from a number on wait for the server for so much longer.
func slowFrom(n int, by int64) func(*history.History, []history.Attempt, *check.Verdict) {
	return func(h *history.History, all []history.Attempt, _ *check.Verdict) {
		for i := n; i < len(all); i++ {
			all[i].Return += by
		}
	}
}

// How a step went: what is met stands, what is missed is the server's only where it
// was not somebody else who made it so.
func TestStepResult(t *testing.T) {
	slow := slowFrom(10000, 20*ms)
	for _, tt := range []struct {
		reason string
		slo    string
		change func(*history.History, []history.Attempt, *check.Verdict)
		want   capacity.Result
		why    string
	}{
		{"met", "p99<5ms", nil, capacity.Passed, ""},
		{"met beside a host that is used up: the rate was carried", "p99<5ms", func(h *history.History, _ []history.Attempt, _ *check.Verdict) {
			h.Tail.Driver.Bound = boundHost
		}, capacity.Passed, ""},
		{"missed", "p99<5ms", slow, capacity.Failed, "p99<5ms missed: 20.3 ms"},
		{"missed by the errors alone", "p99<5s,errors<1%", func(_ *history.History, all []history.Attempt, _ *check.Verdict) {
			for i := range 2000 {
				all[i].Outcome, all[i].Granted = sale.Indeterminate, 0
			}
		}, capacity.Failed, "p99<5s missed: the percentile falls among the attempts that were not answered"},
		{"missed while the driver was the bound", "p99<5ms", func(h *history.History, all []history.Attempt, v *check.Verdict) {
			slow(h, all, v)
			h.Tail.Driver.Bound = boundDriver
		}, capacity.Limited, "the driver was the bound"},
		{"missed while the host was the bound", "p99<5ms", func(h *history.History, all []history.Attempt, v *check.Verdict) {
			slow(h, all, v)
			h.Tail.Driver.Bound = boundHost
		}, capacity.Limited, "the host was the bound"},
		{"missed by buyers who ran too late, though nobody was busy", "p99<5ms", func(_ *history.History, all []history.Attempt, _ *check.Verdict) {
			for i := range 210 { // a little more than one in a hundred
				a := &all[i*90]
				a.Start, a.Call, a.Return = 3000, a.Call+6*ms, a.Return+6*ms
			}
		}, capacity.Limited, "the driver was late: 1% of the buyers ran 3.00 ms after they were due"},
		{"missed by a busy server, though buyers ran late", "p99<5ms", func(h *history.History, all []history.Attempt, _ *check.Verdict) {
			for i := range all {
				a := &all[i]
				a.Start, a.Call, a.Return = 6000, a.Call+6*ms, a.Return+6*ms
			}
			h.Tail.Driver.Bound = boundServer
		}, capacity.Failed, "p99<5ms missed"},
		{"too few attempts", "p99.99<5ms", nil, capacity.Limited, "are too few"},
		{"a rule was broken, whatever was met", "p99<5ms", func(_ *history.History, _ []history.Attempt, v *check.Verdict) {
			v.Opinion, v.Violations = check.Invalid, []check.Violation{{Rule: check.Oversell, Count: 1}}
		}, capacity.Wrong, "broken: oversell"},
		{"nobody can tell whether it is right", "p99<5ms", func(_ *history.History, _ []history.Attempt, v *check.Verdict) {
			v.Opinion, v.Doubts = check.Unknown, []string{"an attempt may still run"}
		}, capacity.Unknown, "an attempt may still run"},
		{"missed, whatever is not known", "p99<5ms", func(h *history.History, all []history.Attempt, v *check.Verdict) {
			slow(h, all, v)
			v.Opinion = check.Unknown
		}, capacity.Failed, "p99<5ms missed"},
		{"the server died", "p99<5ms", func(h *history.History, _ []history.Attempt, _ *check.Verdict) {
			h.Tail.Ended, h.Tail.Reason = history.EndedServerLost, "the server's process ended 0.4 s after the opening"
		}, capacity.Failed, "the server's process ended"},
		{"the record has no end", "p99<5ms", func(h *history.History, _ []history.Attempt, v *check.Verdict) {
			h.Tail, v.Opinion = nil, check.Unknown
		}, capacity.Limited, "the record is incomplete"},
	} {
		step := NewCapacityStep(capacity.Step{Rate: 20000, Length: time.Second}, openStep(t, tt.slo, tt.change))
		if step.Result != tt.want || !strings.Contains(step.Why, tt.why) {
			t.Errorf("%s: %s (%s), want %s (%s)", tt.reason, step.Result, step.Why, tt.want, tt.why)
		}
	}
}

// The figures of a step are those of its run.
func TestStepFigures(t *testing.T) {
	step := NewCapacityStep(capacity.Step{Rate: 20000, Length: time.Second}, openStep(t, "p50<1ms,p99<5ms", slowFrom(16000, 20*ms)))
	if step.Within != 5*time.Millisecond || step.Good < .799 || step.Good > .801 {
		t.Errorf("good: %v within %v, want 80%% within 5ms", step.Good, step.Within)
	}
	if step.P50 == nil || *step.P50 > time.Millisecond || step.P99 == nil || *step.P99 < 20*time.Millisecond || step.Attempts != 20000 {
		t.Errorf("p50 %v, p99 %v of %d", step.P50, step.P99, step.Attempts)
	}
	if step.Forks == nil || *step.Forks != 1 || step.ForkSeen || step.Past != nil {
		t.Errorf("forks %v, told to: %v; past the knee: %v", step.Forks, step.ForkSeen, step.Past)
	}
}

// A fork counts when all that it was told to do ended.
func TestForkSeen(t *testing.T) {
	for _, tt := range []struct {
		reason string
		untils []int64
		want   bool
	}{
		{"both ended", []int64{2 * ms, 4 * ms}, true},
		{"the second had not ended when the buyers left", []int64{2 * ms, history.Never}, false},
		{"none", nil, false},
	} {
		s := openStep(t, "p99<5ms", func(h *history.History, _ []history.Attempt, _ *check.Verdict) {
			for _, until := range tt.untils {
				h.Events = append(h.Events, history.Event{At: ms, Until: until, Kind: history.EventFork})
			}
		})
		if _, seen := s.forks(); seen != tt.want {
			t.Errorf("%s: %v", tt.reason, seen)
		}
	}
}

// Past the knee it is told what failed first, and how long the backlog took.
func TestPastTheKnee(t *testing.T) {
	s := openStep(t, "p99<5ms", func(h *history.History, all []history.Attempt, _ *check.Verdict) {
		for i := 8000; i < len(all); i++ { // from 400 ms on each waits longer than the one before
			all[i].Return += int64(i-8000) * 100 * us
		}
		for i := 16000; i < 16100; i++ { // at 800 ms some are lost
			all[i].Outcome, all[i].Granted = sale.Indeterminate, 0
		}
	})
	past := NewCapacityStep(capacity.Step{Rate: 20000, Length: time.Second, Phase: capacity.Beyond}, s).Past
	within := func(d *time.Duration, least, most time.Duration) bool { return d != nil && *d >= least && *d <= most }
	switch {
	case past == nil:
		t.Fatal("nothing is told")
	case !within(past.Late, 380*time.Millisecond, 420*time.Millisecond):
		t.Errorf("late from %v, want 400ms", past.Late)
	case !within(past.Lost, 780*time.Millisecond, 805*time.Millisecond):
		t.Errorf("lost from %v, want 800ms", past.Lost)
	case past.Recovery < 1190*time.Millisecond || past.Recovery > 1210*time.Millisecond:
		t.Errorf("worked off after %v, want 1.2s", past.Recovery)
	case past.Goodput < 8000 || past.Goodput > 8100:
		t.Errorf("goodput %v, want a little above 8,000/s", past.Goodput)
	}
	calm := openStep(t, "p99<5ms", nil).pastKnee(time.Second)
	if calm.Late != nil || calm.Lost != nil || calm.Recovery > time.Millisecond {
		t.Errorf("of a run in which nothing failed: %+v", calm)
	}
}

// A search is about what the script answers.
func TestIsFigure(t *testing.T) {
	granted := openStep(t, "p99<5ms", nil)
	refused := openStep(t, "p99<5ms", func(_ *history.History, all []history.Attempt, _ *check.Verdict) {
		for i := range all {
			all[i].Outcome, all[i].Granted = sale.SoldOut, 0
		}
	})
	for _, tt := range []struct {
		s      *Summary
		figure string
		wrong  string
	}{
		{granted, Selling, ""},
		{refused, Refusing, ""},
		{granted, Refusing, "of 20,000 answers only 0 were told that it was sold out"},
		{refused, Selling, "of 20,000 answers only 0 were granted"},
	} {
		if err := IsFigure(tt.s, tt.figure); (err == nil) != (tt.wrong == "") || err != nil && err.Error() != tt.wrong {
			t.Errorf("%s: %v, want %q", tt.figure, err, tt.wrong)
		}
	}
}

// What a search can be decided by, and how many attempts that takes.
func TestSearchObjectives(t *testing.T) {
	for _, tt := range []struct {
		slo, figure string
		attempts    int
		wrong       string
	}{
		{"p99<5ms", Selling, 1000, ""},
		{"p99<5ms,errors<0.1%", Refusing, 3000, ""},
		{"errors<1%", Selling, 300, ""},
		{"p99<5ms,service.p99.9<1ms", Selling, 10000, ""},
		{"ok.p99<5ms,p99<9ms", Selling, 1000, ""},
		{"sold_out.p99<5ms,p99<9ms", Refusing, 1000, ""},
		{"sold_out.p99<5ms,p99<9ms", Selling, 0, "in a search for the selling rate nobody is answered sold_out"},
		{"ok.p99<5ms,p99<9ms", Refusing, 0, "nobody is answered ok"},
		{"ok.p99<5ms", Selling, 0, "a search needs a response time"},
		{"service.p99<5ms", Selling, 0, "a search needs a response time"},
		{"", Selling, 0, "a search needs a response time"},
		{"p99<5ms,all_answered<2s", Selling, 0, "a figure of a single run"},
		{"sold_out_at<2s", Selling, 0, "a figure of a single run"},
		{"p99<", Selling, 0, "limit"},
	} {
		n, err := SearchObjectives(tt.slo, []string{tt.figure})
		if n != tt.attempts || (err == nil) != (tt.wrong == "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
			t.Errorf("%s, %s: %d attempts, %v; want %d, %q", tt.slo, tt.figure, n, err, tt.attempts, tt.wrong)
		}
	}
}

// A stretch of time is late when more were than the objective allows, and ten at
// least.
func TestLateStretch(t *testing.T) {
	o := &Objective{Limit: 5e6, figure: responseTime, quantile: .99}
	for _, tt := range []struct {
		good, bad, lost int64
		want            bool
	}{{10000, 50, 0, false}, {10000, 150, 0, true}, {10000, 0, 150, true}, {50, 9, 0, false}, {50, 10, 0, true}} {
		d := newDistribution(binDigits)
		for range tt.good {
			d.add(ms)
		}
		for range tt.bad {
			d.add(9 * ms)
		}
		d.misses = tt.lost
		if d.late(o) != tt.want {
			t.Errorf("%+v: %v", tt, d.late(o))
		}
	}
}

// What buyers missed who ran too late is no fault of the server's in a single run
// either: no pipeline fails by it. Where its answers alone took too long it is.
func TestMissedByALateDriver(t *testing.T) {
	late := func(service int64) func(*history.History, []history.Attempt, *check.Verdict) {
		return func(h *history.History, all []history.Attempt, _ *check.Verdict) {
			h.Tail.Driver.Bound = boundSchedule
			for i := range 320 {
				a := &all[i*60]
				a.Start, a.Call, a.Return = 3000, a.Call+6*ms, a.Return+6*ms+service
			}
		}
	}
	s := openStep(t, "p99<5ms", late(0))
	if f := s.Objective[0]; f.Verdict != Inconclusive || f.Reason != ReasonDriver || !strings.Contains(f.Why, "the driver was late") || s.ExitCode() != 3 {
		t.Errorf("%+v, exit %d", f, s.ExitCode())
	}
	s = openStep(t, "p99<5ms", late(8*ms))
	if f := s.Objective[0]; f.Verdict != Missed || s.ExitCode() != 4 {
		t.Errorf("its answers alone took too long: %+v, exit %d", f, s.ExitCode())
	}
}

// So few inside that nobody was busy offer no rate to miss.
func TestMissedByAFew(t *testing.T) {
	for bound, want := range map[string]string{boundSchedule: Inconclusive, boundServer: Missed} {
		s := openStep(t, "throughput>60000/s", func(h *history.History, _ []history.Attempt, _ *check.Verdict) {
			h.Head.Model, h.Tail.Driver.Bound = modelClosed, bound
		})
		if f := s.Objective[0]; f.Verdict != want {
			t.Errorf("bound by the %s: %+v, want %s", bound, f, want)
		}
	}
}

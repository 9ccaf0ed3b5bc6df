package report

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/capacity"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// keptBy has the limit keep everybody of an open run for a time before the call.
func keptBy(by int64) func(*history.History, []history.Attempt, *check.Verdict) {
	return func(h *history.History, all []history.Attempt, _ *check.Verdict) {
		for i := range all {
			all[i].Call += by
			all[i].Return += by
		}
		l := h.Tail.Links
		l.MaxRate, l.Limited, l.Kept = 10_000, int64(len(all)), by*int64(len(all))
	}
}

// both makes two changes.
func both(changes ...func(*history.History, []history.Attempt, *check.Verdict)) func(*history.History, []history.Attempt, *check.Verdict) {
	return func(h *history.History, all []history.Attempt, v *check.Verdict) {
		for _, change := range changes {
			change(h, all, v)
		}
	}
}

// lose has so many attempts end otherwise.
func lose(n int, as sale.Outcome) func(*history.History, []history.Attempt, *check.Verdict) {
	return func(_ *history.History, all []history.Attempt, _ *check.Verdict) {
		for i := range n {
			a := &all[i*(len(all)/n)] // evenly spread
			if a.Outcome, a.Granted = as, 0; as == sale.Dropped {
				a.Call, a.Return = history.Never, history.Never
			}
		}
	}
}

// bound has somebody be the bound.
func boundBy(who string) func(*history.History, []history.Attempt, *check.Verdict) {
	return func(h *history.History, _ []history.Attempt, _ *check.Verdict) { h.Tail.Driver.Bound = who }
}

// What the limit makes is not the server's: no objective that it can move is met
// or missed, and one that it can only make better is missed.
func TestObjectivesUnderALimit(t *testing.T) {
	for _, test := range []struct {
		reason, slo string
		change      func(*history.History, []history.Attempt, *check.Verdict)
		want        string
		why         Reason
		step        capacity.Result
	}{
		{"a response time has the wait in it", "p99<5ms", keptBy(20 * ms), Inconclusive, ReasonLimit, capacity.Limited},
		{"what is met is met at the limit's rate", "p99<50ms", keptBy(20 * ms), Inconclusive, ReasonLimit, capacity.Passed},
		{"so is a service time", "service.p99<5ms", keptBy(20 * ms), Inconclusive, ReasonLimit, capacity.Passed},
		{"one that is missed even so is missed", "service.p99<100µs", keptBy(20 * ms), Missed, "", capacity.Failed},
		{"a rate is the limit's", "throughput>50000/s", keptBy(20 * ms), Inconclusive, ReasonOffered, capacity.Limited},
		{"so is how long it took", "all_answered<1s", keptBy(20 * ms), Inconclusive, ReasonLimit, capacity.Limited},
		{"errors of the server are the server's", "errors<0.1%", both(keptBy(20*ms), lose(100, sale.Failed)), Missed, "", capacity.Failed},
		{"those who left may have left because of the limit", "errors<0.1%", both(keptBy(20*ms), lose(100, sale.Dropped)), Inconclusive, ReasonLimit, capacity.Limited},
		{"a server at its own limit is", "service.p99<5ms", both(keptBy(20*ms), boundBy(boundServer)), Met, "", capacity.Passed},
		{"but its response times are ours", "p99<5ms", both(keptBy(20*ms), boundBy(boundServer)), Inconclusive, ReasonLimit, capacity.Limited},
		{"unless the server alone missed them", "p99<5ms", both(keptBy(20*ms), slowFrom(10000, 20*ms), boundBy(boundServer)), Missed, "", capacity.Failed},
		{"a wait that is nothing beside the bound", "p99<5ms", both(keptBy(10*us), slowFrom(10000, 20*ms)), Missed, "", capacity.Failed},
		{"no limit", "p99<5ms", slowFrom(10000, 20*ms), Missed, "", capacity.Failed},
		{"no limit, and met", "p99<5ms", nil, Met, "", capacity.Passed},
	} {
		s := openStep(t, test.slo, test.change)
		f := s.Objective[0]
		if f.Verdict != test.want || f.Reason != test.why {
			t.Errorf("%s: %s, %s (%s), want %s, %s; the bound was %s", test.reason, f.Verdict, f.Reason, f.Why, test.want, test.why, s.Bound)
		}
		if test.why == ReasonLimit && s.ExitCode() != 3 {
			t.Errorf("%s: exit code %d, want 3", test.reason, s.ExitCode())
		}
		step := NewCapacityStep(capacity.Step{Rate: 20000, Length: time.Second}, s)
		if step.Result != test.step {
			t.Errorf("%s: a step %s (%s), want %s", test.reason, step.Result, step.Why, test.step)
		}
	}
}

// The report says who limited the run, and how much of the lateness that is.
func TestTheLimitIsTold(t *testing.T) {
	s := openStep(t, "", keptBy(20*ms))
	if s.Bound != boundLimit {
		t.Fatalf("the bound is %s", s.Bound)
	}
	var text, json, metrics bytes.Buffer
	for _, err := range []error{WriteText(&text, s), WriteJSON(&json, s), WriteMetrics(&metrics, s)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	told := strings.Join(strings.Fields(text.String()), " ")
	for _, want := range []string{
		"Limited by us --max-rate 10,000/s had 20,000 attempts wait, 20.0 ms each in the mean: 99.9% of all lateness",
		"Bound by the limit: --max-rate 10,000/s had", "the limit was the bound: the server may carry more",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
	for _, want := range []string{`"bound": "limit"`, `"max_rate": 10000`, `"limited": 20000`, `"kept": 400000000000`} {
		if !strings.Contains(json.String(), want) {
			t.Errorf("the JSON lacks %s", want)
		}
	}
	if !strings.Contains(metrics.String(), `seckill_bound{seckill_bound="limit"} 1`) {
		t.Error("the metrics lack the bound")
	}
	text.Reset()
	if err := WriteText(&text, openStep(t, "", nil)); err != nil || strings.Contains(text.String(), "max-rate") {
		t.Errorf("without a limit (%v):\n%s", err, text.String())
	}
}

// Who limited the run, where several might have.
func TestBoundByTheLimit(t *testing.T) {
	thread := func(share float64) *between { return &between{share, share} }
	for _, test := range []struct {
		reason string
		busy
		want string
	}{
		{"one was kept in the mean", busy{model: modelOpen, thread: thread(.2), kept: 1, keeping: "x"}, boundLimit},
		{"less than one was", busy{model: modelOpen, thread: thread(.2), kept: .9}, boundSchedule},
		{"the server does not tell its CPU, and the limit is known", busy{model: modelOpen, untold: "not told", kept: 5, keeping: "x"}, boundLimit},
		{"the server was busy even so", busy{model: modelOpen, thread: thread(.95), kept: 5}, boundServer},
		{"the driver was", busy{model: modelOpen, thread: thread(.2), driver: .95, kept: 5}, boundDriver},
		{"connections were busy as well", busy{model: modelOpen, thread: thread(.2), seats: .99, waiting: 9, kept: 5, keeping: "x"}, boundLimit},
	} {
		if got, why := test.bound(); got != test.want || why == "" {
			t.Errorf("%s: %s (%s), want %s", test.reason, got, why, test.want)
		}
	}
}

// What ended a run is in every report.
func TestEndsAreTold(t *testing.T) {
	for ended, sentence := range map[string]string{
		history.EndedAborted: "Ended early: aborted (p99>1s for 5s: nothing was answered for 6.1s, and 64 waited)",
		history.EndedRefused: "Ended early: refused (1.0 s after the opening the server answered OOM)",
	} {
		s := openStep(t, "p99<5ms", func(h *history.History, _ []history.Attempt, _ *check.Verdict) {
			_, reason, _ := strings.Cut(strings.TrimSuffix(sentence, ")"), "(")
			h.Tail.Ended, h.Tail.Reason = ended, reason
		})
		if s.Objective[0].Verdict != Inconclusive || s.Objective[0].Reason != ReasonEnded {
			t.Errorf("%s: an objective is %+v", ended, s.Objective[0])
		}
		step := NewCapacityStep(capacity.Step{Rate: 20000, Length: time.Second}, s)
		if want := map[string]capacity.Result{history.EndedAborted: capacity.Failed, history.EndedRefused: capacity.Limited}[ended]; step.Result != want {
			t.Errorf("%s: a step %s, want %s", ended, step.Result, want)
		}
		for name, write := range map[string]Writer{"text": WriteText, "json": WriteJSON, "html": WriteHTML, "junit": WriteJUnit, "markdown": WriteMarkdown} {
			var out bytes.Buffer
			if err := write(&out, s); err != nil {
				t.Fatal(err)
			}
			told, want := strings.Join(strings.Fields(out.String()), " "), sentence
			if name == "json" {
				want = fmt.Sprintf(`"ended": %q`, ended)
			}
			told = html.UnescapeString(told)
			if !strings.Contains(told, want) {
				t.Errorf("%s: %s lacks %q", ended, name, want)
			}
		}
	}
}

// What a waiting room keeps is none of the lateness that a limit can have made.
func TestTheRoomIsNotTheLimits(t *testing.T) {
	s := &Summary{lateness: newDistribution(digits), Tail: &history.Tail{Links: &history.Links{Limited: 1, Kept: 100 * ms}}}
	s.lateness.add(1000 * ms)
	if got := s.limitShare(); got != .1 {
		t.Errorf("a share of %v, want a tenth", got)
	}
	s.room = newRoom()
	s.room.waiting.add(900 * ms)
	if got := s.limitShare(); got != 1 {
		t.Errorf("a share of %v beside a waiting room, want all", got)
	}
}

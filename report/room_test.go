package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// roomHead is the head of a sale that lets 1,000 a second in.
func roomHead() history.Head {
	head := testHead(modelBurst, "admit:1000/s")
	head.Admit = 1000
	return head
}

// lineUp are n buyers behind a waiting room of 1,000/s: each is let in when it is his
// turn, runs 20 µs later, is called 30 µs after that and answered in 200 µs. The last
// out are still waiting when the doors close.
func lineUp(n, out int64) []history.Attempt {
	all := burstOf(n, n/10)
	for i := range all {
		a := &all[i]
		a.Start, a.Call = uint32(1000*i+20), int64(i)*ms+50*us
		if a.Return = a.Call + 200*us; i >= len(all)-int(out) {
			a.Start, a.Call, a.Return, a.Outcome, a.Granted, a.Left = uint32((n-out)*1000-1000), history.Never, history.Never, sale.Dropped, 0, sale.Untold
		}
	}
	return all
}

// The time in the waiting room is in the response from due, and in nothing that is the
// server's or the driver's.
func TestTheWaitingRoomIsToldApart(t *testing.T) {
	all := lineUp(1000, 100)
	again := all[5] // what he asks for later does not wait
	again.Due, again.Call, again.Return, again.Start, again.Outcome, again.Granted = 900*ms, 900*ms+50*us, 900*ms+750*us, 20, sale.SoldOut, 0
	unanswered := all[7]
	unanswered.Outcome = sale.Indeterminate
	all = append(all, again, unanswered)
	s := summarize(t, record(roomHead(), testTail(int64(len(all)), 900), nil, all), validVerdict())
	waiting, admitted := s.room.waiting, s.room.times(0)
	if waiting.count() != 901 || waiting.missed() != 100 || waiting.max() != 899*ms || int64(waiting.mean()) < 444*ms || int64(waiting.mean()) > 450*ms {
		t.Errorf("waiting: %d, %d missed, at most %d, mean %f", waiting.count(), waiting.missed(), waiting.max(), waiting.mean())
	}
	if admitted.count() != 901 || admitted.missed() != 1 || admitted.max() != 750*us {
		t.Errorf("admitted: %d, %d missed, at most %d", admitted.count(), admitted.missed(), admitted.max())
	}
	if p50, _ := admitted.quantile(.5); p50 < 249*us || p50 > 251*us {
		t.Errorf("from admission to return the median is %d, want 250 µs", p50)
	}
	if s.room.times(sale.OK).count() != 100 || s.room.times(sale.SoldOut).count() != 801 || s.room.times(sale.Duplicate) != nil {
		t.Error("the outcomes are not told apart")
	}
	if s.response.max() != 899*ms+250*us || s.lateness.max() != 899*ms+50*us {
		t.Errorf("the response is at most %d and the lateness %d: the waiting room is in both", s.response.max(), s.lateness.max())
	}
	if s.lag.count() != 902 || s.lag.max() != 20*us || s.wait.max() != 30*us {
		t.Errorf("the driver was late by %d, connections were waited for by %d: the waiting room is in neither", s.lag.max(), s.wait.max())
	}
	var text, html, hlog, metrics bytes.Buffer
	for _, err := range []error{WriteText(&text, s), WriteHTML(&html, s), WriteHlog(&hlog, s), WriteMetrics(&metrics, s)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"1,000/s let in; the last of 901 after 899 ms; 100 attempts of buyers who were still", "admitted (to return)", "waiting (due to admission)",
		"says who came when and nothing about the server", "(driver lag, 99% of the crowd)",
	} {
		if !strings.Contains(strings.Join(strings.Fields(text.String()), " "), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
		if want = strings.Split(want, ";")[0]; !strings.Contains(html.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text.String(), burstClaim) {
		t.Error("the text calls it a burst")
	}
	if !strings.Contains(hlog.String(), "Tag=waiting,") || !strings.Contains(hlog.String(), "Tag=admitted,") ||
		!strings.Contains(metrics.String(), "seckill_waiting_seconds_count 901\n") || !strings.Contains(metrics.String(), "seckill_admitted_seconds_count 901\n") {
		t.Error("the log or the metrics lack the waiting room")
	}
	doc := decode(t, s)
	for key, want := range map[string]any{
		"model": "burst", "waiting_room.rate": 1000.0, "waiting_room.waiting.not_answered": 100.0, "waiting_room.waiting.answered.max": float64(899 * ms),
		"waiting_room.admitted.count": 902.0, "waiting_room.admitted.answered.max": float64(750 * us),
	} {
		if got, _ := lookup(doc, key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	if _, has := lookup(decode(t, validBurst(t)), "waiting_room"); has {
		t.Error("a burst has a waiting room")
	}
}

// An objective from admission on is about those who were let in; one from due is
// refused, as in any burst.
func TestObjectivesFromAdmission(t *testing.T) {
	for _, tt := range []struct {
		slo, verdict string
		n            int64
		value        float64
		spoil        func([]history.Attempt)
	}{
		{"admitted.p90<1ms", Met, 900, 250.1e3, nil},
		{"admitted.p90<100us", Missed, 900, 250.1e3, nil},
		{"sold_out.admitted.p90<1ms", Met, 800, 250.1e3, nil},
		{"admitted.p90<1ms", Missed, 900, 5e6, func(all []history.Attempt) {
			for i := 0; i < len(all); i += 3 {
				all[i].Return += 5 * ms
			}
		}},
	} {
		all := lineUp(1000, 100)
		if tt.spoil != nil {
			tt.spoil(all)
		}
		head := roomHead()
		head.Objective = tt.slo
		f := summarize(t, record(head, testTail(1000, 900), nil, all), validVerdict()).Objective[0]
		if f.Verdict != tt.verdict || f.N != tt.n || f.Value == nil || *f.Value < tt.value*.99 || *f.Value > tt.value*1.06 {
			t.Errorf("%s: %s of %d, %v (%s)", tt.slo, f.Verdict, f.N, f.Value, f.Why)
		}
	}
	for slo, model := range map[string]string{"admitted.p99<1ms": modelOpen, "ok.admitted.p99<1ms": modelClosed, "p99<1ms": modelBurst} {
		if _, err := ParseObjectives(slo, model); err == nil || !strings.Contains(err.Error(), "admit:RATE") {
			t.Errorf("%s, %s: %v", slo, model, err)
		}
	}
	objectives, err := ParseObjectives("service.p99<1ms,admitted.p99<1ms", modelBurst)
	if err != nil || CheckAdmitted(objectives, true) != nil || CheckAdmitted(objectives[:1], false) != nil {
		t.Error(err)
	}
	if err := CheckAdmitted(objectives, false); err == nil || !strings.Contains(err.Error(), `objective "admitted.p99<1ms": nobody is admitted`) {
		t.Error(err)
	}
	head := testHead(modelBurst, "burst")
	head.Objective = "admitted.p99<1ms"
	if _, err := Summarize(record(head, nil, nil, nil), validVerdict()); err == nil {
		t.Error("a record without a waiting room has an objective from admission on")
	}
}

// Behind a waiting room the schedule keeps buyers from the server, and a rate that was
// not reached was not asked for.
func TestTheWaitingRoomIsTheBound(t *testing.T) {
	all := lineUp(1000, 0)
	bound := func(head history.Head) *Summary {
		head.Objective = "throughput>5000/s"
		return summarize(t, record(head, measuredTail(all, 900), nil, all), validVerdict())
	}
	s := bound(roomHead())
	if f := s.Objective[0]; s.Bound != boundSchedule || f.Verdict != Inconclusive || f.Reason != ReasonOffered || !strings.Contains(f.Why, "let in 1,000/s") {
		t.Errorf("bound by %s (%s), %+v", s.Bound, s.boundBy, f)
	}
	if s := bound(testHead(modelBurst, "burst")); s.Bound == boundSchedule || s.Objective[0].Reason == ReasonOffered {
		t.Errorf("a burst is bound by %s, %+v", s.Bound, s.Objective[0])
	}
}

func TestShortArrivals(t *testing.T) {
	for text, want := range map[string]string{
		"burst": "burst", "closed:1,2,3,4,5,6,7,8": "closed:1,2,3,4,5,6,7,8", "constant:1/s*1s,poisson:1/s": "constant:1/s*1s,poisson:1/s",
		"ramp:0/s..1/s*1s,constant:1/s*1s" + strings.Repeat(",constant:2/s*1s", 3) + ",constant:9/s*1s": "ramp:0/s..1/s*1s,constant:1/s*1s" + strings.Repeat(",constant:2/s*1s", 3) + ",constant:9/s*1s",
		"ramp:0/s..1/s*1s,constant:1/s*1s" + strings.Repeat(",constant:2/s*1s", 4) + ",constant:9/s*1s": "ramp:0/s..1/s*1s,constant:1/s*1s … constant:9/s*1s (7 stages)",
	} {
		if got := shortArrivals(text); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

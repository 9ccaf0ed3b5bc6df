package report

import (
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func TestParseObjectives(t *testing.T) {
	all, err := ParseObjectives(" p99<5ms, ok.p99.9 < 10ms,service.p50<1ms,errors<0.1%,sold_out_at<300ms,all_answered<2s,p999<1s", modelOpen)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Objective{
		{"p99<5ms", 5e6, responseTime, .99, 0},
		{"ok.p99.9 < 10ms", 10e6, responseTime, .999, sale.OK},
		{"service.p50<1ms", 1e6, serviceTime, .5, 0},
		{"errors<0.1%", .001, errorShare, 0, 0},
		{"sold_out_at<300ms", 300e6, soldOutAt, 0, 0},
		{"all_answered<2s", 2e9, allAnswered, 0, 0},
		{"p999<1s", 1e9, responseTime, .999, 0},
	} {
		got := all[i]
		if diff := got.quantile - want.quantile; diff > 1e-12 || diff < -1e-12 {
			t.Errorf("%s: quantile %v, want %v", want.Expr, got.quantile, want.quantile)
		}
		got.quantile = want.quantile
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if none, err := ParseObjectives("  ", modelBurst); len(none) != 0 || err != nil {
		t.Errorf("an empty text: %v, %v", none, err)
	}
}

func TestParseObjectivesErrors(t *testing.T) {
	for _, test := range []struct{ text, model, reason, want string }{
		{"p99<5ms", modelBurst, "a response is the queue", "use service.p99, sold_out_at or all_answered"},
		{"ok.p99<5ms", modelBurst, "of one outcome too", "in a burst everyone is due at once"},
		{"p99<5ms", modelClosed, "a response is what the loop allows", "in a closed run"},
		{"errors<1%,", modelOpen, "a comma too many", `objective "": want FIGURE<LIMIT`},
		{"p99>5ms", modelOpen, "only bounds from above", "want FIGURE<LIMIT"},
		{"p99<=5ms", modelOpen, "not this sign either", `limit "=5ms"`},
		{"p99<5", modelOpen, "a time without a unit", `limit "5": want a time above 0, as 5ms`},
		{"p99<-5ms", modelOpen, "a time below zero", "want a time above 0"},
		{"p99<5%", modelOpen, "a share for a time", "want a time above 0"},
		{"errors<0.1", modelOpen, "a share without its sign", `limit "0.1": want a share above 0, as 0.1%`},
		{"errors<0%", modelOpen, "nothing is below 0", "want a share above 0"},
		{"errors<NaN%", modelOpen, "not a number", "want a share above 0"},
		{"errors<200%", modelOpen, "more than all", "want a share above 0"},
		{"p100<1s", modelOpen, "the longest is no percentile", `unknown figure "p100"`},
		{"p0<1s", modelOpen, "the shortest is none", "between 0 and 100"},
		{"latency<1s", modelOpen, "a word we do not know", `unknown figure "latency"; known: p99<5ms`},
		{"bought.p99<1s", modelOpen, "an outcome we do not know", `unknown outcome "bought"; known: ok`},
		{"failed.p99<1s", modelOpen, "what failed has no time", "has no response time; use errors"},
	} {
		_, err := ParseObjectives(test.text, test.model)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s (%s): %v", test.text, test.reason, err)
		}
	}
}

// decided is a run of n answered attempts, the last slow of them after 10 ms,
// and then failed ones that were not answered.
func decided(t *testing.T, objective string, n, slow, failed int64, change func(*history.History)) Finding {
	t.Helper()
	all := arrivals(n+failed, n/2)
	for i := range all {
		switch {
		case int64(i) >= n:
			all[i].Outcome, all[i].Granted = sale.Failed, 0
		case int64(i) >= n-slow:
			all[i].Return = all[i].Call + 10*ms
		}
	}
	h := record(testHead(modelOpen, "constant:20000/s"), testTail(n+failed, 0), nil, all)
	h.Head.Objective = objective
	if change != nil {
		change(h)
	}
	return summarize(t, h, validVerdict()).Objective[0]
}

func TestFindings(t *testing.T) {
	ended := func(how string) func(*history.History) { return func(h *history.History) { h.Tail.Ended = how } }
	bound := func(by string) func(*history.History) { return func(h *history.History) { h.Tail.Driver.Bound = by } }
	for _, test := range []struct {
		objective, reason string
		n, slow, failed   int64
		change            func(*history.History)
		want, why         string
	}{
		{"p99<5ms", "exactly the share it allows is slow", 5000, 50, 0, nil, Met, ""},
		{"p99<5ms", "one more is slow", 5000, 51, 0, nil, Missed, "51 of 5,000 attempts (1.02%) had no business reply within 5 ms; 50 may"},
		{"p99<5ms", "what failed counts as slow", 4949, 0, 51, nil, Missed, "51 of 5,000"},
		{"p99<5ms", "five beyond it prove nothing", 500, 0, 0, nil, Inconclusive, "500 attempts are too few: 1,000 or more are needed"},
		{"p99<5ms", "nor do nine slow ones of few", 500, 9, 0, nil, Inconclusive, "too few"},
		{"p99<5ms", "ten slow ones do", 500, 10, 0, nil, Missed, "10 of 500"},
		{"p50<320µs", "the limit itself is not below the limit", 100, 0, 0, nil, Missed, "100 of 100"},
		{"sold_out.p90<5ms", "only the outcome named", 1000, 60, 0, nil, Missed, "60 of 500"},
		{"ok.p90<5ms", "the others are not in it", 1000, 60, 0, nil, Met, ""},
		{"replayed.p90<5ms", "nobody had that outcome", 1000, 0, 0, nil, Inconclusive, "no attempt it is about was made"},
		{"service.p99<5ms", "service is from the call", 5000, 51, 0, nil, Missed, "51 of 5,000"},
		{"errors<0.1%", "few enough failed", 4996, 0, 4, nil, Met, ""},
		{"errors<0.1%", "the limit itself is not below the limit", 4995, 0, 5, nil, Missed, "5 failed"},
		{"errors<0.1%", "too few to exclude it", 2999, 0, 0, nil, Inconclusive, "2,999 attempts are too few: 3,000"},
		{"errors<0.1%", "even of few, ten are too many", 100, 0, 10, nil, Missed, "10 failed"},
		{"sold_out_at<30ms", "in time", 1000, 0, 0, nil, Met, ""},
		{"sold_out_at<20ms", "too late", 1000, 0, 0, nil, Missed, "sold out after 25.3 ms"},
		{"all_answered<51ms", "in time", 1000, 0, 0, nil, Met, ""},
		{"all_answered<40ms", "too late", 1000, 0, 0, nil, Missed, "everyone answered after"},
		{"all_answered<5s", "one never was", 1000, 0, 1, nil, Missed, "1 of 1,001 attempts were never answered"},
		{"p99<5ms", "a run cut short may have been worse later", 5000, 0, 0, ended(history.EndedInterrupted), Inconclusive, "the run ended early: interrupted"},
		{"p99<5ms", "but what it missed, it missed", 5000, 51, 0, ended(history.EndedServerLost), Missed, "51 of"},
		{"p99<5ms", "the doors may close at --duration", 5000, 0, 0, ended(history.EndedDuration), Met, ""},
		{"p99<5ms", "a bound driver is not the server's fault", 5000, 51, 0, bound("driver"), Inconclusive, "the driver was the bound"},
		{"p99<5ms", "an unknown bound decides nothing", 5000, 51, 0, bound("unknown"), Missed, "51 of"},
		{"p99<5ms", "half a record", 5000, 0, 0, func(h *history.History) { h.Tail = nil }, Inconclusive, "the record is incomplete"},
	} {
		f := decided(t, test.objective, test.n, test.slow, test.failed, test.change)
		if f.Verdict != test.want || !strings.Contains(f.Why, test.why) || (f.Why == "") != (test.want == Met) {
			t.Errorf("%s, %s: %s, %q", test.objective, test.reason, f.Verdict, f.Why)
		}
		if f.Verdict == Met && *f.Value > f.Limit {
			t.Errorf("%s, %s: met with %v", test.objective, test.reason, *f.Value)
		}
	}
}

func TestSoldOutNever(t *testing.T) {
	for _, test := range []struct {
		objective, reason, want string
	}{
		{"sold_out_at<40ms", "the run went on for longer", Missed},
		{"sold_out_at<1s", "the run was over before", Inconclusive},
	} {
		h := record(testHead(modelBurst, "burst"), testTail(5000, 1000), nil, burstOf(5000, 9000))
		h.Head.Objective = test.objective
		if f := summarize(t, h, validVerdict()).Objective[0]; f.Verdict != test.want || f.Value != nil {
			t.Errorf("%s: %+v, want %s", test.reason, f, test.want)
		}
	}
}

func FuzzParseObjectives(f *testing.F) {
	f.Add("p99<5ms,errors<0.1%", modelOpen)
	f.Add("service.p99.9<1ms", modelBurst)
	f.Fuzz(func(t *testing.T, text, model string) {
		all, err := ParseObjectives(text, model)
		for _, o := range all {
			if err != nil || !(o.Limit > 0) || o.quantile < 0 || o.quantile >= 1 {
				t.Errorf("%q: %+v, %v", text, o, err)
			}
		}
	})
}

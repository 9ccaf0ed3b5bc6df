package report

import (
	"math"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func TestParseObjectives(t *testing.T) {
	for _, want := range []Objective{
		{Expr: "p99<5ms", Limit: 5e6, figure: responseTime, quantile: .99},
		{Expr: "response.p99<5ms", Limit: 5e6, figure: responseTime, quantile: .99},
		{Expr: "ok.p99.9 < 10ms", Limit: 10e6, figure: responseTime, quantile: .999, outcome: sale.OK},
		{Expr: "sold_out.response.p90<1s", Limit: 1e9, figure: responseTime, quantile: .9, outcome: sale.SoldOut},
		{Expr: "p999<1s", Limit: 1e9, figure: responseTime, quantile: .999},
		{Expr: "service.p50<1ms", Limit: 1e6, figure: serviceTime, quantile: .5},
		{Expr: "service.p99.9<1ms", Limit: 1e6, figure: serviceTime, quantile: .999},
		{Expr: "ok.service.p99<1ms", Limit: 1e6, figure: serviceTime, quantile: .99, outcome: sale.OK},
		{Expr: "errors<0.1%", Limit: .001, figure: errorShare},
		{Expr: "dropped<1%", Limit: .01, figure: outcomeShare, outcome: sale.Dropped},
		{Expr: "ok>20%", Limit: .2, Above: true, figure: outcomeShare, outcome: sale.OK},
		{Expr: "sold_out<80%", Limit: .8, figure: outcomeShare, outcome: sale.SoldOut},
		{Expr: "sent > 99.9%", Limit: .999, Above: true, figure: sentShare},
		{Expr: "throughput>50000/s", Limit: 50000, Above: true, figure: throughputRate},
		{Expr: "selling>4e4/s", Limit: 40000, Above: true, figure: sellingRate},
		{Expr: "sold_out_at<300ms", Limit: 300e6, figure: soldOutAt},
		{Expr: "all_answered<2s", Limit: 2e9, figure: allAnswered},
	} {
		all, err := ParseObjectives(" "+want.Expr+",errors<1%", modelOpen)
		if err != nil || len(all) != 2 {
			t.Errorf("%s: %v, %v", want.Expr, all, err)
			continue
		}
		got := all[0]
		if diff := math.Abs(got.quantile - want.quantile); diff > 1e-12 {
			t.Errorf("%s: quantile %v, want %v", want.Expr, got.quantile, want.quantile)
		}
		if diff := math.Abs(got.Limit/want.Limit - 1); diff > 1e-12 {
			t.Errorf("%s: limit %v, want %v", want.Expr, got.Limit, want.Limit)
		}
		got.quantile, got.Limit = want.quantile, want.Limit
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if none, err := ParseObjectives("  ", modelBurst); len(none) != 0 || err != nil {
		t.Errorf("an empty text: %v, %v", none, err)
	}
}

// TestGrammarIsWhatParses: the examples of the sentence that lists them all are
// read, and no figure is missing among them.
func TestGrammarIsWhatParses(t *testing.T) {
	examples := strings.Replace(strings.TrimPrefix(grammar, "known: "), "OUTCOME", "failed", 1)
	seen := map[figure]bool{}
	for example := range strings.SplitSeq(examples, ", ") {
		model := modelOpen
		if strings.Contains(example, "admitted") {
			model = modelBurst // behind a waiting room
		}
		all, err := ParseObjectives(example, model)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range all {
			seen[o.figure] = true
		}
	}
	if len(seen) != len(figureUnits) {
		t.Errorf("%d of %d figures in %q", len(seen), len(figureUnits), grammar)
	}
}

func TestParseObjectivesErrors(t *testing.T) {
	for _, test := range []struct{ text, model, reason, want string }{
		{"p99<5ms", modelBurst, "a response is the queue", "use service.p99, sold_out_at or all_answered"},
		{"ok.p99<5ms", modelBurst, "of one outcome too", "in a burst everyone is due at once"},
		{"response.p99<5ms", modelClosed, "however it is written", "in a closed run"},
		{"p99<5ms", modelClosed, "a response is what the loop allows", "in a closed run"},
		{"errors<1%,", modelOpen, "a comma too many", `objective "": want FIGURE<LIMIT`},
		{"p99", modelOpen, "no limit", "want FIGURE<LIMIT or FIGURE>LIMIT; known: p99<5ms"},
		{"p99=5ms", modelOpen, "no bound", "want FIGURE<LIMIT or FIGURE>LIMIT"},
		{"<5ms", modelOpen, "no figure", `unknown figure ""`},
		{"p99<", modelOpen, "nothing to keep", `limit "": want a time above 0`},
		{"p99>5ms", modelOpen, "slower is worse", "more of it is worse: want p99<5ms"},
		{"errors>1%", modelOpen, "so are more errors", "want errors<1%"},
		{"dropped>1%", modelOpen, "of every kind", "want dropped<1%"},
		{"not_ready>1%", modelOpen, "closed doors too", "want not_ready<1%"},
		{"throughput<50000/s", modelOpen, "a faster server is no worse", "more of it is better: want throughput>50000/s"},
		{"sent<99%", modelOpen, "who sends more is no worse", "want sent>99%"},
		{"p99<=5ms", modelOpen, "not this sign", "want p99<5ms: a figure that is its limit exactly does not keep it"},
		{"selling >= 5/s", modelOpen, "nor this", "want selling>5/s"},
		{"p99<<5ms", modelOpen, "nor twice", `limit "<5ms"`},
		{"p99<5", modelOpen, "a time without a unit", `limit "5": want a time above 0, as 5ms`},
		{"p99<-5ms", modelOpen, "a time below zero", "want a time above 0"},
		{"p99<5%", modelOpen, "a share for a time", "want a time above 0"},
		{"errors<0.1", modelOpen, "a share without its sign", `limit "0.1": want a share above 0, as 0.1%`},
		{"errors<0%", modelOpen, "nothing is below 0", "want a share above 0"},
		{"errors<NaN%", modelOpen, "not a number", "want a share above 0"},
		{"errors<200%", modelOpen, "more than all", "want a share above 0"},
		{"sent>100%", modelOpen, "nothing is above all", "no share is above 100%"},
		{"ok>20000/s", modelOpen, "an outcome has a share", "want a share above 0"},
		{"throughput>50000", modelOpen, "a rate without its unit", `limit "50000": want a rate above 0, as 50000/s`},
		{"throughput>50k/s", modelOpen, "a rate is a number", "want a rate above 0"},
		{"throughput>-1/s", modelOpen, "below zero", "want a rate above 0"},
		{"throughput>Inf/s", modelOpen, "beyond all", "want a rate above 0"},
		{"selling>5ms", modelOpen, "a time for a rate", "want a rate above 0"},
		{"p100<1s", modelOpen, "the longest is no percentile", `unknown figure "p100"`},
		{"p0<1s", modelOpen, "the shortest is none", "between 0 and 100"},
		{"max<1s", modelOpen, "the longest is one attempt", "longer the longer the run is; use p99.9"},
		{"service.max<1s", modelOpen, "of any time", "service.max is no objective"},
		{"mean<1s", modelOpen, "a mean is no bound", "use p50 or p99"},
		{"offered>5/s", modelOpen, "the schedule's own", "use sent"},
		{"latency<1s", modelOpen, "a word we do not know", `unknown figure "latency"; known: p99<5ms`},
		{"bought.p99<1s", modelOpen, "an outcome we do not know", `unknown outcome "bought"; known: ok`},
		{"ok.lateness.p99<1s", modelOpen, "a time we do not know", `unknown time "lateness"; known: response, service`},
		{"service.ok.p99<1s", modelOpen, "the wrong order", "the outcome comes first: ok.service.p99"},
		{"release.p99<1s", modelOpen, "no purchase", "objectives are of purchases, and release is none"},
		{"failed.p99<1s", modelOpen, "what failed has no time", "has no response time; use errors or failed<1%"},
	} {
		_, err := ParseObjectives(test.text, test.model)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s (%s): %v", test.text, test.reason, err)
		}
	}
}

// decided is a run of attempts of which so many, evenly spread, were answered
// after 10 ms, and others failed.
func decided(t *testing.T, objective string, n, slow, failed int64, change func(*history.History)) Finding {
	t.Helper()
	all := arrivals(n+failed, n/2)
	spread := func(count int64, spoil func(*history.Attempt)) {
		for i := range count {
			spoil(&all[(2*i+1)*int64(len(all))/(2*count)])
		}
	}
	spread(slow, func(a *history.Attempt) { a.Return = a.Call + 10*ms })
	spread(failed, func(a *history.Attempt) { a.Outcome, a.Granted = sale.Failed, 0 })
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
		because           Reason
		point             bool
	}{
		{"p99<5ms", "exactly the share it allows is slow", 5000, 50, 0, nil, Inconclusive, "the share within 5 ms is 98.7", ReasonStraddles, true},
		{"p99<5ms", "one more is slow", 5000, 51, 0, nil, Inconclusive, "to 99.23%: more or longer runs would tell", ReasonStraddles, false},
		{"p99<5ms", "few enough that chance does not explain it", 5000, 30, 0, nil, Met, "", "", true},
		{"p99<5ms", "so many that it does not", 5000, 75, 0, nil, Missed, "75 of 5,000 attempts (1.5%) had no business reply within 5 ms; 50 may", "", false},
		{"p99<5ms", "what failed counts as slow", 4925, 0, 75, nil, Missed, "75 of 5,000", "", false},
		{"p99<5ms", "five beyond it prove nothing", 500, 0, 0, nil, Inconclusive, "500 attempts are too few: 1,000 or more are needed", ReasonFew, true},
		{"p99<5ms", "as many as are needed, and all are good", 1000, 0, 0, nil, Met, "", "", true},
		{"p99.9<5ms", "so for every percentile", 10000, 0, 0, nil, Met, "", "", true},
		{"p99<5ms", "nor do nine slow ones of few", 500, 9, 0, nil, Inconclusive, "too few", ReasonFew, false},
		{"p99<5ms", "ten slow ones do", 100, 10, 0, nil, Missed, "10 of 100", "", false},
		{"p50<320µs", "the limit itself is not below the limit", 100, 0, 0, nil, Missed, "100 of 100", "", false},
		{"sold_out.p90<5ms", "only the outcome named", 1000, 160, 0, nil, Missed, "80 of 500", "", false},
		{"ok.p90<5ms", "some of it are within", 1000, 20, 0, nil, Met, "", "", true},
		{"replayed.p90<5ms", "nobody had that outcome", 1000, 0, 0, nil, Inconclusive, "no attempt it is about was made", ReasonFew, false},
		{"service.p99<5ms", "service is from the call", 5000, 75, 0, nil, Missed, "75 of 5,000", "", false},
		{"service.p99<310µs", "and not from due", 5000, 0, 0, nil, Met, "", "", true},
		{"service.p99<300001ns", "what the histogram rounds up is no more than the limit", 5000, 30, 0, nil, Met, "", "", true},
		{"ok.service.p99<310µs", "of one outcome", 5000, 30, 0, nil, Met, "", "", true},
		{"ok.service.p99<290µs", "likewise", 5000, 0, 0, nil, Missed, "2,500 of 2,500", "", false},
		{"ok.service.p99<5ms", "and near its limit", 5000, 50, 0, nil, Inconclusive, "the share within 5 ms", ReasonStraddles, true},
		{"errors<0.1%", "few enough failed", 9998, 0, 2, nil, Met, "", "", true},
		{"errors<0.1%", "chance explains as many", 4996, 0, 4, nil, Inconclusive, "the share is 0.02", ReasonStraddles, true},
		{"errors<0.1%", "the limit itself is not below the limit", 4995, 0, 5, nil, Inconclusive, "more or longer runs would tell", ReasonStraddles, false},
		{"errors<0.1%", "and not so many", 4985, 0, 15, nil, Missed, "15 failed", "", false},
		{"errors<0.1%", "too few to exclude it", 2999, 0, 0, nil, Inconclusive, "2,999 attempts are too few: 3,000", ReasonFew, true},
		{"errors<0.1%", "just enough of them", 3000, 0, 0, nil, Met, "", "", true},
		{"errors<0.1%", "even of few, ten are too many", 100, 0, 10, nil, Missed, "10 failed", "", false},
		{"failed<0.1%", "of one kind", 4985, 0, 15, nil, Missed, "15 of 5,000 were failed", "", false},
		{"failed<1%", "few enough of one kind", 4985, 0, 15, nil, Met, "", "", true},
		{"failed<0.3%", "nearly too many", 4985, 0, 15, nil, Inconclusive, "the share is 0.", ReasonStraddles, false},
		{"dropped<0.1%", "another kind", 4985, 0, 15, nil, Met, "", "", true},
		{"ok>49%", "how many buy is a fact of the plan, and no chance", 1000, 0, 0, nil, Met, "", "", true},
		{"ok>50%", "the limit itself is not above it", 1000, 0, 0, nil, Missed, "500 of 1,000 were ok", "", false},
		{"sold_out<51%", "from above", 10, 0, 0, nil, Met, "", "", true},
		{"sold_out<50%", "a fact of few too", 10, 0, 0, nil, Missed, "5 of 10 were sold_out", "", false},
		{"sold_out_at<30ms", "in time", 1000, 0, 0, nil, Met, "", "", true},
		{"sold_out_at<20ms", "too late", 1000, 0, 0, nil, Missed, "sold out after 25.3 ms", "", false},
		{"all_answered<51ms", "in time", 1000, 0, 0, nil, Met, "", "", true},
		{"all_answered<40ms", "too late", 1000, 0, 0, nil, Missed, "everyone answered after", "", false},
		{"all_answered<5s", "one never was", 1000, 0, 1, nil, Missed, "1 of 1,001 attempts were never answered", "", false},
		{"p99<5ms", "a run cut short may have been worse later", 5000, 0, 0, ended(history.EndedInterrupted), Inconclusive, "the run ended early: interrupted", ReasonEnded, true},
		{"p99<5ms", "also where it was near its limit", 5000, 50, 0, ended(history.EndedInterrupted), Inconclusive, "the run ended early: interrupted", ReasonEnded, true},
		{"p99<5ms", "but what it missed, it missed", 5000, 75, 0, ended(history.EndedServerLost), Missed, "75 of", "", false},
		{"p99<5ms", "or missed nearly", 5000, 51, 0, ended(history.EndedServerLost), Inconclusive, "would tell", ReasonStraddles, false},
		{"p99<5ms", "the doors may close at --duration", 5000, 0, 0, ended(history.EndedDuration), Met, "", "", true},
		{"p99<5ms", "a bound driver is not the server's fault", 5000, 75, 0, bound("driver"), Inconclusive, "the driver was the bound", ReasonDriver, false},
		{"p99<5ms", "nor its merit", 5000, 0, 0, bound("driver"), Inconclusive, "the driver was the bound", ReasonDriver, true},
		{"p99<5ms", "nor near its limit", 5000, 51, 0, bound("host"), Inconclusive, "the host was the bound", ReasonHost, false},
		{"p99<5ms", "few are few, whoever was the bound", 500, 0, 0, bound("driver"), Inconclusive, "too few", ReasonFew, true},
		{"p99<5ms", "an unknown bound decides nothing", 5000, 75, 0, bound("unknown"), Missed, "75 of", "", false},
		{"p99<5ms", "half a record", 5000, 0, 0, func(h *history.History) { h.Tail = nil }, Inconclusive, "the record is incomplete", ReasonRecord, true},
	} {
		f := decided(t, test.objective, test.n, test.slow, test.failed, test.change)
		if f.Verdict != test.want || !strings.Contains(f.Why, test.why) || (f.Why == "") != (test.want == Met) {
			t.Errorf("%s, %s: %s, %q", test.objective, test.reason, f.Verdict, f.Why)
		}
		if f.Reason != test.because || f.Point != test.point || (f.Reason == "") != (f.Verdict != Inconclusive) {
			t.Errorf("%s, %s: for the reason %q, and the figure meets it: %v", test.objective, test.reason, f.Reason, f.Point)
		}
		if f.Verdict == Met && f.Value != nil && !f.Above && *f.Value > f.Limit {
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

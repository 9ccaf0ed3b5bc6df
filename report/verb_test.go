package report

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// afterwards are a purchase of three units, one of two that is not answered and
// sent again, and what their buyers do then.
func afterwards() []history.Attempt {
	at := func(a history.Attempt, verb sale.Verb, due, took int64, o sale.Outcome) history.Attempt {
		a.Verb, a.Due, a.Call, a.Return, a.Outcome, a.Granted, a.Start = verb, due, due+ms/10, due+took, o, 0, 0
		if verb == sale.Buy && o == sale.OK {
			a.Granted = a.Quantity
		}
		return a
	}
	three, two := buyer(0, 0, 3, 0), buyer(1, 0, 2, 0)
	again := at(two, sale.Buy, 20*ms, ms, sale.Replayed)
	again.Try = 1
	return []history.Attempt{
		at(three, sale.Release, 2*ms, 5*ms, sale.OK), // before its grant in the record
		at(three, sale.Buy, 0, ms, sale.OK),
		at(two, sale.Buy, 0, 10*ms, sale.Indeterminate), again,
		at(three, sale.Release, 2*ms, 6*ms, sale.OK), // the second of a double click
		at(two, sale.Release, 30*ms, 4*ms, sale.OK),  // of a grant that nobody was told
		at(two, sale.Confirm, 30*ms, 9*ms, sale.Indeterminate),
		at(two, sale.Confirm, 40*ms, 2*ms, sale.SoldOut),
		at(buyer(2, 0, 1, 0), sale.Release, 40*ms, ms, sale.OK), // of nothing at all
	}
}

func TestVerbsAreCountedApart(t *testing.T) {
	head := testHead(modelOpen, "constant:100/s")
	head.Objective = "errors<40%,all_answered<2s,p50<20ms"
	s := summarize(t, record(head, testTail(9, 998), nil, afterwards()), validVerdict())
	if s.Attempts != 3 || s.Recorded != 9 || s.Resends != 1 || s.NotAnswered() != 1 {
		t.Errorf("%d purchases of %d attempts, %d resends, %d not answered", s.Attempts, s.Recorded, s.Resends, s.NotAnswered())
	}
	var sum int64
	for _, n := range s.Counts {
		sum += n
	}
	if sum != s.Attempts || s.Counts[sale.OK] != 1 || s.Counts[sale.SoldOut] != 0 {
		t.Errorf("counts %v do not add up to %d purchases", s.Counts, s.Attempts)
	}
	if s.Granted != 3 || s.Released == nil || *s.Released != 3 {
		t.Errorf("granted %d, released %v; want each grant that was told given back once: 3 and 3", s.Granted, s.Released)
	}
	if s.response.count() != 2 || s.response.max() != ms || s.service.count()+s.service.missed() != 3 || s.lateness.count() != 3 {
		t.Errorf("the times hold more than purchases: %d to %d ns", s.response.count(), s.response.max())
	}
	if want := 7 / .042; math.Abs(*s.Throughput-want) > 1e-6 {
		t.Errorf("throughput %v, want that of all verbs, %v", *s.Throughput, want)
	}
	if s.AllAnswered != nil {
		t.Error("a confirmation was never answered")
	}
	for i, want := range []int64{3, 9, 3} {
		if got := s.Objective[i].N; got != want {
			t.Errorf("%s rests on %d attempts, want %d", s.Objective[i].Expr, got, want)
		}
	}
	if why := s.Objective[1].Why; why != "2 of 9 attempts were never answered" {
		t.Errorf("all_answered: %q", why)
	}
}

func TestVerbsInEveryReport(t *testing.T) {
	s := summarize(t, record(testHead(modelOpen, "constant:100/s"), testTail(9, 998), nil, afterwards()), validVerdict())
	doc := decode(t, s)
	for key, want := range map[string]any{
		"by_verb.release.count": 4., "by_verb.release.ok": 4., "by_verb.release.service.count": 4., "by_verb.release.service.max": 6e6 - 1e5,
		"by_verb.release.response.max": 6e6, "by_verb.confirm.count": 2., "by_verb.confirm.ok": 0., "by_verb.confirm.counts.sold_out": 1.,
		"by_verb.confirm.response.not_answered": 1., "counts.attempts": 3., "resends": 1., "units.released": 3., "units.restocked": nil,
		"driver.cpu_per_attempt": 13333333.,
	} {
		if got, found := lookup(doc, key); !found || got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	var text, log, metrics bytes.Buffer
	for out, write := range map[*bytes.Buffer]Writer{&text: WriteText, &log: WriteHlog, &metrics: WriteMetrics} {
		if err := write(out, s); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"Resends                   1 of 3 attempts were resends", "Releases                  4 attempts: 4 ok", "Confirmations             2 attempts: 1 sold_out, 1 indeterminate",
		"release (call to return)               4", "confirm (due to return)                2",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text does not say %q:\n%s", want, text.String())
		}
	}
	for _, want := range []string{`seckill_after_purchase_total{verb="release",outcome="ok"} 4`, `seckill_units{state="released"} 3`, "seckill_resends_total 1"} {
		if !strings.Contains(metrics.String(), want+"\n") {
			t.Errorf("the metrics have no %s", want)
		}
	}
	tags := map[string]int64{}
	for reader := hdrhistogram.NewHistogramLogReader(&log); ; {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		tags[h.Tag()] = h.TotalCount()
		if h.Tag() == "release.response" && h.Max() < 6*ms {
			t.Errorf("the longest response to a release is %d", h.Max())
		}
	}
	if tags["response"] != 2 || tags["release.response"] != 4 || tags["confirm.service"] != 1 {
		t.Errorf("the log holds %v", tags)
	}
	page := pageOf(t, s)
	for _, want := range []string{"<h3>release</h3>", "<h3>confirm</h3>", "Confirmations"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestReturnedUnitsInThePicture(t *testing.T) {
	s := givenBack(t)
	line := s.series.left(s.Stock())
	if got, want := line[len(line)-1].Y, float64(s.Stock()-s.Granted+*s.Released+*s.Restocked); got != want {
		t.Errorf("the line ends at %g, want %g", got, want)
	}
	for _, p := range pictures(s) {
		if p.name != "stock" && p.name != "timeline" {
			continue
		}
		var key []string
		for _, e := range p.panels[0].key {
			key = append(key, e.text)
		}
		for _, want := range []string{"restocked: 100 units (perhaps 7 more)", "script loaded again", "last item sold out after"} {
			if !strings.Contains(strings.Join(key, "\n"), want) {
				t.Errorf("%s: the key is %q, without %q", p.name, key, want)
			}
		}
	}
}

func TestMarksStandApart(t *testing.T) {
	s := Summary{series: newSeries(&history.Head{Model: modelOpen})}
	s.series.cover(400 * ms)
	for _, at := range []int64{300 * ms, 10 * ms, 10*ms + ms/2, 12 * ms} {
		s.Events = append(s.Events, history.Event{Kind: history.EventReload, At: at}, history.Event{Kind: "other", At: 5 * ms})
	}
	got := s.eventMarks(history.EventReload, unitOf(400*ms), s.reloadStyle()).at
	if len(got) != 3 || got[0] != 10 || got[1] != 12 || got[2] != 300 {
		t.Errorf("marks at %v ms, want 10, 12 and 300", got)
	}
}

// sold is a purchase of some units, answered ok at an instant.
func sold(units int32, at int64) history.Attempt {
	a := buyer(0, 0, units, 0)
	a.Return, a.Outcome, a.Granted = at, sale.OK, units
	return a
}

// then is what its buyer did with it.
func then(verb sale.Verb, at int64, o sale.Outcome) history.Attempt {
	a := buyer(0, 0, 3, at-ms)
	a.Verb, a.Return, a.Outcome = verb, at, o
	return a
}

func TestAGrantIsGivenBackOnce(t *testing.T) {
	all := []history.Attempt{sold(3, ms), sold(3, 2*ms), then(sale.Release, 7*ms, sale.OK), then(sale.Release, 5*ms, sale.OK), then(sale.Release, 8*ms, sale.OK)}
	s := summarize(t, record(testHead(modelBurst, "burst"), testTail(5, 997), nil, all), validVerdict())
	if s.Granted != 6 || *s.Released != 3 {
		t.Errorf("of a request granted twice %d units were granted and %d came back, want 6 and 3", s.Granted, *s.Released)
	}
	line := s.series.left(s.Stock())
	if last := line[len(line)-1]; last.X != float64(5*ms) || last.Y != 997 {
		t.Errorf("the line ends at %+v, want 997 units when the first release returned", last)
	}
}

func TestReleaseThatMayHaveRun(t *testing.T) {
	refused := buyer(1, 0, 1, 0)
	refused.Return, refused.Outcome = 3*ms, sale.Refused
	head := testHead(modelBurst, "burst")
	head.Items[0].Stock = 3
	for _, row := range []struct {
		reason  string
		release sale.Outcome
		soldOut bool
	}{
		{"it certainly did not", sale.Failed, true},
		{"then the item may be on sale again", sale.Indeterminate, false},
	} {
		all := []history.Attempt{sold(3, ms), refused, then(sale.Release, 4*ms, row.release)}
		s := summarize(t, record(head, testTail(3, 0), nil, all), validVerdict())
		if got := s.SoldOutAt != nil; got != row.soldOut || *s.Released != 0 {
			t.Errorf("%s: sold out: %v, %d released", row.reason, got, *s.Released)
		}
		if s.AllAnswered != nil || s.NotAnswered() != 0 {
			t.Errorf("%s: all answered at %v, though the release was not; %d purchases were not", row.reason, s.AllAnswered, s.NotAnswered())
		}
	}
}

func TestDroppedReleaseHasNoServiceTime(t *testing.T) {
	dropped := then(sale.Release, ms, sale.Dropped)
	dropped.Call, dropped.Return = history.Never, history.Never
	all := []history.Attempt{sold(3, ms), then(sale.Release, 4*ms, sale.Indeterminate), dropped}
	v := summarize(t, record(testHead(modelBurst, "burst"), testTail(3, 0), nil, all), validVerdict()).byVerb[sale.Release]
	if v.response.missed() != 2 || v.service.missed() != 1 {
		t.Errorf("%d responses and %d service times are missed, want 2 and 1", v.response.missed(), v.service.missed())
	}
}

func TestSeriesTimesPurchases(t *testing.T) {
	all, latencies := sums(fill(modelOpen, []history.Attempt{sold(3, ms), then(sale.Release, 4*ms, sale.OK), then(sale.Confirm, 4*ms, sale.Failed)}))
	if all.due != 3 || all.answered != 2 || latencies != 1 || all.outcomes[sale.OK] != 1 || all.outcomes[sale.Failed] != 0 || all.taken != 3 {
		t.Errorf("%+v with %d latencies; want rates of every verb, outcomes and latency of purchases", all, latencies)
	}
}

func TestUnansweredBeforeTheTimeout(t *testing.T) {
	lost := then(sale.Buy, 10*ms, sale.Indeterminate)
	for _, row := range []struct {
		reason, want string
		defect       sale.Defect
	}{
		{"a reply that never came was waited for", "> 1 s", sale.NoDefect},
		{"one that nobody understands came at once", "> 1 ms", sale.UnmappedReply},
	} {
		lost.Defect = row.defect
		s := summarize(t, record(testHead(modelBurst, "burst"), testTail(2, 0), nil, []history.Attempt{sold(1, ms), lost}), validVerdict())
		if got := s.unanswered(s.response); got != row.want {
			t.Errorf("%s: %q, want %q", row.reason, got, row.want)
		}
	}
}

func TestStockAxisHoldsWhatCameOnTop(t *testing.T) {
	h := record(testHead(modelBurst, "burst"), testTail(1, 0), nil, []history.Attempt{sold(1, 9*ms)})
	h.Events = []history.Event{{At: ms, Until: 2 * ms, Kind: history.EventRestock, Units: 4000}}
	p, drawn := stockPicture(summarize(t, h, validVerdict()))
	if !drawn || p.panels[0].Y.Max < 5000 {
		t.Errorf("5,000 units were on sale, the axis ends at %g", p.panels[0].Y.Max)
	}
}

package report

import (
	"errors"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func TestSummarizeBurst(t *testing.T) {
	s := validBurst(t)
	if s.Attempts != 5000 || s.Counts[sale.OK] != 1000 || s.Counts[sale.SoldOut] != 4000 || s.NotAnswered() != 0 {
		t.Errorf("attempts %d, counts %v", s.Attempts, s.Counts)
	}
	if s.Granted != 1000 || s.Left == nil || *s.Left != 0 {
		t.Errorf("granted %d, left %v", s.Granted, s.Left)
	}
	last := 4999*20*us + 500*us
	if *s.SoldOutAt != 1000*20*us+500*us || *s.AllAnswered != last || int64(*s.Duration) != last {
		t.Errorf("sold out at %d, answered at %d, duration %d", *s.SoldOutAt, *s.AllAnswered, *s.Duration)
	}
	if want := 5000 / (float64(last) / 1e9); math.Abs(*s.Throughput-want) > 1e-6 {
		t.Errorf("throughput %v, want %v", *s.Throughput, want)
	}
	if s.Offered != nil {
		t.Errorf("a burst offers no rate, got %v", *s.Offered)
	}
}

func TestSummarizeNothing(t *testing.T) {
	s := summarize(t, record(testHead(modelBurst, "burst"), nil, nil, nil), check.Verdict{Opinion: check.Unknown})
	if s.Duration != nil || s.Throughput != nil || s.SoldOutAt != nil || s.AllAnswered != nil || s.Left != nil {
		t.Errorf("figures without an attempt: %+v", s)
	}
}

func TestOfferedIsTheRateOfArrivals(t *testing.T) {
	all := arrivals(1000, 10)
	again := all[999] // a second purchase of a buyer is no arrival
	again.Due, again.Return = again.Return, again.Return+300*us
	head := testHead(modelOpen, "constant:20000/s")
	s := summarize(t, record(head, testTail(1001, 0), nil, append(all, again)), validVerdict())
	if math.Abs(*s.Offered-20000) > 1e-6 {
		t.Errorf("offered %v, want 20000", *s.Offered)
	}
}

// What was dropped, and what got no connection, was not sent; what was sent
// without an answer was.
func TestSentIsTheShareThatWasHandedOver(t *testing.T) {
	for _, tt := range []struct {
		dropped int
		told    bool
	}{{0, false}, {1, false}, {2, true}} {
		all := arrivals(1000, 10)
		for i := range all[:tt.dropped] {
			all[i].Outcome, all[i].Call, all[i].Return = sale.Dropped, history.Never, history.Never
		}
		all[999].Outcome = sale.Indeterminate
		s := summarize(t, record(testHead(modelOpen, "constant:20000/s"), testTail(1000, 0), nil, all), validVerdict())
		if want := 1 - float64(tt.dropped)/1000; s.Sent == nil || math.Abs(*s.Sent-want) > 1e-9 {
			t.Errorf("%d of 1,000 dropped: sent %v, want %v", tt.dropped, s.Sent, want)
		}
		told := slices.ContainsFunc(s.facts(), func(f fact) bool { return f.Name == "Sent" })
		if exact := slices.Contains(s.facts(), fact{"Sent", "99.80% of the attempts that were due"}); told != tt.told || exact != told {
			t.Errorf("%d of 1,000 dropped: told %v in %v", tt.dropped, told, s.facts())
		}
	}
	if s := summarize(t, record(testHead(modelOpen, "constant:1/s"), testTail(0, 0), nil, nil), validVerdict()); s.Sent != nil {
		t.Errorf("sent %v of nothing", *s.Sent)
	}
}

func TestUnansweredAttemptsStayInTheDenominator(t *testing.T) {
	s := killed(t)
	for _, test := range []struct {
		reason        string
		d             *distribution
		count, missed int64
	}{
		{"a response is missed by all that were not answered", s.response, 398, 2},
		{"a service time only by what was sent", s.service, 398, 1},
		{"lateness by what never reached a connection", s.lateness, 399, 1},
	} {
		if test.d.count() != test.count || test.d.missed() != test.missed {
			t.Errorf("%s: %d and %d", test.reason, test.d.count(), test.d.missed())
		}
	}
	if s.AllAnswered != nil {
		t.Errorf("all answered at %d, though two were not", *s.AllAnswered)
	}
}

func TestWaitIsNotService(t *testing.T) {
	var all []history.Attempt
	for n := range int64(50) { // one connection, a server that takes 10 ms
		a := bought(n, 1000)
		a.Start, a.Call, a.Return = 1000, max(n*10*ms, ms), max(n*10*ms, ms)+10*ms
		all = append(all, a)
	}
	s := summarize(t, record(testHead(modelBurst, "burst"), testTail(50, 950), nil, all), validVerdict())
	if s.service.max() != 10*ms || s.wait.max() != 489*ms || s.lag.max() != ms {
		t.Errorf("service %d, wait %d, lag %d", s.service.max(), s.wait.max(), s.lag.max())
	}
}

func TestLeftNeedsEveryStock(t *testing.T) {
	for _, test := range []struct {
		reason string
		tail   *history.Tail
		want   any
	}{
		{"no audit was made", nil, nil},
		{"the stock cannot be read", &history.Tail{Audits: []sale.Audit{{Ledger: sale.Units}}}, nil},
		{"an item has no audit", &history.Tail{}, nil},
		{"an oversold stock may be below zero", testTail(1, -3), int64(-3)},
	} {
		s := Summary{Head: testHead(modelBurst, "burst"), Tail: test.tail}
		got := s.left()
		if (got == nil) != (test.want == nil) || got != nil && *got != test.want {
			t.Errorf("%s: %v, want %v", test.reason, got, test.want)
		}
	}
}

func TestSummarizeFails(t *testing.T) {
	damaged := record(testHead(modelBurst, "burst"), nil, nil, nil)
	damaged.Batches = func() iter.Seq2[[]history.Attempt, error] {
		return func(yield func([]history.Attempt, error) bool) {
			yield(nil, errors.New("attempts-00000.parquet: damaged"))
		}
	}
	wrong := record(testHead(modelBurst, "burst"), nil, nil, nil)
	wrong.Head.Objective = "p99<5ms"
	for _, test := range []struct {
		reason, want string
		h            *history.History
	}{
		{"a damaged segment is named", "attempts-00000.parquet", damaged},
		{"an objective this model cannot have", "in a burst everyone is due at once", wrong},
	} {
		if _, err := Summarize(test.h, check.Verdict{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.reason, err)
		}
	}
}

func TestExitCode(t *testing.T) {
	for _, test := range []struct {
		reason   string
		opinion  check.Opinion
		findings []string
		want     int
	}{
		{"all is well", check.Valid, []string{Met, Met}, 0},
		{"without objectives the verdict decides", check.Valid, nil, 0},
		{"an objective is missed", check.Valid, []string{Met, Missed}, 4},
		{"what cannot be decided comes before what is missed", check.Valid, []string{Missed, Inconclusive}, 3},
		{"an unknown verdict comes before a missed objective", check.Unknown, []string{Missed}, 3},
		{"no objective excuses a wrong sale", check.Invalid, []string{Inconclusive}, 1},
		{"no verdict at all is unknown", "", nil, 3},
	} {
		s := Summary{Verdict: check.Verdict{Opinion: test.opinion}}
		for _, v := range test.findings {
			s.Objective = append(s.Objective, Finding{Verdict: v})
		}
		if got := s.ExitCode(); got != test.want {
			t.Errorf("%s: %d, want %d", test.reason, got, test.want)
		}
	}
}

func BenchmarkSummarize(b *testing.B) {
	const n = 1_000_000
	for _, model := range []string{modelBurst, modelOpen} {
		b.Run(model, func(b *testing.B) {
			h := record(testHead(model, model), testTail(n, 0), nil, arrivals(n, 100_000))
			b.ReportAllocs()
			for b.Loop() {
				summarize(b, h, validVerdict())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/attempt")
		})
	}
}

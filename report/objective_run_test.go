package report

import (
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// judged is what a run of so many arrivals, 20,000 a second, says of an objective.
func judged(t *testing.T, objective string, n, stock int64, change func(*history.History, []history.Attempt)) Finding {
	t.Helper()
	all := arrivals(n, stock)
	h := record(testHead(modelOpen, "constant:20000/s"), testTail(n, 0), nil, all)
	h.Head.Objective = objective
	if change != nil {
		change(h, all)
	}
	return summarize(t, h, validVerdict()).Objective[0]
}

// drop has every so many-th attempt never sent.
func drop(every int) func(*history.History, []history.Attempt) {
	return func(_ *history.History, all []history.Attempt) {
		for i := every / 2; i < len(all); i += every {
			a := &all[i]
			a.Outcome, a.Granted, a.Call, a.Return = sale.Dropped, 0, history.Never, history.Never
		}
	}
}

// uneven has the server stand still now and then: what was to return in every
// third twentieth of the run returns at its end.
func uneven(_ *history.History, all []history.Attempt) {
	length := all[len(all)-1].Due / 20
	for i := range all {
		if a := &all[i]; a.Due/length%3 == 0 {
			a.Return = (a.Due/length+1)*length + 320*us
		}
	}
}

// puzzling has every fourth reply be one that the contract does not name.
func puzzling(_ *history.History, all []history.Attempt) {
	for i := 0; i < len(all); i += 4 {
		all[i].Outcome, all[i].Granted, all[i].Defect = sale.Indeterminate, 0, sale.UnmappedReply
	}
}

// closedLoop has the same attempts in a model in which nobody offers a rate.
func closedLoop(h *history.History, _ []history.Attempt) { h.Head.Model = modelClosed }

func TestFindingsOfRates(t *testing.T) {
	for _, test := range []struct {
		objective, reason string
		n, stock          int64
		change            func(*history.History, []history.Attempt)
		want              string
		because           Reason
		why               string
	}{
		{"throughput>19000/s", "as many came and were answered", 20000, 1000, nil, Met, "", ""},
		{"throughput>21000/s", "nobody asked for more", 20000, 1000, nil, Inconclusive, ReasonOffered, "only 20,000/s were offered: the server was not asked for more"},
		{"throughput>21000/s", "a closed loop asks for as much as it can", 20000, 1000, closedLoop, Missed, "", "more than 21,000/s were wanted"},
		{"throughput>19000/s", "a rate that comes and goes", 20000, 1000, func(h *history.History, all []history.Attempt) { uneven(h, all); closedLoop(h, all) }, Inconclusive, ReasonStraddles, "the rate is "},
		{"throughput>2000/s", "far from its limit that does not matter", 20000, 1000, uneven, Met, "", ""},
		{"throughput>200000/s", "on either side", 20000, 1000, func(h *history.History, all []history.Attempt) { uneven(h, all); closedLoop(h, all) }, Missed, "", "wanted"},
		{"throughput>100/s", "replies at one instant", 5, 5, func(h *history.History, all []history.Attempt) {
			for i := range all {
				all[i].Return = all[4].Due + ms
			}
		}, Inconclusive, ReasonFew, "replies at too few instants"},
		{"throughput>100/s", "nobody was answered", 100, 0, drop(1), Inconclusive, ReasonFew, "no attempt was answered"},
		{"selling>19000/s", "until it was sold out", 20000, 10000, nil, Met, "", ""},
		{"selling>19000/s", "a stall after that is none of it", 20000, 10000, func(_ *history.History, all []history.Attempt) {
			for i := 15000; i < len(all); i++ {
				all[i].Return += 2000 * ms
			}
		}, Met, "", ""},
		{"selling>21000/s", "a rate that was missed", 20000, 10000, closedLoop, Missed, "", "wanted"},
		{"selling>19000/s", "a rate near its limit", 20000, 10000, func(h *history.History, all []history.Attempt) { uneven(h, all); closedLoop(h, all) }, Inconclusive, ReasonStraddles, "the rate is "},
		{"throughput>19000/s", "a reply that nobody understands is one", 20000, 1000, puzzling, Met, "", ""},
		{"selling>19000/s", "and sells nothing", 20000, 10000, puzzling, Missed, "", "wanted"},
		{"throughput>20000/s", "as many were offered, and asked again", 20000, 1000, nil, Inconclusive, ReasonOffered, "were offered"},
		{"selling>19000/s", "never sold out: all of it was selling", 20000, 30000, nil, Met, "", ""},
	} {
		f := judged(t, test.objective, test.n, test.stock, test.change)
		if f.Verdict != test.want || f.Reason != test.because || !strings.Contains(f.Why, test.why) || (f.Why == "") != (test.want == Met) {
			t.Errorf("%s, %s: %s (%s), %s", test.objective, test.reason, f.Verdict, f.Reason, f.reading())
		}
	}
}

func TestFindingsOfWhatWasSent(t *testing.T) {
	for _, test := range []struct {
		objective, reason string
		change            func(*history.History, []history.Attempt)
		want              string
		because           Reason
		why               string
	}{
		{"sent>99.9%", "all were sent", nil, Met, "", ""},
		{"sent>99.9%", "one in five hundred was not", drop(500), Missed, "", "40 were never handed to a connection"},
		{"sent>99.9%", "one in a thousand was not", drop(1000), Inconclusive, ReasonStraddles, "the share is 99.8"},
		{"sent>90%", "who asks what was sent is told", drop(12), Met, "", ""},
		{"service.p99<5ms", "one in twelve was not sent, which is less to carry", drop(12), Inconclusive, ReasonSent, "only 91.7% of what was due was sent"},
		{"service.p99<5ms", "a closed loop offers no schedule", func(h *history.History, all []history.Attempt) { drop(12)(h, all); closedLoop(h, all) }, Met, "", ""},
		{"service.p99<5ms", "one in thirty is little", drop(30), Met, "", ""},
		{"service.p99<100µs", "with less to carry it was slow all the same", drop(12), Missed, "", "had no business reply"},
		{"p99<5ms", "who was not sent was not served in time", drop(12), Missed, "", "had no business reply"},
		{"dropped<9%", "a share of them", drop(12), Inconclusive, ReasonSent, "was sent"},
		{"dropped<5%", "too large a share", drop(12), Missed, "", "of 20,000 were dropped"},
	} {
		f := judged(t, test.objective, 20000, 1000, test.change)
		if f.Verdict != test.want || f.Reason != test.because || !strings.Contains(f.Why, test.why) {
			t.Errorf("%s, %s: %s (%s), %s", test.objective, test.reason, f.Verdict, f.Reason, f.reading())
		}
	}
}

// TestStallsAreOneAccident: slow attempts that come together count for fewer, but
// not those that a fault made slow, which was planned.
func TestStallsAreOneAccident(t *testing.T) {
	slow := func(from, to int) func(*history.History, []history.Attempt) {
		return func(_ *history.History, all []history.Attempt) {
			for i := from; i < to; i++ {
				all[i].Return = all[i].Call + 10*ms
			}
		}
	}
	faulty := func(from, to int) func(*history.History, []history.Attempt) {
		return func(h *history.History, all []history.Attempt) {
			slow(from, to)(h, all)
			h.Events = []history.Event{{Kind: history.EventFault, Text: "pause", At: all[from].Due, Until: all[to].Due}}
		}
	}
	for _, test := range []struct {
		objective, reason string
		change            func(*history.History, []history.Attempt)
		want              string
	}{
		{"p99<5ms", "one stall in a run may be one in five", slow(5000, 5400), Inconclusive},
		{"p99<5ms", "a stall of a third of the run", slow(5000, 12000), Missed},
		{"p99<5ms", "a short one", slow(5000, 5030), Met},
		{"p99<5ms", "a fault that was planned", faulty(5000, 5400), Missed},
		{"p97<5ms", "that may do as much", faulty(5000, 5400), Met},
		{"p97<5ms", "as much as an accident may not", slow(5000, 5400), Inconclusive},
	} {
		if f := judged(t, test.objective, 20000, 1000, test.change); f.Verdict != test.want {
			t.Errorf("%s, %s: %s, %s", test.objective, test.reason, f.Verdict, f.reading())
		}
	}
}

// TestFindingsOfABurst: nobody is due at another time, so where the last of the
// crowd were dropped is no accident; a stall of the server is one.
func TestFindingsOfABurst(t *testing.T) {
	for _, test := range []struct {
		objective, reason string
		spoil             func(*history.Attempt)
		want              string
	}{
		{"errors<1%", "the last of the crowd left", func(a *history.Attempt) {
			a.Outcome, a.Granted, a.Call, a.Return = sale.Dropped, 0, history.Never, history.Never
		}, Missed},
		{"service.p99<5ms", "those inside met a stall", func(a *history.Attempt) { a.Return = a.Call + 10*ms }, Inconclusive},
	} {
		all := burstOf(5000, 1000)
		for i := 4900; i < 5000; i++ {
			test.spoil(&all[i])
		}
		h := record(testHead(modelBurst, "burst"), testTail(5000, 0), nil, all)
		h.Head.Objective = test.objective
		if f := summarize(t, h, validVerdict()).Objective[0]; f.Verdict != test.want {
			t.Errorf("%s, %s: %s, %s", test.objective, test.reason, f.Verdict, f.reading())
		}
	}
}

// TestDriverBoundIsNeverMissed: whatever the figure is.
func TestDriverBoundIsNeverMissed(t *testing.T) {
	for _, by := range []string{boundDriver, boundHost} {
		s := measured(t, func(h *history.History, tail *history.Tail) {
			h.Head.Objective = "p99<1µs,response.p50<1µs,ok.p99<1µs,service.p99<1µs,ok.service.p99<1µs,errors<0.1%,ok>99%,sent>99.9%,throughput>1000000/s,selling>18000/s,sold_out_at<1µs,all_answered<1µs"
			tail.Driver.Bound = by
		})
		for _, f := range s.Objective {
			if f.Verdict != Inconclusive || f.Reason != Reason(by) && f.Reason != ReasonOffered && f.Reason != ReasonFew {
				t.Errorf("%s: %s (%s), %s", f.Expr, f.Verdict, f.Reason, f.Why)
			}
		}
		if s.ExitCode() != 3 {
			t.Errorf("bound by the %s: exit code %d", by, s.ExitCode())
		}
	}
}

// TestRatesRestOnTheirReplies: on business replies where it is about those.
func TestRatesRestOnTheirReplies(t *testing.T) {
	for objective, want := range map[string]int64{"throughput>1/s": 20000, "selling>1/s": 15000} {
		if f := judged(t, objective, 20000, 30000, puzzling); f.N != want {
			t.Errorf("%s rests on %d replies, want %d", objective, f.N, want)
		}
	}
}

// TestAskedTwice: with several purchases a buyer more is asked for than buyers come.
func TestAskedTwice(t *testing.T) {
	f := judged(t, "throughput>15000/s", 20000, 1000, func(_ *history.History, all []history.Attempt) {
		for i := range all {
			all[i].Buyer /= 2
			all[i].Return += int64(i) * 50 * us // half as many are answered as are due
		}
	})
	if f.Verdict != Missed {
		t.Errorf("%s (%s): %s", f.Verdict, f.Reason, f.reading())
	}
}

func TestNearWhole(t *testing.T) {
	for _, test := range []struct {
		share, beside float64
		want          string
	}{
		{.0125, .0125, "1.25%"}, {.5, .999, "50%"}, {.991, .9935, "99.10%"}, {.9935, .991, "99.35%"}, {.985, .9935, "98.50%"},
		{.9994, .9994, "99.940%"}, {1, .999, "100%"}, {.999, 1, "99.90%"}, {.9998, 1, "99.980%"}, {1, 1, "100%"}, {0, 0, "0%"},
	} {
		if got := nearWhole(test.share, test.beside); got != test.want {
			t.Errorf("%g beside %g: %s, want %s", test.share, test.beside, got, test.want)
		}
	}
}

package main

import (
	"cmp"
	"context"
	"iter"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// realRedis is a private server of one test.
func realRedis(t *testing.T) *server.Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil && os.Getenv("CI") == "" {
		t.Skip("redis-server is not on PATH")
	}
	srv, err := server.Open(t.Context(), server.Options{Server: "redis-server", MaxClients: 256})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}

// sold is the record of a sale of once, each purchase of which does something
// first.
func sold(t *testing.T, srv *server.Server, flags string, first func(context.Context, strategy.Doer) error) *history.History {
	t.Helper()
	once, err := strategy.Find("once", "")
	if err != nil {
		t.Fatal(err)
	}
	if first != nil {
		once = change(func(s *strategy.Strategy) {
			call := s.Call
			s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
				if err := first(ctx, do); err != nil {
					return sale.Answer{Outcome: sale.Indeterminate, Raw: err.Error()}
				}
				return call(ctx, do, p)
			}
		}).apply(once)
	}
	spec, err := parseSpec(flags + " --sample 0s")
	if err != nil {
		t.Fatal(err)
	}
	planned, err := scenario.New(t.Context(), "bound", spec, once, srv)
	if err != nil {
		t.Fatal(err)
	}
	memory := new(history.Memory)
	rec := history.NewRecorder(memory)
	tail, err := planned.Run(t.Context(), rec, memory.Event)
	if err = cmp.Or(err, rec.Close()); err != nil {
		t.Fatal(err)
	}
	return memory.History(planned.Head, &tail)
}

func summed(t *testing.T, h *history.History) *report.Summary {
	t.Helper()
	verdict, err := check.Check(h)
	if err != nil {
		t.Fatal(err)
	}
	s, err := report.Summarize(h, verdict)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// said is the text of a summary, as one line.
func said(t *testing.T, s *report.Summary) string {
	t.Helper()
	var out strings.Builder
	if err := report.WriteText(&out, s); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// TestWhoWasTheBound makes each of them the bound, by so wide a margin that
// whatever else the machine does changes nothing.
func TestWhoWasTheBound(t *testing.T) {
	send := func(args ...any) func(context.Context, strategy.Doer) error {
		return func(ctx context.Context, do strategy.Doer) error {
			_, err := do.Do(ctx, args...)
			return err
		}
	}
	for _, test := range []struct {
		want, reason, flags string
		server              func(*testing.T) *server.Server
		processors          int
		first               func(context.Context, strategy.Doer) error
		change              func(*history.History)
	}{
		{want: "server", reason: "a loop in a script takes all of its time", flags: "--arrivals closed:8 --buyers 16 --conns pool:8 --timeout 60s",
			first: send("EVAL", "local n = 0 for i = 1, 10000000 do n = n + i end return 0", 0)},
		{want: "connections", reason: "two are held for 200 ms each by what costs the server nothing", flags: "--arrivals closed:20 --buyers 24 --conns pool:2 --timeout 20s",
			first: send("BLPOP", "{seckill}:nothing", "0.2")},
		{want: "driver", reason: "it has four times as much to do as one processor can", flags: "--arrivals constant:1000/s*1s --conns pool:16", processors: 1,
			first: func(context.Context, strategy.Doer) error { burn(4 * time.Millisecond); return nil }},
		{want: "host", reason: "a hundredth of a CPU for both", flags: "--arrivals closed:8 --buyers 20000 --conns pool:8",
			change: func(h *history.History) { h.Tail.Driver.Quota = new(.01) }},
		{want: "schedule", reason: "two buyers a second", flags: "--arrivals constant:2/s*3s --conns pool:8"},
		{want: "unknown", reason: "the server does not show its INFO", flags: "--arrivals constant:2/s*2s --conns pool:8", server: withoutInfo},
	} {
		t.Run(test.want, func(t *testing.T) {
			open := realRedis
			if test.server != nil {
				open = test.server
			}
			srv := open(t)
			if test.processors > 0 {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(test.processors))
			}
			h := sold(t, srv, test.flags, test.first)
			if test.change != nil {
				test.change(h)
			}
			s := summed(t, h)
			if s.Bound != test.want {
				t.Errorf("%s: the bound is %s\n%s", test.reason, s.Bound, said(t, s))
			}
		})
	}
}

// burn uses a processor for some time of its own CPU.
func burn(d time.Duration) {
	for began := time.Now(); time.Since(began) < d; {
	}
}

// withoutInfo is a server that a user without the right to INFO got into.
func withoutInfo(t *testing.T) *server.Server {
	real := realRedis(t)
	if _, err := real.Do(t.Context(), "ACL", "SETUSER", "shy", "on", ">pw", "~*", "+@all", "-info"); err != nil {
		t.Fatal(err)
	}
	shy, err := server.Open(t.Context(), server.Options{Server: "redis://shy:pw@" + strings.TrimPrefix(real.Address, "redis://")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shy.Close() })
	return shy
}

// TestSelfChecks runs sales whose figures agree, and spoils the record of one.
func TestSelfChecks(t *testing.T) {
	srv := realRedis(t)
	const warning = "self-check"
	for _, flags := range []string{
		"--buyers 200 --conns pool:64", "--buyers 5000 --conns pool:64", "--arrivals constant:200/s*1s --conns pool:4",
		"--arrivals closed:50 --buyers 5000 --conns dedicated", "--arrivals closed:8 --buyers 2000 --conns pool:8 --lost-replies 1% --timeout 200ms",
		"--arrivals poisson:2000/s*1s --conns pool:8 --attempts 1..3 --double-click 5%",
	} {
		if text := said(t, summed(t, sold(t, srv, flags, nil))); strings.Contains(text, warning) && !strings.Contains(text, "kept it from running") {
			t.Errorf("a false alarm of %s: %s", flags, text)
		}
	}
	const flags = "--arrivals closed:200 --buyers 4000 --conns pool:4"
	for _, test := range []struct {
		reason string
		spoil  func([]history.Attempt) []history.Attempt
		want   string
	}{
		{"a recorder that loses one", func(all []history.Attempt) []history.Attempt { return all[1:] }, "4,000 attempts were handed to connections, and the record holds 3,999"},
		{"a recorder that counts one twice", func(all []history.Attempt) []history.Attempt { return append(all, all[0]) }, "4,000 attempts were handed to connections, and the record holds 4,001"},
		{"instants that count waiting for a connection as service", func(all []history.Attempt) []history.Attempt {
			for i := range all {
				all[i].Call = all[i].Due
			}
			return all
		}, "by their gauge the connections had"},
	} {
		h := sold(t, srv, flags, nil)
		var all []history.Attempt
		for batch := range h.Batches() {
			all = append(all, batch...)
		}
		all = test.spoil(all)
		h.Tail.Attempts = int64(len(all))
		h.Batches = func() iter.Seq2[[]history.Attempt, error] {
			return func(yield func([]history.Attempt, error) bool) { yield(all, nil) }
		}
		s, err := report.Summarize(h, check.Verdict{})
		if err != nil {
			t.Fatal(err)
		}
		if text := said(t, s); !strings.Contains(text, test.want) {
			t.Errorf("%s: %s", test.reason, text)
		}
	}
}

// TestServerAndWireAreApart: of what the script takes in the server, the mean
// service knows, whatever else is in it.
func TestServerAndWireAreApart(t *testing.T) {
	h := sold(t, realRedis(t), "--arrivals closed:4 --buyers 400 --conns pool:4", nil)
	var carried, n float64
	for batch := range h.Batches() {
		for i := range batch {
			carried += float64(batch[i].Return - batch[i].Call)
			n++
		}
	}
	calls := h.Tail.Served[0].Calls["evalsha"]
	server, service := float64(calls.Time)/float64(calls.Calls), carried/n
	if calls.Calls != 400 || server <= 0 || server > service || math.IsNaN(service) {
		t.Errorf("%+v: %.0f ns in the server, %.0f ns in all", calls, server, service)
	}
	if text := said(t, summed(t, h)); !strings.Contains(text, "of a mean service of") {
		t.Error(text)
	}
}

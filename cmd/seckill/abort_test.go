package main

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A scene is what is to be seen of a sale for a while: in each second so many
// attempts are over, of which some are errors, and one time stands for every
// percentile. Without any, nothing is over.
type scene struct {
	seconds          float64
	attempts, errors int64
	took             time.Duration
	waiting          int64
}

func TestGuardLooks(t *testing.T) {
	const none = -1
	good := scene{3, 100, 0, time.Millisecond, 5}
	still := func(seconds float64) scene { return scene{seconds: seconds, waiting: 64} }
	for _, test := range []struct {
		reason, abort string
		scenes        []scene
		// after is when it is aborted, in seconds; none: never.
		after float64
		seen  string
	}{
		{"all is well", "p99>1s for 5s, errors>20% for 2s", []scene{{60, 100, 20, time.Second, 5}}, none, ""},
		{"slow for long enough", "p99>1s for 5s", []scene{good, {9, 100, 0, 1100 * time.Millisecond, 5}}, 8, "1.1s"},
		{"slow, with a break", "p99>1s for 5s", []scene{{4, 100, 0, 2 * time.Second, 5}, {.5, 100, 0, 1, 5}, {4, 100, 0, 2 * time.Second, 5}, good}, none, ""},
		{"never answered", "p99>1s for 5s", []scene{good, {9, 100, 2, -1, 5}}, 8, "not answered"},
		{"errors for long enough", "errors>20% for 2s", []scene{good, {9, 100, 21, 1, 5}}, 5, "21 of the 100"},
		{"errors with a break", "errors>20% for 2s", []scene{{1.5, 100, 50, 1, 5}, {.2, 100, 20, 1, 5}, {1.5, 100, 50, 1, 5}, good}, none, ""},
		{"the first of several that holds", "p50>1s for 9s, errors>20% for 2s", []scene{{20, 100, 50, 2 * time.Second, 5}}, 2, "50 of the 100"},
		{"a server that stands still has slow answers", "p99>1s for 5s", []scene{good, still(20)}, 3 + 1 + 5, "nothing was answered for 6"},
		{"and errors", "errors>20% for 2s", []scene{good, still(20)}, 3 + 1 + 2, "64 waited"},
		{"also if it never did anything else", "errors>20% for 2s", []scene{still(20)}, 1 + 2, "64 waited"},
		{"a stall that ends is a break", "p99>1s for 5s", []scene{good, still(5), good, still(5), good}, none, ""},
		{"nobody waits: nothing is wrong", "p99>1s for 1s, errors>0% for 1s", []scene{good, {seconds: 60}, good}, none, ""},
		{"before the doors open nothing is", "p99>1s for 1s, errors>0% for 1s", []scene{{seconds: 60}}, none, ""},
		{"without news the last is what there is, while somebody waits", "p99>10s for 5s", []scene{{2, 1, 0, 11 * time.Second, 5}, still(5)}, 5, "in the latest second it was 11s"},
		{"and is forgotten when nobody does", "p99>10s for 5s", []scene{{2, 1, 0, 11 * time.Second, 5}, {seconds: 60}}, none, ""},
	} {
		conditions, err := scenario.ParseAbort(test.abort)
		if err != nil {
			t.Fatal(err)
		}
		zero := time.Unix(0, 0)
		g, latest, at, over := newGuard(conditions, zero), report.Latest{Times: make([]time.Duration, len(conditions))}, zero, (*scenario.Aborted)(nil)
		for _, s := range test.scenes {
			for range int(s.seconds * 10) {
				if s.attempts > 0 {
					latest.All, latest.Attempts, latest.Errors = latest.All+s.attempts, s.attempts, s.errors
					for i := range latest.Times {
						latest.Times[i] = s.took
					}
				}
				at = at.Add(watchEvery)
				if over = g.look(at, &latest, s.waiting); over != nil {
					break
				}
			}
			if over != nil {
				break
			}
		}
		took := at.Sub(zero).Seconds()
		switch {
		case over == nil && test.after != none, over != nil && test.after == none:
			t.Errorf("%s: %v after %.1f s, want it after %.0f s", test.reason, over, took, test.after)
		case over != nil && (took < test.after || took > test.after+.35 || !strings.Contains(over.Seen, test.seen)):
			t.Errorf("%s: after %.1f s because %q, want after %.0f s because %q", test.reason, took, over.Seen, test.after, test.seen)
		}
	}
}

// A silent connection swallows what is said while it is told to.
type silent struct {
	net.Conn
	told *atomic.Bool
}

func (s *silent) Write(p []byte) (int, error) {
	if s.told.Load() {
		return len(p), nil
	}
	return s.Conn.Write(p)
}

// A server that stands still is given up by what is asked, long before its
// connections are: however buyers come, and whether or not they ever hear of it.
func TestAbortOfAServerThatStandsStill(t *testing.T) {
	for _, load := range []string{
		"--arrivals burst --buyers 1000 --conns pool:8", "--arrivals closed:20 --buyers 100000 --conns dedicated",
		"--arrivals poisson:200/s --conns pool:8", "--arrivals poisson:200/s --conns pipelined",
	} {
		for _, test := range []struct {
			timeout, abort string
			trips          bool
		}{
			{"1s", "errors>20% for 2s", true},                                   // each is told after a second
			{"40s", "p99>1500ms for 2s", true}, {"40s", "p99>1h for 1s", false}, // and here nobody is
		} {
			flags := load + " --duration 10s --max-rate 1000/s --sample 0s --seed 1 --timeout " + test.timeout
			switch tail := sellGuarded(t, strings.Fields(flags), test.abort, 500*time.Millisecond); {
			case !test.trips && tail.Ended == history.EndedAborted:
				t.Errorf("%s --abort %s: aborted (%s)", flags, test.abort, tail.Reason)
			case test.trips && (tail.Ended != history.EndedAborted || !strings.HasPrefix(tail.Reason, test.abort)):
				t.Errorf("%s --abort %s: ended %s (%s)", flags, test.abort, tail.Ended, tail.Reason)
			}
		}
	}
}

// Those whom our own limit keeps waiting do not wait for the server.
func TestNobodyAbortsForTheLimit(t *testing.T) {
	for _, conns := range []string{"pool:2", "dedicated", "pipelined:1"} {
		tail := sellGuarded(t, strings.Fields("--buyers 5 --max-rate 0.2/s --sample 0s --seed 1 --conns "+conns), "p50>1s for 1s, errors>0% for 1s", time.Hour)
		if tail.Ended != history.EndedDone {
			t.Errorf("%s: ended %s (%s)", conns, tail.Ended, tail.Reason)
		}
	}
}

// sellGuarded sells on a server that stops answering some time after the opening.
func sellGuarded(t *testing.T, flags []string, abort string, after time.Duration) (tail history.Tail) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var told atomic.Bool
		srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded, InProcess: true, Between: func(c net.Conn) net.Conn { return &silent{c, &told} }})
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		spec, err := parseFlags(append(flags, "--abort", abort))
		if err != nil {
			t.Fatal(err)
		}
		s, err := strategy.Find("once", "")
		if err != nil {
			t.Fatal(err)
		}
		planned, err := scenario.New(t.Context(), "test", spec, s, srv)
		if err != nil {
			t.Fatal(err)
		}
		live := report.NewLive(&planned.Head)
		rec := history.NewRecorder(live)
		ctx, watched := guarded(t.Context(), abort, planned, live)
		go func() {
			for live.Latest(nil).All == 0 {
				time.Sleep(time.Millisecond)
			}
			time.AfterFunc(after, func() { told.Store(true) })
			time.AfterFunc(after+time.Minute, func() { told.Store(false) }) // the audit is to be made
		}()
		tail, err = planned.Run(ctx, rec, func(history.Event) {})
		watched()
		if closeErr := rec.Close(); err != nil || closeErr != nil {
			t.Fatal(err, closeErr)
		}
	})
	return tail
}

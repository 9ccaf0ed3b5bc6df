package scenario

import (
	"context"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// realServer is a private Redis of one test.
func realServer(t *testing.T) *server.Server {
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

// sell runs a sale of once on a server.
func sell(t *testing.T, srv *server.Server, change func(*Spec)) *ran {
	t.Helper()
	once, err := strategy.Find("once", "")
	if err != nil {
		t.Fatal(err)
	}
	planned, err := New(t.Context(), "test", good(change), once, srv)
	if err != nil {
		t.Fatal(err)
	}
	out := &ran{head: planned.Head}
	rec := history.NewRecorder((*all)(&out.attempts))
	out.tail, err = planned.Run(t.Context(), rec, func(e history.Event) { out.events = append(out.events, e) })
	if closeErr := rec.Close(); err != nil || closeErr != nil {
		t.Fatal(err, closeErr)
	}
	return out
}

// carried is how long all attempts were served, together.
func (r *ran) carried() (ns int64) {
	for _, a := range r.attempts {
		if a.Call != history.Never {
			ns += a.Return - a.Call
		}
	}
	return ns
}

// TestWhatIsMeasured holds the figures of a run on a real server against what
// must be, whatever the machine is busy with.
func TestWhatIsMeasured(t *testing.T) {
	srv := realServer(t)
	r := sell(t, srv, func(s *Spec) { arrivals("closed:50")(s); s.Buyers, s.Conns = new(int64(20000)), conn.Pool(8) })
	d, l := &r.tail.Driver, r.tail.Links
	var last int64
	for _, a := range r.attempts {
		last = max(last, a.Return)
	}
	if d.Time < last || d.CPU <= 0 || d.CPUs < 1 || d.MaxRSS <= 0 || d.Files <= 0 || d.Bound != "" {
		t.Errorf("driver: %+v; the last return is at %d", d, last)
	}
	if l == nil || l.Seats != 8 || l.Sent != 20000 || l.Further != 0 || l.Samples == 0 || l.Busy > 8 || l.Busy != l.InFlight {
		t.Fatalf("links: %+v", l)
	}
	if off := math.Abs(float64(l.Held - r.carried())); off > .02*float64(l.Held)+50e6 {
		t.Errorf("by the gauge exchanges took %v, by the record %v", time.Duration(l.Held), time.Duration(r.carried()))
	}
	if len(r.tail.Served) != 1 || len(r.tail.Untold) > 0 {
		t.Fatalf("served: %+v, untold %v", r.tail.Served, r.tail.Untold)
	}
	s := &r.tail.Served[0]
	if s.Calls["evalsha"].Calls != 20000 || s.Time < last || s.MainThread == nil || *s.MainThread <= 0 || s.CPU == nil || *s.CPU < *s.MainThread-2*s.Resolution {
		t.Errorf("served: %+v", s)
	}
	if p50 := s.Latency["evalsha"]["p50"]; p50 <= 0 {
		t.Errorf("latency: %v", s.Latency)
	}
	if stats, err := srv.Do(t.Context(), "INFO", "commandstats"); err != nil || strings.Contains(stats.(string), "cmdstat_exists") {
		t.Errorf("the statistics are those since before the opening: %v, %v", stats, err)
	}
	b := r.tail.Baseline
	if b == nil || b.Ping == nil || b.NoOp == nil || len(b.Refused) > 0 || b.Ping.Count < 1 || b.Ping.P50 <= 0 || b.NoOp.Mean <= 0 || b.NoOp.Max < b.NoOp.P50 {
		t.Errorf("baseline: %+v", b)
	}
}

// TestMeasuredLotByLot: the audits between the lots are not in it.
func TestMeasuredLotByLot(t *testing.T) {
	srv := realServer(t)
	r := sell(t, srv, func(s *Spec) {
		arrivals("closed:4,4")(s)
		s.Items, s.Buyers, s.Attempts = new(int64(6)), new(int64(120)), exactly(1)
	})
	if l := r.tail.Links; l.Sent-l.Further != int64(len(r.attempts)) || len(r.tail.Served) != 1 || r.tail.Served[0].Calls["evalsha"].Calls != int64(len(r.attempts)) {
		t.Errorf("%d attempts; %+v, %+v", len(r.attempts), l, r.tail.Served)
	}
}

// TestFurtherExchanges: what is no attempt's first is counted apart.
func TestFurtherExchanges(t *testing.T) {
	r := run(t, t.Context(), "once", func(s *Spec) { s.Buyers, s.Stock = new(int64(40)), exactly(30) }, func(_ *server.Server, s *strategy.Strategy) {
		s.Call = waitAfter(s.Call, 1, time.Millisecond)
	})
	if l := r.tail.Links; l.Sent-l.Further != 40 || l.Further != 30 {
		t.Errorf("40 attempts of which 30 asked twice: %+v", l)
	}
}

// A refusing server is a user without some rights on a real one.
func refusing(t *testing.T, rights ...any) *server.Server {
	t.Helper()
	real := realServer(t)
	if _, err := real.Do(t.Context(), append([]any{"ACL", "SETUSER", "shy", "on", ">pw", "~*", "&*", "+@all"}, rights...)...); err != nil {
		t.Fatal(err)
	}
	shy, err := server.Open(t.Context(), server.Options{Server: "redis://shy:pw@" + strings.TrimPrefix(real.Address, "redis://")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shy.Close() })
	return shy
}

// TestARefusedQuestionHarmsNoSale: what a server does not tell is missing from the
// record, and named.
func TestARefusedQuestionHarmsNoSale(t *testing.T) {
	for _, test := range []struct {
		refused          string
		ping, noop, info bool
	}{
		{"-ping", false, true, true},
		{"-info", true, true, false},
		{"-slowlog", true, true, true},
		{"-config", true, true, true},
	} {
		r := sell(t, refusing(t, test.refused), func(s *Spec) { s.Buyers = new(int64(30)) })
		b := r.tail.Baseline
		if len(r.attempts) != 30 || r.tail.Ended != history.EndedDone {
			t.Errorf("%s: %d attempts, ended %s", test.refused, len(r.attempts), r.tail.Ended)
		}
		if (b.Ping != nil) != test.ping || (b.NoOp != nil) != test.noop || (len(b.Refused) > 0) != (!test.ping || !test.noop) {
			t.Errorf("%s: baseline %+v", test.refused, b)
		}
		if (len(r.tail.Served) == 1) != test.info {
			t.Errorf("%s: served %+v", test.refused, r.tail.Served)
		}
		named := slices.ContainsFunc(slices.Concat(r.tail.Untold, b.Refused, r.head.Server.Refused), func(text string) bool {
			return strings.Contains(strings.ToLower(text), test.refused[1:])
		})
		if !named {
			t.Errorf("%s is named nowhere: %v, %v", test.refused, r.tail.Untold, b.Refused)
		}
	}
}

// still are links on which so much goes on, whatever is sent.
type still struct {
	conn.Links
	load conn.Load
}

func (s *still) Load() conn.Load { return s.load }

// TestTheGaugeIsReadAtRandom: in a time that stands still, readings come 10 ms
// apart in the mean and keep step with nothing.
func TestTheGaugeIsReadAtRandom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		links := &still{load: conn.Load{Open: 9, Busy: 4, InFlight: 7}}
		m := &meter{links: links}
		m.start(context.Background())
		time.Sleep(20 * time.Second)
		m.settle(context.Background())
		var tail history.Tail
		m.tell(&tail, 9, 3)
		l := tail.Links
		if math.Abs(float64(l.Samples)-2000) > 5*math.Sqrt(2000) || l.Late != 0 {
			t.Errorf("%d readings in 20 s, late %d ns; want about 2000", l.Samples, l.Late)
		}
		if l.Open != 9 || l.Busy != 4 || l.InFlight != 7 || l.Spread > 1e-6 || l.Seats != 9 || l.Further != 3 || tail.Driver.Time != int64(20*time.Second) {
			t.Errorf("%+v, open for %d", l, tail.Driver.Time)
		}
		m.start(context.Background())
		time.Sleep(5 * time.Second)
		m.pause()
		m.settle(context.Background())
		m.settle(context.Background()) // nothing was measured since
		if m.driver.Time != int64(25*time.Second) {
			t.Errorf("25 s were measured, and it says %v", time.Duration(m.driver.Time))
		}
	})
}

// TestLotsAreSummed: what was measured in one lot is added to what was in others.
func TestLotsAreSummed(t *testing.T) {
	links := &still{}
	m := &meter{links: links}
	for range 2 {
		links.load.Sent, links.load.Held = links.load.Sent+100, links.load.Held+time.Hour // an audit
		m.start(t.Context())
		links.load.Sent, links.load.Held = links.load.Sent+7, links.load.Held+time.Second
		m.settle(t.Context())
		m.add(&server.Use{Time: 3, CPU: new(time.Duration(2)), Slow: new(int64(1)), Calls: map[string]server.Calls{"get": {Calls: 5, Rejected: 1, Time: 9}}})
	}
	var tail history.Tail
	m.tell(&tail, 0, 0)
	if l := tail.Links; l.Sent != 14 || l.Held != int64(2*time.Second) {
		t.Errorf("%+v", l)
	}
	s := &tail.Served[0]
	if s.Time != 6 || *s.CPU != 4 || *s.Slow != 2 || s.MainThread != nil || s.Calls["get"] != (history.Calls{Calls: 10, Rejected: 2, Time: 18}) {
		t.Errorf("%+v", s)
	}
}

func TestReadingsOfWhatAlternates(t *testing.T) {
	var r readings
	for i := range 100 {
		r.add(conn.Load{InFlight: 10 * (i % 2), Busy: i % 2, Open: 3}, time.Duration(i))
	}
	m := meter{readers: r}
	var tail history.Tail
	m.tell(&tail, 1, 0)
	if l := tail.Links; l.InFlight != 5 || l.Spread != 5 || l.Busy != .5 || l.Open != 3 || l.Late != 49 {
		t.Errorf("%+v", l)
	}
}

func TestRoundTripsAreSummarized(t *testing.T) {
	got := summarized([]int64{50, 10, 30, 20, 1000})
	if *got != (history.RoundTrips{Count: 5, P50: 30, Mean: 222, Max: 1000}) {
		t.Errorf("%+v", got)
	}
}

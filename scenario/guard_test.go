package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
)

func TestMaxRateOn(t *testing.T) {
	ours, theirs := &server.Server{Kind: server.Spawned}, &server.Server{Kind: server.Remote}
	for _, test := range []struct {
		reason string
		spec   Spec
		on     *server.Server
		want   arrival.Rate
	}{
		{"on ours none", Spec{}, ours, 0},
		{"unless it is given", Spec{MaxRate: 7}, ours, 7},
		{"on others some", Spec{}, theirs, 10_000},
		{"that can be chosen", Spec{MaxRate: 20_000}, theirs, 20_000},
		{"and lifted", Spec{OwnServer: true}, theirs, 0},
		{"or lifted and chosen", Spec{OwnServer: true, MaxRate: 5}, theirs, 5},
	} {
		if got := test.spec.MaxRateOn(test.on); got != test.want {
			t.Errorf("%s: %v, want %v", test.reason, got, test.want)
		}
	}
}

// simulatedSale is a sale on the embedded server, in the time of a bubble.
func simulatedSale(t *testing.T, spec Spec) (attempts []history.Attempt, tail history.Tail, head history.Head) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded, InProcess: true})
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		planned, err := New(t.Context(), "test", spec, scriptOf(t, spec.Script), srv)
		if err != nil {
			t.Fatal(err)
		}
		rec := history.NewRecorder((*all)(&attempts))
		tail, err = planned.Run(t.Context(), rec, func(history.Event) {})
		if closeErr := rec.Close(); err != nil || closeErr != nil {
			t.Fatal(err, closeErr)
		}
		if n := planned.Outstanding(); n != 0 {
			t.Errorf("%d attempts are outstanding when all have left", n)
		}
		head = planned.Head
	})
	return attempts, tail, head
}

// The limit moves calls and nothing else: everybody is due when he was, however
// the server is reached and whatever an attempt consists of.
func TestMaxRateLeavesDueAlone(t *testing.T) {
	const rate, n = 400, 300
	for _, mode := range []conn.Mode{conn.Pool(1), conn.Pool(16), conn.Dedicated, conn.Pipelined(1), conn.Pipelined(4)} {
		for _, script := range []string{"once", "watch"} { // watch takes a connection of its own, and several commands
			t.Run(fmt.Sprint(mode, " ", script), func(t *testing.T) {
				spec := good(func(s *Spec) {
					arrivals("poisson:1000/s")(s)
					s.Script, s.Conns, s.Buyers, s.Stock, s.Timeout = script, mode, new(int64(n)), exactly(n), time.Minute
				})
				free, _, _ := simulatedSale(t, spec)
				spec.MaxRate = rate
				limited, tail, head := simulatedSale(t, spec)
				if a, b := dues(free), dues(limited); len(a) != n || !slices.Equal(a, b) {
					t.Fatalf("%d were due, and %d with the limit, or at other instants", len(a), len(b))
				}
				var calls []int64
				var late int64
				for _, a := range limited {
					if a.Outcome != sale.OK {
						t.Fatalf("one is %s, and everybody is to be served", a.Outcome)
					}
					calls = append(calls, a.Call)
					late += a.Call - a.Due
				}
				slices.Sort(calls)
				const slack = 5 * time.Millisecond
				for i := range calls {
					for j := i + 1; j < len(calls); j++ {
						if most := rate*(time.Duration(calls[j]-calls[i])+slack).Seconds() + 1; float64(j-i+1) > most+1e-6 {
							t.Fatalf("%d calls in %v", j-i+1, time.Duration(calls[j]-calls[i]))
						}
					}
				}
				if length, want := time.Duration(calls[n-1]), time.Second*(n-3)/rate; length < want || length > want+50*time.Millisecond {
					t.Errorf("the last call was after %v, want about %v", length, want)
				}
				l := tail.Links
				if l.MaxRate != rate || l.Limited < n/2 || l.Kept > late || l.Kept < late*9/10 {
					t.Errorf("of %v lateness the limit made %v, with %d kept", time.Duration(late), time.Duration(l.Kept), l.Limited)
				}
				if !strings.Contains(head.Scenario, "max_rate: 400/s") {
					t.Error("the scenario as run does not have the limit")
				}
			})
		}
	}
}

func dues(attempts []history.Attempt) (all []int64) {
	for _, a := range attempts {
		all = append(all, a.Due)
	}
	slices.Sort(all)
	return all
}

// Nobody waits for the limit when the doors have closed.
func TestMaxRateBehindClosedDoors(t *testing.T) {
	for _, mode := range []conn.Mode{conn.Pool(4), conn.Dedicated, conn.Pipelined(2)} {
		for _, script := range []string{"once", "watch"} {
			attempts, tail, _ := simulatedSale(t, good(func(s *Spec) {
				s.Script, s.Conns, s.Buyers, s.MaxRate, s.Duration = script, mode, new(int64(500)), 10, 2*time.Second
			}))
			sent, left := 0, 0
			for _, a := range attempts {
				switch {
				case a.Outcome == sale.Dropped && a.Call == history.Never:
					left++
				case a.Call > int64(2*time.Second):
					t.Errorf("%v %s: one was called %v after the opening", mode, script, time.Duration(a.Call))
				default:
					sent++
				}
			}
			if tail.Ended != history.EndedDuration || sent < 19 || sent > 22 || sent+left != 500 {
				t.Errorf("%v %s: ended %s, %d sent, %d left; want about 20 in 2 s, of 500", mode, script, tail.Ended, sent, left)
			}
		}
	}
}

// declining answers with an error reply.
type declining struct {
	answering
	text string
	sent atomic.Int64
}

func (l *declining) RoundTrip(context.Context, []any) conn.Exchange {
	l.sent.Add(1)
	return conn.Exchange{Sent: l.now(), Read: l.now(), Err: replyError(l.text)}
}

func (l *declining) Take(ctx context.Context) (conn.Link, error) { return l, ctx.Err() }

// A replyError is an error reply of a server's.
type replyError string

func (e replyError) Error() string { return string(e) }
func (replyError) RedisError()     {}

func TestRefusalsCloseTheDoors(t *testing.T) {
	const inScript = " script: 0123456789012345678901234567890123456789, on @user_script:3."
	for _, test := range []struct {
		reason, text, means string
		change              func(*Spec)
		closes              bool
	}{
		{"out of memory", "OOM command not allowed when used memory > 'maxmemory'.", "no memory left", nil, true},
		{"inside a script", "OOM command not allowed when used memory > 'maxmemory'." + inScript, "no memory left", nil, true},
		{"inside a script of old", "ERR Error running script (call to f_0123456789012345678901234567890123456789): @user_script:3: -OOM command not allowed", "no memory left", nil, true},
		{"reading its data", "LOADING Redis is loading the dataset in memory", "started again", nil, true},
		{"a replica", "READONLY You can't write against a read only replica.", "another server is the primary", nil, true},
		{"a replica alone", "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "lost its primary", nil, true},
		{"no quorum", "CLUSTERDOWN The cluster is down", "too few masters", nil, true},
		{"a full disk", "MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.", "cannot save", nil, true},
		{"busy: passes", "BUSY Redis is busy running a script.", "", nil, false},
		{"a slot on its way: passes", "TRYAGAIN Multiple keys request during rehashing of slot", "", nil, false},
		{"replicas that lag: passes", "NOREPLICAS Not enough good replicas to write.", "", nil, false},
		{"a word that only begins so", "OOMPH", "", nil, false},
		{"a script's own", "ERR out of memory", "", nil, false},
		{"memory taken by a fault", "OOM command not allowed", "", faulty("config-set at=1h set=maxmemory=1"), false},
		{"memory taken by a setting", "OOM command not allowed", "", func(s *Spec) { s.ServerConfig = "save=,MaxMemory=3mb" }, false},
		{"another setting", "OOM command not allowed", "no memory left", func(s *Spec) { s.ServerConfig = "maxmemory-policy=noeviction" }, true},
		{"a fault that takes no memory", "OOM command not allowed", "no memory left", faulty("kill at=1h"), true},
		{"a restart by a fault", "LOADING Redis is loading", "", faulty("kill at=1h"), false},
		{"a promotion by a fault", "READONLY You can't write", "", faulty("promote at=1h"), false},
		{"a fault of the wire", "READONLY You can't write", "another server is the primary", faulty("drop-reply share=1%"), true},
		{"a master killed", "CLUSTERDOWN The cluster is down", "", faulty("cluster-failover at=1h"), false},
		{"a setting changed", "MISCONF cannot persist", "", faulty("config-set at=1h set=dir=/nowhere"), false},
	} {
		d, stop := driveOf(t, good(func(s *Spec) { arrivals("closed:1")(s); s.Buyers = new(int64(50)) }))
		if test.change != nil {
			test.change(d.spec)
		}
		link := &declining{answering{d.clock.now, nil}, test.text, atomic.Int64{}}
		d.links = link
		d.playAll()
		word, reason := d.ended()
		switch sent := link.sent.Load(); {
		case test.closes && (word != history.EndedRefused || sent != 1 || !strings.Contains(reason, test.means) || !strings.Contains(reason, test.text)):
			t.Errorf("%s: after %d sent it ended %s (%s), want refused at once because %s", test.reason, sent, word, reason, test.means)
		case !test.closes && (word != history.EndedDone || sent != 50):
			t.Errorf("%s: after %d sent it ended %s (%s), want all 50", test.reason, sent, word, reason)
		}
		stop()
	}
}

// playAll plays every buyer, one after the other, as long as the doors are open.
func (d *drive) playAll() {
	h := d.hand()
	for n := range uint32(d.plan.head.Buyers) {
		if d.doors.Err() == nil {
			d.play(h, n, d.clock.now())
		}
	}
}

// faulty has a scenario name a fault.
func faulty(text string) func(*Spec) {
	return func(s *Spec) {
		s.Faults = make([]fault.Fault, 1)
		if err := s.Faults[0].UnmarshalText([]byte(text)); err != nil {
			panic(err)
		}
	}
}

// What would get round the limit is refused, and so is what would be mistaken for it.
func TestWhatSuitsTheLimit(t *testing.T) {
	slow, fast := &Gateway{Workers: 8, Time: 20 * time.Millisecond}, &Gateway{Workers: 8, Time: time.Millisecond}
	for _, test := range []struct {
		spec Spec
		want string // empty: none
	}{
		{Spec{ClientRetries: 2}, ""},
		{Spec{ClientRetries: 2, MaxRate: 9}, "--client-retries does not go with --max-rate 9/s"},
		{Spec{Gateway: fast}, ""},
		{Spec{Gateway: slow, MaxRate: 400}, ""},
		{Spec{Gateway: slow, MaxRate: 399}, "--gateway 8*20ms carries more"},
		{Spec{Gateway: slow, MaxRate: 500, Background: []Background{{"stock", 101}}}, "--gateway 8*20ms carries more"},
	} {
		err := test.spec.limitSuits()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", test.spec, err, test.want)
		}
	}
	if rate := (&Spec{Gateway: slow, MaxRate: 400}).linkRate(); rate != 0 {
		t.Errorf("the gateway's connections are handed out at %s", rate)
	}
	if rate := (&Spec{MaxRate: 500, Background: []Background{{"stock", 100}}}).linkRate(); rate != 400 {
		t.Errorf("beside reads connections are handed out at %s", rate)
	}
}

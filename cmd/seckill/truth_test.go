package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A reckoned sale is one over a till, and what was reported of it.
type reckoned struct {
	attempts []history.Attempt // in the order in which they were due
	till     *till
	text     string
	reported
}

// reported is what result.json says of the times; one that is null is nil.
type reported struct {
	Throughput float64
	Duration   time.Duration
	Faults     []struct{ At, Until time.Duration }
	Latency    struct{ Response, Service, Lateness times }
}

type times struct {
	Count                                 int64
	NotAnswered                           int64 `json:"not_answered"`
	P50, P90, P99, P999, P9999, Max, Mean *time.Duration
}

// measure runs a whole sale over a till, from the plan to the report, in the
// time of a bubble: it takes exactly as long as is programmed.
func measure(t *testing.T, flags string, cost func(int) time.Duration, s stall) *reckoned {
	t.Helper()
	var m reckoned
	synctest.Test(t, func(t *testing.T) {
		m.till = newTill("{seckill:7}", cost, s)
		defer m.till.close()
		m.run(t, flags)
	})
	return &m
}

func (m *reckoned) run(t *testing.T, flags string) {
	srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded, InProcess: true, Between: m.till.between})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	spec, err := parseSpec("--item 7 --seed 1 --stock 100000 --sample 0s --timeout 60s " + flags)
	if err != nil {
		t.Fatal(err)
	}
	once, err := strategy.Find("once", "")
	if err != nil {
		t.Fatal(err)
	}
	planned, err := scenario.New(t.Context(), "truth", spec, once, srv)
	if err != nil {
		t.Fatal(err)
	}
	var kept history.Memory
	rec := history.NewRecorder(&kept)
	tail, err := planned.Run(t.Context(), rec, kept.Event)
	if err = cmp.Or(err, rec.Close()); err != nil {
		t.Fatal(err)
	}
	h := kept.History(planned.Head, &tail)
	for batch := range h.Batches() {
		m.attempts = append(m.attempts, batch...)
	}
	slices.SortFunc(m.attempts, func(a, b history.Attempt) int {
		return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Return, b.Return))
	})
	m.report(t, h)
}

// report judges the sale, and reads what is written of it.
func (m *reckoned) report(t *testing.T, h *history.History) {
	verdict, err := check.Check(h)
	if err != nil || verdict.Opinion != check.Valid {
		t.Fatal(verdict, err)
	}
	summary, err := report.Summarize(h, verdict)
	if err != nil {
		t.Fatal(err)
	}
	var result, text bytes.Buffer
	if err := cmp.Or(report.WriteJSON(&result, summary), report.WriteText(&text, summary), json.Unmarshal(result.Bytes(), &m.reported)); err != nil {
		t.Fatal(err)
	}
	m.text = strings.Join(strings.Fields(text.String()), " ")
}

// due are the instants at which the attempts were due.
func (m *reckoned) due() []time.Duration {
	due := make([]time.Duration, len(m.attempts))
	for k := range m.attempts {
		due[k] = time.Duration(m.attempts[k].Due)
	}
	return due
}

// near is how far a figure may lie from the truth. A histogram of three digits
// tells a value up to 0.1% too long; nothing else takes time in a bubble, but
// for what a driver may wait so as to wake for several at once.
func near(truth time.Duration) time.Duration { return truth/1000 + 10*time.Microsecond }

// never is the time of an attempt that is not answered.
const never = time.Duration(math.MaxInt64)

// match compares reported times with the true ones, sorted.
func match(t *testing.T, name string, got *times, truth []time.Duration) {
	t.Helper()
	answered, _ := slices.BinarySearch(truth, never)
	if missed := len(truth) - answered; got.Count != int64(len(truth)) || got.NotAnswered != int64(missed) {
		t.Errorf("%s: of %d attempts, %d of them not answered; want %d and %d", name, got.Count, got.NotAnswered, len(truth), missed)
	}
	average := never
	if answered == len(truth) {
		average = time.Duration(mean(truth))
	}
	for _, p := range []struct {
		name   string
		got    *time.Duration
		truth  time.Duration
		beyond float64 // attempts beyond it
	}{
		{"p50", got.P50, quantile(truth, .5), .5}, {"p90", got.P90, quantile(truth, .9), .1},
		{"p99", got.P99, quantile(truth, .99), .01}, {"p99.9", got.P999, quantile(truth, .999), .001},
		{"p99.99", got.P9999, quantile(truth, .9999), .0001},
		{"max", got.Max, truth[len(truth)-1], 1}, {"mean", got.Mean, average, 1},
	} {
		switch told := p.truth != never && p.beyond*float64(len(truth)) > 9.999; {
		case told != (p.got != nil):
			t.Errorf("%s: %s of %d attempts is told: %v", name, p.name, len(truth), p.got != nil)
		case told && (*p.got-p.truth).Abs() > near(p.truth):
			t.Errorf("%s: %s is reported as %v and is %v, %.2f%% away", name, p.name, *p.got, p.truth, 100*(float64(*p.got)/float64(p.truth)-1))
		}
	}
}

// matchLog compares the instants of the record with those that the till wrote
// down: no request comes before its call, and no answer is read before it is given.
func (m *reckoned) matchLog(t *testing.T) {
	t.Helper()
	var called, returned []time.Duration
	for _, a := range m.attempts {
		called, returned = append(called, time.Duration(a.Call)), append(returned, time.Duration(a.Return))
	}
	slices.Sort(called)
	slices.Sort(returned)
	if len(called) != len(m.till.came) {
		t.Fatalf("%d attempts are recorded, and %d came", len(called), len(m.till.came))
	}
	for k := range called {
		came, left := m.till.came[k], m.till.left[k]
		if called[k] > came || came-called[k] > near(0) || returned[k] < left || returned[k]-left > near(0) {
			t.Fatalf("purchase %d came at %v and left at %v; the record has %v and %v", k, came, left, called[k], returned[k])
		}
	}
}

// Open arrivals: response and service are the true ones, with and without stalls.
func TestOpenArrivalsTellTheTruth(t *testing.T) {
	const ms = time.Millisecond
	quick, humps := constantly(400*time.Microsecond), twoHumped(200*time.Microsecond)
	for _, tt := range []struct {
		name, arrivals string
		conns          int
		cost           func(int) time.Duration
		length         time.Duration
	}{
		{"no stall", "constant", 64, quick, 0},
		{"no stall, random", "poisson", 64, humps, 0},
		{"no stall, skewed", "poisson", 4, exponentially(500 * time.Microsecond), 0},
		{"stall", "constant", 64, quick, 100 * ms},
		{"stall", "constant", 1, humps, 500 * ms},
		{"stall", "constant", 64, humps, time.Second},
		{"stall", "constant", 64, constantly(10 * time.Microsecond), 2 * time.Second},
		{"stall", "poisson", 64, humps, 100 * ms},
		{"stall", "poisson", 4, quick, 500 * ms},
		{"stall", "poisson", 64, quick, time.Second},
		{"stall", "poisson", 64, humps, 2 * time.Second},
	} {
		pool := conn.Pool(tt.conns).String()
		t.Run(strings.Join([]string{tt.name, tt.arrivals, pool, tt.length.String()}, " "), func(t *testing.T) {
			t.Parallel()
			s, run := stall{time.Second, tt.length}, "3s"
			if tt.length == 2*time.Second {
				s.at, run = 4*time.Second, "10s" // long enough for p99.9
			}
			m := measure(t, "--arrivals "+tt.arrivals+":1000/s*"+run+" --conns "+pool, tt.cost, s)
			due := m.due()
			if tt.arrivals == "constant" {
				for k := range due {
					due[k] = time.Duration(k) * ms
				}
			}
			left := departures(due, tt.cost, s)
			match(t, "response", &m.Latency.Response, between(due, left))
			match(t, "service", &m.Latency.Service, between(calls(due, left, tt.conns), left))
			match(t, "lateness", &m.Latency.Lateness, between(due, calls(due, left, tt.conns)))
			m.matchLog(t)
		})
	}
}

// Over connections that buyers share the response is as true, each reply is
// stamped when it is read and not when its batch is complete, and a request is
// called before it can leave.
func TestSharedConnectionsTellTheTruth(t *testing.T) {
	cost := twoHumped(400 * time.Microsecond)
	for _, conns := range []string{"pipelined:1", "pipelined:4"} {
		for _, s := range []stall{{}, {time.Second, 500 * time.Millisecond}} {
			m := measure(t, "--arrivals poisson:1000/s*3s --conns "+conns, cost, s)
			due := m.due()
			left := departures(due, cost, s)
			match(t, conns+": response", &m.Latency.Response, between(due, left))
			came := slices.Sorted(slices.Values(m.till.came))
			for k := range m.attempts { // in the order in which they were due, and were served
				a := &m.attempts[k]
				if call := time.Duration(a.Call); call > came[k] || a.Call < a.Due {
					t.Fatalf("%s: purchase %d, due %v, came at %v, and was called at %v", conns, k, due[k], came[k], call)
				}
			}
		}
	}
}

// Buyers who give up during a stall stay in what is told: they count as longer
// than anybody who was answered, and those behind them wait as long as ever.
func TestWhoGivesUpIsNotForgotten(t *testing.T) {
	const conns, cost, timeout = 16, 500 * time.Nanosecond, 1200 * time.Millisecond
	s := stall{time.Second, 2 * time.Second}
	m := measure(t, "--arrivals constant:1000/s*5s --conns pool:16 --timeout "+timeout.String(), constantly(cost), s)
	due := m.due()
	left := departures(due, constantly(cost), s)
	for k := range due { // as many as there are connections hang in the stall until they give up
		if due[k] >= s.at && due[k] < s.at+conns*time.Millisecond {
			left[k] = never
		}
	}
	truth := make([]time.Duration, len(due))
	for k := range due {
		if truth[k] = never; left[k] != never {
			truth[k] = left[k] - due[k]
		}
	}
	slices.Sort(truth)
	match(t, "response", &m.Latency.Response, truth)
}

// A closed loop does not see the buyers who would have come during a stall: N
// are inside, so N meet it, and a percentile below them tells nothing of it. The
// report says that of its figures.
func TestAClosedLoopMissesTheStall(t *testing.T) {
	const inside, cost, length = 10, time.Millisecond, 2 * time.Second
	truth := make([]time.Duration, 4000)
	for k := range truth {
		truth[k] = min(time.Duration(k+1), inside) * cost // the first find a shorter queue
		if k >= len(truth)-inside {
			truth[k] = inside*cost + length
		}
	}
	slices.Sort(truth)
	for _, conns := range []string{"pool:10", "dedicated"} {
		m := measure(t, "--arrivals closed:10 --buyers 4000 --conns "+conns, constantly(cost), stall{2 * time.Second, length})
		match(t, conns+": response", &m.Latency.Response, truth)
		match(t, conns+": service", &m.Latency.Service, truth)
		m.matchLog(t)
		if !strings.Contains(m.text, "not corrected for coordinated omission") {
			t.Errorf("the report does not say what its figures leave out:\n%s", m.text)
		}
	}
}

// In a burst p99 is the length of the queue: 0.99 of the buyers over the throughput.
func TestABurstIsTheLengthOfTheQueue(t *testing.T) {
	const buyers = 5000
	for _, cost := range []func(int) time.Duration{constantly(20 * time.Microsecond), twoHumped(10 * time.Microsecond)} {
		m := measure(t, "--arrivals burst --buyers 5000 --conns pool:64", cost, stall{})
		due := make([]time.Duration, buyers)
		left := departures(due, cost, stall{})
		match(t, "response", &m.Latency.Response, between(due, left))
		match(t, "service", &m.Latency.Service, between(calls(due, left, 64), left))
		m.matchLog(t)
		want := .99 * buyers / m.Throughput
		if got := m.Latency.Response.P99.Seconds(); math.Abs(got-want) > .01*want {
			t.Errorf("p99 of the burst is %v s, and the queue was %v s long", got, want)
		}
		if !strings.Contains(m.text, "a response time is the length of the queue") {
			t.Errorf("the report does not say what its figures are:\n%s", m.text)
		}
	}
}

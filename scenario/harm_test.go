package scenario

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

var (
	harms    = flag.Int("harms", 9, "sales that are harmed in ways that lose nothing")
	harmTime = flag.Duration("harmtime", 2*time.Second, "how long every kind of fault goes on in a random order")
	harmRuns = flag.Int("harmruns", 3, "how often")
)

// grounds are the servers that sales are harmed on, with what can be done there.
var grounds = []struct {
	topology server.Topology
	// harmless are faults after which a server has all it ever said.
	harmless, harmful []string
}{
	{server.Standalone,
		[]string{"kill", "term", "restart"},
		[]string{"cut-aof bytes=1000", "config-set set=maxmemory=1,maxmemory-policy=allkeys-random"}},
	{server.Replicas(1),
		[]string{"kill", "kill target=replica", "pause target=replica", "restart"},
		[]string{"promote", "promote lag=20ms", "split-brain", "split-brain lag=20ms"}},
	{server.Masters(3),
		[]string{"kill", "kill target=node:2", "pause target=node:4"},
		[]string{"cluster-failover", "cluster-failover lag=20ms"}},
}

// Faults that any server can have.
var (
	harmless = []string{
		"pause", "client-pause", "client-kill", "script-flush", "function-flush", "busy-script",
		"drop-reply share=5%", "drop-request share=5%", "delay-request share=5% delay=30ms", "hold share=5% delay=30ms", "reset share=5%",
		"tiny-timeout share=20% delay=1ms", "cancel share=20% delay=3ms",
	}
	harmful = []string{"acl set=-sadd", "acl set=-evalsha", "expire-key target=stock", "delete-key target=buyers", "wrong-type target=stock"}
)

// timeline draws faults, one after the other and some at the same time.
func timeline(t *testing.T, rng *rand.Rand, of []string, length time.Duration) (faults []fault.Fault) {
	t.Helper()
	for at := 100 * time.Millisecond; at < length; at += time.Duration(rng.Int64N(int64(250 * time.Millisecond))) {
		var f fault.Fault
		if err := f.UnmarshalText([]byte(of[rng.IntN(len(of))])); err != nil {
			t.Fatal(err)
		}
		f.At = at
		if f.Lasts() {
			f.For = time.Duration(10+rng.IntN(150)) * time.Millisecond
		}
		faults = append(faults, f)
	}
	return faults
}

// harmed runs a sale that lasts a while on a server of its own, and judges it.
func harmed(t *testing.T, script string, topology server.Topology, length time.Duration, seed uint64, faults []fault.Fault) (*ran, check.Verdict) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil && os.Getenv("CI") == "" {
		t.Skip("no redis-server on PATH")
	}
	strat, err := strategy.Find(script, "")
	if err != nil {
		t.Fatal(err)
	}
	const rate = 3000
	spec := good(func(s *Spec) {
		s.Server, s.Topology, s.Faults, s.Seed = "redis-server", topology, faults, &seed
		s.Conns, s.Timeout, s.Retries, s.Sample = conn.Pool(32), 200*time.Millisecond, 1, 5*time.Millisecond
		if seed%2 == 0 {
			s.Conns = conn.Pipelined(2)
		}
		arrivals(fmt.Sprintf("constant:%d/s", rate))(s)
		s.Arrivals.Model = arrival.Open
		s.Buyers, s.Attempts = new(int64(length.Seconds()*rate)), Range{1, 2}
		s.Stock = exactly(*s.Buyers * 2 / 3)
	})
	if strat.Terms.RetrySafe == sale.RetryNone {
		spec.Retries = 0
	}
	// With everysec a server keeps its writes back while an fsync goes on, and a
	// kill loses them.
	srv, err := server.Open(t.Context(), server.Options{
		Server: spec.Server, MaxClients: 64, Topology: topology, Config: []string{"appendonly yes", "appendfsync no"}, HoldableReplication: fault.NeedHold(faults),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	planned, err := New(t.Context(), "harmed", spec, strat, srv)
	if err != nil {
		t.Fatal(err)
	}
	memory := new(history.Memory)
	rec := history.NewRecorder(memory)
	tail, err := planned.Run(t.Context(), rec, memory.Event)
	if closed := rec.Close(); err != nil || closed != nil {
		t.Fatal(err, closed)
	}
	h := memory.History(planned.Head, &tail)
	verdict, err := check.Check(h)
	if err != nil {
		t.Fatal(err)
	}
	out := &ran{tail: tail, head: planned.Head, events: h.Events}
	for batch := range h.Batches() {
		out.attempts = append(out.attempts, slices.Clone(batch)...)
	}
	if keys, err := srv.Keyspace(t.Context()); err != nil || len(keys) > 0 {
		t.Errorf("left on the server: %v, %v", keys, err)
	}
	if err := srv.Close(); err != nil {
		t.Errorf("closing the server: %v", err)
	}
	return out, verdict
}

// Faults that lose nothing break no rule of a script that is right.
func TestNoFaultAccusesARightScript(t *testing.T) {
	scripts := []string{"once", "request", "limited"}
	for i := range *harms {
		seed := uint64(i + 1)
		ground := grounds[i%len(grounds)]
		script := scripts[i/len(grounds)%len(scripts)]
		t.Run(fmt.Sprintf("%s %s %d", script, ground.topology, seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 4))
			faults := timeline(t, rng, slices.Concat(harmless, ground.harmless), 1200*time.Millisecond)
			r, verdict := harmed(t, script, ground.topology, 1500*time.Millisecond, seed, faults)
			for _, broken := range verdict.Violations {
				t.Errorf("%s, %d times: %s", broken.Rule, broken.Count, broken.Cases[0].Message)
			}
			if undone := slices.DeleteFunc(r.tail.Undone, chance); len(undone) > 0 || r.count(sale.OK) == 0 {
				t.Errorf("%d sold; undone: %q", r.count(sale.OK), undone)
			}
			if t.Failed() {
				t.Logf("faults: %v", faults)
			}
		})
	}
}

// Whatever happens, the sale ends by itself, everything is healed, and nothing
// is left: no process, no port, no folder, no key.
func TestEveryFaultHeals(t *testing.T) {
	for i := range *harmRuns {
		seed := uint64(i + 1)
		ground := grounds[i%len(grounds)]
		t.Run(fmt.Sprintf("%s %d", ground.topology, seed), func(t *testing.T) {
			folders := t.TempDir()
			t.Setenv("TMPDIR", folders)
			rng := rand.New(rand.NewPCG(seed, 5))
			faults := timeline(t, rng, slices.Concat(harmless, harmful, ground.harmless, ground.harmful), *harmTime)
			r, _ := harmed(t, "once", ground.topology, *harmTime+500*time.Millisecond, seed, faults)
			for _, e := range r.events {
				if e.Kind == history.EventFault && e.Until == history.Never {
					t.Errorf("not healed: %+v", e)
				}
			}
			if r.tail.Ended != history.EndedDone || r.tail.AuditsDiffer || slices.ContainsFunc(r.tail.Undone, func(s string) bool { return !chance(s) && !strings.Contains(s, "could not be done") }) {
				t.Errorf("ended %q, %q; audits differ: %v; undone %q; warnings %q", r.tail.Ended, r.tail.Reason, r.tail.AuditsDiffer, r.tail.Undone, r.tail.Warnings)
			}
			if left, err := os.ReadDir(folders); err != nil || len(left) > 0 {
				t.Errorf("folders left: %v, %v", left, err)
			}
			address := strings.TrimPrefix(r.head.Server.Address, "redis://")
			if c, err := net.Dial("tcp", address); err == nil {
				c.Close()
				t.Errorf("somebody still listens at %s", address)
			}
			if t.Failed() {
				t.Logf("faults: %v", faults)
			}
		})
	}
}

// chance reports whether it was chance that a fault did not matter: it was due
// when the sale was over, because another one took longer than it was to, or it
// was too short for anybody to be hit.
func chance(undone string) bool {
	return strings.HasPrefix(undone, "the sale was over before ") || strings.HasSuffix(undone, " met nobody")
}

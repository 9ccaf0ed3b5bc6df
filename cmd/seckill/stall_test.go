package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/lua"
	"github.com/seckill-bench/seckill/scenario/server"
)

const (
	stallRate  = 1000 // arrivals a second
	stallRun   = 10 * time.Second
	stallBegin = 4 * time.Second
	stallTime  = 2 * time.Second
)

// spread is p50, p90, p99 and the maximum.
type spread [4]time.Duration

// A tool is one that tells percentiles of a stalled run.
type tool struct {
	name, arrivals string
	// measure makes one run.
	measure func(b *testing.B, of *tool) round
	rounds  []round
}

// A round is what a tool tells of one run.
type round struct {
	spread
	// stalled is how long the server stood still, and service how long it took for
	// a purchase when it did not.
	stalled, service time.Duration
}

// BenchmarkStall has each tool in turn ask a redis-server for ten seconds, of
// which the server is stopped for two, and prints the percentiles that each tells,
// as medians of the rounds (-benchtime 5x), below those that arrivals at a constant
// rate meet by the formula: there a purchase takes as long as in the closed loop of
// the same driver. It reports how far ours are from that.
func BenchmarkStall(b *testing.B) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		b.Skip(err)
	}
	tools := []*tool{
		{name: "seckill", arrivals: fmt.Sprintf("constant:%d/s", stallRate), measure: ofSeckill},
		{name: "seckill", arrivals: fmt.Sprintf("poisson:%d/s", stallRate), measure: ofSeckill},
		{name: "seckill", arrivals: "closed:50", measure: ofSeckill},
	}
	for _, name := range []string{"redis-benchmark", "valkey-benchmark"} {
		if _, err := exec.LookPath(name); err == nil {
			tools = append(tools, &tool{name: name, arrivals: "closed loop of 50", measure: theirs})
		}
	}
	truth := &tool{name: "by the formula", arrivals: "constant"}
	for b.Loop() {
		for _, t := range tools {
			t.rounds = append(t.rounds, t.measure(b, t))
		}
		truth.rounds = append(truth.rounds, formula(last(tools[0]).stalled, last(tools[2]).service))
	}
	for i, name := range []string{"p90", "p99"} {
		var off []float64
		for k, round := range truth.rounds {
			off = append(off, 100*(tools[0].rounds[k].spread[i+1].Seconds()/round.spread[i+1].Seconds()-1))
		}
		slices.Sort(off)
		b.ReportMetric(off[len(off)/2], name+"-%off")
	}
	b.ReportMetric(0, "ns/op")
	b.Log("\n" + stallTable(slices.Insert(tools, 0, truth)))
}

func last(t *tool) *round { return &t.rounds[len(t.rounds)-1] }

// formula is what arrivals at a constant rate meet.
func formula(stalled, service time.Duration) round {
	r := round{stalled: stalled, service: service}
	for i, q := range []float64{.5, .9, .99, 1} {
		response, slow := stalledQuantile(q, stall{stallBegin, stalled}, service, stallRate, stallRun)
		if r.spread[i] = service; slow {
			r.spread[i] = response
		}
	}
	return r
}

// median is that of the rounds, figure by figure.
func (t *tool) median(figure int) time.Duration {
	var values []time.Duration
	for _, round := range t.rounds {
		values = append(values, round.spread[figure])
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// stallTable is the table, in the ten lines at most that a benchmark may log.
func stallTable(tools []*tool) string {
	var table strings.Builder
	fmt.Fprintf(&table, "%-17s %-17s %9s %9s %9s %9s\n", "ms", "arrivals", "p50", "p90", "p99", "max")
	for _, t := range tools {
		fmt.Fprintf(&table, "%-17s %-17s", t.name, t.arrivals)
		for i := range len(spread{}) {
			fmt.Fprintf(&table, " %9.2f", float64(t.median(i))/1e6)
		}
		table.WriteByte('\n')
	}
	return table.String()
}

// ofSeckill is what result.json tells of the response times.
func ofSeckill(b *testing.B, of *tool) round {
	dir := filepath.Join(b.TempDir(), "r")
	length := "*" + stallRun.String()
	extra := []string{}
	if strings.HasPrefix(of.arrivals, "closed") {
		length, extra = "", []string{"--duration", stallRun.String(), "--buyers", "5000000"}
	}
	var out bytes.Buffer
	code := Main(b.Context(), b.Context(), append([]string{
		"run", "--server", "redis-server", "--arrivals", of.arrivals + length, "--stock", "5000000", "--timeout", "5s",
		"--fault", fmt.Sprintf("pause at=%v for=%v", stallBegin, stallTime), "--report", "min", "--out", dir,
	}, extra...), &out, &out)
	if code != 0 {
		b.Fatalf("exit code %d: %s", code, out.String())
	}
	var result reported
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err == nil {
		err = json.Unmarshal(text, &result)
	}
	if err != nil {
		b.Fatal(err)
	}
	if len(result.Faults) != 1 {
		b.Fatalf("the server was stopped %d times", len(result.Faults))
	}
	stalled := result.Faults[0].Until - result.Faults[0].At
	r := &result.Latency.Response
	return round{spread{*r.P50, *r.P90, *r.P99, *r.Max}, stalled, (result.Duration - stalled) / time.Duration(r.Count)}
}

// theirs is what redis-benchmark, or its like, tells of the same script on a
// server that is stopped when half of the purchases are made. It has no rate: it
// asks as fast as it can over 50 connections, and so often that this takes about
// as long as the other runs.
func theirs(b *testing.B, of *tool) round {
	srv, err := server.Open(b.Context(), server.Options{Server: "redis-server"})
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Close()
	const trial = 100_000
	begin := time.Now()
	askOnce(b, srv, of.name, trial)
	asks := int(trial / time.Since(begin).Seconds() * (stallRun - stallTime).Seconds())
	stopped := make(chan error, 1)
	go func() { stopped <- stopAfter(b.Context(), srv, trial+asks/2) }()
	told := toldBy(b, askOnce(b, srv, of.name, asks))
	if err := <-stopped; err != nil {
		b.Fatal(err)
	}
	if told[len(told)-1] < stallTime/2 {
		b.Fatalf("the stall fell beside the run of %s", of.name)
	}
	return round{spread: told}
}

// called is how many scripts a server has run, as INFO tells it.
var called = regexp.MustCompile(`cmdstat_evalsha:calls=([0-9]+)`)

// stopAfter stops a server for a while when it has run so many scripts.
func stopAfter(ctx context.Context, srv *server.Server, scripts int) error {
	for n := 0; n < scripts; time.Sleep(10 * time.Millisecond) {
		info, err := srv.Do(ctx, "INFO", "commandstats")
		if err != nil {
			return err
		}
		if m := called.FindStringSubmatch(fmt.Sprint(info)); m != nil {
			n, _ = strconv.Atoi(m[1])
		}
	}
	if err := srv.Nodes()[0].Pause(); err != nil {
		return err
	}
	time.Sleep(stallTime)
	return srv.Nodes()[0].Resume()
}

// askOnce has a tool make purchases with the script once, each of a buyer drawn
// from a thousand million, and returns what it prints.
func askOnce(b *testing.B, srv *server.Server, name string, asks int) string {
	source, err := lua.Files.ReadFile("once.lua")
	if err != nil {
		b.Fatal(err)
	}
	sha, err := srv.Do(b.Context(), "SCRIPT", "LOAD", string(source))
	if err != nil {
		b.Fatal(err)
	}
	const stock, buyers = "{peer}:stock", "{peer}:buyers"
	for _, command := range [][]any{{"DEL", buyers}, {"SET", stock, asks}} {
		if _, err := srv.Do(b.Context(), command...); err != nil {
			b.Fatal(err)
		}
	}
	_, port, err := net.SplitHostPort(srv.Nodes()[0].Address())
	if err != nil {
		b.Fatal(err)
	}
	out, err := exec.CommandContext(b.Context(), name, "-p", port, "-c", "50", "-n", strconv.Itoa(asks), "-r", "1000000000", "--precision", "3",
		"EVALSHA", fmt.Sprint(sha), "2", stock, buyers, "__rand_int__").CombinedOutput()
	if err != nil {
		b.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// told is a line of redis-benchmark's: so many per cent within so many ms.
var told = regexp.MustCompile(`(?m)^([0-9.]+)% <= ([0-9.]+) milliseconds`)

// toldBy reads percentiles from what redis-benchmark prints. It lists the times
// of some shares only; a percentile is the first time listed for its share or more.
func toldBy(b testing.TB, text string) spread {
	var s spread
	for _, m := range told.FindAllStringSubmatch(text, -1) {
		share, _ := strconv.ParseFloat(m[1], 64)
		ms, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			b.Fatal(err)
		}
		at := time.Duration(ms * 1e6)
		for i, wanted := range []float64{50, 90, 99, 100} {
			if share >= wanted && (s[i] == 0 || at < s[i]) {
				s[i] = at
			}
		}
	}
	if slices.Contains(s[:], 0) {
		b.Fatalf("no percentiles in:\n%s", text)
	}
	return s
}

func TestToldBy(t *testing.T) {
	const text = "50.000% <= 0.535 milliseconds (cumulative count 51316)\n" +
		"87.500% <= 0.839 milliseconds (cumulative count 87525)\n93.750% <= 2.927 milliseconds (cumulative count 93766)\n" +
		"100.000% <= 2009.087 milliseconds (cumulative count 100000)\n\nCumulative distribution of latencies:\n" +
		"89.901% <= 1.407 milliseconds (cumulative count 89901)\n90.181% <= 1.503 milliseconds (cumulative count 90181)\n" +
		"99.120% <= 11.103 milliseconds (cumulative count 99120)\n100.000% <= 2010.111 milliseconds (cumulative count 100000)\n"
	if got, want := toldBy(t, text), (spread{535e3, 1503e3, 11103e3, 2009087e3}); got != want {
		t.Errorf("read %v, want %v", got, want)
	}
}

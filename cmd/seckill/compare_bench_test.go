package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/seckill-bench/seckill/lua"
	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/compare"
	"github.com/seckill-bench/seckill/scenario/server"
)

var comparisons = flag.Int("comparisons", 0, "how many comparisons the benchmarks of comparing make; 0: 40 of a script with itself, 20 with a slower one")

// BenchmarkCompareAA compares a script with itself on a real server, 40 times 10
// rounds, and counts the alarms: intervals of the primary metric without 1. Of
// 40 at 95%, two are expected.
//
// BenchmarkCompareSlower compares it, 20 times 20 rounds, with one that has a busy
// loop before it as long as a tenth of what an attempt takes, and counts how
// often that was found.
//
//	go test -run '^$' -bench Compare -benchtime 1x -timeout 2h ./cmd/seckill
func BenchmarkCompareAA(b *testing.B) {
	privateServerFor(b)
	for b.Loop() {
		alarms := 0
		for n := range or(*comparisons, 40) {
			row := compareOnce(b, uint64(1000*n+1), 10, "once", "once")
			if row.Excludes(1) {
				alarms++
			}
			b.Logf("%3d  %s  %d alarms so far", n+1, rowText(row), alarms)
		}
		b.ReportMetric(float64(alarms), "alarms")
	}
}

func BenchmarkCompareSlower(b *testing.B) {
	srv := privateServerFor(b)
	script := filepath.Join(b.TempDir(), "slower.lua")
	slower(b, srv, script)
	for b.Loop() {
		found, ratios := 0, []float64{}
		for n := range or(*comparisons, 20) {
			row := compareOnce(b, uint64(1000*n+1), 20, "once", script)
			if row.Excludes(1) && row.Ratio < 1 {
				found++
			}
			ratios = append(ratios, row.Ratio)
			b.Logf("%3d  %s  %d found so far", n+1, rowText(row), found)
		}
		b.ReportMetric(float64(found), "found")
		b.ReportMetric(median(ratios), "ratio")
	}
}

func or(given, usual int) int {
	if given > 0 {
		return given
	}
	return usual
}

func rowText(row *report.ContrastRow) string {
	return fmt.Sprintf("%s %.3f (%.3f to %.3f), p %.3f", row.Name, row.Ratio, row.Low, row.High, row.P)
}

// privateServerFor starts a server for the calibration; there is no comparing
// without one.
func privateServerFor(b *testing.B) *server.Server {
	b.Helper()
	srv, err := server.Open(b.Context(), server.Options{Server: "redis-server"})
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() { srv.Close() })
	return srv
}

// crowd is the load of each run: a sixth of a second of selling, 500 at once over
// connections by which the server is kept busy, so that what a script costs shows.
var crowd = []string{"--server=redis-server", "--stock=45000", "--buyers=50000", "--arrivals=closed:500", "--conns=pipelined"}

// compareOnce makes one comparison of two scripts and returns what it says of the
// primary metric.
func compareOnce(b *testing.B, seed uint64, most int, scripts ...string) *report.ContrastRow {
	b.Helper()
	list, err := varied([]string{"script=" + strings.Join(scripts, ",")})
	if err != nil {
		b.Fatal(err)
	}
	base, err := parseFlags(crowd)
	if err != nil {
		b.Fatal(err)
	}
	base.Seed = &seed
	variants, err := prepare(list, base, "")
	if err != nil {
		b.Fatal(err)
	}
	c := &compareCmd{Rounds: &most, Spec: base}
	app := &app{ctx: b.Context(), hard: context.Background(), kong: &kong.Context{}, stdout: io.Discard, stderr: io.Discard}
	r := newRounds(app, "flash-sale", c, variants)
	dir, err := os.MkdirTemp("", "seckill-compare-")
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(dir)
	r.res = &results{dir: dir}
	if err := r.runAll(); err != nil {
		b.Fatal(err)
	}
	if err := r.Decide(); err != nil {
		b.Fatal(err)
	}
	if len(r.Undecided) > 0 || r.ExitCode() == exitInvalid {
		b.Fatalf("exit code %d, %q", r.ExitCode(), r.Undecided)
	}
	return &r.Contrasts[0].Rows[0]
}

// slower writes the script once with a busy loop before it that takes a tenth of
// the time that an attempt takes, as measured here.
func slower(b *testing.B, srv *server.Server, script string) {
	b.Helper()
	each := 1e9 / medianRate(b)
	const turns = 20_000_000
	var loops []float64
	for range 5 {
		began := time.Now()
		if _, err := srv.Do(b.Context(), "EVAL", fmt.Sprintf("for i = 1, %d do end return 1", turns), 0); err != nil {
			b.Fatal(err)
		}
		loops = append(loops, float64(time.Since(began))/turns)
	}
	n := int(each / 10 / median(loops))
	b.Logf("an attempt takes %.0f ns, a turn of the loop %.2f ns: %d turns are a tenth", each, median(loops), n)
	source, err := lua.Files.ReadFile("once.lua")
	if err != nil {
		b.Fatal(err)
	}
	contract, err := lua.Files.ReadFile("once.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for path, text := range map[string]string{
		script: fmt.Sprintf("for i = 1, %d do end\n%s", n, source),
		strings.TrimSuffix(script, ".lua") + ".yaml": strings.Replace(string(contract), "once.lua", filepath.Base(script), 1),
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
}

// medianRate is that of the attempts answered per second in six runs.
func medianRate(b *testing.B) float64 {
	b.Helper()
	row := compareOnce(b, 7, compare.MinRounds, "once", "once")
	return median(slices.Concat(row.BaseRounds, row.Rounds))
}

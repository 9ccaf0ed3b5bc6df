package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// A player makes the attempts of one row of the table.
type player struct {
	name string
	// play makes a run; nil: the name is the command line of a tool.
	play func(*stage) (measured, error)
	// duels are with players of the same round.
	duels []duel
	// most is the processor time and memory that it should take at most.
	most measured
}

// A duel is a comparison of rates. Goal is the least ratio wanted; 0: it is
// only told.
type duel struct {
	against string
	goal    float64
}

// measured is what came of a run: attempts a second, and processor time and
// memory of whoever made them, in ns an attempt and bytes (0: not measured).
type measured struct {
	rate, cpu float64
	rss       int64
}

const (
	deepRedis  = "redis-benchmark -c 50 -P 64"
	deepValkey = "valkey-benchmark -c 50 -P 64"
)

// players are in the order of a round: who is compared stands together.
var players = []player{
	{name: "seckill pipelined, 5,000 waiting", play: ours("pipelined", 5000), duels: []duel{{deepRedis, 1}, {deepValkey, 0}, {"redis-benchmark -c 5000", 5}, {"valkey-benchmark -c 5000", 0}}, most: measured{cpu: 2000}},
	{name: deepRedis},
	{name: "seckill pipelined, 100,000 waiting", play: ours("pipelined", 100_000), duels: []duel{{deepRedis, 0.9}}, most: measured{rss: 512 << 20}},
	{name: deepValkey},
	{name: "seckill pipelined, 1,000,000 waiting", play: ours("pipelined", 1_000_000), duels: []duel{{deepRedis, 0}}},
	{name: "redis-benchmark -c 5000"},
	{name: "valkey-benchmark -c 5000"},
	{name: "seckill pool:50, 5,000 waiting", play: ours("pool:50", 5000), duels: []duel{{"redis-benchmark -c 50", 0.75}, {"valkey-benchmark -c 50", 0}, {"go-redis, 50 goroutines", 0}}},
	{name: "redis-benchmark -c 50"},
	{name: "go-redis, 50 goroutines", play: goRedis(50), duels: []duel{{"redis-benchmark -c 50", 0}}},
	{name: "valkey-benchmark -c 50"},
	{name: "Go sockets, 50 goroutines", play: sockets(50), duels: []duel{{"redis-benchmark -c 50", 0}}},
	{name: "seckill dedicated, 1,000 waiting", play: ours("dedicated", 1000), duels: []duel{{"redis-benchmark -c 1000", 0.85}, {"valkey-benchmark -c 1000", 0}, {"go-redis, 1,000 goroutines", 0}}},
	{name: "redis-benchmark -c 1000"},
	{name: "go-redis, 1,000 goroutines", play: goRedis(1000), duels: []duel{{"redis-benchmark -c 1000", 0}}},
	{name: "Go sockets, 1,000 goroutines", play: sockets(1000), duels: []duel{{"redis-benchmark -c 1000", 0}}},
	{name: "valkey-benchmark -c 1000"},
}

// BenchmarkPeers has seckill and other tools make the same attempts in turn, on
// one private server: the script once, a new buyer for each attempt, units for
// all. It prints a table of medians, and of the ratios within each round. Run
// it with -benchtime 5x or more.
func BenchmarkPeers(b *testing.B) {
	s := openStage(b)
	only := regexp.MustCompile(*benchRows)
	if !slices.ContainsFunc(players, func(p player) bool { return only.MatchString(p.name) }) {
		b.Fatalf("no row matches %q", *benchRows)
	}
	results := map[string][]measured{}
	failed := map[string]error{}
	for round := 0; b.Loop(); round++ {
		for i := range players {
			p := players[i]
			if round%2 == 1 { // whoever comes later must not always be the same
				p = players[len(players)-1-i]
			}
			if !only.MatchString(p.name) || failed[p.name] != nil {
				continue
			}
			s.clear()
			got, err := play(s, &p)
			if failed[p.name] = err; err == nil {
				results[p.name] = append(results[p.name], got)
				fmt.Fprintf(os.Stderr, "%-40s %8.0f/s %6.2f µs CPU %5d MiB\n", p.name, got.rate, got.cpu/1000, got.rss>>20)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	fmt.Println()
	printRates(s, results, failed)
	printRatios(results)
}

// play makes one run.
func play(s *stage, p *player) (measured, error) {
	if p.play == nil {
		return runTool(s, strings.Fields(p.name))
	}
	return p.play(s)
}

func printRates(s *stage, results map[string][]measured, failed map[string]error) {
	rounds := 0
	for _, all := range results {
		rounds = max(rounds, len(all))
	}
	fmt.Printf("%d attempts a run, on %s; medians of %d rounds, all closed loop.\n\n", *benchAttempts, s.about, rounds)
	w := newTable("", "attempts/s, closed loop", "lowest–highest", "CPU an attempt", "peak memory")
	for _, p := range players {
		if failed[p.name] != nil {
			w.row(p.name, "not run: "+failed[p.name].Error(), "", "", "")
		}
		all := results[p.name]
		if len(all) == 0 {
			continue
		}
		rates, cpu, rss := columns(all)
		memory := "–"
		if peak := slices.Max(rss); peak > 0 {
			memory = fmt.Sprintf("%.0f MiB", peak/(1<<20)) + within(peak, float64(p.most.rss), "%.0f MiB", 1<<20)
		}
		w.row(p.name, fmt.Sprintf("%.0f", median(rates)), fmt.Sprintf("%.0f–%.0f", slices.Min(rates), slices.Max(rates)),
			fmt.Sprintf("%.2f µs", median(cpu)/1000)+within(median(cpu), p.most.cpu, "%.2f µs", 1000), memory)
	}
	w.end()
}

// within says what a figure should be at most, and whether it is.
func within(figure, most float64, format string, unit float64) string {
	switch {
	case most == 0:
		return ""
	case figure > most:
		return fmt.Sprintf(" (at most "+format+": missed)", most/unit)
	}
	return fmt.Sprintf(" (at most "+format+": met)", most/unit)
}

func columns(all []measured) (rates, cpu, rss []float64) {
	for _, f := range all {
		rates, cpu, rss = append(rates, f.rate), append(cpu, f.cpu), append(rss, float64(f.rss))
	}
	return rates, cpu, rss
}

func printRatios(results map[string][]measured) {
	w := newTable("", "against", "ratio, closed loop", "lowest–highest", "wanted")
	for _, p := range players {
		for _, d := range p.duels {
			rounds := min(len(results[p.name]), len(results[d.against]))
			if rounds == 0 {
				continue
			}
			ratios := make([]float64, rounds)
			for i := range ratios {
				ratios[i] = results[p.name][i].rate / results[d.against][i].rate
			}
			w.row(p.name, d.against, fmt.Sprintf("%.2f", median(ratios)), fmt.Sprintf("%.2f–%.2f", slices.Min(ratios), slices.Max(ratios)), wanted(median(ratios), d.goal))
		}
	}
	w.end()
}

// wanted says what a ratio should be, and whether it is.
func wanted(ratio, goal float64) string {
	switch {
	case goal == 0:
		return "–"
	case ratio < goal:
		return fmt.Sprintf("%.2f: missed", goal)
	}
	return fmt.Sprintf("%.2f: met", goal)
}

// A table is one in Markdown, its columns aligned.
type table struct{ *tabwriter.Writer }

func newTable(heads ...string) table {
	t := table{tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)}
	t.row(heads...)
	t.row(slices.Repeat([]string{"---"}, len(heads))...)
	return t
}

func (t table) row(cells ...string) { fmt.Fprintf(t, "| %s\t|\n", strings.Join(cells, "\t| ")) }

func (t table) end() {
	t.Flush()
	fmt.Println()
}

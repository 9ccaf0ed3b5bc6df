package main

import (
	"testing"

	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/server"
)

// A step is repeated by run, with what the search had set and without what only a
// search has.
func TestStepCommand(t *testing.T) {
	var spec scenario.Spec
	spec.Seed, spec.Stock = new(uint64(8)), scenario.Range{Least: 70, Most: 70}
	for _, set := range []error{spec.Arrivals.UnmarshalText([]byte("poisson:500/s*3s")), spec.Conns.UnmarshalText([]byte("pipelined:4"))} {
		if set != nil {
			t.Fatal(set)
		}
	}
	const sets = " --stock 70 --arrivals 'poisson:500/s*3s' --conns pipelined:4 --seed 8"
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"capacity", "--slo", "p99<5ms"}, "seckill run --slo 'p99<5ms'" + sets},
		{[]string{"capacity", "s.yaml", "--from", "5/s", "--to=9/s", "--quick", "--figure", "both", "--seed", "1", "--out", "x"}, "seckill run s.yaml" + sets},
		{[]string{"capacity", "--step", "1s", "--confirm=2s", "--plan", "buyers=5"}, "seckill run" + sets},
		{[]string{"capacity", "--topology", "cluster:3"}, "seckill run --topology cluster:3" + sets},
		{[]string{"capacity", "--conns", "pool:8"}, "seckill run --conns pool:8 --stock 70 --arrivals 'poisson:500/s*3s' --seed 8"},
		{[]string{"capacity", "--conns=pool:8"}, "seckill run --conns=pool:8 --stock 70 --arrivals 'poisson:500/s*3s' --seed 8"},
	} {
		if got := stepCommand(tt.args, &spec); got != tt.want {
			t.Errorf("%v\nis repeated by %s\nwant           %s", tt.args, got, tt.want)
		}
	}
	spec.Topology, spec.Items = server.MastersAlone(2), new(int64(64))
	for _, scale := range [][]string{{"--scale", "1,2"}, {"--scale=1,2"}} {
		const want = "seckill run --stock 70 --arrivals 'poisson:500/s*3s' --conns pipelined:4 --topology masters:2 --items 64 --seed 8"
		if got := stepCommand(append([]string{"capacity"}, scale...), &spec); got != want {
			t.Errorf("one on two masters is repeated by %s", got)
		}
	}
	spec.ForkAt = 1e9
	if got := stepCommand([]string{"capacity"}, &spec); got != "seckill run --stock 70 --arrivals 'poisson:500/s*3s' --conns pipelined:4 --fork-at 1s --seed 8" {
		t.Errorf("one that forks: %s", got)
	}
}

// Nobody who may come finds the stock gone, and of refusing there is none.
func TestStockOfAStep(t *testing.T) {
	s := &rateSearch{capacityCmd: new(capacityCmd)}
	s.found.Figure = "selling"
	s.strategy.Quantity = 2
	if n := s.stock(10000); n != 2*(10000+1000+10) {
		t.Errorf("stock of 10,000 buyers of two units: %d", n)
	}
	s.Quantity = scenario.One(5)
	if n := s.stock(10000); n != 5*(10000+1000+10) {
		t.Errorf("stock of 10,000 buyers of five units: %d", n)
	}
	s.found.Figure = "refusing"
	if n := s.stock(10000); n != 0 {
		t.Errorf("stock of refusing: %d", n)
	}
}

// A step has more attempts than are needed, by more than chance takes away.
func TestAttemptsOfAStep(t *testing.T) {
	for needed, want := range map[int]int{20: 43, 100: 150, 1000: 1200, 10_000: 12_000} {
		s := &rateSearch{needed: needed}
		if n := s.attempts(); n != want {
			t.Errorf("where %d are needed a step has %d, want %d", needed, n, want)
		}
	}
}

// A rate is written as arrivals have it.
func TestPerSecond(t *testing.T) {
	for text, want := range map[string]perSecond{"20000/s": 20000, "0.5/s": .5} {
		var r perSecond
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("%s: %v, %v", text, r, err)
		}
	}
	for _, bad := range []string{"", "5", "0/s", "5/s*3s", "5/s,constant:3/s", "-1/s", "1e12/s"} {
		if err := new(perSecond).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a rate", bad)
		}
	}
}

package main

import (
	"testing"

	"github.com/seckill-bench/seckill/scenario"
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
		{[]string{"capacity", "--step", "1s", "--confirm=2s", "--plan", "buyers=5", "--scale", "1,3"}, "seckill run" + sets},
		{[]string{"capacity", "--conns", "pool:8"}, "seckill run --conns pool:8 --stock 70 --arrivals 'poisson:500/s*3s' --seed 8"},
		{[]string{"capacity", "--conns=pool:8"}, "seckill run --conns=pool:8 --stock 70 --arrivals 'poisson:500/s*3s' --seed 8"},
	} {
		if got := stepCommand(tt.args, &spec); got != tt.want {
			t.Errorf("%v\nis repeated by %s\nwant           %s", tt.args, got, tt.want)
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

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario"
)

// ofTheSearch are the flags of capacity that run does not have; those with a value
// are true.
var ofTheSearch = map[string]bool{
	"--figure": true, "--from": true, "--to": true, "--step": true, "--confirm": true, "--plan": true, "--scale": true, "--quick": false,
}

// stepCommand is the command line that repeats a step alone: that of the search,
// with what it set.
func stepCommand(args []string, spec *scenario.Spec) string {
	run, scaled := []string{"run"}, false
	for i := 1; i < len(args); i++ {
		flag, _, joined := strings.Cut(args[i], "=")
		valued, search := ofTheSearch[flag]
		scaled = scaled || flag == "--scale"
		switch {
		case search && valued && !joined:
			i++
		case !search:
			run = append(run, args[i])
		}
	}
	run = append(run, "--stock", spec.Stock.String(), "--arrivals", spec.Arrivals.String())
	if !slices.ContainsFunc(run, func(arg string) bool { return arg == "--conns" || strings.HasPrefix(arg, "--conns=") }) {
		run = append(run, "--conns", spec.Conns.String())
	}
	if spec.ForkAt > 0 {
		run = append(run, "--fork-at", spec.ForkAt.String())
	}
	if scaled {
		run = append(run, "--topology", spec.Topology.String(), "--items", fmt.Sprint(*spec.Items))
	}
	return repeat(run, *spec.Seed)
}

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/probe"
)

// repeat is the command line that runs a sale again: the one given, without
// where its results went, without passwords, and with the seed.
func repeat(args []string, seed uint64) string {
	words := []string{"seckill"}
	for i := 0; i < len(args); i++ {
		flag, value, joined := strings.Cut(args[i], "=")
		switch {
		case flag == "--replace":
		case slices.Contains([]string{"--seed", "--out"}, flag):
			if !joined {
				i++ // its value
			}
		case joined:
			words = append(words, probe.Quote(flag+"="+scenario.WithoutPassword(value)))
		default:
			words = append(words, probe.Quote(scenario.WithoutPassword(args[i])))
		}
	}
	return strings.Join(append(words, "--seed", fmt.Sprint(seed)), " ")
}

// valuesOf returns the values of a flag in a command line, in their order.
func valuesOf(args []string, flag string) (values []string) {
	for i, arg := range args {
		if value, joined := strings.CutPrefix(arg, flag+"="); joined {
			values = append(values, value)
		} else if arg == flag && i+1 < len(args) {
			values = append(values, args[i+1])
		}
	}
	return values
}

package main

import (
	"strings"
	"testing"
)

func TestRepeat(t *testing.T) {
	for args, want := range map[string]string{
		"run":                  "seckill run --seed 7",
		"run --seed 1 --out x": "seckill run --seed 7",
		"run --seed=1 --out=x --replace --stock 5": "seckill run --stock 5 --seed 7",
		"run --slo p99<5ms":                        "seckill run --slo 'p99<5ms' --seed 7",
		"run --item it's":                          `seckill run --item 'it'\''s' --seed 7`,
		"run --server redis://u:pw@h:1":            "seckill run --server redis://u@h:1 --seed 7",
		"run --server=redis://:pw@h:1":             "seckill run --server=redis://h:1 --seed 7",
		"run --server unix://:pw@/tmp/r.sock":      "seckill run --server unix:///tmp/r.sock --seed 7",
	} {
		if got := repeat(strings.Fields(args), 7); got != want {
			t.Errorf("%s is repeated by\n%s, want\n%s", args, got, want)
		}
	}
}

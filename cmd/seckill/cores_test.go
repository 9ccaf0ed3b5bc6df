package main

import (
	"runtime"
	"testing"

	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
)

// A core is left to the server where it needs one, and given back.
func TestACoreIsLeftToTheServer(t *testing.T) {
	all := runtime.GOMAXPROCS(3)
	defer runtime.GOMAXPROCS(all)
	for _, tt := range []struct {
		model  string
		shares *bool
		conns  conn.Mode
		set    string
		want   int
	}{
		{"closed", new(true), conn.Pipelined(4), "", 2},
		{"closed", new(true), conn.Pipelined(4), "3", 3},
		{"closed", new(true), conn.Pool(4), "", 3},
		{"closed", new(false), conn.Pipelined(4), "", 3},
		{"open", new(true), conn.Pipelined(4), "", 3},
		{"closed", nil, conn.Pipelined(4), "", 3},
	} {
		t.Setenv("GOMAXPROCS", tt.set)
		end := leaveACore(&scenario.Sale{Head: history.Head{Model: tt.model, Server: history.Server{SameHost: tt.shares}}}, tt.conns)
		during := runtime.GOMAXPROCS(0)
		end()
		if after := runtime.GOMAXPROCS(0); during != tt.want || after != 3 {
			t.Errorf("%v, %v: %d cores during a sale, %d after; want %d and 3", tt.conns, tt.set, during, after, tt.want)
		}
	}
}

package main

import (
	"os"
	"runtime"

	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/conn"
)

// leaveACore has the driver use one core less than there are while it shares the
// machine with the server, its connections are pipelined and its buyers wait for
// each other, and returns what ends that. A server that does most of its work on one thread is then never put
// off for a buyer, and the driver, which asks for many at once, needs little more
// than that. Whoever sets GOMAXPROCS has decided for himself.
func leaveACore(planned *scenario.Sale, conns conn.Mode) (end func()) {
	shares := planned.Head.Server.SameHost
	open := planned.Head.Model == "open" || planned.Head.Admit > 0 // arrivals do not wait for anybody: the driver needs what there is
	if open || os.Getenv("GOMAXPROCS") != "" || shares == nil || !*shares || !conns.Pipelines() {
		return func() {}
	}
	all := runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)-1))
	return func() { runtime.GOMAXPROCS(all) }
}

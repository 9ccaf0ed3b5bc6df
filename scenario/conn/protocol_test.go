package conn_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
)

// Contracts see the same replies over either version of the protocol.
func TestRepliesAreAlikeOverBothProtocols(t *testing.T) {
	own := privateServer(t)
	newer, err := server.Open(t.Context(), server.Options{Server: own.Address, Protocol: server.RESP3})
	if err != nil {
		t.Fatal(err)
	}
	everyMode(t, func(t *testing.T, mode conn.Mode) {
		old, retrying := open(t, own, mode, time.Minute), (conn.Links)(nil)
		if !mode.Pipelines() {
			var err error
			retrying, err = conn.Open(t.Context(), newer, conn.Options{Mode: mode, Timeout: time.Minute, Now: func() int64 { return 0 }, ClientRetries: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer retrying.Close()
		}
		for _, links := range []conn.Links{open(t, newer, mode, time.Minute), retrying} {
			if links == nil {
				continue
			}
			for _, script := range []string{
				"return {double=3.25}", "return {map={a=1}}", "redis.setresp(3) return true", "redis.setresp(3) return false",
				"return {1, 'x', false, {double=2}}", "return {big_number='123456789012345678901234567890'}", "return {set={x=true}}",
			} {
				want, got := do(t, old, "EVAL", script, "0"), do(t, links, "EVAL", script, "0")
				if want.Err != nil || got.Err != nil || !reflect.DeepEqual(got.Reply, want.Reply) {
					t.Errorf("%s: %#v (%v), over RESP2 %#v (%v)", script, got.Reply, got.Err, want.Reply, want.Err)
				}
			}
		}
	})
}

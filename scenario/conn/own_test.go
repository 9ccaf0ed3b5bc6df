package conn_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
)

// WAIT is about what went over its connection before: it is never asked over
// another one, where it would be answered for nothing, and the connection is not
// given up for having rested in between.
func TestWaitStaysWithItsConnection(t *testing.T) {
	srv := privateServer(t)
	eachMode(t, func(t *testing.T, mode conn.Mode) {
		links := open(t, srv, mode, time.Minute)
		link, err := links.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer links.Give(link)
		id := link.RoundTrip(t.Context(), []any{"CLIENT", "ID"}).Reply
		link.RoundTrip(t.Context(), []any{"EVAL", "local n = 0 while redis.call('TIME')[1] - ARGV[1] < 2 do n = n + 1 end return n", 0, time.Now().Unix()})
		if x := link.RoundTrip(t.Context(), []any{"WAIT", 0, 1}); x.Err != nil || x.Reply != int64(0) {
			t.Errorf("after a long exchange: %v, %v", x.Reply, x.Err)
		}
		if again := link.RoundTrip(t.Context(), []any{"CLIENT", "ID"}).Reply; again != id {
			t.Errorf("the connection was %v and is %v", id, again)
		}
		do(t, open(t, srv, mode, time.Minute), "CLIENT", "KILL", "ID", id)
		if x := link.RoundTrip(t.Context(), []any{"WAIT", 0, 1}); x.Err == nil || conn.FateOf(x.Err) != conn.Maybe {
			t.Errorf("over a connection that has been closed: %v, %v", x.Reply, x.Err)
		}
		if x := link.RoundTrip(t.Context(), []any{"WAIT", 0, 1}); x.Err == nil || !strings.Contains(x.Err.Error(), "gone") || conn.FateOf(x.Err) != conn.Maybe {
			t.Errorf("over no connection: %v, %v", x.Reply, x.Err)
		}
		if x := link.RoundTrip(t.Context(), []any{"GET", "k"}); x.Err != nil {
			t.Errorf("the link does not come back: %v", x.Err)
		}
	})
}

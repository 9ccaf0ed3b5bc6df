package conn_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
)

// interruptedBy sends a request that is never answered, lets something happen
// meanwhile, and returns how the request ends.
func interruptedBy(t *testing.T, links conn.Links, happen func()) conn.Exchange {
	t.Helper()
	link, err := links.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan conn.Exchange, 1)
	go func() {
		defer links.Give(link)
		ended <- link.RoundTrip(context.Background(), []any{"BLPOP", "nothing", "0"})
	}()
	time.Sleep(20 * time.Millisecond)
	happen()
	select {
	case x := <-ended:
		return x
	case <-time.After(10 * time.Second):
		t.Fatal("the request in flight hangs")
		return conn.Exchange{}
	}
}

func TestServerDies(t *testing.T) {
	inModes(t, func(t *testing.T, mode conn.Mode) {
		srv := privateServer(t)
		links := open(t, srv, mode, time.Minute)
		x := interruptedBy(t, links, func() { srv.Close() })
		if x.Err == nil || conn.FateOf(x.Err) != conn.Maybe {
			t.Errorf("the request in flight ends with %v, %v", x.Reply, x.Err)
		}
		begin := time.Now()
		link, err := links.Take(t.Context())
		if mode.Pipelines() { // nobody is kept from the queue
			err = link.RoundTrip(t.Context(), []any{"PING"}).Err
		}
		if conn.FateOf(err) != conn.NotRun || conn.IsReply(err) {
			t.Errorf("taking a link ends with %v", err)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("taking a link took %v", took)
		}
	}, conn.Pool(1), conn.Dedicated, conn.Pipelined(1))
}

func TestBrokenConnectionIsReplaced(t *testing.T) {
	srv := privateServer(t)
	inModes(t, func(t *testing.T, mode conn.Mode) {
		links := open(t, srv, mode, time.Minute)
		id := do(t, links, "CLIENT", "ID").Reply
		// The reply to one's own killing comes before the end.
		do(t, links, "CLIENT", "KILL", "ID", id, "SKIPME", "no")
		if x := do(t, links, "GET", "x"); x.Err == nil || conn.FateOf(x.Err) != conn.Maybe {
			t.Errorf("over a closed connection: %v, %v", x.Reply, x.Err)
		}
		if x := do(t, links, "CLIENT", "ID"); x.Err != nil || x.Reply == id {
			t.Errorf("afterwards: connection %v (was %v), %v", x.Reply, id, x.Err)
		}
	}, conn.Pool(1), conn.Dedicated, conn.Pipelined(1))
}

func TestIdleConnectionIsLookedAt(t *testing.T) {
	srv := privateServer(t)
	other := open(t, srv, conn.Pool(1), time.Minute)
	for _, wire := range []*conn.Wire{nil, conn.NewWire(1)} {
		t.Run(fmt.Sprint("wire ", wire != nil), func(t *testing.T) {
			t.Parallel()
			links, err := conn.Open(t.Context(), srv, conn.Options{
				Mode: conn.Pool(1), Timeout: time.Minute, Now: func() int64 { return 0 }, Wire: wire,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer links.Close()
			id := do(t, links, "CLIENT", "ID").Reply
			if x := do(t, other, "CLIENT", "KILL", "ID", id); x.Err != nil {
				t.Fatal(x.Err)
			}
			time.Sleep(1100 * time.Millisecond)
			if x := do(t, links, "CLIENT", "ID"); x.Err != nil || x.Reply == id {
				t.Errorf("a connection closed while idle: %v (was %v), %v", x.Reply, id, x.Err)
			}
		})
	}
}

func TestReadOnlyDoesNotPoisonTheLink(t *testing.T) {
	links := open(t, fakeServer(t), conn.Pool(1), time.Minute)
	for _, line := range []string{"READONLY You can't write against a read only replica.", "MOVED 1 127.0.0.1:1", "OOM no"} {
		for range 2 {
			if x := do(t, links, "SAY", line); x.Err == nil || x.Err.Error() != line {
				t.Errorf("%s is heard as %v", line, x.Err)
			}
		}
	}
}

func TestCloseEndsWhatIsInFlight(t *testing.T) {
	srv := privateServer(t)
	everyMode(t, func(t *testing.T, mode conn.Mode) {
		links := open(t, srv, mode, time.Minute)
		if x := interruptedBy(t, links, func() { links.Close() }); x.Err == nil {
			t.Errorf("answered with %v", x.Reply)
		}
		if _, err := links.Take(t.Context()); conn.FateOf(err) != conn.NotRun {
			t.Errorf("taking a link of those closed ends with %v", err)
		}
	})
}

func TestMoreConnectionsThanTheServerAdmits(t *testing.T) {
	srv := privateServer(t)
	first := open(t, srv, conn.Pool(1), time.Minute)
	if x := do(t, first, "CONFIG", "SET", "maxclients", "5"); x.Err != nil {
		t.Fatal(x.Err)
	}
	links, err := conn.Open(t.Context(), srv, conn.Options{Mode: conn.Pool(20), Timeout: time.Minute, Now: func() int64 { return 0 }})
	if err == nil {
		links.Close()
		t.Fatal("20 connections to a server of 5")
	}
	if conn.FateOf(err) != conn.NotRun || !strings.Contains(err.Error(), "maxclients") {
		t.Errorf("%v: filed as %v", err, conn.FateOf(err))
	}
}

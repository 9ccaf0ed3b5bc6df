package conn_test

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
)

// openWired opens links with a wire, and links without.
func openWired(t *testing.T, srv *server.Server, o conn.Options) (wired, plain conn.Links, wire *conn.Wire) {
	t.Helper()
	zero := time.Now()
	o.Now = func() int64 { return int64(time.Since(zero)) }
	if o.Wire == nil {
		o.Wire = conn.NewWire(1)
	}
	wired, err := conn.Open(t.Context(), srv, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { wired.Close() })
	return wired, open(t, srv, conn.Pool(1), time.Minute), o.Wire
}

// always has a mischief happen to every request.
func always(kind conn.Kind, delay time.Duration) conn.Mischief {
	return conn.Mischief{Kind: kind, Share: 1, Delay: delay}
}

func TestDroppedReplyHasRun(t *testing.T) {
	srv := privateServer(t)
	everyMode(t, func(t *testing.T, mode conn.Mode) {
		wired, plain, wire := openWired(t, srv, conn.Options{Mode: mode, Timeout: time.Minute})
		key := t.Name()
		heal := wire.Spoil(always(conn.DropReply, 0))
		for range 3 {
			x := do(t, wired, "INCR", key)
			if conn.FateOf(x.Err) != conn.Maybe || !strings.Contains(x.Err.Error(), "lost on purpose") || !errors.Is(x.Err, io.EOF) {
				t.Errorf("gives %v, %v", x.Reply, x.Err)
			}
		}
		heal()
		if x := do(t, plain, "GET", key); x.Reply != "3" || wire.Done()[conn.DropReply] != 3 || wire.Requests() != 3 {
			t.Errorf("ran %v times; %v of %d", x.Reply, wire.Done(), wire.Requests())
		}
		if x := do(t, wired, "INCR", key); x.Reply != int64(4) {
			t.Errorf("when it is healed: %v, %v", x.Reply, x.Err)
		}
	})
}

func TestDroppedRequestHasNotRun(t *testing.T) {
	srv := privateServer(t)
	wired, plain, wire := openWired(t, srv, conn.Options{Mode: conn.Pool(1), Timeout: time.Minute})
	defer wire.Spoil(always(conn.DropRequest, 0))()
	x := do(t, wired, "INCR", "n")
	if conn.FateOf(x.Err) != conn.Maybe || !strings.Contains(x.Err.Error(), "on purpose") {
		t.Errorf("gives %v, %v", x.Reply, x.Err)
	}
	if x := do(t, plain, "GET", "n"); x.Reply != nil || wire.Done()[conn.DropRequest] != 1 {
		t.Errorf("ran %v times; %v", x.Reply, wire.Done())
	}
}

func TestResetConnection(t *testing.T) {
	srv := privateServer(t)
	wired, _, wire := openWired(t, srv, conn.Options{Mode: conn.Pool(1), Timeout: time.Minute})
	before := do(t, wired, "CLIENT", "ID").Reply
	heal := wire.Spoil(always(conn.Reset, 0))
	x := do(t, wired, "INCR", "n")
	heal()
	if conn.FateOf(x.Err) != conn.Maybe || !errors.Is(x.Err, syscall.ECONNRESET) || !strings.Contains(x.Err.Error(), "reset") {
		t.Errorf("gives %v, %v", x.Reply, x.Err)
	}
	if x := do(t, wired, "CLIENT", "ID"); x.Err != nil || x.Reply == before || wire.Done()[conn.Reset] != 1 {
		t.Errorf("afterwards: connection %v (was %v), %v; %v", x.Reply, before, x.Err, wire.Done())
	}
}

// await returns when the server has a value for a key.
func await(t *testing.T, links conn.Links, key string, want any) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); do(t, links, "GET", key).Reply != want; {
		if time.Now().After(end) {
			t.Fatalf("%s is %v, not %v", key, do(t, links, "GET", key).Reply, want)
		}
	}
}

// It runs when whoever sent it has left: by itself, when it is healed, or when
// the links are closed.
func TestDelayedRequestRunsLate(t *testing.T) {
	srv := privateServer(t)
	for name, row := range map[string]struct {
		delay time.Duration
		ends  func(heal func() int64, links conn.Links)
	}{
		"by itself": {200 * time.Millisecond, func(func() int64, conn.Links) {}},
		"healed":    {time.Hour, func(heal func() int64, _ conn.Links) { heal() }},
		"closed":    {time.Hour, func(_ func() int64, links conn.Links) { links.Close() }},
	} {
		t.Run(name, func(t *testing.T) {
			wired, plain, wire := openWired(t, srv, conn.Options{Mode: conn.Pool(1), Timeout: 20 * time.Millisecond})
			heal := wire.Spoil(always(conn.DelayRequest, row.delay))
			begin := time.Now()
			if x := do(t, wired, "INCR", name); !errors.Is(x.Err, os.ErrDeadlineExceeded) || conn.FateOf(x.Err) != conn.Maybe {
				t.Errorf("gives %v, %v", x.Reply, x.Err)
			}
			if x := do(t, plain, "GET", name); x.Reply != nil && time.Since(begin) < row.delay {
				t.Errorf("has run after %v", time.Since(begin))
			}
			row.ends(heal, wired)
			if row.delay == time.Hour { // then it has run, and nobody needs to wait
				if x := do(t, plain, "GET", name); x.Reply != "1" {
					t.Errorf("ran %v times when all is let go", x.Reply)
				}
				return
			}
			await(t, plain, name, "1")
			if took := time.Since(begin); took < row.delay || wire.Done()[conn.DelayRequest] != 1 {
				t.Errorf("ran after %v, delayed by %v: %v", took, row.delay, wire.Done())
			}
		})
	}
}

// Healing waits for the answers that nobody else waits for, and then gives the
// connections up.
func TestHealingWaitsForTheLate(t *testing.T) {
	wired, plain, wire := openWired(t, fakeServer(t), conn.Options{Mode: conn.Pool(1), Timeout: 20 * time.Millisecond})
	heal := wire.Spoil(always(conn.DelayRequest, time.Hour))
	const takes = 100 * time.Millisecond
	if x := do(t, wired, "SLEEP", takes.String(), ""); !errors.Is(x.Err, os.ErrDeadlineExceeded) {
		t.Errorf("gives %v, %v", x.Reply, x.Err)
	}
	begin := time.Now()
	heal()
	if took := time.Since(begin); took < takes {
		t.Errorf("is healed after %v; what it kept back takes %v", took, takes)
	}
	wired.Close()
	for end := time.Now().Add(10 * time.Second); do(t, plain, "PEERS").Reply != int64(1); {
		if time.Now().After(end) {
			t.Fatalf("%v connections stand, want one", do(t, plain, "PEERS").Reply)
		}
	}
}

// The patient see what is late, and nothing else that is wrong.
func TestLateForThePatient(t *testing.T) {
	srv := privateServer(t)
	for _, kind := range []conn.Kind{conn.DelayRequest, conn.Hold} {
		t.Run(kind.String(), func(t *testing.T) {
			wired, _, wire := openWired(t, srv, conn.Options{Mode: conn.Pool(1), Timeout: time.Minute})
			const delay = 30 * time.Millisecond
			heal := wire.Spoil(always(kind, delay))
			for i := range 3 {
				x := do(t, wired, "INCR", kind.String())
				if x.Reply != int64(i+1) || x.Err != nil || time.Duration(x.Read-x.Sent) < delay {
					t.Errorf("gives %v, %v after %v", x.Reply, x.Err, time.Duration(x.Read-x.Sent))
				}
			}
			heal()
			if wire.Done()[kind] != 3 {
				t.Errorf("%v", wire.Done())
			}
		})
	}
}

func TestHeldReplyIsNobodyElses(t *testing.T) {
	srv := privateServer(t)
	wired, plain, wire := openWired(t, srv, conn.Options{Mode: conn.Pool(1), Timeout: 400 * time.Millisecond})
	heal := wire.Spoil(always(conn.Hold, time.Hour))
	if x := do(t, wired, "INCR", "held"); !errors.Is(x.Err, os.ErrDeadlineExceeded) {
		t.Errorf("gives %v, %v", x.Reply, x.Err)
	}
	heal()
	if x := do(t, wired, "GET", "held"); x.Reply != "1" {
		t.Errorf("the next one gets %v, %v", x.Reply, x.Err)
	}
	if x := do(t, plain, "GET", "held"); x.Reply != "1" {
		t.Errorf("ran %v times", x.Reply)
	}
}

// Whoever waits for a held reply has it as soon as it is healed.
func TestHealingLetsGo(t *testing.T) {
	srv := privateServer(t)
	for _, kind := range []conn.Kind{conn.DelayRequest, conn.Hold} {
		wired, _, wire := openWired(t, srv, conn.Options{Mode: conn.Pool(1), Timeout: time.Minute})
		heal := wire.Spoil(always(kind, time.Hour))
		answer := make(chan conn.Exchange)
		go func() { answer <- do(t, wired, "ECHO", "here") }()
		for wire.Requests() == 0 {
			time.Sleep(time.Millisecond)
		}
		heal()
		if x := <-answer; x.Reply != "here" {
			t.Errorf("%v: %v, %v", kind, x.Reply, x.Err)
		}
	}
}

// Only EXEC runs anything, so only EXEC is hit.
func TestTransactionsAreHitAsOne(t *testing.T) {
	srv := privateServer(t)
	wired, plain, wire := openWired(t, srv, conn.Options{Mode: conn.Pool(1), Timeout: time.Minute})
	defer wire.Spoil(always(conn.DropReply, 0))()
	link, err := wired.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer wired.Give(link)
	for _, args := range [][]any{{"MULTI"}, {"INCR", "tx"}, {"INCR", "tx"}} {
		if x := link.RoundTrip(t.Context(), args); x.Err != nil {
			t.Errorf("%v: %v", args, x.Err)
		}
	}
	if x := link.RoundTrip(t.Context(), []any{"EXEC"}); conn.FateOf(x.Err) != conn.Maybe || conn.IsReply(x.Err) || x.Err == nil {
		t.Errorf("EXEC gives %v, %v", x.Reply, x.Err)
	}
	if x := do(t, plain, "GET", "tx"); x.Reply != "2" || wire.Requests() != 1 {
		t.Errorf("ran %v times, %d requests", x.Reply, wire.Requests())
	}
}

// hits tells which of n requests are hit, by a wire with a seed.
func hits(t *testing.T, seed uint64, n int, all ...conn.Mischief) (hit []int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded, InProcess: true})
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		wire := conn.NewWire(seed)
		links, err := conn.Open(t.Context(), srv, conn.Options{
			Mode: conn.Pool(1), Timeout: time.Second, Now: func() int64 { return 0 }, Wire: wire,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer links.Close()
		for _, m := range all {
			defer wire.Spoil(m)()
		}
		for i := range n {
			if do(t, links, "INCR", "n").Err != nil {
				hit = append(hit, i)
			}
		}
	})
	return hit
}

func TestTheSeedDecides(t *testing.T) {
	third := conn.Mischief{Kind: conn.DropReply, Share: 0.3}
	one := hits(t, 7, 400, third)
	if len(one) < 80 || len(one) > 160 {
		t.Errorf("%d of 400 requests are hit, want about 120", len(one))
	}
	if again := hits(t, 7, 400, third); !slices.Equal(one, again) {
		t.Errorf("the same seed hits %v and %v", one, again)
	}
	if other := hits(t, 8, 400, third); slices.Equal(one, other) {
		t.Errorf("another seed hits the same %v", one)
	}
	both := hits(t, 7, 400, third, conn.Mischief{Kind: conn.DropRequest, Share: 0.3})
	if len(both) < 150 || len(both) > 260 { // 51 %, and not the same twice
		t.Errorf("two mischiefs of 0.3 each hit %d of 400, want about 204", len(both))
	}
	if none := hits(t, 7, 400, conn.Mischief{Kind: conn.DropReply}); len(none) > 0 {
		t.Errorf("a share of nothing hits %v", none)
	}
}

// What waits for its time when the links are closed still reaches the server,
// and nothing of it is left behind: the bubble would not end.
func TestClosingForgetsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded, InProcess: true})
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		for _, mode := range []conn.Mode{conn.Pool(5), conn.Dedicated} {
			wired, plain, wire := openWired(t, srv, conn.Options{Mode: mode, Timeout: time.Second})
			wire.Spoil(conn.Mischief{Kind: conn.DelayRequest, Share: 1, Delay: time.Hour})
			for range 5 {
				if x := do(t, wired, "INCR", mode.String()); !errors.Is(x.Err, os.ErrDeadlineExceeded) {
					t.Errorf("gives %v, %v", x.Reply, x.Err)
				}
			}
			begin := time.Now()
			wired.Close()
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("closing took %v", took)
			}
			if x := do(t, plain, "GET", mode.String()); x.Reply != "5" {
				t.Errorf("%v: %v of 5 ran", mode, x.Reply)
			}
			plain.Close()
		}
	})
}

func TestKindText(t *testing.T) {
	for kind, name := range map[conn.Kind]string{
		conn.DropReply: "drop-reply", conn.DropRequest: "drop-request", conn.DelayRequest: "delay-request",
		conn.Reset: "reset", conn.Hold: "hold", 99: "kind 99",
	} {
		if kind.String() != name {
			t.Errorf("%v is not %s", kind, name)
		}
	}
}

// The library sends again after a lost reply, and nobody sees it: with its
// retries the server runs a command twice for one exchange.
func TestClientRetriesRunTwice(t *testing.T) {
	srv := privateServer(t)
	eachMode(t, func(t *testing.T, mode conn.Mode) {
		key := t.Name()
		wire := conn.NewWire(seedHitting(t, 1))
		wired, plain, _ := openWired(t, srv, conn.Options{Mode: mode, Timeout: time.Minute, Wire: wire, ClientRetries: 1})
		heal := wire.Spoil(conn.Mischief{Kind: conn.DropReply, Share: 0.1})
		script := "return redis.call('INCR', KEYS[1])"
		if x := do(t, wired, "EVAL", script, "1", key); x.Reply != int64(2) || x.Err != nil || wire.Requests() != 2 {
			t.Errorf("gives %v, %v after %d sendings, want 2 of 2", x.Reply, x.Err, wire.Requests())
		}
		heal()
		if x := do(t, plain, "GET", key); x.Reply != "2" {
			t.Errorf("ran %v times for one exchange", x.Reply)
		}
		if x := do(t, wired, "EVAL", "return false", "0"); x.Reply != nil || x.Err != nil {
			t.Errorf("nothing comes as %v, %v", x.Reply, x.Err)
		}
		defer wire.Spoil(always(conn.DropReply, 0))()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		link, err := wired.Take(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer wired.Give(link)
		x := link.RoundTrip(ctx, []any{"EVAL", script, "1", key})
		if conn.FateOf(x.Err) != conn.Maybe || !strings.Contains(x.Err.Error(), "lost on purpose") {
			t.Errorf("with every reply lost: %v, %v", x.Reply, x.Err)
		}
		if x := do(t, plain, "GET", key); x.Reply != "4" {
			t.Errorf("ran %v times in all, want 2 and 2", x.Reply)
		}
	})
}

func TestClosingEndsClientsThatRetry(t *testing.T) {
	srv := fakeServer(t)
	wired, plain, _ := openWired(t, srv, conn.Options{Mode: conn.Pool(5), Timeout: time.Minute, ClientRetries: 1})
	if x := do(t, plain, "PEERS"); x.Reply != int64(6) {
		t.Errorf("%v connections stand, want 5 and one", x.Reply)
	}
	wired.Close()
	for end := time.Now().Add(10 * time.Second); do(t, plain, "PEERS").Reply != int64(1); {
		if time.Now().After(end) {
			t.Fatalf("%v connections stand, want one", do(t, plain, "PEERS").Reply)
		}
	}
}

// seedHitting finds a seed whose wire hits the first of ten requests only.
func seedHitting(t *testing.T, first int) uint64 {
	t.Helper()
	for seed := range uint64(10_000) {
		if slices.Equal(hits(t, seed, 10, conn.Mischief{Kind: conn.DropReply, Share: 0.1}), []int{first - 1}) {
			return seed
		}
	}
	t.Fatal("no seed")
	return 0
}

// What the last sending met says nothing about an earlier one.
func TestFateAfterClientRetries(t *testing.T) {
	srv := privateServer(t)
	wired, _, wire := openWired(t, srv, conn.Options{
		Mode: conn.Pool(1), Timeout: time.Minute, Wire: conn.NewWire(seedHitting(t, 2)), ClientRetries: 1,
	})
	if x := do(t, wired, "EVALSHA", digest, "0"); conn.FateOf(x.Err) != conn.NotRun {
		t.Errorf("sent once, %v is filed as %v", x.Err, conn.FateOf(x.Err))
	}
	link, err := wired.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer wired.Give(link)
	heal := wire.Spoil(conn.Mischief{Kind: conn.DropReply, Share: 0.1})
	x := link.RoundTrip(t.Context(), []any{"CONFIG", "SET", "requirepass", "pw"})
	heal()
	if !conn.IsReply(x.Err) || !strings.HasPrefix(x.Err.Error(), "NOAUTH") || conn.FateOf(x.Err) != conn.Maybe {
		t.Errorf("its first sending ran and its second met %v: filed as %v", x.Err, conn.FateOf(x.Err))
	}
	srv.Close()
	x = link.RoundTrip(t.Context(), []any{"INCR", "n"}) // over a connection that is gone, if it has one
	if x.Err == nil {
		t.Errorf("a dead server says %v", x.Reply)
	}
	if x = link.RoundTrip(t.Context(), []any{"INCR", "n"}); conn.FateOf(x.Err) != conn.NotRun || x.Err == nil {
		t.Errorf("no sending reached the dead server, and %v is filed as %v", x.Err, conn.FateOf(x.Err))
	}
}

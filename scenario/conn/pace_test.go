package conn_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
)

// limitedLinks are links to a server in process, with a limit.
func limitedLinks(t *testing.T, mode conn.Mode, rate float64, between func(net.Conn) net.Conn) conn.Links {
	t.Helper()
	srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded, InProcess: true, Between: between})
	if err != nil {
		t.Fatal(err)
	}
	zero := time.Now()
	links, err := conn.Open(t.Context(), srv, conn.Options{
		Mode: mode, Timeout: time.Minute, Now: func() int64 { return int64(time.Since(zero)) }, MaxRate: rate,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { links.Close(); srv.Close() })
	return links
}

// evenly says where more went than a limit lets go: in a time T no more than
// rate × (T + slack) + 1.
func evenly(t *testing.T, rate float64, sent []int64) {
	t.Helper()
	slices.Sort(sent)
	for i := range sent {
		for j := i + 1; j < len(sent); j++ {
			length := time.Duration(sent[j]-sent[i]) + conn.Slack
			if most := rate*length.Seconds() + 1; float64(j-i+1) > most+1e-6 {
				t.Fatalf("%d went in %v, want %.1f at most", j-i+1, length-conn.Slack, most)
			}
		}
	}
}

// limitedModes are all ways to reach a server.
var limitedModes = []conn.Mode{conn.Pool(1), conn.Pool(8), conn.Dedicated, conn.Pipelined(1), conn.Pipelined(3)}

// ping sends one command and returns when it was sent, if it was.
func ping(t *testing.T, links conn.Links, ctx context.Context) (sent int64, err error) {
	link, err := links.Take(ctx)
	if err != nil {
		return conn.Unsent, err
	}
	defer links.Give(link)
	x := link.RoundTrip(ctx, []any{"PING"})
	return x.Sent, x.Err
}

// A crowd that comes at once goes at the programmed rate, to the nanosecond: what
// the slack lets go, and then one after each interval.
func TestLimitIsExact(t *testing.T) {
	for _, mode := range limitedModes {
		for _, asks := range []bool{false, true} {
			if asks && !mode.Pipelines() {
				continue
			}
			t.Run(fmt.Sprint(mode, asks), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					const rate, n = 800.0, 100 // 1.25 ms apart; the slack is 4 intervals
					links := limitedLinks(t, mode, rate, nil)
					time.Sleep(time.Second) // what was unused is not saved up
					begin := int64(time.Second)
					sent := make([]int64, n)
					before := links.Load()
					var all sync.WaitGroup
					for i := range sent {
						all.Go(func() {
							if asks {
								sent[i] = (<-put(t, links, asked("PING")).over).Sent
								return
							}
							var err error
							if sent[i], err = ping(t, links, t.Context()); err != nil {
								t.Error(err)
							}
						})
					}
					synctest.Wait()
					if load := links.Load(); load.Waiting != n-5 {
						t.Errorf("%d wait, want all but 5", load.Waiting)
					}
					all.Wait()
					evenly(t, rate, sent)
					for i, at := range sent {
						if want := begin + int64(max(i-4, 0))*int64(1250*time.Microsecond); at-want > 1 || want-at > 1 {
							t.Fatalf("number %d went at %v, want %v", i, time.Duration(at), time.Duration(want))
						}
					}
					load := links.Load()
					if kept := load.Kept - before.Kept; load.Limited-before.Limited != n-5 || kept != 95*96/2*1250*time.Microsecond || load.Waiting != 0 {
						t.Errorf("%d were kept %v, %d wait", load.Limited-before.Limited, kept, load.Waiting)
					}
				})
			})
		}
	}
}

// Who comes less often than the limit allows is not kept.
func TestLimitLeavesOthersAlone(t *testing.T) {
	for _, mode := range limitedModes {
		synctest.Test(t, func(t *testing.T) {
			links := limitedLinks(t, mode, 1000, nil)
			time.Sleep(time.Second)
			for range 50 {
				asked := time.Now()
				if _, err := ping(t, links, t.Context()); err != nil || time.Since(asked) > 0 {
					t.Fatalf("%v: kept %v (%v)", mode, time.Since(asked), err)
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
}

// A stall is a connection on which nothing is heard until it is over.
type stall struct {
	net.Conn
	until *atomic.Pointer[chan struct{}]
}

func (s *stall) Read(p []byte) (int, error) {
	if until := s.until.Load(); until != nil {
		<-*until
	}
	return s.Conn.Read(p)
}

// What a server that stood still has kept waiting does not go all at once when it
// goes on.
func TestLimitAfterAStall(t *testing.T) {
	for _, mode := range limitedModes {
		t.Run(mode.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const rate, n = 500.0, 800
				var stalls atomic.Pointer[chan struct{}]
				links := limitedLinks(t, mode, rate, func(c net.Conn) net.Conn { return &stall{c, &stalls} })
				until := make(chan struct{})
				stalls.Store(&until)
				var all sync.WaitGroup
				sent := make([]int64, n)
				for i := range sent {
					all.Go(func() { sent[i], _ = ping(t, links, t.Context()) })
				}
				time.Sleep(time.Second)
				if load := links.Load(); load.Waiting > n-500 {
					t.Fatalf("%d wait for the limit", load.Waiting)
				}
				close(until)
				all.Wait()
				evenly(t, rate, sent)
			})
		})
	}
}

// Those who leave before their turn take none, or nobody would get one who comes later.
func TestTheImpatientTakeNoTurns(t *testing.T) {
	for _, mode := range limitedModes {
		t.Run(mode.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const rate = 100.0
				links := limitedLinks(t, mode, rate, nil)
				var mu sync.Mutex
				var sent []int64
				var all sync.WaitGroup
				for range 3000 { // 1,000 a second for 3 seconds, each of whom waits for 100 ms
					all.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
						defer cancel()
						at, err := ping(t, links, ctx)
						mu.Lock()
						defer mu.Unlock()
						if at != conn.Unsent { // whether or not he had the time to hear of it
							sent = append(sent, at)
						} else if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, conn.ErrLeft) {
							t.Error(err)
						}
					})
					time.Sleep(time.Millisecond)
				}
				all.Wait()
				evenly(t, rate, sent)
				if len(sent) < 299 {
					t.Errorf("%d of 3,000 went in 3.1 s, want 100 a second", len(sent))
				}
			})
		})
	}
}

// A further command of who has begun is not kept: that would be a part of his
// service.
func TestLimitLetsWhoHasBegunGoOn(t *testing.T) {
	for _, mode := range limitedModes {
		synctest.Test(t, func(t *testing.T) {
			links := limitedLinks(t, mode, 2, nil)
			time.Sleep(time.Second)
			var others sync.WaitGroup
			for range 3 {
				others.Go(func() { ping(t, links, t.Context()) })
			}
			link, err := links.Take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			first := link.RoundTrip(t.Context(), []any{"PING"})
			for range 3 {
				if x := link.RoundTrip(t.Context(), []any{"PING"}); x.Err != nil || x.Sent != first.Read {
					t.Errorf("%v: sent %v after the first was read (%v)", mode, time.Duration(x.Sent-first.Read), x.Err)
				}
			}
			links.Give(link)
			others.Wait()
		})
	}
}

// When the doors close those who wait for their turn leave, and when the links
// do they are told.
func TestNobodyWaitsForTheLimitBehindClosedDoors(t *testing.T) {
	for _, mode := range limitedModes {
		for _, closes := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				links := limitedLinks(t, mode, 1, nil)
				doors, closeDoors := context.WithCancel(t.Context())
				var all sync.WaitGroup
				var mu sync.Mutex
				went := 0
				for range 50 {
					all.Go(func() {
						if _, err := ping(t, links, doors); err == nil {
							mu.Lock()
							went++
							mu.Unlock()
						}
					})
				}
				if mode.Pipelines() {
					all.Go(func() { <-put(t, links, asked("PING")).over })
				}
				time.Sleep(2500 * time.Millisecond)
				closed := time.Now()
				closeDoors()
				if links.Sweep(); closes {
					links.Close()
				}
				all.Wait()
				if went < 1 || went > 3 || time.Since(closed) > 0 || links.Load().Waiting != 0 {
					t.Errorf("%v: %d went, and the last left %v after the doors closed; %d wait", mode, went, time.Since(closed), links.Load().Waiting)
				}
			})
		}
	}
}

// MULTI takes a connection of its own, which is handed out like all others.
func TestLimitOfPinned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		links := limitedLinks(t, conn.Pipelined(1), 10, nil)
		time.Sleep(time.Second)
		begin := time.Now()
		var sent []int64
		for range 6 {
			link, err := links.Take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			own, free, err := link.(conn.Pinner).Pin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			sent = append(sent, own.RoundTrip(t.Context(), []any{"WATCH", "k"}).Sent)
			free()
			links.Give(link)
		}
		if evenly(t, 10, sent); time.Since(begin) != 495*time.Millisecond {
			t.Errorf("six took %v, want 5 intervals less the slack", time.Since(begin))
		}
	})
}

func BenchmarkLimit(b *testing.B) {
	srv, err := server.Open(b.Context(), server.Options{Server: server.Embedded, InProcess: true})
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Close()
	for _, rate := range []float64{0, 1e8} { // so high that nobody waits
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			links, err := conn.Open(b.Context(), srv, conn.Options{Mode: conn.Pool(64), Timeout: time.Second, Now: func() int64 { return 0 }, MaxRate: rate})
			if err != nil {
				b.Fatal(err)
			}
			defer links.Close()
			for b.Loop() {
				link, err := links.Take(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				links.Give(link)
			}
		})
	}
}

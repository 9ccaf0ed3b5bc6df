package scenario

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// till answers each command by its number, and stands still while it is told to.
type till struct {
	conn.Links
	begin  time.Time
	served atomic.Int64
	closed atomic.Bool
	// still is until when it stands still.
	still time.Time
}

func (t *till) Take(context.Context) (conn.Link, error) { return t, nil }
func (t *till) Give(conn.Link)                          {}
func (t *till) Close() error                            { t.closed.Store(true); return nil }
func (t *till) now() int64                              { return int64(time.Since(t.begin)) }

func (t *till) RoundTrip(context.Context, []any) conn.Exchange {
	time.Sleep(time.Until(t.still))
	return conn.Exchange{Sent: t.now(), Read: t.now(), Reply: t.served.Add(1)}
}

// gatedTill is a gateway of 4 workers who take 10 ms each: 400 a second.
func gatedTill(t *testing.T) (*till, conn.Links) {
	behind := &till{begin: time.Now()}
	spec := &Spec{Gateway: &Gateway{4, 10 * time.Millisecond}, Timeout: 100 * time.Millisecond}
	return behind, spec.behind(behind, behind.now, func(int64) {})
}

func ask(t *testing.T, links conn.Links) conn.Exchange {
	link, err := links.Take(t.Context())
	if err != nil {
		t.Error(err)
	}
	defer links.Give(link)
	return link.RoundTrip(t.Context(), []any{"PING"})
}

// One after the other, a purchase takes what a worker takes for it.
func TestGatewayTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		behind, links := gatedTill(t)
		for n := range int64(5) {
			x := ask(t, links)
			if x.Err != nil || x.Reply != n+1 || x.Read-x.Sent != int64(10*time.Millisecond) {
				t.Errorf("exchange %d: %+v", n, x)
			}
		}
		if err := links.Close(); err != nil || !behind.closed.Load() {
			t.Errorf("closed: %v, %v", behind.closed.Load(), err)
		}
		if x := ask(t, links); x.Sent != conn.Unsent || x.Err == nil {
			t.Errorf("a closed gateway took in %+v", x)
		}
	})
}

// Who leaves does not take his purchase with him: it is done, and keeps those who
// come later waiting, at the rate that the gateway carries.
func TestGatewayDoesNotLearnWhoHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		behind, links := gatedTill(t)
		behind.still = behind.begin.Add(time.Second)
		var left atomic.Int64
		var all sync.WaitGroup
		for range 400 { // in a second, all of them in vain
			all.Go(func() {
				if x := ask(t, links); errors.Is(x.Err, errLeft) && conn.FateOf(x.Err) == conn.Maybe && x.Read-x.Sent == int64(100*time.Millisecond) {
					left.Add(1)
				}
			})
			time.Sleep(2500 * time.Microsecond)
		}
		all.Wait()
		if left.Load() != 400 {
			t.Errorf("%d of 400 left", left.Load())
		}
		time.Sleep(time.Until(behind.begin.Add(1500 * time.Millisecond)))
		if n := behind.served.Load(); n < 200 || n > 212 { // half of a second's, and what the workers had in hand
			t.Errorf("half a second after the heal %d had been served", n)
		}
		if x := ask(t, links); !errors.Is(x.Err, errLeft) {
			t.Errorf("the queue let through %+v", x)
		}
		time.Sleep(time.Second)
		if n := behind.served.Load(); n != 401 {
			t.Errorf("%d of 401 were done in the end", n)
		}
		if x := ask(t, links); x.Err != nil {
			t.Errorf("with an empty queue: %+v", x)
		}
		links.Close()
	})
}

// Close does not work off the queue: nobody waits for it.
func TestGatewayClosesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		behind, links := gatedTill(t)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { ask(t, links) })
		}
		all.Wait() // after a timeout of 100 ms
		links.Close()
		if n := behind.served.Load(); n < 36 || n > 48 {
			t.Errorf("%d were done in 100 ms", n)
		}
	})
}

func TestGatewayText(t *testing.T) {
	for text, good := range map[string]bool{"8*20ms": true, "1*1s": true, "": false, "8": false, "0*20ms": false, "8*0s": false, "8*-1s": false, "20ms*8": false, "20000*1s": false} {
		var g Gateway
		err := g.UnmarshalText([]byte(text))
		if (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
		if good && g.String() != text {
			t.Errorf("%q is written %q", text, g)
		}
	}
}

func TestGatewaySuits(t *testing.T) {
	for _, c := range []struct {
		conns conn.Mode
		wrong string
	}{
		{conn.Pool(8), ""}, {conn.Pool(7), "more workers than connections"}, {conn.Pipelined(8), "pool"}, {conn.Dedicated, "pool"},
	} {
		spec := Spec{Gateway: &Gateway{8, time.Second}, Conns: c.conns}
		if err := spec.checkGateway(); (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v", c.conns, err)
		}
	}
	spec := Spec{Gateway: &Gateway{8, time.Second}, Timeout: time.Second}
	for name, good := range map[string]bool{"once": true, "watch": false} {
		strat, err := strategy.Find(name, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := spec.suitsGateway(&strat); (err == nil) != good {
			t.Errorf("%s: %v", name, err)
		}
	}
	if spec.lateAt() != time.Minute || (&Spec{Timeout: time.Second}).lateAt() != time.Second {
		t.Error("how late a reply may be on the wire")
	}
}

package conn_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
)

// loaded waits until the links show as many exchanges under way.
func loaded(t *testing.T, links conn.Links, inFlight int) conn.Load {
	t.Helper()
	for range 1000 {
		if load := links.Load(); load.InFlight == inFlight {
			return load
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%+v, want %d under way", links.Load(), inFlight)
	return conn.Load{}
}

func TestLoad(t *testing.T) {
	for name, test := range map[string]struct {
		mode         conn.Mode
		open, during int // connections
	}{
		"pool":      {conn.Pool(4), 4, 4},
		"dedicated": {conn.Dedicated, 0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded})
			if err != nil {
				t.Fatal(err)
			}
			defer srv.Close()
			links := open(t, srv, test.mode, time.Minute)
			if load := links.Load(); load != (conn.Load{Open: test.open}) {
				t.Errorf("before: %+v", load)
			}
			var wait sync.WaitGroup
			for range 3 {
				wait.Go(func() { do(t, links, "BLPOP", "k", 0) })
			}
			load := loaded(t, links, 3)
			if load.Open != test.during || load.Busy != 3 || load.Sent != 3 || load.Held <= 0 {
				t.Errorf("during: %+v", load)
			}
			others := open(t, srv, conn.Pool(1), time.Minute)
			do(t, others, "RPUSH", "k", "1", "2", "3")
			wait.Wait()
			if load := links.Load(); load.InFlight != 0 || load.Busy != 0 || load.Sent != 3 || load.Open != test.during {
				t.Errorf("after: %+v", load)
			}
			if load := others.Load(); load.Sent != 1 {
				t.Errorf("each has a gauge of its own: %+v", load)
			}
		})
	}
}

// TestHeldIsTheTimeUnderWay: in a time that stands still but where somebody
// waits, the gauge and the instants of the exchanges say exactly the same.
func TestHeldIsTheTimeUnderWay(t *testing.T) {
	for _, mode := range []conn.Mode{conn.Pool(2), conn.Dedicated} {
		synctest.Test(t, func(t *testing.T) {
			srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded, InProcess: true})
			if err != nil {
				t.Fatal(err)
			}
			defer srv.Close()
			links, other := open(t, srv, mode, time.Minute), open(t, srv, conn.Pool(1), time.Minute)
			var both sync.WaitGroup
			var served [2]time.Duration
			for i := range served {
				both.Go(func() {
					x := do(t, links, "BLPOP", "k", 0)
					served[i] = time.Duration(x.Read - x.Sent)
				})
			}
			time.Sleep(3 * time.Second)
			if load := links.Load(); load.Held != 6*time.Second {
				t.Errorf("%v: held %v after 3 s of two", mode, load.Held)
			}
			do(t, other, "RPUSH", "k", "1")
			time.Sleep(time.Second)
			do(t, other, "RPUSH", "k", "2")
			both.Wait()
			if load := links.Load(); load.Held != served[0]+served[1] || load.Held != 7*time.Second {
				t.Errorf("%v: held %v, served %v", mode, load.Held, served)
			}
			links.Close()
			other.Close()
		})
	}
}

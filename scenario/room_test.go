package scenario

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// Everybody is due when the doors open, and the n-th is let in n/RATE later: neither
// sooner nor, on a clock that is not real, later. Whoever still waits when the doors
// close is dropped, like everybody who was due.
func TestTheWaitingRoomLetsInByTheClock(t *testing.T) {
	for _, tt := range []struct {
		rate     string
		attempts int64
		duration time.Duration
		in       int
	}{
		{rate: "400/s", attempts: 1, in: 1000},
		{rate: "3/s", attempts: 2, in: 1000},
		{rate: "100/s", attempts: 1, duration: 2*time.Second + time.Millisecond, in: 201},
	} {
		synctest.Test(t, func(t *testing.T) {
			var seen all
			d, stop := driveOf(t, good(func(s *Spec) {
				arrivals("admit:" + tt.rate)(s)
				s.Buyers, s.Attempts, s.Duration = new(int64(1000)), exactly(tt.attempts), tt.duration
			}), &seen)
			d.sell(lot{0, 1})
			stop()
			var rate arrival.Rate
			if err := rate.UnmarshalText([]byte(tt.rate)); err != nil {
				t.Fatal(err)
			}
			in, out := 0, 0
			for _, a := range seen {
				at := int64(math.Round(float64(a.Buyer) / float64(rate) * 1e9))
				waited, let := d.plan.head.Waited(&a)
				switch {
				case a.Request%uint32(tt.attempts) > 0: // he is inside, and did not wait again
					if !let || waited != 0 || a.Due == 0 && a.Buyer > 0 {
						t.Fatalf("%s: the second of buyer %d is due at %d, and waited %v", tt.rate, a.Buyer, a.Due, waited)
					}
				case a.Outcome == sale.Dropped:
					if out++; let || a.Call != history.Never || a.Due != 0 || time.Duration(a.Start)*time.Microsecond != tt.duration {
						t.Fatalf("%s: %+v, %v", tt.rate, a, let)
					}
				default:
					if in++; !let || a.Due != 0 || a.Call/1000 != at/1000 || a.Return != a.Call || int64(a.Start) != at/1000 || int64(waited)/1000 != at/1000 {
						t.Fatalf("%s: buyer %d: due %d, start %d µs, call %d, waited %v; want call %d", tt.rate, a.Buyer, a.Due, a.Start, a.Call, waited, at)
					}
				}
			}
			if in != tt.in || in+out != 1000 || d.plannedStill() != 0 {
				t.Errorf("%s: %d were let in and %d not, %d never came; want %d of 1000", tt.rate, in, out, d.plannedStill(), tt.in)
			}
		})
	}
}

// Behind a waiting room there are as many inside as the server keeps, not as many as
// come: neither memory nor connections are asked for all of them.
func TestTheWaitingRoomIsNoCrowdInside(t *testing.T) {
	burst, room := good(nil), good(arrivals("admit:100/s"))
	burst.Buyers, room.Buyers = new(int64(100_000)), new(int64(100_000))
	burst.Conns.UnmarshalText([]byte("dedicated"))
	room.Conns = burst.Conns
	if burst.Connections() != 100_000 || room.Connections() != defaultBuyers {
		t.Errorf("%d connections of a burst, %d behind a waiting room", burst.Connections(), room.Connections())
	}
	for buyers, want := range map[int64]string{360_000: "", 360_001: "the last of 360001 buyers would be let in after 3600 s"} {
		room.Buyers = new(buyers)
		if err := room.Prepare(); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d buyers: %v", buyers, err)
		}
	}
}

// A curve stands beside the scenario that names it, and what is recorded is the curve
// itself.
func TestTheCurveIsWrittenOut(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"curve.csv": "seconds,rate\n0,0\n1,200\n2,200\n", "bad.csv": "0,1\n1,x\n",
		"s.yaml": "version: 1\narrivals: file:curve.csv\n", "none.yaml": "version: 1\narrivals: file:none.csv\n", "bad.yaml": "version: 1\narrivals: file-poisson:bad.csv\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spec := good(nil)
	if err := Load(filepath.Join(dir, "s.yaml"), &spec); err != nil {
		t.Fatal(err)
	}
	if want := "file:" + filepath.Join(dir, "curve.csv"); spec.Arrivals.String() != want {
		t.Errorf("arrivals %s, want %s", spec.Arrivals, want)
	}
	if err := spec.Prepare(); err != nil {
		t.Fatal(err)
	}
	text, err := spec.YAML()
	if err != nil || !strings.Contains(text, "\narrivals: ramp:0/s..200/s*1s,constant:200/s*1s\n") || strings.Contains(text, "curve.csv") {
		t.Errorf("%v\n%s", err, text)
	}
	if n := spec.planned(); n != 300 {
		t.Errorf("%d buyers are planned, want 300", n)
	}
	for name, want := range map[string]string{"none.yaml": "none.csv: no such file", "bad.yaml": filepath.Join(dir, "bad.csv") + ":2: "} {
		spec := good(nil)
		if err := Load(filepath.Join(dir, name), &spec); err != nil {
			t.Fatal(err)
		}
		if err := spec.Prepare(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

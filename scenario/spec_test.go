package scenario

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/conn"
)

// good is a spec that Prepare accepts.
func good(change func(*Spec)) Spec {
	s := Spec{
		Version: 1, Server: "embedded", Script: "once", Stock: 10, Attempts: Range{1, 1},
		Conns: conn.Pool(4), Timeout: time.Second, Seed: new(uint64(1)),
		Arrivals: arrival.Schedule{Model: arrival.Burst},
	}
	if change != nil {
		change(&s)
	}
	return s
}

func TestPrepare(t *testing.T) {
	if s := good(nil); s.Prepare() != nil {
		t.Fatalf("a good spec is refused: %v", s.Prepare())
	}
	for _, tt := range []struct {
		want   string
		change func(*Spec)
	}{
		{"version 2", func(s *Spec) { s.Version = 2 }},
		{"--stock -1", func(s *Spec) { s.Stock = -1 }},
		{"--stock 9999999999", func(s *Spec) { s.Stock = 9999999999 }},
		{"--buyers", func(s *Spec) { s.Buyers = new(int64(0)) }},
		{"--quantity", func(s *Spec) { s.Quantity = new(int64(0)) }},
		{"--quantity", func(s *Spec) { s.Quantity = new(int64(1 << 40)) }},
		{"--limit", func(s *Spec) { s.Limit = new(int64(-1)) }},
		{"--duration -1s", func(s *Spec) { s.Duration = -time.Second }},
		{"--patience -1s", func(s *Spec) { s.Patience = -time.Second }},
		{"--timeout 0s", func(s *Spec) { s.Timeout = 0 }},
		{"--tls-cert and --tls-key", func(s *Spec) { s.TLSCert = "c.pem" }},
		{"more than the 4294967295", func(s *Spec) { s.Buyers = new(int64(1 << 31)); s.Attempts = Range{1, 3} }},
	} {
		s := good(tt.change)
		if err := s.Prepare(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want one with %q", err, tt.want)
		}
	}
}

func TestPlannedBuyers(t *testing.T) {
	for _, tt := range []struct {
		reason, arrivals string
		duration         time.Duration
		buyers           *int64
		want             int64
	}{
		{"the default", "burst", 0, nil, 5000},
		{"as told", "constant:100/s*1s", 0, new(int64(7)), 7},
		{"every arrival of the stages", "constant:100/s*1s,ramp:0/s..100/s*1s", 0, nil, 150},
		{"the duration cuts the stages", "constant:100/s*10s", time.Second, nil, 100},
		{"a rate and a duration", "constant:50/s", 2 * time.Second, nil, 100},
		{"a rate without an end", "constant:50/s", 0, nil, 5000},
		{"closed, with a duration: the default", "closed:10", time.Second, nil, 5000},
	} {
		s := good(func(s *Spec) { s.Duration, s.Buyers = tt.duration, tt.buyers })
		if err := s.Arrivals.UnmarshalText([]byte(tt.arrivals)); err != nil {
			t.Fatal(err)
		}
		if got := s.planned(); got != tt.want {
			t.Errorf("%s: %d buyers, want %d", tt.reason, got, tt.want)
		}
	}
}

// Two runs with one seed plan the same arrivals and the same buyers.
func TestSeedDecidesThePlan(t *testing.T) {
	type plan struct {
		at     []time.Duration
		habits [][2]int
	}
	draw := func(seed uint64) (p plan) {
		s := good(func(s *Spec) { s.Seed, s.Attempts, s.DoubleClick = &seed, Range{1, 5}, 0.3 })
		if err := s.Arrivals.UnmarshalText([]byte("poisson:1000/s")); err != nil {
			t.Fatal(err)
		}
		for at := range s.Arrivals.Times(s.source(streamArrivals)) {
			n, twice := s.habits(uint32(len(p.at)))
			p.at = append(p.at, at)
			p.habits = append(p.habits, [2]int{n, map[bool]int{true: 1}[twice]})
			if len(p.at) == 1000 {
				break
			}
		}
		return p
	}
	a, b, other := draw(1), draw(1), draw(2)
	if !slices.Equal(a.at, b.at) || !slices.Equal(a.habits, b.habits) {
		t.Error("the same seed plans different sales")
	}
	if slices.Equal(a.at, other.at) || slices.Equal(a.habits, other.habits) {
		t.Error("another seed plans the same sale")
	}
}

func TestHabitsFollowTheSpec(t *testing.T) {
	s := good(func(s *Spec) { s.Attempts, s.DoubleClick = Range{1, 3}, 0.25 })
	var count [4]int
	var twice int
	const n = 20_000
	for buyer := range uint32(n) {
		purchases, doubleClicks := s.habits(buyer)
		count[purchases]++
		if doubleClicks {
			twice++
		}
	}
	for purchases := 1; purchases <= 3; purchases++ {
		if c := count[purchases]; c < n*30/100 || c > n*37/100 {
			t.Errorf("%d of %d buyers make %d purchases, want about a third", c, n, purchases)
		}
	}
	if twice < n*23/100 || twice > n*27/100 {
		t.Errorf("%d of %d buyers double-click, want about a quarter", twice, n)
	}
}

func TestValues(t *testing.T) {
	for _, text := range []string{"1", "1..3", "200"} {
		var r Range
		if err := r.UnmarshalText([]byte(text)); err != nil || r.String() != text {
			t.Errorf("range %q comes back as %q, %v", text, r, err)
		}
	}
	for _, text := range []string{"0", "3..1", "x", "", "1..", "201", "-1"} {
		if new(Range).UnmarshalText([]byte(text)) == nil {
			t.Errorf("range %q is accepted", text)
		}
	}
	for text, want := range map[string]string{"0": "0", "5%": "0.05", "0.5": "0.5", "100%": "1"} {
		var s Share
		if err := s.UnmarshalText([]byte(text)); err != nil || s.String() != want {
			t.Errorf("share %q is %q, %v", text, s, err)
		}
	}
	for _, text := range []string{"1.1", "101%", "x", "", "-1%", "NaN"} {
		if new(Share).UnmarshalText([]byte(text)) == nil {
			t.Errorf("share %q is accepted", text)
		}
	}
}

package scenario

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func exactly(n int64) Range { return Range{n, n} }

// good is a spec that Prepare accepts.
func good(change func(*Spec)) Spec {
	s := Spec{
		Version: 1, Server: "embedded", Script: "once", Stock: exactly(10), Attempts: exactly(1), BuyerIDs: sale.BuyerIDs{From: 1},
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
		{"--stock 1..9999999999", func(s *Spec) { s.Stock = Range{1, 9999999999} }},
		{"--items", func(s *Spec) { s.Items = new(int64(0)) }},
		{"--items", func(s *Spec) { s.Items = new(int64(maxItems + 1)) }},
		{"--attempts 0", func(s *Spec) { s.Attempts = exactly(0) }},
		{"--attempts 1..201", func(s *Spec) { s.Attempts = Range{1, 201} }},
		{"--retries -1", func(s *Spec) { s.Retries = -1 }},
		{"--retries 101", func(s *Spec) { s.Retries = 101 }},
		{"--restock", func(s *Spec) { arrivals("closed:1,2")(s); s.Restock = Restocks{{1, 0}} }},
		{"--buyers", func(s *Spec) { s.Buyers = new(int64(0)) }},
		{"--quantity", func(s *Spec) { s.Quantity = One(0) }},
		{"--quantity", func(s *Spec) { s.Quantity = One(1 << 40) }},
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
		habits []habits
	}
	draw := func(seed uint64) (p plan) {
		s := good(func(s *Spec) { s.Seed, s.Attempts, s.DoubleClick = &seed, Range{1, 5}, 0.3 })
		if err := s.Arrivals.UnmarshalText([]byte("poisson:1000/s")); err != nil {
			t.Fatal(err)
		}
		for at := range s.Arrivals.Times(s.source(streamArrivals)) {
			p.habits = append(p.habits, s.habitsOf(uint32(len(p.at)), &s.everyone()[0]))
			p.at = append(p.at, at)
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
	s := good(func(s *Spec) { s.Attempts, s.DoubleClick, s.Release, s.Abandon = Range{1, 3}, 0.25, 0.5, 0.75 })
	var count [4]int
	var twice, releases, abandons int
	const n = 20_000
	for buyer := range uint32(n) {
		h := s.habitsOf(buyer, &s.everyone()[0])
		count[h.purchases]++
		for _, habit := range []struct {
			has   bool
			count *int
		}{{h.doubleClicks, &twice}, {h.releases, &releases}, {h.abandons, &abandons}} {
			if habit.has {
				*habit.count++
			}
		}
	}
	for purchases := 1; purchases <= 3; purchases++ {
		if c := count[purchases]; c < n*30/100 || c > n*37/100 {
			t.Errorf("%d of %d buyers make %d purchases, want about a third", c, n, purchases)
		}
	}
	for _, habit := range []struct {
		name        string
		count, want int
	}{{"double-click", twice, 25}, {"give back", releases, 50}, {"never confirm", abandons, 75}} {
		if habit.count < n*(habit.want-2)/100 || habit.count > n*(habit.want+2)/100 {
			t.Errorf("%d of %d buyers %s, want about %d%%", habit.count, n, habit.name, habit.want)
		}
	}
}

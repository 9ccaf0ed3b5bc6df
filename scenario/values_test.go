package scenario

import (
	"encoding"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// values are the texts of the kinds of values, and what is refused.
var values = []struct {
	value     func() encoding.TextUnmarshaler
	good, bad []string
	canonical map[string]string
}{
	{func() encoding.TextUnmarshaler { return new(Range) },
		[]string{"0", "1", "1..3", "200"}, []string{"3..1", "x", "", "1..", "-1", "1.5", "99999999999999999999"}, nil},
	{func() encoding.TextUnmarshaler { return new(sale.Share) },
		[]string{"0", "0.5", "1"}, []string{"1.1", "101%", "x", "", "-1%", "NaN"}, map[string]string{"5%": "0.05", "100%": "1"}},
	{func() encoding.TextUnmarshaler { return new(Mix) },
		[]string{"2", "1..3", "1:0.9,5:0.1", "1:90%,5:10%"},
		[]string{"", "x", "3..1", "1..5000", "1:0.5", "1:0.5,1:0.5", "1:0,2:1", "1:0.9,5:0.2", "1:", ":1", "1:1,"}, nil},
	{func() encoding.TextUnmarshaler { return new(Skew) },
		[]string{"uniform", "zipf:0.99", "zipf:2"}, []string{"", "zipf:0", "zipf:-1", "zipf:11", "zipf:NaN", "uniform:1", "pareto"}, map[string]string{"zipf": "zipf:0.99"}},
	{func() encoding.TextUnmarshaler { return new(Span) },
		[]string{"0s", "300ms", "200ms..1s"}, []string{"", "1", "1s..", "..1s", "1s..200ms", "-1s", "soon", "1s..x"}, map[string]string{"1s..1s": "1s"}},
	{func() encoding.TextUnmarshaler { return new(Restocks) },
		[]string{"", "100@500ms", "1@0s,2@1s"}, []string{"100", "@1s", "0@1s", "-1@1s", "1@-1s", "1@x", "1@1s,"}, map[string]string{"2@1s,1@0s": "1@0s,2@1s"}},
}

func TestValues(t *testing.T) {
	for _, tt := range values {
		kind := fmt.Sprintf("%T", tt.value())
		want := map[string]string{}
		for _, text := range tt.good {
			want[text] = text
		}
		for text, back := range tt.canonical {
			want[text] = back
		}
		for text, back := range want {
			v := tt.value()
			if err := v.UnmarshalText([]byte(text)); err != nil {
				t.Errorf("%s %q: %v", kind, text, err)
				continue
			}
			if got, _ := v.(encoding.TextMarshaler).MarshalText(); string(got) != back {
				t.Errorf("%s %q comes back as %q, want %q", kind, text, got, back)
			}
		}
		for _, text := range tt.bad {
			if tt.value().UnmarshalText([]byte(text)) == nil {
				t.Errorf("%s %q is accepted", kind, text)
			}
		}
	}
}

func TestRestocksComeInTheirOrder(t *testing.T) {
	var r Restocks
	if err := r.UnmarshalText([]byte("2@1s,1@0s")); err != nil || len(r) != 2 || r[0] != (Restock{1, 0}) || r[1] != (Restock{2, time.Second}) {
		t.Errorf("read as %v, %v", r, err)
	}
}

func TestMixFollowsItsShares(t *testing.T) {
	var m Mix
	if err := m.UnmarshalText([]byte("1:0.7,2:0.2,5:0.1")); err != nil {
		t.Fatal(err)
	}
	s := good(nil)
	rng, count := s.source(99), map[int64]int{}
	const n = 20_000
	for range n {
		count[m.draw(rng)]++
	}
	for i, units := range m.Units {
		if got := float64(count[units]) / n; math.Abs(got-m.Shares[i]) > 0.02 {
			t.Errorf("%d units are drawn with %.3f, want %.3f", units, got, m.Shares[i])
		}
	}
	if m.Least() != 1 || m.Most() != 5 || m.fixed() != 0 || One(3).fixed() != 3 {
		t.Errorf("least %d, most %d, fixed %d and %d", m.Least(), m.Most(), m.fixed(), One(3).fixed())
	}
}

// Zipf's law: item i is asked for in proportion to 1/i^S.
func TestSkew(t *testing.T) {
	below := Skew{1}.below(4)
	sum := 1 + 1.0/2 + 1.0/3 + 1.0/4
	for i, want := range []float64{1 / sum, 1.5 / sum, (1.5 + 1.0/3) / sum, 1} {
		if math.Abs(below[i]-want) > 1e-9 {
			t.Errorf("the share up to item %d is %g, want %g", i, below[i], want)
		}
	}
	if even := (Skew{}).below(4); math.Abs(even[1]-0.5) > 1e-9 {
		t.Errorf("uniform gives the first half %g", even[1])
	}
}

package sale

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
)

// Each kind comes as often as n draws of its share have it: within five standard
// deviations, whatever the seed, and also among few and among neighbours.
func TestKindsComeByTheirShares(t *testing.T) {
	const n = 200_000
	for seed := range uint64(5) {
		for _, shares := range [][]Share{{0.8, 0.15, 0.05}, {0.001, 0.999}, {0.5, 0.5}, {0.25, 0.25, 0.25, 0.25}, {1}} {
			c := Crowd{Seed: seed * 0x1234567}
			for _, share := range shares {
				c.Kinds = append(c.Kinds, Kind{Share: share})
			}
			count := make([]float64, len(shares))
			together, last := 0.0, -1
			for buyer := range uint32(n) {
				k := c.KindOf(buyer)
				count[k]++
				if k == last {
					together++
				}
				last = k
			}
			same := 0.0
			for i, share := range shares {
				p := float64(share)
				same += p * p
				if off, sigma := count[i]-n*p, math.Sqrt(n*p*(1-p)); math.Abs(off) > 5*sigma+1 {
					t.Errorf("seed %d, shares %v: kind %d came %.0f times of %d, %.1f deviations off", seed, shares, i, count[i], n, off/sigma)
				}
			}
			if sigma := math.Sqrt(n * same); math.Abs(together-n*same) > 6*sigma+1 {
				t.Errorf("seed %d, shares %v: %.0f of %d came after one of their kind, want about %.0f", seed, shares, together, n, n*same)
			}
		}
	}
}

// What the shares lack, or have too much, leaves nobody without a kind.
func TestEverybodyIsOfAKind(t *testing.T) {
	for _, c := range []Crowd{
		{}, {Kinds: []Kind{{Share: 0.2}}}, {Kinds: []Kind{{Share: 0.1}, {Share: 0.1}}}, {Kinds: []Kind{{Share: 0.9}, {Share: 0.9}, {Share: 0.9}}},
		{Kinds: []Kind{{Share: 1. / 3}, {Share: 1. / 3}, {Share: 1. / 3}}},
	} {
		for buyer := range uint32(10_000) {
			if k := c.KindOf(buyer); k < 0 || k > max(len(c.Kinds)-1, 0) {
				t.Fatalf("%v: buyer %d is of kind %d", c.Kinds, buyer, k)
			}
		}
	}
}

// Records rest on the draw: it must be the same in every version. (These were
// written down when it was made.)
func TestKindsOfARecordStay(t *testing.T) {
	c := Crowd{Seed: 7, Kinds: []Kind{{"honest", 0.6}, {"impatient", 0.3}, {"bot", 0.1}}}
	var got []int
	for _, buyer := range []uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1 << 20, math.MaxUint32} {
		got = append(got, c.KindOf(buyer))
	}
	if want := []int{0, 0, 2, 0, 0, 0, 0, 1, 0, 1, 0, 0}; !reflect.DeepEqual(got, want) {
		t.Errorf("kinds %v, want %v", got, want)
	}
	text, err := json.Marshal(c)
	var back Crowd
	if err == nil {
		err = json.Unmarshal(text, &back)
	}
	if err != nil || !reflect.DeepEqual(back, c) {
		t.Errorf("%s comes back as %+v, %v", text, back, err)
	}
}

package compare

import (
	"math"
	"testing"
)

// The critical values of the two-sided test at 5%, as every table has them
// (McCornack, J. Amer. Statist. Assoc. 60, 1965), and R's qsignrank(0.025, n) - 1.
func TestCriticalValues(t *testing.T) {
	for n, want := range map[int]int{
		6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 11: 10, 12: 13, 13: 17, 14: 21, 15: 25, 16: 29, 17: 34, 18: 40, 19: 46, 20: 52,
		21: 58, 22: 65, 23: 73, 24: 81, 25: 89, 30: 137, 40: 264, 50: 434,
	} {
		k, tail := rankWithin(signedRank(n), .025)
		if k-1 != want || tail > .025 || tail < .015 {
			t.Errorf("n = %d: at most %d with probability %v, want %d", n, k-1, tail, want)
		}
	}
}

// The lower tails as tables have them, and as 25,397 of the 2^20 signs of twenty
// ranks are counted in whole numbers.
func TestLowerTails(t *testing.T) {
	for _, tt := range []struct {
		t, n int
		want float64
	}{{8, 10, 0.02441406}, {52, 20, 25397.0 / (1 << 20)}, {5, 9, 0.01953125}, {0, 6, 1.0 / 64}} {
		var sum float64
		for _, p := range signedRank(tt.n)[:tt.t+1] {
			sum += p
		}
		if math.Abs(sum-tt.want) > 1e-7 {
			t.Errorf("P(T <= %d) of %d is %v, want %v", tt.t, tt.n, sum, tt.want)
		}
	}
}

// All signs of a few ranks, one by one.
func TestSignedRankCounts(t *testing.T) {
	for n := 1; n <= 12; n++ {
		counts := make([]float64, n*(n+1)/2+1)
		for signs := range 1 << n {
			sum := 0
			for rank := 1; rank <= n; rank++ {
				sum += rank * (signs >> (rank - 1) & 1)
			}
			counts[sum]++
		}
		for at, p := range signedRank(n) {
			if !near(p*math.Exp2(float64(n)), counts[at]) {
				t.Fatalf("%d of %d ranks: %v, counted %v", at, n, p*math.Exp2(float64(n)), counts[at])
			}
		}
	}
}

func TestSignedRankOfManyIsSound(t *testing.T) {
	var sum float64
	for _, p := range signedRank(300) {
		sum += p
	}
	if !near(sum, 1) {
		t.Errorf("sums to %v", sum)
	}
	// The normal law: mean n(n+1)/4, variance n(n+1)(2n+1)/24.
	k, _ := rankWithin(signedRank(300), .025)
	if normal := 300*301/4.0 - 1.959964*math.Sqrt(300*301*601/24.0); math.Abs(float64(k)-normal) > 5 {
		t.Errorf("rank %d, the normal law has %v", k, normal)
	}
}

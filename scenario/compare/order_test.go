package compare

import (
	"fmt"
	"slices"
	"testing"
)

// Every order of three comes as often, also after each other one.
func TestOrderIsDrawn(t *testing.T) {
	const rounds = 7200
	once, pairs := map[string]int{}, map[string]int{}
	last := ""
	for round := range rounds {
		order := Order(42, round, 3)
		if sorted := slices.Sorted(slices.Values(order)); !slices.Equal(sorted, []int{0, 1, 2}) {
			t.Fatalf("%v is no order of three", order)
		}
		now := fmt.Sprint(order)
		once[now]++
		pairs[last+now]++
		last = now
	}
	chi := func(of map[string]int, cells int) (sum float64) {
		expected := float64(rounds) / float64(cells)
		for _, n := range of {
			sum += (float64(n) - expected) * (float64(n) - expected) / expected
		}
		return sum
	}
	// The quantiles of 99.9% of chi-squared with 5 and 35 degrees of freedom.
	if got := chi(once, 6); len(once) != 6 || got > 20.5 {
		t.Errorf("%v: chi squared %v", once, got)
	}
	delete(pairs, fmt.Sprint(Order(42, 0, 3)))
	if got := chi(pairs, 36); len(pairs) != 36 || got > 66.6 {
		t.Errorf("%v: chi squared %v", pairs, got)
	}
}

func TestOrderIsTheSeeds(t *testing.T) {
	differ := 0
	for round := range 100 {
		if !slices.Equal(Order(1, round, 4), Order(1, round, 4)) {
			t.Fatal("the same round of the same seed differs")
		}
		if !slices.Equal(Order(1, round, 4), Order(2, round, 4)) {
			differ++
		}
	}
	if differ < 80 {
		t.Errorf("only %d of 100 rounds differ between two seeds", differ)
	}
}

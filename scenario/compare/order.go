package compare

import "math/rand/v2"

// Order is the order in which n variants are run in a round, drawn from a seed.
// Each round is drawn anew, whatever the one before was: that is what makes the
// interval of Pair hold on a machine that changes meanwhile.
func Order(seed uint64, round, n int) []int {
	return rand.New(rand.NewPCG(seed, uint64(round))).Perm(n)
}

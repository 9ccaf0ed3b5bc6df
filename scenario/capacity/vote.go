package capacity

// A vote counts how the steps at one rate went.
type vote struct {
	passed, failed, undecided int
	doubt                     Result // of the last that is undecided
}

// Of the steps at a rate so many must pass. Two that fail, or of which nobody can
// tell how they went, decide as well: of three and of five, the rest is then too few.
const (
	passClimb   = 2 // of three
	passConfirm = 4 // of five
	passNot     = 2
)

// maxVotes is how many steps a rate takes at most: a single one that cannot be
// told is run again.
func maxVotes(p Phase) int { return needed(p) + 2*(passNot-1) }

func needed(p Phase) int {
	if p == Confirming {
		return passConfirm
	}
	return passClimb
}

func (v *vote) cast(r Result) {
	switch r {
	case Passed:
		v.passed++
	case Failed:
		v.failed++
	default:
		v.undecided++
		v.doubt = r
	}
}

// verdict is Passed, Failed or why it cannot be told; empty: another step is
// needed.
func (v *vote) verdict(p Phase) Result {
	switch {
	case v.passed >= needed(p):
		return Passed
	case v.failed >= passNot:
		return Failed
	case v.undecided >= passNot:
		return v.doubt
	}
	return ""
}

package sale

import (
	"slices"
	"testing"
)

func TestSinglesAreEntriesLikeOthers(t *testing.T) {
	ids := BuyerIDs{From: 1, Before: "u-"}
	a := Audit{Ledger: Units, Holdings: []Holding{{"stranger", 1}, {"u-3", 2}}, Singles: Singles{IDs: ids, Numbers: []uint32{4, 0}}}
	want := []Holding{{"stranger", 1}, {"u-3", 2}, {"u-5", 1}, {"u-1", 1}}
	if got := slices.Collect(a.All()); !slices.Equal(got, want) || a.Entries() != len(want) {
		t.Errorf("%d entries: %v", a.Entries(), got)
	}
	for i, one := range want {
		n, known := a.Buyer(i, ids)
		if number, is := ids.Number(one.Buyer); n != number || known != is || a.Units(i) != one.Units {
			t.Errorf("entry %d is of buyer %d, %v, with %d units", i, n, known, a.Units(i))
		}
	}
	for range a.All() {
		break // who has seen enough may stop
	}
}

func TestAuditsAreEqualHoweverTheyAreHeld(t *testing.T) {
	ids := BuyerIDs{From: 1}
	a := Audit{Ledger: Presence, Holdings: []Holding{{"2", 1}, {"1", 1}}}
	b := Audit{Ledger: Presence, Singles: Singles{ids, []uint32{0, 1}}}
	if !a.Equal(&b) {
		t.Error("one ledger differs from itself")
	}
	b.Singles.Numbers[1] = 2
	if a.Equal(&b) {
		t.Error("a ledger of another buyer is the same")
	}
}

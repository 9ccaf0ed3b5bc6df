package sale

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// kinds are the ways to name buyers, for properties that hold of all.
func kinds(t *rapid.T) BuyerIDs {
	ids := BuyerIDs{From: rapid.Uint64Range(0, math.MaxUint64-math.MaxUint32).Draw(t, "from")}
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 1:
		ids.Before, ids.After = rapid.StringMatching(`[a-z:-]{0,5}`).Draw(t, "before"), rapid.StringMatching(`[a-z\x00 "]{0,5}`).Draw(t, "after")
	case 2:
		list := rapid.SliceOfNDistinct(rapid.StringN(1, 9, -1), 1, 9, rapid.ID).Draw(t, "list")
		var err error
		if ids, err = (BuyerIDs{File: "f"}).Listed(list); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

func TestBuyerIDsAreABijection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids, n := kinds(t), rapid.Uint32().Draw(t, "n")
		if list := ids.List(); list != nil {
			n %= uint32(len(list))
		}
		if got, ours := ids.Number(ids.ID(n)); !ours || got != n {
			t.Fatalf("buyer %d is %q, which is buyer %d (%v)", n, ids.ID(n), got, ours)
		}
	})
}

func TestStrangers(t *testing.T) {
	listed, err := BuyerIDs{File: "f"}.Listed([]string{"a", "b\xff"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		ids        BuyerIDs
		id, reason string
	}{
		{BuyerIDs{From: 100}, "99", "before the first"},
		{BuyerIDs{From: 100}, "4294967396", "past the last"},
		{BuyerIDs{From: 100}, "0100", "not how the id is written"},
		{BuyerIDs{From: 100}, "+100", "not how the id is written"},
		{BuyerIDs{From: 100}, "1e2", "a number, but not an id"},
		{BuyerIDs{From: 100}, "100 ", "a space"},
		{BuyerIDs{From: 100}, "", "nothing"},
		{BuyerIDs{From: 100}, "-1", "negative"},
		{BuyerIDs{From: 100}, "99999999999999999999", "over 64 bits"},
		{BuyerIDs{From: 1, Before: "u-", After: "!"}, "1", "without what stands around the number"},
		{BuyerIDs{From: 1, Before: "u-", After: "!"}, "u-1", "without what stands behind it"},
		{BuyerIDs{From: 1, Before: "u-", After: "!"}, "u-!", "without the number"},
		{listed, "c", "not on the list"},
		{listed, "b", "cut short"},
	} {
		if n, ours := tt.ids.Number(tt.id); ours {
			t.Errorf("%q (%s) is taken for buyer %d", tt.id, tt.reason, n)
		}
	}
}

func TestNeighbouringLongIDsAreTwoBuyers(t *testing.T) {
	var ids BuyerIDs
	if err := ids.UnmarshalText([]byte("from:9007199254740992")); err != nil {
		t.Fatal(err)
	}
	if a, b := ids.ID(0), ids.ID(1); a != "9007199254740992" || b != "9007199254740993" {
		t.Errorf("buyers 0 and 1 are %s and %s", a, b)
	}
}

func TestListedIDs(t *testing.T) {
	for reason, ids := range map[string][]string{"an empty id": {"a", ""}, "an id twice": {"a", "b", "a"}} {
		if _, err := (BuyerIDs{}).Listed(ids); err == nil {
			t.Errorf("%s is accepted", reason)
		}
	}
}

func TestBuyerIDsText(t *testing.T) {
	for text, second := range map[string]string{"from:17": "18", "pattern:u-{n}": "u-2", "pattern:{n}:x": "2:x", "file:ids.txt": ""} {
		var ids BuyerIDs
		if err := ids.UnmarshalText([]byte(text)); err != nil || ids.ID(1) != second {
			t.Errorf("%s: the second id is %q, want %q; %v", text, ids.ID(1), second, err)
		}
		if back, _ := ids.MarshalText(); string(back) != text {
			t.Errorf("%s comes back as %s", text, back)
		}
	}
	for _, bad := range []string{"17", "from:", "from:-1", "from:x", "from:18446744073709551615", "pattern:u", "pattern:{n}{n}", "pattern:1{n}", "pattern:{n}0", "file:", "", "list:a"} {
		if new(BuyerIDs).UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

package sale

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestBuyerIDsAreABijection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := BuyerIDs{From: rapid.Uint64Range(0, math.MaxUint64-math.MaxUint32).Draw(t, "from")}
		n := rapid.Uint32().Draw(t, "n")
		if got, ours := ids.Number(ids.ID(n)); !ours || got != n {
			t.Fatalf("buyer %d is %q, which is buyer %d (%v)", n, ids.ID(n), got, ours)
		}
	})
}

func TestStrangers(t *testing.T) {
	ids := BuyerIDs{From: 100}
	for id, reason := range map[string]string{
		"99":                   "before the first",
		"4294967396":           "past the last",
		"0100":                 "not how the id is written",
		"+100":                 "not how the id is written",
		"1e2":                  "a number, but not an id",
		"100 ":                 "a space",
		"":                     "nothing",
		"-1":                   "negative",
		"99999999999999999999": "over 64 bits",
	} {
		if n, ours := ids.Number(id); ours {
			t.Errorf("%q (%s) is taken for buyer %d", id, reason, n)
		}
	}
}

func TestBuyerIDsText(t *testing.T) {
	var ids BuyerIDs
	if err := ids.UnmarshalText([]byte("from:17")); err != nil || ids.From != 17 {
		t.Errorf("from:17 gives %v, %v", ids, err)
	}
	if text, _ := ids.MarshalText(); string(text) != "from:17" {
		t.Errorf("from:17 comes back as %s", text)
	}
	for _, bad := range []string{"17", "from:", "from:-1", "from:x"} {
		if ids.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestNamesGoRoundTrip(t *testing.T) {
	for _, o := range Outcomes {
		var back Outcome
		if text, _ := o.MarshalText(); back.UnmarshalText(text) != nil || back != o {
			t.Errorf("outcome %v comes back as %v", o, back)
		}
	}
	for _, v := range []Verb{Buy, Release, Confirm} {
		var back Verb
		if back.UnmarshalText([]byte(v.String())) != nil || back != v {
			t.Errorf("verb %v comes back as %v", v, back)
		}
	}
	for _, d := range []Defect{NoDefect, UnmappedReply, ScriptError} {
		var back Defect
		if back.UnmarshalText([]byte(d.String())) != nil || back != d {
			t.Errorf("defect %v comes back as %v", d, back)
		}
	}
}

func TestUnknownNamesAreRefused(t *testing.T) {
	for what, err := range map[string]error{
		"outcome":       new(Outcome).UnmarshalText([]byte("sold")),
		"empty outcome": new(Outcome).UnmarshalText(nil),
		"verb":          new(Verb).UnmarshalText([]byte("steal")),
		"defect":        new(Defect).UnmarshalText([]byte("dent")),
		"order":         new(Order).UnmarshalText([]byte("stock")),
		"empty order":   new(Order).UnmarshalText(nil),
		"retry_safe":    new(RetrySafe).UnmarshalText([]byte("yes")),
		"missing_stock": new(MissingStock).UnmarshalText([]byte("sell")),
	} {
		if err == nil {
			t.Errorf("an unknown %s is accepted", what)
		}
	}
}

func TestAnswered(t *testing.T) {
	want := map[Outcome]bool{OK: true, Replayed: true, SoldOut: true, Duplicate: true, OverLimit: true, Refused: true, NotReady: true}
	for _, o := range Outcomes {
		if o.Answered() != want[o] {
			t.Errorf("%v counts as answered: %v", o, o.Answered())
		}
	}
}

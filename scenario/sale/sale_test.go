package sale

import "testing"

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

package arrival

import (
	"strings"
	"testing"
)

func TestRate(t *testing.T) {
	for text, want := range map[string]Rate{"": 0, "20000/s": 20_000, "0.5/s": .5, "1e3/s": 1000} {
		var r Rate
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("%q: %v, %v", text, r, err)
		}
		again, err := r.MarshalText()
		var back Rate
		if err != nil || back.UnmarshalText(again) != nil || back != want {
			t.Errorf("%q is written as %q, %v, and read as %v", text, again, err, back)
		}
	}
	for text, want := range map[string]string{
		"20000": "not a rate like 20000/s", "fast": "not a rate", "-1/s": "not a rate", "NaN/s": "not a rate",
		"0/s": "a rate of 0 is none", "1e9/s": "beyond",
	} {
		var r Rate
		if err := r.UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

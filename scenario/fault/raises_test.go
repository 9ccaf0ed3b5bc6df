package fault

import (
	"slices"
	"testing"
)

func TestRaises(t *testing.T) {
	away := []string{"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN"}
	for text, want := range map[string][]string{
		"kill at=1s":                             away,
		"pause for=9s":                           away,
		"cut-aof bytes=1":                        away,
		"promote at=1s":                          away,
		"cluster-failover":                       away,
		"config-set set=maxmemory=1":             {"OOM", "MISCONF"},
		"config-set set=save=":                   {"MISCONF"},
		"drop-reply share=1%":                    nil,
		"client-kill":                            nil,
		"acl set=-sadd":                          nil,
		"busy-script":                            nil, // BUSY passes by itself
		"delete-key target=stock":                nil,
		"config-set set=maxmemory-policy=noevic": {"OOM", "MISCONF"},
	} {
		var f Fault
		if err := f.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		for _, word := range append([]string{"OOM", "MISCONF", "ERR"}, away...) {
			if f.Raises(word) != slices.Contains(want, word) {
				t.Errorf("%s: that it raises %s is %v", text, word, f.Raises(word))
			}
		}
	}
	if (&Fault{Do: "nothing"}).Raises("LOADING") {
		t.Error("a fault that is none raises nothing")
	}
}

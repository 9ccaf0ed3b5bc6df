package fault

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

func TestTextGoesRoundTrip(t *testing.T) {
	for text, want := range map[string]Fault{
		"kill at=2s for=800ms":                      {Do: "kill", At: 2 * time.Second, For: 800 * time.Millisecond},
		"pause at=1s every=2s for=1s target=node:2": {Do: "pause", At: time.Second, Every: 2 * time.Second, For: time.Second, Target: "node:2"},
		"promote at=1s lag=200ms":                   {Do: "promote", At: time.Second, Lag: 200 * time.Millisecond},
		"drop-reply share=0.05":                     {Do: "drop-reply", Share: 0.05},
		"delay-request share=0.5 delay=10ms":        {Do: "delay-request", Share: 0.5, Delay: 10 * time.Millisecond},
		"cut-aof bytes=200000":                      {Do: "cut-aof", Bytes: 200000},
		"acl set=-sadd -get":                        {Do: "acl", Set: "-sadd -get"},
		"config-set at=1s set=maxmemory=1,save=":    {Do: "config-set", At: time.Second, Set: "maxmemory=1,save="},
		"delete-key target=stock":                   {Do: "delete-key", Target: "stock"},
	} {
		var got Fault
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: read %+v, %v", text, got, err)
		}
		if got.String() != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	}
	var after Fault
	if err := after.UnmarshalText([]byte("acl set=-sadd -get at=500ms for=50ms")); err != nil || after != (Fault{Do: "acl", Set: "-sadd -get", At: 500 * time.Millisecond, For: 50 * time.Millisecond}) {
		t.Errorf("words after set= are read as %+v, %v", after, err)
	}
	var percent Fault
	if err := percent.UnmarshalText([]byte("drop-reply share=5%")); err != nil || percent.Share != 0.05 {
		t.Errorf("5%% is read as %v, %v", percent.Share, err)
	}
}

func TestMistakesAreExplained(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "want a kind and when",
		"kil at=1s":                   `unknown fault "kil"; want one of kill, term`,
		"kill at":                     `"at": want words like at=2s`,
		"kill at=":                    "want words like at=2s",
		"kill at=2":                   `missing unit`,
		"kill when=2s":                "unknown word when of a fault; want some of at, every",
		"kill at=1s at=2s":            "at= is there twice",
		"drop-reply share=0":          "a share of nothing hits nobody",
		"config-set set=maxmemory":    "want NAME=VALUE",
		"kill at=2s share=5%":         "fault kill knows no share; want at, every, for, target",
		"restart for=1s":              "fault restart knows no for",
		"cut-aof at=1s":               "fault cut-aof needs bytes=",
		"cut-aof bytes=-1":            "want 1 or more",
		"cut-aof bytes=many":          "invalid syntax",
		"hold share=5%":               "fault hold needs delay=",
		"drop-reply share=2":          "is not a share",
		"delete-key at=1s":            "fault delete-key needs target=",
		"pause at=-1s":                "want a length of time",
		"pause at=1s every=1s for=1s": "want more than it lasts (1s)",
		"kill every=100ms":            "want more than it lasts (200ms)",
		"promote every=1s lag=800ms":  "want more than it lasts (1s)",
		"drop-reply every=1s":         "every=1s needs for=",
		"acl set=-sadd off":           "nobody could take off back",
		"acl set=>secret":             "nobody could take >secret back",
	} {
		var f Fault
		if err := f.UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

// A scenario file has the same words as a map.
func TestFaultsOfAFile(t *testing.T) {
	var got []Fault
	err := yaml.Unmarshal([]byte("- {do: kill, at: 2s, for: 800ms, target: node:2}\n- {do: cut-aof, bytes: 200}\n- {do: acl, set: -sadd -get}\n- {do: drop-reply, share: 5%}\n- pause at=1s\n"), &got)
	want := []Fault{{Do: "kill", At: 2 * time.Second, For: 800 * time.Millisecond, Target: "node:2"}, {Do: "cut-aof", Bytes: 200}, {Do: "acl", Set: "-sadd -get"}, {Do: "drop-reply", Share: 0.05}, {Do: "pause", At: time.Second}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("read %+v, %v", got, err)
	}
}

// What a kind needs and knows is told, and every word of it is one there is.
func TestKindsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range kinds {
		for _, word := range slices.Concat(k.may, k.must) {
			if !slices.Contains(words, word) {
				t.Errorf("%s knows a word %q that there is not", k.name, word)
			}
		}
		if seen[k.name] || k.about == "" || k.begin == nil || (k.usual > 0) != slices.Contains(k.may, "for") {
			t.Errorf("the kind %+v is not whole", k)
		}
		seen[k.name] = true
	}
}

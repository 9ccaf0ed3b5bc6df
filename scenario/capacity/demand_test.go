package capacity

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDemand(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Demand
	}{
		{"buyers=600000,window=10s,first=0.5,retries=2,headroom=0.4", Demand{Buyers: 600_000, Window: 10 * time.Second, First: new(.5), Retries: new(2.0), Headroom: new(.4)}},
		{"window=1m, buyers=1e6", Demand{Buyers: 1e6, Window: time.Minute}},
		{"buyers=1,first=1", Demand{Buyers: 1, First: new(1.0)}},
		{"buyers=1,window=10s,first=0.1", Demand{Buyers: 1, Window: 10 * time.Second, First: new(.1)}},
		{"buyers=1,window=1s,retries=0,headroom=0", Demand{Buyers: 1, Window: time.Second, Retries: new(0.0), Headroom: new(0.0)}},
	} {
		var d Demand
		if err := d.UnmarshalText([]byte(tt.text)); err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if text, err := d.MarshalText(); err != nil || string(text) != tt.text || d.String() != tt.text {
			t.Errorf("%s became %s, %v", tt.text, text, err)
		}
		if d.text = ""; !reflect.DeepEqual(d, tt.want) {
			t.Errorf("%s: got %+v, want %+v", tt.text, d, tt.want)
		}
	}
}

func TestDemandErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", `unknown key ""; known: buyers, window, first, retries, headroom`},
		{"buyer=5", `unknown key "buyer"; known: buyers,`},
		{"buyers", "buyers has no value; write buyers=…"},
		{"buyers=5,buyers=6", "buyers stands there twice"},
		{"buyers=many,window=10s", `buyers: "many" is not a number from 1 to 1,000,000,000,000`},
		{"buyers=0,window=10s", `buyers: "0" is not a number`},
		{"buyers=NaN,window=10s", `buyers: "NaN" is not a number`},
		{"buyers=5,window=10", `window: "10" is not a time of a second or more, like 10s`},
		{"buyers=5,window=999ms", `window: "999ms" is not a time of a second`},
		{"buyers=5,first=0", `first: "0" is not a number from 0.001 to 1`},
		{"buyers=5,first=1.1", `first: "1.1" is not`},
		{"buyers=5,first=1,retries=-1", `retries: "-1" is not a number from 0 to 1,000`},
		{"buyers=5,first=1,headroom=1", `headroom: "1" is not a number from 0 to 0.99`},
		{"window=10s", "it needs buyers, like buyers=600000"},
		{"buyers=5", "it needs the window in which buyers come"},
		{"buyers=5,window=10s,first=0.05", "first=0.05 is less than an even share of the window, 0.1"},
	} {
		var d Demand
		if err := d.UnmarshalText([]byte(tt.text)); err == nil || !strings.HasPrefix(err.Error(), "plan \""+tt.text+"\": "+tt.want) {
			t.Errorf("%s: got %v, want %s", tt.text, err, tt.want)
		}
		if !reflect.DeepEqual(d, Demand{}) {
			t.Errorf("%s: left %+v behind", tt.text, d)
		}
	}
}

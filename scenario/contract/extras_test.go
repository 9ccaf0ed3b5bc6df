package contract

import (
	"slices"
	"testing"
)

func TestExtras(t *testing.T) {
	for _, test := range []struct {
		stock, buyers string
		want          []string
	}{
		{"{get: s}", "none", nil},
		{"none", "{smembers: b}", []string{"SSCAN"}},
		{"{get: s}", "{hgetall: b, value: qty}", []string{"HSCAN"}},
		{"{sum: [{get: s}, {llen: b}]}", "{hkeys: b}", []string{"HSCAN", "MULTI"}},
		{"{difference: [{get: s}, {llen: b}]}", "{lrange: b}", []string{"MULTI"}},
		{"{get: s}", "{zrange: b}", nil},
	} {
		if got := auditing(t, test.stock, test.buyers).Extras(); !slices.Equal(got, test.want) {
			t.Errorf("stock %s, buyers %s: %q, want %q", test.stock, test.buyers, got, test.want)
		}
	}
}

package contract

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seckill-bench/seckill/scenario/sale"
)

func TestTemplate(t *testing.T) {
	v := values{
		item: sale.Item{ID: "9007199254740993", Stock: 1000}, quantity: 2, limit: 4,
		p: &sale.Purchase{Buyer: "0000000000000000007", Request: "r:1"},
	}
	tests := []struct{ reason, text, want string }{
		{"no value", "stock", "stock"},
		{"nothing at all", "", ""},
		{"an id past 2^53 is never a number", "{{item}}", "9007199254740993"},
		{"an id keeps its zeros", "{{buyer}}", "0000000000000000007"},
		{"a brace on either side is itself", "{{{item}}}", "{9007199254740993}"},
		{"and so are two", "{{{{item}}}}", "{{9007199254740993}}"},
		{"the common key", "{seckill:{{item}}}:stock", "{seckill:9007199254740993}:stock"},
		{"spaces within", "{{ qty }}", "2"},
		{"all of them", "{{item}}{{buyer}}{{qty}}{{limit}}{{stock}}{{request}}", "900719925474099300000000000000000072" + "4" + "1000" + "r:1"},
		{"braces that close nothing", "}}{a}", "}}{a}"},
		{"JSON around a value", `{"u":{"id":"{{buyer}}"}}`, `{"u":{"id":"0000000000000000007"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			parsed, err := parseTemplate(tt.text, scope{names: itemNames | purchaseNames})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := parsed.text(&v); err != nil || got != tt.want {
				t.Errorf("%s is %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

// A template must be the same as putting the values into the text by hand.
func TestTemplateIsReplacement(t *testing.T) {
	word := rapid.StringMatching(`[a-z0-9:_}]{0,8}`) // no {: see TestTemplate
	rapid.Check(t, func(t *rapid.T) {
		v := values{
			item: sale.Item{ID: word.Draw(t, "item"), Stock: rapid.Int64().Draw(t, "stock")},
			p:    &sale.Purchase{Buyer: word.Draw(t, "buyer"), Request: word.Draw(t, "request")}, quantity: rapid.Int64().Draw(t, "qty"), limit: rapid.Int64().Draw(t, "limit"),
		}
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		worth := []string{
			"item", v.item.ID, "buyer", v.p.Buyer, "request", v.p.Request, "qty", number(v.quantity), "limit", number(v.limit), "stock", number(v.item.Stock),
		}
		var text, want strings.Builder
		for range rapid.IntRange(0, 8).Draw(t, "places") {
			literal, n := word.Draw(t, "literal"), 2*rapid.IntRange(0, 5).Draw(t, "name")
			text.WriteString(literal + "{{" + worth[n] + "}}")
			want.WriteString(literal + worth[n+1])
		}
		parsed, err := parseTemplate(text.String(), scope{names: itemNames | purchaseNames})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parsed.text(&v); err != nil || got != want.String() {
			t.Fatalf("%q is %q, want %q", text.String(), got, want.String())
		}
	})
}

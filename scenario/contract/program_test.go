package contract

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// wide is a scope with everything in it.
var wide = scope{
	names: itemNames | purchaseNames | nameUnit, as: "b", captures: []string{"token"},
	vars: []variable{{name: "N", constant: "8"}, {name: "word", constant: "w"}, {name: "order", scope: nameRequest, gen: "hex"}},
}

// wideValues are values for wide.
func wideValues() values {
	return values{
		item: sale.Item{ID: "7", Stock: 10, Index: 3, Opens: 100, Closes: 200}, quantity: 2, limit: 4, unit: 5, index: 1,
		p: &sale.Purchase{Buyer: "9007199254740993", Request: "a-b-c", BuyerIndex: 11, Attempt: 2, Receipt: map[string]string{"token": "t1"}},
	}
}

func TestProgram(t *testing.T) {
	tests := []struct{ reason, text, want string }{
		{"a constant is its text", "{{N}}{{word}}", "8w"},
		{"a constant of digits is a number to functions", "{{mod 19 N}}", "3"},
		{"an id past 2^53 is not rounded", "{{mod buyer 10}}", "3"},
		{"a hash is spread over its low digits", "{{mod (hash buyer) 8}} {{mod (hash request) 8}}", "0 3"},
		{"the parts of a stock", "{{share stock 4 b}} {{share 10 4 3}} {{share stock N 0}}", "3 2 2"},
		{"a part of an id", `{{index (split "-" request) 1}}`, "b"},
		{"joined again, by a pipeline", `{{split "-" request | join ":"}}`, "a:b:c"},
		{"JSON of a text and of a number", `{{json buyer}} {{json qty}} {{json (split "-" request)}}`, `"9007199254740993" 2 ["a","b","c"]`},
		{"braces around a function", "{{{mod 9 N}}}", "{1}"},
		{"braces around a value beside a function", "{{{item}}}{{mod 9 N}}", "{7}1"},
		{"braces in a text of an action", `{{"}}"}}{{item}}`, "}}7"},
		{"a condition", "{{if gt qty 1}}many{{else}}one{{end}} {{if eq item `8`}}x{{else if eq b 1}}y{{end}}", "many y"},
		{"a value with a name", "{{with $x := split `-` request}}{{len $x}}{{end}}", "3"},
		{"a capture", "{{token}}/{{ token | json }}", `t1/"t1"`},
		{"all the numbers", "{{item_index}} {{buyer_index}} {{attempt}} {{unit}} {{b}} {{sale_start}}000 {{sale_end}}", "3 11 2 5 1 100000 200"},
		{"a value that trims what is around", "a {{- mod 9 N -}} b", "a1b"},
		{"a comment", "{{/* none */}}{{item}}", "7"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			parsed, err := parseTemplate(tt.text, wide)
			if err != nil {
				t.Fatal(err)
			}
			v := wideValues()
			if got, err := parsed.text(&v); err != nil || got != tt.want {
				t.Errorf("%s is %q, %v; want %q", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestProgramsThatAreRefused(t *testing.T) {
	tests := []struct{ reason, text, want string }{
		{"a loop", "{{range split `-` request}}x{{end}}", "want actions, if and with only"},
		{"a loop over nothing but a number", "{{range 1000000000}}{{end}}", "want actions, if and with only"},
		{"a template of its own", `{{define "a"}}{{template "a"}}{{end}}x`, "define and block have no place here"},
		{"a template that calls itself", `{{template "t"}}`, "want actions, if and with only"},
		{"a width without bound", `{{printf "%1000000000d" 1}}`, `unknown name "printf"`},
		{"a call", "{{call item}}", `unknown name "call"`},
		{"a method", "{{item.Foo}}", `unknown name "item.Foo"`},
		{"a field", "{{.item}}", `unknown name ".item"`},
		{"a field of everything", "{{$.item}}", `unknown name "$.item"`},
		{"a name nobody knows", "{{mod buyr 8}}", `unknown name "buyr"; known: item`},
		{"a condition without an end", "{{if item}}x", "unexpected EOF"},
		{"an end without a condition", "{{end}}", "unexpected {{end}}"},
		{"a text without an end", `{{"x}}`, "{{ without }}"},
		{"our own mark", "{{if item}}\x02{{end}}", "the bytes 2 and 3 have no place in it"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			if _, err := parseTemplate(tt.text, wide); err == nil || !strings.HasPrefix(err.Error(), "bad template: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want … %s", err, tt.want)
			}
		})
	}
}

// What a template makes is bounded, however short it is.
func TestProgramsThatFail(t *testing.T) {
	square := strings.Repeat("{{$x = join $x (split `` $x)}}", 20)
	tests := []struct{ reason, text, want string }{
		{"no divisor", "{{mod buyer 0}}", "want a divisor above 0"},
		{"no number", "{{mod request 8}}", `want a whole number, not "a-b-c"`},
		{"a part there is not", "{{share stock 4 4}}", "there is no part 4 of 4"},
		{"no such element", "{{index (split `-` request) 7}}", "index out of range"},
		{"a text that squares itself", "{{$x := `0123456789`}}" + square + "{{$x}}", "it makes a text of more than 64 KiB"},
		{"too much of it", strings.Repeat("{{if item}}0123456789{{end}}", 7000), "it makes a text of more than 64 KiB"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			c, err := Load(shelf(minimal(`buy: {args: [`+quotedYAML(tt.text)+`], replies: [{re: "(?P<token>a)", outcome: ok}]}`)), "shop.yaml")
			if err != nil {
				if !strings.Contains(err.Error(), "larger than") {
					t.Fatal(err)
				}
				return
			}
			p := purchase
			p.Request = "a-b-c"
			_, err = c.Append(nil, &p)
			if err == nil || !strings.HasPrefix(err.Error(), "shop.yaml:4:14: buy.args: bad template: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want … %s", err, tt.want)
			}
		})
	}
}

func quotedYAML(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// minimal returns a contract with one more line.
func minimal(line string) string {
	return "version: 1\nscript: shop.lua\nkeys: {stock: \"s:{{item}}\"}\n" + line + "\n"
}

// The shares of a stock are the stock, and no two differ by more than one.
func TestShareIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stock, n := rapid.Int64Range(0, 1<<40).Draw(t, "stock"), rapid.Int64Range(1, 100).Draw(t, "n")
		sum, least, most := int64(0), stock, int64(0)
		for b := range n {
			part, err := share(stock, n, b)
			if err != nil {
				t.Fatal(err)
			}
			sum, least, most = sum+part, min(least, part), max(most, part)
		}
		if sum != stock || most-least > 1 {
			t.Fatalf("%d in %d parts: %d, from %d to %d", stock, n, sum, least, most)
		}
	})
}

func TestGeneratedValues(t *testing.T) {
	shapes := map[string]string{
		"snowflake": `^[0-9]{18,19}$`, "uuid": `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		"hex": `^[0-9a-f]{32}$`, "seq": `^[0-9]+$`,
	}
	for gen, shape := range shapes {
		for _, s := range variableScopes {
			x := variable{name: "x", gen: gen, scope: s.name}
			base := sale.Purchase{Item: item, Buyer: "1", Request: "r"}
			value := func(p sale.Purchase) string {
				v := values{item: p.Item, p: &p}
				return string(x.append(nil, &v))
			}
			if !regexp.MustCompile(shape).MatchString(value(base)) {
				t.Errorf("%s: %s", gen, value(base))
			}
			other := map[string]sale.Purchase{"attempt": base, "request": base, "buyer": base, "item": base}
			for what, p := range other {
				switch what {
				case "attempt":
					p.Attempt = 1
				case "request":
					p.Request, p.RequestIndex = "s", 1
				case "buyer":
					p.Buyer, p.BuyerIndex, p.Request, p.RequestIndex = "2", 1, "s", 1
				case "item":
					p.Item = sale.Item{ID: "8", Index: 1}
				}
				rank := map[string]int{"item": 0, "buyer": 0, "request": 1, "attempt": 2}
				differs := value(p) != value(base)
				want := what == s.text || s.text != "item" && what != "item" && rank[what] < rank[s.text] || what == "item" && s.text != "buyer" && gen != "seq"
				if differs != want {
					t.Errorf("%s for each %s, of another %s: differs is %v", gen, s.text, what, differs)
				}
			}
		}
	}
}

// A JSON text is read as encoding/json reads it, but for numbers, which stay
// as they are written.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{`{"a":[1,2.5e3,"x\ud83d\ude00\n\ud800"],"b":null}`, `[]`, `"a\u0000"`, ` { } `, `01`, `[1,]`, `"`, "\"\xff\"", `{"a":1}x`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseJSON(text)
		if strings.Count(text, "[")+strings.Count(text, "{") > maxJSONDepth {
			return
		}
		if valid := json.Valid([]byte(text)); ok != valid {
			t.Fatalf("%q: %v, encoding/json %v", text, ok, valid)
		}
		if s, isText := got.(string); isText {
			if back, again := parseJSON(string(appendJSON(nil, s))); !again || back != s {
				t.Fatalf("%q comes back as %q", s, back)
			}
		}
	})
}

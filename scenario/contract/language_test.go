package contract

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// market is a contract with what shop has not.
const market = `version: 1
script: shop.lua
qty: 2
vars:
  N: 3
  order: {gen: seq}
keys:
  stock: "{m:{{item}}}:stock"
  bin: {each: N, as: b, value: "{m:{{item}}}:bin:{{b}}"}
  mine: "{m:{{item}}}:buyer:{{buyer}}"
  asked: "{m:{{item}}}:request:{{request}}"
  held: "{m:{{item}}}:held:{{token}}"
open:
  - [SET, $stock, "{{stock}}"]
  - {each: N, as: b, do: [SET, $bin, "{{share stock N b}}"]}
  - {scope: unit, do: [[LPUSH, $stock, "u{{unit}}"]]}
  - {scope: buyer, do: [SET, $mine, "{{buyer_index}}"]}
  - [DEL, $bin]
buy:
  numkeys: 1
  keys: [stock, bin, mine, asked, {text: "{{buyer}}"}]
  args:
    - {json: {user: "{{buyer}}", n: 1.50, list: [true, null, "{{qty}}"], none: {}, "q\"": ""}}
    - {when: gt qty 1, value: many}
    - {when: eq qty 1, value: one}
    - {each: N, as: b, value: "{{b}}/{{N}}"}
    - {each: cart, value: "{{line.item}}={{line.qty}}"}
    - "{{mod buyer_index N}}"
    - "{{order}}"
  replies:
    - {at: 0, str: OK, outcome: ok, left: "$[1]", granted: "$[2].n", capture: {token: "$[2].id"}}
    - {re: "^LEFT:(?P<rest>[0-9]+):(?P<token>.*)$", outcome: ok, left: rest}
    - {json: $.code, int_in: [0, 1], outcome: sold_out}
    - {json: $.code, str: "0", outcome: refused}
    - {json: "$[0].a", nil: true, outcome: failed}
    - {bits: [13, 1], int: 1, min: 1, outcome: duplicate}
    - {at: 1, empty: true, outcome: not_ready}
    - {empty: true, outcome: over_limit}
    - {error: "SOLD", outcome: sold_out}
    - {str: "x", outcome: refused}
release:
  script: below/shop.lua
  keys: [held]
  args: ["{{token}}", "{{order}}"]
  replies: [{int: 1, outcome: ok}]
after:
  keys: [stock]
  args: [after, "{{token}}", "{{buyer}}"]
  replies: [{any: true, outcome: ok}]
confirm:
  keys: [stock]
  args: [confirm, "{{ token }}"]
  replies: [{int: 1, outcome: ok}, {any: true, outcome: failed}]
`

var buyer9 = sale.Purchase{
	Verb: sale.Buy, Item: item, Buyer: "9", Request: "r9", Quantity: 2, BuyerIndex: 8, RequestIndex: 41,
	Receipt: map[string]string{"token": "t\x00\xff", "order": "42"},
}

func words(commands ...[]any) string {
	var lines []string
	for _, command := range commands {
		lines = append(lines, strings.TrimSuffix(fmt.Sprintln(command...), "\n"))
	}
	return strings.Join(lines, "\n")
}

func TestOpenOfEverything(t *testing.T) {
	c := loaded(t, market)
	other := buyer9
	other.Buyer, other.BuyerIndex = "10", 9
	small := sale.Item{ID: "7", Stock: 2}
	var got [][]any
	for command, err := range c.Open(small, sale.Took{Buyers: slices.Values([]sale.Purchase{buyer9, other})}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, command)
	}
	want := `SET {m:7}:stock 2
SET {m:7}:bin:0 1
SET {m:7}:bin:1 1
SET {m:7}:bin:2 0
LPUSH {m:7}:stock u0
LPUSH {m:7}:stock u1
SET {m:7}:buyer:9 8
SET {m:7}:buyer:10 9
DEL {m:7}:bin:0 {m:7}:bin:1 {m:7}:bin:2`
	if words(got...) != want {
		t.Errorf("got\n%s\nwant\n%s", words(got...), want)
	}
	if _, err := opened(c, sale.Took{}); err == nil || !strings.Contains(err.Error(), "who does is not told") {
		t.Errorf("without buyers: %v", err)
	}
}

func TestCallOfEverything(t *testing.T) {
	c := loaded(t, market)
	p := buyer9
	p.Cart = []sale.Line{{Item: item, Quantity: 2}, {Item: sale.Item{ID: "8"}, Quantity: 1}}
	got, err := c.Append(nil, &p)
	if err != nil {
		t.Fatal(err)
	}
	want := "EVALSHA " + c.SHA1 + ` 1 {m:7}:stock {m:7}:bin:0 {m:7}:bin:1 {m:7}:bin:2 {m:7}:buyer:9 {m:7}:request:r9 9 ` +
		`{"user":"9","n":1.50,"list":[true,null,"2"],"none":{},"q\"":""} many 0/3 1/3 2/3 7=2 8=1 2 42`
	if words(got) != want {
		t.Errorf("\n got %s\nwant %s", words(got), want)
	}
	p.Verb = sale.Release
	scripts := c.Scripts()
	if got, err = c.Append(nil, &p); err != nil || len(scripts) != 2 || words(got) != "EVALSHA "+scripts[1].SHA1+" 1 {m:7}:held:t\x00\xff t\x00\xff 42" {
		t.Errorf("release: %q, %v", got, err)
	}
	p.Verb = sale.Confirm
	if got, err = c.AppendEval(nil, &p); err != nil || words(got) != "EVAL return 1 1 {m:7}:stock confirm t\x00\xff" {
		t.Errorf("confirm: %q, %v", got, err)
	}
	p.Verb = sale.After
	if got, err = c.AppendEval(nil, &p); err != nil || words(got) != "EVAL return 1 1 {m:7}:stock after t\x00\xff 9" {
		t.Errorf("after: %q, %v", got, err)
	}
	p.Verb, p.Receipt = sale.Confirm, nil
	if _, err = c.Append(nil, &p); err == nil || !strings.Contains(err.Error(), `the answer to the purchase has set no "token"`) {
		t.Errorf("without a receipt: %v", err)
	}
	if _, err := loaded(t, shop).Append(nil, &p); err == nil || err.Error() != "the contract of shop has no confirm" {
		t.Errorf("without a confirm: %v", err)
	}
}

func TestKeysFor(t *testing.T) {
	c := loaded(t, market)
	took := slices.Values([]sale.Purchase{buyer9, {Item: item, Buyer: "10", Request: "r10"}})
	var got []string
	for key, err := range c.KeysFor(item, sale.Took{Buyers: took, Requests: took}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimPrefix(key, "{m:7}:"))
	}
	want := []string{"stock", "bin:0", "bin:1", "bin:2", "buyer:9", "buyer:10", "request:r9", "held:t\x00\xff", "request:r10"}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func TestAnswersOfEverything(t *testing.T) {
	unmapped := func(raw string) sale.Answer {
		return sale.Answer{Outcome: sale.Indeterminate, Defect: sale.UnmappedReply, Left: sale.Untold, Raw: raw}
	}
	tests := []struct {
		reason string
		reply  any
		err    error
		want   sale.Answer
	}{
		{"an array that tells all", list("OK", int64(5), `{"n":2,"id":9007199254740993}`), nil, sale.Answer{Outcome: sale.OK, Left: 5, Granted: 2, Receipt: map[string]string{"token": "9007199254740993"}}},
		{"one that lacks what the rule takes from it", list("OK", int64(5)), nil, unmapped("1) \"OK\"\n2) (integer) 5")},
		{"one that grants nothing", list("OK", int64(5), `{"n":0,"id":"x"}`), nil, unmapped("1) \"OK\"\n2) (integer) 5\n3) \"{\\\"n\\\":0,\\\"id\\\":\\\"x\\\"}\"")},
		{"a text with groups, and bytes that are no characters", "LEFT:3:a\x00\xff", nil, sale.Answer{Outcome: sale.OK, Left: 3, Receipt: map[string]string{"token": "a\x00\xff", "rest": "3"}}},
		{"a JSON number", `{"code":1}`, nil, sale.Answer{Outcome: sale.SoldOut, Left: sale.Untold}},
		{"a JSON text is no number", `{"code":"0"}`, nil, sale.Answer{Outcome: sale.Refused, Left: sale.Untold}},
		{"a JSON fraction is no whole number", `{"code":1.0}`, nil, unmapped(`"{\"code\":1.0}"`)},
		{"JSON null", `[{"a":null}]`, nil, sale.Answer{Outcome: sale.Failed, Left: sale.Untold}},
		{"the thirteenth bit", int64(1<<13 | 5), nil, sale.Answer{Outcome: sale.Duplicate, Left: sale.Untold}},
		{"the fourteenth", int64(1 << 14), nil, unmapped("(integer) 16384")},
		{"an element that is empty", list("a", ""), nil, sale.Answer{Outcome: sale.NotReady, Left: sale.Untold}},
		{"an empty array", list(), nil, sale.Answer{Outcome: sale.OverLimit, Left: sale.Untold}},
		{"an empty text", "", nil, sale.Answer{Outcome: sale.OverLimit, Left: sale.Untold}},
		{"an error in the middle of its text", nil, serverError("ERR SOLD_OUT"), sale.Answer{Outcome: sale.SoldOut, Left: sale.Untold, Raw: "ERR SOLD_OUT"}},
		{"a wire error is none", nil, fmt.Errorf("SOLD"), sale.Answer{Outcome: sale.Indeterminate, Left: sale.Untold, Raw: "SOLD"}},
		{"what no path leads into", list(list()), nil, unmapped("1) (empty array)")},
	}
	c := loaded(t, market)
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			got := c.Answer(tt.reply, tt.err)
			if tt.want.Raw == "" {
				got.Raw = ""
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("\n got %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// The receipt has what a later release will need, in the bytes it had.
func TestReply(t *testing.T) {
	c, p := loaded(t, market), buyer9
	p.Receipt = nil
	a := c.Reply(&p, "LEFT:3:tok", nil)
	if want := map[string]string{"token": "tok", "rest": "3", "order": "42"}; a.Granted != 2 || !reflect.DeepEqual(a.Receipt, want) {
		t.Errorf("got %+v, want %v", a, want)
	}
	p.Verb = sale.Release
	if a := c.Reply(&p, int64(1), nil); a.Outcome != sale.OK || a.Granted != 2 {
		t.Errorf("release: %+v", a)
	}
	if a := c.Reply(&p, int64(2), nil); a.Defect != sale.UnmappedReply {
		t.Errorf("release: %+v", a)
	}
}

// A template that is short and a call that is long: it is refused, in time.
func TestCallsThatExplode(t *testing.T) {
	for reason, args := range map[string]string{
		"one word of many":      `[{each: 10000, as: b, value: "` + strings.Repeat("x", 1000) + `"}]`,
		"many words of no text": "[" + strings.Repeat(`{each: 10000, as: b, when: "eq b -1", value: x}, `, 50) + "]",
		"a document many times": `[{each: 10000, as: b, json: {a: "` + strings.Repeat("x", 1000) + `"}}]`,
	} {
		c, err := Load(shelf(minimal("buy: {args: "+args+", replies: [{int: 1, outcome: ok}]}")), "shop.yaml")
		if err == nil {
			_, err = c.Append(nil, &purchase)
		}
		if err == nil || !strings.Contains(err.Error(), "the templates of one call make more than 4 MiB") {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

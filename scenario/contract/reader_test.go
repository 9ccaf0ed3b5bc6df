package contract

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// reading returns a contract with an audit; its keys are s, one that is three,
// and one that is a buyer's own.
func reading(t *testing.T, audit string) *Contract {
	t.Helper()
	files := shelf("version: 1\nscript: shop.lua\nkeys: {s: \"s:{{item}}\", bin: {each: 3, as: b, value: \"bin:{{item}}:{{b}}\"}, own: \"own:{{item}}:{{buyer}}\"}\n" +
		"buy: {replies: [{int: 1, outcome: ok}]}\naudit: " + audit + "\n")
	files["count.lua"] = &fstest.MapFile{Data: []byte("return 1")}
	c, err := Load(files, "shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReadersOfStock(t *testing.T) {
	bins := books{"GET bin:7:0": "5", "GET bin:7:1": "4", "GET bin:7:2": "-1", "GET s:7": "8", "LLEN s:7": int64(3), "HVALS s:7": list("5", "6"), "GET own": nil}
	tests := []struct {
		reason, stock string
		books         books
		want          int64
		problem       string
	}{
		{"the length of a list", "{llen: s}", bins, 3, ""},
		{"the sum of a hash", "{hash_sum: s}", bins, 11, ""},
		{"a key that is several", "{sum: [{get: bin}]}", bins, 8, ""},
		{"a sum of more", "{sum: [{get: bin}, {get: s}, {llen: s}]}", bins, 19, ""},
		{"what there was and what is gone", "{difference: [{get: s}, {llen: s}]}", bins, 5, ""},
		{"a difference in a sum", "{sum: [{difference: [{get: s}, {llen: s}]}, {get: s}]}", bins, 13, ""},
		{"a field of JSON", "{get: s, json: $.left.n}", books{"GET s:7": `{"left":{"n":41}}`}, 41, ""},
		{"a field of JSON that is not there", "{get: s, json: $.n}", books{"GET s:7": `{"m":1}`}, 0, `stock: GET "s:7": "{\"m\":1}" has nothing where the contract's json leads`},
		{"JSON that is missing, with a meaning", "{get: s, json: $.n, missing: 4}", books{"GET s:7": nil}, 4, ""},
		{"one bucket that is missing", "{sum: [{get: bin}]}", books{"GET bin:7:0": "5", "GET bin:7:1": nil, "GET bin:7:2": "0"}, 0, `stock: GET "bin:7:1": there is nothing, and the contract does not say what that means (missing:)`},
		{"a bucket that is missing, with a meaning", "{sum: [{get: bin, missing: 0}]}", books{"GET bin:7:0": "5", "GET bin:7:1": nil, "GET bin:7:2": "0"}, 5, ""},
		{"a hash with a field that is no number", "{hash_sum: s}", books{"HVALS s:7": list("5", "x")}, 0, `stock: HVALS "s:7": "x" is not a whole number`},
		{"a script", "{lua: count.lua, keys: [s, bin]}", books{"EVAL return 1 4 s:7 bin:7:0 bin:7:1 bin:7:2": int64(9)}, 9, ""},
		{"a script that fails", "{lua: count.lua, keys: [s]}", books{"EVAL return 1 1 s:7": serverError("ERR x")}, 0, "stock: the lua reader: ERR x"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			got := reading(t, "{stock: "+tt.stock+"}").Audit(t.Context(), tt.books, item, sale.Took{})
			want := sale.Audit{Ledger: sale.NoLedger, Stock: &tt.want}
			if tt.problem != "" {
				want.Stock, want.Problems = nil, []string{tt.problem}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v %q, want %d %q", got.Stock, got.Problems, tt.want, want.Problems)
			}
		})
	}
}

func TestReadersOfBuyers(t *testing.T) {
	two := slices.Values([]sale.Purchase{{Buyer: "1", BuyerIndex: 0}, {Buyer: "2\x00\xff", BuyerIndex: 1}})
	tests := []struct {
		reason, buyers string
		books          books
		ledger         sale.Ledger
		want           []sale.Holding
		problem        string
	}{
		{"a list: every entry is a sale", "{lrange: s}", books{"LRANGE s:7 0 999": list("1", "2", "1")}, sale.Units, []sale.Holding{{Buyer: "1", Units: 2}, {Buyer: "2", Units: 1}}, ""},
		{"a sorted set", "{zrange: s}", books{"ZRANGE s:7 0 999": list("1", "2")}, sale.Presence, []sale.Holding{{Buyer: "1", Units: 1}, {Buyer: "2", Units: 1}}, ""},
		{"a part of each member", `{smembers: s, parse: "^[0-9]+-(?P<buyer>.+)$"}`, books{"SSCAN s:7 0 COUNT 1000": list("0", list("5-1", "6-1", "7-2"))}, sale.Presence, []sale.Holding{{Buyer: "1", Units: 1}, {Buyer: "2", Units: 1}}, ""},
		{"a part that is the units", `{lrange: s, parse: "(?P<qty>[0-9]+)x(?P<buyer>.+)"}`, books{"LRANGE s:7 0 999": list("5x1", "6x1")}, sale.Units, []sale.Holding{{Buyer: "1", Units: 11}}, ""},
		{"a member that does not match", `{smembers: s, parse: "^u(?P<buyer>.+)$"}`, books{"SSCAN s:7 0 COUNT 1000": list("0", list("v1"))}, sale.NoLedger, nil, `buyers: SSCAN "s:7": the member "v1" does not match the contract's parse`},
		{"JSON, and a number is its text", "{smembers: s, json: $.u}", books{"SSCAN s:7 0 COUNT 1000": list("0", list(`{"u":9007199254740993}`, `{"u":"a\u0000"}`))}, sale.Presence, []sale.Holding{{Buyer: "9007199254740993", Units: 1}, {Buyer: "a\x00", Units: 1}}, ""},
		{"JSON with units", "{lrange: s, json: {qty: $.n, buyer: $.u}}", books{"LRANGE s:7 0 999": list(`{"u":"1","n":2}`, `{"u":"1","n":1}`)}, sale.Units, []sale.Holding{{Buyer: "1", Units: 3}}, ""},
		{"JSON that is none", "{lrange: s, json: $.u}", books{"LRANGE s:7 0 999": list("{")}, sale.NoLedger, nil, `buyers: LRANGE "s:7": the member "{" is not JSON`},
		{"JSON without a buyer", "{lrange: s, json: $.u}", books{"LRANGE s:7 0 999": list(`{"v":1}`)}, sale.NoLedger, nil, `buyers: LRANGE "s:7": the member "{\"v\":1}" has no text where the contract's json leads for buyer`},
		{"a key for each", "{per_buyer: [EXISTS, own]}", books{"EXISTS own:7:1": int64(0), "EXISTS own:7:2\x00\xff": int64(1)}, sale.Presence, []sale.Holding{{Buyer: "2\x00\xff", Units: 1}}, ""},
		{"a key of units for each", "{per_buyer: [GET, own], value: qty}", books{"GET own:7:1": nil, "GET own:7:2\x00\xff": "3"}, sale.Units, []sale.Holding{{Buyer: "2\x00\xff", Units: 3}}, ""},
		{"a bit for each", `{per_buyer: [GETBIT, s, "{{buyer_index}}"]}`, books{"GETBIT s:7 0": int64(1), "GETBIT s:7 1": int64(0)}, sale.Presence, []sale.Holding{{Buyer: "1", Units: 1}}, ""},
		{"units that are none", "{per_buyer: [GET, own], value: qty}", books{"GET own:7:1": "many"}, sale.NoLedger, nil, `buyers: the units of buyer "1": "many" is not a whole number`},
		{"the names of keys", `{scan: "own:{{item}}:*", parse: "^own:7:(?P<buyer>.+)$"}`, books{"SCAN 0 MATCH own:7:* COUNT 1000": list("4", list("own:7:1")), "SCAN 4 MATCH own:7:* COUNT 1000": list("0", list("own:7:1", "own:7:2"))}, sale.Presence, []sale.Holding{{Buyer: "1", Units: 1}, {Buyer: "2", Units: 1}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			got := reading(t, "{buyers: "+tt.buyers+"}").Audit(t.Context(), tt.books, item, sale.Took{Buyers: two})
			want := sale.Audit{Ledger: tt.ledger, Holdings: tt.want}
			if tt.problem != "" {
				want.Problems = []string{tt.problem}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

// Where nobody says who took part, there is no ledger, and no problem either.
func TestBuyersWhoAreNotTold(t *testing.T) {
	got := reading(t, "{buyers: {per_buyer: [EXISTS, own]}}").Audit(t.Context(), books{}, item, sale.Took{})
	if want := (sale.Audit{Ledger: sale.NoLedger}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestReadersOfOrders(t *testing.T) {
	tests := []struct {
		reason, orders string
		books          books
		want           *sale.Orders
		problem        string
	}{
		{"a stream", "{xrange: s, map: {buyer: userId, order: id}}", books{"XRANGE s:7 - + COUNT 1000": list(list("1-0", list("userId", "1", "x", "y", "id", "o\x00")))}, &sale.Orders{Fields: []string{"buyer", "order"}, Rows: [][]string{{"1", "o\x00"}}}, ""},
		{"a stream that is not there", "{xrange: s, map: {buyer: userId}}", books{"XRANGE s:7 - + COUNT 1000": list()}, &sale.Orders{Fields: []string{"buyer"}}, ""},
		{"an entry without the field", "{xrange: s, map: {buyer: userId}}", books{"XRANGE s:7 - + COUNT 1000": list(list("1-0", list("user", "1")))}, nil, `orders: XRANGE "s:7": the entry 1-0 has no field "userId"`},
		{"a list of JSON", "{lrange: s, json: {buyer: $.u, order: $.o.id}}", books{"LRANGE s:7 0 999": list(`{"u":9007199254740993,"o":{"id":"x"}}`)}, &sale.Orders{Fields: []string{"buyer", "order"}, Rows: [][]string{{"9007199254740993", "x"}}}, ""},
		{"a list of texts", "{lrange: s, map: {order: member}}", books{"LRANGE s:7 0 999": list("a", "a")}, &sale.Orders{Fields: []string{"order"}, Rows: [][]string{{"a"}, {"a"}}}, ""},
		{"a hash, by its parts and by what is in the value", `{hgetall: s, map: {buyer: field}, parse: "(?P<order>[a-z]+)"}`, books{"HSCAN s:7 0 COUNT 1000": list("0", list("1", "9x9"))}, &sale.Orders{Fields: []string{"buyer", "order"}, Rows: [][]string{{"1", "x"}}}, ""},
		{"a sorted set", `{zrange: s, map: {order: member, at: score}}`, books{"ZRANGE s:7 0 999 WITHSCORES": list("a", "1.5")}, &sale.Orders{Fields: []string{"order", "at"}, Rows: [][]string{{"a", "1.5"}}}, ""},
		{"a sorted set as RESP3 has it", `{zrange: s, map: {order: member, at: score}}`, books{"ZRANGE s:7 0 999 WITHSCORES": list(list("a", 2.0), list("b", 0.5))}, &sale.Orders{Fields: []string{"order", "at"}, Rows: [][]string{{"a", "2"}, {"b", "0.5"}}}, ""},
		{"another type", "{lrange: s, map: {order: member}}", books{"LRANGE s:7 0 999": serverError("WRONGTYPE x")}, nil, `orders: LRANGE "s:7": WRONGTYPE x`},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			got := reading(t, "{orders: "+tt.orders+"}").Audit(t.Context(), tt.books, item, sale.Took{})
			want := sale.Audit{Ledger: sale.NoLedger, Orders: tt.want}
			if tt.problem != "" {
				want.Problems = []string{tt.problem}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("\n got %+v %q\nwant %+v %q", got.Orders, got.Problems, want.Orders, want.Problems)
			}
		})
	}
}

// shrinking is a server whose list has one member less with every reading,
// until it has none.
type shrinking int

func (s *shrinking) Do(context.Context, ...any) (any, error) {
	*s = max(*s-1, 0)
	return slices.Repeat(list("x"), int(*s)), nil
}

func TestSettle(t *testing.T) {
	c := reading(t, "{orders: {lrange: s, map: {order: member}}, settle: 1ms}")
	server := shrinking(5)
	a := c.Audit(t.Context(), &server, item, sale.Took{})
	if len(a.Problems) != 0 || a.Orders == nil || len(a.Orders.Rows) != 0 {
		t.Errorf("got %+v", a)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	a = c.Audit(ctx, new(restless), item, sale.Took{})
	if len(a.Problems) != 1 || !strings.HasPrefix(a.Problems[0], "the account went on changing") {
		t.Errorf("got %+v", a)
	}
}

// restless is a server that never says the same twice.
type restless int

func (r *restless) Do(context.Context, ...any) (any, error) {
	*r++
	return list(strings.Repeat("x", int(*r))), nil
}

// A member may hold a line break: . stands for it.
func TestPatternsSeeLineBreaks(t *testing.T) {
	c, err := restocked(`{log: "l:{{item}}"}`, "audit: {buyers: {lrange: log, parse: \"^(?P<buyer>.*):[0-9]+$\"}}\n")
	if err != nil {
		t.Fatal(err)
	}
	found, err := c.buyers.parse.read("a\nb:7")
	if err != nil || found[0] != "a\nb" {
		t.Errorf("found %q, %v", found, err)
	}
}

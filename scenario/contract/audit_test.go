package contract

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A books is a server that has a reply for each command it is asked.
type books map[string]any

func (b books) Do(_ context.Context, args ...any) (any, error) {
	command := strings.TrimSuffix(fmt.Sprintln(args...), "\n")
	reply, known := b[command]
	if err, isError := reply.(error); isError {
		return nil, err
	}
	if !known {
		return nil, serverError("ERR unknown command '" + command + "'")
	}
	return reply, nil
}

// auditing returns a contract with the given readers.
func auditing(t *testing.T, stock, buyers string) *Contract {
	return loaded(t, "version: 1\nscript: shop.lua\nkeys: {s: \"s:{{item}}\", b: \"b:{{item}}\"}\n"+
		"buy: {replies: [{int: 1, outcome: ok}]}\naudit: {stock: "+stock+", buyers: "+buyers+"}\n")
}

func list(words ...any) []any { return words }

var stockAudits = []struct {
	reason, stock string
	books         books
	want          int64
	problem       string
}{
	{"a counter", "{get: s}", books{"GET s:7": "41"}, 41, ""},
	{"a counter below zero", "{get: s}", books{"GET s:7": "-3"}, -3, ""},
	{"a hash field", `{hget: [s, "f{{item}}"]}`, books{"HGET s:7 f7": "41"}, 41, ""},
	{"a missing key that means nothing left", "{get: s, missing: 0}", books{"GET s:7": nil}, 0, ""},
	{"a missing key that means nobody came", `{get: s, missing: "{{stock}}"}`, books{"GET s:7": nil}, 100, ""},
	{"a missing key that means nothing", "{get: s}", books{"GET s:7": nil}, 0, `stock: GET "s:7": there is nothing, and the contract does not say what that means (missing:)`},
	{"a missing field", "{hget: [s, f]}", books{"HGET s:7 f": nil}, 0, `stock: HGET "s:7" "f": there is nothing, and the contract does not say what that means (missing:)`},
	{"what is no number", "{get: s}", books{"GET s:7": "4x"}, 0, `stock: GET "s:7": "4x" is not a whole number`},
	{"a fraction", "{get: s}", books{"GET s:7": "4.0"}, 0, `stock: GET "s:7": "4.0" is not a whole number`},
	{"an empty text", "{get: s}", books{"GET s:7": ""}, 0, `stock: GET "s:7": "" is not a whole number`},
	{"more than 64 bits", "{get: s}", books{"GET s:7": "9223372036854775808"}, 0, `stock: GET "s:7": "9223372036854775808" is not a whole number`},
	{"another type", "{get: s}", books{"GET s:7": serverError("WRONGTYPE x")}, 0, `stock: GET "s:7": WRONGTYPE x`},
	{"no connection", "{get: s}", books{"GET s:7": errors.New("EOF")}, 0, `stock: GET "s:7": EOF`},
}

func TestAuditStock(t *testing.T) {
	for _, tt := range stockAudits {
		t.Run(tt.reason, func(t *testing.T) {
			a := auditing(t, tt.stock, "none").Audit(t.Context(), tt.books, item, sale.Took{})
			want := sale.Audit{Ledger: sale.NoLedger, Stock: &tt.want}
			if tt.problem != "" {
				want.Stock, want.Problems = nil, []string{tt.problem}
			}
			if !reflect.DeepEqual(a, want) {
				t.Errorf("got %+v, want %+v", a, want)
			}
		})
	}
}

// refused is what a server without a command says.
const refused = serverError("ERR unknown command")

var buyersAudits = []struct {
	reason, buyers string
	books          books
	ledger         sale.Ledger
	want           []sale.Holding
	problem        string
}{
	{"a set", "{smembers: b}", books{"SSCAN b:7 0 COUNT 1000": list("0", list("u1", "u2"))}, sale.Presence, []sale.Holding{{Buyer: "u1", Units: 1}, {Buyer: "u2", Units: 1}}, ""},
	{"no key", "{smembers: b}", books{"SSCAN b:7 0 COUNT 1000": list("0", list())}, sale.Presence, nil, ""},
	{"several steps, and a member twice", "{smembers: b}", books{"SSCAN b:7 0 COUNT 1000": list("18446744073709551615", list("u1", "u2")), "SSCAN b:7 18446744073709551615 COUNT 1000": list("0", list("u2", "u3"))},
		sale.Presence, []sale.Holding{{Buyer: "u1", Units: 1}, {Buyer: "u2", Units: 1}, {Buyer: "u3", Units: 1}}, ""},
	{"the fields of a hash", "{hkeys: b}", books{"HSCAN b:7 0 COUNT 1000": list("0", list("u1", "order", "u2", "order"))}, sale.Presence, []sale.Holding{{Buyer: "u1", Units: 1}, {Buyer: "u2", Units: 1}}, ""},
	{"a hash of units", "{hgetall: b, value: qty}", books{"HSCAN b:7 0 COUNT 1000": list("0", list("u1", "3", "u2", "-1"))}, sale.Units, []sale.Holding{{Buyer: "u1", Units: 3}, {Buyer: "u2", Units: -1}}, ""},
	{"a set where scanning is refused", "{smembers: b}", books{"SSCAN b:7 0 COUNT 1000": refused, "SMEMBERS b:7": list("u1")}, sale.Presence, []sale.Holding{{Buyer: "u1", Units: 1}}, ""},
	{"a set where scanning is refused half way", "{smembers: b}", books{"SSCAN b:7 0 COUNT 1000": list("5", list("u1")), "SMEMBERS b:7": list("u1", "u2")}, sale.Presence, []sale.Holding{{Buyer: "u1", Units: 1}, {Buyer: "u2", Units: 1}}, ""},
	{"fields where scanning is refused", "{hkeys: b}", books{"HKEYS b:7": list("u1", "u2")}, sale.Presence, []sale.Holding{{Buyer: "u1", Units: 1}, {Buyer: "u2", Units: 1}}, ""},
	{"units where scanning is refused", "{hgetall: b, value: qty}", books{"HGETALL b:7": list("u1", "3")}, sale.Units, []sale.Holding{{Buyer: "u1", Units: 3}}, ""},
	{"units as RESP3 has them", "{hgetall: b, value: qty}", books{"HGETALL b:7": map[any]any{"u1": "3"}}, sale.Units, []sale.Holding{{Buyer: "u1", Units: 3}}, ""},
	{"units that are none", "{hgetall: b, value: qty}", books{"HSCAN b:7 0 COUNT 1000": list("0", list("u1", "many"))}, sale.NoLedger, nil, `buyers: HSCAN "b:7": the units of buyer "u1": "many" is not a whole number`},
	{"another type", "{smembers: b}", books{"SSCAN b:7 0 COUNT 1000": serverError("WRONGTYPE x"), "SMEMBERS b:7": serverError("WRONGTYPE x")}, sale.NoLedger, nil, `buyers: SMEMBERS "b:7": WRONGTYPE x`},
	{"no connection: asking for all at once would only take longer", "{smembers: b}", books{"SSCAN b:7 0 COUNT 1000": errors.New("EOF"), "SMEMBERS b:7": list("u1")}, sale.NoLedger, nil, `buyers: SSCAN "b:7": EOF`},
	{"a server that is none", "{smembers: b}", books{"SSCAN b:7 0 COUNT 1000": "PONG"}, sale.NoLedger, nil, `buyers: SSCAN "b:7": want a cursor and members, not "PONG"`},
	{"a cursor that is none", "{smembers: b}", books{"SSCAN b:7 0 COUNT 1000": list(int64(0), list())}, sale.NoLedger, nil, `buyers: SSCAN "b:7": want a cursor, not (integer) 0`},
	{"a field without a value", "{hkeys: b}", books{"HSCAN b:7 0 COUNT 1000": list("0", list("u1"))}, sale.NoLedger, nil, `buyers: HSCAN "b:7": want a list of members, not 1) "u1"`},
	{"a member that is no text", "{smembers: b}", books{"SSCAN b:7 0 COUNT 1000": list("0", list(int64(1)))}, sale.NoLedger, nil, `buyers: SSCAN "b:7": want members that are texts, not (integer) 1`},
}

func TestAuditBuyers(t *testing.T) {
	for _, tt := range buyersAudits {
		t.Run(tt.reason, func(t *testing.T) {
			got := auditing(t, "none", tt.buyers).Audit(t.Context(), tt.books, item, sale.Took{})
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

func TestAuditOfNothing(t *testing.T) {
	got := auditing(t, "none", "none").Audit(t.Context(), books{}, item, sale.Took{})
	if want := (sale.Audit{Ledger: sale.NoLedger}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A ledger that cannot be read must not hide the stock that can.
func TestAuditGoesOn(t *testing.T) {
	got := auditing(t, "{get: s}", "{smembers: b}").Audit(t.Context(), books{"GET s:7": "41"}, item, sale.Took{})
	if got.Stock == nil || *got.Stock != 41 || len(got.Problems) != 1 {
		t.Errorf("got %+v", got)
	}
}

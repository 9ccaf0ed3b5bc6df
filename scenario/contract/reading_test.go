package contract

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seckill-bench/seckill/scenario/sale"
)

const readable = `version: 1
script: a.lua
vars: {half: "7"}
keys: {stock: "s:{{item}}", parts: {each: 2, as: p, value: "p:{{item}}:{{p}}"}, own: "o:{{buyer}}"}
buy: {keys: [stock], replies: [{int: 1, outcome: ok}]}
`

func TestReading(t *testing.T) {
	c, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(readable)}, "a.lua": {Data: []byte("return 1")}}, "a.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		of            *Contract
		command, want string
	}{
		{c, "GET $stock", "[GET s:42]"},
		{c, "get  $stock", "[get s:42]"},
		{c, "MGET $parts $stock x", "[MGET p:42:0 p:42:1 s:42 x]"},
		{c, "HGET h:{{item}} {{stock}}-{{half}}", "[HGET h:42 9-7]"},
		{nil, "GET page:{{item}}", "[GET page:42]"},
		{nil, "PING", "[PING]"},
		{c, "SET $stock 1", "!SET is not among the commands that are known to change nothing"},
		{c, "EVAL x 0", "!EVAL is not"},
		{c, "KEYS *", "!KEYS is not"},
		{c, "$stock", "!$stock is not"},
		{c, "GET $stok", "!$stok: the contract of a names no key \"stok\" of an item; it names: stock, parts"},
		{c, "GET $own", "!$own: that key is a buyer's"},
		{nil, "GET $stock", "!$stock: there is no contract that names a key"},
		{c, "GET {{buyer}}", "!{{buyer}}: bad template"},
		{c, "GET {{nobody}}", "!unknown name"},
	} {
		r, err := NewReading(tt.of, tt.command)
		wrong, fails := strings.CutPrefix(tt.want, "!")
		if fails {
			if err == nil || !strings.Contains(err.Error(), wrong) {
				t.Errorf("%s: error %v, want %s", tt.command, err, wrong)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.command, err)
			continue
		}
		words, err := r.Words(sale.Item{ID: "42", Stock: 9})
		if got := fmt.Sprint(words); got != tt.want || err != nil {
			t.Errorf("%s: %s, %v, want %s", tt.command, got, err, tt.want)
		}
	}
}

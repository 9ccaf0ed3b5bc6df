package contract

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// restocked returns a contract with some keys and a restock.
func restocked(keys, restock string) (*Contract, error) {
	text := "version: 1\nscript: a.lua\nkeys: " + keys + "\n" + restock + "buy: {replies: [{int: 1, outcome: ok}]}\n"
	return Load(fstest.MapFS{"a.lua": {Data: []byte("return 1")}, "a.yaml": {Data: []byte(text)}}, "a.yaml")
}

func TestRestock(t *testing.T) {
	for _, tt := range []struct{ reason, keys, restock, want string }{
		{"a counter", `{stock: "s:{{item}}"}`, `restock: [[INCRBY, $stock, "{{stock}}"]]`, "[INCRBY s:7 5]"},
		{"parts", `{bin: {each: 2, as: b, value: "s:{{item}}:{{b}}"}}`, `restock: [{each: 2, as: c, do: [INCRBY, $bin, "{{share stock 2 c}}"]}]`,
			"[INCRBY s:7:0 3] [INCRBY s:7:1 2]"},
		{"units", `{tokens: "t:{{item}}"}`, `restock: [{scope: unit, do: [LPUSH, $tokens, "{{unit}}"]}]`,
			"[LPUSH t:7 0] [LPUSH t:7 1] [LPUSH t:7 2] [LPUSH t:7 3] [LPUSH t:7 4]"},
	} {
		c, err := restocked(tt.keys, tt.restock+"\n")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for command, err := range c.Restock(sale.Item{ID: "7", Stock: 100}, 5) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(command))
		}
		if strings.Join(got, " ") != tt.want || !c.Restocks() {
			t.Errorf("%s: %s, want %s", tt.reason, got, tt.want)
		}
	}
	for reason, restock := range map[string]string{
		"nothing":        "restock: []",
		"for each buyer": "restock: [{scope: buyer, do: [INCRBY, $stock, 1]}]",
		"no key":         "restock: [[INCRBY, other, 1]]",
	} {
		if _, err := restocked(`{stock: "s:{{item}}"}`, restock+"\n"); err == nil {
			t.Errorf("%s: accepted", reason)
		}
	}
	if c, err := restocked(`{stock: "s"}`, ""); err != nil || c.Restocks() {
		t.Errorf("a contract without one: %v, %v", c, err)
	}
}

func TestItemsApart(t *testing.T) {
	for _, tt := range []struct {
		reason, keys string
		want         bool
	}{
		{"every key has the item", `{stock: "s:{{item}}", buyers: "b:{{item}}:{{buyer}}"}`, true},
		{"one has not", `{stock: "s:{{item}}", buyers: "buyers"}`, false},
		{"a buyer's own has not", `{stock: "s:{{item}}", bought: "b:{{buyer}}"}`, false},
		{"the item's number will do", `{stock: "s:{{item_index}}"}`, true},
	} {
		c, err := restocked(tt.keys, "")
		if err != nil {
			t.Fatal(err)
		}
		if c.Apart() != tt.want {
			t.Errorf("%s: apart is %v", tt.reason, c.Apart())
		}
	}
}

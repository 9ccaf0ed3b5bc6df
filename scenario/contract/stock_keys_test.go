package contract

import (
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/lua"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func TestStockKeys(t *testing.T) {
	for _, tt := range []struct {
		reason, contract string
		want             []string
	}{
		{"a counter", "once", []string{"{seckill:7}:stock"}},
		{"a field of a hash that has another name", "packed", []string{"{goods:7}"}},
		{"a list of tokens", "tokens", []string{"seckill:7:tokens"}},
		{"buckets that are read, and a counter beside them that is called stock", "buckets",
			[]string{"{seckill:7}:stock", "{seckill:7}:bucket:0", "{seckill:7}:bucket:1", "{seckill:7}:bucket:2", "{seckill:7}:bucket:3"}},
		{"buckets alone", "corpus/fragmentation",
			[]string{"{seckill:7}:bucket:0", "{seckill:7}:bucket:1", "{seckill:7}:bucket:2", "{seckill:7}:bucket:3"}},
		{"a reader in Lua", "corpus/negative-drift-right", []string{"{seckill:7}:stock"}},
	} {
		c, err := Load(lua.Files, tt.contract+".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.StockKeys(sale.Item{ID: "7", Stock: 5}); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, %v; want %q", tt.reason, got, err, tt.want)
		}
	}
}

// A stock is taken away without the buyers that lie beside it.
func TestStockPlaces(t *testing.T) {
	for _, tt := range []struct {
		reason, contract string
		want             []StockPlace
	}{
		{"a whole key", "once", []StockPlace{{Key: "{seckill:7}:stock"}}},
		{"a field of a hash", "packed", []StockPlace{{Key: "{goods:7}", Field: "stock", InField: true}}},
	} {
		c, err := Load(lua.Files, tt.contract+".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.StockPlaces(sale.Item{ID: "7", Stock: 5}); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %+v, %v; want %+v", tt.reason, got, err, tt.want)
		}
	}
}

// What tells what was sold has the name that the contract gives it.
func TestSoldKeys(t *testing.T) {
	c, err := Load(lua.Files, "packed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.SoldKeys(sale.Item{ID: "7", Stock: 5}, sale.Took{})
	if err != nil || len(got) != 2 || got["{goods:7}"] != "goods" || got["{goods:7}:buyers"] != "buyers" {
		t.Errorf("%v, %v", got, err)
	}
}

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

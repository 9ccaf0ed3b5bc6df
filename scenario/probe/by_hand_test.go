package probe

import (
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

func TestByHandLines(t *testing.T) {
	item := sale.Item{ID: "7", Stock: 3}
	buys := func(buyer, request string) sale.Purchase {
		return sale.Purchase{Verb: sale.Buy, Item: item, Buyer: buyer, Request: request, Quantity: 1}
	}
	for _, tt := range []struct {
		script, reason string
		want           []string
	}{
		{"once", "a script, opened and called by its file", []string{
			"redis-cli SET '{seckill:7}:stock' 3",
			`redis-cli EVAL "$(cat once.lua)" 2 '{seckill:7}:stock' '{seckill:7}:buyers' 1`,
			`redis-cli EVAL "$(cat once.lua)" 2 '{seckill:7}:stock' '{seckill:7}:buyers' 'a b'`,
		}},
		{"cart", "a library, loaded once", []string{
			"redis-cli -x FUNCTION LOAD REPLACE < cart.lua",
			"redis-cli SET '{seckill:cart}:7:stock' 3",
			"redis-cli FCALL cart_buy 1 '{seckill:cart}:7:stock' 1",
			"redis-cli FCALL cart_buy 1 '{seckill:cart}:7:stock' 1",
		}},
	} {
		s, err := strategy.Find(tt.script, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := ByHand(s.Contract, item, []sale.Purchase{buys("1", "1"), buys("a b", "2")})
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, %v; want %q", tt.reason, got, err, tt.want)
		}
	}
}
